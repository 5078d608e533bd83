"""What cannot be is refused when it is registered, not by the first client."""

from typing import Any

import pytest

from covey import Consumer, ContextChannel, InvalidArgument, Model, Server, action, event
from covey.testing import Client


@pytest.mark.parametrize("pattern", [r"ws/chat/(?P<room>\w+)/$", "^ws/", "ws/{room}/", r"ws/\d+/"])
def test_regular_expressions_are_no_patterns(pattern: str) -> None:
    with Server() as server, pytest.raises(InvalidArgument, match="patterns are those of path"):
        server.channel(pattern, Consumer)


def test_decorators_want_what_they_are_for() -> None:
    with Server() as server, pytest.raises(TypeError, match="a channel has a pattern"):
        server.channel(Consumer)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="an event has a type"):
        event(lambda self, event: None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"parallel": "4"}, "parallel is '4'"),
        ({"parallel": 0}, "parallel is 0"),
        ({"permissions": [1]}, "a list of functions"),
        ({"permissions": lambda consumer: True}, "a list of functions"),
        ({"add": action(lambda self: None)}, "only a ContextChannel has actions"),
    ],
)
def test_a_class_is_looked_at(members: dict[str, Any], message: str) -> None:
    with Server() as server, pytest.raises(TypeError, match=message):
        server.channel("ws/", type("Odd", (Consumer,), members))


def test_a_context_channel_receives_no_messages() -> None:
    class Thing(Model):
        id: int

    class Things(ContextChannel):
        model = Thing
        many = True

        def receive_json(self, content: Any) -> None:
            raise AssertionError("called")

    with Server() as server, pytest.raises(TypeError, match="call actions and write"):
        server.channel("ws/", Things)


def test_an_overridden_event_is_still_one(covey_server: Any, covey_client: Any) -> None:
    class Base(Consumer):
        groups = ("all",)

        @event("ping")
        def ping(self, event: Any) -> None:
            raise AssertionError("overridden")

    class Derived(Base):
        def ping(self, event: Any) -> None:
            self.send("pong")

    server = Server()
    server.channel("ws/", Derived)
    client: Client = covey_client(covey_server(server), "ws/")
    server.group_send("all", {"type": "ping"})
    assert client.receive() == "pong"


def test_receive_may_take_both_kinds_as_channels_has_it(
    covey_server: Any, covey_client: Any
) -> None:
    class Both(Consumer):
        def receive(  # type: ignore[override]
            self, text_data: str | None = None, bytes_data: bytes | None = None
        ) -> None:
            self.send(text_data, bytes_data)

    server = Server()
    server.channel("ws/", Both)
    client: Client = covey_client(covey_server(server), "ws/")
    client.send("text")
    client.send(b"bytes")
    assert [client.receive(), client.receive()] == ["text", b"bytes"]


def test_what_json_has_no_number_for_is_no_json(covey_server: Any, covey_client: Any) -> None:
    class Echo(Consumer):
        def receive_json(self, content: Any) -> None:
            self.send_json(content)

    server = Server()
    server.channel("ws/", Echo)
    client: Client = covey_client(covey_server(server), "ws/")
    for text in ("NaN", "[Infinity]", '{"a":-Infinity}', "1e999", "1.5"):
        client.send(text)
    assert [client.receive_json() for _ in range(5)] == [{"error": "invalid JSON"}] * 4 + [1.5]


def test_a_server_that_has_stopped_may_be_stopped() -> None:
    server = Server()
    server.start()
    server.stop()
    assert server.wait(60)
    server.stop()
