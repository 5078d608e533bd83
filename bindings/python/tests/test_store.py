"""The store: what a server knows, put, read and followed from Python."""

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, TypedDict, TypeVar
from uuid import UUID

import pytest

from covey import (
    Busy,
    Exists,
    Full,
    InvalidArgument,
    Model,
    NotFound,
    Server,
    Stopped,
    TooLarge,
    Transaction,
    WrongThread,
    field,
)

Result = TypeVar("Result")


class Member(Model):
    id: int
    name: str


class Task(Model):
    id: int
    title: str
    project: int
    done: bool = False
    state: Literal["open", "shut"] = "open"
    assignee: Member | None


class Project(Model):
    id: int
    name: str
    tasks: list[Task] = field(inverse="project")
    members: list[Member]


class Page(Model):
    id: str
    text: str = ""


class Colour(Enum):
    RED = "red"


class Place(TypedDict):
    x: float
    since: date


class Everything(Model):
    id: int
    flag: bool | None
    whole: int | None
    number: float | None
    text: str | None
    moment: datetime | None
    day: date | None
    price: Decimal | None
    uuid: UUID | None
    colour: Colour | None
    items: list[date] | None
    pairs: dict[int, Decimal] | None
    place: Place | None
    pair: tuple[int, str] | None
    names: set[str] | None
    anything: Any


Change = tuple[type[Model], int | str, Model | None]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        for model in (Project, Page, Everything):
            server.model(model)
        yield server


@pytest.fixture
def changes(server: Server) -> list[Change]:
    """All that on_change was told, once the server was driven."""
    told: list[Change] = []

    @server.store.on_change
    def remember(model: type[Model], id: int | str, instance: Model | None, version: int) -> None:
        told.append((model, id, instance))

    return told


def a_task(id: int = 1, project: int = 1, **values: Any) -> Task:
    return Task(**{"id": id, "title": "Paint", "project": project, **values})


