"""Type hints, as fields of models and parameters of actions understand them.

``understand(hint)`` says what such a field holds on the wire, and how a value that came as JSON
becomes what the hint says. The core checks the outer shape of a value; what lies inside of JSON
(lists, dictionaries, dataclasses) is checked here.
"""

import dataclasses
import inspect
import math
import re
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

from . import _abi
from ._encoding import encode

Reader = Callable[[Any], Any]

#: Models by their names and modules: hints may name them before they exist.
_models: dict[str, dict[str, type]] = {}


@dataclass(frozen=True)
class Meaning:
    """What a hint means: a type of the wire, and a reader of its values."""

    type: int
    read: Reader
    nullable: bool = False
    choices: tuple[bytes, ...] = ()
    model: Any = None  # a class of models
    hint: Any = None


def add_model(model: type) -> None:
    """Lets hints name a model from anywhere."""
    _models.setdefault(model.__name__, {})[model.__module__] = model


def hints_of(thing: Any) -> dict[str, Any]:
    """The hints of a class or a function, with the names of models understood."""
    thing = inspect.unwrap(thing)
    found = typing.get_type_hints(thing, localns=_names_for(thing), include_extras=True)
    return {name: _evaluated(hint, thing) for name, hint in found.items()}


def _names_for(thing: Any) -> dict[str, type]:
    """The names that hints may use beyond those of their module. What is defined in a function
    sees the other models of its module first; else the module's own names go before."""
    is_class = isinstance(thing, type)
    homes = [one.__module__ for one in (thing.__mro__ if is_class else (thing,))]
    taken = {name for home in homes for name in _names_in(home)}
    is_local = "<locals>" in thing.__qualname__
    names = {thing.__name__: thing} if is_class and is_local else {}
    for name, models in _models.items():
        near = [models[home] for home in homes if home in models]
        if name not in taken or (is_local and near):
            names.setdefault(name, (near or list(models.values())[-1:])[0])
    return names


def _names_in(module: str) -> Mapping[str, Any]:
    return getattr(sys.modules.get(module), "__dict__", {})


if sys.version_info >= (3, 11):

    def _evaluated(hint: Any, thing: Any) -> Any:
        return hint

else:

    def _evaluated(hint: Any, thing: Any) -> Any:
        """A hint with ``list["Name"]`` understood, which Python 3.10 leaves as it is."""
        arguments = getattr(hint, "__args__", ())
        if get_origin(hint) is Literal:
            return hint
        names = {**_names_in(thing.__module__), **_names_for(thing)}
        found = tuple(
            eval(one, names) if isinstance(one, str) else _evaluated(one, thing)
            for one in arguments
        )
        if found == arguments:
            return hint
        if isinstance(hint, types.GenericAlias):
            return types.GenericAlias(get_origin(hint), found)
        if isinstance(hint, types.UnionType):
            return Union[found]  # noqa: UP007
        return hint.copy_with(found)


def annotated_names(cls: type) -> list[str]:
    """The names that the body of a class annotates, but for what is no field."""
    if sys.version_info >= (3, 14):
        import annotationlib

        found = annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    else:
        found = inspect.get_annotations(cls)
    return [name for name, hint in found.items() if not is_class_variable(name, hint)]


def is_class_variable(name: str, hint: Any) -> bool:
    """No field: a ClassVar, which may be a text still, or what begins with "_"."""
    if isinstance(hint, str):
        hint = typing.ClassVar if _CLASS_VARIABLE.match(hint) else None
    return name.startswith("_") or getattr(hint, "__origin__", hint) is typing.ClassVar


_CLASS_VARIABLE = re.compile(r"(\w+\.)?ClassVar\b")


def understand(hint: Any) -> Meaning:
    """What a hint means. TypeError for one that no field can hold."""
    hint = plain(hint)
    options = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    is_nullable = type(None) in options
    options = tuple(option for option in options if option is not type(None)) or options
    if len(options) == 1:
        meaning = _understand_one(plain(options[0]))
    else:
        meaning = Meaning(_abi.FIELD_JSON, _reader_of_any(options))
    meaning = dataclasses.replace(meaning, hint=hint)
    if not is_nullable or meaning.nullable:
        return meaning
    read = meaning.read
    return dataclasses.replace(
        meaning, nullable=True, read=lambda value: None if value is None else read(value)
    )


def reader(hint: Any) -> Reader:
    return understand(hint).read


def plain(hint: Any) -> Any:
    """Without what does not matter here: Annotated, Required, NotRequired, ReadOnly."""
    while hasattr(hint, "__metadata__") or getattr(get_origin(hint), "_name", None) in (
        "Required",
        "NotRequired",
        "ReadOnly",
    ):
        hint = get_args(hint)[0]
    return hint


