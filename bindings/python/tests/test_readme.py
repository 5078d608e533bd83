"""What the README shows is true: its programs are run and spoken to, the rest is executed."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import unix_connect

from covey.errors import ActionError
from covey.testing import Client

README = Path(__file__).resolve().parents[1] / "README.md"
#: By the heading above it.
BLOCKS = {
    (heading, number): code
    for heading, text in re.findall(
        r"^## (.+?)\n(.*?)(?=^## |\Z)", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
}
#: More than a program needs to begin, or to end.
PATIENCE = 20

Conversation = Callable[[int, "subprocess.Popen[str]"], None]
CONVERSATIONS: dict[str, Conversation] = {}


def speaks_to(heading: str) -> Callable[[Conversation], Conversation]:
    """Marks what speaks to the program below a heading."""

    def mark(function: Conversation) -> Conversation:
        CONVERSATIONS[heading] = function
        return function

    return mark


def is_program(code: str) -> bool:
    return "port=8000" in code or "server.listen(" in code


def listening_port(process: "subprocess.Popen[str]") -> int | None:
    """Where a program listens, from /proc: it was told port 0, so that no other program is met."""
    sockets = set()
    for descriptor in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            sockets.add(os.readlink(descriptor))
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        _, address, _, state, *_, inode = line.split()[:10]
        if state == "0A" and f"socket:[{inode}]" in sockets:
            return int(address.partition(":")[2], 16)
    return None


def port_of(found: "re.Match[str]") -> str:
    return "port=0" if "=" in found[0] else "0"


@contextmanager
def running(code: str, folder: Path) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    """A program of the README on a port of its own. It must end well after SIGTERM, or have
    ended."""
    program = folder / "program.py"
    program.write_text(re.sub(r"port=8000|(?<=listen\()9000", port_of, code), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, program],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield wait_for(process), process
        if process.stdin is not None and not process.stdin.closed:
            process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert (process.returncode, output, errors) == (0, "", "")


def wait_for(process: "subprocess.Popen[str]") -> int:
    """The port, when it has answered a request: then it handles signals, too."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        port = listening_port(process)
        if port is not None:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                assert connection.recv(1)
            return port
        time.sleep(0.02)
    raise AssertionError(f"the program does not listen: {process.communicate()}")


# --------------------------------------------------------------------- programs


@speaks_to("A chat")
def chat(port: int, _: Any) -> None:
    with Client(port, "ws/chat/lobby/") as one, Client(port, "ws/chat/lobby/") as other:
        with Client(port, "ws/chat/elsewhere/") as third:
            one.send_json({"message": "hi"})
            assert one.receive_json() == other.receive_json() == {"message": "hi"}
            assert third.receive_nothing()
        one.send("nonsense")
        assert "error" in one.receive_json()


@speaks_to("Without asyncio")
def lobby(port: int, _: Any) -> None:
    assert Client(port, "ws/lobby/").connect() == (False, 403)
    with Client(port, "ws/lobby/?name=Ada") as ada:
        with Client(port, "ws/lobby/?name=Bob") as bob:
            bob.send("hi")
            assert ada.receive() == "Bob: hi"
            assert bob.receive_nothing()
        assert ada.receive() == "Bob has left"


@speaks_to("In an asyncio program")
def clock(port: int, _: Any) -> None:
    with Client(port, "ws/clock/") as client:
        second = int(client.receive())
        assert int(client.receive()) == second + 1


