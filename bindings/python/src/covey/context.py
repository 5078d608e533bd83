"""Context channels: live state that every client sees converge, and actions that clients call."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from ctypes import byref, c_char_p, c_size_t, c_void_p
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from . import _abi, _memory
from ._encoding import decode, encode
from ._library import lib
from ._memory import c_name, new_error
from .actions import cut, fail_call, is_refusal
from .consumer import Consumer, Outcome, user_text
from .errors import (
    ActionError,
    CoveyError,
    Denied,
    InvalidArgument,
    NotFound,
    check,
    status_text,
)
from .handling import DONE, Done
from .models import Id, Model, Shape, as_ids
from .routing import Route

if TYPE_CHECKING:
    from .server import Server

logger = logging.getLogger("covey")

Function = TypeVar("Function", bound=Callable[..., Any])
Listed = Iterable["Id | Model"]
Allowed = bool | Mapping[str, Any]


class ContextChannel(Consumer):
    """Base of context channels. A client follows an instance of ``model``, the one that the URL
    names, or with ``many`` a list of them, and holds everything that can be reached from there
    through relations. Define what is needed of

    connect()                           as of any consumer; ``self.user = ...`` here, by a cookie
                                        say, makes a token needless
    authenticate(token)                 whose token is it? None refuses with 401
    has_permission(user, **params)      may this user see what the URL names? Nobody may without it,
                                        unless the class is ``public``
    get_instance_id(**params)           which instance; the URL's first parameter
    list_instances(**params)            with ``many``: which ones, their ids or themselves
    on_connect(tstamp)                  it was let in; what is sent here precedes its state
    on_disconnect()                     it is gone
    load(id)                            a class method or static method; see ``Model``
    can_save(instance, data)            may it write these fields? Nothing may be written without it
    can_create(model, parent, data)
    can_delete(instance)

    each of them async or plain, and of methods marked with ``@action`` and ``@event``.
    """

    #: What the anchors are.
    model: ClassVar[type[Model]]
    #: The state is a list of anchors, not one.
    many: bool = False
    #: Everybody may see it, also who has no token.
    public: bool = False
    #: What generated clients call it; the name of the class.
    client_class: ClassVar[str | None] = None
    #: A TypedDict of the runtime variables; None: any may be set.
    RuntimeState: ClassVar[type | None] = None
    _is_open: bool = False

    handlers = (
        "connect",
        "authenticate",
        "has_permission",
        "get_instance_id",
        "list_instances",
        "on_connect",
        "on_disconnect",
        "can_save",
        "can_create",
        "can_delete",
    )

    # ------------------------------------------------------------------ handlers

    def authenticate(self, token: str) -> Any:
        """Whose token is it? A user, or None; a user is a text, a number, or what has a ``pk`` or
        an ``id``. Raising ``Denied`` refuses, too."""
        return None

    def has_permission(self, user: Any, *args: Any, **params: Any) -> bool | Awaitable[bool]:
        """May this user see what the URL names? True or False."""
        return False

    def get_instance_id(self, *args: Any, **params: Any) -> "Id | Awaitable[Id]":
        """The id of the instance that is followed."""
        raise NotImplementedError

    def list_instances(self, *args: Any, **params: Any) -> "Listed | Awaitable[Listed]":
        """Which instances are followed, in their order."""
        return ()

    def on_connect(self, tstamp: float | None) -> Outcome:
        """It was let in. ``tstamp`` is when it was complete, in seconds, if it comes back; 0.000001
        if it was cut off before it was."""
        return None

    def on_disconnect(self) -> Outcome:
        """It is gone; ``ending`` says how. For those alone that ``on_connect`` was called for."""
        return None

    def can_save(self, instance: Any, data: dict[str, Any]) -> Allowed | Awaitable[Allowed]:
        """May it write these fields of an instance, which is as it was? A mapping in place of True
        is written in place of what the client sent."""
        return False

    def can_create(
        self, model: type[Model], parent: Any, data: dict[str, Any]
    ) -> Allowed | Awaitable[Allowed]:
        """May it create an instance with these fields, below this parent? A mapping in place of
        True is what the instance has, and may say its ``id``; else the id is one more than the
        highest of the model."""
        return False

    def can_delete(self, instance: Any) -> Allowed | Awaitable[Allowed]:
        """May it delete an instance?"""
        return False

    def close(self, code: int | None = None, reason: str | None = None) -> Done:
        """Closes the connection, after what was sent before. RxDjango's clients are dropped without
        a close frame, for after one they would stay away; Covey's own are told code and reason."""
        return super().close(code, reason)

    # -------------------------------------------------------------------- anchors

    def add_instance(self, instance: "Id | Model", at_beginning: bool = False) -> Done:
        """Adds an instance to the list, at its end or at its beginning; one that is there keeps
        its place. Only with ``many``, and from ``list_instances`` on."""
        function = lib.covey_anchor_prepend if at_beginning else lib.covey_anchor_append
        check(function(self.server.handle, self.id, self._anchor(instance)))
        self.server.touched()
        return DONE

    def remove_instance(self, instance: "Id | Model") -> Done:
        """Takes an instance out of the list; it is not deleted."""
        check(lib.covey_anchor_remove(self.server.handle, self.id, self._anchor(instance)))
        self.server.touched()
        return DONE

    def clear(self) -> Done:
        """Takes all instances out of the list."""
        check(lib.covey_anchor_clear(self.server.handle, self.id))
        self.server.touched()
        return DONE

    def set_instances(self, instances: Listed) -> Done:
        """Replaces the list."""
        anchors = [self._anchor(instance) for instance in instances]
        ids = (c_char_p * len(anchors))(*anchors)
        check(lib.covey_anchor_replace(self.server.handle, self.id, ids, len(anchors)))
        self.server.touched()
        return DONE

    def _anchor(self, instance: "Id | Model") -> bytes:
        id = instance.id if isinstance(instance, Model) else instance
        return self.model.shape().c_id(id)

    # -------------------------------------------------------- variables and grants

    def set_runtime_var(self, name: str, value: Any) -> Done:
        """Sets a variable that this client mirrors; to what it is already sends nothing.

        :raises TypeError: ``RuntimeState`` has no such variable.
        :raises InvalidArgument: It says that the variable is of another type.
        """
        if self.RuntimeState is not None and name not in self.RuntimeState.__annotations__:
            raise TypeError(f"{self.RuntimeState.__name__} has no variable {name!r}")
        json = encode(value)
        handle = self.server.handle
        status = lib.covey_variable_set(handle, self.id, c_name(name, "variable"), json, len(json))
        if status == _abi.E_INVALID:
            raise InvalidArgument(f"variable {name!r} cannot be {value!r}")
        check(status)
        self.server.touched()
        return DONE

    def get_runtime_var(self, name: str, default: Any = None) -> Any:
        """The value that was set last."""
        value, size = c_void_p(), c_size_t()
        handle = self.server.handle
        try:
            check(
                lib.covey_variable_get(
                    handle, self.id, c_name(name, "variable"), byref(value), byref(size)
                )
            )
        except NotFound:
            return default
        return decode(_memory.text(value.value, size.value))

    def reauthorize(self) -> Done:
        """Asks ``has_permission`` anew, when what the user may see has changed. Meanwhile it goes
        on; an answer that is not True ends it."""
        check(lib.covey_consumer_reauthorize(self.server.handle, self.id))
        self.server.touched()
        return DONE

    def grant_add(self, grant: str) -> Done:
        """Lets this client call the actions that take this grant."""
        check(lib.covey_grant_add(self.server.handle, self.id, c_name(grant, "grant")))
        return DONE

    def grant_discard(self, grant: str) -> Done:
        check(lib.covey_grant_discard(self.server.handle, self.id, c_name(grant, "grant")))
        return DONE

    # ------------------------------------------------------ what the library asks

    def _decide_by(
        self,
        asked: Callable[[], Any],
        answer: Callable[[Any], object],
        refuse: Callable[[BaseException], None],
    ) -> None:
        """Asks a handler, and answers when it has, or refuses when it raises."""
        try:
            outcome = asked()
            if not inspect.isawaitable(outcome):
                answer(outcome)
                return
        except (Exception, asyncio.CancelledError) as error:
            refuse(error)
            return

        async def decide() -> None:
            try:
                answer(await outcome)
            except Exception as error:
                refuse(error)
            except asyncio.CancelledError as error:
                if not (self.server.is_interrupted or self.server.is_over):
                    refuse(error)  # nobody else would answer
                raise

        self._run(decide())

    def _deny(self, error: BaseException) -> None:
        is_excused = self._is_excused(error)
        if is_excused and self.ending is not None:
            return
        if not is_excused and not is_refusal(error):
            logger.error("%r: a handler raised", self, exc_info=error)
        if isinstance(error, CoveyError | ActionError) and 400 <= error.code <= 599:
            is_default = isinstance(error, CoveyError) and error.message == status_text(
                error.status
            )
            code = error.code
            text = None if is_default else cut(error.message, 255)
        else:
            code, text = 500, None
        lib.covey_consumer_deny(self.server.handle, self.id, code, text)
        self.server.touched()

    def _authenticate(self, token: str) -> None:
        def answer(user: Any) -> None:
            if user is None:
                status = lib.covey_consumer_deny(self.server.handle, self.id, 401, None)
            else:
                text = c_name(user_text(user) or "", "user")
                self._user = user
                status = lib.covey_consumer_authenticate(self.server.handle, self.id, text)
            check(status)
            self.server.touched()

        self._decide_by(lambda: self.authenticate(token), answer, self._deny)

    def _authorize(self) -> None:
        def answer(allowed: Any) -> None:
            if not isinstance(allowed, bool):
                raise TypeError(f"has_permission answered {allowed!r}, neither True nor False")
            handle = self.server.handle
            if allowed:
                check(lib.covey_consumer_authorize(handle, self.id))
            else:
                check(lib.covey_consumer_deny(handle, self.id, 0, None))
            self.server.touched()

        self._decide_by(lambda: self.has_permission(self.user, **self.params), answer, self._deny)

    def _opened(self, last_update: int) -> None:
        self._is_open = True
        outcome = self.on_connect(last_update / 1e6 if last_update else None)
        self._run(outcome)

    def _list(self) -> None:
        if self.many:
            self._decide_by(
                lambda: self.list_instances(**self.params),
                self.set_instances,
                self._deny,
            )
        else:
            self._decide_by(
                lambda: self.get_instance_id(**self.params),
                lambda found: self.set_instances([found]),
                self._deny,
            )

    def _failed(self, error: BaseException) -> None:
        if self.is_decided and self.ending is None and not self._is_excused(error):
            logger.error("%r: a handler raised", self, exc_info=error)  # and nothing is closed
        else:
            super()._failed(error)

    # --------------------------------------------------------------------- writes

    def _write(
        self,
        call: int,
        operation: int,
        model: int,
        parent_model: int,
        id: str,
        parent_id: str,
        relation: str,
        fields: str,
    ) -> None:
        server = self.server
        kind = server.model_numbered(model)
        shape = kind.shape()
        refuse = partial(fail_call, server, self, call)
        try:
            data = self._read_fields(shape, decode(fields))
        except ValueError as error:
            refuse(ActionError(str(error), 400))
            return
        except Exception as error:
            refuse(error)
            return

        def stored(kind: type[Model], id: str) -> Model:
            found = server.store.get(kind, kind.shape().id_value(id))
            if found is None:
                raise NotFound(f"no {kind.shape().name} {id}")
            return found

        def ask() -> Any:
            if operation == _abi.WRITE_SAVE:
                return self.can_save(stored(kind, id), data)
            if operation == _abi.WRITE_DELETE:
                return self.can_delete(stored(kind, id))
            parent = stored(server.model_numbered(parent_model), parent_id)
            return self.can_create(kind, parent, data)

        def answer(allowed: Any) -> None:
            if isinstance(allowed, Mapping):
                row: dict[str, Any] | None = dict(allowed)
            elif allowed is True:
                row = data if operation == _abi.WRITE_CREATE else None
            else:
                raise Denied
            if row is not None and operation == _abi.WRITE_CREATE:
                row = {**shape.defaults(), **row}
            self._accept_write(call, row)

        self._decide_by(ask, answer, refuse)

    @staticmethod
    def _read_fields(shape: Shape, values: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for name, value in values.items():
            try:
                found[name] = shape.fields[name].meaning.read(value)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return found

    def _accept_write(self, call: int, row: dict[str, Any] | None) -> None:
        new_id, json = None, None
        if row is not None:
            row = {name: as_ids(value) for name, value in row.items()}
            given = row.pop("id", None)
            new_id = None if given is None else c_name(str(given), "id")
            json = encode(row)
        error = new_error()
        status = lib.covey_write_accept(
            self.server.handle, call, new_id, json, len(json or b""), byref(error)
        )
        if status == _abi.E_INVALID:
            raise ActionError(error.message.decode(errors="replace"), 400)
        check(status, error)
        self.server.touched()


class ContextRoute(Route):
    """A class of context channels on a URL pattern."""

    cls: type[ContextChannel]

    def __init__(self, server: "Server", cls: type[ContextChannel], pattern: str) -> None:
        super().__init__(server, cls, pattern)
        self.has_disconnect = cls.on_disconnect is not ContextChannel.on_disconnect
        self.is_seen_off_later = inspect.iscoroutinefunction(cls.on_disconnect)

    def see_off(self, consumer: Any) -> Any:
        return consumer.on_disconnect() if consumer._is_open else None
