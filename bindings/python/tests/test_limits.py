"""What clients may do, for how long, and what happens to who cannot keep up."""

import time
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from consumer_harness import Connect, Echo, Serve, Start
from covey import ActionError, Consumer, ContextChannel, LimitReached, Model, Server, action
from covey.testing import Client, Closed
from told import PATIENCE, Told


def test_who_sends_too_fast_is_closed(serve: Serve, covey_client: Connect) -> None:
    client = covey_client(serve(Echo, messages_rate=1, messages_burst=3), "ws/")
    for number in ("0", "1", "2"):
        client.send(number)
        assert client.receive() == number
    client.send("3")
    assert client.receive_close() == 1008


def test_who_sends_too_much_is_closed(serve: Serve, covey_client: Connect) -> None:
    server = serve(Echo, options={"message_bytes_max": 1000}, bytes_rate=1000, bytes_burst=1000)
    client = covey_client(server, "ws/")
    client.send("x" * 900)
    assert client.receive() == "x" * 900
    client.send("x" * 900)
    assert client.receive_close() == 1008


class Project(Model):
    id: int


class Projects(ContextChannel):
    model = Project

    def authenticate(self, token: str) -> str:
        return token

    def has_permission(self, user: str, **params: Any) -> bool:
        return user not in self.banned

    banned: ClassVar[set[str]] = set()

    @action
    def ping(self) -> str:
        return "pong"

    @action
    def again(self) -> None:
        self.reauthorize()


def projects(cls: type[ContextChannel] = Projects, **settings: Any) -> Server:
    server = Server()
    server.channel("ws/<int:id>/", cls, **settings)
    server.store.put(Project(id=1))
    return server


def test_calls_that_come_too_fast_are_answered_with_429(
    covey_server: Start, covey_client: Connect
) -> None:
    server = covey_server(projects(messages_rate=1, messages_burst=3))
    client = covey_client(server, "ws/1/")
    assert client.authenticate("ada") == 200
    codes = []
    for _ in range(6):
        try:
            codes.append(client.call("ping"))
        except ActionError as error:
            codes.append(error.code)
    assert "pong" in codes
    assert codes[-1] == 429


def test_limits_are_told_of(covey_server: Start, covey_client: Connect, told: Told) -> None:
    server = Server()
    server.channel("ws/", Echo, messages_rate=1, messages_burst=1)
    server.on_limit(told.say)
    client = covey_client(covey_server(server), "ws/")
    client.send("one")
    client.send("two")
    assert client.receive_close() == 1008
    reached = told.next()
    assert isinstance(reached, LimitReached)
    assert (reached.limit, reached.count, reached.peer) == ("message_rate", 1, "127.0.0.1")
    assert reached.maximum == 1
    assert reached.consumer != 0