@speaks_to("Beside threads")
def news(port: int, process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    with Client(port, "ws/news/") as client:
        for line in ("first", "second"):
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            assert client.receive() == line
        process.stdin.close()
        assert client.receive_close() == 1001
    process.stdin = None


@speaks_to("Functions instead of classes")
def functions(port: int, _: Any) -> None:
    with Client(port, "ws/echo/") as client:
        for message in ("text", b"bytes"):
            client.send(message)
            assert client.receive() == message
    with Client(port, "ws/sum/") as client:
        for number, total in (("1", "1"), ("20", "21"), ("21", "42")):
            client.send(number)
            assert client.receive() == total


@speaks_to("State that clients hold")
def state(port: int, _: Any) -> None:
    with Client(port, "ws/projects/1/") as ada, Client(port, "ws/projects/1/") as bob:
        assert (ada.authenticate("ada-token"), bob.authenticate("bob-token")) == (200, 200)
        ada.receive_until(lambda frame: rows(frame)[-1:] == ["end_initial_state"])
        bob.receive_until(lambda frame: rows(frame)[-1:] == ["end_initial_state"])
        assert ada.call("rename", "Park") == "Garden"
        assert changed(bob)["name"] == "Park"
        ada.save("Task", 7, done=True)
        assert changed(bob)["done"] is True
        assert ada.create("Task", ("Project", 1), "tasks", title="  Water ") == 8
        assert changed(bob)["title"] == "Water"
        for code, attempt in (
            (403, lambda: ada.save("Task", 7, done=False)),
            (403, lambda: ada.delete("Task", 8)),
            (400, lambda: ada.call("rename", 5)),
            (422, lambda: ada.call("rename", "")),
        ):
            with pytest.raises(ActionError) as refused:
                attempt()
            assert refused.value.code == code
    with Client(port, "ws/projects/2/") as client:
        assert client.authenticate("bob-token") == 403
    with Client(port, "ws/projects/1/") as client:
        assert client.authenticate("nobody") == 401


@speaks_to("Several processes")
def several_processes(port: int, process: "subprocess.Popen[str]") -> None:
    folder = Path(f"/proc/{process.pid}/cwd").resolve() / "other"
    folder.mkdir()
    with (
        running(BLOCKS["Several processes", 0], folder) as (other_port, _),
        Client(port, "ws/chat/lobby/") as one,
        Client(other_port, "ws/chat/lobby/") as other,
    ):
        # Until the other one is in the group, as far as this one can know.
        end = time.monotonic() + PATIENCE
        while other.receive_nothing(0.05) and time.monotonic() < end:
            one.send_json({"message": "anybody?"})
        one.send_json({"message": "hi"})
        for hearing in (one, other):
            hearing.receive_until(lambda frame: frame == {"message": "hi"})


@speaks_to("In production")
def production(port: int, process: "subprocess.Popen[str]") -> None:
    with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        assert b"covey_consumers" in answer.read()
    path = Path(f"/proc/{process.pid}/cwd/feed.sock").resolve()
    with unix_connect(str(path), "ws://example.com/ws/feed/?token=ada-token") as client:
        process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=PATIENCE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
    process.wait(PATIENCE)


def rows(frame: Any) -> list[str]:
    """What is done to the rows of a frame."""
    return [row["_operation"] for row in frame] if isinstance(frame, list) else []


def changed(client: Client) -> Any:
    """The first row of the next frame that has rows of a change."""
    frames = client.receive_until(lambda frame: {"update", "create"} & set(rows(frame)))
    return frames[-1][0]


def test_there_is_somebody_to_speak_to_each_program() -> None:
    programs = {heading for (heading, _), code in BLOCKS.items() if is_program(code)}
    assert programs == set(CONVERSATIONS)


@pytest.mark.parametrize("heading", CONVERSATIONS)
def test_a_program_does_what_is_said_of_it(
    heading: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if "REDIS_URL" in BLOCKS[heading, 0]:
        if os.environ.get("REDIS") == "0":
            pytest.skip("the library is built without layers")
        redis = request.getfixturevalue("redis")
        monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{redis.port}")
    with running(BLOCKS[heading, 0], tmp_path) as (port, process):
        CONVERSATIONS[heading](port, process)


# --------------------------------------------------------------------- the rest


@pytest.mark.parametrize(
    "block",
    [block for block, code in BLOCKS.items() if not is_program(code)],
    ids=lambda block: block[0],
)
def test_the_rest_runs(block: tuple[str, int], tmp_path: Path) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(BLOCKS[block], encoding="utf-8")
    command = [sys.executable, str(file)]
    if "def test_" in BLOCKS[block]:
        is_installed = any(one.name == "covey" for one in entry_points(group="pytest11"))
        plugin = [] if is_installed else ["-p", "pytest_covey"]
        command = [sys.executable, "-m", "pytest", "-q", *plugin, str(file)]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout


def test_the_chat_is_as_short_as_is_said() -> None:
    assert len(BLOCKS["A chat", 0].splitlines()) <= 22


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README.read_text(encoding="utf-8")):
        assert (README.parent / target).exists(), target
