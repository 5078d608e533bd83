"""What the library lends, copied into Python: nothing borrowed gets further than this file."""

import ctypes
from collections.abc import Callable, Iterable
from ctypes import POINTER, c_char_p, c_ssize_t, c_void_p, py_object, sizeof
from typing import Any

from . import _abi
from .errors import InvalidArgument

TextList = POINTER(c_char_p)

# Prototypes of their own: ctypes.pythonapi is shared with everybody else in the process.
_Text = ctypes.PYFUNCTYPE(py_object, c_void_p, c_ssize_t, c_char_p)
_Bytes = ctypes.PYFUNCTYPE(py_object, c_void_p, c_ssize_t)
_text = _Text(("PyUnicode_DecodeUTF8", ctypes.pythonapi))

#: memory(address, size): so many bytes.
memory: Callable[[Any, int], bytes] = _Bytes(("PyBytes_FromStringAndSize", ctypes.pythonapi))


def text(address: Any, size: int) -> str:
    """So many bytes of UTF-8."""
    return _text(address, size, b"replace")  # type: ignore[no-any-return]


def c_text(address: Any) -> str:
    """A text that ends with a NUL."""
    return ctypes.string_at(address).decode(errors="replace")


def new_error() -> _abi.Error:
    """Room for what the library has to say about a failure."""
    return _abi.Error(struct_size=sizeof(_abi.Error))


def c_name(text: str, what: str) -> bytes:
    """A text as the library takes names: it ends at a NUL, so there may be none inside."""
    encoded = text.encode()
    if b"\0" in encoded:
        raise InvalidArgument(f"{what} {text!r} holds a NUL")
    return encoded


def c_number(number: int, bits: int, what: str) -> int:
    """A number that the library has so many bits for: what is too large would be cut off."""
    if not 0 <= number < 1 << bits:
        raise InvalidArgument(f"{what} is {number}, out of range")
    return number


def texts(items: Iterable[str]) -> Any:
    """A list of texts as the library takes it, with a NULL at its end."""
    encoded = [c_name(item, "text") for item in items]
    return (c_char_p * (len(encoded) + 1))(*encoded, None)