def test_a_handler_that_meets_the_end_of_its_client_is_no_error(
    serve: Serve, covey_client: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    class Brief(Consumer):
        def receive(self, text: str) -> None:
            self.expire_in(0)
            self.send("too late")

    client = covey_client(serve(Brief), "ws/")
    client.send("hello")
    assert client.receive_close() == 4401
    assert caplog.records == []


# -------------------------------------------------------------------------- slow readers


class Flooding(Consumer):
    """Sends a numbered message again and again, while its client does not read."""

    groups = ("readers",)
    told: Told

    def outbox_high(self, queued: int) -> None:
        self.told.say(("high", queued))

    def outbox_low(self, queued: int) -> None:
        self.told.say(("low", queued))

    def outbox_dropped(self, count: int) -> None:
        self.told.say(("dropped", count))


@pytest.mark.parametrize("policy", ["drop_oldest", "drop_newest"])
def test_messages_for_a_slow_reader_are_dropped_whole(
    serve: Serve, covey_client: Connect, told: Told, policy: str
) -> None:
    reader = type("Reader", (Flooding,), {"told": told})
    server = serve(reader, options={"outbox_bytes_max": 100_000}, slow_policy=policy)
    client = covey_client(server, "ws/")
    text = "x" * 10_000

    def flood() -> None:
        for number in range(2000):
            server.group_broadcast("readers", f"{number:04} {text}")

    server.call_soon(flood)
    event, dropped = told.next()
    assert event == "dropped"
    assert dropped > 0
    received = [int(client.receive()[:4])]
    while received[-1] < (1999 if policy == "drop_oldest" else 5):
        received.append(int(client.receive()[:4]))
    assert received == sorted(set(received))
    if policy == "drop_newest":
        assert received == list(range(len(received)))


def test_marks_are_told_of_once_each(serve: Serve, covey_client: Connect, told: Told) -> None:
    reader = type("Reader", (Flooding,), {"told": told})
    server = serve(
        reader,
        options={"outbox_bytes_max": 64 << 20},
        outbox_high_bytes=50_000,
        outbox_low_bytes=10_000,
    )
    client = covey_client(server, "ws/")

    def fill() -> None:  # more than the system takes of it
        for _ in range(32):
            server.group_broadcast("readers", "x" * (1 << 20))

    server.call_soon(fill)
    event, queued = told.next()
    assert (event, queued > 50_000) == ("high", True)
    for _ in range(32):
        client.receive()
    event, queued = told.next()
    assert (event, queued <= 10_000) == ("low", True)


def test_a_policy_that_is_none_is_named() -> None:
    with Server() as server, pytest.raises(TypeError, match="'drop_all', none of 'close'"):
        server.channel("ws/", Echo, slow_policy="drop_all")


@pytest.mark.parametrize("value", ["10", 1.5, True, None])
def test_a_rate_that_is_no_number_is_named(value: Any) -> None:
    with Server() as server, pytest.raises(TypeError, match=r"Echo\.messages_rate is "):
        server.channel("ws/", Echo, messages_rate=value)


# ------------------------------------------------------------------------------- expiry


def test_a_consumer_may_stay_for_a_while(serve: Serve, covey_client: Connect) -> None:
    class Brief(Consumer):
        def connect(self) -> None:
            self.expire_in(1)

    begun = time.monotonic()
    assert covey_client(serve(Brief), "ws/").receive_close() == 4401
    assert time.monotonic() - begun > 0.5


def test_what_was_said_last_of_expiry_counts(serve: Serve, covey_client: Connect) -> None:
    class Renewed(Consumer):
        def connect(self) -> None:
            self.expire_in(3600)

        def receive(self, text: str) -> None:
            self.send("done")
            self.expire_in(None if text == "for ever" else 0)

    client = covey_client(serve(Renewed), "ws/")
    client.send("for ever")
    assert client.receive() == "done"
    client.send("now")
    assert client.receive() == "done"
    assert client.receive_close() == 4401


def test_all_consumers_of_a_user_can_be_ended(
    covey_server: Start, covey_client: Callable[..., Client]
) -> None:
    class Named(Consumer):
        def connect(self) -> None:
            self.user = self.query["name"]

    server = Server()
    server.channel("ws/", Named)
    covey_server(server)
    ada, again, bob = (covey_client(server, f"ws/?name={name}") for name in ("a", "a", "b"))
    server.user_disconnect("a", 4000, "logged out")
    assert ada.receive_close() == again.receive_close() == 4000
    assert bob.receive_nothing()
    with pytest.raises(TypeError):
        server.user_disconnect(None)


def test_permission_can_be_asked_for_again(covey_server: Start, covey_client: Connect) -> None:
    banned: ClassVar[set[str]] = set()
    server = covey_server(projects(type("Some", (Projects,), {"banned": banned})))
    client = covey_client(server, "ws/1/")
    assert client.authenticate("ada") == 200
    assert client.call("again") is None
    assert client.call("ping") == "pong"
    banned.add("ada")
    with pytest.raises(Closed):  # sooner or later than the answer
        for _ in range(PATIENCE * 50):
            client.call("again")
