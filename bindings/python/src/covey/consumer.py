"""Consumers: one object for each client of a channel."""

import inspect
import logging
from collections.abc import (
    Awaitable,
    Callable,
    Mapping,
    Sequence,
)
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from . import _abi
from ._encoding import encode
from ._library import lib
from ._memory import c_name, c_number
from .errors import CoveyError, Denied, Exists, Gone, Stopped, check, failure
from .handling import DONE, Done, Handling, must_be_awaited
from .request import Cookies, Headers, Query, ask, scope_of

if TYPE_CHECKING:
    from .channel_layer import ChannelLayer

logger = logging.getLogger("covey")

Function = TypeVar("Function", bound=Callable[..., Any])
#: What a handler may return: plain ones return at once.
Outcome = Awaitable[None] | None
Permission = Callable[[Any], bool | Awaitable[bool]]

_send = lib.covey_consumer_send
_TEXT, _BINARY = _abi.TEXT, _abi.BINARY


@dataclass(frozen=True)
class Ending:
    """How a consumer ended. ``cause`` is one of the ENDING_... numbers of the header."""

    cause: int
    code: int
    is_clean: bool
    reason: str


def event(type: str) -> Callable[[Function], Function]:
    """Has a method handle the events of one type that are sent to the consumer or its groups.
    A method may handle several types, and a class any number of them."""

    if not isinstance(type, str):
        raise TypeError('an event has a type: write @event("chat.message")')

    def mark(function: Function) -> Function:
        function.__dict__.setdefault("__covey_events__", []).append(type)
        return function

    return mark


def user_text(user: Any) -> str | None:
    """A user as the library knows it: a text, a number, or what has a ``pk`` or an ``id``."""
    if user is None or isinstance(user, str):
        return user
    for candidate in (user, getattr(user, "pk", None), getattr(user, "id", None)):
        if isinstance(candidate, int) and not isinstance(candidate, bool):
            return str(candidate)
        if candidate is not user and candidate is not None:
            return str(candidate)
    raise TypeError(f"{user!r} is no user: neither str nor int, and without pk and id")


def payload(data: str | bytes | bytearray | memoryview) -> tuple[int, bytes]:
    if isinstance(data, str):
        return _TEXT, data.encode()
    return _BINARY, data if type(data) is bytes else memoryview(data).tobytes()


def _check_allowed(permission: Permission, allowed: Any) -> None:
    if allowed is not True:
        if allowed is not None and allowed is not False:
            logger.error("%r answered %r, neither True nor False: denied", permission, allowed)
        raise Denied


