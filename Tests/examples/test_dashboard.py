"""dashboard, on the wire: who is there, however they come and go."""

import json
import re
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection

from conftest import Start
from example_program import REPOSITORY, ExampleProgram

ONLINE, DOCUMENTS = "/ws/online/", "/ws/documents/"
QUIET_SECONDS = 0.2
SILENT_SECONDS = 6
"""So long after its last word whoever is silent is taken for gone."""

ALICE, BOB = {"alice": "Alice"}, {"bob": "Bob"}


@pytest.fixture
def dashboard(start: Start) -> ExampleProgram:
    return start("python/dashboard")


def path_of(slug: str, phase: str) -> str:
    return f"/ws/document/{slug}/{phase}/"


@contextmanager
def connect(program: ExampleProgram, path: str, user: str) -> Iterator[ClientConnection]:
    with program.connect(f"{path}?token={user}-token") as client:
        yield client


def receive(client: ClientConnection) -> Any:
    return json.loads(client.recv(timeout=10))


def hears_nothing(client: ClientConnection) -> bool:
    try:
        client.recv(timeout=QUIET_SECONDS)
    except TimeoutError:
        return True
    return False


def people(document: str, read: Any = (), update: Any = ()) -> dict[str, Any]:
    return {"read": dict(read), "update": dict(update), "document": document}


# ---------------------------------------------------------------------- online


def test_users_are_counted_as_they_come_and_go(dashboard: ExampleProgram) -> None:
    with connect(dashboard, ONLINE, "alice") as alice:
        assert receive(alice) == {"online": 1}
        with connect(dashboard, ONLINE, "bob") as bob:
            assert receive(bob) == {"online": 2}
            assert receive(alice) == {"online": 2}
        assert receive(alice) == {"online": 1}


def test_two_tabs_are_one_user(dashboard: ExampleProgram) -> None:
    with connect(dashboard, ONLINE, "alice") as alice:
        receive(alice)
        with connect(dashboard, ONLINE, "bob") as one:
            assert receive(alice) == {"online": 2}
            with connect(dashboard, ONLINE, "bob") as other:
                assert receive(other) == {"online": 2}
            assert hears_nothing(alice)
            assert receive(one) == {"online": 2}
        assert receive(alice) == {"online": 1}


def test_whoever_is_anywhere_is_online(dashboard: ExampleProgram) -> None:
    with connect(dashboard, ONLINE, "alice") as alice:
        receive(alice)
        with connect(dashboard, path_of("plan", "read"), "bob"):
            assert receive(alice) == {"online": 2}
            with connect(dashboard, DOCUMENTS, "bob"):
                assert hears_nothing(alice)
        assert receive(alice) == {"online": 1}


# ------------------------------------------------------------------- documents


def test_those_on_a_document_see_who_is_there(dashboard: ExampleProgram) -> None:
    with connect(dashboard, path_of("plan", "read"), "alice") as alice:
        assert receive(alice) == people("plan", read=ALICE)
        with connect(dashboard, path_of("plan", "update"), "bob") as bob:
            assert receive(bob) == receive(alice) == people("plan", read=ALICE, update=BOB)
            with connect(dashboard, path_of("plan", "read"), "bob"):
                assert receive(bob) == people("plan", read=ALICE | BOB, update=BOB)
                receive(alice)
            receive(alice)
        assert receive(alice) == people("plan", read=ALICE)


def test_one_of_two_tabs_on_a_document_may_go(dashboard: ExampleProgram) -> None:
    path = path_of("plan", "update")
    with connect(dashboard, path, "alice") as alice, connect(dashboard, path, "bob") as bob:
        assert receive(bob) == people("plan", update=ALICE | BOB)
        receive(alice)
        receive(alice)
        with connect(dashboard, path, "bob") as tab:
            assert receive(tab) == people("plan", update=ALICE | BOB)
        assert hears_nothing(alice)


def test_other_documents_are_not_told_of(dashboard: ExampleProgram) -> None:
    with (
        connect(dashboard, path_of("plan", "read"), "alice") as alice,
        connect(dashboard, path_of("budget", "read"), "bob") as bob,
    ):
        assert receive(bob) == people("budget", read=BOB)
        assert receive(alice) == people("plan", read=ALICE)
        assert hears_nothing(alice)


def test_the_list_is_whole_first_and_then_what_changed(dashboard: ExampleProgram) -> None:
    with (
        connect(dashboard, path_of("plan", "read"), "alice"),
        connect(dashboard, path_of("budget", "update"), "alice"),
        connect(dashboard, DOCUMENTS, "carol") as viewer,
    ):
        assert receive(viewer) == {
            "plan": {"read": ALICE, "update": {}},
            "budget": {"read": {}, "update": ALICE},
        }
        with connect(dashboard, path_of("plan", "update"), "bob"):
            assert receive(viewer) == people("plan", read=ALICE, update=BOB)
            with connect(dashboard, path_of("plan", "update"), "bob"):
                assert hears_nothing(viewer)
        assert receive(viewer) == people("plan", read=ALICE)
        assert hears_nothing(viewer)


