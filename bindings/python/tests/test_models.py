"""Models are classes with hints; their instances are plain values."""

import copy
import importlib.util
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Literal, Optional

import pytest

import covey
from covey import Model, _abi, encode, field
from covey.models import Shape


class Member(Model):
    id: int
    name: str


class Task(Model, name="models.Task", writable=("save", "create", "delete"), owner="keeper"):
    kind: ClassVar[str] = "task"
    _private: int

    id: int
    title: str = field(writable=True)
    done: bool = field(default=False, writable=True)
    state: Literal["open", "shut"] = "open"
    due: datetime | None
    tags: list[str] = field(default=list, optional=True)
    assignee: Member | None = field(writable=True)
    watchers: list[Member]
    project: int
    keeper: int | None


class Project(Model, name="models.Project"):
    id: int
    name: str
    tasks: list[Task] = field(inverse="project")
    lead: Member | None


class Page(Model):
    id: str
    text: str


class Chapter(Model):  # names what is defined below, and itself
    id: int
    book: "Book"
    following: Optional["Chapter"]
    others: list["Chapter"]


class Book(Model):
    id: int
    chapters: list[Chapter]
    first: "Chapter | None"


def flags(model: type[Model], name: str) -> int:
    return model.shape().fields[name].flags


def a_task(**values: Any) -> Task:
    return Task(**{"id": 1, "title": "Paint", "project": 2, **values})


def model_of(hint: Any) -> type[Model]:
    """A model with one field."""
    return type("Made", (Model,), {"__annotations__": {"id": int, "what": hint}})


# ------------------------------------------------------------------------ declaring


def test_a_model_is_called_what_its_class_is() -> None:
    assert Member.shape().name == "Member"
    assert Task.shape().name == "models.Task"


def test_the_keywords_of_a_class_say_what_clients_may() -> None:
    shape = Task.shape()
    assert shape.writable == _abi.WRITE_SAVE | _abi.WRITE_CREATE | _abi.WRITE_DELETE
    assert shape.owner == "keeper"
    assert (Member.shape().writable, Member.shape().owner) == (0, None)


@pytest.mark.parametrize("writable", [("update",), "save", ("save", "drop")])
def test_only_what_there_is_can_be_writable(writable: Any) -> None:
    with pytest.raises(TypeError, match=r"is no(ne| list) of save"):

        class Wrong(Model, writable=writable):
            id: int


def test_the_fields_have_the_order_of_the_class() -> None:
    assert list(Task.shape().fields) == [
        "title",
        "done",
        "state",
        "due",
        "tags",
        "assignee",
        "watchers",
        "project",
        "keeper",
    ]


def test_class_variables_and_private_names_are_no_fields() -> None:
    class Odd(Model):
        id: int
        one: "ClassVar[int]" = 1
        two: ClassVar = 2
        _three: int = 3

    assert list(Odd.shape().fields) == []
    assert (Odd.one, Odd(id=1).two, Odd._three) == (1, 2, 3)
    assert (Task.kind, a_task().kind) == ("task", "task")


def test_ids_are_integers_or_texts() -> None:
    assert Member.shape().id_kind == _abi.ID_INTEGER
    assert Page.shape().id_kind == _abi.ID_STRING
    for hint in (float, int | None, bool, bytes):
        model = type("Wrong", (Model,), {"__annotations__": {"id": hint}})
        with pytest.raises(TypeError, match=r"Wrong\.id must be an int or a str"):
            model.shape()


def test_a_model_without_an_id_is_none() -> None:
    class Wrong(Model):
        name: str

    with pytest.raises(TypeError, match=r"Wrong\.id must be an int or a str"):
        Wrong.shape()


def test_a_field_that_cannot_be_is_named() -> None:
    with pytest.raises(TypeError, match=r"^Made\.what: no field can hold bytes$"):
        model_of(list[bytes]).shape()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("title", _abi.FIELD_WRITABLE),
        ("done", _abi.FIELD_WRITABLE | _abi.FIELD_OPTIONAL),
        ("state", 0),  # no client writes it
        ("due", _abi.FIELD_NULLABLE),
        ("tags", _abi.FIELD_OPTIONAL),
        ("assignee", _abi.FIELD_NULLABLE | _abi.FIELD_WRITABLE),
        ("watchers", 0),
    ],
)
def test_a_field_has_the_flags_that_it_says(name: str, expected: int) -> None:
    assert flags(Task, name) == expected


def test_a_default_is_no_attribute_of_the_class() -> None:
    for name in ("title", "done", "state"):
        assert not hasattr(Task, name)


# -------------------------------------------------------------- models of each other


def test_models_name_each_other_in_any_order() -> None:
    chapter, book = Chapter.shape().fields, Book.shape().fields
    assert chapter["book"].meaning.model is Book
    assert chapter["following"].meaning.model is Chapter
    assert chapter["others"].meaning.model is Chapter
    assert book["chapters"].meaning.model is Chapter
    assert book["first"].meaning.model is Chapter


