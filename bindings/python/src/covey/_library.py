"""Finds libcovey, loads it, and gives its functions the signatures of ``_abi``.

Two views of the same file:

``lib``
    Keeps the interpreter's lock during a call: for everything that is quick. Handlers that such a
    call runs on the same thread find the lock held.
``blocking``
    Releases it: for the three calls that wait, or that another thread's handlers run in.
"""

import os
from ctypes import CDLL, PyDLL

from . import _abi

NAME = f"libcovey.so.{_abi.VERSION_MAJOR}"
PLUGIN = "libwebsockets-evlib_uv.so"
BLOCKING = ("covey_server_free", "covey_server_run", "covey_server_wait")


def find(chosen: str | None, folder: str) -> str:
    """The file to load: the chosen one, else the one in the folder, else the system's."""
    if chosen:
        if not os.path.isfile(chosen):
            raise ImportError(f"COVEY_LIBRARY names {chosen}, which is no file")
        return chosen
    beside = os.path.join(folder, NAME)
    return beside if os.path.exists(beside) else NAME


def load(path: str) -> PyDLL:
    try:
        return PyDLL(path)
    except OSError as error:
        raise not_loaded(path, str(error)) from None


def not_loaded(path: str, reason: str) -> ImportError:
    """What to say about the loader's ``libuv.so.1: cannot open shared object file: ...``."""
    missing = reason.partition(":")[0]
    stem, _, number = missing.partition(".so.")
    if missing == NAME:
        return ImportError(
            f"{NAME} was not found beside the package or among the system's libraries; "
            "install Covey, or name the file in the environment variable COVEY_LIBRARY"
        )
    if stem in ("libwebsockets", "libuv"):
        return ImportError(
            f"{missing}, which {path} needs, is missing; on Debian: apt-get install {stem}{number}"
        )
    return ImportError(f"{path} could not be loaded: {reason}")


def check_version(path: str, version: str) -> None:
    """Raises ImportError unless a library of this version offers what ``_abi`` declares."""
    major, minor = (int(number) for number in version.split(".")[:2])
    if major != _abi.VERSION_MAJOR or minor < _abi.VERSION_MINOR:
        raise ImportError(
            f"{path} is version {version} of Covey; this package needs "
            f"{_abi.VERSION_MAJOR}.{_abi.VERSION_MINOR} or a later {_abi.VERSION_MAJOR}.x"
        )


def check_plugin(name: str = PLUGIN) -> None:
    """Raises ImportError if libwebsockets will not find what it drives libuv with.

    It loads that itself when a server is made, so no loader names it as missing before.
    """
    try:
        PyDLL(name)
    except OSError:
        websockets = loaded_file("libwebsockets.so")
        if websockets is None or os.path.exists(os.path.join(os.path.dirname(websockets), name)):
            return  # nothing can be told, or it lies where libwebsockets was installed
        if hasattr(PyDLL(websockets), "uv_loop_init"):
            return  # linked with libuv: this build has no plugins
        raise ImportError(
            f"{name}, the plugin by which libwebsockets runs on libuv, is missing; "
            "on Debian: apt-get install libwebsockets-evlib-uv"
        ) from None


def loaded_file(prefix: str) -> str | None:
    """The path of the first library in this process whose file name begins so."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
            for line in maps:
                path = line.rstrip("\n").partition("/")[2]
                if os.path.basename(path).startswith(prefix):
                    return f"/{path}"
    except OSError:
        pass
    return None


def configure(library: CDLL, path: str, names: tuple[str, ...]) -> None:
    for name in names:
        try:
            function = getattr(library, name)
        except AttributeError:
            raise ImportError(f"{path} lacks {name}, which its version should have") from None
        function.restype, function.argtypes = _abi.SIGNATURES[name]


path = find(os.environ.get("COVEY_LIBRARY"), os.path.dirname(__file__))
lib = load(path)
lib.covey_version.restype = _abi.SIGNATURES["covey_version"][0]
check_version(path, lib.covey_version().decode())
configure(lib, path, tuple(_abi.SIGNATURES))
blocking = CDLL(path)
configure(blocking, path, BLOCKING)
check_plugin()
