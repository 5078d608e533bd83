"""The consumer of the tutorial. Covey's chat (examples/chat) has the same groups and events."""

from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from tutorial.groups import group_of_room


class ChatConsumer(AsyncJsonWebsocketConsumer):
    async def connect(self) -> None:
        self.group = group_of_room(self.scope["url_route"]["kwargs"]["room"])
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content: Any, **_: Any) -> None:
        message = content.get("message") if isinstance(content, dict) else None
        if isinstance(message, str):
            event = {"type": "chat.message", "message": message}
            await self.channel_layer.group_send(self.group, event)
        else:
            await self.send_json({"error": 'expected an object with a string "message"'})

    async def chat_message(self, event: dict[str, Any]) -> None:
        """Whoever sent it, in whatever process."""
        await self.send_json({"message": event["message"]})
