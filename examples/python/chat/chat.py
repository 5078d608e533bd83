"""chat: rooms in which everybody hears everybody, as in the tutorial of Django Channels.

A client sends {"message": "hi"}; everybody in its room gets the same. Each message travels as an
event, so that each member could be answered differently.
"""

import sys
from pathlib import Path
from typing import Any

from covey import Consumer, CoveyError, Server, event

sys.path.append(str(Path(__file__).parents[1]))  # where serving.py is

from serving import flags, serve, watching

WEB = Path(__file__).parents[2] / "chat" / "web"  # the pages, which the program in C shows as well

server = Server(flush_timeout_ms=3000, **watching())  # who does not answer, at the end


@server.channel("ws/chat/<str:room>/")  # without `origins`, pages of other sites are refused
class Chat(Consumer):
    async def connect(self) -> None:
        self.room = f"chat_{self.params['room']}"
        try:
            await self.group_add(self.room)
        except CoveyError:  # a group's name has 255 bytes at most
            await self.reject(400)

    async def receive_json(self, content: Any) -> None:
        message = content.get("message") if isinstance(content, dict) else None
        if not isinstance(message, str):
            await self.send_json({"error": 'expected an object with a string "message"'})
            return
        try:
            await self.group_send(self.room, {"type": "chat.message", "message": message})
        except ValueError as error:  # too long, or half a character
            await self.send_json({"error": str(error)})

    async def receive_bytes(self, bytes_data: bytes) -> None:
        await self.send_json({"error": "expected text"})

    @event("chat.message")
    async def chat_message(self, event: dict[str, Any]) -> None:
        """The event has reached a member: this runs once for each of them."""
        await self.send_json({"message": event["message"]})


server.file("", WEB / "index.html")
server.file("chat/<str:room>/", WEB / "room.html")
server.directory("/static/", WEB / "static")


if __name__ == "__main__":
    serve(server, flags(__doc__).parse_args())
