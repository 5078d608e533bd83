"""Who is let in, by whom, and with which answer to the others."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from consumer_harness import Connect, Echo, Serve, Start, answer_to
from covey import (
    Consumer,
    Denied,
    InvalidArgument,
    Server,
)
from covey.testing import Client
from styles import Style, rewritten
from told import Told

# --------------------------------------------------------------------------- connecting


def test_a_client_is_accepted_where_connect_is_not_defined(
    serve: Serve, covey_client: Connect
) -> None:
    client = covey_client(serve(Echo), "ws/")
    client.send("hello")
    assert client.receive() == "hello"


def test_connect_accepts_by_returning(serve: Serve, covey_client: Connect) -> None:
    class Greeting(Consumer):
        def connect(self) -> None:
            self.greeting = "welcome"

        def receive(self, text: str) -> None:
            self.send(self.greeting)

    client = covey_client(serve(Greeting), "ws/")
    client.send("hello")
    assert client.receive() == "welcome"


def test_what_is_sent_before_the_decision_arrives_after_it(
    serve: Serve, covey_client: Connect
) -> None:
    class Early(Consumer):
        def connect(self) -> None:
            self.send("early")
            self.accept()
            self.send("late")

    client = covey_client(serve(Early), "ws/")
    assert [client.receive(), client.receive()] == ["early", "late"]


@pytest.mark.parametrize("style", [Style.PLAIN, Style.ASYNC], indirect=True)
def test_accept_chooses_a_subprotocol(serve: Serve) -> None:
    class Choosing(Consumer):
        def connect(self) -> None:
            self.accept("v2")

        def receive(self, text: str) -> None:
            self.send(self.subprotocol or "none")

    with Client(server := serve(Choosing), "ws/", subprotocols=["v1", "v2"]) as client:
        client.send("which?")
        assert client.receive() == "v2"
    assert Client(server, "ws/", subprotocols=["v2"]).connect() == (True, "v2")


def test_no_subprotocol_is_chosen_unless_connect_does(serve: Serve) -> None:
    client = Client(serve(Echo), "ws/", subprotocols=["v1"])
    assert client.connect() == (True, None)
    client.disconnect()


def test_a_subprotocol_that_was_not_offered_is_an_error(serve: Serve, told: Told) -> None:
    class Choosing(Consumer):
        def connect(self) -> None:
            try:
                self.accept("v2")
            except InvalidArgument as error:
                told.say(error)
                raise Denied from None

    server = serve(Choosing)
    assert answer_to(server, subprotocols=["v1"]) in (403, 4403)
    assert isinstance(told.next(), InvalidArgument)


def test_reject_is_http_403_before_the_first_await_and_close_4403_later(
    serve: Serve, style: Style
) -> None:
    class Closed(Consumer):
        def connect(self) -> None:
            self.reject()

    assert answer_to(serve(Closed)) == (4403 if style is Style.WAITING else 403)


def test_reject_takes_a_status_for_now_and_a_code_for_later(serve: Serve, style: Style) -> None:
    class Moved(Consumer):
        def connect(self) -> None:
            self.reject(status=410, code=4010)

    assert answer_to(serve(Moved)) == (4010 if style is Style.WAITING else 410)


def test_closing_instead_of_accepting_rejects(serve: Serve, style: Style) -> None:
    class Full(Consumer):
        def connect(self) -> None:
            self.close(4001)

    assert answer_to(serve(Full)) == (4001 if style is Style.WAITING else 403)


@pytest.mark.parametrize(
    ("denied", "status"),
    [(Denied, 403), (Denied(), 403), (Denied("no"), 403), (Denied(code=401), 401)],
)
def test_raising_denied_rejects(
    serve: Serve, style: Style, denied: Denied, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    class Members(Consumer):
        def connect(self) -> None:
            raise denied

    assert answer_to(serve(Members)) == (4403 if style is Style.WAITING else status)
    assert caplog.records == []


def test_raising_denied_after_accepting_closes_with_4403(serve: Serve) -> None:
    class Late(Consumer):
        def connect(self) -> None:
            self.accept()
            raise Denied

    assert answer_to(serve(Late)) == 4403


def test_raising_denied_in_another_handler_closes_with_4403(
    serve: Serve, covey_client: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    class Guarded(Consumer):
        def receive(self, text: str) -> None:
            raise Denied

    client = covey_client(serve(Guarded), "ws/")
    client.send("hello")
    assert client.receive_close() == 4403
    assert caplog.records == []


def test_raising_anything_else_in_connect_is_http_500(
    serve: Serve, style: Style, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Consumer):
        def connect(self) -> None:
            raise ValueError("out of order")

    assert answer_to(serve(Broken)) == (1011 if style is Style.WAITING else 500)
    (record,) = caplog.records
    assert "ValueError: out of order" in logging.Formatter().format(record)


def test_disconnect_is_not_called_for_whom_http_refused(
    serve: Serve, style: Style, told: Told
) -> None:
    class Closed(Consumer):
        def connect(self) -> None:
            if self.query.get("in"):
                return
            self.reject()

        def disconnect(self, code: int) -> None:
            told.say(code)

    server = serve(Closed)
    answer_to(server)
    with Client(server, "ws/?in=1"):
        pass
    codes = [4403, 1000] if style is Style.WAITING else [1000]
    assert [told.next() for _ in codes] == codes


def test_messages_wait_until_it_is_decided(covey_server: Start, covey_client: Connect) -> None:
    opened: list[asyncio.Event] = []

    class Slow(Consumer):
        async def connect(self) -> None:
            opened.append(asyncio.Event())
            await opened[0].wait()
            self.send("welcome")

        def receive(self, text: str) -> None:
            self.send(text)

    server = Server()
    server.channel("ws/", Slow)
    server.channel("other/", Echo)
    client = covey_client(covey_server(server), "ws/")
    client.send("hello")
    other = covey_client(server, "other/")
    other.send("not held up")
    assert other.receive() == "not held up"
    assert client.receive_nothing()
    server.call_soon(lambda: opened[0].set())
    assert [client.receive(), client.receive()] == ["welcome", "hello"]


# -------------------------------------------------------------------------- permissions


class Checked(Echo):
    """For ``permissions`` that a test gives to the route."""


def permission(answer: Any, style: Style) -> Callable[[Consumer], Any]:
    def check(consumer: Consumer) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return rewritten(check, style)


def test_who_has_all_permissions_is_accepted(
    serve: Serve, covey_client: Connect, style: Style
) -> None:
    allowed = permission(True, style)
    client = covey_client(serve(Checked, permissions=[allowed, allowed]), "ws/")
    client.send("hello")
    assert client.receive() == "hello"


@pytest.mark.parametrize("answer", [False, None, 1, "yes", Denied()], ids=repr)
def test_a_permission_that_is_not_true_denies(serve: Serve, style: Style, answer: Any) -> None:
    server = serve(Checked, permissions=[permission(True, style), permission(answer, style)])
    assert answer_to(server) == (4403 if style is Style.WAITING else 403)


def test_a_permission_that_raises_is_http_500(
    serve: Serve, style: Style, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve(Checked, permissions=[permission(ValueError("out of order"), style)])
    assert answer_to(server) == (1011 if style is Style.WAITING else 500)
    assert "out of order" in caplog.text


def test_permissions_see_the_consumer_and_come_before_connect(
    serve: Serve, covey_client: Connect, style: Style
) -> None:
    class Known(Consumer):
        def connect(self) -> None:
            self.send(f"hello {self.user}")

    def identify(consumer: Consumer) -> bool:
        consumer.user = consumer.query["name"]
        return True

    server = serve(Known, permissions=[rewritten(identify, style)])
    assert covey_client(server, "ws/?name=alice").receive() == "hello alice"


def test_after_one_that_denies_nothing_else_is_asked(serve: Serve, style: Style) -> None:
    class Members(Consumer):
        def connect(self) -> None:
            raise AssertionError("connect was called")

    def ask(consumer: Consumer) -> bool:
        raise AssertionError("the next permission was asked")

    server = serve(Members, permissions=[permission(False, style), rewritten(ask, style)])
    assert answer_to(server) in (403, 4403)