class Consumer(Handling):
    """Base of consumers. Define what is needed of

    connect()                 a client wants to connect; returning accepts it
    receive(text)             a text message
    receive_json(content)     a text message, parsed; text that is no JSON is answered with
                              {"error": "invalid JSON"}
    receive_bytes(data)       a binary message
    disconnect(code)          it is gone; called once for each that was not refused by HTTP
    outbox_high(queued), outbox_low(queued), outbox_dropped(count)
                              it reads too slowly; it has caught up; messages were dropped

    and of methods marked with ``@event``; each of them async or plain. Messages of one consumer
    are handled in their order, one after another; events, and other consumers, never wait for them.
    A handler that raises closes its consumer with 1011, and the log has the traceback.

    Everything here is for the thread that drives the server.
    """

    #: Groups that every consumer joins; {name} is the URL parameter of that name.
    groups: Sequence[str] = ()
    #: What a consumer sends goes to every member of every group of ``groups``, as it is.
    broadcast_received: bool = False
    #: Whose pages may connect; see covey_channel_options. Empty: those of the host itself.
    origins: Sequence[str] = ()
    #: A request without an Origin header is refused.
    require_origin: bool = False
    #: Request headers that can be asked for after connect was decided; "cookie" keeps cookies.
    kept_headers: Sequence[str] = ()
    #: Each is called with the consumer before ``connect``; one that is not True denies.
    permissions: Sequence[Permission] = ()
    #: What one consumer may send: so many messages a second, and so many at once (twice the rate
    #: when 0); beyond, it is closed with 1008. Calls and writes are answered with 429 instead.
    messages_rate: int = 0
    messages_burst: int = 0
    #: The same in bytes.
    bytes_rate: int = 0
    bytes_burst: int = 0
    #: What happens to who reads too slowly: "close", "drop_oldest" or "drop_newest".
    slow_policy: str = "close"
    #: ``outbox_high`` is called when more than so many bytes wait for it; 0: never.
    outbox_high_bytes: int = 0
    #: ``outbox_low`` is called when it is down to so many again; half of the other when 0.
    outbox_low_bytes: int = 0
    #: The number that the library knows it by.
    id: int
    #: The URL parameters.
    params: dict[str, Any]
    #: The handlers that a class of consumers may define, events aside.
    handlers: ClassVar[tuple[str, ...]] = (
        "connect",
        "receive",
        "receive_json",
        "receive_bytes",
        "disconnect",
        "outbox_high",
        "outbox_low",
        "outbox_dropped",
    )

    #: How it ended, from ``disconnect`` on.
    ending: Ending | None = None
    is_decided: bool = False
    _user: Any = None
    _is_connecting: bool = False
    _refused: bool = False
    _remembered: dict[tuple[Any, ...], str] | None = None
    _is_closing: bool = False

    # ------------------------------------------------------------------ handlers

    def connect(self) -> Outcome:
        """A client wants to connect. ``accept`` or ``reject`` decide; returning without either
        accepts; raising ``Denied`` refuses. Before the first await a refusal is an HTTP status,
        later a close with 4403. Messages wait until it is decided."""
        return None

    def receive(self, text_data: str) -> Outcome:
        """A text message."""
        return None

    def receive_json(self, content: Any) -> Outcome:
        """A text message, parsed."""
        return None

    def receive_bytes(self, bytes_data: bytes) -> Outcome:
        """A binary message."""
        return None

    def disconnect(self, code: int) -> Outcome:
        """It is gone, and has left its groups; ``ending`` says more. Comes after its messages."""
        return None

    def outbox_high(self, queued: int) -> Outcome:
        """More than ``outbox_high_bytes`` wait for it: it reads more slowly than it is sent to."""
        return None

    def outbox_low(self, queued: int) -> Outcome:
        """It is down to ``outbox_low_bytes`` again."""
        return None

    def outbox_dropped(self, count: int) -> Outcome:
        """So many messages were dropped since the last time; ``slow_policy`` says which."""
        return None

    # ------------------------------------------------------------------- deciding

    def accept(self, subprotocol: str | None = None) -> Done:
        """Accepts the client. A subprotocol can be chosen before the first await alone.

        :raises Exists: Decided already.
        """
        chosen = None if subprotocol is None else c_name(subprotocol, "subprotocol")
        check(lib.covey_consumer_accept(self.server.handle, self.id, chosen))
        self._decide()
        return DONE

    def reject(self, status: int = 0, code: int = 0) -> Done:
        """Refuses the client: before the first await with an HTTP status (403), later with a
        close code (4403)."""
        status, code = c_number(status, 16, "status"), c_number(code, 16, "close code")
        check(lib.covey_consumer_reject(self.server.handle, self.id, status, code))
        self._refused = self._is_connecting
        self._decide()
        return DONE

    def _decide(self) -> None:
        self.is_decided = True
        self.server.touched()

    def expire_in(self, seconds: float | None) -> Done:
        """How long it may stay, in place of what was said before: when the time has come it is
        closed with 4401. None lets it stay for ever."""
        number = _abi.OFF if seconds is None else c_number(ceil(seconds), 32, "seconds")
        check(lib.covey_consumer_set_expiry(self.server.handle, self.id, number))
        self.server.touched()
        return DONE

    # -------------------------------------------------------------------- sending

    def send(
        self,
        text_data: str | bytes | bytearray | memoryview | None = None,
        bytes_data: bytes | bytearray | memoryview | None = None,
        close: bool | int = False,
    ) -> Done:
        """Sends a text message, or, for bytes, a binary one. To one that is undecided it waits
        until it is accepted. One whose outbox is full is closed with 1013.

        :raises Gone: It has ended. A handler may let that pass: nothing is logged.
        """
        data = text_data if bytes_data is None else bytes_data
        if data is None:
            raise TypeError("nothing to send")
        kind, message = payload(data)
        status = _send(self.server.handle, self.id, kind, message, len(message))
        if status:
            raise failure(status)
        self.server.touched()
        if close:
            self.close(None if close is True else close)
        return DONE

    def send_json(self, content: Any, close: bool | int = False) -> Done:
        """Sends a value as JSON; see ``covey.encode`` for what is understood."""
        message = encode(content)
        status = _send(self.server.handle, self.id, _TEXT, message, len(message))
        if status:
            raise failure(status)
        self.server.touched()
        if close:
            self.close(None if close is True else close)
        return DONE

    def close(self, code: int | None = None, reason: str | None = None) -> Done:
        """Closes the connection, after what was sent before. One that is undecided is refused.

        :param code: 1000 when None; else 1000 to 1003, 1007 to 1014, or 3000 to 4999.
        :param reason: At most 123 bytes of UTF-8.
        """
        if not self.is_decided:
            return self.reject(code=code or 0)
        text = None if reason is None else c_name(reason, "reason")
        number = c_number(code or 0, 16, "close code")
        check(lib.covey_consumer_close(self.server.handle, self.id, number, text))
        self._is_closing = True
        self.server.touched()
        return DONE

    # --------------------------------------------------------------------- groups

    def group_add(self, group: str) -> Done:
        """Joins a group; it is left by itself when the consumer ends."""
        check(lib.covey_group_add(self.server.handle, self.id, c_name(group, "group")))
        self.server.touched()
        return DONE

    def group_discard(self, group: str) -> Done:
        """Leaves a group; not a member is no error."""
        check(lib.covey_group_discard(self.server.handle, self.id, c_name(group, "group")))
        return DONE

    def group_send(self, group: str, event: Mapping[str, Any]) -> Done:
        """Sends an event to every member of a group; see ``Server.group_send``."""
        self.server.group_send(group, event)
        return DONE

    def group_broadcast(self, group: str, data: str | bytes, *, but_me: bool = False) -> Done:
        """Sends one finished message to every member of a group; see ``Server.group_broadcast``."""
        self.server.group_broadcast(group, data, but=self if but_me else None)
        return DONE

    @cached_property
    def channel_name(self) -> str:
        """The consumer's own name: an event sent to it as to a group reaches it alone."""
        return ask(self, "address") or ""

    @property
    def channel_layer(self) -> "ChannelLayer":
        """Groups by the names that Channels has for what they do."""
        from .channel_layer import ChannelLayer

        return ChannelLayer(self.server)

    # -------------------------------------------------------------- what it said

    @property
    def user(self) -> Any:
        """Who it is; None until that is set. Anything with a ``pk`` or an ``id`` will do, and so
        will a text or a number."""
        return self._user

    @user.setter
    def user(self, user: Any) -> None:
        text = user_text(user)
        encoded = None if text is None else c_name(text, "user")
        check(lib.covey_consumer_set_user(self.server.handle, self.id, encoded))
        self._user = user
        self.server.touched()

    @cached_property
    def query(self) -> Query:
        return Query(self)

    @cached_property
    def headers(self) -> Headers:
        return Headers(self)

    @cached_property
    def cookies(self) -> Cookies:
        return Cookies(self.headers)

    @cached_property
    def scope(self) -> dict[str, Any]:
        """The request as Channels has it."""
        return scope_of(self)

    @property
    def path(self) -> str:
        return ask(self, "path") or ""

    @property
    def origin(self) -> str | None:
        return ask(self, "origin")

    @property
    def peer(self) -> str:
        """The client's address."""
        return ask(self, "peer") or ""

    @property
    def scheme(self) -> str:
        """``"https"`` when it came over TLS, else ``"http"``; of a trusted proxy's client what the
        proxy says."""
        return ask(self, "scheme") or ""

    @property
    def host(self) -> str | None:
        """The host and port that it asked for; behind a trusted proxy what that says."""
        return ask(self, "host")

    @property
    def certificate(self) -> str | None:
        """The subject of its certificate, such as "CN=ada,O=Example"; None: it has none."""
        return ask(self, "certificate")

    @property
    def subprotocol(self) -> str | None:
        """The one that was accepted."""
        return ask(self, "subprotocol")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.__dict__.get('id')}>"

    # ------------------------------------------------------------- how it is run

    def _open(self, is_async: bool) -> None:
        """Has it connect."""
        self._take(self._connect_async if is_async else self._connect_plain, exclusive=True)

    async def _check_permissions(self) -> None:
        for permission in self.permissions:
            allowed = permission(self)
            if inspect.isawaitable(allowed):
                allowed = await allowed
            _check_allowed(permission, allowed)

    async def _connect_async(self) -> None:
        await self._check_permissions()
        outcome = self.connect()
        if must_be_awaited(outcome):
            await outcome  # type: ignore[misc]
        if not self.is_decided:
            self.accept()

    def _connect_plain(self) -> None:
        for permission in self.permissions:
            _check_allowed(permission, permission(self))
        self.connect()
        if not self.is_decided:
            self.accept()

    def _is_excused(self, error: BaseException) -> bool:
        """Whether a handler could not know: the client left meanwhile, or the server stops."""
        if isinstance(error, Gone | Exists):
            return self.ending is not None or self._is_closing or self._is_gone()
        return isinstance(error, Stopped)

    def _is_gone(self) -> bool:
        """Whether it is being closed: by a limit, or because its time is over."""
        status: int = lib.covey_group_discard(self.server.handle, self.id, b"none")
        return status == _abi.E_GONE

    def _failed(self, error: BaseException) -> None:
        """A handler raised."""
        if self._is_excused(error):
            if not self.is_decided:
                self._refuse(503, 1001)
            return
        if isinstance(error, Denied):
            if self.is_decided:
                self._end(4403, None)
            else:
                self._refuse(error.code, 4403)
            return
        logger.error("%r: a handler raised", self, exc_info=error)
        if self.is_decided:
            self._end(1011, None)
        else:
            self._refuse(500, 1011)

    def _end(self, code: int, reason: str | None) -> None:
        with suppress(CoveyError):  # unless it has ended
            self.close(code, reason)

    def _refuse(self, status: int, code: int) -> None:
        with suppress(CoveyError):  # unless it has ended
            self.reject(status if 400 <= status <= 599 else 403, code)
