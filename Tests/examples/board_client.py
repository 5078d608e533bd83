"""Clients of the board: the original one, and one of Covey's own."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from example_program import ExampleProgram
from original_client import OriginalClient

Message = dict[str, Any]
Row = dict[str, Any]

MODEL = {
    "board.Project": {
        "tasks": "board.Task",
        "members": "board.Member",
        "notes": "board.Note",
    },
    "board.Task": {"assignee": "board.Member"},
    "board.Member": {},
    "board.Note": {},
}
ALL = "/ws/projects/"
ANSWER_SECONDS = 10
QUIET_SECONDS = 0.2
"""How long nothing must come before nothing is taken to be on its way. On a busy machine that is
wrong: what must come is waited for."""


def error_of(answer: Message) -> int:
    """The code of an answer that is an error, with words."""
    code: int = answer["error"]["code"]
    assert answer["error"]["message"] != ""
    return code


def project_path(project: int | str) -> str:
    return f"/ws/projects/{project}/"


class OwnState:
    """What a client of Covey's own makes of its frames: rows by type and id, nothing else."""

    def __init__(self) -> None:
        self.anchors: list[int] = []
        self.rows: dict[tuple[str, Any], Row] = {}

    def receive(self, text: str) -> None:
        message = json.loads(text)
        if isinstance(message, list):
            for row in message:
                self._receive_row(row)
        elif message["type"] == "initialAnchors":
            self.anchors = message["anchorIds"]
        elif message["type"] == "prependAnchor":
            self.anchors.insert(0, message["anchorId"])

    def _receive_row(self, row: Row) -> None:
        key = (row["_instance_type"], row["id"])
        known = self.rows.get(key)
        if row["_operation"] == "end_initial_state":
            return
        assert row["id"] is not None
        if known is not None and row["_version"] <= known["_version"]:
            return
        if row["_operation"] == "delete":
            self.rows.pop(key, None)
            self.anchors = [anchor for anchor in self.anchors if key != ("board.Project", anchor)]
        else:
            self.rows[key] = (known or {}) | row

    def state(self) -> list[Any]:
        """The anchors; one that was announced, and whose row is on its way, is `{}`."""
        return [
            self._shown("board.Project", id_) if ("board.Project", id_) in self.rows else {}
            for id_ in self.anchors
        ]

    def _shown(self, type_: str, id_: Any) -> Any:
        row = self.rows[type_, id_]
        shown: Row = {}
        for name, value in row.items():
            if name.startswith("_"):
                continue
            target = MODEL[type_].get(name)
            if target is None or value is None:
                shown[name] = value
            elif isinstance(value, list):
                shown[name] = [self._shown(target, id_) for id_ in value]
            else:
                shown[name] = self._shown(target, value)
        return shown


class BoardClient:
    """One connection, all that came over it, and the state that two kinds of client make of it."""

    def __init__(self, connection: ClientConnection, path: str, is_own: bool) -> None:
        self.connection = connection
        self.frames: list[str] = []
        self._is_many = path == ALL
        self._is_own = is_own
        self._original = OriginalClient("board.Project", self._is_many, MODEL)
        self._own = OwnState()
        self._last_id = 1795247640458000000

    def receive(self, timeout: float = ANSWER_SECONDS) -> Any:
        """The next frame, parsed; it has become part of the state."""
        text = self.connection.recv(timeout=timeout)
        assert isinstance(text, str)
        self.frames.append(text)
        if self._is_own:
            self._own.receive(text)
        else:
            self._original.receive(text)
        return json.loads(text)

    def receive_until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self.receive()

    def receive_all(self) -> None:
        """Everything that is on its way."""
        with suppress(TimeoutError):
            while True:
                self.receive(QUIET_SECONDS)

    def receive_all_and_see(self, look: Callable[[], Any], expected: Any) -> None:
        """Everything that is on its way, and what else it takes until this is seen."""
        self.receive_all()
        with suppress(TimeoutError):
            self.receive_until(lambda: look() == expected)
        assert look() == expected

    def receive_to_the_end(self) -> int:
        """Everything until the server closes; answers the code."""
        try:
            while True:
                self.receive()
        except ConnectionClosed as closed:
            assert closed.rcvd is not None
            return closed.rcvd.code

    # ------------------------------------------------------------ first frame

    def send_token(self, token: str | None) -> None:
        frame: Message = {"token": token, "lastUpdate": self._original.last_update}
        if self._is_own:
            frame["covey"] = 1
        self.connection.send(json.dumps(frame))

    def receive_snapshot(self) -> None:
        """Up to the end of the first load: the only end marker that bears a time."""
        while True:
            message = self.receive()
            if isinstance(message, list) and message[-1]["_operation"] == "end_initial_state":
                if message[-1]["_tstamp"] > 0:
                    return
            elif isinstance(message, dict):
                assert "error" not in message, message

    # --------------------------------------------------------------- requests

    def call(self, action: str, *params: Any) -> Message:
        """Calls an action, and waits for its answer."""
        self._last_id += 1
        self.send(callId=self._last_id, action=action, params=list(params))
        return self._answer("callId", self._last_id)

    def save(self, type_: str, id_: int, **data: Any) -> Message:
        return self._write("save", instanceType=type_, instanceId=id_, data=data)

    def create_task(self, project: int, **data: Any) -> Message:
        return self._write(
            "create",
            instanceType="board.Task",
            parentType="board.Project",
            parentId=project,
            relationName="tasks",
            data=data,
        )

    def delete_task(self, id_: int) -> Message:
        return self._write("delete", instanceType="board.Task", instanceId=id_)

    def _write(self, operation: str, **rest: Any) -> Message:
        self._last_id += 1
        self.send(type="write", writeId=self._last_id, operation=operation, **rest)
        return self._answer("writeId", self._last_id)

    def send(self, **message: Any) -> None:
        self.connection.send(json.dumps(message))

    def _answer(self, key: str, id_: int) -> Message:
        while True:
            message = self.receive()
            if isinstance(message, dict) and message.get(key) == id_:
                return message

    # ------------------------------------------------------------------ state

    def projects(self) -> list[Any]:
        """All that is seen, nested; a list also on the channel that shows one."""
        if self._is_own:
            return self._own.state()
        state = self._original.state()
        return state if self._is_many else [state]

    def project(self) -> Any:
        (project,) = self.projects()
        return project

    def tasks(self) -> dict[int, Any]:
        return {task["id"]: task for task in self.project()["tasks"]}

    def names(self) -> list[str | None]:
        return [project.get("name") for project in self.projects()]

    def viewers(self) -> Any:
        return self._original.runtime_variables.get("viewers")

    def rows(self, since: int = 0) -> list[Row]:
        """Every row of every frame."""
        messages = [json.loads(frame) for frame in self.frames[since:]]
        return [row for message in messages if isinstance(message, list) for row in message]


@contextmanager
def connect(board: ExampleProgram, path: str, is_own: bool = False) -> Iterator[BoardClient]:
    # What a test has not asked for waits, and must not keep the client from closing.
    with board.connect(path, max_queue=None) as connection:
        yield BoardClient(connection, path, is_own)


@contextmanager
def follow(
    board: ExampleProgram, path: str, token: str = "alice-token", is_own: bool = False
) -> Iterator[BoardClient]:
    """A client that is in, and has its first load."""
    with connect(board, path, is_own) as client:
        client.send_token(token)
        client.receive_snapshot()
        yield client
