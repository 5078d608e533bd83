"""Writes: what clients ask to save, create and delete."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any, Literal

import pytest

from context_harness import (
    PATIENCE,
    Board,
    Connect,
    Follower,
    Member,
    Note,
    Project,
    Start,
    Task,
    opened,
    raised,
)
from covey import ActionError, ContextChannel, Denied, Model, NotFound, Server, field
from covey.testing import Client
from styles import Style
from told import Told

ONE = "ws/<int:project_id>/"
PATH = "ws/1/"

Follow = Callable[..., Follower]


class Open(Board):
    """Everybody may write everything."""

    def can_save(self, instance: Any, data: dict[str, Any]) -> Any:
        return True

    def can_create(self, model: Any, parent: Any, data: dict[str, Any]) -> Any:
        return True

    def can_delete(self, instance: Any) -> Any:
        return True


@pytest.fixture
def follow(covey_server: Start, covey_client: Connect, style: Style) -> Follow:
    """Follows a board on channels of a class, whose handlers are in the style."""

    def enter(cls: type[ContextChannel], **options: Any) -> Follower:
        server = opened(covey_server, {ONE: cls}, style, **options)
        return Follower(covey_client(server, PATH)).enter()

    return enter


Write = Callable[[Client], Any]

#: One write of each kind.
WRITES: dict[str, Write] = {
    "can_save": lambda client: client.save(Task, 1, done=True),
    "can_create": lambda client: client.create(Task, (Project, 1), "tasks", title="Test"),
    "can_delete": lambda client: client.delete(Task, 1),
}


def failure(follower: Follower, write: Write) -> tuple[int, str]:
    """The code and the message that a write is answered with; nothing has changed, and others
    still work."""
    before = dict(follower.rows)
    with pytest.raises(ActionError) as error:
        write(follower.client)
    follower.settle()
    assert follower.rows == before
    return error.value.code, error.value.message


each_write = pytest.mark.parametrize("handler", WRITES)


# ------------------------------------------------------------------------ who may write


def test_what_is_allowed_is_saved(follow: Follow) -> None:
    follower = follow(Open)
    follower.client.save(Task, 1, title="Sketch", done=True)
    follower.until(lambda: follower.row(Task, 1)["done"])
    assert follower.row(Task, 1)["title"] == "Sketch"
    assert follower.row(Task, 1)["project"] == 1


def test_what_is_allowed_is_created(follow: Follow) -> None:
    follower = follow(Open)
    id = follower.client.create(Task, (Project, 1), "tasks", title="Test", done=True, assignee=2)
    follower.until(lambda: follower.sees(Task, id))
    assert id == 3
    assert follower.row(Project, 1)["tasks"] == [1, 2, 3]
    assert follower.row(Task, 3)["assignee"] == 2


def test_what_is_allowed_is_deleted(follow: Follow) -> None:
    follower = follow(Open)
    follower.client.delete(Task, 1)
    follower.until(lambda: not follower.sees(Task, 1))
    assert follower.row(Project, 1)["tasks"] == [2]


def test_others_see_what_was_written(
    covey_server: Start, covey_client: Connect, style: Style
) -> None:
    server = opened(covey_server, {ONE: Open}, style)
    writer, reader = (Follower(covey_client(server, PATH)).enter() for _ in range(2))
    writer.client.save(Task, 1, done=True)
    reader.until(lambda: reader.row(Task, 1)["done"])


@each_write
def test_without_its_handler_nothing_is_written(follow: Follow, handler: str) -> None:
    assert failure(follow(Board), WRITES[handler]) == (403, "not allowed")


@each_write
@pytest.mark.parametrize("answer", [False, None, 1, "yes", [], object()])
def test_what_is_not_true_is_refused(follow: Follow, handler: str, answer: Any) -> None:
    One = type("One", (Open,), {handler: lambda self, *arguments: answer})
    assert failure(follow(One), WRITES[handler]) == (403, "not allowed")


@each_write
@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (Denied(), (403, "not allowed")),
        (Denied("not yours"), (403, "not yours")),
        (Denied("locked", code=423), (423, "locked")),
        (NotFound("no such list"), (404, "no such list")),
        (ActionError("too many tasks", 409), (409, "too many tasks")),
    ],
)
def test_what_a_handler_refuses_with_is_told(
    follow: Follow,
    caplog: pytest.LogCaptureFixture,
    handler: str,
    error: Exception,
    answer: tuple[int, str],
) -> None:
    def refuse(self: Any, *arguments: Any) -> Any:
        raise error

    One = type("One", (Open,), {handler: refuse})
    assert failure(follow(One), WRITES[handler]) == answer
    assert raised(caplog) == []


@each_write
@pytest.mark.parametrize(
    ("options", "message"), [({}, "internal error"), ({"debug": True}, "RuntimeError: no database")]
)
def test_anything_else_is_500_and_logged(
    follow: Follow,
    caplog: pytest.LogCaptureFixture,
    handler: str,
    options: dict[str, Any],
    message: str,
) -> None:
    def fail(self: Any, *arguments: Any) -> Any:
        raise RuntimeError("no database")

    One = type("One", (Open,), {handler: fail})
    assert failure(follow(One, **options), WRITES[handler]) == (500, message)
    assert raised(caplog) == ["RuntimeError('no database')"]


# --------------------------------------------------------------- what handlers are given


def test_can_save_is_given_the_instance_as_it_was(follow: Follow, told: Told) -> None:
    class One(Open):
        def can_save(self, instance: Any, data: dict[str, Any]) -> bool:
            told.say((self.user, instance, data))
            return True

    follower = follow(One)
    follower.client.save(Task, 1, done=True, assignee=2)
    user, instance, data = told.next()
    assert user == 1
    assert instance == Task(id=1, title="Draw", project=1, assignee=Member.ref(1))
    assert data == {"done": True, "assignee": Member.ref(2)}
    follower.client.save(Task, 1, assignee=None)
    assert told.next()[2] == {"assignee": None}


def test_can_create_is_given_the_parent(follow: Follow, told: Told) -> None:
    class One(Open):
        def can_create(self, model: Any, parent: Any, data: dict[str, Any]) -> bool:
            told.say((model, parent, data))
            return True

    follow(One).client.create(Task, (Project, 1), "tasks", title="Test")
    model, parent, data = told.next()
    assert model is Task
    assert (type(parent), parent.name, parent.tasks) == (
        Project,
        "Website",
        [Task.ref(1), Task.ref(2)],
    )
    assert data == {"title": "Test"}


def test_can_delete_is_given_the_instance(follow: Follow, told: Told) -> None:
    class One(Open):
        def can_delete(self, instance: Any) -> bool:
            told.say(instance)
            return True

    follow(One).client.delete(Task, 2)
    moment = datetime(2026, 11, 21, 9, 30)
    assert told.next() == Task(id=2, title="Write", project=1, due=moment)


def test_a_datetime_comes_as_a_datetime(follow: Follow, told: Told) -> None:
    class One(Open):
        def can_save(self, instance: Any, data: dict[str, Any]) -> bool:
            told.say(data)
            return True

    follower = follow(One)
    follower.client.save(Task, 1, due="2026-11-21T09:30:00.250Z")
    moment = datetime(2026, 11, 21, 9, 30, 0, 250000, timezone.utc)
    assert told.next() == {"due": moment}
    follower.until(lambda: follower.row(Task, 1)["due"])
    assert follower.row(Task, 1)["due"] == "2026-11-21T09:30:00.250Z"  # as it was sent


def test_changing_what_was_given_changes_nothing(follow: Follow) -> None:
    class One(Open):
        def can_save(self, instance: Any, data: dict[str, Any]) -> bool:
            instance.title = "Sketch"
            data["title"] = "Sketch"
            return True

    follower = follow(One)
    follower.client.save(Task, 1, done=True)
    follower.until(lambda: follower.row(Task, 1)["done"])
    assert follower.row(Task, 1)["title"] == "Draw"


# ------------------------------------------------------------- a mapping in place of True


def test_a_mapping_is_saved_in_place_of_what_was_sent(follow: Follow) -> None:
    class One(Open):
        def can_save(self, instance: Any, data: dict[str, Any]) -> Mapping[str, Any]:
            return {
                "title": data["title"].strip(),
                "rank": instance.rank + 1,  # which no client may write
                "due": datetime(2026, 1, 1),
                "assignee": Member.ref(2),
            }

    follower = follow(One)
    follower.client.save(Task, 1, title="  Sketch ", done=True)
    follower.until(lambda: follower.row(Task, 1)["title"] == "Sketch")
    row = follower.row(Task, 1)
    assert (row["rank"], row["due"], row["assignee"]) == (8, "2026-01-01T00:00:00", 2)
    assert row["done"] is False


def test_an_empty_mapping_saves_nothing(follow: Follow) -> None:
    class One(Open):
        def can_save(self, instance: Any, data: dict[str, Any]) -> Mapping[str, Any]:
            return {}

    follower = follow(One)
    before = dict(follower.row(Task, 1))
    follower.client.save(Task, 1, done=True)
    follower.settle()
    assert follower.row(Task, 1) == before


def test_a_mapping_is_created_in_place_of_what_was_sent(follow: Follow) -> None:
    class One(Open):
        def can_create(self, model: Any, parent: Any, data: dict[str, Any]) -> Mapping[str, Any]:
            return {"title": data["title"], "assignee": Member.ref(self.user), "rank": 3}

    follower = follow(One)
    id = follower.client.create(Task, (Project, 1), "tasks", title="Test", done=True)
    follower.until(lambda: follower.sees(Task, id))
    row = follower.row(Task, id)
    assert (row["project"], row["assignee"], row["rank"]) == (1, 1, 3)
    assert row["done"] is False


def test_a_mapping_may_say_the_id(follow: Follow) -> None:
    class One(Open):
        def can_create(self, model: Any, parent: Any, data: dict[str, Any]) -> Mapping[str, Any]:
            return {**data, "id": 42}

    follower = follow(One)
    create = WRITES["can_create"]
    assert create(follower.client) == 42
    follower.until(lambda: follower.sees(Task, 42))
    assert failure(follower, create)[0] == 409


def test_defaults_fill_in_what_is_not_sent(follow: Follow) -> None:
    follower = follow(Open)
    id = follower.client.create(Task, (Project, 1), "tasks", title="Test")
    follower.until(lambda: follower.sees(Task, id))
    assert follower.row(Task, id) == {
        "id": 3,
        "title": "Test",
        "done": False,
        "due": None,
        "assignee": None,
        "rank": 7,
        "project": 1,
    }


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"title": 5}, 'field "title" is 5, not a string'),
        ({"colour": "red"}, 'has no field "colour"'),
        ({"due": "soon"}, 'field "due" is "soon", not a datetime'),
    ],
)
@pytest.mark.parametrize("handler", ["can_save", "can_create"])
def test_a_mapping_that_does_not_fit_is_refused(
    follow: Follow, handler: str, row: dict[str, Any], message: str
) -> None:
    One = type("One", (Open,), {handler: lambda self, *arguments: {**arguments[-1], **row}})
    code, said = failure(follow(One), WRITES[handler])
    assert (code, message in said) == (400, True)


@pytest.mark.parametrize("value", [object(), float("nan"), b"x"])
def test_a_mapping_that_json_has_no_form_of_is_500_and_logged(
    follow: Follow, caplog: pytest.LogCaptureFixture, value: Any
) -> None:
    class One(Open):
        def can_save(self, instance: Any, data: dict[str, Any]) -> Mapping[str, Any]:
            return {"title": value}

    assert failure(follow(One), WRITES["can_save"])[0] == 500
    assert len(raised(caplog)) == 1


# ---------------------------------------------------------------- what clients may ask for


@pytest.mark.parametrize(
    "write",
    [
        lambda client: client.save(Task, 1, title=5),
        lambda client: client.save(Task, 1, due="soon"),
        lambda client: client.save(Task, 1, due="2026-11-21T23:59:60Z"),
        lambda client: client.save(Task, 1, assignee="x"),
        lambda client: client.create(Task, (Project, 1), "tasks"),
        lambda client: client.create(Task, (Project, 1), "tasks", title=None),
        lambda client: client.create(Task, (Project, 1), "tasks", title="x", project=77),
        lambda client: client.create(Task, (Project, 1), "members", title="Test"),
        lambda client: client.create(Task, (Task, 1), "tasks", title="Test"),
    ],
)
def test_what_does_not_fit_the_model_is_400_and_not_asked(
    follow: Follow, caplog: pytest.LogCaptureFixture, write: Write
) -> None:
    def fail(self: Any, *arguments: Any) -> Any:
        raise AssertionError("asked")

    One = type("One", (Board,), dict.fromkeys(WRITES, fail))
    code, message = failure(follow(One), write)
    assert (code, message != "") == (400, True)
    assert raised(caplog) == []


@pytest.mark.parametrize(
    "write",
    [
        lambda client: client.delete(Project, 1),
        lambda client: client.save(Member, 1, name="Eve"),
        lambda client: client.save(Note, 1, text="x"),
        lambda client: client.create(Note, (Project, 1), "notes", text="x"),
        lambda client: client.save("board.Nothing", 1, name="Eve"),
    ],
)
def test_what_is_not_writable_is_refused_and_not_asked(follow: Follow, write: Write) -> None:
    def fail(self: Any, *arguments: Any) -> Any:
        raise AssertionError("asked")

    One = type("One", (Board,), dict.fromkeys(WRITES, fail))
    code, _ = failure(follow(One), write)
    assert 400 <= code < 500


@pytest.mark.parametrize(
    "write",
    [
        lambda client: client.save(Task, 77, done=True),
        lambda client: client.save(Project, 2, name="Mine"),
        lambda client: client.delete(Task, 77),
        lambda client: client.create(Task, (Project, 2), "tasks", title="Test"),
    ],
)
def test_what_is_not_seen_cannot_be_written(follow: Follow, write: Write) -> None:
    code, message = failure(follow(Open), write)
    assert (code, "not in this context" in message) == (400, True)


def test_fields_that_are_not_writable_are_left_out(follow: Follow, told: Told) -> None:
    class One(Open):
        def can_save(self, instance: Any, data: dict[str, Any]) -> bool:
            told.say(data)
            return True

    follow(One).client.save(Task, 1, done=True, rank=1, id=5, colour="red")
    assert told.next() == {"done": True}


def test_the_handler_says_what_may_be_written_without_a_user(
    covey_server: Start, covey_client: Connect, style: Style
) -> None:
    class One(Open):
        public = True

        def can_save(self, instance: Any, data: dict[str, Any]) -> bool:
            return self.user is not None or "done" in data

    follower = Follower(covey_client(opened(covey_server, {ONE: One}, style), PATH)).enter(None)
    assert failure(follower, lambda client: client.save(Task, 1, title="Sketch"))[0] == 403
    follower.client.save(Task, 1, done=True)
    follower.until(lambda: follower.row(Task, 1)["done"])


def test_what_was_deleted_meanwhile_is_404(covey_server: Start, covey_client: Connect) -> None:
    class One(Open):
        async def can_save(self, instance: Any, data: dict[str, Any]) -> bool:
            self.server.store.delete(instance)
            return True

    follower = Follower(covey_client(opened(covey_server, {ONE: One}), PATH)).enter()
    with pytest.raises(ActionError) as error:
        follower.client.save(Task, 1, done=True)
    assert error.value.code == 404


def test_a_field_called_as_it_likes_is_told_of_by_its_name(
    covey_server: Start, covey_client: Connect
) -> None:
    with_prices = Server()
    with_prices.channel("ws/<str:page_id>/", Pages)
    with_prices.store.put(Page(id="start", price=Decimal("1.50"), days=[]))
    follower = Follower(covey_client(covey_server(with_prices), "ws/start/")).enter()
    with pytest.raises(ActionError, match=r'"days"\[1\] is "x", not a date') as error:
        follower.client.save(Page, "start", days=["2026-11-21", "x"])
    assert error.value.code == 400


# -------------------------------------------------------------------------- ids as texts


class Page(Model, name="book.Page", writable=("save", "create", "delete")):
    id: str
    text: str = field(default="", writable=True)
    state: Literal["draft", "final"] = field(default="draft", writable=True)
    price: Decimal | None = field(default=None, writable=True)
    days: list[date] = field(default=list, writable=True)
    above: str | None = None
    pages: list["Page"] = field(inverse="above")


class Pages(ContextChannel):
    model = Page
    fence = Board.fence

    def authenticate(self, token: str) -> str:
        return token

    def has_permission(self, user: Any, page_id: str) -> bool:
        return True

    def can_save(self, instance: Any, data: dict[str, Any]) -> bool:
        return True

    def can_delete(self, instance: Any) -> bool:
        return True

    def can_create(self, model: Any, parent: Any, data: dict[str, Any]) -> Any:
        if data.get("text") == "without id":
            return True
        return {**data, "id": f"{parent.id}/{len(parent.pages) + 1}", "above": parent.id}


@pytest.fixture
def pages(covey_server: Start, covey_client: Connect) -> Follower:
    server = Server()
    server.channel("ws/<str:page_id>/", Pages)
    server.store.put(Page(id="start", text="Welcome"))
    return Follower(covey_client(covey_server(server), "ws/start/")).enter()


def test_texts_as_ids_are_said_by_the_program(pages: Follower) -> None:
    for number in (1, 2):
        created = pages.client.create(Page, (Page, "start"), "pages", text="More", price="2.50")
        assert created == f"start/{number}"
    pages.until(lambda: pages.sees(Page, "start/2"))
    assert pages.row(Page, "start")["pages"] == ["start/1", "start/2"]
    assert pages.row(Page, "start/2") == {
        "id": "start/2",
        "text": "More",
        "state": "draft",
        "price": "2.50",
        "days": [],
        "above": "start",
        "pages": [],
    }


def test_without_an_id_that_is_a_text_nothing_is_created(pages: Follower) -> None:
    def create(client: Client) -> Any:
        return client.create(Page, (Page, "start"), "pages", text="without id")

    assert failure(pages, create)[0] == 400


def test_what_has_a_text_as_id_is_saved_and_deleted(pages: Follower) -> None:
    pages.client.save(Page, "start", state="final", price="0.99", days=["2026-11-21"])
    pages.until(lambda: pages.row(Page, "start")["state"] == "final")
    assert pages.row(Page, "start")["price"] == "0.99"
    pages.client.delete(Page, "start")
    pages.until(lambda: not pages.sees(Page, "start"))


# ---------------------------------------------------------------------------- their order


def test_the_answer_precedes_what_was_written(follow: Follow) -> None:
    follower = follow(Open)
    before = len(follower.messages)
    follower.client.send_json(
        {
            "type": "write",
            "writeId": 5,
            "operation": "save",
            "instanceType": "board.Task",
            "instanceId": 1,
            "data": {"done": True},
        }
    )
    follower.until(lambda: follower.row(Task, 1)["done"])
    answer, rows = follower.messages[before:]
    assert answer == {"type": "writeResponse", "writeId": 5, "success": True, "instanceId": 1}
    assert [(row["_instance_type"], row["_operation"]) for row in rows] == [
        ("board.Task", "update")
    ]


def test_a_write_that_outlives_its_client_is_silent(
    covey_server: Start, covey_client: Connect, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    class One(Open):
        async def can_save(self, instance: Any, data: dict[str, Any]) -> bool:
            told.say("asked")
            while self.ending is None:
                await asyncio.sleep(0)
            told.say("left")
            return True

    server = opened(covey_server, {ONE: One})
    follower = Follower(covey_client(server, PATH)).enter()
    follower.client.send_json(
        {
            "type": "write",
            "writeId": 5,
            "operation": "save",
            "instanceType": "board.Task",
            "instanceId": 1,
            "data": {"done": True},
        }
    )
    assert told.next() == "asked"
    follower.client.disconnect()
    assert told.next() == "left"
    other = Follower(covey_client(server, PATH)).enter()
    other.settle()
    assert other.row(Task, 1)["done"] is False
    assert raised(caplog) == []


def test_a_write_of_many_digits_is_answered(covey_server: Start, covey_client: Connect) -> None:
    client = covey_client(opened(covey_server, {ONE: Open}), PATH)
    follower = Follower(client).enter()
    digits = "9" * 5000
    client.send(
        '{"type":"write","writeId":5,"operation":"create","instanceType":"board.Task",'
        '"parentType":"board.Project","parentId":1,"relationName":"tasks",'
        f'"data":{{"title":"x","project":{digits}}}}}'
    )
    answer = client.receive_until(lambda message: "writeId" in message, PATIENCE)[-1]
    assert answer["error"]["code"] == 400
    follower.settle()
