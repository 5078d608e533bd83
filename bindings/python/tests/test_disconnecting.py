"""How a consumer ends, and what a handler that raises does to it."""

import asyncio
import logging
from typing import Any

import pytest

from consumer_harness import Connect, Echo, Serve, Start, answer_to
from covey import (
    Consumer,
    Ending,
    Gone,
    Server,
    event,
)
from told import PATIENCE, Told

# -------------------------------------------------------------------------- disconnecting


class Leaving(Consumer):
    """Says how it ended."""

    told: Told

    def disconnect(self, code: int) -> None:
        self.told.say((code, self.ending))


def test_disconnect_gets_the_clients_code_and_the_ending_says_more(
    serve: Serve, covey_client: Connect, told: Told
) -> None:
    covey_client(serve(type("Told", (Leaving,), {"told": told})), "ws/").disconnect(4001, "tired")
    code, ending = told.next()
    assert (code, ending) == (4001, Ending(cause=1, code=4001, is_clean=True, reason="tired"))


def test_disconnect_gets_the_code_of_the_servers_own_close(
    serve: Serve, covey_client: Connect, told: Told
) -> None:
    class Closing(Leaving):
        def receive(self, text: str) -> None:
            self.close(4002, "enough")

    client = covey_client(serve(type("Told", (Closing,), {"told": told})), "ws/")
    client.send("hello")
    assert client.receive_close() == 4002
    code, ending = told.next()
    assert (code, ending) == (4002, Ending(cause=2, code=4002, is_clean=True, reason="enough"))


def test_disconnect_comes_when_the_server_stops(
    serve: Serve, covey_client: Connect, told: Told
) -> None:
    server = serve(type("Told", (Leaving,), {"told": told}))
    client = covey_client(server, "ws/")
    server.stop()
    assert client.receive_close() == 1001
    code, ending = told.next()
    assert (code, ending.cause) == (1001, 11)


def test_a_handler_that_meets_the_stop_of_the_server_is_no_error(
    serve: Serve, covey_client: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    class Late(Consumer):
        def receive(self, text: str) -> None:
            self.server.stop()
            self.group_send("others", {"type": "hello"})

    client = covey_client(server := serve(Late), "ws/")
    client.send("hello")
    assert client.receive_close() == 1001
    assert server.wait(PATIENCE)
    assert caplog.records == []


def test_who_connects_while_the_server_stops_is_refused_without_a_word_in_the_log(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    class Late(Consumer):
        def connect(self) -> None:
            self.server.stop()
            self.group_send("others", {"type": "hello"})

    server = serve(Late)
    assert answer_to(server) in (503, 1001)  # or, once it waited, with a close
    assert server.wait(PATIENCE)
    assert caplog.records == []


def test_one_that_is_gone_still_knows_its_request(
    serve: Serve, covey_client: Connect, told: Told
) -> None:
    class Remembering(Consumer):
        def disconnect(self, code: int) -> None:
            told.say((self.path, self.query["a"], self.params, self.user))

        def connect(self) -> None:
            self.user = "alice"

    covey_client(serve(Remembering, "ws/<room>/"), "ws/den/?a=1").disconnect()
    assert told.next() == ("/ws/den/", "1", {"room": "den"}, "alice")


# -------------------------------------------------------------------------------- errors


def test_a_handler_that_raises_closes_its_consumer_alone_with_1011(
    serve: Serve, covey_client: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    class Fragile(Consumer):
        def receive(self, text: str) -> None:
            self.send(str(1 / int(text)))

    server = serve(Fragile)
    fragile, other = covey_client(server, "ws/"), covey_client(server, "ws/")
    fragile.send("0")
    assert fragile.receive_close() == 1011
    other.send("1")
    assert other.receive() == "1.0"
    (record,) = caplog.records
    written = logging.Formatter().format(record)
    assert "<Fragile " in written
    assert "Traceback" in written
    assert "ZeroDivisionError: division by zero" in written


@pytest.mark.parametrize("handler", ["receive_json", "receive_bytes", "explode"])
def test_so_does_any_other_handler(
    serve: Serve, covey_client: Connect, caplog: pytest.LogCaptureFixture, handler: str
) -> None:
    @event("explode")
    def explode(self: Consumer, content: Any) -> None:
        raise ValueError("boom")

    server = serve(type("Fragile", (Consumer,), {handler: explode}), groups=["all"])
    client = covey_client(server, "ws/")
    if handler == "explode":
        server.group_send("all", {"type": "explode"})
    else:
        client.send("[]" if handler == "receive_json" else b"")
    assert client.receive_close() == 1011
    assert "ValueError: boom" in caplog.text


def test_a_disconnect_that_raises_is_logged(
    serve: Serve, covey_client: Connect, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    class Fragile(Consumer):
        def disconnect(self, code: int) -> None:
            told.say(code)
            raise ValueError("boom")

        def receive(self, text: str) -> None:
            self.send(text)

    server = serve(Fragile)
    covey_client(server, "ws/").disconnect()
    told.next()
    other = covey_client(server, "ws/")
    other.send("still served")
    assert other.receive() == "still served"
    assert "ValueError: boom" in caplog.text


def test_a_constructor_that_raises_refuses(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    class Fragile(Echo):
        def __init__(self) -> None:
            raise ValueError("boom")

    assert answer_to(serve(Fragile)) == 500
    assert "ValueError: boom" in caplog.text


def test_a_constructor_knows_what_the_url_says(serve: Serve, covey_client: Connect) -> None:
    class Room(Consumer):
        def __init__(self) -> None:
            self.name = self.params["room"].upper()

        def connect(self) -> None:
            self.send(self.name)

    assert covey_client(serve(Room, "ws/<room>/"), "ws/den/").receive() == "DEN"


def test_that_the_client_left_meanwhile_is_no_error(
    covey_server: Start,
    covey_client: Connect,
    told: Told,
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Late(Consumer):
        async def receive(self, text: str) -> None:
            self.send("begins")
            while self.ending is None:
                await asyncio.sleep(0)
            try:
                self.send("too late")
            except Gone as error:
                told.say(error)
                raise

        def disconnect(self, code: int) -> None:
            told.say(code)

    server = Server()
    server.channel("ws/", Late)
    client = covey_client(covey_server(server), "ws/")
    client.send("hello")
    assert client.receive() == "begins"
    client.disconnect()
    assert isinstance(told.next(), Gone)
    assert told.next() == 1000
    assert caplog.records == []


def test_that_the_client_left_while_connect_waited_is_no_error(
    covey_server: Start,
    covey_client: Connect,
    told: Told,
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Late(Consumer):
        async def connect(self) -> None:
            while self.ending is None:
                await asyncio.sleep(0)

        def disconnect(self, code: int) -> None:
            told.say(code)

    server = Server()
    server.channel("ws/", Late)
    covey_client(covey_server(server), "ws/").disconnect(4001)
    assert told.next() == 4001
    assert caplog.records == []


def test_sending_in_disconnect_is_no_error_either(
    serve: Serve, covey_client: Connect, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    class Polite(Consumer):
        def disconnect(self, code: int) -> None:
            told.say(code)
            self.send("goodbye")

    server = serve(Polite)
    covey_client(server, "ws/").disconnect()
    told.next()
    covey_client(server, "ws/").disconnect()
    told.next()
    assert caplog.records == []
