"""A redis-server of one's own."""

import os
import random
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import redis

from patience import eventually

REDIS_SERVER = os.environ.get("REDIS_SERVER", "redis-server")

START_ATTEMPTS = 20


class RedisServer:
    """Listens on loopback, and on a Unix socket, until it is stopped."""

    def __init__(self, *flags: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="covey-redis-"))
        self.socket = self.folder / "redis.sock"
        for _ in range(START_ATTEMPTS):
            self.port = random.SystemRandom().randrange(20_000, 32_000)
            self.process = self._start(flags)
            if eventually(lambda: self.socket.exists() or self.process.poll() is not None) and (
                self.process.poll() is None
            ):
                break
        else:
            raise AssertionError(f"no {REDIS_SERVER} listens after {START_ATTEMPTS} attempts")
        self._clients: list[Any] = []

    def _start(self, flags: tuple[str, ...]) -> subprocess.Popen[bytes]:
        options = {
            "port": self.port,
            "bind": "127.0.0.1",
            "unixsocket": self.socket,
            "save": "",
            "appendonly": "no",
            "dir": self.folder,
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        return subprocess.Popen(
            [REDIS_SERVER, *arguments, *flags],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    def client(self, db: int = 0, password: str | None = None, user: str | None = None) -> Any:
        """One that answers with bytes."""
        client = redis.Redis("127.0.0.1", self.port, db, password, username=user)
        self._clients.append(client)
        return client

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder)
