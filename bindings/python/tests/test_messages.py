"""What a handler is given of what a client sends, and in which order."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from consumer_harness import Connect, Echo, Serve, Start
from covey import (
    Consumer,
    Server,
    event,
)
from told import Told


def test_each_kind_of_message_has_its_handler(serve: Serve, covey_client: Connect) -> None:
    class Kinds(Consumer):
        def receive(self, text: str) -> None:
            self.send_json(["text", text])

        def receive_bytes(self, data: bytes) -> None:
            self.send_json(["bytes", list(data)])

    client = covey_client(serve(Kinds), "ws/")
    for message in ["grüße \0 🎉", b"\x00\xff", "", b""]:
        client.send(message)
    assert [client.receive_json() for _ in range(4)] == [
        ["text", "grüße \0 🎉"],
        ["bytes", [0, 255]],
        ["text", ""],
        ["bytes", []],
    ]


def test_json_is_parsed(serve: Serve, covey_client: Connect) -> None:
    class Parsing(Consumer):
        def receive_json(self, content: Any) -> None:
            self.send_json({"got": content})

    client = covey_client(serve(Parsing), "ws/")
    for content in [{"a": [1, None, "ü"]}, [], 1.5, "text", None]:
        client.send_json(content)
        assert client.receive_json() == {"got": content}


@pytest.mark.parametrize(
    "message", ["", "{", "nonsense", "'a'", '{"a":1} x', "[" * 200_000], ids=lambda text: text[:9]
)
def test_what_is_no_json_is_answered_and_the_consumer_lives_on(
    serve: Serve, covey_client: Connect, message: str
) -> None:
    class Parsing(Consumer):
        def receive_json(self, content: Any) -> None:
            self.send_json(content)

    client = covey_client(serve(Parsing), "ws/")
    client.send(message)
    assert client.receive_json() == {"error": "invalid JSON"}
    client.send_json("still here")
    assert client.receive_json() == "still here"


@pytest.mark.parametrize(
    ("handler", "message"),
    [("receive", b"bytes"), ("receive_json", b"bytes"), ("receive_bytes", "text")],
)
def test_a_kind_without_handler_closes_with_1003(
    serve: Serve, covey_client: Connect, handler: str, message: str | bytes
) -> None:
    one_kind = type("OneKind", (Consumer,), {handler: lambda self, message: None})
    client = covey_client(serve(one_kind), "ws/")
    client.send(message)
    assert client.receive_close() == 1003


def test_messages_are_handled_in_their_order(serve: Serve, covey_client: Connect) -> None:
    client = covey_client(serve(Echo), "ws/")
    messages = [str(number) for number in range(200)]
    for message in messages:
        client.send(message)
    assert [client.receive() for _ in messages] == messages


class Gated(Consumer):
    """Says when a message is begun, and when it is done: once the gate is opened by an event."""

    gate: asyncio.Event
    groups = ("gated",)

    async def receive(self, text: str) -> None:
        self.send(f"{text} begins")
        if text != "quick":
            await self.gate.wait()
        self.send(f"{text} ends")

    @event("open")
    def open(self, event: dict[str, Any]) -> None:
        self.send("opening")
        self.gate.set()


@pytest.fixture
def gated(covey_server: Start) -> Iterator[Callable[..., Server]]:
    gate = asyncio.Event()
    server = Server()

    def start(cls: type[Consumer] = Gated, **settings: Any) -> Server:
        server.channel("ws/", type(cls.__name__, (cls,), {"gate": gate}), **settings)
        server.channel("other/", Echo)
        return covey_server(server)

    yield start
    server.call_soon(gate.set)  # or else it would wait for who waits for the gate


def open_gate(server: Server) -> None:
    server.group_send("gated", {"type": "open"})


def test_messages_wait_for_a_slow_one_but_events_do_not(
    gated: Callable[..., Server], covey_client: Connect
) -> None:
    client = covey_client(server := gated(), "ws/")
    client.send("slow")
    client.send("quick")
    assert client.receive() == "slow begins"
    open_gate(server)
    assert [client.receive() for _ in range(4)] == [
        "opening",
        "slow ends",
        "quick begins",
        "quick ends",
    ]


def test_nobody_else_waits_for_a_slow_message(
    gated: Callable[..., Server], covey_client: Connect
) -> None:
    slow = covey_client(server := gated(), "ws/")
    slow.send("slow")
    assert slow.receive() == "slow begins"
    for path, answers in [("ws/", ["quick begins", "quick ends"]), ("other/", ["quick"])]:
        other = covey_client(server, path)
        other.send("quick")
        assert [other.receive() for _ in answers] == answers
    assert slow.receive_nothing()


def test_so_many_messages_are_handled_at_the_same_time_as_the_class_says(
    gated: Callable[..., Server], covey_client: Connect
) -> None:
    client = covey_client(server := gated(parallel=3), "ws/")
    for message in "abcd":
        client.send(message)
    assert [client.receive() for _ in "abc"] == ["a begins", "b begins", "c begins"]
    assert client.receive_nothing()
    open_gate(server)
    assert client.receive() == "opening"
    rest = [client.receive() for _ in range(5)]
    assert sorted(rest) == ["a ends", "b ends", "c ends", "d begins", "d ends"]


def test_too_many_messages_that_wait_close_with_1008(
    gated: Callable[..., Server], covey_client: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    client = covey_client(gated(messages_waiting_max=2), "ws/")
    for message in ["slow", "waits", "waits", "is too many"]:
        client.send(message)
    assert client.receive_close() == 1008
    assert client.messages == ["slow begins"]
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_too_many_bytes_that_wait_close_with_1008_but_one_message_may(
    gated: Callable[..., Server], covey_client: Connect
) -> None:
    client = covey_client(gated(bytes_waiting_max=10), "ws/")
    client.send("slow")
    client.send("x" * 20)
    client.send("y")
    assert client.receive_close() == 1008
    assert client.messages == ["slow begins"]


def test_disconnect_comes_after_the_messages(
    gated: Callable[..., Server], covey_client: Connect, told: Told
) -> None:
    class Leaving(Consumer):
        async def receive(self, text: str) -> None:
            if self.ending is None:
                self.send("begins")
            while self.ending is None:
                await asyncio.sleep(0)
            told.say(text)

        def disconnect(self, code: int) -> None:
            told.say(code)

    client = covey_client(gated(Leaving), "ws/")
    client.send("first")
    client.send("second")
    assert client.receive() == "begins"
    client.disconnect(4321)
    assert [told.next() for _ in range(3)] == ["first", "second", 4321]


def test_disconnect_comes_after_all_messages_that_are_handled_at_the_same_time(
    gated: Callable[..., Server], covey_client: Connect, told: Told
) -> None:
    class Leaving(Consumer):
        parallel = 2

        async def receive(self, text: str) -> None:
            if self.ending is None:
                self.send("begins")
            while self.ending is None:
                await asyncio.sleep(0)
            told.say("message")

        async def disconnect(self, code: int) -> None:
            told.say(code)

    client = covey_client(gated(Leaving), "ws/")
    for message in "abc":
        client.send(message)
    assert [client.receive(), client.receive()] == ["begins", "begins"]
    client.disconnect()
    assert [told.next() for _ in range(4)] == ["message", "message", "message", 1000]
