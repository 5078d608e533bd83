"""Programs of their own: how they end is what is tested."""

import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from types import TracebackType
from typing import Any

#: Far more than any of them takes to end.
PATIENCE = 60

BEGINNING = """
import asyncio, gc, os, signal, sys, threading, time, warnings, weakref
from covey import *

def say(*words):
    print(*words, flush=True)
"""


@dataclass(frozen=True)
class Ended:
    """How a program ended, and what it had said."""

    code: int
    output: str
    errors: str


def run(source: str, *options: str) -> Ended:
    """Runs a program to its end."""
    with Program(source, *options) as program:
        return program.end()


def _obey_interrupts() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so does what that starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Program:
    """A program that runs until it is told to end."""

    def __init__(self, source: str, *options: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *options, "-c", BEGINNING + textwrap.dedent(source)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_obey_interrupts,
        )

    def __enter__(self) -> "Program":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def line(self) -> str:
        """The next line that it says."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"it ended: {self.end()}")
        return line.rstrip("\n")

    def port(self) -> int:
        """The next line, a port."""
        return int(self.line())

    def tell(self, line: Any) -> None:
        """Gives it a line to read."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> Ended:
        """Waits for its end."""
        output, errors = self._process.communicate(timeout=PATIENCE)
        return Ended(self._process.returncode, output, errors)
