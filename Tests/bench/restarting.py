"""A rolling restart: two processes on one port are replaced, one after the other, while clients
are connected."""

import json
import os
import signal
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass

import servers


def free_port():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@dataclass
class Restarted:
    connections: int
    window: float  # seconds that each process has for seeing its clients off

    mode = "echo"

    def measure(self, contenders, cores, seconds, covey):
        contender = contenders.get("covey")
        command = contender and contender.commands.get("echo")
        if not command:
            return None
        port = free_port()
        drain = str(round(self.window * 1000))
        command = [*command, "--host", "127.0.0.1", "--port", str(port)]
        command += ["--reuse-port", "--drain", drain]
        with ExitStack() as running:

            def start():
                return running.enter_context(serving(command))

            old = [start(), start()]
            # So long the clients stay: also on a busy machine all are back by then. What is
            # measured is over when they are.
            seconds = round(2 * self.window + 20)
            clients = running.enter_context(staying(port, self.connections, seconds))
            expect(clients.stdout.readline(), "connected\n")
            before = time.monotonic()
            for process in old:
                start()
                process.send_signal(signal.SIGTERM)
                process.wait(30)
            took = time.monotonic() - before
            said = json.loads(clients.communicate()[0])
        if said["connected"] != self.connections:
            raise servers.ServerFailed(f"{said['connected']} of {self.connections} are back")
        return {**said, "took": took}


def serving(command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    if "listening" not in line:
        process.wait()
        raise servers.ServerFailed(f"it did not start: {line.strip()}")
    return Ended(process)


def staying(port, connections, seconds):
    program = servers.compile_c("restart")
    command = [program, "--port", str(port), "--connections", str(connections)]
    command += ["--seconds", str(seconds)]
    return Ended(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))


def expect(said, wanted):
    if said != wanted:
        raise servers.ServerFailed("the clients do not get connected")


class Ended:
    """A process that is ended with the block."""

    def __init__(self, process):
        self.process = process

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
