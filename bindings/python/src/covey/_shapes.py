"""Type hints, as shapes: what is inside of JSON, told to the library and to generated clients.

covey/describe.h has the grammar. The library checks what clients send against it; what it cannot
say, such as a type that is inside of itself, is "json", and is checked here alone.
"""

import dataclasses
import types
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

from ._hints import is_typed_dict, members_of, plain

Shape = Any  # a JSON value

_SCALARS: dict[Any, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    UUID: "string",
    datetime: "datetime",
    date: "date",
    Decimal: "decimal",
    type(None): "null",
}


def shape_of(hint: Any, inside: frozenset[Any] = frozenset()) -> Shape:
    """The shape of what a hint stands for, null included where it may be."""
    hint = plain(hint)
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return {"|": [shape_of(option, inside) for option in arguments]}
    if origin is Literal:
        return _literals(one.value if isinstance(one, Enum) else one for one in arguments)
    if origin in (list, set, frozenset):
        return [shape_of(arguments[0], inside)]
    if origin is tuple and arguments[-1] is Ellipsis:
        return [shape_of(arguments[0], inside)]
    if origin is dict:
        return {"*": shape_of(arguments[1], inside)}
    if isinstance(hint, type):
        return _shape_of_class(hint, inside)
    return "json"


def _shape_of_class(hint: Any, inside: frozenset[Any]) -> Shape:
    if issubclass(hint, Enum):
        return _literals(member.value for member in hint)
    if not (is_typed_dict(hint) or dataclasses.is_dataclass(hint)):
        return {dict: {"*": "json"}}.get(hint, ["json"] if hint in _LISTS else "json")
    if hint in inside:
        return "json"
    members, required = members_of(hint)
    return {
        name if name in required else f"{name}?": shape_of(member, inside | {hint})
        for name, member in members.items()
    }


def shape_of_field(hint: Any) -> Shape:
    """The shape of a field's values other than null, which the field says of itself."""
    hint = plain(hint)
    if get_origin(hint) in (Union, types.UnionType):
        options = [one for one in get_args(hint) if one is not type(None)]
        shapes = [shape_of(one) for one in options]
        return shapes[0] if len(shapes) == 1 else {"|": shapes}
    return shape_of(hint)


def _literals(values: Iterable[Any]) -> Shape:
    literals = list(values)
    is_plain = all(value is None or isinstance(value, str | int | float) for value in literals)
    return {"=": literals} if is_plain else "json"


_LISTS = (list, set, frozenset, tuple)
