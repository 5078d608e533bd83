"""What the library's numbers lead to: routes, handlers of events, and scheduled functions."""

import asyncio
import inspect
import weakref
from collections.abc import Callable
from ctypes import c_uint64
from typing import TYPE_CHECKING, Any

from . import _callbacks
from ._encoding import decode
from ._library import lib
from .consumer import Consumer, Ending, Outcome
from .handling import must_be_awaited
from .request import parameters_of, read_parameters, remember

if TYPE_CHECKING:
    from .server import Server


class Route:
    """A class of consumers on a URL pattern, and those that are connected."""

    def __init__(self, server: "Server", cls: type[Consumer], pattern: str) -> None:
        self.server = weakref.ref(server)  # else a server could never be collected
        self.cls = cls
        self.consumers: dict[int, Any] = {}
        self.parameters = parameters_of(pattern)
        self.parses = cls.receive_json is not Consumer.receive_json
        #: Channels has one method for both kinds of messages.
        self.takes_both = (
            cls.receive is not Consumer.receive
            and cls.receive_bytes is Consumer.receive_bytes
            and "bytes_data" in inspect.signature(cls.receive).parameters
        )
        self.has_disconnect = cls.disconnect is not Consumer.disconnect
        self.is_seen_off_later = inspect.iscoroutinefunction(cls.disconnect)
        self.is_async = any(
            inspect.iscoroutinefunction(function) for function in (cls.connect, *cls.permissions)
        )
        self.key = _callbacks.register(self)

    def connect(self, id: int) -> None:
        server = self.server()
        if server is None:
            return
        consumer = self.cls.__new__(self.cls)
        consumer.server = server
        consumer.id = id
        consumer.params = read_parameters(consumer, self.parameters) if self.parameters else {}
        self.consumers[id] = consumer
        consumer._is_connecting = True
        try:
            consumer.__init__()  # type: ignore[misc]
            consumer._open(self.is_async)
        except BaseException as error:
            server.failed(error, consumer)
        consumer._is_connecting = False
        if consumer._refused:  # by HTTP: it never was upgraded, and nothing else will come
            del self.consumers[id]

    def receive_bytes(self, consumer: Any, data: bytes) -> Any:
        return (
            consumer.receive(bytes_data=data) if self.takes_both else consumer.receive_bytes(data)
        )

    def disconnect(self, id: int, ending: Ending) -> None:
        consumer = self.consumers.pop(id, None)
        if consumer is not None:
            consumer.ending = ending
            if self.has_disconnect:
                if consumer._busy or self.is_seen_off_later:
                    remember(consumer)
                consumer._take(lambda: self.see_off(consumer), exclusive=True)

    def see_off(self, consumer: Any) -> Any:
        return consumer.disconnect(consumer.ending.code)

    def failed(self, error: BaseException, id: int) -> None:
        server = self.server()
        if server is not None:
            server.failed(error, self.consumers.get(id))


class EventRoute:
    """The handler of one type of event."""

    def __init__(self, route: Route, function: Callable[[Any, Any], Outcome]) -> None:
        self.consumers = route.consumers
        self.function = function
        self.failed = route.failed
        self.last: tuple[bytes, Any] = (b"", None)

    def decode(self, json: bytes) -> Any:
        """The event. Each handler is given one of its own, but it is parsed once: the members of a
        group are told one after another."""
        last, event = self.last
        if last != json:
            event = decode(json.decode())
            if any(isinstance(value, dict | list) for value in event.values()):
                return event
            self.last = (json, event)
        return event.copy()


class Scheduled:
    """A function that the loop will run, once or again and again."""

    def __init__(self, server: "Server", function: Callable[[], Any], repeats: bool) -> None:
        self._server = weakref.ref(server)
        self._function = function
        self._repeats = repeats
        self._timer = c_uint64()
        self.key = _callbacks.register(self)
        server.scheduled.add(self.key)

    def forget(self) -> bool:
        """Whether it would have run."""
        server = self._server()
        if server is not None:
            server.scheduled.discard(self.key)
        return _callbacks.registered.pop(self.key, None) is not None

    def run(self) -> None:
        if not self._repeats:
            self.forget()
        outcome = self._function()
        server = self._server()
        if must_be_awaited(outcome) and server is not None:
            task = server.begin(outcome)
            if task.done():
                self._finish(task)
            else:
                task.add_done_callback(self._finish)

    def _finish(self, task: "asyncio.Task[Any]") -> None:
        error = None if task.cancelled() else task.exception()
        # The loop has raised those two already, out of run_forever.
        if error is not None and not isinstance(error, KeyboardInterrupt | SystemExit):
            self.failed(error)

    def failed(self, error: BaseException) -> None:
        server = self._server()
        if server is not None:
            server.failed(error, "a scheduled function")

    def cancel(self) -> None:
        """It does not run any more. That it ran for the last time is no error."""
        server = self._server()
        if self.forget() and server is not None and self._timer.value:
            lib.covey_timer_stop(server.handle, self._timer)
