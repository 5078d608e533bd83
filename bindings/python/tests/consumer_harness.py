"""What tests of consumers have in common."""

from collections.abc import Callable
from typing import Any

from covey import (
    Consumer,
    Server,
)
from covey.testing import Client

Serve = Callable[..., Server]
Start = Callable[[Server], Server]
Connect = Callable[..., Client]


class Echo(Consumer):
    def receive(self, text: str) -> None:
        self.send(text)


def answer_to(server: Server, path: str = "ws/", **options: Any) -> int:
    """The HTTP status that a client is refused with, or else the close code."""
    client = Client(server, path, **options)
    is_connected, answer = client.connect()
    return client.receive_close() if is_connected else answer  # type: ignore[return-value]
