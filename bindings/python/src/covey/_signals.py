"""What signals do to a server that runs in the main thread."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
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

    def interrupted(*_: object) -> None:
        interrupt()

    handlers: dict[int, tuple[Any, Callable[..., object]]] = {
        signal.SIGTERM: (signal.SIG_DFL, _terminating(server, interrupt, drain_seconds)),
        signal.SIGINT: (signal.default_int_handler, interrupted),
    }
    if threading.current_thread() is not threading.main_thread():
        handlers.clear()
    taken = [number for number, (usual, _) in handlers.items() if signal.getsignal(number) is usual]
    process = os.getpid()

    def handler(number: int, frame: FrameType | None) -> None:
        if os.getpid() == process:
            handlers[number][1]()
        else:  # a child that was forked meanwhile: the server is not its own
            signal.signal(number, handlers[number][0])
            signal.raise_signal(number)

    try:
        for number in taken:
            signal.signal(number, handler)
        yield
    finally:
        for number in taken:
            signal.signal(number, handlers[number][0])


class SignalSocket:
    """Is readable when a signal has come, for the loop to watch.

    Python runs handlers between two of its own instructions. A signal that comes after the last
    one, just before the loop waits, does not end that wait: its handler would run when the next
    client has something to say.
    """

    def __init__(self, heard: socket.socket, programs: int) -> None:
        self._heard = heard
        #: Where the program has them told, or -1.
        self._programs = programs

    def fileno(self) -> int:
        return self._heard.fileno()

    def read(self) -> None:
        """Makes it silent again; the handlers run by themselves."""
        with suppress(OSError):
            numbers = self._heard.recv(4096)
            if self._programs != -1:
                os.write(self._programs, numbers)


@contextmanager
def hearing_signals() -> Iterator[SignalSocket | None]:
    """None in threads that signals are not met in."""
    if threading.current_thread() is not threading.main_thread():
        yield None
        return
    programs = signal.set_wakeup_fd(-1)
    with suppress(OSError, ValueError):  # one that was closed
        signal.set_wakeup_fd(programs)
    heard, told = socket.socketpair()
    with heard, told:
        heard.setblocking(False)
        told.setblocking(False)
        # Handlers may raise, between any two of these lines.
        try:
            programs = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
            yield SignalSocket(heard, programs)
        finally:
            later = signal.set_wakeup_fd(-1)
            with suppress(OSError, ValueError):
                signal.set_wakeup_fd(programs if later == told.fileno() else later)


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
