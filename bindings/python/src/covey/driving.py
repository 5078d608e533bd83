"""How a server lives: it listens, is driven, and ends."""

import asyncio
import inspect
import logging
import os
import select
import sys
import threading
import warnings
import weakref
from collections.abc import Awaitable, Callable
from contextlib import suppress
from ctypes import byref, c_int, c_int32, c_void_p
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import _abi, _callbacks, aio, listening
from ._library import lib
from ._memory import c_number, new_error
from ._signals import SignalSocket, hearing_signals, obeying_signals
from .consumer import Consumer
from .errors import Busy, InvalidArgument, Stopped, check, failure

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from .listening import ListenSettings
    from .store import Transaction

logger = logging.getLogger("covey")


class Driving:
    """The part of a server that every program needs of it: from ``listen`` to ``close``."""

    def __init__(self, host: str, port: int) -> None:
        self._handle: c_void_p | None = None
        self._freeing: tuple[int, c_void_p] | None = None
        self._is_driven = False
        self._is_forked = False
        #: The handlers that have not ended yet.
        self.tasks: set[asyncio.Task[Any]] = set()
        #: The address it listens on, unless ``listen`` is given another.
        self.host = host
        self._wanted_port = port
        self._port = 0
        self._is_listening = False
        self._is_async = False
        #: Handlers are cancelled, and messages that wait for one are not handled any more.
        self.is_interrupted = False
        #: No handler begins any more.
        self.is_over = False
        self._loop: aio.Loop | None = None
        self._turns: aio.Turns | None = None
        self._thread = threading.get_ident()
        self._background: threading.Thread | None = None
        self._raised: BaseException | None = None
        #: The number by which the library hands it back.
        self.key = _callbacks.register(weakref.ref(self))
        self._owned: list[int] = [self.key]
        #: The numbers of functions that will run.
        self.scheduled: set[int] = set()
        #: Those that are open; they must not outlive the server.
        self.transactions: weakref.WeakSet[Transaction] = weakref.WeakSet()

    def _made(self, handle: c_void_p) -> None:
        self._handle = handle
        _alive.add(self)

    def listen(
        self,
        port: int | None = None,
        host: str | None = None,
        **settings: "Unpack[ListenSettings]",
    ) -> int:
        """Opens a listening socket and answers its port. ``run`` and ``serve`` do it by themselves
        when it was not done; may be called again for more addresses.

        :param settings: The fields of covey_listen_options: ``certificate`` and ``key`` for TLS,
            ``path`` for a Unix socket (the port is 0 then), ``trusted_proxies``, ``reuse_port``...
        :raises SystemFailure: The address is taken, or not allowed; or a certificate cannot be
            used.
        """
        wanted = self._wanted_port if port is None else port
        chosen = listening.listen(self, wanted, host or self.host, settings)
        self._is_listening = True
        self._port = self._port or chosen
        return chosen

    def reload_certificates(self) -> None:
        """Reads the certificates and keys of all listeners anew, for connections to come.

        :raises SystemFailure: A file cannot be used; nothing has changed.
        """
        error = new_error()
        check(lib.covey_server_reload_certificates(self.handle, byref(error)), error)

    @property
    def port(self) -> int:
        """The port that is listened on; 0 before ``listen``."""
        return self._port

    def run(self, *, drain_seconds: float = 0) -> None:
        """Listens and serves until ``stop``, Ctrl-C, or SIGTERM in the main thread; then closes.

        :param drain_seconds: With some, SIGTERM is ``drain`` for so long: clients come back to
            another server, and it ends when the last one is gone. A second one is as Ctrl-C.

        A program whose handlers are plain runs without asyncio, all of them on this thread. With
        an async one among them it is ``asyncio.run(server.serve())``.

        A handler that blocks is interrupted by a second Ctrl-C.
        """
        if aio.is_in_a_loop():
            raise Busy("a loop runs here already: use `await server.serve()`")
        _milliseconds(drain_seconds)  # now, not when the signal comes
        self._claim()
        self._run(drain_seconds)

    def _run(self, drain_seconds: float = 0) -> None:
        try:
            if self._is_async:
                with suppress(KeyboardInterrupt, asyncio.CancelledError):
                    asyncio.run(self._serve_until_ended(drain_seconds))
            else:
                self._run_plain(drain_seconds)
        finally:
            self._is_driven = False
            self._close()  # who is cancelled before the first step has not

    def _run_plain(self, drain_seconds: float) -> None:
        try:
            if not self._is_listening:
                self.listen()
            with obeying_signals(self, self._interrupt, drain_seconds), hearing_signals() as heard:
                self._drive(heard)
        except KeyboardInterrupt:
            self._see_off()
        except SystemExit:
            self._see_off()
            raise
        finally:
            self._close()

    async def _serve_until_ended(self, drain_seconds: float) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        is_interrupted = False

        def interrupt() -> None:
            nonlocal is_interrupted
            if is_interrupted:  # a handler blocks
                raise KeyboardInterrupt
            is_interrupted = True
            loop.call_soon_threadsafe(task.cancel)

        with obeying_signals(self, interrupt, drain_seconds), hearing_signals() as heard:
            if heard is not None:
                loop.add_reader(heard, heard.read)
            try:
                await self._serve()
            finally:
                if heard is not None:
                    loop.remove_reader(heard)

    def _interrupt(self) -> None:
        """Ctrl-C. The first one is raised by the loop, not where the signal is met: that may be the
        beginning of a callback, where ctypes would swallow it, and the callback with it."""
        if self._raised is not None or self._handle is None:
            raise KeyboardInterrupt
        self._raised = KeyboardInterrupt()
        lib.covey_server_post(self._handle, _callbacks.on_time, 0, _abi.Destroy())  # wakes the loop

    def _drive(self, heard: SignalSocket | None) -> None:
        descriptor = self._begin_driving()
        if descriptor is None:
            return
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        if heard is not None:
            poller.register(heard, select.POLLIN)
        while self.is_alive:
            timeout = self.timeout()
            ready = poller.poll(timeout)
            if heard is not None and (heard.fileno(), select.POLLIN) in ready:
                heard.read()
            if not self._service():
                return

    def _claim(self) -> None:
        """Whoever drives it does so alone. The library cannot tell: it sees nobody between the
        turns."""
        _ = self.handle  # one that was closed is an error of its own
        if self._is_driven:
            raise Busy("the server is driven already")
        self._is_driven = True

    def _begin_driving(self) -> int | None:
        """A first turn: from here on this is the thread of the loop. Answers the descriptor to
        watch; None when the server was stopped by then."""
        self._thread = threading.get_ident()
        try:
            return self.fileno() if self._service() else None
        except Stopped:
            return None

    async def serve(self) -> None:
        """Listens and serves in the running loop until ``stop``; then closes. No thread is made,
        and nothing is polled: the loop watches one descriptor. When this is cancelled, clients get
        a close frame and nobody is waited for."""
        self._claim()
        try:
            await self._serve()
        finally:
            self._is_driven = False

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            if not self._is_listening:
                self.listen()
            self._loop = loop
            descriptor = self._begin_driving()
            if descriptor is not None:
                turns = aio.Turns(loop, descriptor, self._service, self.timeout)
                self._turns = turns
                try:
                    await turns.over
                finally:
                    self._turns = None
                    turns.end()
            await self._finish(5)
            if self.tasks:  # they have had their time
                await self._interrupt_tasks(lambda: None)
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            await self._interrupt_tasks(self._see_off)
            raise
        finally:
            self.is_over = True
            for task in self.tasks:
                task.cancel()
            self._close()

    async def _interrupt_tasks(self, then: Callable[[], None]) -> None:
        """Cancels handlers. The last ones of their consumers, which begin now, still run."""
        self.is_interrupted = True
        for task in self.tasks:
            task.cancel()
        then()
        await self._finish(1)

    async def _finish(self, seconds: float) -> None:
        """Closes the server when handlers that have not ended yet have, and then waits for those
        that it begins: the last ones of whoever is still connected."""
        end = asyncio.get_running_loop().time() + seconds
        await self._finish_tasks(end)
        self._close()
        await self._finish_tasks(end)

    async def _finish_tasks(self, end: float) -> None:
        clock = asyncio.get_running_loop().time
        while self.tasks and clock() < end:  # when one ends, another may begin that waited for it
            await asyncio.wait(self.tasks, timeout=end - clock())

    def _see_off(self) -> None:
        """Ends everybody in a hurry: close frames leave, nobody is waited for."""
        with suppress(Stopped):
            self.stop()
            for _ in range(3):
                if not self._service():
                    break

    def start(self) -> int:
        """Listens, and serves in a thread; answers the port. ``stop`` and ``wait`` end it."""
        if self._is_driven:
            raise Busy("the server is driven already")
        if not self._is_listening:
            self.listen()
        port = self._port
        self._claim()
        thread = threading.Thread(target=self._run_aside, name=f"covey:{port}", daemon=True)
        self._background = thread
        thread.start()
        return port

    def _run_aside(self) -> None:
        try:
            self._run()
        except BaseException as error:
            logger.critical("the server's thread ends", exc_info=error)

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until a server that was started has stopped; False when it still runs."""
        if self._background is None:
            raise InvalidArgument("the server was not started")
        self._background.join(timeout)
        return not self._background.is_alive()

    def stop(self, code: int = 0) -> None:
        """Asks it to stop: everybody gets what is queued and a close frame (1001), and then what
        drives it returns. From any thread, and from signal handlers. One that has ended by itself
        is stopped already."""
        if self._handle is None and self._freeing is None and not self._is_forked:
            return
        self.check(lib.covey_server_stop(self.handle, c_number(code, 16, "close code")))
        self.touched()

    def drain(self, seconds: float = 0) -> None:
        """Stops it so that clients come back, to another one: each is ended at a moment of its own
        within so many seconds. From any thread."""
        self.check(lib.covey_server_drain(self.handle, _milliseconds(seconds)))
        self.touched()

    def fileno(self) -> int:
        """The one descriptor to watch in a loop of one's own: when it is readable, or ``timeout``
        has passed, call ``service``."""
        descriptor = c_int()
        check(lib.covey_server_get_fd(self.handle, byref(descriptor)))
        return descriptor.value

    def timeout(self) -> int | None:
        """Milliseconds until ``service`` must be called in any case; None: no limit."""
        timeout = c_int32()
        status = lib.covey_server_get_timeout(self.handle, byref(timeout))
        if status == _abi.E_STOPPED:
            return 0
        check(status)
        return None if timeout.value < 0 else timeout.value

    def service(self) -> bool:
        """Handles what there is and sends what was queued, without waiting; False when the server
        has stopped.

        :raises Busy: ``run``, ``serve`` or ``start`` do that.
        """
        if self._is_driven:
            raise Busy("the server is driven already")
        return self._service()

    def _service(self) -> bool:
        status = lib.covey_server_service(self.handle, 0)
        if self._raised is not None:
            raised, self._raised = self._raised, None
            raise raised
        if status == _abi.E_STOPPED:
            return False
        check(status)
        return True

    def touched(self) -> None:
        """Something was asked for. In a handler it leaves with it; elsewhere the loop must look."""
        turns = self._turns
        if turns is not None and turns.is_idle and threading.get_ident() == self._thread:
            turns.begin()

    def begin(self, outcome: Awaitable[Any]) -> "asyncio.Task[Any]":
        """Runs what an async handler returned until it first waits, and the rest as a task."""
        coroutine = outcome if inspect.iscoroutine(outcome) else _awaited(outcome)
        if self._loop is None:
            coroutine.close()
            raise RuntimeError("an async handler needs a server that runs in asyncio")
        task = aio.start(coroutine, self._loop)
        if not task.done():
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        return task

    # --------------------------------------------------------------------- ending

    def failed(self, error: BaseException, whose: object) -> None:
        """Something was raised in a handler."""
        if isinstance(error, asyncio.CancelledError) and (self.is_interrupted or self.is_over):
            return
        if isinstance(error, KeyboardInterrupt | SystemExit):
            self._raised = error
        elif isinstance(whose, Consumer):
            whose._failed(error)
        else:
            logger.error("%s raised", whose or "a handler", exc_info=error)

    @property
    def handle(self) -> c_void_p:
        """What the library knows it by.

        :raises Stopped: It was closed, or made in another process.
        """
        handle = self._handle
        if handle is None:
            return self._freed()
        return handle

    def _freed(self) -> c_void_p:
        freeing = self._freeing
        if freeing is not None and freeing[0] == threading.get_ident():
            return freeing[1]  # the last handlers, while it is freed
        raise Stopped(
            "the server was made in another process" if self._is_forked else "the server is closed"
        )

    def check(self, status: int, error: _abi.Error | None = None) -> None:
        """As ``errors.check``, for what may be called by a thread while another one closes this."""
        if status:
            _ = self.handle
            raise failure(status, error)

    @property
    def is_alive(self) -> bool:
        return self._handle is not None

    def close(self) -> None:
        """Ends it: who is still connected is dropped, and everything is freed. One that was started
        is stopped first, and waited for. A second call does nothing.

        :raises Busy: Inside a handler, or while another thread drives it.
        """
        background = self._background
        if background is not None and background is not threading.current_thread():
            with suppress(Stopped):
                self.stop()
            background.join()
        if self._is_driven and self.is_alive:
            raise Busy("the server is driven; stop it")
        self._close()

    def _close(self) -> None:
        handle = self._handle
        if handle is None:
            return
        for transaction in list(self.transactions):
            transaction.abort_if_open()
        # Another thread may be about to call something with the handle, which it does under the
        # interpreter's lock: it finds it empty from here on.
        address = c_void_p(handle.value)
        self._freeing = threading.get_ident(), address
        self._handle = handle.value = None
        status = lib.covey_server_free(address)
        self._freeing = None
        if status:
            handle.value, self._handle = address.value, handle
            raise failure(status)
        for key in (*self._owned, *self.scheduled):
            _callbacks.registered.pop(key, None)
        _alive.discard(self)

    def forget(self) -> None:
        """This is a copy in a child process: the server is the parent's."""
        self._handle, self._is_forked, self._turns = None, True, None

    def __enter__(self) -> "Self":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None and not sys.is_finalizing():
            warnings.warn(f"{self!r} was not closed", ResourceWarning, source=self, stacklevel=1)
            with suppress(Exception):
                self.close()


def _milliseconds(seconds: float) -> int:
    return c_number(round(seconds * 1000), 32, "delay")


async def _awaited(outcome: Awaitable[Any]) -> Any:
    return await outcome


#: Those that were not closed.
_alive: "weakref.WeakSet[Driving]" = weakref.WeakSet()


def _forget_all() -> None:
    """A child process has copies of its parent's servers, which must not be touched."""
    for server in _alive:
        server.forget()


os.register_at_fork(after_in_child=_forget_all)
