"""Where the examples listen: with TLS, on Unix sockets, on ports that are shared."""

import json
import os
import signal
import ssl
import stat
import time
from pathlib import Path

import pytest
from websockets.sync.client import unix_connect

from certificate import Certificate
from conftest import Start
from example_program import STOP_SECONDS, run_to_its_end
from test_program_life import every_example, path_of

one_in_each_language = pytest.mark.parametrize("name", ["echo", "python/chat"])


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate(tmp_path)


@every_example
def test_it_serves_with_tls(start: Start, name: str, certificate: Certificate) -> None:
    program = start(name, *certificate.flags)
    with program.connect(path_of(name), ssl=certificate.client) as client:
        assert client.ping().wait(timeout=10)


def test_a_large_message_comes_back_through_tls(start: Start, certificate: Certificate) -> None:
    with start("echo", *certificate.flags).connect(ssl=certificate.client) as client:
        data = os.urandom(16 << 20)
        client.send(data)
        assert client.recv() == data


@one_in_each_language
def test_a_hangup_has_the_certificate_read_anew(
    start: Start, name: str, certificate: Certificate
) -> None:
    program = start(name, *certificate.flags)
    before, path = certificate.client, path_of(name)
    with program.connect(path, ssl=before) as stays:
        certificate.renew()
        program.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + STOP_SECONDS
        while True:
            try:
                with program.connect(path, ssl=certificate.client) as client:
                    assert client.ping().wait(timeout=10)
                break
            except ssl.SSLCertVerificationError:
                assert time.monotonic() < end
        with pytest.raises(ssl.SSLCertVerificationError), program.connect(path, ssl=before):
            pass
        assert stays.ping().wait(timeout=10)


@one_in_each_language
def test_a_certificate_that_is_bad_leaves_the_last_one(
    start: Start, name: str, certificate: Certificate
) -> None:
    program = start(name, *certificate.flags)
    certificate.certificate.write_text("none")
    program.process.send_signal(signal.SIGHUP)
    assert program.process.stderr is not None
    warning = program.process.stderr.readline()
    path = str(certificate.certificate)
    shown = path if len(path) <= 80 else f"{path[:80]}..."
    assert f'certificate file "{shown}": no start line' in warning
    with program.connect(path_of(name), ssl=certificate.client) as client:
        assert client.ping().wait(timeout=10)


@one_in_each_language
@pytest.mark.parametrize("flag", ["--cert", "--key"])
def test_certificate_and_key_go_together(name: str, flag: str) -> None:
    ended = run_to_its_end(name, flag, "file.pem")
    assert ended.returncode == 2
    assert "--cert and --key go together" in ended.stderr


@one_in_each_language
def test_a_file_that_is_not_there_is_named(name: str, certificate: Certificate) -> None:
    certificate.key.unlink()
    ended = run_to_its_end(name, "--port", "0", *certificate.flags)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f'key file "{certificate.key}": no such file or directory' in ended.stderr


@every_example
def test_it_serves_on_a_unix_socket(start: Start, name: str, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    program = start(name, "--unix", str(path))
    assert program.first_line == f"listening on {path}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with unix_connect(str(path), f"ws://localhost{path_of(name)}", compression=None) as client:
        assert client.ping().wait(timeout=10)
    program.stop()
    assert not path.exists()


@one_in_each_language
def test_two_share_a_port_and_one_goes_on_alone(start: Start, name: str) -> None:
    first = start(name, "--reuse-port")
    second = start(name, "--reuse-port", "--port", str(first.port))
    assert run_to_its_end(name, "--port", str(first.port)).returncode == 1
    first.stop()
    for _ in range(20):
        with second.connect(path_of(name)) as client:
            assert client.ping().wait(timeout=10)


@one_in_each_language
def test_a_proxy_that_is_trusted_says_who_clients_are(start: Start, name: str) -> None:
    for flags, peer in ([], "127.0.0.1"), (["--proxy", "127.0.0.1"], "203.0.113.7"):
        program = start(name, "--watch", *flags)
        told = {"X-Forwarded-For": "203.0.113.7"}
        with program.connect(path_of(name), additional_headers=told):
            [consumer] = json.loads(program.get("/report")[1])["consumers"]
        assert consumer["peer"] == peer
