"""A server and its life."""

import inspect
import logging
import os
from collections.abc import Callable, Mapping
from ctypes import byref, c_size_t, c_uint64, c_void_p, sizeof
from typing import TYPE_CHECKING, Any, TypeVar, overload

from . import _abi, _callbacks, layers
from ._encoding import decode, encode
from ._library import lib
from ._memory import c_name, c_number, new_error, text
from .consumer import Consumer, payload, user_text
from .errors import Busy, check
from .functions import class_of
from .models import Id, Model, loader_of
from .registering import declare, options_struct, register
from .routing import Route, Scheduled
from .store import Loading, Store
from .watching import Watching

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .layers import LayerSettings
    from .options import Options

logger = logging.getLogger("covey")

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Server(Watching):
    """A server: channels on URL patterns, groups, and a store.

    :param port: Where it listens; 0 lets the system choose, and ``port`` says what was chosen.
    :param host: A numeric address.
    :param debug: What goes wrong in an action is told to its caller.
    :param layer: The URL of a layer, as ``set_layer`` takes it.
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
        layer: str | None = None,
        **options: "Unpack[Options]",
    ) -> None:
        super().__init__(host, port)
        self.debug = debug
        self.routes: list[Route] = []
        #: The instances that every client who may see them is shown.
        self.store = Store(self)
        self._models: dict[type[Model], int] = {}
        self._kinds: dict[int, type[Model]] = {}
        self._loaders: dict[int, Callable[[Any], Any]] = {}
        handle, error = c_void_p(), new_error()
        try:
            given = options_struct(options, self.key)
            check(lib.covey_server_new(byref(given), byref(handle), byref(error)), error)
        except BaseException:
            _callbacks.registered.pop(self.key, None)
            raise
        self._made(handle)
        if layer is not None:
            try:
                self.set_layer(layer)
            except BaseException:
                self.close()
                raise

    def set_layer(self, url: str, **settings: "Unpack[LayerSettings]") -> None:
        """Puts the groups onto a layer, which all processes with the same URL share. Before it
        listens; it connects by itself then, and nobody waits for it.

        :param url: ``redis://[[user]:password@]host[:port][/db][?option=value&...]``, and so
            ``redis+django://`` and ``redis+django-pubsub://``, the formats of channels_redis;
            include/covey/layer.h has all of it.
        :param settings: The numbers of covey_layer_options, by their names.
        :raises InvalidArgument: No such URL, or a number out of range.
        :raises NotFound: The library was built without layers over Redis.
        :raises Exists: It has one.
        :raises Busy: The server listens already.
        """
        layers.set_layer(self, url, settings)

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
        if not isinstance(pattern, str):
            raise TypeError("a channel has a pattern: write @server.channel('ws/chat/')")
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

    def address_send(self, address: str, event: Mapping[str, Any]) -> None:
        """Sends an event to one consumer by its ``channel_name``, of this process or of another one
        on the layer, or to a channel of Django Channels by its name. From any thread.

        :raises Gone: A consumer of this process that has left.
        :raises NotFound: Of another process, and there is no layer; or no name that the layer
            reaches.
        """
        name, json, error = c_name(address, "address"), encode(event), new_error()
        self.check(lib.covey_address_send(self.handle, name, json, len(json), byref(error)), error)
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

    def user_disconnect(self, user: Any, code: int = 0, reason: str | None = None) -> None:
        """Ends every consumer of a user, such as one who logged out. From any thread.

        :param code: 1008 when 0; clients of RxDjango's are dropped without one.
        """
        name = user_text(user)
        if name is None:
            raise TypeError("nobody is no user to disconnect")
        told = None if reason is None else c_name(reason, "reason")
        number = c_number(code, 16, "close code")
        self.check(lib.covey_user_disconnect(self.handle, c_name(name, "user"), number, told))
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