def test_models_in_a_function_name_each_other() -> None:
    class Night(Model):
        id: int
        following: "Day | None"

    class Day(Model):
        id: int
        nights: list["Night"]
        before: "Day | None"

    assert Night.shape().fields["following"].meaning.model is Day
    assert Day.shape().fields["nights"].meaning.model is Night
    assert Day.shape().fields["before"].meaning.model is Day


def test_a_name_that_nothing_has_is_a_name_error() -> None:
    with pytest.raises(NameError, match="Nowhere"):
        model_of("Nowhere").shape()


Modules = Callable[[str, str], ModuleType]


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Modules:
    """Makes a module of a source."""

    def module(name: str, source: str) -> ModuleType:
        path = tmp_path / f"{name}.py"
        path.write_text(f"from covey import Model\n{source}")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        made = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, made)
        spec.loader.exec_module(made)
        return made

    return module


NODES = """
class Node(Model, name="{name}"):
    id: int
    following: "Node | None"
    leaves: list["Leaf"]

class Leaf(Model, name="leaf of {name}"):
    id: int
    node: Node
"""


def test_a_name_means_the_model_of_the_same_module(modules: Modules) -> None:
    first = modules("first_nodes", NODES.format(name="first"))
    second = modules("second_nodes", NODES.format(name="second"))
    for module in (first, second):
        fields = module.Node.shape().fields
        assert fields["following"].meaning.model is module.Node
        assert fields["leaves"].meaning.model is module.Leaf


def test_a_name_may_mean_a_model_of_another_module(modules: Modules) -> None:
    far = modules("far_away", "class FarAway(Model):\n    id: int\n")
    near = modules("near_by", 'class NearBy(Model):\n    id: int\n    far: "FarAway"\n')
    assert near.NearBy.shape().fields["far"].meaning.model is far.FarAway


def test_hints_may_all_be_texts(modules: Modules) -> None:
    source = "from __future__ import annotations\nfrom covey import Model, field\n"
    path = "class {0}(Model):\n    id: int\n    {1}: list[{1}] = field(inverse='up')\n    up: int\n"
    made = modules("all_texts", "")
    code = source + path.format("Branch", "Twig") + path.format("Twig", "Branch")
    exec(compile(code, "all_texts", "exec", dont_inherit=True), made.__dict__)
    assert made.Branch.shape().fields["Twig"].meaning.model is made.Twig
    assert made.Twig.shape().fields["Branch"].meaning.model is made.Branch


# ---------------------------------------------------------------------- inheritance


class Named(Model):
    id: int
    name: str = field(writable=True)
    rank: int = 1


class Dated(Model):
    id: int
    at: datetime | None


class Event(Named, Dated, name="models.Event"):
    place: str
    rank: int = 2


def test_fields_are_inherited() -> None:
    assert set(Event.shape().fields) == {"name", "rank", "at", "place"}
    assert flags(Event, "name") == _abi.FIELD_WRITABLE
    assert Event.shape().id_kind == _abi.ID_INTEGER


def test_a_class_below_may_have_another_default() -> None:
    assert Named(id=1, name="a").rank == 1
    assert Event(id=1, name="a", place="b").rank == 2


def test_a_class_below_has_a_name_of_its_own() -> None:
    class Party(Event):
        pass

    assert [model.shape().name for model in (Party, Event, Named)] == [
        "Party",
        "models.Event",
        "Named",
    ]


def test_a_class_above_is_not_changed() -> None:
    class Broken(Member):
        broken: bytes

    with pytest.raises(TypeError, match=r"Broken\.broken"):
        Broken.shape()
    assert list(Member.shape().fields) == ["name"]


# ------------------------------------------------------------------------- instances


def test_an_instance_has_what_it_is_given() -> None:
    member = Member(id=3, name="Carol")
    task = a_task(done=True, assignee=member, watchers=[member, Member.ref(4)])
    assert (task.id, task.title, task.done, task.project) == (1, "Paint", True, 2)
    assert task.assignee is member
    assert task.watchers == [member, Member.ref(4)]


def test_what_is_not_given_is_the_default() -> None:
    task = a_task()
    assert (task.done, task.state, task.tags) == (False, "open", [])


def test_what_may_be_none_is_none_by_default() -> None:
    assert (a_task().due, a_task().assignee) == (None, None)


def test_a_list_of_models_is_empty_by_default() -> None:
    assert a_task().watchers == []


