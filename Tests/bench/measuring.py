"""One measurement: a fresh server under load, or a program by itself."""

import json
import os
import subprocess
from dataclasses import dataclass

import servers
import table


@dataclass
class Scenario:
    kind: str  # as load.c names it: fanout, echo, idle, delta
    mode: str  # what the server does: broadcast, echo, events, contexts
    connections: int
    in_flight: int = 1
    size: int = 64
    chain: tuple = tuple(table.CHAIN)

    @property
    def name(self):
        if self.kind == "idle":
            return "idle"
        what = "events" if self.mode == "events" else self.kind
        return f"{what}-{self.connections}-{self.in_flight}-{self.size}"

    @property
    def title(self):
        if self.kind == "idle":
            return f"idle, {self.connections} connections"
        what = {"broadcast": "fan-out", "events": "event fan-out"}
        who = "connections" if self.kind == "echo" else "members"
        return (
            f"{what.get(self.mode, 'echo')}, {self.connections} {who}, "
            f"{self.in_flight} in flight, {self.size} B"
        )


def measure(scenario, command, cores, seconds, more=None):
    """Runs one fresh server under load; returns what the generator says, which is given more
    options."""
    with servers.running(command, cores[0]) as up:
        pid, port = up
        load = {
            "scenario": scenario.kind,
            "port": port,
            "pid": pid,
            "core": cores[1],
            "connections": scenario.connections,
            "in-flight": scenario.in_flight,
            "size": scenario.size,
            "seconds": seconds,
            **(more or {}),
        }
        command = [str(servers.OUT / "load")]
        for name, value in load.items():
            command += [f"--{name}", str(value)]
        command += ["--tls"] if scenario.mode.startswith("tls") else []
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return json.loads(done.stdout)
    try:
        said = json.loads(done.stdout)
    except ValueError:
        raise servers.ServerFailed(servers.last_line(done.stderr)) from None
    text = f"{said['missing']} of {said['asked']} deliveries missing "
    text += f"({said['short_clients']} clients), {said['wrong']} wrong, "
    text += f"{said['lost']} connections lost"
    raise servers.ServerFailed(text + (said["fault"] and f"; {said['fault']}"))


def measure_program(command, core):
    """Runs a program that measures itself; returns what it says."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    if done.returncode:
        raise servers.ServerFailed(servers.last_line(done.stderr))
    return json.loads(done.stdout)
