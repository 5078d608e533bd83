"""Fixtures for the tests of programs that use Covey:

    def test_it_echoes(covey_server, covey_client):
        server = Server()
        server.channel("ws/echo/", Echo)
        client = covey_client(covey_server(server), "ws/echo/")
        client.send("hello")
        assert client.receive() == "hello"

See covey.testing.
"""

# pytest loads this in every run where the package is installed. It lies outside of the package,
# and imports it late, so that runs without these fixtures load no library and need no websockets.

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from covey import Server
    from covey.testing import Client


class Start(Protocol):
    """The fixture ``covey_server``."""

    def __call__(self, server: "Server") -> "Server": ...


class Connect(Protocol):
    """The fixture ``covey_client``; takes what ``covey.testing.Client`` does."""

    def __call__(self, server: "Server | int", path: str, **options: Any) -> "Client": ...


@pytest.fixture
def covey_server() -> Iterator[Start]:
    """A function that starts a server, with all its routes, in a thread, and answers it. At the
    end of the test it is stopped; the test fails if it does not stop."""
    from covey.testing import stopping

    with ExitStack() as servers:
        yield lambda server: servers.enter_context(stopping(server))


@pytest.fixture
def covey_client(covey_server: Start) -> Iterator[Connect]:
    """A function that makes connected clients: ``covey_client(server, "ws/echo/")``. They are
    disconnected at the end of the test, before the servers are stopped."""
    from covey.testing import Client

    with ExitStack() as clients:
        yield lambda server, path, **options: clients.enter_context(Client(server, path, **options))
