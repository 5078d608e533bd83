"""Functions in place of classes: consumers that are made of them."""

import asyncio
import inspect
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

from .consumer import Consumer, Outcome
from .errors import Gone


class Connection(Consumer):
    """The consumer that a function is called with."""

    _messages: deque[str | bytes]
    _arrived: "asyncio.Future[None] | None" = None
    _function: ClassVar[Callable[..., Any]]
    handlers = (*Consumer.handlers, "_function")

    async def next_message(self) -> str | bytes:
        """The next message; accepts the client if that is undecided.

        :raises Gone: It has ended.
        """
        if not self.is_decided:
            self.accept()
        while not self._messages:
            if self.ending is not None:
                raise Gone("the client is gone")
            self._arrived = asyncio.get_running_loop().create_future()
            await self._arrived
        message = self._messages.popleft()
        self._bytes_waiting -= len(message)
        return message

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        while True:
            try:
                message = await self.next_message()
            except Gone:
                return
            yield message

    def _wake(self) -> None:
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)


class FunctionOfMessages(Connection):
    """A function with two parameters is called for each message."""

    def receive(self, text_data: str) -> Outcome:
        return type(self)._function(self, text_data)  # type: ignore[no-any-return]

    def receive_bytes(self, bytes_data: bytes) -> Outcome:
        return type(self)._function(self, bytes_data)  # type: ignore[no-any-return]


class FunctionOfConnection(Connection):
    """An async function with one parameter lives as long as its client; when it returns, the
    client is closed with 1000."""

    def _open(self, is_async: bool) -> None:
        self._messages = deque()
        self._run(self._live())

    async def _live(self) -> None:
        await self._check_permissions()
        await type(self)._function(self)
        if self.ending is None and not self._refused:
            if not self.is_decided:
                self.accept()
            self._end(1000, None)

    def receive(self, text_data: str) -> None:
        self._put(text_data)

    def receive_bytes(self, bytes_data: bytes) -> None:
        self._put(bytes_data)

    def _put(self, message: str | bytes) -> None:
        if self._has_room(len(self._messages), len(message)):
            self._bytes_waiting += len(message)
            self._messages.append(message)
            self._wake()

    def disconnect(self, code: int) -> None:
        self._wake()


def class_of(function: Callable[..., Any]) -> type[Consumer]:
    """The class of the consumers that a function handles."""
    count = len(inspect.signature(function).parameters)
    is_async = inspect.iscoroutinefunction(function)
    if count == 2:
        base: type[Connection] = FunctionOfMessages
    elif count == 1 and is_async:
        base = FunctionOfConnection
    else:
        raise TypeError(
            f"{function.__name__} must be an async function of a consumer, "
            "or a function of a consumer and a message"
        )
    members = {"_function": staticmethod(function), "__doc__": function.__doc__}
    made = type(function.__name__, (base,), members)
    made.__module__ = function.__module__
    return made
