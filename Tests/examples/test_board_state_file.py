"""board --state: what was answered is there again, however the program ended."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from board_client import ALL, follow
from board_data import NOTES_OF_ALICE, WEBSITE, data_set, task
from conftest import Start
from example_program import ExampleProgram, run_to_its_end


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def kill(board: ExampleProgram) -> None:
    board.process.send_signal(signal.SIGKILL)
    board.process.communicate(timeout=10)


def test_without_a_file_everything_is_forgotten(start: Start) -> None:
    board = start("board")
    with follow(board, WEBSITE) as client:
        client.call("rename", "Our site")
    board.stop()
    with follow(start("board"), WEBSITE) as client:
        assert client.project() == data_set("alice-token")[2]


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_what_was_answered_is_there_after_a_restart(start: Start, tmp_path: Path, end: str) -> None:
    file = tmp_path / "state"
    board = start("board", "--state", str(file))
    with follow(board, WEBSITE) as website, follow(board, ALL, "bob-token") as everything:
        website.call("rename", 'Our "site" \0 🎉')
        website.create_task(1, title="Launch", done=False, assignee=3)
        website.save("board.Task", 2, done=True, assignee=None)
        website.save("board.Task", 3, project=2)
        website.delete_task(1)
        everything.call("create_project", "Podcast")
        everything.create_task(4, title="Find a voice", done=False)
        everything.call("add", 1, 1)  # what was changed before it has come with its answer
        before = everything.projects()
        if end == "kill":
            kill(board)
    if end == "stop":
        board.stop()

    board = start("board", "--state", str(file))
    with follow(board, ALL, "bob-token") as client:
        assert client.projects() == before
        assert client.names() == ["Podcast", "Web shop", "Mobile app", 'Our "site" \0 🎉']
        assert client.create_task(4, title="Record", done=False)["instanceId"] == 8
        assert client.call("create_project", "Blog")["result"] == 5
    kill(board)
    with follow(start("board", "--state", str(file)), ALL, "alice-token") as client:
        assert client.names()[:2] == ["Blog", "Podcast"]
        assert [task["id"] for task in client.projects()[1]["tasks"]] == [7, 8]
        assert client.projects()[-1]["notes"] == NOTES_OF_ALICE


def test_the_file_has_a_line_for_each_change(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "state"
    board = start("board", "--state", str(file))
    assert len(lines_of(file)) == 14
    with follow(board, WEBSITE) as client:
        client.save("board.Task", 3, done=True)
        client.delete_task(3)
    saved, *deleted = lines_of(file)[14:]
    assert (saved["model"], saved["id"]) == ("board.Task", "3")
    assert saved["json"] == task(3, 1, "Choose a font", True, None)
    rows = {(line["model"], line["id"]): line["json"] for line in deleted}
    assert rows["board.Task", "3"] is None
    assert rows["board.Project", "1"]["tasks"] == [1, 2]
    assert 0 < saved["version"] < deleted[0]["version"]


def test_the_file_is_made_compact_at_each_start(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "state"
    board = start("board", "--state", str(file))
    with follow(board, WEBSITE) as client:
        for number in range(20):
            client.call("rename", f"Name {number}")
        client.delete_task(1)
    assert len(lines_of(file)) > 14 + 20
    kill(board)
    start("board", "--state", str(file))
    rows = [(line["model"], line["id"]) for line in lines_of(file)]
    assert len(rows) == len(set(rows)) == 13
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_a_last_line_that_is_torn_is_ignored(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "state"
    board = start("board", "--state", str(file))
    with follow(board, WEBSITE) as client:
        client.call("rename", "First")
        client.call("rename", "Second")
    kill(board)
    whole = file.read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    for cut in (1, len(last) // 2, len(last) - 1):
        file.write_bytes(whole[:-cut])
        board = start("board", "--state", str(file))
        with follow(board, WEBSITE) as client:
            assert client.project()["name"] == ("Second" if cut == 1 else "First")
        kill(board)


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        (b"nonsense\n", "no change"),
        (b'{"model":"board.Task","id":"1","json":\n', "no change"),
        (b'{"model":"board.Task","id":"1","json":7,"version":1}\n', "no change"),
        (b'{"model":"board.Thing","id":"1","json":{"id":1},"version":1}\n', ""),
        (b'{"model":"board.Task","id":"9","json":{"id":9},"version":1}\n', "project"),
        (b'{"model":"board.Task","id":"1","json":{"id":2},"version":1}\n', "no change"),
        (b"\n", "no change"),
    ],
)
def test_an_earlier_line_that_is_broken_is_named(
    start: Start, tmp_path: Path, broken: bytes, word: str
) -> None:
    file = tmp_path / "state"
    start("board", "--state", str(file)).stop()
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:5], broken, *lines[5:]]))
    ended = run_to_its_end("board", "--port", "0", "--state", str(file))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"{file} line 6: ")
    assert word in ended.stderr
    assert file.read_bytes().count(broken) >= 1


def test_an_empty_file_is_none(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "state"
    file.touch()
    with follow(start("board", "--state", str(file)), WEBSITE) as client:
        assert client.project() == data_set("alice-token")[2]


@pytest.mark.parametrize("name", ["missing/state", "."])
def test_a_file_that_cannot_be_is_an_error(tmp_path: Path, name: str) -> None:
    ended = run_to_its_end("board", "--port", "0", "--state", str(tmp_path / name))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert str(tmp_path) in ended.stderr
