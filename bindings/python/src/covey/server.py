"""A server and its life."""

import asyncio
import inspect
import logging
import os
import select
import signal
import sys
import threading
import warnings
import weakref
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from ctypes import byref, c_int, c_int32, c_size_t, c_uint16, c_uint64, c_void_p, sizeof
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from . import _abi, _callbacks, aio
from ._encoding import decode, encode
from ._library import lib
from ._memory import c_name, c_number, new_error, text
from .consumer import Consumer, payload
from .errors import Busy, InvalidArgument, Stopped, check, failure
from .functions import class_of
from .models import Id, Model, loader_of
from .registering import declare, options_struct, register
from .routing import Route, Scheduled
from .store import Loading, Store, Transaction

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from .options import Options

logger = logging.getLogger("covey")

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Server:
    """A server: channels on URL patterns, groups, and a store.

    :param port: Where it listens; 0 lets the system choose, and ``port`` says what was chosen.
    :param host: A numeric address.
    :param debug: What goes wrong in an action is told to its caller.
    :param options: The fields of covey_server_options by their names; None switches off what can
        be switched off.

    Handlers are registered first, then it listens, then it is driven: by ``run``, by ``serve`` in
    an asyncio program, by ``start`` in a thread of its own, or by ``service`` in any other loop.
    What is not said to be for any thread is for the one that drives it.
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        *,
        debug: bool = False,
        **options: "Unpack[Options]",
    ) -> None:
        self._handle: c_void_p | None = None
        self._freeing: tuple[int, c_void_p] | None = None
        self._is_driven = False
        self._is_forked = False
        self.debug = debug
        self.routes: list[Route] = []
        #: The instances that every client who may see them is shown.
        self.store = Store(self)
        self.tasks: set[asyncio.Task[Any]] = set()
        #: The address it listens on, unless ``listen`` is given another.
        self.host = host
        self._wanted_port = port
        self._port = 0
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
        self._models: dict[type[Model], int] = {}
        self._kinds: dict[int, type[Model]] = {}
        self._loaders: dict[int, Callable[[Any], Any]] = {}
        self.key = _callbacks.register(weakref.ref(self))
        self._owned: list[int] = [self.key]
        #: The numbers of functions that will run.
        self.scheduled: set[int] = set()
        #: Those that are open; they must not outlive the server.
        self.transactions: weakref.WeakSet[Transaction] = weakref.WeakSet()
        handle, error = c_void_p(), new_error()
        try:
            given = options_struct(options, self.key)
            check(lib.covey_server_new(byref(given), byref(handle), byref(error)), error)
        except BaseException:
            _callbacks.registered.pop(self.key, None)
            raise
        self._handle = handle
        _alive.add(self)

    # --------------------------------------------------------------- registering

    @overload
    def channel(self, pattern: str, **settings: Any) -> Callable[[Handler], Handler]: ...
    @overload
    def channel(self, pattern: str, handler: Handler, **settings: Any) -> Handler: ...
    def channel(self, pattern: str, handler: Any = None, **settings: Any) -> Any:
        """Registers a class of consumers, or a function, on a URL pattern; a decorator when
        ``handler`` is left out.

        Patterns are those of Django's path(): ``"ws/chat/<str:room>/"``. ``settings`` replace
        attributes of the class for this route; ``group="room_{room}"`` is short for ``groups``.

        :raises InvalidArgument: A bad pattern, or an attribute that cannot be.
        :raises Exists: A pattern that matches the same is registered.
        :raises Busy: The server listens already.
        """
        if handler is None:
            return lambda handler: self.channel(pattern, handler, **settings)
        cls: type[Consumer] = handler if isinstance(handler, type) else class_of(handler)
        if not issubclass(cls, Consumer):
            raise TypeError(f"{cls.__name__} is no Consumer")
        if "group" in settings:
            settings["groups"] = (settings.pop("group"),)
        for name in settings:
            if not hasattr(cls, name):
                raise TypeError(f"{cls.__name__} has no attribute {name!r} to set")
        if settings:
            module = cls.__module__
            cls = type(cls.__name__, (cls,), settings)
            cls.__module__ = module
        register(self, cls, pattern)
        return handler

    def tell_changes(self) -> None:
        """Has the store told of every change of it."""
        check(
            lib.covey_store_set_on_change(
                self.handle, _callbacks.on_change, self.key, _abi.Destroy()
            )
        )

    def note(self, function: Callable[..., Any]) -> None:
        """Takes notice of a handler: an async one needs asyncio."""
        self._is_async = self._is_async or inspect.iscoroutinefunction(function)

    def own_key(self, key: int) -> None:
        self._owned.append(key)

    def own(self, thing: Any) -> int:
        """A number for the library to hand back, until the server is closed."""
        key = _callbacks.register(thing)
        self._owned.append(key)
        return key

    def model(self, model: type[Model]) -> int:
        """The number of a model; it is declared when it is first used, and so are those that it
        refers to, before the server listens."""
        number = self._models.get(model)
        if number is None:
            try:
                declare(self, model)
            except Busy:
                raise Busy(
                    f"{model.__name__} is not declared, and the store was used: call "
                    f"server.model({model.__name__}), or register its channel, before"
                ) from None
            number = self._models[model]
        return number

    def model_numbered(self, number: int) -> type[Model]:
        return self._kinds[number]

    def add_model(self, model: type[Model], number: int) -> None:
        self._models[model] = number
        self._kinds[number] = model
        loader = loader_of(model)
        if loader is not None:
            self.add_loader(model, loader)

    def add_loader(self, model: type[Model], loader: Callable[[Any], Any]) -> None:
        number = self.model(model)
        known = self._loaders.setdefault(number, loader)
        if getattr(known, "__func__", known) is not getattr(loader, "__func__", loader):
            raise TypeError(f"{model.__name__} has another load already")
        self.note(loader)

    def load(self, load: int, number: int, id: str) -> None:
        """Somebody wants to follow an instance that the store does not hold."""
        loader = self._loaders.get(number)
        if loader is None:
            check(lib.covey_load_fail(self.handle, load, _abi.E_NOT_FOUND))
            return
        loading = Loading(self, load, self._kinds[number])
        try:
            outcome = loader(self._kinds[number].shape().id_value(id))
        except Exception as error:
            loading.fail(error)
            return
        if inspect.isawaitable(outcome):
            task = self.begin(loading.wait(outcome))
            if task.done():
                task.result()
        else:
            loading.answer(outcome)

    def knows(self, model: type[Model]) -> bool:
        return model in self._models

    def name_instance(self, what: Model | type[Model], id: Id | None) -> tuple[int, bytes]:
        """The number of a model and the text of an id."""
        if isinstance(what, Model):
            what, id = type(what), what.id
        if id is None:
            raise TypeError(f"which {what.__name__}?")
        return self.model(what), what.shape().c_id(id)

    def directory(self, prefix: str, directory: str | os.PathLike[str]) -> None:
        """Serves the files below a directory at a URL prefix such as ``"/static/"``."""
        error = new_error()
        path = os.fsencode(directory)
        check(
            lib.covey_directory_register(self.handle, c_name(prefix, "prefix"), path, byref(error)),
            error,
        )

    def file(self, pattern: str, file: str | os.PathLike[str]) -> None:
        """Serves one file at every path that matches a pattern; ``""`` is the path ``/``."""
        error = new_error()
        path = os.fsencode(file)
        check(
            lib.covey_file_register(self.handle, c_name(pattern, "pattern"), path, byref(error)),
            error,
        )

    def describe(self) -> dict[str, Any]:
        """What is registered: models, channels, actions, variables; include/covey/describe.h shows
        its form."""
        json, size, error = c_void_p(), c_size_t(), new_error()
        status = lib.covey_server_describe(self.handle, byref(json), byref(size), byref(error))
        self.check(status, error)
        return decode(text(json.value, size.value))  # type: ignore[no-any-return]

    def generate_typescript(
        self,
        folder: str | os.PathLike[str],
        *,
        check: bool = False,
        rxdjango: bool = False,
        module: str | None = None,
        url: str | None = None,
        output: Callable[[str], object] | None = None,
    ) -> int:
        """Writes a typed client for every context channel; answers how many files were changed.

        :param check: Nothing is written; ``output`` is handed a unified diff of what would be.
        :param rxdjango: In the shape of RxDjango's makefrontend, for its client.
        :param module: The client is imported from it; "covey", or "@rxdjango/react".
        :param url: Of the server, such as "ws://localhost:8000/".
        :param output: Is handed the path of each file that is written, with a line end.
        :raises InvalidArgument: Names that clash in TypeScript.
        """
        said: list[str] = []
        key = _callbacks.register(said)
        changed, error = c_size_t(), new_error()
        given = _abi.TypescriptOptions(
            struct_size=sizeof(_abi.TypescriptOptions),
            flags=(_abi.TYPESCRIPT_CHECK if check else 0)
            | (_abi.TYPESCRIPT_RXDJANGO if rxdjango else 0),
            folder=os.fsencode(folder),
            module=None if module is None else c_name(module, "module"),
            url=None if url is None else c_name(url, "url"),
            on_output=_callbacks.on_output,
            user=key,
        )
        try:
            status = lib.covey_server_generate_typescript(
                self.handle, byref(given), byref(changed), byref(error)
            )
            self.check(status, error)
        finally:
            _callbacks.registered.pop(key, None)
            if output is not None:
                for piece in said:
                    output(piece)
        return changed.value

    # ----------------------------------------------------------- to any consumer

    def group_send(self, group: str, event: Mapping[str, Any]) -> None:
        """Sends an event to every member of a group: its handler for ``event["type"]`` runs once
        for each. From any thread.

        :param group: A group's name, or a consumer's ``channel_name``.
        :raises InvalidArgument: No such event: it has no ``type``.
        """
        json = encode(event)
        status = lib.covey_group_send(self.handle, c_name(group, "group"), json, len(json), None)
        if status:
            error = new_error()
            self.check(
                lib.covey_group_send(
                    self.handle, c_name(group, "group"), json, len(json), byref(error)
                ),
                error,
            )
        self.touched()

    def group_broadcast(
        self, group: str, data: str | bytes, *, but: Consumer | None = None
    ) -> None:
        """Sends one finished message to every member of a group, text or, for bytes, binary. It is
        framed once, however many they are, and no handler runs. From any thread."""
        kind, message = payload(data)
        self.check(
            lib.covey_group_broadcast(
                self.handle,
                c_name(group, "group"),
                kind,
                message,
                len(message),
                but.id if but else 0,
            )
        )
        self.touched()

    def group_count(self, group: str) -> int:
        """How many members a group has."""
        count = c_size_t()
        check(lib.covey_group_count(self.handle, c_name(group, "group"), byref(count)))
        return count.value

    def group_members(self, group: str) -> list[Consumer]:
        """The members of a group, in no particular order."""
        count = self.group_count(group)
        ids, found = (c_uint64 * count)(), c_size_t()
        check(lib.covey_group_list(self.handle, c_name(group, "group"), ids, count, byref(found)))
        by_id = {id: one for route in self.routes for id, one in route.consumers.items()}
        return [by_id[id] for id in ids if id in by_id]

    def system_send(self, source: str, message: str) -> None:
        """Sends a message of the system to every client on a context channel. From any thread.

        :param source: "system", or "maintenance", on which RxDjango's clients connect anew.
        """
        self.check(
            lib.covey_system_send(self.handle, c_name(source, "source"), c_name(message, "message"))
        )
        self.touched()

    # -------------------------------------------------------------------- timers

    def call_soon(self, function: Callable[..., Any], *arguments: Any) -> Scheduled:
        """Runs a function, plain or async, on the thread that drives the server. From any thread.

        :raises Full: Too much waits for that thread.
        """
        handle = self.handle
        entry = Scheduled(self, lambda: function(*arguments), False)
        status = lib.covey_server_post(handle, _callbacks.on_time, entry.key, _abi.Destroy())
        return self._scheduled(entry, status)

    def call_later(
        self,
        seconds: float,
        function: Callable[..., Any],
        *arguments: Any,
        every: float | None = None,
    ) -> Scheduled:
        """Runs a function once after a delay; with ``every``, again and again. From any thread."""
        delay = c_number(round(seconds * 1000), 32, "delay")
        repeat = 0 if every is None else max(1, c_number(round(every * 1000), 32, "delay"))
        handle = self.handle
        entry = Scheduled(self, lambda: function(*arguments), every is not None)
        status = lib.covey_timer_start(
            handle, delay, repeat, _callbacks.on_time, entry.key, _abi.Destroy(),
            byref(entry._timer),
        )  # fmt: skip
        return self._scheduled(entry, status)

    def _scheduled(self, entry: Scheduled, status: int) -> Scheduled:
        if status:
            entry.forget()
        self.check(status)
        self.touched()
        return entry

    # ------------------------------------------------------------------- driving

    def listen(self, port: int | None = None, host: str | None = None) -> int:
        """Opens a listening socket and answers its port. ``run`` and ``serve`` do it by themselves
        when it was not done; may be called again for more addresses.

        :raises SystemFailure: The address is taken, or not allowed.
        """
        address = _abi.ListenOptions(
            struct_size=sizeof(_abi.ListenOptions),
            port=c_number(self._wanted_port if port is None else port, 16, "port"),
            address=c_name(host or self.host, "address"),
        )
        chosen, error = c_uint16(), new_error()
        check(
            lib.covey_server_listen(self.handle, byref(address), byref(chosen), byref(error)),
            error,
        )
        self._port = self._port or chosen.value
        return chosen.value

    @property
    def port(self) -> int:
        """The port that is listened on; 0 before ``listen``."""
        return self._port

    def run(self) -> None:
        """Listens and serves until ``stop``, Ctrl-C, or SIGTERM in the main thread; then closes.

        A program whose handlers are plain runs without asyncio, all of them on this thread. With
        an async one among them it is ``asyncio.run(server.serve())``.
        """
        self._claim()
        self._run()

    def _run(self) -> None:
        try:
            if self._is_async:
                with suppress(KeyboardInterrupt, asyncio.CancelledError):
                    asyncio.run(self._serve_until_ended())
            else:
                self._run_plain()
        finally:
            self._is_driven = False

    def _run_plain(self) -> None:
        try:
            if not self._port:
                self.listen()
            with _signals(self, self._interrupt):
                self._drive()
        except KeyboardInterrupt:
            self._see_off()
        except SystemExit:
            self._see_off()
            raise
        finally:
            self._close()

    async def _serve_until_ended(self) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        with _signals(self, partial(loop.call_soon_threadsafe, task.cancel)):
            await self._serve()

    def _interrupt(self) -> None:
        """Ctrl-C. The first one is raised by the loop, not where the signal is met: that may be the
        beginning of a callback, where ctypes would swallow it, and the callback with it."""
        if self._raised is not None or self._handle is None:
            raise KeyboardInterrupt
        self._raised = KeyboardInterrupt()
        lib.covey_server_post(self._handle, _callbacks.on_time, 0, _abi.Destroy())  # wakes the loop

    def _drive(self) -> None:
        descriptor = self._begin_driving()
        if descriptor is None:
            return
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        while self.is_alive:
            timeout = self.timeout()
            poller.poll(timeout)
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
            if not self._port:
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
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            self.is_interrupted = True
            for task in self.tasks:
                task.cancel()
            self._see_off()
            await self._finish(1)
            raise
        finally:
            self.is_over = True
            for task in self.tasks:
                task.cancel()
            self._close()

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
        port = self._port or self.listen()
        self._claim()
        thread = threading.Thread(target=self._run, name=f"covey:{port}", daemon=True)
        self._background = thread
        thread.start()
        return port

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until a server that was started has stopped; False when it still runs."""
        if self._background is None:
            raise InvalidArgument("the server was not started")
        self._background.join(timeout)
        return not self._background.is_alive()

    def stop(self, code: int = 0) -> None:
        """Asks it to stop: everybody gets what is queued and a close frame (1001), and then what
        drives it returns. From any thread, and from signal handlers."""
        self.check(lib.covey_server_stop(self.handle, c_number(code, 16, "close code")))
        self.touched()

    def drain(self, seconds: float = 0) -> None:
        """Stops it so that clients come back, to another one: each is ended at a moment of its own
        within so many seconds. From any thread."""
        milliseconds = c_number(round(seconds * 1000), 32, "delay")
        self.check(lib.covey_server_drain(self.handle, milliseconds))
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
        if isinstance(error, asyncio.CancelledError):
            return
        if not isinstance(error, Exception):
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


async def _awaited(outcome: Awaitable[Any]) -> Any:
    return await outcome


@contextmanager
def _signals(server: Server, interrupt: Callable[[], object]) -> Iterator[None]:
    """Has SIGTERM stop the server and SIGINT interrupt it, but for those that the program, or
    asyncio from Python 3.11 on, handles otherwise."""
    handlers: dict[int, tuple[Any, Callable[..., object]]] = {
        signal.SIGTERM: (signal.SIG_DFL, lambda *_: server.stop() if server.is_alive else None),
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


#: Those that were not closed.
_alive: "weakref.WeakSet[Server]" = weakref.WeakSet()


def _forget_all() -> None:
    """A child process has copies of its parent's servers, which must not be touched."""
    for server in _alive:
        server.forget()


os.register_at_fork(after_in_child=_forget_all)
