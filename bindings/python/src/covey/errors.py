"""What Covey raises, and what handlers may raise to refuse.

    CoveyError                          .status, .message, .code
        InvalidArgument  (ValueError)        an argument breaks the contract
        Gone             (LookupError)       that consumer, call or timer no longer exists
        NotFound         (LookupError)       nothing has that name
        Exists                               there already, or decided already
        TooLarge         (ValueError)        over a limit
        Full                                 a bounded queue or table is full
        Busy                                 not now: inside a handler, or while driven
        WrongThread                          a function of the loop elsewhere
        Denied           (PermissionError)   not allowed
        Stopped                              the server is stopping or has stopped
        ProtocolError                        a peer or a bus sent nonsense
        TimedOut         (TimeoutError)      the time given has passed
        SystemFailure    (OSError)           bind, listen, thread, file or plugin
    ActionError                         .message, .code

Those with a built-in in brackets are that as well: ``except TimeoutError`` works.

A handler refuses with ``raise Denied``, ``raise Denied("not yours")`` or, to say what the client
is answered with, ``raise Denied("moved", code=410)``. An action fails with ``raise
ActionError("out of stock", code=409)``.
"""

from typing import Any

from . import _abi
from ._library import lib


def status_text(status: int) -> str:
    """The name of a status in words, such as ``no longer exists``."""
    text: bytes = lib.covey_status_text(status)
    return text.decode()


class CoveyError(Exception):
    """The base of all; itself only for a status that this package does not know.

    ``status`` is one of the numbers of the header, ``message`` one line, and ``code`` the number,
    as HTTP has them, that a client is answered with when a handler raises it.
    """

    status: int
    message: str
    code: int = 500

    def __init__(self, status: int, message: str | None = None, *, code: int | None = None) -> None:
        self.status = status
        self.message = status_text(status) if message is None else message
        if code is not None:
            self.code = code
        # One argument: with two, an OSError takes the first for errno.
        super().__init__(self.message)

    def __reduce__(self) -> tuple[Any, ...]:
        # The usual way calls the class with args, which not every subclass can be made from.
        return _restored, (type(self), self.args), self.__dict__


def _restored(kind: type[CoveyError], args: tuple[Any, ...]) -> CoveyError:
    error = kind.__new__(kind, *args)
    error.args = args
    return error


class _Known(CoveyError):
    """One whose class says the status."""

    def __init__(self, message: str | None = None, *, code: int | None = None) -> None:
        super().__init__(self.status, message, code=code)


class InvalidArgument(_Known, ValueError):
    """An argument breaks the contract."""

    status = _abi.E_INVALID
    code = 400


class Gone(_Known, LookupError):
    """That consumer, call or timer no longer exists."""

    status = _abi.E_GONE


class NotFound(_Known, LookupError):
    """Nothing has that name."""

    status = _abi.E_NOT_FOUND
    code = 404


class Exists(_Known):
    """There already, or decided already."""

    status = _abi.E_EXISTS


class TooLarge(_Known, ValueError):
    """Over a limit of the server's options."""

    status = _abi.E_TOO_LARGE


class Full(_Known):
    """A bounded queue or table is full."""

    status = _abi.E_FULL


class Busy(_Known):
    """Not now: inside a handler, or while the server is driven."""

    status = _abi.E_BUSY


class WrongThread(_Known):
    """Only the thread that drives the server may do that."""

    status = _abi.E_WRONG_THREAD


class Denied(_Known, PermissionError):
    """Not allowed."""

    status = _abi.E_DENIED
    code = 403


class Stopped(_Known):
    """The server is stopping or has stopped."""

    status = _abi.E_STOPPED


class ProtocolError(_Known):
    """A peer or a bus sent nonsense."""

    status = _abi.E_PROTOCOL


class TimedOut(_Known, TimeoutError):
    """The time given has passed."""

    status = _abi.E_TIMED_OUT


class SystemFailure(_Known, OSError):
    """The system refused: bind, listen, thread, file or plugin."""

    status = _abi.E_SYSTEM


class ActionError(Exception):
    """Raised by an action: its caller is answered with this message and code."""

    def __init__(self, message: str, code: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


#: The class of each status but OK.
CLASSES: dict[int, type[_Known]] = {kind.status: kind for kind in _Known.__subclasses__()}


def failure(status: int, error: _abi.Error | None = None) -> CoveyError:
    """The exception for a status that is not OK; ``error`` has the message, if it was filled in."""
    message = None
    if error is not None and error.message:
        message = error.message.decode(errors="replace")
    kind = CLASSES.get(status)
    return CoveyError(status, message) if kind is None else kind(message)


def check(status: int, error: _abi.Error | None = None) -> None:
    """Raises what a status stands for, unless that is OK."""
    if status:
        raise failure(status, error)
