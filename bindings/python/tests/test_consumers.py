"""What a consumer's handlers are given, in which order, and what they may do."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from covey import (
    Busy,
    Consumer,
    Denied,
    Ending,
    Exists,
    Gone,
    InvalidArgument,
    NotFound,
    Server,
    TooLarge,
    event,
)
from covey.request import ask
from covey.testing import Client, Closed
from styles import Style, rewritten
from told import Told

Serve = Callable[..., Server]
Start = Callable[[Server], Server]
Connect = Callable[..., Client]


class Echo(Consumer):
    def receive(self, text: str) -> None:
        self.send(text)


def answer_to(server: Server, path: str = "ws/", **options: Any) -> int:
    """The HTTP status that a client is refused with, or else the close code."""
    client = Client(server, path, **options)
    is_connected, answer = client.connect()
    return client.receive_close() if is_connected else answer  # type: ignore[return-value]


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


# ----------------------------------------------------------------------------- messages


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
    gated: Callable[..., Server],
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

    client = covey_client(gated(Late), "ws/")
    client.send("hello")
    assert client.receive() == "begins"
    client.disconnect()
    assert isinstance(told.next(), Gone)
    assert told.next() == 1000
    assert caplog.records == []


def test_that_the_client_left_while_connect_waited_is_no_error(
    gated: Callable[..., Server],
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

    covey_client(gated(Late), "ws/").disconnect(4001)
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


# ----------------------------------------------------------------------------- settings


def test_settings_are_of_one_route(covey_server: Start, covey_client: Connect) -> None:
    class Room(Consumer):
        greeting = "hello"

        def connect(self) -> None:
            self.send(self.greeting)

    server = Server()
    server.channel("polite/", Room, greeting="good morning")
    server.channel("usual/", Room)
    covey_server(server)
    assert covey_client(server, "polite/").receive() == "good morning"
    assert covey_client(server, "usual/").receive() == "hello"
    assert Room.greeting == "hello"


def test_a_decorator_registers_and_leaves_the_class_as_it_is(
    covey_server: Start, covey_client: Connect
) -> None:
    server = Server()

    @server.channel("two/")
    @server.channel("one/", groups=["all"])
    class Decorated(Echo):
        pass

    assert Decorated.__mro__[1] is Echo
    assert Decorated.groups == ()
    covey_server(server)
    for path in ["one/", "two/"]:
        client = covey_client(server, path)
        client.send(path)
        assert client.receive() == path


@pytest.mark.parametrize(
    "settings", [{"group": "room_{room}"}, {"groups": ["room_{room}", "other"]}], ids=str
)
def test_groups_may_be_named_after_a_parameter(
    serve: Serve, covey_client: Connect, settings: dict[str, Any]
) -> None:
    server = serve(Echo, "ws/<room>/", **settings)
    den, hall = covey_client(server, "ws/den/"), covey_client(server, "ws/hall/")
    server.group_broadcast("room_den", "to the den")
    server.group_broadcast("room_hall", "to the hall")
    assert (den.receive(), hall.receive()) == ("to the den", "to the hall")


def test_what_one_sends_may_go_to_its_groups_as_it_is(
    covey_server: Start, covey_client: Connect
) -> None:
    server = Server()
    server.channel("ws/<room>/", Consumer, group="{room}", broadcast_received=True)
    covey_server(server)
    members = [covey_client(server, "ws/den/") for _ in range(2)]
    other = covey_client(server, "ws/hall/")
    members[0].send("hello")
    members[0].send(b"bytes")
    for member in members:
        assert (member.receive(), member.receive()) == ("hello", b"bytes")
    assert other.receive_nothing()


@pytest.mark.parametrize(
    ("settings", "origin", "status"),
    [
        ({}, None, None),
        ({}, "https://elsewhere.example", 403),
        ({"origins": ["elsewhere.example"]}, "https://elsewhere.example", None),
        ({"origins": ["elsewhere.example"]}, "https://other.example", 403),
        ({"origins": ["*"]}, "https://other.example", None),
        ({"require_origin": True}, None, 403),
        ({"require_origin": True, "origins": ["*"]}, "https://other.example", None),
    ],
)
def test_a_page_from_elsewhere_must_be_named(
    serve: Serve, settings: dict[str, Any], origin: str | None, status: int | None
) -> None:
    client = Client(serve(Echo, **settings), "ws/", origin=origin)
    assert client.connect() == (status is None, status)
    client.disconnect()


def test_a_setting_that_the_class_does_not_have_is_a_type_error() -> None:
    with (
        Server() as server,
        pytest.raises(TypeError, match=r"^Echo has no attribute 'grups' to set$"),
    ):
        server.channel("ws/", Echo, grups=["all"])


@pytest.mark.parametrize("name", ["groups", "origins", "kept_headers"])
def test_one_text_where_a_list_belongs_is_a_type_error(name: str) -> None:
    message = rf"^Echo\.{name} must be a list of texts, not one text$"
    with Server() as server, pytest.raises(TypeError, match=message):
        server.channel("ws/", Echo, **{name: "cookie"})
    mistaken = type("Echo", (Echo,), {name: "cookie"})
    with Server() as server, pytest.raises(TypeError, match=message):
        server.channel("ws/", mistaken)


@pytest.mark.parametrize(
    ("pattern", "settings", "error"),
    [
        ("ws/<int:/", {}, InvalidArgument),
        ("ws/<date:day>/", {}, InvalidArgument),
        ("ws/\0/", {}, InvalidArgument),
        ("ws/", {"groups": [""]}, InvalidArgument),
        ("ws/", {"groups": ["room_{room}"]}, InvalidArgument),
        ("ws/", {"groups": [7]}, (AttributeError, TypeError)),
        ("ws/", {"origins": ["https://"]}, InvalidArgument),
    ],
)
def test_what_cannot_be_registered_is_refused_at_once(
    pattern: str, settings: dict[str, Any], error: Any
) -> None:
    with Server() as server:
        with pytest.raises(error):
            server.channel(pattern, Echo, **settings)
        server.channel("ws/", Echo)  # nothing of it was registered


def test_two_channels_on_one_pattern_are_refused() -> None:
    with Server() as server:
        server.channel("ws/<str:room>/", Echo)
        with pytest.raises(Exists):
            server.channel("ws/<name>/", Echo)


def test_nothing_is_registered_once_it_listens() -> None:
    with Server() as server:
        server.listen()
        with pytest.raises(Busy):
            server.channel("ws/", Echo)


@pytest.mark.parametrize("handler", [int, object])
def test_only_consumers_are_registered(handler: type) -> None:
    with Server() as server, pytest.raises(TypeError, match=f"^{handler.__name__} is no Consumer$"):
        server.channel("ws/", handler)


# -------------------------------------------------------------------------- the request


class Asked(Consumer):
    """Answers what a test asks it, in connect when the query says so, or else with a message."""

    question: Callable[[Any], Any]

    def connect(self) -> None:
        if self.query.get("when") == "accepted":
            self.accept()
        if "when" in self.query:
            self.answer()

    def receive(self, text: str) -> None:
        self.answer()

    def answer(self) -> None:
        try:
            self.send_json(type(self).question(self))
        except LookupError as error:
            self.send_json(f"{type(error).__name__}: {error}")


@pytest.fixture
def ask_when(serve: Serve, covey_client: Connect) -> Callable[..., Any]:
    """Connects with those options, asks at that moment, and answers what it answers."""

    def ask_one(
        when: str,
        question: Callable[[Any], Any],
        settings: dict[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        server = serve(
            type("Asked", (Asked,), {"question": staticmethod(question)}), **settings or {}
        )
        query = "" if when == "message" else f"?when={when}"
        client = covey_client(server, f"ws/{query}", **options)
        if when == "message":
            client.send("?")
        return client.receive_json()

    return ask_one


COOKIES = {"Cookie": 'session=abc; name="Ann Lee"; formula=a=b=c; session=later; flag'}


@pytest.mark.parametrize("when", ["connecting", "accepted", "message"])
def test_cookies_are_there_while_connecting_and_later_where_they_are_kept(
    ask_when: Callable[..., Any], when: str
) -> None:
    def question(one: Consumer) -> Any:
        return [one.cookies["session"], one.cookies.get("none"), "flag" in one.cookies]

    settings = {} if when == "connecting" else {"kept_headers": ["Cookie"]}
    assert ask_when(when, question, settings, headers=COOKIES) == ["abc", None, True]


def test_cookies_that_are_not_kept_are_an_error_that_says_so(ask_when: Callable[..., Any]) -> None:
    answer = ask_when("message", lambda one: one.cookies["session"], headers=COOKIES)
    assert answer == (
        "LookupError: header 'cookie' is not kept once connect is decided; "
        "name it in Asked.kept_headers"
    )


def test_cookies_that_were_looked_at_while_connecting_stay(
    serve: Serve, covey_client: Connect
) -> None:
    class Looking(Consumer):
        def connect(self) -> None:
            self.session = self.cookies["session"]

        def receive(self, text: str) -> None:
            self.send_json(dict(self.cookies))

    client = covey_client(serve(Looking), "ws/", headers=COOKIES)
    client.send("?")
    assert client.receive_json() == {
        "session": "abc",
        "name": "Ann Lee",
        "formula": "a=b=c",
        "flag": "",
    }


def test_no_cookies_are_an_empty_mapping(ask_when: Callable[..., Any]) -> None:
    def question(one: Consumer) -> Any:
        return [len(one.cookies), list(one.cookies), one.cookies.get("session", "none")]

    assert ask_when("connecting", question) == [0, [], "none"]


HEADERS = {"X-Shop": "tea", "User-Agent": "a test"}


@pytest.mark.parametrize("when", ["accepted", "message"])
def test_headers_are_kept_where_they_are_named(ask_when: Callable[..., Any], when: str) -> None:
    def question(one: Consumer) -> Any:
        names = ["x-shop", "X-SHOP", "x-none"]
        return [one.headers.get(name) for name in names] + ["x-shop" in one.headers]

    settings = {"kept_headers": ["X-Shop", "x-none"]}
    assert ask_when(when, question, settings, headers=HEADERS) == ["tea", "tea", None, True]


@pytest.mark.parametrize("style", [Style.PLAIN, Style.ASYNC], indirect=True)
def test_all_headers_are_there_while_connecting(ask_when: Callable[..., Any]) -> None:
    def question(one: Consumer) -> Any:
        return [one.headers["x-shop"], one.headers["user-agent"], one.headers.get("x-none", "-")]

    assert ask_when("connecting", question, headers=HEADERS) == ["tea", "a test", "-"]


def test_a_header_that_is_not_there_is_a_key_error(ask_when: Callable[..., Any]) -> None:
    assert ask_when("connecting", lambda one: one.headers["x-none"]) == "KeyError: 'x-none'"


def test_the_query_is_decoded(serve: Serve, covey_client: Connect, told: Told) -> None:
    class Asking(Consumer):
        def connect(self) -> None:
            query = self.query
            told.say([query["a"], query.getlist("a"), query["name"], query["empty"]])
            told.say([query.get("none"), query.getlist("none"), "a" in query, "none" in query])
            told.say([list(query), len(query)])

    covey_client(serve(Asking), "ws/?a=1&a=2&name=Z%C3%BC+rich&empty=")
    assert told.next() == ["2", ["1", "2"], "Zü rich", ""]
    assert told.next() == [None, [], True, False]
    assert told.next() == [["a", "name", "empty"], 3]


def test_the_query_is_there_later_too(ask_when: Callable[..., Any]) -> None:
    assert ask_when("message", lambda one: [dict(one.query), one.query.string]) == [{}, ""]


@pytest.mark.parametrize(
    ("pattern", "path", "params"),
    [
        ("ws/<int:number>/", "ws/7/", {"number": 7}),
        ("ws/<int:number>/", f"ws/{2**70}/", {"number": 2**70}),
        ("ws/<uuid:key>/", f"ws/{UUID(int=5)}/", {"key": UUID(int=5)}),
        ("ws/<str:room>/", "ws/den/", {"room": "den"}),
        ("ws/<room>/", "ws/größe 1/", {"room": "größe 1"}),
        ("ws/<slug:name>/", "ws/a-b_c/", {"name": "a-b_c"}),
        ("files/<path:rest>", "files/a/b/c", {"rest": "a/b/c"}),
        ("<room>/<int:number>/", "den/3/", {"room": "den", "number": 3}),
        ("ws/", "ws/", {}),
    ],
)
def test_parameters_of_the_url_have_the_types_of_their_converters(
    serve: Serve,
    covey_client: Connect,
    told: Told,
    pattern: str,
    path: str,
    params: dict[str, Any],
) -> None:
    class Room(Consumer):
        def connect(self) -> None:
            told.say(self.params)

    covey_client(serve(Room, pattern), path)
    assert told.next() == params


def test_another_path_is_http_404(serve: Serve) -> None:
    server = serve(Echo, "ws/<int:number>/")
    assert [answer_to(server, path) for path in ["ws/x/", "ws/", "ws/1", "none/"]] == [404] * 4


def test_the_scope_is_that_of_channels(serve: Serve, covey_client: Connect, told: Told) -> None:
    class Scoped(Consumer):
        def connect(self) -> None:
            self.user = "alice"
            told.say(self.scope)

    server = serve(Scoped, "ws/<room>/")
    covey_client(
        server,
        "ws/den/?a=1&b=x+y",
        headers={"Cookie": "session=1", "User-Agent": "a test"},
        subprotocols=["v1", "v2"],
    )
    scope = told.next()
    headers = dict(scope.pop("headers"))
    assert scope == {
        "type": "websocket",
        "path": "/ws/den/",
        "query_string": b"a=1&b=x+y",
        "subprotocols": ["v1", "v2"],
        "client": ("127.0.0.1", None),
        "url_route": {"args": (), "kwargs": {"room": "den"}},
        "user": "alice",
    }
    assert headers[b"cookie"] == b"session=1"
    assert headers[b"user-agent"] == b"a test"


def test_the_rest_of_the_request_is_there_too(
    serve: Serve, covey_client: Connect, told: Told
) -> None:
    class Seen(Consumer):
        def connect(self) -> None:
            told.say([self.path, self.peer, self.origin, self.subprotocol, self.server, str(self)])

    server = serve(Seen, origins=["*"])
    covey_client(server, "ws/", origin="https://example.com")
    path, peer, origin, subprotocol, its_server, shown = told.next()
    assert (path, peer, origin, subprotocol) == ("/ws/", "127.0.0.1", "https://example.com", None)
    assert its_server is server
    assert shown.startswith("<Seen ")


# ------------------------------------------------------------------- one's name, the layer


class Named(Consumer):
    def receive(self, text: str) -> None:
        self.send(self.channel_name)

    @event("note")
    def note(self, event: dict[str, Any]) -> None:
        self.send(event["text"])


def test_a_channel_name_reaches_one_alone(serve: Serve, covey_client: Connect) -> None:
    server = serve(Named)
    one, other = covey_client(server, "ws/"), covey_client(server, "ws/")
    one.send("your name?")
    other.send("your name?")
    name, other_name = one.receive(), other.receive()
    assert name != other_name
    server.group_send(str(name), {"type": "note", "text": "psst"})
    assert one.receive() == "psst"
    assert other.receive_nothing()


def test_the_channel_layer_has_the_names_of_channels(serve: Serve, covey_client: Connect) -> None:
    class Layered(Named):
        def receive_json(self, content: Any) -> None:
            layer = self.channel_layer
            layer.group_add("all", self.channel_name)
            layer.group_send("all", {"type": "note", "text": "to the group"})
            layer.group_discard("all", self.channel_name)
            layer.group_send("all", {"type": "note", "text": "to nobody"})
            layer.send(self.channel_name, {"type": "note", "text": "to one"})

    client = covey_client(serve(Layered), "ws/")
    client.send("{}")
    assert (client.receive(), client.receive()) == ("to the group", "to one")
    assert client.receive_nothing()


def test_the_channel_layer_knows_nobody_by_a_wrong_name(
    serve: Serve, covey_client: Connect
) -> None:
    class Layered(Consumer):
        def receive(self, text: str) -> None:
            try:
                self.channel_layer.group_add("all", "nobody")
            except NotFound as error:
                self.send(str(error))

    client = covey_client(serve(Layered), "ws/")
    client.send("?")
    assert client.receive() == "no consumer is called 'nobody'"
