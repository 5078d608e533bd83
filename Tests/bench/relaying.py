"""Two servers on a layer over Redis: what it costs the one that has the members when somebody on
the other one sends.

On two cores each process cannot have its own. The server that is measured has the first one alone,
as every server here; the load generator, redis-server and the sender's server share the last one:
none of them counts, and in the phase that is measured nothing waits for a time. Where it is time
that is measured, redis-server has the last core with the generator, which sleeps, and both servers
are on the first one, where the program is that they are compared with.
"""

import contextlib
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass

import measuring
import servers
from measuring import Scenario

PORTS = 20_000, 32_000
ATTEMPTS = 20


@dataclass
class Relayed:
    """Two fresh servers and a fresh bus, under load."""

    scenario: Scenario
    scheme: str  # of the layer's URL
    contender: str = "covey"
    arguments: tuple = ()

    @property
    def mode(self):
        return self.scenario.mode

    def measure(self, contenders, cores, seconds, covey):
        contender = contenders.get(self.contender)
        command = contender and contender.commands.get(self.mode)
        if not command or not shutil.which("redis-server"):
            return None
        is_time = self.scenario.kind == "relay-time"
        with contextlib.ExitStack() as stack:
            bus_pid, bus_port = stack.enter_context(bus(cores[1]))
            url = f"{self.scheme}://127.0.0.1:{bus_port}"
            command = [*command, *self.arguments, "--layer", url]
            sender_core = cores[0] if is_time else cores[1]
            sender_pid, sender_port = stack.enter_context(
                servers.running(command, sender_core, "sender")
            )
            more = {"sender-pid": sender_pid, "sender-port": sender_port, "bus-pid": bus_pid}
            return measuring.measure(self.scenario, command, cores, seconds, more)


@dataclass
class Bare:
    """Publish and receive by hiredis."""

    mode = "bus"

    def measure(self, contenders, cores, seconds, covey):
        contender = contenders.get("covey")
        command = contender and contender.commands.get(self.mode)
        if not command or not shutil.which("redis-server"):
            return None
        with bus(cores[1]) as (_, port):
            command = [*command, "--port", str(port), "--seconds", str(seconds)]
            return measuring.measure_program(command, cores[0])


@contextlib.contextmanager
def bus(core):
    """Starts a redis-server that keeps nothing; gives (process id, port)."""
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ATTEMPTS):
            port = random.randrange(*PORTS)
            process = start_bus(port, folder, core)
            if answers(process, port):
                break
        else:
            raise servers.ServerFailed(f"no redis-server answered on {ATTEMPTS} ports")
        try:
            yield process.pid, port
            if process.poll() is not None:
                raise servers.ServerFailed(f"redis-server ended by itself: {process.returncode}")
        finally:
            process.kill()
            process.wait()


def start_bus(port, folder, core):
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--save", "", "--appendonly", "no", "--dir", folder]
    return subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )


def answers(process, port):
    """Whether this process is there, and not another one that had the port already."""
    give_up = time.monotonic() + servers.START_SECONDS_MAX
    while process.poll() is None and time.monotonic() < give_up:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as to:
            to.sendall(b"INFO server\r\n")
            if f"process_id:{process.pid}\r".encode() in to.recv(65536):
                return True
        time.sleep(0.01)
    process.kill()
    process.wait()
    return False
