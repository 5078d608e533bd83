"""Actions: what clients call, and what they are answered."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from http import HTTPStatus
from typing import Any, Literal, TypedDict
from uuid import UUID

import pytest

from context_harness import (
    PATIENCE,
    Board,
    Connect,
    Follower,
    Member,
    Project,
    Start,
    Task,
    is_silent,
    opened,
    raised,
)
from covey import (
    ActionError,
    ContextChannel,
    Denied,
    Exists,
    Full,
    InvalidArgument,
    NotFound,
    Server,
    action,
    event,
)
from covey.testing import Client
from styles import Style
from told import Told

ONE = "ws/<int:project_id>/"
PATH = "ws/1/"

Follow = Callable[..., Follower]


@pytest.fixture
def follow(covey_server: Start, covey_client: Connect, style: Style) -> Follow:
    """Follows a board on channels of a class, whose handlers are in the style."""

    def enter(cls: type[ContextChannel], token: str | None = "ada", **options: Any) -> Follower:
        server = opened(covey_server, {ONE: cls}, style, **options)
        return Follower(covey_client(server, PATH)).enter(token)

    return enter


@pytest.fixture
def follow_plain(covey_server: Start, covey_client: Connect) -> Follow:
    """Follows a board on channels of a class as it is."""

    def enter(cls: type[ContextChannel], **options: Any) -> Follower:
        return Follower(covey_client(opened(covey_server, {ONE: cls}, **options), PATH)).enter()

    return enter


def failure(follower: Follower, name: str, *parameters: Any) -> tuple[int, str]:
    """The code and the message that a call is answered with; then others still work."""
    with pytest.raises(ActionError) as error:
        follower.client.call(name, *parameters)
    follower.client.call("fence")
    return error.value.code, error.value.message


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Place(TypedDict):
    x: int
    since: date


@dataclass
class Size:
    width: int
    height: int = 1


# ------------------------------------------------------------------------ parameters


SOME_UUID = UUID("12345678-1234-5678-1234-567812345678")


@pytest.mark.parametrize(
    ("hint", "given", "value"),
    [
        (bool, True, True),
        (int, -(10**20), -(10**20)),
        (float, 1.5, 1.5),
        (float, 2, 2.0),
        (str, 'Grüße "\N{CAT}"\n\0', 'Grüße "\N{CAT}"\n\0'),
        (datetime, "2026-11-21T09:30:00", datetime(2026, 11, 21, 9, 30)),
        (
            datetime,
            "2026-11-21T09:30:00.25Z",
            datetime(2026, 11, 21, 9, 30, 0, 250000, timezone.utc),
        ),
        (
            datetime,
            "2026-11-21T09:30:00.123456789+05:30",
            datetime(2026, 11, 21, 9, 30, 0, 123456, timezone(timedelta(hours=5, minutes=30))),
        ),
        (date, "2026-11-21", date(2026, 11, 21)),
        (Decimal, "-12.50", Decimal("-12.50")),
        (UUID, str(SOME_UUID), SOME_UUID),
        (Literal["a", 2], 2, 2),
        (Literal["a", None], None, None),
        (Colour, "red", Colour.RED),
        (int | None, None, None),
        (int | None, 5, 5),
        (int | str, "x", "x"),
        (list[date], ["2026-11-21"], [date(2026, 11, 21)]),
        (dict[str, Decimal], {"a": "1.5"}, {"a": Decimal("1.5")}),
        (dict[int, str], {"3": "x"}, {3: "x"}),
        (tuple[int, str], [1, "x"], (1, "x")),
        (set[int], [1, 1], {1}),
        (Place, {"x": 1, "since": "2026-11-21"}, {"x": 1, "since": date(2026, 11, 21)}),
        (Size, {"width": 3}, Size(3, 1)),
        (list[Size], [{"width": 3, "height": 4}], [Size(3, 4)]),
        (Member, 3, Member.ref(3)),
        (list[Member], [3, 1], [Member.ref(3), Member.ref(1)]),
        (Any, {"a": [None]}, {"a": [None]}),
    ],
)
def test_a_parameter_has_the_type_of_its_hint(
    follow_plain: Follow, told: Told, hint: Any, given: Any, value: Any
) -> None:
    def take(self: Any, value: Any) -> None:
        told.say(value)

    take.__annotations__["value"] = hint
    One = type("One", (Board,), {"take": action(take)})
    follow_plain(One).client.call("take", given)
    found = told.next()
    assert (found, type(found)) == (value, type(value))
    if isinstance(found, datetime):
        assert found.utcoffset() == value.utcoffset()


@pytest.mark.parametrize(
    ("hint", "given", "message"),
    [
        (bool, 1, 'field "what" is 1, not a boolean'),
        (int, "1", 'field "what" is "1", not an integer'),
        (int, True, 'field "what" is true, not an integer'),
        (int, 1.5, 'field "what" is 1.5, not an integer'),
        (float, "1", 'field "what" is "1", not a number'),
        (str, 1, 'field "what" is 1, not a string'),
        (str, None, 'field "what" is null, not a string'),
        (datetime, "soon", 'field "what" is "soon", not a datetime'),
        (date, "2026-02-30", 'field "what" is "2026-02-30", not a date'),
        (Decimal, "1e5", 'field "what" is "1e5", not a decimal in a string'),
        (Decimal, 1.5, 'field "what" is 1.5, not a decimal in a string'),
        (Literal["a", "b"], "c", 'field "what" is "c", not one of "a", "b"'),
        (Colour, "green", 'field "what" is "green", not one of "red", "blue"'),
        (Member, "3", 'field "what": id "3" is not an integer'),
        (UUID, "x", "what: 'x' is no UUID"),
        (int | str, 1.5, 'field "what" is 1.5, not an integer or a string'),
        (list[int], {"a": 1}, 'field "what" is {"a":1}, not a list'),
        (list[int], [1, "x"], 'field "what"[1] is "x", not an integer'),
        (list[int], [True], 'field "what"[0] is true, not an integer'),
        (dict[str, int], {"a": None}, 'field "what".a is null, not an integer'),
        (tuple[int, int], [1], "what: 1 items, expected 2"),
        (set[Any], [[1]], "what: "),
        (Place, {"x": 1}, 'field "what" lacks "since"'),
        (
            Place,
            {"x": 1, "since": "2026-11-21", "z": 0},
            'field "what" has "z", which is not in its shape',
        ),
        (Size, {"width": "3"}, 'field "what".width is "3", not an integer'),
        (list[Member], [1, None], "what: None is no int"),
        (datetime, "2026-11-21T23:59:60Z", "what: second must be in 0..59"),
    ],
)
def test_a_wrong_value_is_400_and_names_the_parameter(
    follow_plain: Follow, caplog: pytest.LogCaptureFixture, hint: Any, given: Any, message: str
) -> None:
    def take(self: Any, what: Any) -> None:
        raise AssertionError("called")

    take.__annotations__["what"] = hint
    One = type("One", (Board,), {"take": action(take)})
    code, said = failure(follow_plain(One), "take", given)
    assert code == 400
    assert said.startswith(message) or ('"what": id' in message and '"what"' in said)
    assert raised(caplog) == []


class Numbers(Board):
    @action
    def numbers(self, a: int, b: int = 4, c: int | None = None, d: Any = "d") -> list[Any]:
        return [a, b, c, d]

    @action
    def untyped(self, what, more=3):  # type: ignore[no-untyped-def]
        return [what, more]


def test_what_has_a_default_may_be_left_out(follow: Follow) -> None:
    client = follow(Numbers).client
    assert client.call("numbers", 1) == [1, 4, None, "d"]
    assert client.call("numbers", 1, 2) == [1, 2, None, "d"]
    assert client.call("numbers", 1, 2, 3, [4]) == [1, 2, 3, [4]]
    assert client.call("untyped", {"a": 1}) == [{"a": 1}, 3]


def test_null_stands_for_a_default(follow: Follow) -> None:
    assert follow(Numbers).client.call("numbers", 1, None, None, None) == [1, 4, None, "d"]


def test_too_few_and_too_many_parameters_are_400(follow: Follow) -> None:
    follower = follow(Numbers)
    assert failure(follower, "numbers") == (400, 'parameter "a" is missing')
    assert failure(follower, "numbers", 1, 2, 3, 4, 5)[0] == 400
    assert failure(follower, "numbers", None)[0] == 400


def test_clients_of_coveys_own_may_give_parameters_by_name(
    covey_server: Start, covey_client: Connect, style: Style
) -> None:
    client: Client = covey_client(opened(covey_server, {ONE: Numbers}, style), PATH)
    client.send_json({"token": "ada", "covey": 1})

    def call(parameters: Any) -> Any:
        client.send_json({"callId": 1, "action": "numbers", "params": parameters})
        answer = client.receive_until(lambda message: "callId" in message, PATIENCE)[-1]
        return answer.get("result") or answer["error"]

    assert call({"a": 1, "d": "x"}) == [1, 4, None, "x"]
    assert call({"c": 3, "b": 2, "a": 1}) == [1, 2, 3, "d"]
    assert call({"b": 2}) == {"code": 400, "message": 'parameter "a" is missing'}
    assert call({"a": "1"})["message"] == 'field "a" is "1", not an integer'
    assert call({"a": 1, "e": 5})["code"] == 400
    assert call([1, 2]) == [1, 2, None, "d"]


def test_a_number_of_too_many_digits_is_400(follow: Follow) -> None:
    follower = follow(Numbers)
    digits = "9" * 5000
    follower.client.send(f'{{"callId":1,"action":"numbers","params":[{digits}]}}')
    answer = follower.client.receive_until(lambda message: "callId" in message, PATIENCE)[-1]
    assert answer["error"]["code"] == 400


# ----------------------------------------------------------------------- registering


def test_an_action_may_have_another_name(follow: Follow) -> None:
    class One(Board):
        @action(name="board.rename")
        def rename(self) -> str:
            return "renamed"

    follower = follow(One)
    assert follower.client.call("board.rename") == "renamed"
    assert failure(follower, "rename") == (404, 'no action "rename"')


def test_what_is_no_action_cannot_be_called(follow: Follow) -> None:
    class One(Board):
        def hidden(self) -> None:
            raise AssertionError("called")

    follower = follow(One)
    for name in ("hidden", "close", "authenticate", "_list", "", "fence "):
        assert failure(follower, name)[0] in (400, 404)


def test_actions_are_inherited_and_replaced(follow: Follow) -> None:
    class Above(Board):
        @action
        def kept(self) -> str:
            return "kept"

        @action
        def replaced(self) -> str:
            return "above"

        @action
        def taken_back(self) -> str:
            return "above"

    class Below(Above):
        @action
        def replaced(self) -> str:
            return "below " + super().replaced()

        def taken_back(self) -> str:
            return "below"

    follower = follow(Below)
    assert follower.client.call("kept") == "kept"
    assert failure(follower, "taken_back")[0] == 404


def test_an_action_may_call_that_of_the_class_above(follow_plain: Follow) -> None:
    class Above(Board):
        @action
        def replaced(self) -> str:
            return "above"

    class Below(Above):
        @action
        def replaced(self) -> str:
            return "below " + super().replaced()

    assert follow_plain(Below).client.call("replaced") == "below above"


def registered(function: Callable[..., Any], **settings: Any) -> None:
    """Registers an action of a channel."""
    One = type("One", (Board,), {function.__name__: action(**settings)(function)})
    with Server() as server:
        server.channel(ONE, One)


def test_a_parameter_that_no_client_can_give_is_named() -> None:
    def several(self: Any, *numbers: int) -> None: ...
    def named(self: Any, *, number: int) -> None: ...
    def anything(self: Any, **numbers: int) -> None: ...

    for function, name in ((several, r"\*numbers"), (named, "number"), (anything, r"\*\*numbers")):
        with pytest.raises(TypeError, match=rf"action {function.__name__}: {name}.* cannot be"):
            registered(function)


def test_a_hint_that_cannot_be_is_named() -> None:
    def upload(self: Any, name: str, content: bytes) -> None: ...

    with pytest.raises(TypeError, match="action upload: content: no field can hold bytes"):
        registered(upload)


def test_a_hint_of_a_result_may_be_anything() -> None:
    def iterate(self: Any) -> "list[bytes]": ...  # type: ignore[empty-body]

    registered(iterate)


@pytest.mark.parametrize("name", ["_hidden", "a" * 256])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    def act(self: Any) -> None: ...

    with pytest.raises(InvalidArgument):
        registered(act, name=name)


def test_two_actions_cannot_have_one_name() -> None:
    class One(Board):
        @action(name="fence")
        def other(self) -> None: ...

    with Server() as server, pytest.raises(Exists):
        server.channel(ONE, One)


# ---------------------------------------------------------------------- who may call


class Granted(Board):
    @action(grant="write")
    def write(self) -> str:
        return "written"

    @action
    def allow(self, grant: str) -> None:
        self.grant_add(grant)

    @action
    def forbid(self, grant: str) -> None:
        self.grant_discard(grant)


def test_an_action_may_take_a_grant(follow: Follow) -> None:
    follower = follow(Granted)
    assert failure(follower, "write") == (403, "not granted")
    follower.client.call("allow", "read")
    assert failure(follower, "write") == (403, "not granted")
    follower.client.call("allow", "write")
    follower.client.call("allow", "write")
    assert follower.client.call("write") == "written"
    follower.client.call("forbid", "write")
    follower.client.call("forbid", "write")
    assert failure(follower, "write") == (403, "not granted")


def test_a_grant_may_be_given_when_it_is_let_in(follow: Follow) -> None:
    class One(Granted):
        def has_permission(self, user: Any, project_id: int) -> bool:
            self.grant_add("write")
            return True

    assert follow(One).client.call("write") == "written"


def test_a_grant_is_of_one_client(covey_server: Start, covey_client: Connect, style: Style) -> None:
    server = opened(covey_server, {ONE: Granted}, style)
    first, second = (Follower(covey_client(server, PATH)).enter() for _ in range(2))
    first.client.call("allow", "write")
    assert failure(second, "write")[0] == 403


def test_without_a_user_only_anonymous_actions_can_be_called(follow: Follow) -> None:
    class One(Board):
        public = True

        @action
        def change(self) -> None:
            raise AssertionError("called")

        @action(anonymous=True)
        def search(self, term: str) -> str:
            return f"{term} {self.user}"

    follower = follow(One, token=None)
    assert failure(follower, "change") == (403, "not authenticated")
    assert follower.client.call("search", "tea") == "tea None"


# --------------------------------------------------------------------------- results


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (None, None),
        (True, True),
        (10**30, 10**30),
        (1.5, 1.5),
        ('"\N{CAT}"\n\0', '"\N{CAT}"\n\0'),
        ([1, (2, 3), {"a": None}], [1, [2, 3], {"a": None}]),
        ({1: "a"}, {"1": "a"}),
        ({3}, [3]),
        (datetime(2026, 11, 21, 9, 30, tzinfo=timezone.utc), "2026-11-21T09:30:00+00:00"),
        (date(2026, 11, 21), "2026-11-21"),
        (Decimal("1.50"), "1.50"),
        (SOME_UUID, str(SOME_UUID)),
        (Colour.RED, "red"),
        (Size(3), {"width": 3, "height": 1}),
        (Place(x=1, since=date(2026, 1, 1)), {"x": 1, "since": "2026-01-01"}),
        (Member(id=3, name="Carol"), {"id": 3, "name": "Carol"}),
        ([Member.ref(3)], [{"id": 3}]),
    ],
)
def test_a_result_may_have_any_type(follow: Follow, result: Any, expected: Any) -> None:
    class One(Board):
        @action
        def give(self) -> Any:
            return result

    assert follow(One).client.call("give") == expected


def test_a_row_of_the_store_may_be_a_result(follow: Follow) -> None:
    class One(Board):
        @action
        def task(self, id_: int) -> Task | None:
            return self.server.store.get(Task, id_)

    follower = follow(One)
    assert follower.client.call("task", 1) == {
        "id": 1,
        "title": "Draw",
        "done": False,
        "due": None,
        "assignee": 1,
        "rank": 7,
        "project": 1,
    }
    assert follower.client.call("task", 77) is None


@pytest.mark.parametrize(
    "result", [b"x", object(), [float("nan")], {"a": 1j}, "\ud800", Decimal("NaN")]
)
def test_a_result_that_json_has_no_form_of_is_500_and_logged(
    follow: Follow, caplog: pytest.LogCaptureFixture, result: Any
) -> None:
    class One(Board):
        @action
        def give(self) -> Any:
            return result

    assert failure(follow(One), "give") == (500, "internal error")
    assert len(raised(caplog)) == 1


def test_a_result_that_is_too_large_is_500_and_logged(
    follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    class One(Board):
        @action
        def give(self) -> Any:
            return "x" * 10_000_000

    assert failure(follow(One), "give")[0] == 500
    assert len(raised(caplog)) == 1


# ---------------------------------------------------------------------------- errors


class OutOfStock(Exception):
    code = 409


class Strange(Exception):
    def __init__(self, code: Any) -> None:
        super().__init__("strange")
        self.code = code


def failing(error: BaseException) -> type[ContextChannel]:
    class One(Board):
        @action
        def fail(self) -> None:
            raise error

    return One


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (ActionError("out of tea"), (400, "out of tea")),
        (ActionError("out of tea", 409), (409, "out of tea")),
        (ActionError("out of tea", code=-5), (-5, "out of tea")),
        (ActionError("Größe \N{CAT}", HTTPStatus.CONFLICT), (409, "Größe \N{CAT}")),
        (ActionError(""), (400, "")),
        (ActionError("half \ud800 \0"), (400, "half ? ?")),
        (ActionError("\N{CAT}" * 2000), (400, "\N{CAT}" * 1024)),
        (Denied(), (403, "not allowed")),
        (Denied("not yours"), (403, "not yours")),
        (Denied("gone", code=410), (410, "gone")),
        (NotFound("no such task"), (404, "no such task")),
    ],
)
def test_what_an_action_refuses_with_is_told(
    follow: Follow, caplog: pytest.LogCaptureFixture, error: Exception, answer: tuple[int, str]
) -> None:
    assert failure(follow(failing(error)), "fail") == answer
    assert raised(caplog) == []


def test_an_exception_with_a_code_is_told_and_logged(
    follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    assert failure(follow(failing(OutOfStock("no tea"))), "fail") == (409, "no tea")
    assert raised(caplog) == ["OutOfStock('no tea')"]


@pytest.mark.parametrize("code", ["409", None, 4.5, True, 2**31])
def test_a_code_that_is_none_does_not_count(follow: Follow, code: Any) -> None:
    assert failure(follow(failing(Strange(code))), "fail") == (500, "internal error")


@pytest.mark.parametrize("error", [RuntimeError("the password is tea"), KeyError("x"), Full()])
def test_anything_else_is_500_and_logged(
    follow: Follow, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    code, message = failure(follow(failing(error)), "fail")
    assert (code, "password" in message) == (500, False)
    assert raised(caplog) == [repr(error)]
    (record,) = caplog.records
    assert "One" in record.getMessage()
    assert record.exc_info is not None and record.exc_info[2] is not None


def test_in_debug_the_caller_is_told_what_was_raised(follow: Follow) -> None:
    follower = follow(failing(RuntimeError("the password is tea")), debug=True)
    assert failure(follower, "fail") == (500, "RuntimeError: the password is tea")


def test_nothing_is_closed_by_errors(follow: Follow) -> None:
    follower = follow(failing(RuntimeError("no database")))
    for _ in range(5):
        assert failure(follower, "fail") == (500, "internal error")
    follower.settle()


# ------------------------------------------------------------- order, and slow actions


class Gates(Board):
    """Actions that wait until another one lets them go on."""

    groups = ("board",)
    gates: dict[str, "asyncio.Event"]

    def connect(self) -> None:
        self.gates = {}

    def on_disconnect(self) -> None:
        for gate in self.gates.values():
            gate.set()  # a server that stops waits for who waits

    @action
    async def wait(self, name: str) -> str:
        self.send_json({"type": "waiting", "name": name})
        gate = self.gates.setdefault(name, asyncio.Event())
        await gate.wait()
        return name

    @action
    async def release(self, name: str) -> None:
        self.gates.setdefault(name, asyncio.Event()).set()

    @event("said")
    def hear(self, event: dict[str, Any]) -> None:
        self.send_json(event)


def calling(follower: Follower, id: int, name: str, *parameters: Any) -> None:
    """Calls an action, and does not wait."""
    follower.client.send_json({"callId": id, "action": name, "params": parameters})


def answers(follower: Follower) -> list[Any]:
    return [message for message in follower.messages if "callId" in message]


def test_slow_actions_do_not_wait_for_each_other(follow_plain: Follow) -> None:
    follower = follow_plain(Gates)
    for id, name in enumerate("abc", 1):
        calling(follower, id, "wait", name)
    for id, name in enumerate("cab", 4):
        calling(follower, id, "release", name)
    follower.until(lambda: len(answers(follower)) == 6)
    results = [answer["result"] for answer in answers(follower) if answer["result"]]
    assert results == ["c", "a", "b"]
    by_id = {answer["callId"]: answer["result"] for answer in answers(follower)}
    assert by_id == {1: "a", 2: "b", 3: "c", 4: None, 5: None, 6: None}


def test_a_slow_action_keeps_nothing_else_waiting(follow_plain: Follow) -> None:
    follower = follow_plain(Gates)
    calling(follower, 1, "wait", "a")
    follower.until(lambda: {"type": "waiting", "name": "a"} in follower.messages)
    assert follower.client.call("fence") is None
    calling(follower, 2, "release", "a")
    follower.until(lambda: len(answers(follower)) == 2)


def test_changes_and_events_pass_a_slow_action(covey_server: Start, covey_client: Connect) -> None:
    server = opened(covey_server, {ONE: Gates})
    follower = Follower(covey_client(server, PATH)).enter()
    calling(follower, 1, "wait", "a")
    follower.until(lambda: {"type": "waiting", "name": "a"} in follower.messages)
    server.store.merge(Project, 1, name="Homepage")
    server.group_send("board", {"type": "said"})
    follower.until(lambda: follower.row(Project, 1)["name"] == "Homepage")
    follower.until(lambda: {"type": "said"} in follower.messages)
    assert answers(follower) == []


@pytest.mark.parametrize("outcome", ["return", "raise", "refuse"])
def test_an_action_that_outlives_its_client_is_silent(
    covey_server: Start,
    covey_client: Connect,
    told: Told,
    caplog: pytest.LogCaptureFixture,
    outcome: str,
) -> None:
    class One(Board):
        @action
        async def outlive(self) -> str:
            told.say("begun")
            while self.ending is None:
                await asyncio.sleep(0)
            told.say("left")
            if outcome == "raise":
                self.set_runtime_var("viewers", 1)  # Gone
            if outcome == "refuse":
                raise ActionError("too late")
            return "too late"

    server = opened(covey_server, {ONE: One})
    follower = Follower(covey_client(server, PATH)).enter()
    calling(follower, 1, "outlive")
    assert told.next() == "begun"
    follower.client.disconnect()
    assert told.next() == "left"
    Follower(covey_client(server, PATH)).enter().settle()
    assert raised(caplog) == []


def test_an_action_that_takes_too_long_is_504(
    follow_plain: Follow, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    class One(Gates):
        @action
        async def take_time(self) -> str:
            try:
                return await self.wait("a")
            finally:
                told.say("done")

    follower = follow_plain(One, call_timeout_ms=50)
    assert failure(follower, "take_time")[0] == 504
    follower.client.call("release", "a")
    assert told.next() == "done"
    follower.settle()
    assert answers(follower) == []
    assert raised(caplog) == []


def test_more_calls_than_may_wait_are_429(follow_plain: Follow) -> None:
    follower = follow_plain(Gates, calls_per_consumer_max=2)
    calling(follower, 1, "wait", "a")
    calling(follower, 2, "wait", "b")
    calling(follower, 3, "wait", "c")
    follower.until(lambda: answers(follower))
    (answer,) = answers(follower)
    assert (answer["callId"], answer["error"]["code"]) == (3, 429)


def test_direct_effects_precede_the_answer_and_changes_follow_it(follow: Follow) -> None:
    class One(Board):
        @action
        def act(self) -> str:
            self.server.store.merge(Project, 1, name="Homepage")
            self.set_runtime_var("viewers", 3)
            self.send_json({"type": "sent"})
            return "done"

    follower = follow(One)
    before = len(follower.messages)
    calling(follower, 7, "act")
    follower.until(lambda: follower.row(Project, 1)["name"] == "Homepage")
    variable, sent, answer, rows = follower.messages[before:]
    assert (variable["type"], variable["value"]) == ("runtimeVar", 3)
    assert sent == {"type": "sent"}
    assert answer == {"type": "actionResponse", "callId": 7, "result": "done"}
    assert rows[0]["name"] == "Homepage"


def test_all_changes_of_an_action_come_in_one_frame(follow: Follow) -> None:
    class One(Board):
        @action
        def act(self) -> None:
            for id in (1, 2):
                self.server.store.merge(Task, id, done=True)
            self.server.store.put(Task(id=9, title="New", project=1))

    follower = follow(One)
    calling(follower, 7, "act")
    follower.until(lambda: follower.sees(Task, 9))
    changed = {row["id"] for row in follower.messages[-1] if row["_instance_type"] == "board.Task"}
    assert changed == {1, 2, 9}


def test_async_actions_of_one_client_begin_in_their_order(follow: Follow, told: Told) -> None:
    class One(Board):
        @action
        def note(self, number: int) -> None:
            told.say(number)

    follower = follow(One)
    for number in range(20):
        calling(follower, number, "note", number)
    assert [told.next() for _ in range(20)] == list(range(20))
    assert is_silent(told)


def test_an_action_may_be_called_by_its_own_channel(follow: Follow) -> None:
    class One(Board):
        def double(self, number: int) -> int:
            return 2 * number

        @action
        def quadruple(self, number: int) -> int:
            return self.double(self.double(number))

    assert follow(One).client.call("quadruple", 3) == 12


def test_an_action_knows_who_calls(follow: Follow) -> None:
    class One(Board):
        @action
        def who(self) -> list[Any]:
            return [self.user, self.params, self.path]

    assert follow(One, token="bob").client.call("who") == [2, {"project_id": 1}, "/ws/1/"]