def test_instances_do_not_share_a_default() -> None:
    class Basket(Model):
        id: int
        fruits: list[str] = ["apple"]  # noqa: RUF012
        prices: dict[str, int] = field(default=dict)
        counts: dict[str, int] = field(default={"apple": 1})

    one, other = Basket(id=1), Basket(id=2)
    one.fruits.append("pear")
    one.prices["pear"] = 2
    one.counts["pear"] = 2
    assert (other.fruits, other.prices, other.counts) == (["apple"], {}, {"apple": 1})
    assert Basket(id=3).fruits == ["apple"]


@pytest.mark.parametrize("name", ["id", "title", "project"])
def test_what_has_no_default_must_be_given(name: str) -> None:
    values = {"id": 1, "title": "Paint", "project": 2}
    del values[name]
    with pytest.raises(TypeError, match=rf"^Task lacks {name}$"):
        Task(**values)


def test_what_the_model_does_not_have_cannot_be_given() -> None:
    with pytest.raises(TypeError, match=r"^Task has no field colour$"):
        a_task(colour="red")
    for name in ("kind", "_private"):
        with pytest.raises(TypeError, match=rf"^Task has no field {name}$"):
            a_task(**{name: 1})


def test_values_are_given_by_name() -> None:
    with pytest.raises(TypeError):
        Member(1, "Ada")  # type: ignore[misc]


@pytest.mark.parametrize("id", [True, 1.5, None, b"1", [1]])
def test_what_is_no_id_is_refused(id: Any) -> None:
    message = "^" + re.escape(f"{id!r} is no id of Member") + "$"
    with pytest.raises(TypeError, match=message):
        Member(id=id, name="Ada")
    with pytest.raises(TypeError, match=message):
        Member.ref(id)


def test_a_list_that_the_children_decide_is_not_known_to_a_new_instance() -> None:
    project = Project(id=1, name="Website")
    with pytest.raises(AttributeError, match=r"^tasks of Project 1 is not known here; get it"):
        _ = project.tasks
    assert project.__json__() == {"id": 1, "name": "Website", "lead": None}


def test_an_attribute_may_be_set_anew() -> None:
    task = a_task()
    task.title = "Draw"
    task.assignee = Member.ref(3)
    assert task == a_task(title="Draw", assignee=Member.ref(3))


def test_a_field_may_be_called_what_models_have() -> None:
    class Odd(Model):
        id: int
        shape: str = "round"
        ref: str
        name: str
        field: str

    odd = Odd(id=1, ref="a", name="b", field="c")
    assert odd.shape == "round"
    expected = {"id": 1, "shape": "round", "ref": "a", "name": "b", "field": "c"}
    assert odd.__json__() == expected
    assert Odd.from_json(expected) == odd


# ------------------------------------------------------------------------ references


def test_a_reference_knows_its_id_alone() -> None:
    member = Member.ref(3)
    assert (member.id, repr(member)) == (3, "Member(id=3)")
    with pytest.raises(
        AttributeError, match=r"^name of Member 3 is not known here; get it from the store$"
    ):
        _ = member.name
    assert not hasattr(member, "name")


def test_what_a_model_has_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^Member has no field nmae$"):
        _ = Member.ref(3).nmae  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"^Member has no field nmae$"):
        _ = Member(id=3, name="Ada").nmae  # type: ignore[attr-defined]


def test_ids_may_be_texts() -> None:
    assert Page.ref("start").id == "start"
    assert Page(id="start", text="x").__json__() == {"id": "start", "text": "x"}


# ---------------------------------------------------------------- equality and texts


def test_instances_are_equal_when_all_of_them_is() -> None:
    assert a_task() == a_task()
    assert a_task() != a_task(done=True)
    assert Member.ref(3) == Member.ref(3)
    assert Member.ref(3) != Member(id=3, name="Carol")
    assert Member.ref(3) != Page.ref("3")
    assert Member.ref(3) != 3


def test_instances_of_two_models_are_never_equal() -> None:
    class Other(Member):
        pass

    assert Member(id=1, name="Ada") != Other(id=1, name="Ada")


def test_instances_cannot_be_keys() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Member.ref(1))


def test_an_instance_shows_its_fields_and_the_ids_of_others() -> None:
    project = Project(id=1, name="Website", lead=Member(id=3, name="Carol"))
    assert repr(project) == "Project(id=1, name='Website', lead=3)"
    task = a_task(watchers=[Member.ref(1), Member.ref(2)])
    assert "watchers=[1, 2]" in repr(task)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))]
)
def test_instances_can_be_copied(copied: Callable[[Any], Any]) -> None:
    task = a_task(assignee=Member(id=3, name="Carol"))
    assert copied(task) == task
    assert copied(Member.ref(3)) == Member.ref(3)


# ------------------------------------------------------------------------------ rows


