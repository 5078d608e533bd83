"""JSON as the wire wants it: compact, UTF-8, and with the types that fields and parameters have."""

import dataclasses
import json
import math
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID


def _default(value: object) -> object:
    """What stands for a value that JSON has no form of."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} has no form in JSON")
        return format(value, "f")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, set | frozenset):
        return list(value)
    as_json = getattr(value, "__json__", None)
    if as_json is not None and not isinstance(value, type):
        return as_json()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} has no form in JSON")


_ENCODE: Callable[[Any], str] = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_default
).encode


def encode(value: object) -> bytes:
    """A value as JSON.

    Datetimes, dates, decimals, UUIDs, enumerations, sets, dataclasses and models are understood,
    too. TypeError for anything else; ValueError for a NaN, an infinity, or half of a surrogate
    pair, which UTF-8 has no form of.
    """
    return _ENCODE(value).encode()


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text} is too large")
    return value


#: As ``decode``, for what somebody else has sent: without NaN and infinities, which could not be
#: sent on.
decode_strictly: Callable[[str], Any] = json.JSONDecoder(
    parse_constant=_refuse, parse_float=_finite
).decode

decode: Callable[[str | bytes], Any] = json.JSONDecoder().decode  # type: ignore[assignment]