def elsewhere(function: Callable[[], Result]) -> Result:
    """What a function answers, or raises, in another thread."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append((function(), None))
        except Exception as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    found, error = outcome[0]
    if error is not None:
        raise error
    return found  # type: ignore[no-any-return]


# --------------------------------------------------------------------- put and get


def test_what_was_put_is_there(server: Server) -> None:
    task = a_task(assignee=Member(id=3, name="Carol"))
    server.store.put(task)
    assert server.store.get(Task, 1) == a_task(assignee=Member.ref(3))


def test_what_was_not_put_is_none(server: Server) -> None:
    assert server.store.get(Task, 1) is None
    assert server.store.get(Page, "start") is None


def test_a_row_can_be_put(server: Server) -> None:
    row = {"id": 1, "title": "Paint", "project": 1, "done": True, "state": "shut"}
    server.store.put(Task, {**row, "assignee": Member.ref(3)})
    assert server.store.get(Task, 1) == a_task(done=True, state="shut", assignee=Member.ref(3))


def test_a_put_replaces_all_of_an_instance(server: Server) -> None:
    server.store.put(a_task(done=True, assignee=Member.ref(3)))
    server.store.put(a_task(title="Draw"))
    assert server.store.get(Task, 1) == a_task(title="Draw", done=False, assignee=None)


def test_what_was_read_is_a_copy(server: Server) -> None:
    server.store.put(a_task())
    task = server.store.get(Task, 1)
    assert task is not None
    task.title = "Draw"
    assert server.store.get(Task, 1) == a_task(title="Paint")
    server.store.put(task)
    assert server.store.get(Task, 1) == a_task(title="Draw")


def test_ids_may_be_texts(server: Server) -> None:
    for id in ("start", "a b", "42", "\N{CAT}", "a" * 255):
        server.store.put(Page(id=id, text=id))
        assert server.store.get(Page, id) == Page(id=id, text=id)
    assert set(server.store.ids(Page)) == {"start", "a b", "42", "\N{CAT}", "a" * 255}


def test_ids_are_as_large_as_they_may_be(server: Server) -> None:
    for id in (0, -1, 2**63 - 1, -(2**63)):
        server.store.put(a_task(id))
        assert server.store.get(Task, id) == a_task(id)


def test_the_instances_of_a_model_are_listed_and_counted(server: Server) -> None:
    assert (server.store.ids(Task), server.store.all(Task), server.store.count(Task)) == ([], [], 0)
    for id in (1, 2, 3):
        server.store.put(a_task(id))
    server.store.put(Page(id="start"))
    assert sorted(server.store.ids(Task)) == [1, 2, 3]
    assert sorted(task.id for task in server.store.all(Task)) == [1, 2, 3]
    assert (server.store.count(Task), server.store.count(Page)) == (3, 1)


def test_every_type_survives(server: Server) -> None:
    everything = Everything(
        id=1,
        flag=True,
        whole=10**30,
        number=0.1,
        text='\N{CAT} "\\\n',
        moment=datetime(2026, 11, 21, 9, 30, 0, 123456),
        day=date(2028, 2, 29),
        price=Decimal("-12.50"),
        uuid=UUID(int=5),
        colour=Colour.RED,
        items=[date(2026, 11, 21)],
        pairs={1: Decimal("0.10")},
        place={"x": 1.5, "since": date(2026, 1, 1)},
        pair=(1, "a"),
        names={"a", "b"},
        anything={"a": [None, 1.5]},
    )
    server.store.put(everything)
    found = server.store.get(Everything, 1)
    assert found == everything
    assert found is not None and str(found.price) == "-12.50"


@pytest.mark.parametrize(
    "zone", [timezone.utc, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=3))]
)
def test_a_datetime_keeps_its_zone(server: Server, zone: timezone) -> None:
    moment = datetime(2026, 11, 21, 9, 30, tzinfo=zone)
    server.store.put(Everything(id=1, moment=moment, anything=None))
    found = server.store.get(Everything, 1)
    assert found is not None and found.moment is not None
    assert (found.moment, found.moment.utcoffset()) == (moment, zone.utcoffset(None))


def test_null_is_none(server: Server) -> None:
    server.store.put(Everything(id=1, anything=None))
    assert server.store.get(Everything, 1) == Everything(id=1, anything=None)


# --------------------------------------------------------------- merging and deleting


def test_a_merge_changes_the_fields_it_names(server: Server) -> None:
    server.store.put(a_task())
    server.store.merge(Task, 1, done=True, assignee=Member(id=3, name="Carol"))
    assert server.store.get(Task, 1) == a_task(done=True, assignee=Member.ref(3))


def test_a_merge_into_nothing_needs_what_has_no_null(server: Server) -> None:
    with pytest.raises(InvalidArgument, match=r'Task "1", which is not there, lacks .*"project"'):
        server.store.merge(Task, 1, title="Paint")
    server.store.merge(Task, 1, title="Paint", project=1, done=False, state="open")
    assert server.store.get(Task, 1) == a_task()


def test_what_was_deleted_is_gone(server: Server) -> None:
    server.store.put(a_task(1))
    server.store.put(a_task(2))
    server.store.delete(Task, 1)
    server.store.delete(a_task(2))
    assert server.store.count(Task) == 0
    assert server.store.get(Task, 1) is None


def test_a_reference_says_what_to_delete(server: Server) -> None:
    server.store.put(a_task(1))
    server.store.delete(Task.ref(1))
    assert server.store.count(Task) == 0


def test_what_is_not_there_cannot_be_deleted(server: Server) -> None:
    with pytest.raises(NotFound, match='no Task "1"'):
        server.store.delete(Task, 1)


# --------------------------------------------------------------------- inverse lists


def test_children_say_whose_list_they_are_in(server: Server) -> None:
    server.store.put(Project(id=1, name="Website"))
    server.store.put(a_task(1, project=1))
    server.store.put(a_task(2, project=1))
    found = server.store.get(Project, 1)
    assert found is not None and found.tasks == [Task.ref(1), Task.ref(2)]


def test_a_child_may_come_before_its_parent(server: Server) -> None:
    server.store.put(a_task(1, project=7))
    server.store.put(Project(id=7, name="Website"))
    found = server.store.get(Project, 7)
    assert found is not None and found.tasks == [Task.ref(1)]


def test_a_child_moves_and_goes(server: Server) -> None:
    for id in (1, 2):
        server.store.put(Project(id=id, name="Website"))
    server.store.put(a_task(5, project=1))
    server.store.merge(Task, 5, project=2)
    tasks = [project.tasks for project in sorted(server.store.all(Project), key=lambda one: one.id)]
    assert tasks == [[], [Task.ref(5)]]
    server.store.delete(Task, 5)
    assert [project.tasks for project in server.store.all(Project)] == [[], []]


def test_a_list_that_is_put_orders_the_children(server: Server) -> None:
    for id in (1, 2, 3):
        server.store.put(a_task(id, project=1))
    server.store.put(Project(id=1, name="Website", tasks=[3, Task.ref(1), 2]))
    found = server.store.get(Project, 1)
    assert found is not None and found.tasks == [Task.ref(3), Task.ref(1), Task.ref(2)]


def test_lists_without_an_inverse_are_as_they_were_put(server: Server) -> None:
    members = [Member.ref(2), Member(id=1, name="Ada")]
    server.store.put(Project(id=1, name="Website", members=members))
    found = server.store.get(Project, 1)
    assert found is not None and found.members == [Member.ref(2), Member.ref(1)]


# ---------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"title": 5}, 'field "title" is 5, not a string'),
        ({"title": None}, 'field "title" is null, not a string'),
        ({"done": 1}, 'field "done" is 1, not a boolean'),
        ({"state": "odd"}, 'field "state" is "odd", not one of "open", "shut"'),
        ({"project": "x"}, 'field "project" is "x", not an integer'),
        ({"project": True}, 'field "project" is true, not an integer'),
        ({"assignee": "x"}, 'field "assignee": id "x" is not an integer'),
        ({"assignee": Member.ref("x")}, 'field "assignee": id "x" is not an integer'),
        ({"id": "x"}, 'id "x" is not an integer'),
        ({"id": 2**63}, f"id {2**63} is not an integer of 64 bits"),
    ],
)
def test_a_wrong_value_is_named(server: Server, values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgument, match=f"^{message}$"):
        server.store.put(a_task(**values))
    assert server.store.count(Task) == 0


def test_what_is_missing_or_unknown_is_named(server: Server) -> None:
    row = {"id": 1, "title": "Paint", "project": 1, "done": False, "state": "open"}
    with pytest.raises(InvalidArgument, match=r'^Task has no field "colour"$'):
        server.store.put(Task, {**row, "colour": "red"})
    with pytest.raises(InvalidArgument, match=r'^Task has no field "colour"$'):
        server.store.merge(Task, 1, colour="red")
    del row["title"]
    with pytest.raises(InvalidArgument, match=r'^field "title" of Task is missing$'):
        server.store.put(Task, row)
    with pytest.raises(InvalidArgument, match=r"^instance of Page has no id$"):
        server.store.put(Page, {"text": "x"})


@pytest.mark.parametrize("id", ["", "a\0b", "a" * 256])
def test_what_cannot_be_an_id_is_refused(server: Server, id: str) -> None:
    with pytest.raises(InvalidArgument):
        server.store.put(Page(id=id))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", b"x", object()])
def test_what_json_has_no_form_of_is_refused(server: Server, value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        server.store.put(Everything(id=1, anything=[value]))
    assert server.store.count(Everything) == 0


def test_an_instance_needs_no_more_values(server: Server) -> None:
    with pytest.raises(TypeError, match="put as it is"):
        server.store.put(a_task(), {"done": True})  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="what of Task is put"):
        server.store.put(Task)  # type: ignore[call-overload]


def test_an_id_is_needed(server: Server) -> None:
    with pytest.raises(TypeError, match="which Task"):
        server.store.delete(Task)
    for id in (True, 1.5, b"1"):
        with pytest.raises(TypeError, match="is no id of Task"):
            server.store.get(Task, id)  # type: ignore[arg-type]


def test_an_id_of_the_wrong_kind_is_refused(server: Server) -> None:
    with pytest.raises(InvalidArgument):
        server.store.get(Task, "one")
    with pytest.raises(InvalidArgument):
        server.store.delete(Task, "one")


def test_what_is_too_large_or_too_deep_is_refused() -> None:
    with Server(message_bytes_max=1000, json_depth_max=8) as server:
        with pytest.raises(TooLarge):
            server.store.put(Everything(id=1, anything="x" * 1000))
        deep: Any = 1
        for _ in range(9):
            deep = [deep]
        with pytest.raises(TooLarge):
            server.store.put(Everything(id=1, anything=deep))


def test_a_store_that_is_full_takes_no_more() -> None:
    with Server(store_bytes_max=65536) as server:
        with pytest.raises(Full):
            for id in range(10000):
                server.store.put(Page(id=str(id), text="x" * 100))
        assert 0 < server.store.count(Page) < 10000


def test_models_are_declared_before_the_store_is_used(server: Server) -> None:
    class Late(Model):
        id: int

    server.store.put(Page(id="start"))
    with pytest.raises(Busy):
        server.store.put(Late(id=1))


def test_two_models_cannot_have_one_name(server: Server) -> None:
    class Other(Model, name="Task"):
        id: int

    with pytest.raises(Exists, match='model "Task" is declared'):
        server.model(Other)


def test_an_owner_that_is_no_field_is_named() -> None:
    class Owned(Model, owner="nobody"):
        id: int

    with Server() as server, pytest.raises(InvalidArgument, match='"Owned" has no field "nobody"'):
        server.model(Owned)


def test_a_list_of_models_cannot_be_none() -> None:
    class Wrong(Model):
        id: int
        members: list[Member] | None

    with Server() as server, pytest.raises(InvalidArgument, match='"members" is a list'):
        server.model(Wrong)


def test_an_inverse_field_must_hold_ids() -> None:
    class Wrong(Model):
        id: int
        members: list[Member] = field(inverse="name")

    with Server() as server:
        server.model(Wrong)
        with pytest.raises(InvalidArgument, match=r'"name" of Wrong\.members'):
            server.store.put(Member(id=1, name="Ada"))


def test_a_server_that_was_closed_has_no_store() -> None:
    server = Server()
    server.store.put(Page(id="start"))
    server.close()
    for use in (
        lambda: server.store.put(Page(id="start")),
        lambda: server.store.get(Page, "start"),
        lambda: server.store.delete(Page, "start"),
        lambda: server.store.ids(Page),
        lambda: server.store.count(Page),
        server.store.begin,
    ):
        with pytest.raises(Stopped):
            use()


# ---------------------------------------------------------------------- transactions


def test_a_transaction_is_made_at_its_end(server: Server) -> None:
    server.store.put(a_task(4))
    with server.store.transaction() as change:
        change.put(a_task(5))
        change.put(Page, {"id": "start", "text": "x"})
        change.merge(Task, 5, done=True)
        change.delete(Task, 4)
        assert (server.store.ids(Task), server.store.count(Page)) == ([4], 0)
    assert (server.store.ids(Task), server.store.count(Page)) == ([5], 1)
    assert server.store.get(Task, 5) == a_task(5, done=True)


def test_a_transaction_that_raises_is_not_made(server: Server) -> None:
    with pytest.raises(ZeroDivisionError), server.store.transaction() as change:
        change.put(a_task(5))
        _ = 1 / 0
    assert server.store.count(Task) == 0


def test_a_transaction_is_made_as_a_whole_or_not(server: Server) -> None:
    change = server.store.begin()
    change.put(Page(id="start"))
    change.merge(Task, 1, title="Paint")
    with pytest.raises(InvalidArgument, match='lacks field "project"'):
        change.commit()
    assert server.store.count(Page) == 0


def test_a_wrong_change_leaves_those_before_it(server: Server) -> None:
    change = server.store.begin()
    change.put(a_task(1))
    with pytest.raises(InvalidArgument, match='field "title" is 5'):
        change.put(a_task(2, title=5))
    with pytest.raises(InvalidArgument):
        change.delete(Task, "one")
    change.commit()
    assert server.store.ids(Task) == [1]


def test_a_transaction_deletes_what_is_not_there(server: Server) -> None:
    with server.store.transaction() as change:
        change.delete(Task, 1)
        change.put(a_task(2))
        change.delete(a_task(2))
    assert server.store.count(Task) == 0


def test_a_transaction_may_be_given_up(server: Server) -> None:
    change = server.store.begin()
    change.put(a_task(1))
    change.abort()
    assert server.store.count(Task) == 0


@pytest.mark.parametrize("end", [Transaction.commit, Transaction.abort])
def test_a_transaction_ends_once(server: Server, end: Callable[[Transaction], None]) -> None:
    change = server.store.begin()
    end(change)
    for use in (
        change.commit,
        change.abort,
        lambda: change.put(a_task()),
        lambda: change.merge(Task, 1, done=True),
        lambda: change.delete(Task, 1),
    ):
        with pytest.raises(ValueError, match="the transaction is over"):
            use()


def test_a_block_that_ends_its_transaction_itself_says_so(server: Server) -> None:
    with pytest.raises(ValueError, match="is over"), server.store.transaction() as change:
        change.put(a_task(1))
        change.commit()
    assert server.store.ids(Task) == [1]


def test_a_transaction_that_nobody_ends_is_not_made(server: Server) -> None:
    change = server.store.begin()
    change.put(a_task(1))
    gone = weakref.ref(change)
    del change
    gc.collect()
    assert gone() is None
    assert server.store.count(Task) == 0


def test_a_transaction_does_not_outlive_its_server() -> None:
    server = Server()
    change = server.store.begin()
    change.put(Page(id="start"))
    server.close()
    with pytest.raises((ValueError, Stopped)):
        change.put(Page(id="end"))
    with pytest.raises((ValueError, Stopped)):
        change.commit()


# ------------------------------------------------------------------------- on_change


def test_every_change_is_told_in_its_order(server: Server, changes: list[Change]) -> None:
    server.store.put(a_task(1))
    server.store.merge(Task, 1, done=True)
    server.store.put(Page(id="start", text="x"))
    server.store.delete(Task, 1)
    server.service()
    assert changes == [
        (Task, 1, a_task(1)),
        (Task, 1, a_task(1, done=True)),
        (Page, "start", Page(id="start", text="x")),
        (Task, 1, None),
    ]


def test_what_changes_nothing_is_not_told(server: Server, changes: list[Change]) -> None:
    server.store.put(a_task(1))
    server.store.put(a_task(1))
    server.store.merge(Task, 1, done=False)
    server.service()
    assert changes == [(Task, 1, a_task(1))]


def test_a_list_that_a_child_changed_is_told(server: Server, changes: list[Change]) -> None:
    server.store.put(Project(id=1, name="Website"))
    server.store.put(a_task(5, project=1))
    server.service()
    assert changes[1:] == [
        (Task, 5, a_task(5)),
        (Project, 1, Project(id=1, name="Website", tasks=[Task.ref(5)])),
    ]


def test_versions_increase_and_those_of_a_transaction_are_one(server: Server) -> None:
    versions: list[int] = []
    server.store.on_change(lambda model, id, instance, version: versions.append(version))
    server.store.put(Page(id="a"))
    server.store.put(Page(id="b"))
    with server.store.transaction() as change:
        change.put(Page(id="c"))
        change.put(Page(id="d"))
    server.service()
    first, second, third, fourth = versions
    assert 1_700_000_000_000_000 < first < second < third == fourth


def test_only_the_last_handler_is_told(server: Server, changes: list[Change]) -> None:
    others: list[Any] = []
    server.store.on_change(lambda *change: others.append(change[:3]))
    server.store.put(Page(id="a"))
    server.service()
    assert (changes, others) == ([], [(Page, "a", Page(id="a"))])


def test_a_handler_may_change_the_store(server: Server) -> None:
    @server.store.on_change
    def count(model: type[Model], id: int | str, instance: Model | None, version: int) -> None:
        if model is Page and id != "count":
            server.store.put(Page(id="count", text=str(server.store.count(Page))))

    server.store.put(Page(id="a"))
    server.service()
    assert server.store.get(Page, "count") == Page(id="count", text="1")


def test_a_handler_that_raises_is_logged(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    told: list[int | str] = []

    @server.store.on_change
    def refuse(model: type[Model], id: int | str, instance: Model | None, version: int) -> None:
        told.append(id)
        raise RuntimeError("the disk is full")

    server.store.put(Page(id="a"))
    server.store.put(Page(id="b"))
    server.service()
    assert told == ["a", "b"]
    assert server.store.count(Page) == 2
    assert len(caplog.records) == 2
    for record in caplog.records:
        assert record.getMessage() == "on_change of the store raised"
        assert record.exc_info is not None


# --------------------------------------------------------------------- other threads


@pytest.fixture
def driven(server: Server) -> Server:
    """A server that this thread drives."""
    server.service()
    return server


def test_another_thread_may_change_the_store(driven: Server, changes: list[Change]) -> None:
    def change() -> None:
        driven.store.put(a_task(1))
        driven.store.merge(Task, 1, done=True)
        driven.store.put(a_task(2))
        driven.store.delete(Task, 2)
        with driven.store.transaction() as several:
            several.put(Page(id="a"))
            several.put(Page(id="b"))

    elsewhere(change)
    assert driven.store.count(Task) == 0
    driven.service()
    assert driven.store.all(Task) == [a_task(1, done=True)]
    assert [(model, id) for model, id, _ in changes] == [
        (Task, 1),
        (Task, 1),
        (Task, 2),
        (Task, 2),
        (Page, "a"),
        (Page, "b"),
    ]


def test_another_thread_is_told_what_is_wrong_with_a_value(driven: Server) -> None:
    with pytest.raises(InvalidArgument, match='field "title" is 5'):
        elsewhere(lambda: driven.store.put(a_task(1, title=5)))
    with pytest.raises(InvalidArgument, match='has no field "colour"'):
        elsewhere(lambda: driven.store.merge(Task, 1, colour="red"))


def test_another_thread_is_not_told_what_is_not_there(driven: Server) -> None:
    elsewhere(lambda: driven.store.delete(Task, 1))
    driven.service()


def test_another_thread_cannot_read(driven: Server) -> None:
    for read in (
        lambda: driven.store.get(Task, 1),
        lambda: driven.store.ids(Task),
        lambda: driven.store.all(Task),
        lambda: driven.store.count(Task),
    ):
        with pytest.raises(WrongThread):
            elsewhere(read)


def test_another_thread_cannot_say_who_is_told(driven: Server, changes: list[Change]) -> None:
    with pytest.raises(WrongThread):
        elsewhere(lambda: driven.store.on_change(lambda *change: None))
    driven.store.put(Page(id="a"))
    driven.service()
    assert len(changes) == 1


def test_a_transaction_may_move_to_another_thread(driven: Server) -> None:
    change = driven.store.begin()
    change.put(a_task(1))
    elsewhere(lambda: change.put(a_task(2)))
    elsewhere(change.commit)
    driven.service()
    assert sorted(driven.store.ids(Task)) == [1, 2]


def test_a_transaction_of_another_thread_that_nobody_ends_is_not_made(driven: Server) -> None:
    def begin() -> None:
        driven.store.begin().put(a_task(1))

    elsewhere(begin)
    gc.collect()
    driven.service()
    assert driven.store.count(Task) == 0


def test_many_threads_change_the_store_at_once(driven: Server) -> None:
    def put(first: int) -> None:
        for id in range(first, first + 100):
            driven.store.put(a_task(id, title=str(first)))

    threads = [threading.Thread(target=put, args=(100 * one,)) for one in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    driven.service()
    assert sorted(driven.store.ids(Task)) == list(range(800))


def test_a_mailbox_that_is_full_takes_no_more() -> None:
    with Server(mailbox_entries_max=16) as server:
        server.model(Page)
        server.service()

        def put() -> None:
            for id in range(1000):
                server.store.put(Page(id=str(id)))

        with pytest.raises(Full):
            elsewhere(put)
        server.service()
        assert 0 < server.store.count(Page) < 1000


def test_a_row_on_its_way_is_what_it_was(driven: Server) -> None:
    task = a_task(1)
    elsewhere(lambda: driven.store.put(task))
    task.title = "Draw"
    driven.service()
    assert driven.store.get(Task, 1) == a_task(1, title="Paint")
