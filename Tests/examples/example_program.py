"""A running example, and the client that talks to it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection, HTTPResponse
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as connect_client

REPOSITORY = Path(__file__).resolve().parents[2]
BINARIES = Path(os.environ.get("COVEY_EXAMPLES", REPOSITORY / "build" / "examples"))

PYTHON = os.environ.get("COVEY_PYTHON", sys.executable)
"""Runs the examples in Python. One that is named has the package installed."""

STOP_SECONDS = 15
"""How long the end is waited for: far longer than it takes, also on a machine that is busy."""


def command(name: str) -> list[str | Path]:
    """Of an example in C, such as "chat", or in Python: "python/chat"."""
    if name.startswith("/"):
        return [name]
    folder, _, program = name.rpartition("/")
    if not folder:
        return [BINARIES / program]
    return [PYTHON, REPOSITORY / "examples" / name / f"{program}.py"]


def environment() -> dict[str, str]:
    """Where Python finds the package: where it is installed, or else in this tree."""
    if "COVEY_PYTHON" in os.environ or find_spec("covey") is not None:
        return dict(os.environ)
    package, library = REPOSITORY / "bindings" / "python" / "src", BINARIES.parent / "lib"
    return os.environ | {
        "PYTHONPATH": str(package),
        "COVEY_LIBRARY": str(library / "libcovey.so.1"),
    }


def _obey_interrupts() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so does what that starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class ExampleProgram:
    """One process. Made listening; `stop` ends it and checks how it ended."""

    def __init__(self, name: str, *flags: str) -> None:
        if not any(flag.startswith(("--port", "--unix")) for flag in flags):
            flags = (*flags, "--port", "0")
        self.name = name
        self.may_warn_of: tuple[str, ...] = ()
        self.process = subprocess.Popen(
            [*command(name), *flags],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_obey_interrupts,
        )
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline()
        if not self.first_line.startswith("listening on "):
            self.process.kill()
            _, errors = self.process.communicate()
            raise AssertionError(f"{name} said {self.first_line!r} and {errors!r}")
        self.authority = self.first_line.removeprefix("listening on ").rstrip("\n")
        if self.authority.startswith("/"):
            return
        host, port = self.authority.rsplit(":", 1)
        self.host, self.port = host.strip("[]"), int(port)

    @contextmanager
    def connect(self, path: str = "/", **options: Any) -> Iterator[ClientConnection]:
        """A WebSocket client without extensions and without limits of its own."""
        defaults: dict[str, Any] = {"max_size": None, "compression": None, "proxy": None}
        scheme = "wss" if "ssl" in options else "ws"
        with connect_client(f"{scheme}://{self.authority}{path}", **(defaults | options)) as client:
            yield client

    def join(self, room: str, **options: Any) -> AbstractContextManager[ClientConnection]:
        """A client in a chat room."""
        return self.connect(f"/ws/chat/{quote(room, safe='')}/", **options)

    def get(self, path: str, method: str = "GET") -> tuple[HTTPResponse, bytes]:
        """The answer to a request whose path is sent exactly as it is given."""
        connection = HTTPConnection(self.host, self.port, timeout=10)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    def stop(self, by: signal.Signals = signal.SIGINT, within: float = STOP_SECONDS) -> None:
        """Ends the process as a person would: status 0, in time, without a word but for what the
        test has it warn of (`may_warn_of`). After SIGTERM that takes as long as --drain says
        while clients are there."""
        if self.process.returncode is not None:
            return
        self.process.send_signal(by)
        try:
            output, errors = self.process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise AssertionError(f"still running {within} s after {by.name}") from None
        lines = errors.splitlines(keepends=True)
        errors = "".join(line for line in lines if not line.startswith(self.may_warn_of))
        ended = (self.process.wait(), output, errors)
        assert ended == (0, "", ""), f"after {by.name}: {ended}"


def run_to_its_end(name: str, *flags: str) -> subprocess.CompletedProcess[str]:
    """For command lines that do not lead to a running server."""
    return subprocess.run(
        [*command(name), *flags], env=environment(), capture_output=True, text=True, timeout=10
    )
