"""Functions as consumers: called for each message, or living as long as their client."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from covey import Connection, Denied, Gone, Server
from covey.testing import Client
from styles import Style, rewritten
from told import Told

Start = Callable[..., Server]
Connect = Callable[..., Client]


@pytest.fixture
def serve(covey_server: Callable[[Server], Server]) -> Start:
    """A running server with one function at "ws/"."""

    def start(function: Callable[..., Any], pattern: str = "ws/", **settings: Any) -> Server:
        server = Server()
        server.channel(pattern, function, **settings)
        return covey_server(server)

    return start


def answer_to(server: Server, path: str = "ws/") -> int:
    """The HTTP status that a client is refused with, or else the close code."""
    client = Client(server, path)
    is_connected, answer = client.connect()
    return client.receive_close() if is_connected else answer  # type: ignore[return-value]


# ---------------------------------------------------------------- called for each message


def test_a_function_with_two_parameters_is_called_for_each_message(
    serve: Start, covey_client: Connect, style: Style
) -> None:
    def echo(connection: Connection, message: str | bytes) -> None:
        connection.send(message)

    client = covey_client(serve(rewritten(echo, style)), "ws/")
    for message in ["text", b"bytes", "ü" * 1000]:
        client.send(message)
        assert client.receive() == message


def test_it_knows_its_connection(serve: Start, covey_client: Connect, style: Style) -> None:
    def describe(connection: Connection, message: str | bytes) -> None:
        connection.send_json([connection.params, dict(connection.query), connection.path])

    client = covey_client(serve(rewritten(describe, style), "ws/<room>/"), "ws/den/?a=1")
    client.send("?")
    assert client.receive_json() == [{"room": "den"}, {"a": "1"}, "/ws/den/"]


def test_each_client_has_a_connection_of_its_own(
    serve: Start, covey_client: Connect, style: Style
) -> None:
    def count(connection: Any, message: str | bytes) -> None:
        connection.count = getattr(connection, "count", 0) + 1
        connection.send_json(connection.count)

    server = serve(rewritten(count, style))
    for client in [covey_client(server, "ws/"), covey_client(server, "ws/")]:
        for expected in [1, 2]:
            client.send("once more")
            assert client.receive_json() == expected


def test_a_function_that_raises_closes_with_1011(
    serve: Start, covey_client: Connect, style: Style, caplog: pytest.LogCaptureFixture
) -> None:
    def fragile(connection: Connection, message: str | bytes) -> None:
        connection.send(str(1 / int(message)))

    server = serve(rewritten(fragile, style))
    client, other = covey_client(server, "ws/"), covey_client(server, "ws/")
    client.send("0")
    assert client.receive_close() == 1011
    other.send("1")
    assert other.receive() == "1.0"
    (record,) = caplog.records
    assert "ZeroDivisionError" in logging.Formatter().format(record)


def test_permissions_may_be_given_with_the_function(serve: Start, style: Style) -> None:
    def echo(connection: Connection, message: str | bytes) -> None: ...

    def deny(connection: Connection) -> bool:
        return False

    server = serve(rewritten(echo, style), permissions=[rewritten(deny, style)])
    assert answer_to(server) == (4403 if style is Style.WAITING else 403)


def test_raising_denied_for_a_message_closes_with_4403(
    serve: Start, covey_client: Connect, style: Style
) -> None:
    def guarded(connection: Connection, message: str | bytes) -> None:
        raise Denied

    client = covey_client(serve(rewritten(guarded, style)), "ws/")
    client.send("hello")
    assert client.receive_close() == 4403


# ---------------------------------------------------------- living as long as the client


async def echo(connection: Connection) -> None:
    async for message in connection:
        connection.send(message)


def test_an_async_function_with_one_parameter_lives_as_long_as_its_client(
    serve: Start, covey_client: Connect
) -> None:
    server = serve(echo)
    one, other = covey_client(server, "ws/"), covey_client(server, "ws/")
    for message in ["text", b"bytes"]:
        one.send(message)
        other.send(message)
        assert (one.receive(), other.receive()) == (message, message)


def test_next_message_answers_one_after_another(serve: Start, covey_client: Connect) -> None:
    async def add(connection: Connection) -> None:
        total = 0
        while total < 10:
            total += int(await connection.next_message())
            connection.send_json(total)

    client = covey_client(serve(add), "ws/")
    for number in ["1", "2", "7"]:
        client.send(number)
    assert client.receive_close() == 1000
    assert client.messages == ["1", "3", "10"]


def test_what_came_before_the_function_asked_is_not_lost(
    serve: Start, covey_client: Connect, told: Told
) -> None:
    async def late(connection: Connection) -> None:
        connection.accept()
        told.say(connection)
        while len(connection._messages) < 3:
            await asyncio.sleep(0)
        async for message in connection:
            connection.send(message)

    client = covey_client(serve(late), "ws/")
    for message in ["1", "2", "3"]:
        client.send(message)
    assert [client.receive() for _ in range(3)] == ["1", "2", "3"]


def test_asking_for_a_message_accepts(serve: Start, covey_client: Connect) -> None:
    async def silent(connection: Connection) -> None:
        await connection.next_message()

    client = Client(serve(silent), "ws/")
    assert client.connect() == (True, None)
    client.send("enough")
    assert client.receive_close() == 1000


def test_it_may_choose_a_subprotocol(serve: Start) -> None:
    async def choosing(connection: Connection) -> None:
        connection.accept("v2")

    client = Client(serve(choosing), "ws/", subprotocols=["v1", "v2"])
    assert client.connect() == (True, "v2")
    assert client.receive_close() == 1000


@pytest.mark.parametrize("waits", [False, True])
def test_returning_closes_with_1000(serve: Start, covey_client: Connect, waits: bool) -> None:
    async def brief(connection: Connection) -> None:
        if waits:
            await asyncio.sleep(0)
        connection.send("bye")

    client = covey_client(serve(brief), "ws/")
    assert client.receive_close() == 1000
    assert client.messages == ["bye"]


def test_closing_and_returning_closes_as_was_said(serve: Start, covey_client: Connect) -> None:
    async def brief(connection: Connection) -> None:
        await connection.next_message()
        connection.close(4001)

    client = covey_client(serve(brief), "ws/")
    client.send("go")
    assert client.receive_close() == 4001


@pytest.mark.parametrize(("waits", "answer"), [(False, 403), (True, 4403)])
def test_rejecting_and_returning_refuses(serve: Start, waits: bool, answer: int) -> None:
    async def closed(connection: Connection) -> None:
        if waits:
            await asyncio.sleep(0)
        connection.reject()

    assert answer_to(serve(closed)) == answer


@pytest.mark.parametrize(("waits", "answer"), [(False, 401), (True, 4403)])
def test_raising_denied_refuses(serve: Start, waits: bool, answer: int) -> None:
    async def members(connection: Connection) -> None:
        if waits:
            await asyncio.sleep(0)
        raise Denied(code=401)

    assert answer_to(serve(members)) == answer


@pytest.mark.parametrize(("waits", "answer"), [(False, 500), (True, 1011)])
def test_raising_before_it_is_decided_refuses(
    serve: Start, waits: bool, answer: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(connection: Connection) -> None:
        if waits:
            await asyncio.sleep(0)
        raise ValueError("out of order")

    assert answer_to(serve(broken)) == answer
    assert "ValueError: out of order" in caplog.text


def test_raising_closes_with_1011(
    serve: Start, covey_client: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    async def fragile(connection: Connection) -> None:
        async for message in connection:
            connection.send(str(1 / int(message)))

    client = covey_client(serve(fragile), "ws/")
    client.send("0")
    assert client.receive_close() == 1011
    assert "ZeroDivisionError" in caplog.text


def test_the_loop_over_messages_ends_when_the_client_is_gone(
    serve: Start, covey_client: Connect, told: Told
) -> None:
    async def counting(connection: Connection) -> None:
        count = 0
        async for _ in connection:
            count += 1
            connection.send("counted")
        told.say((count, connection.ending))

    client = covey_client(serve(counting), "ws/")
    client.send("one")
    assert client.receive() == "counted"
    client.disconnect(4001)
    count, ending = told.next()
    assert (count, ending.code) == (1, 4001)


def test_what_came_before_the_client_left_is_still_handled(
    serve: Start, covey_client: Connect, told: Told
) -> None:
    async def late(connection: Connection) -> None:
        connection.accept()
        while connection.ending is None:
            await asyncio.sleep(0)
        async for message in connection:
            told.say(message)
        told.say(None)

    client = covey_client(serve(late), "ws/")
    client.send("1")
    client.send("2")
    client.disconnect()
    assert [told.next() for _ in range(3)] == ["1", "2", None]


def test_next_message_raises_gone_when_the_client_is_which_may_pass(
    serve: Start, covey_client: Connect, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    async def waiting(connection: Connection) -> None:
        try:
            await connection.next_message()
        except Gone:
            told.say("gone")
            raise

    server = serve(waiting)
    covey_client(server, "ws/").disconnect()
    assert told.next() == "gone"
    covey_client(server, "ws/").disconnect()
    assert told.next() == "gone"
    assert caplog.records == []


def test_too_many_messages_that_wait_close_with_1008(
    serve: Start, covey_client: Connect, told: Told
) -> None:
    async def stuck(connection: Connection) -> None:
        connection.accept()
        while connection.ending is None:
            await asyncio.sleep(0)

    client = covey_client(serve(stuck, messages_waiting_max=2), "ws/")
    for message in ["1", "2", "3"]:
        client.send(message)
    assert client.receive_close() == 1008


def test_several_may_wait_for_messages_in_turn(serve: Start, covey_client: Connect) -> None:
    async def cancelling(connection: Connection) -> None:
        """Gives up waiting, and asks again: what comes then is not lost."""
        connection.accept()
        waiting = asyncio.ensure_future(connection.next_message())
        await asyncio.sleep(0)
        waiting.cancel()
        connection.send("ready")
        connection.send(await connection.next_message())

    client = covey_client(serve(cancelling), "ws/")
    assert client.receive() == "ready"
    client.send("hello")
    assert client.receive() == "hello"


# ------------------------------------------------------------------------------ signatures


def test_a_function_registers_as_a_decorator_and_stays_what_it_is(
    covey_server: Callable[[Server], Server], covey_client: Connect
) -> None:
    server = Server()

    @server.channel("ws/")
    def shout(connection: Connection, message: str) -> str:
        connection.send(message.upper())
        return message.upper()

    assert shout.__name__ == "shout"
    client = covey_client(covey_server(server), "ws/")
    client.send("hello")
    assert client.receive() == "HELLO"


def test_a_method_of_an_object_is_a_function_too(serve: Start, covey_client: Connect) -> None:
    class Shop:
        def sell(self, connection: Connection, message: str) -> None:
            connection.send(f"one {message}")

        async def advise(self, connection: Connection) -> None:
            connection.send(f"tea, {await connection.next_message()}")

    shop = Shop()
    client = covey_client(serve(shop.sell), "ws/")
    client.send("tea")
    assert client.receive() == "one tea"
    client = covey_client(serve(shop.advise), "ws/")
    client.send("please")
    assert client.receive() == "tea, please"


@pytest.mark.parametrize(
    "function",
    [lambda: None, lambda connection: None, lambda one, two, three: None],
    ids=["none", "one, not async", "three"],
)
def test_any_other_signature_is_a_type_error(function: Callable[..., Any]) -> None:
    with Server() as server, pytest.raises(TypeError, match="must be an async function of a consu"):
        server.channel("ws/", function)
