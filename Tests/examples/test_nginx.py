"""The configuration for nginx, with a real one: the chat, and who its clients are."""

import json
import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

import example_program
from certificate import Certificate
from conftest import Start
from example_program import REPOSITORY
from test_program_life import free_port

CONFIGURATION = REPOSITORY / "examples" / "nginx" / "nginx.conf"
BUILD = example_program.BINARIES.parent
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin") or ""

pytestmark = pytest.mark.skipif(not NGINX, reason="nginx is not installed")


class Site:
    """nginx with the configuration of the example, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.socket = folder / "chat.sock"
        self.certificate = Certificate(folder)
        (folder / "web").symlink_to(REPOSITORY / "examples" / "chat" / "web")
        text = CONFIGURATION.read_text()
        assert text.count("127.0.0.1:8443") == 1
        path = folder / "nginx.conf"
        path.write_text(text.replace("127.0.0.1:8443", f"127.0.0.1:{self.port}"))
        self.log = (folder / "log").open("w+")
        self.process = subprocess.Popen(
            [NGINX, "-e", "stderr", "-p", str(folder), "-c", str(path)]
            # Started by root it would give up its rights, also those to this folder.
            + (["-g", "user root;"] if os.geteuid() == 0 else []),
            cwd=folder,
            stdout=self.log,
            stderr=self.log,
        )
        end = time.monotonic() + 10
        while not self.is_there():
            if self.process.poll() is not None or time.monotonic() > end:
                self.log.seek(0)
                raise AssertionError(f"nginx said {self.log.read(1000)!r}")
            time.sleep(0.01)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def is_there(self) -> bool:
        try:
            return self.get("/static/room.js")[0] == 200
        except OSError:
            return False

    def get(self, path: str) -> tuple[int, bytes]:
        with urlopen(self.url + path, context=self.certificate.client, timeout=10) as answer:
            return answer.status, answer.read()

    def connect(self, path: str, **options: Any) -> AbstractContextManager[ClientConnection]:
        defaults: dict[str, Any] = {"ssl": self.certificate.client, "proxy": None}
        url = self.url.replace("https", "wss")
        return connect(url + path, **(defaults | options))

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(timeout=10) == 0
        self.log.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def whence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A program that tells where its clients come from, beside the examples."""
    source = REPOSITORY / "Tests" / "examples" / "whence.c"
    common = REPOSITORY / "examples" / "common"
    program = tmp_path_factory.mktemp("whence") / "whence"
    subprocess.run(
        ["cc", "-std=c11", f"-I{REPOSITORY / 'include'}", f"-I{common}", str(source)]
        + [str(path) for path in common.glob("*.c")]
        + ["-o", str(program), f"-L{BUILD / 'lib'}", "-lcovey", f"-Wl,-rpath,{BUILD / 'lib'}"],
        check=True,
    )
    yield str(program)


def ask(site: Site, **options: Any) -> str:
    with site.connect("/ws/whence/", **options) as client:
        client.send("?")
        answer = client.recv()
        assert isinstance(answer, str)
        return answer


def test_people_chat_through_it(site: Site, start: Start) -> None:
    start("chat", "--unix", str(site.socket), "--proxy", "unix")
    with site.connect("/ws/chat/lobby/") as one, site.connect("/ws/chat/lobby/") as other:
        one.send(json.dumps({"message": "hi"}))
        for client in one, other:
            assert json.loads(client.recv()) == {"message": "hi"}


def test_pages_come_from_nginx(site: Site) -> None:
    assert b"<html" in site.get("/")[1]
    assert b"<html" in site.get("/chat/lobby/")[1]
    assert site.get("/static/room.js")[0] == 200


def test_pages_of_the_public_host_may_connect_and_others_not(site: Site, start: Start) -> None:
    start("chat", "--unix", str(site.socket), "--proxy", "unix")
    with site.connect("/ws/chat/lobby/", origin=site.url) as client:
        assert client.ping().wait(timeout=10)
    for origin in ("https://elsewhere.example", "http://localhost", "https://chat"):
        with (
            pytest.raises(InvalidStatus) as refused,
            site.connect("/ws/chat/lobby/", origin=origin),
        ):
            pass
        assert refused.value.response.status_code == 403


def test_the_program_is_told_who_its_clients_are(site: Site, start: Start, whence: str) -> None:
    start(whence, "--unix", str(site.socket), "--proxy", "unix")
    assert ask(site) == f"127.0.0.1 https 127.0.0.1:{site.port}"


def test_what_clients_say_of_themselves_is_not_believed(
    site: Site, start: Start, whence: str
) -> None:
    start(whence, "--unix", str(site.socket), "--proxy", "unix")
    lies = {
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "for=6.6.6.6;proto=http;host=evil.example",
    }
    assert ask(site, additional_headers=lies) == f"127.0.0.1 https 127.0.0.1:{site.port}"


def test_without_trust_it_is_the_connection_that_counts(
    site: Site, start: Start, whence: str
) -> None:
    start(whence, "--unix", str(site.socket))
    assert ask(site) == f"- http 127.0.0.1:{site.port}"


def test_certificates_at_nginx_are_checked(site: Site) -> None:
    with (
        pytest.raises(ssl.SSLCertVerificationError),
        site.connect("/ws/chat/lobby/", ssl=ssl.create_default_context()),
    ):
        pass
