"""Where a server listens: Unix sockets, descriptors, TLS, proxies in front, operators beside."""

import os
import socket
import ssl
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import trustme
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect, unix_connect

from consumer_harness import Connect, Start
from covey import Consumer, InvalidArgument, Server, SystemFailure

AUTHORITY = trustme.CA()
NOBODYS = trustme.CA()


class Told(Consumer):
    """Says whom it takes its client for."""

    kept_headers = ("host",)

    def receive(self, text: str) -> None:
        self.send_json([self.peer, self.scheme, self.host, self.certificate])


@pytest.fixture
def listening(covey_server: Start) -> Callable[..., Server]:
    """A running server that listens so."""

    def start(*places: dict[str, Any], **options: Any) -> Server:
        server = Server(**options)
        server.channel("ws/", Told)
        for place in places:
            server.listen(**place)
        return covey_server(server)

    return start


def ask(connection: ClientConnection) -> list[Any]:
    import json

    connection.send("who?")
    answer: list[Any] = json.loads(connection.recv(timeout=10))
    return answer


def test_a_unix_socket(listening: Callable[..., Server], tmp_path: Path) -> None:
    path = tmp_path / "covey.sock"
    server = listening({"path": path, "mode": 0o640})
    assert server.port == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    with unix_connect(str(path), "ws://example.com/ws/") as client:
        assert ask(client) == ["", "http", "example.com", None]
    server.close()
    assert not path.exists()


def test_a_unix_socket_that_is_alive_is_left_alone(
    listening: Callable[..., Server], tmp_path: Path
) -> None:
    path = tmp_path / "covey.sock"
    listening({"path": path})
    with Server() as other, pytest.raises(SystemFailure):
        other.listen(path=path)
    with unix_connect(str(path), "ws://example.com/ws/") as client:
        assert ask(client)[0] == ""


def test_a_descriptor_that_listens_already(listening: Callable[..., Server]) -> None:
    given = socket.create_server(("127.0.0.1", 0))
    port = given.getsockname()[1]
    listening({"descriptor": given.detach()})
    with connect(f"ws://127.0.0.1:{port}/ws/") as client:
        assert ask(client)[0] == "127.0.0.1"


def test_a_descriptor_that_is_none_is_refused(tmp_path: Path) -> None:
    with open(tmp_path / "file", "w") as file, Server() as server:
        with pytest.raises((SystemFailure, InvalidArgument)):
            server.listen(descriptor=file.fileno())
        os.fstat(file.fileno())  # it is still ours


# ---------------------------------------------------------------------------------- TLS


def files(folder: Path, authority: trustme.CA = AUTHORITY) -> dict[str, Path]:
    """A certificate of that authority."""
    issued = authority.issue_cert("127.0.0.1", "localhost", common_name="covey")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    return {"certificate": certificate, "key": key}


@contextmanager
def secure(
    port: int, authority: trustme.CA = AUTHORITY, who: str | None = None
) -> Iterator[ClientConnection]:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    if who is not None:
        AUTHORITY.issue_cert(f"{who}@example.com", common_name=who).configure_cert(context)
    with connect(f"wss://127.0.0.1:{port}/ws/", ssl=context) as client:
        yield client


def test_tls(listening: Callable[..., Server], tmp_path: Path) -> None:
    server = listening(files(tmp_path))
    with secure(server.port) as client:
        assert ask(client) == ["127.0.0.1", "https", f"127.0.0.1:{server.port}", None]


def test_certificates_of_clients(listening: Callable[..., Server], tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(str(authority))
    server = listening(files(tmp_path) | {"client_ca": authority})
    with secure(server.port, who="ada") as client:
        assert "CN=ada" in str(ask(client)[3]).split(",")
    with (
        pytest.raises((OSError, EOFError, InvalidStatus, Exception)),
        secure(server.port) as client,
    ):
        ask(client)


def test_certificates_are_reloaded_for_who_comes_later(
    listening: Callable[..., Server], tmp_path: Path
) -> None:
    server = listening(files(tmp_path))
    with secure(server.port) as before:
        files(tmp_path, NOBODYS)
        done: list[BaseException | None] = []
        server.call_soon(lambda: done.append(server.reload_certificates()))  # type: ignore[func-returns-value]
        for _ in range(100):
            assert ask(before)[1] == "https"
            if done:
                break
        assert done == [None]
        with secure(server.port, NOBODYS) as after:
            assert ask(after)[1] == "https"
        assert ask(before)[1] == "https"


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    good = files(tmp_path)
    missing = tmp_path / "missing.pem"
    with Server() as server:
        for wrong in ("certificate", "key"):
            with pytest.raises(SystemFailure, match=r"missing\.pem"):
                server.listen(**good | {wrong: missing})  # type: ignore[arg-type]
        with pytest.raises(InvalidArgument):
            server.listen(certificate=good["certificate"])


# ------------------------------------------------------------------------------ proxies


def test_a_trusted_proxy_is_believed_and_nobody_else(listening: Callable[..., Server]) -> None:
    said = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    for trusted, expected in (
        (["127.0.0.0/8"], ["192.0.2.7", "https"]),
        (["10.0.0.0/8"], ["127.0.0.1", "http"]),
        ([], ["127.0.0.1", "http"]),
    ):
        server = listening({"trusted_proxies": trusted})
        with connect(f"ws://127.0.0.1:{server.port}/ws/", additional_headers=said) as client:
            assert ask(client)[:2] == expected


def test_one_text_is_no_list_of_proxies() -> None:
    with Server() as server, pytest.raises(TypeError, match="list of texts"):
        server.listen(trusted_proxies="10.0.0.0/8")


def test_a_setting_that_is_none_is_named() -> None:
    with Server() as server, pytest.raises(TypeError, match="'certificates'"):
        server.listen(certificates="x.pem")  # type: ignore[call-arg]


# ---------------------------------------------------------------------------- operators


def status_of(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def test_operators_have_a_port_of_their_own(
    listening: Callable[..., Server], covey_client: Connect
) -> None:
    server = Server(metrics_path="/metrics", ready_path="/ready", report_path="/report")
    server.channel("ws/", Told)
    public, private = server.listen(), server.listen(operators=True)
    server.start()
    try:
        paths = ("/metrics", "/report", "/ready", "/ws/")
        assert [status_of(public, path) for path in paths] == [404, 404, 200, 426]
        assert [status_of(private, path) for path in paths] == [200, 200, 200, 404]
    finally:
        server.close()
