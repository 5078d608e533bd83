"""A board on context channels, and clients that follow it."""

import dataclasses
import functools
import inspect
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest

from covey import Consumer, ContextChannel, Model, Server, action, field
from covey.testing import Client, Closed
from styles import Style, rewritten
from told import PATIENCE, Told

Row = dict[str, Any]
Start = Callable[[Server], Server]
Connect = Callable[..., Client]


class Member(Model, name="board.Member"):
    id: int
    name: str


class Task(Model, name="board.Task", writable=("save", "create", "delete")):
    id: int
    title: str = field(writable=True)
    done: bool = field(default=False, writable=True)
    due: datetime | None = field(default=None, writable=True)
    assignee: Member | None = field(default=None, writable=True)
    rank: int = 7
    project: int = field(writable=True)


class Note(Model, name="board.Note", owner="owner"):
    id: int
    owner: int
    text: str
    project: int


class Project(Model, name="board.Project", writable=("save",)):
    id: int
    name: str = field(writable=True)
    tasks: list[Task] = field(inverse="project")
    notes: list[Note] = field(inverse="project")
    members: list[Member]


def fill(server: Server) -> None:
    """Three projects; the first has two tasks, two members, and a note of each."""
    put = server.store.put
    for id, name in enumerate(("Ada", "Bob", "Carol"), 1):
        put(Member(id=id, name=name))
    for id, name in enumerate(("Website", "App", "Shop"), 1):
        put(Project(id=id, name=name, members=[Member.ref(1), Member.ref(2)] if id == 1 else []))
    put(Task(id=1, title="Draw", project=1, assignee=Member.ref(1)))
    put(Task(id=2, title="Write", project=1, due=datetime(2026, 11, 21, 9, 30)))
    put(Note(id=1, owner=1, text="of Ada", project=1))
    put(Note(id=2, owner=2, text="of Bob", project=1))


class Board(ContextChannel):
    """Everybody with a token sees everything."""

    model = Project

    def authenticate(self, token: str) -> Any:
        return {"ada": 1, "bob": 2}.get(token)

    def has_permission(self, user: Any, **params: Any) -> bool:
        return True

    @action(anonymous=True)
    def fence(self) -> None:
        """What was before its answer has happened."""


def styled(cls: type[ContextChannel], style: Style) -> type[ContextChannel]:
    """A class whose plain handlers, those of events and actions too, are rewritten in a style."""
    if style is Style.PLAIN:
        return cls
    members: dict[str, Any] = {}
    for name in dir(cls):
        function = inspect.getattr_static(cls, name)
        if not inspect.isfunction(function) or inspect.iscoroutinefunction(function):
            continue
        base = getattr(ContextChannel, name, None)
        is_handler = name in cls.handlers and function is not base
        found = getattr(function, "__covey_action__", None)
        if is_handler or found is not None or hasattr(function, "__covey_events__"):
            members[name] = with_keywords(function, style)
        if found is not None:
            marked = dataclasses.replace(found, function=members[name])
            members[name].__covey_action__ = marked
    return type(cls.__name__, (cls,), members)


def with_keywords(function: Callable[..., Any], style: Style) -> Callable[..., Any]:
    """As ``rewritten``, of one that takes keywords."""

    @functools.wraps(function)
    async def handler(*arguments: Any, **keywords: Any) -> Any:
        return await rewritten(functools.partial(function, **keywords), style)(*arguments)

    return handler


def opened(
    start: Start,
    channels: Mapping[str, type[Consumer]],
    style: Style = Style.PLAIN,
    **options: Any,
) -> Server:
    """A running server with a board on these channels."""
    server = Server(**options)
    for pattern, cls in channels.items():
        server.channel(pattern, styled(cls, style) if issubclass(cls, ContextChannel) else cls)
    fill(server)
    return start(server)


class Follower:
    """A client that holds what it was told; ``kind`` is what its anchors are."""

    def __init__(self, client: Client, kind: type[Model] = Project) -> None:
        self.client = client
        self._kind = kind.shape().name
        self.anchors: list[Any] = []
        self.rows: dict[tuple[str, Any], Row] = {}
        self.variables: dict[str, Any] = {}
        #: All that came, in its order.
        self.messages: list[Any] = []

    def enter(self, token: str | None = "ada", last_update: float | None = None) -> "Follower":
        """Is let in, and holds all there is."""
        status = self.client.authenticate(token, last_update)
        assert status == 200, status
        self.until(self._is_complete)
        return self

    def _is_complete(self) -> bool:
        last = self.messages[-1] if self.messages else None
        return (
            isinstance(last, list)
            and last[-1]["_operation"] == "end_initial_state"
            and last[-1]["_tstamp"] > 0
        )

    def receive(self) -> Any:
        message = self.client.receive_json(PATIENCE)
        self.messages.append(message)
        if isinstance(message, list):
            for row in message:
                self._take_row(row)
        elif message.get("type") == "initialAnchors":
            self.anchors = list(message["anchorIds"])
        elif message.get("type") == "prependAnchor":
            self.anchors.insert(0, message["anchorId"])
        elif message.get("type") == "runtimeVar":
            self.variables[message["var"]] = message["value"]
        return message

    def _take_row(self, row: Row) -> None:
        type_, id, operation = row["_instance_type"], row["id"], row["_operation"]
        key = (type_, id)
        if operation == "delete":
            self.rows.pop(key, None)
            if type_ == self._kind:
                self.anchors = [anchor for anchor in self.anchors if anchor != id]
        elif operation == "initial_state" or operation == "create" or key in self.rows:
            self.rows.setdefault(key, {}).update(row)
            if type_ == self._kind and id not in self.anchors:
                self.anchors.append(id)

    def until(self, condition: Callable[[], object]) -> None:
        """Receives until it holds."""
        while not condition():
            self.receive()

    def settle(self) -> None:
        """Receives all that is on its way. What changed in the turn of a call follows its answer:
        hence two."""
        self.client.call("fence")
        self.client.call("fence")
        while self.client.messages:
            self.receive()

    def row(self, model: type[Model], id: Any) -> Row:
        """An instance as it is seen, without what the wire adds."""
        row = self.rows[model.shape().name, id]
        return {name: value for name, value in row.items() if not name.startswith("_")}

    def sees(self, model: type[Model], id: Any) -> bool:
        return (model.shape().name, id) in self.rows

    def ids(self, model: type[Model]) -> set[Any]:
        return {id for type_, id in self.rows if type_ == model.shape().name}


def refusal(client: Client, token: Any = "ada") -> tuple[int, str]:
    """The code and the text that a client is refused with; then it is closed."""
    client.send_json({"token": token, "lastUpdate": None})
    answer: Any = None
    try:
        while True:
            answer = client.receive_json(PATIENCE)
    except Closed as closed:
        assert closed.code == 1000
    return answer["statusCode"], answer["error"]


def raised(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says was raised; there are no other errors in it."""
    found = []
    for record in caplog.records:
        if record.levelno >= logging.ERROR:
            assert record.name == "covey"
            assert record.exc_info is not None, record.getMessage()
            found.append(repr(record.exc_info[1]))
    return found


def is_silent(told: Told) -> bool:
    """Whether nothing was said that the test has not heard."""
    told.say("nothing more")
    return told.next() == "nothing more"
