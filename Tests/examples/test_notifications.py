"""notifications, on the wire: who follows what, and which fields of it they are shown."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection

from conftest import Start
from example_program import REPOSITORY, ExampleProgram

ORDER = {"model": "shop.Order", "id": "7"}
INVOICE = {"model": "shop.Invoice", "id": "7"}
QUIET_SECONDS = 0.2


class Client:
    """One connection, that speaks JSON."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, **content: Any) -> None:
        self.connection.send(json.dumps(content))

    def receive(self) -> Any:
        return json.loads(self.connection.recv(timeout=10))

    def ask(self, **content: Any) -> Any:
        self.send(**content)
        return self.receive()

    def hears_nothing(self) -> bool:
        try:
            self.connection.recv(timeout=QUIET_SECONDS)
        except TimeoutError:
            return True
        return False


@pytest.fixture
def notifications(start: Start) -> ExampleProgram:
    return start("python/notifications")


@contextmanager
def connect(program: ExampleProgram, token: str = "", **options: Any) -> Iterator[Client]:
    query = f"?token={token}" if token else ""
    with program.connect(f"/ws/notifications/{query}", **options) as connection:
        yield Client(connection)


def order(**payload: Any) -> dict[str, Any]:
    return {"type": "UPDATE_ORDER", "payload": payload}


def shown(token: str, status: str = "new") -> dict[str, Any]:
    """The order, as each of them is shown it."""
    fields = {"id": "7", "status": status}
    if token != "bob-token":
        fields |= {"owner": "alice", "address": "1 High Street"}
    return order(**fields, margin=12) if token == "sam-token" else order(**fields)


every_user = pytest.mark.parametrize("token", ["alice-token", "bob-token", "sam-token"])


# ------------------------------------------------------------------- following


@every_user
def test_who_subscribes_is_shown_what_there_is(notifications: ExampleProgram, token: str) -> None:
    with connect(notifications, token) as client:
        assert client.ask(**ORDER) == shown(token)
        assert client.hears_nothing()


def test_a_change_reaches_each_audience_in_its_own_view(notifications: ExampleProgram) -> None:
    with ExitStack() as stack:
        tokens = ["alice-token", "alice-token", "bob-token", "bob-token", "sam-token"]
        clients = [stack.enter_context(connect(notifications, token)) for token in tokens]
        for client in clients:
            client.ask(**ORDER)
        clients[-1].send(**ORDER, set={"status": "shipped"})
        for client, token in zip(clients, tokens, strict=True):
            assert client.receive() == shown(token, "shipped")
            assert client.hears_nothing()


def test_who_would_see_no_change_hears_nothing(notifications: ExampleProgram) -> None:
    with (
        connect(notifications, "alice-token") as owner,
        connect(notifications, "bob-token") as other,
        connect(notifications, "sam-token") as staff,
    ):
        for client in (owner, other, staff):
            client.ask(**ORDER)
        assert staff.ask(**ORDER, set={"margin": 3})["payload"]["margin"] == 3
        assert owner.hears_nothing()
        staff.send(**ORDER, set={"address": "2 Low Road"})
        assert owner.receive()["payload"]["address"] == "2 Low Road"
        assert other.hears_nothing()


def test_who_does_not_follow_hears_nothing(notifications: ExampleProgram) -> None:
    with (
        connect(notifications, "alice-token") as client,
        connect(notifications, "sam-token") as sam,
    ):
        client.ask(**INVOICE)
        sam.send(**ORDER, set={"status": "paid"})
        assert client.hears_nothing()
        assert client.ask(**ORDER) == shown("alice-token", "paid")


def test_objects_of_several_models_are_followed_over_one_socket(
    notifications: ExampleProgram,
) -> None:
    with connect(notifications, "sam-token") as client:
        client.ask(**ORDER)
        assert client.ask(**INVOICE)["type"] == "UPDATE_INVOICE"
        assert client.ask(**ORDER, set={"status": "paid"})["type"] == "UPDATE_ORDER"
        changed = client.ask(**INVOICE, set={"total": 90})
        assert changed == {
            "type": "UPDATE_INVOICE",
            "payload": {"id": "7", "total": 90, "owner": "alice"},
        }


def test_who_subscribes_twice_is_told_once(notifications: ExampleProgram) -> None:
    with connect(notifications, "sam-token") as client:
        assert client.ask(**ORDER) == client.ask(**ORDER) == shown("sam-token")
        assert client.ask(**ORDER, set={"status": "paid"}) == shown("sam-token", "paid")
        assert client.hears_nothing()


def test_who_unsubscribes_hears_no_more_of_it(notifications: ExampleProgram) -> None:
    with (
        connect(notifications, "alice-token") as client,
        connect(notifications, "sam-token") as sam,
    ):
        client.ask(**ORDER)
        client.ask(**INVOICE)
        assert client.ask(**ORDER, unsubscribe=True) == {"type": "UNSUBSCRIBED", "payload": ORDER}
        sam.send(**ORDER, set={"status": "paid"})
        assert client.hears_nothing()
        sam.send(**INVOICE, set={"total": 90})
        assert client.receive() == {"type": "UPDATE_INVOICE", "payload": {"id": "7", "total": 90}}


