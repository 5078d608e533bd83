"""examples/django: a project of Django's and two processes of Covey in the same rooms."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from websockets import Origin
from websockets.sync.client import ClientConnection, connect

from node import REPOSITORY
from patience import PATIENCE_SECONDS, eventually

EXAMPLE = REPOSITORY / "examples" / "django"
sys.path.insert(0, str(EXAMPLE))
from tutorial.groups import group_name  # noqa: E402

IDLE_SECONDS = 6.5
"""Longer than BZPOPMIN of channels_redis waits, and than an answer may take by redis-py's default:
five seconds, both. A pause of real time, for these clocks are in processes of others."""

ROOMS = ["lobby", "Küche", "a b", "🎉" * 40, "x" * 200]


@dataclass
class Example:
    """What run.py runs."""

    layer: str
    hosts: list[str] = field(default_factory=list)

    def start(self, folder: Path) -> None:
        self.errors = (folder / "errors").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, EXAMPLE / "run.py", "--layer", self.layer, "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            cwd=folder,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert self.process.stdout is not None
        for name in ("Django", "Covey", "Covey"):
            line = self.process.stdout.readline()
            assert line.startswith(f"{name} on http://"), line + self.said
            self.hosts.append(line.split("//")[1].rstrip("/\n"))

    @property
    def said(self) -> str:
        self.errors.seek(0)
        return self.errors.read()

    def join(self, host: str, room: str) -> AbstractContextManager[ClientConnection]:
        url, origin = f"ws://{host}/ws/chat/{quote(room, safe='')}/", Origin(f"http://{host}")
        return connect(url, origin=origin, proxy=None)

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(PATIENCE_SECONDS) == 0
        assert self.process.stdout is not None
        self.process.stdout.close()
        said = self.said
        self.errors.close()
        assert set(said.splitlines()) == {"the layer is connected"}, said


@pytest.fixture
def example(layer: str, tmp_path: Path) -> Iterator[Example]:
    example = Example(layer)
    try:
        example.start(tmp_path)
        yield example
    finally:
        example.stop()


def say(client: ClientConnection, message: str) -> None:
    client.send(json.dumps({"message": message}))


def hear(client: ClientConnection) -> str:
    return str(json.loads(client.recv(PATIENCE_SECONDS))["message"])


def meet(clients: list[ClientConnection]) -> None:
    """Waits until everybody hears everybody: who is new in a room is not there at once."""
    for number, client in enumerate(clients):

        def reaches_all(number: int = number, client: ClientConnection = client) -> bool:
            say(client, f"anybody there? {number}")
            try:
                for other in clients:
                    while json.loads(other.recv(0.5))["message"] != f"anybody there? {number}":
                        pass
            except TimeoutError:
                return False
            return True

        assert eventually(reaches_all)
    for client in clients:
        say(client, "here we are")
    for client in clients:
        for _ in clients:
            while hear(client) != "here we are":
                pass


def test_clients_of_django_and_of_covey_and_a_view_meet_in_a_room(example: Example) -> None:
    for room in ROOMS:
        with ExitStack() as stack:
            clients = [stack.enter_context(example.join(host, room)) for host in example.hosts]
            meet(clients)
            for number, client in enumerate(clients):
                say(client, f"hello, {number}")
                assert [hear(other) for other in clients] == [f"hello, {number}"] * 3
            url = f"http://{example.hosts[0]}/announce/{quote(room, safe='')}/"
            with urlopen(Request(url, "dinner is ready 🍲".encode(), method="POST")) as answer:
                assert answer.status == 204
            assert [hear(client) for client in clients] == ["dinner is ready 🍲"] * 3


def test_who_says_nothing_for_a_while_still_hears(example: Example) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(example.join(host, "lobby")) for host in example.hosts]
        meet(clients)
        time.sleep(IDLE_SECONDS)
        for number, client in enumerate(clients):
            say(client, f"still here, {number}")
            assert [hear(other) for other in clients] == [f"still here, {number}"] * 3


def test_django_serves_the_pages_of_the_chat(example: Example) -> None:
    host = example.hosts[0]
    for path, begin in [("", b"<!doctype html>"), ("chat/K%C3%BCche/", b"<!doctype html>")]:
        with urlopen(f"http://{host}/{path}") as answer:
            assert answer.read().startswith(begin)
            assert answer.headers["Content-Type"].startswith("text/html")
    with urlopen(f"http://{host}/static/room.js") as answer:
        assert answer.headers["Content-Type"].startswith("text/javascript")
    for path in ("static/no", "static/%2e%2e%2findex.html", "static/..", "chat/a/b/"):
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"http://{host}/{path}")


def run(*flags: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """For what does not lead to an example that runs."""
    return subprocess.run(
        [sys.executable, EXAMPLE / "run.py", "--port", "0", *flags],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    ended = run(COVEY_EXAMPLES=str(tmp_path))
    assert (ended.returncode, "run make" in ended.stderr) == (1, True), ended.stderr
    ended = run(PATH=str(tmp_path))
    assert (ended.returncode, "install it" in ended.stderr) == (1, True), ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_end_of_one_process_is_told_and_ends_the_others(tmp_path: Path) -> None:
    example = Example("django")
    example.start(tmp_path)
    process = example.process.pid
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    os.kill(int(children[-1]), signal.SIGKILL)
    assert example.process.wait(PATIENCE_SECONDS) == 1
    assert example.said.endswith("Covey's chat 2 ended, with status -9\n")
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    example.errors.close()
    assert example.process.stdout is not None
    example.process.stdout.close()


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("chat_lobby", "chat_lobby"),
        ("x" * 99, "x" * 99),
        ("a b", "covey-a-20b"),
        ("covey-a", "covey-covey-2da"),
        ("Küche", "covey-K-c3-bcche"),
        ("x" * 100, "covey--09ecb6ebc8bcefc733f6f2ec44f791abeed6a99edf0cc31519637898aebd52d8"),
    ],
)
def test_django_writes_the_names_of_groups_as_covey_does(name: str, written: str) -> None:
    assert group_name(name) == written
