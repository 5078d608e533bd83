"""Where a server listens."""

import os
from collections.abc import Sequence
from ctypes import POINTER, byref, c_char_p, c_uint16, cast, sizeof
from typing import TYPE_CHECKING, TypedDict

from . import _abi
from ._library import lib
from ._memory import c_name, c_number, new_error, texts
from .errors import InvalidArgument, check

if TYPE_CHECKING:
    from .driving import Driving

Path = str | os.PathLike[str]

_FLAGS = {
    "reuse_port": _abi.LISTEN_REUSE_PORT,
    "proxy_protocol": _abi.LISTEN_PROXY_PROTOCOL,
    "certificate_optional": _abi.LISTEN_CERTIFICATE_OPTIONAL,
    "operators": _abi.LISTEN_OPERATORS,
}


class ListenSettings(TypedDict, total=False):
    """The fields of covey_listen_options; those that name files lose ``_file``."""

    reuse_port: bool
    proxy_protocol: bool
    certificate_optional: bool
    operators: bool
    backlog: int
    path: Path
    owner: str
    mode: int
    descriptor: int
    certificate: Path
    key: Path
    client_ca: Path
    trusted_proxies: Sequence[str]


def listen(server: "Driving", port: int, host: str, settings: ListenSettings) -> int:
    """Opens a listening socket and answers its port; 0 for a Unix socket."""
    unknown = set(settings) - set(ListenSettings.__annotations__)
    if unknown:
        raise TypeError(f"listen has no setting {min(unknown)!r}")
    given = _abi.ListenOptions(
        struct_size=sizeof(_abi.ListenOptions),
        flags=sum(flag for name, flag in _FLAGS.items() if settings.get(name)),
        backlog=c_number(settings.get("backlog", 0), 32, "backlog"),
        mode=c_number(settings.get("mode", 0), 32, "mode"),
        descriptor=c_number(settings.get("descriptor", 0), 31, "descriptor"),
    )
    if "path" not in settings and "descriptor" not in settings:
        given.address = c_name(host, "address")
        given.port = c_number(port, 16, "port")
    for name, field in (
        ("path", "path"),
        ("certificate", "certificate_file"),
        ("key", "key_file"),
        ("client_ca", "client_ca_file"),
    ):
        if name in settings:
            setattr(given, field, _c_path(settings[name], name))  # type: ignore[literal-required]
    if "owner" in settings:
        given.owner = c_name(settings["owner"], "owner")
    proxies = settings.get("trusted_proxies", ())
    if isinstance(proxies, str):
        raise TypeError("trusted_proxies must be a list of texts, not one text")
    given.trusted_proxies = cast(texts(proxies), POINTER(c_char_p))
    chosen, error = c_uint16(), new_error()
    check(lib.covey_server_listen(server.handle, byref(given), byref(chosen), byref(error)), error)
    return chosen.value


def _c_path(path: Path, what: str) -> bytes:
    encoded = os.fsencode(path)
    if b"\0" in encoded:
        raise InvalidArgument(f"{what} {path!r} holds a NUL")
    return encoded
