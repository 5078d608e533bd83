"""Where the examples listen: with TLS, on Unix sockets, on ports that are shared."""

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
from test_program_life import NAMES, path_of

every_example_in_c = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate(tmp_path)


@every_example_in_c
def test_it_serves_with_tls(start: Start, name: str, certificate: Certificate) -> None:
    program = start(name, *certificate.flags)
    with program.connect(path_of(name), ssl=certificate.client) as client:
        assert client.ping().wait(timeout=10)


def test_a_large_message_comes_back_through_tls(start: Start, certificate: Certificate) -> None:
    with start("echo", *certificate.flags).connect(ssl=certificate.client) as client:
        data = os.urandom(16 << 20)
        client.send(data)
        assert client.recv() == data


def test_a_hangup_has_the_certificate_read_anew(start: Start, certificate: Certificate) -> None:
    program = start("echo", *certificate.flags)
    before = certificate.client
    with program.connect(ssl=before) as stays:
        certificate.renew()
        program.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + STOP_SECONDS
        while True:
            try:
                with program.connect(ssl=certificate.client) as client:
                    assert client.ping().wait(timeout=10)
                break
            except ssl.SSLCertVerificationError:
                assert time.monotonic() < end
        with pytest.raises(ssl.SSLCertVerificationError), program.connect(ssl=before):
            pass
        stays.send("as before")
        assert stays.recv() == "as before"


@pytest.mark.parametrize("flag", ["--cert", "--key"])
def test_certificate_and_key_go_together(flag: str) -> None:
    ended = run_to_its_end("echo", flag, "file.pem")
    assert ended.returncode == 2
    assert "--cert and --key go together" in ended.stderr


def test_a_file_that_is_not_there_is_named(certificate: Certificate) -> None:
    certificate.key.unlink()
    ended = run_to_its_end("echo", "--port", "0", *certificate.flags)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f'key file "{certificate.key}": no such file or directory' in ended.stderr


@every_example_in_c
def test_it_serves_on_a_unix_socket(start: Start, name: str, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    program = start(name, "--unix", str(path))
    assert program.first_line == f"listening on {path}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with unix_connect(str(path), f"ws://localhost{path_of(name)}", compression=None) as client:
        assert client.ping().wait(timeout=10)
    program.stop()
    assert not path.exists()


def test_two_share_a_port_and_one_goes_on_alone(start: Start) -> None:
    first = start("echo", "--reuse-port")
    second = start("echo", "--reuse-port", "--port", str(first.port))
    assert run_to_its_end("echo", "--port", str(first.port)).returncode == 1
    first.stop()
    for _ in range(20):
        with second.connect() as client:
            client.send("hi")
            assert client.recv() == "hi"
