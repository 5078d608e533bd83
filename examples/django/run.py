"""Runs the project beside two processes of Covey, on a Redis of their own.

    run.py [--layer core|pubsub] [--port PORT]

Ctrl-C ends all of them.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHAT = Path(os.environ.get("COVEY_EXAMPLES", HERE.parents[1] / "build" / "examples")) / "chat"
SCHEMES = {"core": "redis+django+unix", "pubsub": "redis+django-pubsub+unix"}
START_SECONDS = 10

programs: list[subprocess.Popen[str]] = []


def start(*command: str | Path, **options: object) -> subprocess.Popen[str]:
    # Ctrl-C is for this program, which ends the others in turn.
    program = subprocess.Popen(command, text=True, start_new_session=True, **options)
    programs.append(program)
    return program


def start_redis(path: Path) -> None:
    command = ("redis-server", "--port", "0", "--unixsocket", path, "--save", "")
    start(*command, stdout=subprocess.DEVNULL)
    end = time.monotonic() + START_SECONDS
    while not path.exists():
        if programs[-1].poll() is not None or time.monotonic() > end:
            raise SystemExit("redis-server does not start")
        time.sleep(0.01)


def start_django(layer: str, redis: Path, port: int) -> str:
    with socket.create_server(("127.0.0.1", port)) as listening:
        start(
            *(sys.executable, "-m", "uvicorn", "tutorial.asgi:application"),
            *("--fd", str(listening.fileno()), "--log-level", "warning"),
            cwd=HERE,
            env=os.environ | {"LAYER": layer, "REDIS": f"unix://{redis}"},
            pass_fds=[listening.fileno()],
        )
        host, port = listening.getsockname()
        return f"{host}:{port}"


def start_covey(layer: str, redis: Path, port: int) -> str:
    url = f"{SCHEMES[layer]}://{redis}"
    program = start(CHAT, "--port", str(port), "--layer", url, stdout=subprocess.PIPE)
    assert program.stdout is not None
    line = program.stdout.readline()
    if not line.startswith("listening on "):
        raise SystemExit(f"{CHAT} does not start")
    return line.removeprefix("listening on ").strip()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--layer", choices=SCHEMES, default="core", help="Django's (core)")
    parser.add_argument("--port", type=int, default=8000, help="and the next two; 0: any (8000)")
    line = parser.parse_args()
    ports = [line.port + number if line.port else 0 for number in range(3)]

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory() as folder:
        redis = Path(folder) / "redis.sock"
        try:
            start_redis(redis)
            print(f"Django on http://{start_django(line.layer, redis, ports[0])}/", flush=True)
            for port in ports[1:]:
                print(f"Covey on http://{start_covey(line.layer, redis, port)}/", flush=True)
            signal.pause()
        except KeyboardInterrupt:
            pass
        finally:
            # The last first: whoever uses Redis goes before it.
            for program in reversed(programs):
                program.terminate()
                program.wait()


if __name__ == "__main__":
    main()
