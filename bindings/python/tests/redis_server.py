"""A redis-server for tests, on loopback."""

import random
import shutil
import subprocess
import time
from pathlib import Path

from told import PATIENCE


class Redis:
    """One that listens on a free port, until it is stopped."""

    def __init__(self, folder: Path) -> None:
        self.port = 0
        if shutil.which("redis-server") is None:
            raise RuntimeError("redis-server is missing: install the package redis-server")
        for _ in range(10):
            self.port = random.randrange(20_000, 32_000)
            self._begin(folder)
            if self._answers():
                return
            self.stop()
        raise RuntimeError("redis-server did not start, in ten attempts")

    def _begin(self, folder: Path) -> None:
        options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--dir", str(folder), *options],
            stdout=subprocess.DEVNULL,
        )

    def _answers(self) -> bool:
        """Whether it is this one that listens there."""
        end = time.monotonic() + PATIENCE
        while self._process.poll() is None and time.monotonic() < end:
            said = subprocess.run(
                ["redis-cli", "-p", str(self.port), "info", "server"],
                capture_output=True,
                text=True,
                check=False,
            )
            if f"process_id:{self._process.pid}\n" in said.stdout:
                return True
            time.sleep(0.05)
        return False

    def command(self, *words: str) -> None:
        subprocess.run(
            ["redis-cli", "-p", str(self.port), *words], check=True, stdout=subprocess.DEVNULL
        )

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(PATIENCE)
