"""What all examples have in common: their flags, how they start and how they end."""

import json
import random
import re
import signal
import socket
import threading
import time
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from conftest import Start
from example_program import ExampleProgram, run_to_its_end

NAMES = ["echo", "broadcast", "embed", "chat", "board"]
PYTHON_NAMES = [f"python/{name}" for name in ("chat", "board", "notifications", "dashboard")]
PATHS = {
    "chat": "/ws/chat/lobby/",
    "board": "/ws/projects/1/",
    "notifications": "/ws/notifications/?token=alice-token",
    "dashboard": "/ws/online/?token=alice-token",
}

FLAGS = [
    *("--host", "--port", "--unix", "--cert", "--key", "--reuse-port", "--proxy"),
    *("--watch", "--drain"),
]

UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: {authority}\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)

HELD_UP_SECONDS = 3 + 7
"""The end waits so long for clients that do not answer: what examples say (flush_timeout_ms), and
more for a machine that is busy."""

every_example = pytest.mark.parametrize("name", NAMES + PYTHON_NAMES)
every_example_in_c = pytest.mark.parametrize("name", NAMES)


def free_port() -> int:
    """A port nobody gets who asks for any: it is below those that the system hands out."""
    while True:
        port = random.randrange(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def path_of(name: str) -> str:
    return PATHS.get(name.removeprefix("python/"), "/")


@every_example
def test_help_explains_the_flags(name: str) -> None:
    ended = run_to_its_end(name, "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    for flag in (*FLAGS, *(["--max-message"] if name in NAMES else [])):
        assert flag in ended.stdout
    assert re.search(r"SIGTERM\s\(5000\)", ended.stdout)


@every_example
@pytest.mark.parametrize(
    "flags",
    [
        ["--port"],
        ["--port", ""],
        ["--port", "x"],
        ["--port", "-1"],
        ["--port", "+1"],
        ["--port", " 1"],
        ["--port", "1 "],
        ["--port", "0x10"],
        ["--port", "65536"],
        ["--port", "18446744073709551617"],
        ["--drain"],
        ["--drain", "-1"],
        ["--drain", "1s"],
        ["--drain", "4294967296"],
        ["--cert", "file.pem"],
        ["--key", "file.pem"],
        ["--nonsense"],
        ["nonsense"],
    ],
)
def test_a_bad_flag_ends_with_the_usage_and_status_2(name: str, flags: list[str]) -> None:
    assert_usage(name, *flags)


@every_example_in_c
@pytest.mark.parametrize("size", ["0", "1e3", "1073741825"])
def test_messages_have_a_size_that_can_be(name: str, size: str) -> None:
    assert_usage(name, "--max-message", size)


def assert_usage(name: str, *flags: str) -> None:
    ended = run_to_its_end(name, *flags)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "usage:" in ended.stderr


@every_example
def test_a_host_that_is_no_address_ends_with_status_1(name: str) -> None:
    ended = run_to_its_end(name, "--host", "nowhere", "--port", "0")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "nowhere" in ended.stderr


@every_example
def test_a_port_that_is_taken_ends_with_status_1(start: Start, name: str) -> None:
    first = start(name)
    ended = run_to_its_end(name, "--port", str(first.port))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.strip() != ""
    with first.connect(path_of(name)) as client:
        assert client.ping().wait(timeout=10)


@every_example
def test_it_says_where_it_listens(start: Start, name: str) -> None:
    program = start(name, "--host", "127.0.0.1")
    assert program.first_line == f"listening on 127.0.0.1:{program.port}\n"
    with program.connect(path_of(name)):
        pass


def test_an_ipv6_address_is_written_in_brackets(start: Start) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 on this machine")
    program = start("echo", "--host", "::1")
    assert program.first_line == f"listening on [::1]:{program.port}\n"
    with program.connect() as client:
        client.send("hi")
        assert client.recv() == "hi"


def test_a_port_can_be_chosen(start: Start) -> None:
    port = free_port()
    assert start("echo", "--port", str(port)).port == port


@every_example
def test_two_run_side_by_side(start: Start, name: str) -> None:
    one, other = start(name), start(name)
    assert one.port != other.port
    one.stop()
    with other.connect(path_of(name)) as client:
        assert client.ping().wait(timeout=10)


@every_example
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_says_goodbye(start: Start, name: str, by: signal.Signals) -> None:
    program = start(name, *(["--drain", "0"] if by == signal.SIGTERM else []))
    with program.connect(path_of(name)) as client, pytest.raises(ConnectionClosed) as closed:
        program.stop(by)
        while True:
            client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001


@every_example
def test_a_client_that_does_not_listen_does_not_hold_it_up(start: Start, name: str) -> None:
    program = start(name)
    with socket.create_connection((program.host, program.port)) as deaf:
        deaf.sendall(UPGRADE.format(path=path_of(name), authority=program.authority).encode())
        assert b" 101 " in deaf.recv(4096)
        program.stop(within=HELD_UP_SECONDS)


@pytest.mark.parametrize("name", ["echo", "broadcast", "embed"])
def test_a_client_that_does_not_read_does_not_hold_it_up(start: Start, name: str) -> None:
    program = start(name)
    # Flow control of this client: it stops reading after the first few frames.
    with pytest.raises(ConnectionClosed), program.connect(max_queue=1, close_timeout=1) as client:
        for _ in range(8):
            client.send(b"x" * (4 << 20))
        program.stop(within=HELD_UP_SECONDS)
        while True:
            client.recv()


class Crowd:
    """Clients that stay until they are ended."""

    def __init__(self, program: ExampleProgram, size: int) -> None:
        self.program = program
        self.codes: list[int | None] = []
        self.ended: list[float] = []
        self.here = threading.Semaphore(0)
        self.clients = [threading.Thread(target=self.stay) for _ in range(size)]
        for client in self.clients:
            client.start()
        for _ in self.clients:
            assert self.here.acquire(timeout=10)

    def stay(self) -> None:
        with self.program.connect(path_of(self.program.name)) as client:
            self.here.release()
            with suppress(ConnectionClosed):
                while True:
                    client.recv()
        self.ended.append(time.monotonic())
        self.codes.append(client.close_code)

    def wait(self) -> None:
        for client in self.clients:
            client.join(timeout=10)


@every_example
def test_sigterm_sees_clients_off_within_the_window(start: Start, name: str) -> None:
    program = start(name, "--drain", "600")
    crowd = Crowd(program, 8)
    program.stop(by=signal.SIGTERM)
    crowd.wait()
    assert crowd.codes == [1012] * 8
    assert max(crowd.ended) - min(crowd.ended) > 0.05  # not all at one moment


@every_example
def test_it_drains_unless_told_otherwise(start: Start, name: str) -> None:
    program = start(name, "--watch")
    crowd = Crowd(program, 8)
    program.process.send_signal(signal.SIGTERM)
    while (state := json.loads(program.get("/report")[1])["state"]) == "running":
        pass
    assert state == "draining"
    program.stop()
    crowd.wait()
    assert len(crowd.codes) == 8
    assert set(crowd.codes) <= {1001, 1012}


@every_example
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_a_drain(start: Start, name: str, by: signal.Signals) -> None:
    program = start(name, "--drain", "4000000000")
    with program.connect(path_of(name)) as client, pytest.raises(ConnectionClosed) as closed:
        program.process.send_signal(signal.SIGTERM)
        # New clients are refused once it drains.
        while True:
            try:
                with program.connect(path_of(name)):
                    pass
            except InvalidStatus as refused:
                assert refused.response.status_code == 503
                break
        program.stop(by)
        while True:
            client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001


@every_example
def test_without_clients_a_drain_is_over_at_once(start: Start, name: str) -> None:
    start(name, "--drain", "4000000000").stop(by=signal.SIGTERM)


@every_example_in_c  # Python goes back to the system's handlers when it ends
def test_a_second_signal_changes_nothing(start: Start, name: str) -> None:
    program = start(name)
    program.process.send_signal(signal.SIGTERM)
    program.stop(by=signal.SIGINT)


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_of_work_ends_it(start: Start, by: signal.Signals) -> None:
    """Where a handler in Python begins, a signal was once lost."""
    for _ in range(8):
        program = start("python/notifications", "--drain", "0")
        path = path_of(program.name)
        with program.connect(path, max_queue=None) as client, pytest.raises(ConnectionClosed):
            for _ in range(2000):
                client.send('{"model":"shop.Order","id":"7"}')
            program.stop(by)
            while True:
                client.recv()