def _understand_one(hint: Any) -> Meaning:
    if hint in _SIMPLE:
        return Meaning(*_SIMPLE[hint])
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _choice(arguments, {encode(value): value for value in arguments})
    if origin in (list, tuple, set, frozenset) and arguments:
        return _understand_list(hint, origin, arguments)
    if origin is dict or hint is dict:
        return Meaning(_abi.FIELD_JSON, _reader_of_dict(arguments))
    if hint in (list, set, frozenset, tuple):
        return Meaning(_abi.FIELD_JSON, lambda value: _collect(hint, _expect(list, value)))
    if isinstance(hint, type):
        if hasattr(hint, "__covey_model__"):
            model: Any = hint
            return Meaning(_abi.FIELD_ONE, _reader_of_ids(model), model=model)
        if issubclass(hint, Enum):
            return _choice(tuple(hint), {encode(member.value): member for member in hint})
        if is_typed_dict(hint):
            return Meaning(_abi.FIELD_JSON, _Members(hint))
        if dataclasses.is_dataclass(hint):
            return Meaning(_abi.FIELD_JSON, _Members(hint))
    raise TypeError(f"no field can hold {_name(hint)}")


def is_typed_dict(hint: type) -> bool:
    """Also one of typing_extensions, which typing does not know."""
    return issubclass(hint, dict) and hasattr(hint, "__required_keys__")


def _choice(values: tuple[Any, ...], by_literal: dict[bytes, Any]) -> Meaning:
    """One of some literals, None among them being null."""
    is_nullable = b"null" in by_literal
    choices = tuple(literal for literal in by_literal if literal != b"null")

    def read(value: Any) -> Any:
        try:
            return by_literal[encode(value)]
        except (KeyError, TypeError):
            raise ValueError(f"{value!r} is none of {', '.join(map(repr, values))}") from None

    return Meaning(_abi.FIELD_CHOICE, read, nullable=is_nullable, choices=choices)


def _understand_list(hint: Any, origin: type, arguments: tuple[Any, ...]) -> Meaning:
    if origin is tuple and arguments[-1] is not Ellipsis:
        return Meaning(_abi.FIELD_JSON, _reader_of_tuple(arguments))
    inner = understand(arguments[0])
    read = inner.read
    if inner.model is not None and origin is list and not inner.nullable:
        type, model = _abi.FIELD_MANY, inner.model
    else:
        type, model = _abi.FIELD_JSON, None
    return Meaning(
        type,
        lambda value: _collect(origin, [read(item) for item in _expect(list, value)]),
        model=model,
    )


# ----------------------------------------------------------------------------- readers


def _expect(kind: type | tuple[type, ...], value: Any) -> Any:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise ValueError(f"{value!r} is no {kinds[0].__name__}")
    return value


def _collect(kind: type, items: list[Any]) -> Any:
    try:
        return kind(items)
    except TypeError as error:  # not hashable
        raise ValueError(f"{items!r} is no {kind.__name__}: {error}") from None


def _reader_of_ids(model: Any) -> Reader:
    def read(value: Any) -> Any:
        kind = int if model.shape().id_kind == _abi.ID_INTEGER else str
        return model.ref(_expect(kind, value))

    return read


