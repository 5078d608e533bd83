"""What signals do to a server that runs in the main thread."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
