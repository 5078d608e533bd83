"""Actions: methods of context channels that clients call, and what calls are answered with."""

import inspect
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, overload

from . import _abi
from ._encoding import decode, encode
from ._hints import Meaning, hints_of, understand
from ._library import lib
from .consumer import Consumer
from .errors import ActionError, Denied, Gone, NotFound, Stopped, check

if TYPE_CHECKING:
    from .context import ContextChannel
    from .routing import Route
    from .server import Server

logger = logging.getLogger("covey")

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Action:
    """What ``@action`` said of a method."""

    name: str
    function: Callable[..., Any]
    grant: str | None
    anonymous: bool


@overload
def action(function: Function, /) -> Function: ...
@overload
def action(
    *, name: str | None = None, grant: str | None = None, anonymous: bool = False
) -> Callable[[Function], Function]: ...
def action(
    function: Any = None,
    /,
    *,
    name: str | None = None,
    grant: str | None = None,
    anonymous: bool = False,
) -> Any:
    """Lets clients call a method of a context channel. The hints of its parameters are checked
    before it is called, and values have the types they say: datetime, date, Decimal, Literal,
    Optional, enumerations, lists, dictionaries, TypedDicts and dataclasses are understood. What it
    returns is the answer.

    ``raise ActionError(message, code)`` answers with an error, and so does any other exception:
    with its ``code`` if it has one, else 500, and with its message only if the server was made
    with ``debug``. Nothing is closed.

    :param name: What clients call it; the method's name.
    :param grant: A grant that it takes to call it; see ``grant_add``.
    :param anonymous: Also clients without a user may call it.
    """

    def mark(function: Any) -> Any:
        found = Action(name or function.__name__, function, grant, anonymous)
        function.__covey_action__ = found
        return function

    return mark if function is None else mark(function)


@dataclass(frozen=True)
class Parameter:
    name: str
    meaning: Meaning
    is_optional: bool
    default: Any


def without_relations(meaning: Meaning) -> Meaning:
    """Clients name instances by their ids, and actions are handed references to them."""
    if meaning.type == _abi.FIELD_ONE:
        is_integer = meaning.model.shape().id_kind == _abi.ID_INTEGER
        type = _abi.FIELD_INTEGER if is_integer else _abi.FIELD_STRING
        return replace(meaning, type=type, model=None)
    if meaning.type == _abi.FIELD_MANY:
        return replace(meaning, type=_abi.FIELD_JSON, model=None)
    return meaning


class ActionRoute:
    """An action of a route."""

    def __init__(self, route: "Route", action: Action) -> None:
        self.consumers = route.consumers
        self.failed = route.failed
        self._server = route.server
        self._function = action.function
        hints = hints_of(action.function)
        self.parameters: list[Parameter] = []
        for name, parameter in list(inspect.signature(action.function).parameters.items())[1:]:
            if parameter.kind not in (
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                inspect.Parameter.POSITIONAL_ONLY,
            ):
                raise TypeError(f"action {action.name}: {parameter} cannot be given by a client")
            is_optional = parameter.default is not inspect.Parameter.empty
            try:
                meaning = understand(hints.get(name, Any))
            except TypeError as error:
                raise TypeError(f"action {action.name}: {name}: {error}") from None
            meaning = without_relations(meaning)
            self.parameters.append(Parameter(name, meaning, is_optional, parameter.default))
        self.result = self._meaning_of_result(hints.get("return", Any))

    @staticmethod
    def _meaning_of_result(hint: Any) -> Meaning | None:
        """What it answers, for those who generate clients; None: any JSON."""
        try:
            meaning = understand(hint)
        except TypeError:
            return None
        return None if meaning.model is not None else meaning

    def call(self, consumer: "ContextChannel", call: int, parameters: str) -> None:
        server = self._server()
        if server is None:
            return
        refuse = partial(fail_call, server, consumer, call)
        try:
            arguments = self._read(decode(parameters))
        except ValueError as error:
            refuse(ActionError(str(error), 400))
            return
        except Exception as error:
            refuse(error)
            return
        consumer._decide_by(
            lambda: self._function(consumer, *arguments),
            partial(self._answer, server, call),
            refuse,
        )

    def _read(self, values: list[Any]) -> list[Any]:
        arguments = []
        for parameter, value in zip(self.parameters, values, strict=True):
            if value is None and parameter.is_optional:
                arguments.append(parameter.default)
                continue
            try:
                arguments.append(parameter.meaning.read(value))
            except ValueError as error:
                raise ValueError(f"{parameter.name}: {error}") from None
        return arguments

    def _answer(self, server: "Server", call: int, result: Any) -> None:
        json = encode(result)
        status = lib.covey_call_return(server.handle, call, json, len(json))
        if status and status != _abi.E_GONE:  # nobody waits any more
            check(status)
        server.touched()


def is_refusal(error: BaseException) -> bool:
    """Meant for the client; anything else is an accident, of which the log must tell."""
    return isinstance(error, ActionError | Denied | NotFound)


def cut(message: str, size: int) -> bytes:
    """So many bytes of a message, and no half of a character."""
    text = message.replace("\0", "?").encode(errors="replace")
    return text[:size].decode(errors="ignore").encode()


def fail_call(server: "Server", consumer: Consumer, call: int, error: BaseException) -> None:
    """Answers an action or a write with an exception."""
    is_excused = consumer._is_excused(error)
    if is_excused and consumer.ending is not None:
        return
    if not is_excused and not is_refusal(error):
        logger.error("%r: an action or a write raised", consumer, exc_info=error)
    code = getattr(error, "code", None)
    if isinstance(code, int) and not isinstance(code, bool) and -(2**31) <= code < 2**31:
        message = str(error)
    else:
        code = 500
        message = f"{type(error).__name__}: {error}" if server.debug else "internal error"
    text = cut(message, 4096)
    with suppress(Gone, Stopped):  # nobody waits any more
        check(lib.covey_call_fail(server.handle, call, code, text))
        server.touched()