def test_a_document_that_all_have_left_is_told_once_more(dashboard: ExampleProgram) -> None:
    with connect(dashboard, DOCUMENTS, "carol") as viewer:
        assert receive(viewer) == {}
        with connect(dashboard, path_of("plan", "read"), "bob"):
            assert receive(viewer) == people("plan", read=BOB)
        assert receive(viewer) == people("plan")
        with connect(dashboard, DOCUMENTS, "carol") as other:
            assert receive(other) == {}


# ---------------------------------------------------------------------- ghosts


def test_a_connection_that_breaks_leaves_no_ghost(dashboard: ExampleProgram) -> None:
    with (
        connect(dashboard, ONLINE, "alice") as online,
        connect(dashboard, DOCUMENTS, "alice") as documents,
    ):
        receive(online)
        receive(documents)
        with connect(dashboard, path_of("plan", "update"), "bob") as bob:
            assert receive(online) == {"online": 2}
            assert receive(documents) == people("plan", update=BOB)
            reset = struct.pack("ii", 1, 0)
            bob.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            bob.socket.shutdown(socket.SHUT_RDWR)
        assert receive(online) == {"online": 1}
        assert receive(documents) == people("plan")


def test_a_connection_that_falls_silent_leaves_no_ghost(dashboard: ExampleProgram) -> None:
    """As when a cable is pulled: nothing comes, not even the answer to a ping."""
    request = (
        f"GET {path_of('plan', 'read')}?token=bob-token HTTP/1.1\r\nHost: x\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with connect(dashboard, ONLINE, "alice") as alice:
        assert receive(alice) == {"online": 1}
        with socket.create_connection((dashboard.host, dashboard.port)) as silent:
            began = time.monotonic()
            silent.sendall(request.encode())
            assert receive(alice) == {"online": 2}
            assert json.loads(alice.recv(timeout=30)) == {"online": 1}
            assert time.monotonic() - began > SILENT_SECONDS - 2


def test_many_who_come_and_go_leave_nobody_behind(dashboard: ExampleProgram) -> None:
    users = ("alice", "bob", "carol")
    with connect(dashboard, DOCUMENTS, "alice") as viewer:
        assert receive(viewer) == {}
        for number in range(60):
            phase = ("read", "update")[number % 2]
            with connect(dashboard, path_of(f"d{number % 4}", phase), users[number % 3]):
                pass
        with connect(dashboard, path_of("last", "read"), "alice"):
            pass
        seen: dict[str, Any] = {}
        # All may have left for a moment, but not before somebody was on the last one.
        while seen != {slug: people(slug) for slug in ("d0", "d1", "d2", "d3", "last")}:
            change = receive(viewer)
            seen[change["document"]] = change
        with connect(dashboard, ONLINE, "bob") as bob:
            assert receive(bob) == {"online": 2}


# -------------------------------------------------------------------- refusals


@pytest.mark.parametrize("path", [ONLINE, DOCUMENTS, path_of("plan", "read")])
@pytest.mark.parametrize("user", ["", "nobody"])
def test_nobody_comes_in_without_a_token(dashboard: ExampleProgram, path: str, user: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(dashboard, path, user):
        pass
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize("path", [path_of("plan", "delete"), path_of("a.b", "read"), "/ws/"])
def test_other_paths_do_not_exist(dashboard: ExampleProgram, path: str) -> None:
    with connect(dashboard, ONLINE, "alice") as alice:
        with pytest.raises(InvalidStatus) as refused, connect(dashboard, path, "bob"):
            pass
        assert refused.value.response.status_code == 404
        assert receive(alice) == {"online": 1}
        assert hears_nothing(alice)


# ---------------------------------------------------------------------- README


def test_the_session_of_the_readme_is_what_happens(dashboard: ExampleProgram) -> None:
    readme = REPOSITORY / "examples" / "python" / "dashboard" / "README.md"
    opened = re.findall(
        r"websocat 'ws://127\.0\.0\.1:8000(.*?)'\n(.*?)\n", readme.read_text(encoding="utf-8")
    )
    assert len(opened) == 3
    with ExitStack() as stack:
        clients = [stack.enter_context(dashboard.connect(path)) for path, _ in opened]
        assert [client.recv(timeout=10) for client in clients] == [said for _, said in opened]
        assert receive(clients[0]) == {"online": 2}
        assert receive(clients[1]) == people("plan", update=BOB)
