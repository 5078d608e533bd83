"""Broadcast with Covey from Python: a handler per message that comes, none per delivery."""

from covey import Consumer, Server

import serving

server = Server(**serving.address)


@server.channel("<path:path>")
class Broadcast(Consumer):
    groups = ("all",)

    def receive(self, text):
        self.group_broadcast("all", text)


serving.run(server)
