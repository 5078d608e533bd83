"""Runs the project beside two processes of Covey, on a Redis of their own.

    run.py [--layer django|django-pubsub] [--port PORT]

Ctrl-C ends all of them; so does the end of one.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CHAT = Path(os.environ.get("COVEY_EXAMPLES", HERE.parents[1] / "build" / "examples")) / "chat"
#: What Django and Covey are told for each layer. Those of channels_redis have its names as well.
LAYERS = {
    "django": ("core", "redis+django+unix"),
    "django-pubsub": ("pubsub", "redis+django-pubsub+unix"),
}
LAYERS |= {django: (django, scheme) for django, scheme in LAYERS.values()}
START_SECONDS = 30
#: What to do when a program is not there.
MISSING = {
    "redis-server": "there is no redis-server: install it",
    str(CHAT): f"there is no {CHAT}: run make at the top of the tree first",
}

programs: dict[str, subprocess.Popen[str]] = {}


def start(name: str, *command: str | Path, **options: Any) -> subprocess.Popen[str]:
    # Ctrl-C is for this program, which ends the others in turn.
    try:
        program = programs[name] = subprocess.Popen(
            command, text=True, start_new_session=True, **options
        )
    except FileNotFoundError as error:
        raise SystemExit(MISSING.get(str(error.filename), str(error))) from None
    return program


def look_after() -> None:
    """Ends this program when one of the others has ended."""
    for name, program in programs.items():
        if program.poll() is not None:
            raise SystemExit(f"{name} ended, with status {program.returncode}")


def wait_for(name: str, is_there: Callable[[], bool]) -> None:
    end = time.monotonic() + START_SECONDS
    while not is_there():
        look_after()
        if time.monotonic() > end:
            raise SystemExit(f"{name} does not start")
        time.sleep(0.05)


def start_redis(path: Path) -> None:
    command = ("redis-server", "--port", "0", "--unixsocket", path, "--save", "")
    start("Redis", *command, stdout=subprocess.DEVNULL)
    wait_for("Redis", path.exists)


def start_django(layer: str, redis: Path, port: int) -> str:
    with socket.create_server(("127.0.0.1", port)) as listening:
        start(
            "Django",
            *(sys.executable, "-m", "uvicorn", "tutorial.asgi:application"),
            *("--fd", str(listening.fileno()), "--log-level", "warning"),
            cwd=HERE,
            env=os.environ | {"LAYER": LAYERS[layer][0], "REDIS": f"unix://{redis}"},
            pass_fds=[listening.fileno()],
        )
        host, port = listening.getsockname()
    wait_for("Django", lambda: answers(host, port))
    return f"{host}:{port}"


def answers(host: str, port: int) -> bool:
    """The socket is there before the program that serves on it: it may take a while."""
    connection = HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def start_covey(name: str, layer: str, redis: Path, port: int) -> str:
    url = f"{LAYERS[layer][1]}://{redis}"
    program = start(name, CHAT, "--port", str(port), "--layer", url, stdout=subprocess.PIPE)
    assert program.stdout is not None
    line = program.stdout.readline()
    if not line.startswith("listening on "):
        program.wait()
        look_after()
    return line.removeprefix("listening on ").strip()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--layer", choices=LAYERS, default="django", help="Django's (django)")
    parser.add_argument("--port", type=int, default=8000, help="and the next two; 0: any (8000)")
    line = parser.parse_args()
    ports = [line.port + number if line.port else 0 for number in range(3)]

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory() as folder:
        redis = Path(folder) / "redis.sock"
        try:
            start_redis(redis)
            print(f"Django on http://{start_django(line.layer, redis, ports[0])}/", flush=True)
            for number, port in enumerate(ports[1:], 1):
                address = start_covey(f"Covey's chat {number}", line.layer, redis, port)
                print(f"Covey on http://{address}/", flush=True)
            while True:
                look_after()
                time.sleep(0.2)
        except KeyboardInterrupt:
            pass
        except OSError as error:
            raise SystemExit(str(error)) from None
        finally:
            # The last first: whoever uses Redis goes before it.
            for program in reversed(programs.values()):
                program.terminate()
                program.wait()


if __name__ == "__main__":
    main()