def test_no_change_is_lost_around_a_subscription(notifications: ExampleProgram) -> None:
    """From what it is shown first, a client sees each change, in its order."""
    with connect(notifications, "sam-token") as sam, ExitStack() as stack:
        clients = []
        for number in range(400):
            sam.send(**ORDER, set={"status": str(number)})
            if number % 10 == 0:
                client = stack.enter_context(connect(notifications, "alice-token", max_queue=None))
                client.send(**ORDER)
                clients.append(client)
        for client in clients:
            first = client.receive()["payload"]["status"]
            rest = range(0 if first == "new" else int(first) + 1, 400)
            assert [client.receive()["payload"]["status"] for _ in rest] == list(map(str, rest))


# -------------------------------------------------------------------- refusals


def test_what_is_not_ones_own_may_not_be_followed(notifications: ExampleProgram) -> None:
    with connect(notifications, "bob-token") as client, connect(notifications, "sam-token") as sam:
        assert client.ask(**INVOICE) == {"error": "you may not see this object", "request": INVOICE}
        sam.send(**INVOICE, set={"total": 1})
        assert client.hears_nothing()


@pytest.mark.parametrize("model", ["shop.Order", "shop.Nothing", "", "shop.Order\0", "\ud83c"])
@pytest.mark.parametrize("id", ["8", "", "7.staff", "7\0", "7.staff\0"])
def test_what_is_not_there_may_not_be_followed(
    notifications: ExampleProgram, model: str, id: str
) -> None:
    request = {"model": model, "id": id}
    with connect(notifications, "bob-token") as client:
        assert client.ask(**request) == {"error": "no such object", "request": request}


@pytest.mark.parametrize(
    "content",
    [None, 1, "hi", [], {}, {"id": "7"}, {"model": "shop.Order"}, {**ORDER, "id": 7}, [ORDER]],
)
def test_a_bad_subscription_is_answered(notifications: ExampleProgram, content: Any) -> None:
    with connect(notifications, "alice-token") as client:
        client.connection.send(json.dumps(content))
        assert client.receive() == {"error": "a model and an id are needed", "request": content}
        assert client.ask(**ORDER) == shown("alice-token")


def test_what_is_no_json_is_answered(notifications: ExampleProgram) -> None:
    with connect(notifications, "alice-token") as client:
        client.connection.send("nonsense")
        assert client.receive() == {"error": "invalid JSON"}
        assert client.ask(**ORDER) == shown("alice-token")


@pytest.mark.parametrize(
    ("token", "changes"),
    [
        ("bob-token", {"status": "paid"}),
        ("alice-token", {"status": "paid"}),
        ("sam-token", {"owner": "bob"}),
        ("sam-token", {"id": "8"}),
        ("sam-token", {"more": 1}),
    ],
)
def test_what_may_not_be_changed_is_refused(
    notifications: ExampleProgram, token: str, changes: dict[str, Any]
) -> None:
    with connect(notifications, token) as client:
        request = {**ORDER, "set": changes}
        expected = {"error": "you may not change that", "request": request}
        assert client.ask(**request) == expected
        assert client.ask(**ORDER) == shown(token)


# ------------------------------------------------------------------ connecting


def test_a_token_may_come_in_a_cookie(notifications: ExampleProgram) -> None:
    cookie = {"Cookie": "theme=dark; token=alice-token"}
    with connect(notifications, additional_headers=cookie) as client:
        assert client.ask(**ORDER) == shown("alice-token")


@pytest.mark.parametrize("token", ["", "nobody", "alice-token%20"])
def test_nobody_comes_in_without_a_token(notifications: ExampleProgram, token: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(notifications, token):
        pass
    assert refused.value.response.status_code == 401


def test_pages_of_other_sites_cannot_use_the_cookie(notifications: ExampleProgram) -> None:
    cookie = {"Cookie": "token=alice-token"}
    origin = "https://elsewhere.example"
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(notifications, additional_headers=cookie, origin=origin),
    ):
        pass
    assert refused.value.response.status_code == 403


# ---------------------------------------------------------------------- README


def test_the_sessions_of_the_readme_are_what_happens(notifications: ExampleProgram) -> None:
    readme = REPOSITORY / "examples" / "python" / "notifications" / "README.md"
    sessions = re.findall(r"```\n(> .*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
    users = ("alice-token", "sam-token", "bob-token")
    for session, token in zip(sessions, users, strict=True):
        with connect(notifications, token) as client:
            for line in session.splitlines():
                if line.startswith("> "):
                    client.connection.send(line[2:])
                else:
                    assert client.connection.recv(timeout=10) == line[2:]
