"""What the library calls.

The journey of a call from the library, at one place for all of them:

1. The library calls one of the functions below on the thread that drives the server, which holds
   the interpreter's lock. They are made once and live as long as the process, so the library
   never holds a pointer to one that was collected.
2. ``user`` is a number that was given out by ``registered`` and leads to the route, action or call
   it is for; one that is unknown belongs to a server that was closed, and nothing happens.
3. What is borrowed is copied.
4. The handler runs. An async one runs until it first waits; the rest of it is a task of the loop.
5. Nothing raised here reaches the library: ``failed`` of the server logs it and answers the client,
   or keeps it for whoever drives the server if it is no business of a handler, such as
   KeyboardInterrupt.
"""

import itertools
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from . import _abi
from ._encoding import decode, decode_strictly
from ._memory import c_text, memory, text
from .consumer import Ending

if TYPE_CHECKING:
    from .actions import ActionRoute
    from .context import ContextRoute
    from .routing import EventRoute, Route, Scheduled
    from .server import Server

logger = logging.getLogger("covey")

#: By their numbers. What a server registered goes when it is closed.
registered: dict[int, Any] = {}
_numbers = itertools.count(1)

_TEXT = _abi.TEXT


def register(thing: Any) -> int:
    number = next(_numbers)
    registered[number] = thing
    return number


def _callback(kind: Any) -> Callable[[Callable[..., None]], Any]:
    return kind  # type: ignore[no-any-return]


# ---------------------------------------------------------------------------- channels


@_callback(_abi.OnConnect)
def on_connect(_handle: int, id: int, key: int) -> None:
    route: Route | None = registered.get(key)
    if route is None:
        return
    try:
        route.connect(id)
    except BaseException as error:
        route.failed(error, id)


@_callback(_abi.OnMessage)
def on_message(_handle: int, id: int, kind: int, data: int, size: int, key: int) -> None:
    route: Route | None = registered.get(key)
    if route is None:
        return
    try:
        consumer = route.consumers[id]
        if kind != _TEXT:
            job: Callable[[], Any] = partial(route.receive_bytes, consumer, memory(data, size))
        elif not route.parses:
            job = partial(consumer.receive, text(data, size))
        else:
            try:
                content = decode_strictly(text(data, size))
            except (ValueError, RecursionError):
                consumer.send_json({"error": "invalid JSON"})
                return
            job = partial(consumer.receive_json, content)
        consumer._take(job, False, size)
    except BaseException as error:
        route.failed(error, id)


@_callback(_abi.OnEvent)
def on_event(_handle: int, id: int, _type: int, data: int, size: int, key: int) -> None:
    route: EventRoute | None = registered.get(key)
    if route is None:
        return
    try:
        consumer = route.consumers[id]
        outcome = route.function(consumer, route.decode(memory(data, size)))
        if outcome is not None:
            consumer._run(outcome)
    except BaseException as error:
        route.failed(error, id)


@_callback(_abi.OnOutbox)
def on_outbox(_handle: int, id: int, event: int, queued: int, dropped: int, key: int) -> None:
    route: Route | None = registered.get(key)
    if route is None:
        return
    try:
        consumer = route.consumers[id]
        if event == _abi.OUTBOX_HIGH:
            outcome = consumer.outbox_high(queued)
        elif event == _abi.OUTBOX_LOW:
            outcome = consumer.outbox_low(queued)
        else:
            outcome = consumer.outbox_dropped(dropped)
        if outcome is not None:
            consumer._run(outcome)
    except BaseException as error:
        route.failed(error, id)


@_callback(_abi.OnDisconnect)
def on_disconnect(_handle: int, id: int, ending: Any, key: int) -> None:
    route: Route | None = registered.get(key)
    if route is None:
        return
    try:
        how = ending.contents
        reason = text(how.reason, how.reason_bytes)
        route.disconnect(id, Ending(how.cause, how.code, bool(how.is_clean), reason))
    except BaseException as error:
        route.failed(error, id)


# -------------------------------------------------------------------- context channels


def _asking(kind: Any, ask: Callable[..., None]) -> Any:
    """What asks the consumer something, with whatever lies between its id and the key."""

    def call(_handle: int, id: int, *more: Any) -> None:
        route: ContextRoute | None = registered.get(more[-1])
        if route is None:
            return
        try:
            ask(route.consumers[id], *more[:-1])
        except BaseException as error:
            route.failed(error, id)

    return kind(call)


