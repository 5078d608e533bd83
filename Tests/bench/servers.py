"""The contenders: how each is built, found, started and stopped."""

import contextlib
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build"
OUT = BUILD / "bench"
VENV_PYTHON = OUT / "venv" / "bin" / "python"
BINDING = HERE.parents[1] / "bindings" / "python" / "src"
START_SECONDS_MAX = 20

# Peer, what proves that it is installed, what its version is read from.
PEERS = {
    "socketify": ("import socketify", ["socketify"]),
    "websockets": ("import websockets.asyncio.server", ["websockets"]),
    "channels": (
        "import channels, channels_redis, uvicorn, uvloop, httptools",
        ["channels", "channels_redis", "uvicorn"],
    ),
    "orjson": ("import orjson", ["orjson"]),
}
# What else than echo and broadcast a peer serves.
PEER_MODES = {"channels": ("chat", "action")}


class ServerFailed(Exception):
    """A server did not start, or ended by itself."""


@dataclass
class Contender:
    name: str
    commands: dict = field(default_factory=dict)  # mode: arguments
    version: str = ""
    missing: str = ""  # why it is not measured


def compile_c(name, *more, beside=()):
    """Compiles one program of this folder; raises with what cc said."""
    command = [os.environ.get("CC", "cc"), "-std=gnu11", "-O2", "-Wall"]
    command += ["-Wextra", "-Werror"]
    command += [str(HERE / f"{part}.c") for part in (name, *beside)]
    command += ["-o", str(OUT / name), *more]
    subprocess.run(command, check=True)
    return str(OUT / name)


def load():
    beside = ("client", "load_context", "load_json", "load_relay", "load_still")
    compile_c("load", "-lssl", "-lcrypto", beside=beside)


def certificate():
    """The files of a certificate, and of its key; nobody needs to believe it."""
    files = OUT / "certificate.pem", OUT / "key.pem"
    if not all(file.exists() for file in files):
        make = "openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
        make += " -days 3650 -subj /CN=localhost -out"
        command = [*make.split(), files[0], "-keyout", files[1]]
        subprocess.run(command, check=True, capture_output=True)
    return [str(file) for file in files]


def floor():
    program = compile_c("floor", "-lcrypto")
    commands = {mode: [program, "--mode", mode] for mode in ("echo", "broadcast")}
    return Contender("floor", {**commands, "events": commands["broadcast"]})


def covey():
    """What is built is measured; the rest is left out with a word."""
    found = Contender("covey")
    for mode in ("echo", "broadcast"):
        program = BUILD / "examples" / mode
        if program.exists():
            found.commands[mode] = [str(program)]
    if "echo" in found.commands:
        cert, key = certificate()
        found.commands["tls_echo"] = [*found.commands["echo"], "--cert", cert, "--key", key]
    if (BUILD / "lib" / "libcovey.so").exists():
        include = HERE.parents[1] / "include"
        library = ["-L" + str(BUILD / "lib"), "-lcovey"]
        here = "-Wl,-rpath,$ORIGIN/../lib"
        programs = {"events": (), "still": (), "contexts": ("cards",), "state": ("cards",)}
        for mode, beside in programs.items():
            program = compile_c(mode, f"-I{include}", *library, here, beside=beside)
            found.commands[mode] = [program]
        found.commands["bus"] = [compile_c("bus", "-lhiredis")]
        if (BINDING / "covey" / "__init__.py").exists():
            add_covey_python(found)
    found.missing = "" if found.commands else "not built"
    return found


def add_covey_python(found):
    """The servers in Python; without a virtual environment there are none."""
    if make_venv():
        return
    variables = {
        "PYTHONPATH": BINDING,
        "COVEY_LIBRARY": BUILD / "lib" / "libcovey.so.1",
        "PYTHONPYCACHEPREFIX": OUT / "bytecode",  # nothing is left beside the sources
    }
    # Where no bytecode may be written, each start would compile the binding.
    python = ["env", "-u", "PYTHONDONTWRITEBYTECODE"]
    python += [f"{name}={value}" for name, value in variables.items()]
    python += [str(VENV_PYTHON)]
    for program in (HERE / "python").glob("covey_*.py"):
        found.commands[program.stem.replace("covey", "python")] = [*python, str(program)]
    # The first start compiles, as an installation does..
    ask = "import covey, platform; print(platform.python_version())"
    said = subprocess.run([*python, "-c", ask], capture_output=True, text=True).stdout.strip()
    found.version = said and f"as built here, Python {said}"


def make_venv():
    """Makes the virtual environment unless it is there; returns what went wrong, or ""."""
    if VENV_PYTHON.exists():
        return ""
    command = [sys.executable, "-m", "venv", OUT / "venv"]
    made = subprocess.run(command, capture_output=True, text=True)
    return "no virtual environment: " + last_line(made.stdout) if made.returncode else ""


def run_python(*arguments):
    return subprocess.run([VENV_PYTHON, *arguments], capture_output=True, text=True)


def install(proof, requirement):
    """Installs a peer unless it is there; returns what went wrong, or ""."""
    missing = make_venv()
    if missing:
        return missing
    if run_python("-c", proof).returncode == 0:
        return ""
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    patience = ["--retries", "1", "--timeout", "20"]
    installed = run_python(*pip, *patience, *requirement.split())
    if installed.returncode:
        return "not installable: " + last_line(installed.stderr)
    imported = run_python("-c", proof)
    if imported.returncode:
        return "does not load: " + last_line(imported.stderr)
    return ""


def last_line(text):
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1][:120] if lines else "no reason given"


def peer(name):
    proof, distributions = PEERS[name]
    requirements = (HERE / "peers" / "requirements.txt").read_text()
    requirement = next(line for line in requirements.splitlines() if line.startswith(name))
    missing = install(proof, requirement)
    if missing:
        return Contender(name, missing=missing)
    ask = "import sys, importlib.metadata as m; "
    ask += "print(*[f'{d} {m.version(d)}' for d in sys.argv[1:]], sep=', ')"
    version = run_python("-c", ask, *distributions).stdout.strip()
    program = [str(VENV_PYTHON), str(HERE / "peers" / f"peer_{name}.py")]
    if name == "orjson":
        # Its texts are those that Covey is given.
        return Contender(name, {"put": [*program, str(OUT / "state")]}, version)
    modes = ("echo", "broadcast", *PEER_MODES.get(name, ()))
    commands = {mode: [*program, "--mode", mode] for mode in modes}
    if name == "socketify":
        cert, key = certificate()
        commands["tls_echo"] = [*commands["echo"], "--cert", cert, "--key", key]
    return Contender(name, commands, version)


@contextlib.contextmanager
def running(command, core, name="server"):
    """Starts a server on this core; gives (process id, port)."""
    said, logged = OUT / f"{name}.out", OUT / f"{name}.log"
    with open(said, "wb") as output, open(logged, "wb") as log:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", "0"],
            stdout=output,
            stderr=log,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
    try:
        yield process.pid, wait_for_port(process, said, logged)
        if process.poll() is not None:
            raise ServerFailed(f"it ended by itself: {process.returncode}")
    finally:
        process.kill()
        process.wait()


def wait_for_port(process, said, logged):
    give_up = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < give_up:
        found = re.search(r"listening on .*:(\d+)", said.read_text())
        if found:
            return int(found[1])
        if process.poll() is not None:
            log = last_line(logged.read_text(errors="replace"))
            raise ServerFailed(f"it did not start: {log}")
        time.sleep(0.01)
    raise ServerFailed(f"not listening after {START_SECONDS_MAX} seconds")
