"""Each status has a class, which is the built-in that fits as well."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from covey import _abi, errors
from covey.errors import (
    ActionError,
    Busy,
    CoveyError,
    Denied,
    Exists,
    Full,
    Gone,
    InvalidArgument,
    NotFound,
    ProtocolError,
    Stopped,
    SystemFailure,
    TimedOut,
    TooLarge,
    WrongThread,
)

VECTORS = Path(__file__).resolve().parents[3] / "Tests" / "vectors" / "errors.json"
STATUSES: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8"))
FAILURES = [vector for vector in STATUSES if vector["number"]]
CLASSES: dict[str, tuple[type[CoveyError], type[Exception]]] = {
    "COVEY_E_INVALID": (InvalidArgument, ValueError),
    "COVEY_E_GONE": (Gone, LookupError),
    "COVEY_E_NOT_FOUND": (NotFound, LookupError),
    "COVEY_E_EXISTS": (Exists, Exception),
    "COVEY_E_TOO_LARGE": (TooLarge, ValueError),
    "COVEY_E_FULL": (Full, Exception),
    "COVEY_E_BUSY": (Busy, Exception),
    "COVEY_E_WRONG_THREAD": (WrongThread, Exception),
    "COVEY_E_DENIED": (Denied, PermissionError),
    "COVEY_E_STOPPED": (Stopped, Exception),
    "COVEY_E_PROTOCOL": (ProtocolError, Exception),
    "COVEY_E_TIMED_OUT": (TimedOut, TimeoutError),
    "COVEY_E_SYSTEM": (SystemFailure, OSError),
}
EVERY_CLASS = [kind for kind, _ in CLASSES.values()]
CODES = {InvalidArgument: 400, Denied: 403, NotFound: 404}


def said(message: bytes) -> _abi.Error:
    return _abi.Error(struct_size=256, status=_abi.E_INVALID, message=message)


def copies(error: Exception) -> list[Any]:
    protocols = range(pickle.HIGHEST_PROTOCOL + 1)
    return [pickle.loads(pickle.dumps(error, protocol)) for protocol in protocols]


def test_ok_raises_nothing() -> None:
    errors.check(_abi.OK)
    errors.check(_abi.OK, said(b"left over"))


@pytest.mark.parametrize("vector", STATUSES, ids=lambda vector: vector["name"])
def test_the_vectors_name_the_numbers_of_the_header(vector: dict[str, Any]) -> None:
    assert getattr(_abi, vector["name"].removeprefix("COVEY_")) == vector["number"]


@pytest.mark.parametrize("vector", FAILURES, ids=lambda vector: vector["name"])
def test_each_status_raises_its_class(vector: dict[str, Any]) -> None:
    kind, builtin = CLASSES[vector["name"]]
    with pytest.raises(CoveyError) as raised:
        errors.check(vector["number"])
    assert type(raised.value) is kind
    assert isinstance(raised.value, builtin)
    assert raised.value.status == vector["number"]
    assert raised.value.message == errors.status_text(vector["number"])


def test_a_status_that_is_not_known_is_the_base_class() -> None:
    with pytest.raises(CoveyError) as raised:
        errors.check(-999)
    assert type(raised.value) is CoveyError
    assert raised.value.status == -999
    assert str(raised.value) == "unknown status"


def test_the_library_says_what_was_wrong() -> None:
    with pytest.raises(InvalidArgument, match=r"^group name is 300 bytes, limit 255$"):
        errors.check(_abi.E_INVALID, said(b"group name is 300 bytes, limit 255"))


def test_a_message_that_was_not_filled_in_is_not_shown() -> None:
    with pytest.raises(Busy) as raised:
        errors.check(_abi.E_BUSY, said(b""))
    assert raised.value.message == errors.status_text(_abi.E_BUSY)


def test_a_message_that_is_not_utf8_still_raises() -> None:
    with pytest.raises(InvalidArgument, match="\ufffd"):
        errors.check(_abi.E_INVALID, said(b"\xff"))


@pytest.mark.parametrize("kind", EVERY_CLASS)
def test_each_class_is_made_without_anything(kind: Any) -> None:
    error = kind()
    assert str(error) == error.message == errors.status_text(kind.status)
    assert error.code == CODES.get(kind, 500)


@pytest.mark.parametrize("kind", EVERY_CLASS)
def test_each_class_is_made_with_a_message(kind: Any) -> None:
    error = kind("not yours")
    assert str(error) == error.message == "not yours"
    assert error.args == ("not yours",)
    assert error.status == kind.status
    assert repr(error) == f"{kind.__name__}('not yours')"


@pytest.mark.parametrize("kind", EVERY_CLASS)
def test_each_class_takes_a_code(kind: Any) -> None:
    assert kind("gone", code=410).code == 410
    assert kind(code=410).message == kind().message
    assert kind("gone").code == CODES.get(kind, 500)


@pytest.mark.parametrize("kind", EVERY_CLASS)
def test_an_empty_message_is_kept(kind: Any) -> None:
    assert str(kind("")) == ""


@pytest.mark.parametrize("kind", EVERY_CLASS)
def test_each_class_can_be_pickled(kind: Any) -> None:
    for copy in copies(kind("gone", code=410)):
        assert type(copy) is kind
        assert (str(copy), copy.args) == ("gone", ("gone",))
        assert (copy.message, copy.status, copy.code) == ("gone", kind.status, 410)


def test_the_base_class_can_be_pickled() -> None:
    for copy in copies(CoveyError(-999, "odd")):
        assert type(copy) is CoveyError
        assert (str(copy), copy.status, copy.code) == ("odd", -999, 500)


class NotAMember(Denied):
    def __init__(self, user: str, room: str) -> None:
        super().__init__(f"{user} is not in {room}", code=404)
        self.room = room


def test_a_subclass_with_its_own_arguments_can_be_pickled() -> None:
    for copy in copies(NotAMember("ada", "attic")):
        assert isinstance(copy, NotAMember)
        assert (str(copy), copy.code, copy.room) == ("ada is not in attic", 404, "attic")


@pytest.mark.parametrize("kind", [Denied, TimedOut, SystemFailure])
def test_what_is_an_oserror_has_no_errno(kind: Any) -> None:
    error = kind("gone", code=13)
    assert (error.errno, error.strerror, error.filename) == (None, None, None)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    tree = (errors.__doc__ or "").split("\n\n")[1].splitlines()
    shown = [line.split()[:2] for line in tree[1:-1]]
    for (name, base), (kind, builtin) in zip(shown, CLASSES.values(), strict=True):
        assert name == kind.__name__
        assert base.startswith("(") == (builtin is not Exception)
        assert not base.startswith("(") or base == f"({builtin.__name__})"


def test_an_action_error_has_a_message_and_a_code() -> None:
    assert ActionError("out of stock").code == 400
    error = ActionError("out of stock", 409)
    assert (str(error), error.message, error.code) == ("out of stock", "out of stock", 409)
    assert not isinstance(error, CoveyError)
    for copy in copies(error):
        assert isinstance(copy, ActionError)
        assert (str(copy), copy.code) == ("out of stock", 409)
