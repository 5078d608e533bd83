#!/usr/bin/env python3
"""Endurance: a chat and a board, and a crowd of clients that come, go, lag, flood and lie.

    soak.py [--minutes 10] [--clients 2000] [--seed N]

Beside the crowd a polite client of each server measures how long an answer takes. Memory and
descriptors are looked at every few seconds. It fails when a polite client is not answered, when
memory or descriptors grow after the first minute, when something is left once the crowd has gone,
or when a program says a word or does not end well.
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from websockets.sync.client import connect

BUILD = Path(__file__).resolve().parents[2] / "build"
#: Seconds between looks.
PERIOD = 3
#: A polite client is answered in so many seconds, however loud it is around it.
PATIENCE = 20
#: What memory may grow by after the first minute: allocators are not exact.
SLACK = 0.10
SLACK_KIB = 2048


class Program:
    """An example that serves, and what it uses."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [BUILD / "examples" / name, "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        self.port = int(line.rpartition(":")[2])
        self.samples: list[tuple[float, int, int]] = []
        self.first = self.descriptors()

    def memory(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0])

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def look(self, at: float) -> None:
        self.samples.append((at, self.memory(), self.descriptors()))

    def cpu(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        user, system = fields.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> list[str]:
        self.process.send_signal(signal.SIGINT)  # at once
        try:
            output, errors = self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return [f"{self.name} does not end"]
        # Of what the crowd did there are warnings, each at most once in ten seconds.
        usual = ("consumer ", "connection ")
        errors = "".join(
            line for line in errors.splitlines(keepends=True) if not line.startswith(usual)
        )
        ended = (self.process.returncode, output, errors)
        return [] if ended == (0, "", "") else [f"{self.name} ended with {ended}"]


class Polite(threading.Thread):
    """A client that asks, waits for its answer, and notes how long it took."""

    def __init__(self, program: Program, path: str, first: str, ask: str, mark: str) -> None:
        super().__init__(daemon=True)
        self.url = f"ws://127.0.0.1:{program.port}{path}"
        self.first, self.ask, self.mark = first, ask, mark
        self.times: list[float] = []
        self.fault = ""
        self.is_over = threading.Event()

    def run(self) -> None:
        try:
            with connect(self.url, max_size=None, compression=None) as client:
                if self.first:
                    client.send(self.first)
                number = 0
                while not self.is_over.wait(0.1):
                    number += 1
                    begun = time.monotonic()
                    client.send(self.ask % number)
                    while self.mark % number not in str(client.recv(timeout=PATIENCE)):
                        if time.monotonic() - begun > PATIENCE:
                            raise TimeoutError
                    self.times.append(time.monotonic() - begun)
        except Exception as error:  # whatever it was, the server failed it
            self.fault = f"{self.url}: {type(error).__name__}: {error}"


def grown(program: Program, from_second: float) -> list[str]:
    """Whether its memory and descriptors are flat from then on."""
    late = [one for one in program.samples if one[0] >= from_second]
    if len(late) < 10:
        return []
    fifth = max(1, len(late) // 5)
    faults = []
    for position, what in ((1, "KiB"), (2, "descriptors")):
        begin = statistics.median(one[position] for one in late[:fifth])
        end = statistics.median(one[position] for one in late[-fifth:])
        slack = SLACK_KIB if position == 1 else 200
        if end > begin * (1 + SLACK) + slack:
            faults.append(f"{program.name} grew from {begin:.0f} to {end:.0f} {what}")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("COVEY_SEED", 0)))
    options = parser.parse_args()
    seed = options.seed or random.randrange(1 << 32)
    seconds = int(options.minutes * 60)
    print(f"{options.clients} clients for {seconds} s, seed {seed}", flush=True)

    chat, board = Program("chat"), Program("board")
    programs = [chat, board]
    ask = '{"type":"action","callId":%d,"action":"add","params":[1,2]}'
    polite = [
        Polite(chat, "/ws/chat/quiet/", "", '{"message":"%d"}', '"%d"'),
        Polite(board, "/ws/projects/2/", '{"token":"alice-token"}', ask, '"callId":%d,'),
    ]
    crowd = subprocess.Popen(
        [
            BUILD / "soak" / "crowd",
            *map(str, (chat.port, board.port, options.clients, seconds, seed)),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    for one in polite:
        one.start()
    begun = time.monotonic()
    while crowd.poll() is None:
        time.sleep(PERIOD)
        for program in programs:
            program.look(time.monotonic() - begun)
        if len(chat.samples) % 20 == 0:
            told = "; ".join(
                f"{one.name} {one.samples[-1][1]} KiB, {one.samples[-1][2]} descriptors"
                for one in programs
            )
            print(f"{time.monotonic() - begun:5.0f} s: {told}", flush=True)
    said = json.loads(crowd.communicate()[0])
    for one in polite:
        one.is_over.set()
        one.join(PATIENCE + 1)
    faults = [one.fault for one in polite if one.fault]
    faults += [f"{one.url} was never answered" for one in polite if not one.times]

    # Who is gone without a word is noticed when it has been silent for a minute at the latest.
    end = time.monotonic() + 90
    while time.monotonic() < end and any(one.descriptors() > one.first for one in programs):
        time.sleep(0.5)
    for program in programs:
        left = program.descriptors() - program.first
        if left > 0:
            faults.append(f"{program.name} has {left} descriptors left")
        faults += grown(program, min(60, seconds / 3))

    print(f"the crowd: {said}")
    print("| | memory, most | at the end | descriptors, most | CPU | answer, median | longest |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for program, one in zip(programs, polite, strict=True):
        times = sorted(one.times) or [float("nan")]
        print(
            f"| {program.name} | {max(s[1] for s in program.samples)} KiB | {program.memory()} KiB "
            f"| {max(s[2] for s in program.samples)} | {program.cpu():.1f} s "
            f"| {times[len(times) // 2] * 1e3:.1f} ms | {times[-1] * 1e3:.0f} ms |"
        )
    for program in programs:
        faults += program.stop()
    for fault in faults:
        print(f"FAILED {fault}", file=sys.stderr)
    print(f"{'failed' if faults else 'passed'}, seed {seed}")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