def _read_integer(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(_expect(int, value))


def _read_number(value: Any) -> float:
    try:
        found = float(_expect((float, int), value))
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise ValueError(f"{value!r} is no float")
    return found


def _read_text(value: Any) -> str:
    found: str = _expect(str, value)
    if not found.isascii():
        try:
            found.encode()
        except UnicodeEncodeError:
            raise ValueError("a string holds half of a surrogate pair") from None
    return found


_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATETIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*([Zz]|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_DECIMAL = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def _read_datetime(value: Any) -> datetime:
    match = _DATETIME.fullmatch(_expect(str, value))
    if match is None:
        raise ValueError(f"{value!r} is no datetime")
    day, hour, minute, second, fraction, zone = match.groups()
    moment = datetime.fromisoformat(f"{day}T{hour}:{minute}:{second or '00'}")
    moment = moment.replace(microsecond=int((fraction or "0")[:6].ljust(6, "0")))
    if zone is None:
        return moment
    if zone in "Zz":
        return moment.replace(tzinfo=timezone.utc)
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    offset = timedelta(minutes=-minutes if zone[0] == "-" else minutes)
    return moment.replace(tzinfo=timezone(offset))


def _read_date(value: Any) -> date:
    if _DATE.fullmatch(_expect(str, value)) is None:
        raise ValueError(f"{value!r} is no date")
    return date.fromisoformat(value)


def _read_decimal(value: Any) -> Decimal:
    if _DECIMAL.fullmatch(_expect(str, value)) is None:
        raise ValueError(f"{value!r} is no decimal")
    return Decimal(value)


def _read_uuid(value: Any) -> UUID:
    try:
        return UUID(_expect(str, value))
    except ValueError:
        raise ValueError(f"{value!r} is no UUID") from None


def _as_is(value: Any) -> Any:
    return value


_SIMPLE: dict[Any, tuple[int, Reader]] = {
    bool: (_abi.FIELD_BOOLEAN, lambda value: _expect(bool, value)),
    int: (_abi.FIELD_INTEGER, _read_integer),
    float: (_abi.FIELD_NUMBER, _read_number),
    str: (_abi.FIELD_STRING, _read_text),
    datetime: (_abi.FIELD_DATETIME, _read_datetime),
    date: (_abi.FIELD_DATE, _read_date),
    Decimal: (_abi.FIELD_DECIMAL, _read_decimal),
    UUID: (_abi.FIELD_STRING, _read_uuid),
    Any: (_abi.FIELD_JSON, _as_is),
    object: (_abi.FIELD_JSON, _as_is),
    type(None): (_abi.FIELD_JSON, lambda value: _expect(type(None), value)),
}


def _reader_of_any(options: tuple[Any, ...]) -> Reader:
    readers = [reader(option) for option in options]
    names = " | ".join(_name(option) for option in options)

    def read(value: Any) -> Any:
        for attempt in readers:
            try:
                return attempt(value)
            except ValueError:
                continue
        raise ValueError(f"{value!r} is no {names}")

    return read


def _reader_of_dict(arguments: tuple[Any, ...]) -> Reader:
    if not arguments:
        return lambda value: _expect(dict, value)
    read_key = _KEYS[arguments[0]] if arguments[0] in _KEYS else reader(arguments[0])
    read_value = reader(arguments[1])
    return lambda value: {
        read_key(key): read_value(item) for key, item in _expect(dict, value).items()
    }


_KEYS: dict[Any, Reader] = {int: int, float: float}  # JSON has no keys but strings


def _reader_of_tuple(arguments: tuple[Any, ...]) -> Reader:
    readers = [reader(argument) for argument in arguments]

    def read(value: Any) -> tuple[Any, ...]:
        if len(_expect(list, value)) != len(readers):
            raise ValueError(f"{len(value)} items, expected {len(readers)}")
        return tuple(one(item) for one, item in zip(readers, value, strict=True))

    return read


def members_of(kind: Any) -> tuple[dict[str, Any], set[str]]:
    """The hints of the members of a TypedDict or a dataclass, and which must be there."""
    hints = hints_of(kind)
    if is_typed_dict(kind):
        required = set(kind.__required_keys__)
        for name, hint in hints.items():  # texts were not looked into when it was made
            wrapper = getattr(get_origin(hint), "_name", "")
            if wrapper == "NotRequired":
                required.discard(name)
            elif wrapper == "Required":
                required.add(name)
        return hints, required
    fields = [field for field in dataclasses.fields(kind) if field.init]
    missing = dataclasses.MISSING
    required = {
        field.name
        for field in fields
        if field.default is missing and field.default_factory is missing
    }
    return {field.name: hints[field.name] for field in fields}, required


class _Members:
    """Reads an object into a TypedDict or a dataclass; its hints are looked at when first used,
    for they may name what does not exist yet."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        self.readers: dict[str, Reader] | None = None
        self.required: set[str] = set()

    def _understand(self) -> dict[str, Reader]:
        hints, self.required = members_of(self.kind)
        return {name: reader(hint) for name, hint in hints.items()}

    def __call__(self, value: Any) -> Any:
        members: Mapping[str, Any] = _expect(dict, value)
        if self.readers is None:
            self.readers = self._understand()
        for name in self.required - members.keys():
            raise ValueError(f"{self.kind.__name__} lacks {name}")
        found = {}
        for name, item in members.items():
            read = self.readers.get(name)
            if read is None:
                raise ValueError(f"{self.kind.__name__} has no {name}")
            try:
                found[name] = read(item)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return self.kind(**found)


def _name(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint)


if sys.version_info >= (3, 12):  # type aliases: `type Name = ...`
    _without_alias = plain

    def plain(hint: Any) -> Any:
        while isinstance(hint, typing.TypeAliasType):
            hint = hint.__value__
        return _without_alias(hint)
