"""What a consumer may send, and who it says it is."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from consumer_harness import Connect, Serve, Start
from covey import (
    Consumer,
    Exists,
    InvalidArgument,
    Server,
    TooLarge,
    event,
)
from covey.request import ask
from covey.testing import Client, Closed
from told import Told

# ------------------------------------------------------------------------------- sending


class Sending(Consumer):
    """Does what a test says with a message."""

    do: Callable[[Any], Any]

    def receive(self, text: str) -> None:
        type(self).do(self)


def sending(serve: Serve, connect: Connect, do: Callable[[Any], Any]) -> Client:
    client = connect(serve(type("Sending", (Sending,), {"do": staticmethod(do)})), "ws/")
    client.send("go")
    return client


@pytest.mark.parametrize(
    ("do", "message"),
    [
        (lambda one: one.send("grüße"), "grüße"),
        (lambda one: one.send(text_data="text"), "text"),
        (lambda one: one.send(""), ""),
        (lambda one: one.send(b"bytes"), b"bytes"),
        (lambda one: one.send(b""), b""),
        (lambda one: one.send(bytes_data=b"bytes"), b"bytes"),
        (lambda one: one.send(bytearray(b"array")), b"array"),
        (lambda one: one.send(memoryview(b"a view")[2:]), b"view"),
        (lambda one: one.send_json({"a": ["ü", None, 1.5]}), '{"a":["ü",null,1.5]}'),
        (lambda one: one.send_json(UUID(int=1)), '"00000000-0000-0000-0000-000000000001"'),
    ],
)
def test_what_is_sent_arrives(
    serve: Serve, covey_client: Connect, do: Callable[[Any], Any], message: str | bytes
) -> None:
    assert sending(serve, covey_client, do).receive() == message


@pytest.mark.parametrize(
    ("do", "messages", "code"),
    [
        (lambda one: one.close(), [], 1000),
        (lambda one: one.close(4001), [], 4001),
        (lambda one: one.close(code=4001, reason="enough"), [], 4001),
        (lambda one: one.send("last", close=True), ["last"], 1000),
        (lambda one: one.send("last", close=4001), ["last"], 4001),
        (lambda one: one.send_json(1, close=True), ["1"], 1000),
        (lambda one: one.send_json(1, close=4001), ["1"], 4001),
    ],
)
def test_a_close_comes_after_what_was_sent(
    serve: Serve,
    covey_client: Connect,
    do: Callable[[Any], Any],
    messages: list[str],
    code: int,
) -> None:
    client = sending(serve, covey_client, do)
    assert client.receive_close() == code
    assert client.messages == messages


def test_a_close_has_its_reason(serve: Serve, covey_client: Connect) -> None:
    client = sending(serve, covey_client, lambda one: one.close(4001, "genug für heute"))
    with pytest.raises(Closed) as closed:
        client.receive()
    assert (closed.value.code, closed.value.reason) == (4001, "genug für heute")


@pytest.mark.parametrize(
    ("do", "error"),
    [
        (lambda one: one.send(), TypeError),
        (lambda one: one.send(7), TypeError),
        (lambda one: one.send_json(object()), TypeError),
        (lambda one: one.send_json(float("nan")), ValueError),
        (lambda one: one.close(1004), InvalidArgument),
        (lambda one: one.close(70_000), InvalidArgument),
        (lambda one: one.close(4001, "x" * 124), TooLarge),
        (lambda one: one.accept(), Exists),
    ],
)
def test_what_cannot_be_sent_is_an_error_of_the_handler(
    serve: Serve,
    covey_client: Connect,
    caplog: pytest.LogCaptureFixture,
    do: Callable[[Any], Any],
    error: type[Exception],
) -> None:
    client = sending(serve, covey_client, do)
    assert client.receive_close() == 1011
    (record,) = caplog.records
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], error)


def test_what_is_done_at_once_may_be_awaited(covey_server: Start, covey_client: Connect) -> None:
    class Awaiting(Consumer):
        async def connect(self) -> None:
            await self.accept()
            await self.group_add("all")

        async def receive_json(self, content: Any) -> None:
            await self.send_json(content)
            await self.send("text")
            await self.group_send("all", {"type": "tell"})
            await self.group_broadcast("all", b"bytes")
            await self.channel_layer.group_add("more", self.channel_name)
            await self.channel_layer.group_send("more", {"type": "tell"})
            await self.channel_layer.send(self.channel_name, {"type": "end"})
            await self.channel_layer.group_discard("more", self.channel_name)
            await self.group_discard("all")

        @event("tell")
        async def tell(self, event: dict[str, Any]) -> None:
            await self.send("event")

        @event("end")
        async def end(self, event: dict[str, Any]) -> None:
            await self.close()

    server = Server()
    server.channel("ws/", Awaiting)
    client = covey_client(covey_server(server), "ws/")
    client.send_json(1)
    assert client.receive_close() == 1000
    assert sorted(map(str, client.messages)) == ["1", "b'bytes'", "event", "event", "text"]


# ---------------------------------------------------------------------------- who it is


class WithKey:
    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


@pytest.mark.parametrize(
    ("user", "text"),
    [
        (None, None),
        ("alice", "alice"),
        (7, "7"),
        (WithKey(pk=3, id=4), "3"),
        (WithKey(id=4), "4"),
        (WithKey(pk=UUID(int=1)), str(UUID(int=1))),
    ],
    ids=["nobody", "text", "number", "pk", "id", "uuid"],
)
def test_a_user_is_a_text_a_number_or_has_a_key(
    serve: Serve, covey_client: Connect, user: Any, text: str | None, told: Told
) -> None:
    def identify(consumer: Consumer) -> None:
        consumer.user = user
        told.say(consumer.user is user)
        told.say(ask(consumer, "user"))

    sending(serve, covey_client, identify)
    assert told.next() is True
    assert told.next() == text


@pytest.mark.parametrize("user", [True, 1.5, b"alice", WithKey(), WithKey(pk=None)], ids=repr)
def test_nothing_else_is_a_user(serve: Serve, covey_client: Connect, user: Any, told: Told) -> None:
    def identify(consumer: Consumer) -> None:
        try:
            consumer.user = user
        except TypeError:
            told.say(consumer.user)

    sending(serve, covey_client, identify)
    assert told.next() is None
