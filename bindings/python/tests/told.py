"""What handlers, on the thread of a server, have to say to a test."""

from queue import SimpleQueue
from typing import Any

#: Far more than anything takes.
PATIENCE = 20


class Told:
    def __init__(self) -> None:
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self.say = self._queue.put

    def next(self) -> Any:
        return self._queue.get(timeout=PATIENCE)
