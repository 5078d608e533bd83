"""A process of Covey on a layer, and the consumers in it. See node.c."""

import json
import os
import re
import signal
import subprocess
import threading
from collections import deque
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from patience import PATIENCE_SECONDS, eventually

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("COVEY_NODE", REPOSITORY / "build" / "tests" / "layers" / "node"))

MISSED, UNSENT, UNKNOWN, FULL = 1, 2, 3, 4
"""The kinds of gaps, as layer.h has them."""


class Refused(Exception):
    """What Covey said against a call."""


class Member:
    """A client of a node: a consumer. Events for it wait until they are asked for."""

    def __init__(self, port: int) -> None:
        self._opened = ExitStack()
        self._socket = self._opened.enter_context(
            connect(
                f"ws://127.0.0.1:{port}/ws",
                max_size=None,
                compression=None,
                proxy=None,
                # A test may leave answers unread for long, and pongs are behind them.
                ping_interval=None,
            )
        )
        self._heard: deque[str] = deque()

    def ask(self, verb: str, name: str = "", body: str = "") -> str:
        """Has the node do something; answers what it answers, or raises."""
        self.tell(verb, name, body)
        return self.answer()

    def tell(self, verb: str, name: str, body: str) -> None:
        """Asks without waiting for the answer."""
        self._socket.send(f"{verb}\n{name}\n{body}")

    def answer(self) -> str:
        while isinstance(said := self._socket.recv(PATIENCE_SECONDS), str):
            self._heard.append(said)
        answer = said.decode()
        if answer != "ok" and not answer.startswith("specific."):
            raise Refused(answer)
        return answer

    def join(self, group: str) -> None:
        self.ask("join", group)

    def leave(self, group: str) -> None:
        self.ask("leave", group)

    def send(self, group: str, event: Any) -> None:
        self.ask("send", group, _text(event))

    def broadcast(self, group: str, text: str) -> None:
        self.ask("broadcast", group, text)

    def send_to(self, address: str, event: Any) -> None:
        self.ask("addressed", address, _text(event))

    @property
    def address(self) -> str:
        return self.ask("address")

    def hear_text(self) -> str:
        """The next event or broadcast, as it is."""
        if self._heard:
            return self._heard.popleft()
        said = self._socket.recv(PATIENCE_SECONDS)
        assert isinstance(said, str), said
        return said

    def hear(self) -> Any:
        return json.loads(self.hear_text())

    def close(self) -> None:
        self._opened.close()


def _text(event: Any) -> str:
    return event if isinstance(event, str) else json.dumps(event)


class Node:
    """One process."""

    def __init__(self, url: str, *flags: str) -> None:
        self.process = subprocess.Popen(
            [PROGRAM, url, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline().split("\t")
        if first[0] != "listening":
            raise AssertionError(self.process.communicate()[1])
        self.port = int(first[1])
        self.said: list[list[str]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._members: list[Member] = []
        self._has_ended = False

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n").split("\t"))

    def member(self, group: str | None = None) -> Member:
        """A new consumer, in a group."""
        member = Member(self.port)
        self._members.append(member)
        if group is not None:
            member.join(group)
        return member

    @property
    def states(self) -> list[list[str]]:
        return [line[1:] for line in list(self.said) if line[0] == "state"]

    @property
    def logs(self) -> list[list[str]]:
        return [line[1:] for line in list(self.said) if line[0] == "log"]

    def gaps(self, kind: int) -> tuple[set[str], int]:
        """The groups that gaps of a kind named, and the messages they counted."""
        gaps = [line for line in list(self.said) if line[:2] == ["gap", str(kind)]]
        return {group for gap in gaps for group in gap[3:]}, sum(int(gap[2]) for gap in gaps)

    def connected(self) -> None:
        """Waits until the layer is."""
        assert eventually(lambda: self.states[-1:] == [["1", ""]]), self.said

    def count(self, kind: str) -> int:
        """One of the layer's numbers: "foreign", "errors"."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        found = re.search(rf'^covey_layer_total{{kind="{kind}"}} (\d+)$', text, re.MULTILINE)
        assert found is not None, text
        return int(found[1])

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Ends it before it can say anything."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ends it as a person would, if it has not ended."""
        if self._has_ended:
            return
        self._has_ended = True
        for member in self._members:
            member.close()
        if self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(PATIENCE_SECONDS) == 0
        self._reader.join(PATIENCE_SECONDS)
        assert self.process.stdout is not None and self.process.stderr is not None
        self.process.stdout.close()
        assert self.process.stderr.read() == ""
        self.process.stderr.close()