def test_a_row_has_ids_where_the_instance_has_others() -> None:
    task = a_task(assignee=Member(id=3, name="Carol"), watchers=(Member.ref(1), 2))
    assert task.__json__() == {
        "id": 1,
        "title": "Paint",
        "done": False,
        "state": "open",
        "due": None,
        "tags": [],
        "assignee": 3,
        "watchers": [1, 2],
        "project": 2,
        "keeper": None,
    }


def test_a_row_is_what_the_wire_has() -> None:
    task = a_task(due=datetime(2026, 11, 21, 9, 30))
    assert b'"due":"2026-11-21T09:30:00"' in encode(task)


def test_a_row_becomes_an_instance() -> None:
    row = a_task(due=datetime(2026, 11, 21, 9, 30), watchers=[1]).__json__()
    row["due"] = "2026-11-21T09:30:00"
    task = Task.from_json(row)
    assert task.due == datetime(2026, 11, 21, 9, 30)
    assert (task.assignee, task.watchers) == (None, [Member.ref(1)])


def test_part_of_a_row_becomes_part_of_an_instance() -> None:
    task = Task.from_json({"id": 1, "done": True})
    assert task.done is True
    with pytest.raises(AttributeError, match="title of Task 1 is not known here"):
        _ = task.title


def test_the_defaults_are_what_needs_not_be_given() -> None:
    assert Task.shape().defaults() == {
        "done": False,
        "state": "open",
        "due": None,
        "tags": [],
        "assignee": None,
        "watchers": [],
        "keeper": None,
    }


def test_an_id_has_a_text() -> None:
    shape: Shape = Member.shape()
    assert (shape.id_text(42), shape.id_value("42")) == ("42", 42)
    assert (Page.shape().id_text("a b"), Page.shape().id_value("42")) == ("a b", "42")


def test_a_decimal_is_a_text_in_a_row() -> None:
    model = model_of(Decimal)
    assert encode(model(id=1, what=Decimal("1.50"))) == b'{"id":1,"what":"1.50"}'


# ------------------------------------------------------------------- for type checkers

SAMPLE = """
from covey import ContextChannel, Model, Server, action, field

class Member(Model):
    id: int
    name: str

class Task(Model, name="board.Task", writable=("save",), owner="keeper"):
    id: int
    title: str = field(writable=True)
    done: bool = field(default=False)
    keeper: int | None = None
    assignee: Member | None = None

Task(id=1, title="Paint", assignee=Member.ref(1))
Task(id="1", title="Paint")  # E: incompatible type "str"; expected "int"
Task(id=1)  # E: Missing named argument "title"
Task(id=1, title="Paint", colour="red")  # E: Unexpected keyword argument "colour"
Member(1, "Ada")  # E: Too many positional arguments

server = Server()
reveal_type(Task.ref(1))  # N: "sample.Task"
reveal_type(server.store.get(Task, 1))  # N: "sample.Task | None"
reveal_type(server.store.all(Task))  # N: "list[sample.Task]"
server.store.put(Task(id=1, title="Paint"))
server.store.get(int, 1)  # E: cannot be "int"

@server.channel("ws/<int:task_id>/")
class One(ContextChannel):
    model = Task
    many = False

    async def authenticate(self, token: str) -> int | None:
        return 1

    def has_permission(self, user: int, task_id: int) -> bool:
        return True

    async def get_instance_id(self, task_id: int) -> int:
        return task_id

    async def can_save(self, instance: Task, data: dict[str, object]) -> bool:
        return True

    async def on_connect(self, tstamp: float | None) -> None:
        await self.set_runtime_var("viewers", 3)
        reveal_type(self.add)  # N: "def (a: int, b: int =) -> int"
        self.add("1")  # E: incompatible type "str"; expected "int"

    @action
    def add(self, a: int, b: int = 3) -> int:
        return a + b

    @action(grant="write")
    async def rename(self, name: str) -> None:
        pass
"""


def test_type_checkers_know_the_constructors(tmp_path: Path) -> None:
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    sample = tmp_path / "sample.py"
    sample.write_text(SAMPLE)
    environment = {**os.environ}
    package = Path(covey.__file__).parents[1]
    if package.name != "site-packages":
        environment["MYPYPATH"] = str(package)
    environment.pop("LD_PRELOAD", None)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), sample],
        env=environment,
        cwd=tmp_path,
        text=True,
        capture_output=True,
    )
    said: dict[int, list[str]] = {}
    for line in done.stdout.splitlines():
        match = re.match(r"sample\.py:(\d+): (error|note): (.*)", line)
        if match is not None:
            said.setdefault(int(match[1]), []).append(match[3])
    for number, line in enumerate(SAMPLE.splitlines(), 1):
        _, _, expected = line.partition("  # E: ") if "# E: " in line else line.partition("  # N: ")
        found = said.pop(number, [])
        if expected:
            assert len(found) == 1 and expected in found[0], (line, found)
        else:
            assert found == [], line
    assert said == {}, done.stdout + done.stderr
