"""Processes of faults_node.c, with a member in each of their groups."""

import asyncio
import contextlib
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

import websockets

PROGRAM = os.environ.get("FAULTS_NODE", "build/tests/layers/faults_node")
MISSED, UNSENT, UNKNOWN, FULL = 1, 2, 3, 4


def milliseconds() -> int:
    return time.monotonic_ns() // 1_000_000


class Node:
    """One life of a process. What its members got is kept beyond its end."""

    def __init__(
        self, url: str, groups: int, each_ms: int, answer_ms: int, under: Sequence[str] = ()
    ) -> None:
        self.arguments = [*under, PROGRAM, url, str(groups), str(each_ms), str(answer_ms)]
        self.groups = groups
        self.process: asyncio.subprocess.Process
        self.port = 0
        self.sender = ""
        self.began = 0
        self.killed: int | None = None
        self.last: int | None = None
        self.is_connected = False
        self.states: list[tuple[int, bool, str]] = []
        #: kind, time, groups
        self.gaps: list[tuple[int, int, frozenset[int]]] = []
        #: by group and sender: number, when it was sent, when it came
        self.heard: dict[tuple[int, str], list[tuple[int, int, int]]] = {}
        #: when each group's member was there
        self.joined: dict[int, int] = {}
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *self.arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 24,
        )
        self.tasks.append(asyncio.create_task(self._read()))
        while not self.sender:
            assert self.process.returncode is None, "the node does not start"
            await asyncio.sleep(0.005)
        self.began = milliseconds()
        self.tasks += [asyncio.create_task(self._member(group)) for group in range(self.groups)]
        while len(self.joined) < self.groups:
            await asyncio.sleep(0.005)

    async def _read(self) -> None:
        assert self.process.stdout
        async for line in self.process.stdout:
            match line.decode().rstrip("\n").split(" "):
                case ["port", port]:
                    self.port = int(port)
                case ["sender", sender]:
                    self.sender = sender
                case ["gap", when, kind, *groups]:
                    numbers = frozenset(int(name[1:]) for name in groups if name[0] == "g")
                    self.gaps.append((int(kind), int(when), numbers))
                case ["state", when, connected, *reason]:
                    self.is_connected = connected == "1"
                    self.states.append((int(when), self.is_connected, " ".join(reason)))
                case ["quiet", number]:
                    self.last = int(number)

    async def _member(self, group: int) -> None:
        with contextlib.suppress(OSError, websockets.ConnectionClosed):
            address = f"ws://127.0.0.1:{self.port}/g{group}"
            async with websockets.connect(
                address, ping_interval=None, max_queue=None, compression=None
            ) as member:
                self.joined[group] = milliseconds()
                async for text in member:
                    said = json.loads(text)
                    assert said["g"] == group
                    place = self.heard.setdefault((group, said["s"]), [])
                    place.append((said["n"], said["t"], milliseconds()))

    def say(self, word: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(word.encode() + b"\n")

    async def kill(self) -> None:
        self.killed = milliseconds()
        self.process.kill()
        await self.end()

    async def stop(self) -> int:
        self.say("stop")
        return await self.end()

    async def end(self) -> int:
        code = await self.process.wait()
        await asyncio.gather(*self.tasks)
        return code

    def resident(self) -> int:
        """KiB."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1])
        return 0

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))
