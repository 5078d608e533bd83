"""What signals do to a server that runs in the main thread."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from .errors import CoveyError

if TYPE_CHECKING:
    from .driving import Driving


@contextmanager
def obeying_signals(
    server: "Driving", interrupt: Callable[[], object], drain_seconds: float
) -> Iterator[None]:
    """Has SIGTERM end the server and SIGINT interrupt it, but for those that the program, or
    asyncio from Python 3.11 on, handles otherwise."""
    handlers: dict[int, tuple[Any, Callable[..., object]]] = {
        signal.SIGTERM: (signal.SIG_DFL, _terminating(server, interrupt, drain_seconds)),
        signal.SIGINT: (signal.default_int_handler, lambda *_: interrupt()),
    }
    if threading.current_thread() is not threading.main_thread():
        handlers.clear()
    taken = [number for number, (usual, _) in handlers.items() if signal.getsignal(number) is usual]
    for number in taken:
        signal.signal(number, handlers[number][1])
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, handlers[number][0])


@contextmanager
def hearing_signals() -> Iterator[socket.socket | None]:
    """A socket that is readable when a signal has come, for the loop to watch; None where signals
    are not met, or something else sees to it.

    Python runs handlers between two of its own instructions. A signal that comes after the last
    one, just before the loop waits, does not end that wait: its handler would run when the next
    client has something to say.
    """
    if threading.current_thread() is not threading.main_thread():
        yield None
        return
    heard, told = socket.socketpair()
    with heard, told:
        heard.setblocking(False)
        told.setblocking(False)
        earlier = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
        if earlier != -1:
            signal.set_wakeup_fd(earlier)
            yield None
            return
        try:
            yield heard
        finally:
            later = signal.set_wakeup_fd(-1)
            if later != told.fileno():  # the program has another by now
                signal.set_wakeup_fd(later)


def forget(heard: socket.socket) -> None:
    """Makes it silent again; the handlers run by themselves."""
    with suppress(BlockingIOError):
        while len(heard.recv(64)) == 64:
            pass


def _terminating(
    server: "Driving", interrupt: Callable[[], object], drain_seconds: float
) -> Callable[..., None]:
    """A handler that raises nothing: it may run anywhere."""
    is_draining = False

    def terminate(*_: object) -> None:
        nonlocal is_draining
        if not server.is_alive:
            return
        if is_draining:
            interrupt()
            return
        if drain_seconds > 0:
            try:
                server.drain(drain_seconds)
                is_draining = True
                return
            except CoveyError:  # it stops already, or too much waits for its thread
                pass
        server.stop()

    return terminate