on_authenticate = _asking(
    _abi.OnAuthenticate, lambda channel, token, size: channel._authenticate(text(token, size))
)
on_authorize = _asking(_abi.OnAuthorize, lambda channel: channel._authorize())
on_open = _asking(_abi.OnOpen, lambda channel, last_update: channel._opened(last_update))
on_list = _asking(_abi.OnList, lambda channel: channel._list())


def _copy_write(channel: Any, call: int, pointer: Any) -> None:
    write = pointer.contents
    channel._write(
        call,
        write.operation,
        write.model,
        write.parent_model,
        write.id.decode(),
        write.parent_id.decode(),
        write.relation.decode(),
        text(write.json, write.size),
    )


on_write = _asking(_abi.OnWrite, _copy_write)


@_callback(_abi.OnAction)
def on_action(_handle: int, id: int, call: int, data: int, size: int, key: int) -> None:
    route: ActionRoute | None = registered.get(key)
    if route is None:
        return
    try:
        route.call(route.consumers[id], call, text(data, size))
    except BaseException as error:
        route.failed(error, id)


# ------------------------------------------------------------------------------- server


@_callback(_abi.OnLoad)
def on_load(_handle: int, load: int, model: int, id: int, key: int) -> None:
    server: Server | None = found(key)
    if server is None:
        return
    try:
        server.load(load, model, c_text(id))
    except BaseException as error:
        server.failed(error, "loading")


@_callback(_abi.OnStoreChange)
def on_change(
    _handle: int, model: int, id: int, row: int | None, size: int, version: int, key: int
) -> None:
    server: Server | None = found(key)
    if server is None:
        return
    try:
        json = None if row is None else text(row, size)
        server.store.changed(model, c_text(id), json, version)
    except BaseException as error:
        server.failed(error, "on_change of the store")


@_callback(_abi.Task)
def on_time(_handle: int, key: int) -> None:
    scheduled: Scheduled | None = registered.get(key)
    if scheduled is None:
        return
    try:
        scheduled.run()
    except BaseException as error:
        scheduled.failed(error)


@_callback(_abi.OnOutput)
def on_output(data: int, size: int, key: int) -> None:
    said = registered.get(key)
    if said is not None:
        said.append(text(data, size))


@_callback(_abi.OnLimit)
def on_limit(_handle: int, reached: Any, key: int) -> None:
    server: Server | None = found(key)
    if server is None:
        return
    try:
        server.limit_reached(reached.contents)
    except BaseException as error:
        server.failed(error, "on_limit")


@_callback(_abi.OnDrain)
def on_drain(_handle: int, remaining: int, total: int, key: int) -> None:
    server: Server | None = found(key)
    if server is None:
        return
    try:
        server.drained(remaining, total)
    except BaseException as error:
        server.failed(error, "on_drain")


@_callback(_abi.OnLayerGap)
def on_layer_gap(_handle: int, gap: Any, key: int) -> None:
    server: Server | None = found(key)
    if server is None:
        return
    try:
        server.layer_gap(gap.contents)
    except BaseException as error:
        server.failed(error, "on_layer_gap")


@_callback(_abi.OnLayerState)
def on_layer_state(_handle: int, connected: int, reason: int, key: int) -> None:
    server: Server | None = found(key)
    if server is None:
        return
    try:
        server.layer_state(bool(connected), c_text(reason))
    except BaseException as error:
        server.failed(error, "on_layer_state")


_LEVELS = {
    _abi.LOG_ERROR: logging.ERROR,
    _abi.LOG_WARNING: logging.WARNING,
    _abi.LOG_INFO: logging.INFO,
}


@_callback(_abi.OnLogRecord)
def on_log_record(_handle: int, record: Any, _key: int) -> None:
    with suppress(BaseException):  # what somebody's log raises has no one to be told
        said = record.contents
        level = _LEVELS.get(said.level, logging.DEBUG)
        if logger.isEnabledFor(level):
            parts = {
                "covey_event": said.event.decode(),
                "covey_fields": decode(text(said.fields, said.fields_size)),
            }
            logger.log(level, "%s", said.message.decode(errors="replace"), extra=parts)


def found(key: int) -> Any:
    """The server of that number; None when it was closed or collected."""
    reference = registered.get(key)
    return None if reference is None else reference()
