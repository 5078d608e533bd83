"""What a consumer's request said."""

from collections.abc import Iterator, Mapping
from ctypes import byref, c_size_t, c_void_p
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from uuid import UUID

from . import _memory
from ._library import lib
from ._memory import c_name
from .errors import NotFound, check

if TYPE_CHECKING:
    from .consumer import Consumer

CONVERTERS: dict[str, Any] = {"int": int, "uuid": UUID}


def ask(consumer: "Consumer", what: str, *arguments: Any) -> str | None:
    """Asks a getter of the library; None when the request has no such thing."""
    if consumer._remembered is not None:
        return consumer._remembered.get((what, *arguments))
    value, size = c_void_p(), c_size_t()
    getter = getattr(lib, f"covey_consumer_get_{what}")
    try:
        handle = consumer.server.handle
        check(getter(handle, consumer.id, *arguments, byref(value), byref(size)))
    except NotFound:
        return None
    return _memory.text(value.value, size.value)


def remember(consumer: "Consumer") -> None:
    """Keeps what the library is about to forget, for a handler that runs later."""
    kept = {name.lower() for name in consumer.kept_headers}
    asked: list[tuple[Any, ...]] = [("header", name.encode()) for name in kept]
    for what in (
        "path",
        "query_string",
        "origin",
        "peer",
        "subprotocol",
        "address",
        "user",
        "scheme",
        "host",
        "certificate",
    ):
        asked.append((what,))
    answers = {one: ask(consumer, *one) for one in asked}
    consumer._remembered = {one: text for one, text in answers.items() if text is not None}


class Headers:
    """Request headers, by names without case. After connect was decided only those that the class
    names in ``kept_headers`` are there: asking for another one is a LookupError."""

    def __init__(self, consumer: "Consumer") -> None:
        self._consumer = consumer

    def get(self, name: str, default: str | None = None) -> str | None:
        value = ask(self._consumer, "header", c_name(name.lower(), "header"))
        if value is None and self._consumer.is_decided:
            kept = self._consumer.kept_headers
            if name.lower() not in (one.lower() for one in kept):
                raise LookupError(
                    f"header {name!r} is not kept once connect is decided; "
                    f"name it in {type(self._consumer).__name__}.kept_headers"
                )
        return default if value is None else value

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None


class Cookies(Mapping[str, str]):
    """The cookies; after connect was decided, only if ``kept_headers`` names "cookie"."""

    def __init__(self, headers: Headers) -> None:
        self._headers = headers

    @cached_property
    def _values(self) -> dict[str, str]:
        pairs = (part.partition("=") for part in (self._headers.get("cookie") or "").split(";"))
        return {name.strip(): value.strip().strip('"') for name, _, value in reversed(list(pairs))}

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(name for name in self._values if name)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Query(Mapping[str, str]):
    """The decoded query: the last value of each name, as Django has it; ``getlist`` has all."""

    def __init__(self, consumer: "Consumer") -> None:
        self.string = ask(consumer, "query_string") or ""
        self._values = parse_qs(self.string, keep_blank_values=True)

    def __getitem__(self, name: str) -> str:
        return self._values[name][-1]

    def getlist(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def parameters_of(pattern: str) -> dict[str, Any]:
    """The names of a pattern's URL parameters, and what each is converted by."""
    found = {}
    for piece in pattern.split("<")[1:]:
        kind, _, name = piece.partition(">")[0].rpartition(":")
        found[name.strip()] = CONVERTERS.get(kind.strip(), str)
    return found


def read_parameters(consumer: "Consumer", parameters: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name, convert in parameters.items():
        value = ask(consumer, "param", name.encode())
        if value is not None:
            found[name] = convert(value)
    return found


def scope_of(consumer: "Consumer") -> dict[str, Any]:
    """What Channels calls the scope, as far as it is known."""
    offered: list[str] = []
    while (name := ask(consumer, "offered_subprotocol", len(offered))) is not None:
        offered.append(name)
    names = ["cookie", "host", "origin", "user-agent"] if not consumer.is_decided else []
    headers = []
    for name in dict.fromkeys([*names, *(name.lower() for name in consumer.kept_headers)]):
        value = ask(consumer, "header", name.encode())
        if value is not None:
            headers.append((name.encode(), value.encode()))
    return {
        "type": "websocket",
        "path": ask(consumer, "path"),
        "query_string": consumer.query.string.encode(),
        "headers": headers,
        "subprotocols": offered,
        "scheme": "wss" if ask(consumer, "scheme") == "https" else "ws",
        "client": (ask(consumer, "peer"), None),
        "url_route": {"args": (), "kwargs": consumer.params},
        "user": consumer.user,
    }
