"""Actions with Covey from Python, answered by a coroutine."""

from covey import ContextChannel, Model, Server, action

import serving

server = Server(**serving.address)


class Board(Model):
    id: int
    title: str


@server.channel("board/<int:board>/")
class Boards(ContextChannel):
    model = Board
    public = True

    @action(anonymous=True)
    async def echo(self, text: str) -> str:
        return text


server.store.put(Board(id=1, title="x"))
serving.run(server)
