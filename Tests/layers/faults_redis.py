"""A redis-server of a test's own, which can be treated badly."""

import asyncio
import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Self

REDIS_SERVER = os.environ.get("REDIS_SERVER", "redis-server")


def free_port() -> int:
    while True:
        port = random.randint(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Redis:
    def __init__(self, *options: str, port: int | None = None) -> None:
        self.port = port or free_port()
        self.folder = tempfile.TemporaryDirectory(prefix="covey-faults-")
        self.options = options
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def socket_path(self) -> Path:
        return Path(self.folder.name) / "redis.sock"

    async def start(self) -> None:
        said = subprocess.run([REDIS_SERVER, "--version"], capture_output=True, text=True)
        version = int((re.search(r"v=(\d+)", said.stdout) or [0, 0])[1])
        debug = ["--enable-debug-command", "yes"] if version >= 7 else []
        self.process = subprocess.Popen(
            [
                *(REDIS_SERVER, "--port", str(self.port), "--bind", "127.0.0.1"),
                *("--unixsocket", str(self.socket_path), "--save", "", "--appendonly", "no"),
                *("--dir", self.folder.name, *debug, *self.options),
            ],
            stdout=subprocess.DEVNULL,
        )
        while True:
            with contextlib.suppress(OSError):
                await self.do("PING")
                return
            assert self.process.poll() is None, f"{REDIS_SERVER} does not start"
            await asyncio.sleep(0.01)

    def kill(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
            self.process = None

    def signal(self, number: signal.Signals) -> None:
        if self.process:
            os.kill(self.process.pid, number)

    async def do(self, command: str) -> str:
        """Says one line, and answers the first line of what comes of it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(command.encode() + b"\r\n")
            return (await reader.readline()).decode().strip()
        finally:
            writer.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.kill()
        self.folder.cleanup()
