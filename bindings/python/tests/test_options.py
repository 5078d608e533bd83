"""What a server is made from, and that its limits are kept."""

import asyncio
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any, get_args, get_type_hints

import pytest

from covey import Consumer, InvalidArgument, Server, TooLarge, _abi
from covey.options import Options
from covey.testing import Client

Start = Callable[[Server], Server]
Connect = Callable[..., Client]


class Echo(Consumer):
    groups = ("all",)

    def receive(self, text: str) -> None:
        self.send(text)


@pytest.fixture
def serve(covey_server: Start) -> Callable[..., Server]:
    """A running server with those options."""

    def start(handler: type[Consumer] = Echo, **options: Any) -> Server:
        server = Server(**options)
        server.channel("ws/", handler)
        return covey_server(server)

    return start


# -------------------------------------------------------------------------------- names


#: What the package itself fills in.
OURS = {"struct_size", "reserved", "reserved2", "user", "destroy"}
OURS |= {"on_log", "on_log_record", "on_limit", "on_drain"}


def test_the_options_are_the_fields_of_the_struct() -> None:
    fields = {name for name, _ in _abi.ServerOptions._fields_}
    assert set(Options.__annotations__) == fields - OURS


def test_what_the_header_switches_off_may_be_none() -> None:
    hints = get_type_hints(Options)
    may_be_none = {name for name, hint in hints.items() if type(None) in get_args(hint)}
    for name in hints:
        is_taken = True
        try:
            Server(**{name: None}).close()  # type: ignore[misc]
        except InvalidArgument:
            is_taken = False
        except (TypeError, ValueError):
            is_taken = False
        assert is_taken == (name in may_be_none), name


@pytest.mark.parametrize("name", ["nonsense", "on_log", "user", "struct_size", "reserved"])
def test_another_name_is_a_type_error(name: str) -> None:
    with pytest.raises(TypeError, match=f"^a server has no option '{name}'$"):
        Server(**{name: 1})  # type: ignore[misc]


NUMBERS = [name for name, hint in get_type_hints(Options).items() if hint is not str]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [-1, 2**64, 10**30])
def test_a_number_that_has_no_room_is_a_value_error(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=name):
        Server(**{name: value})  # type: ignore[misc]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["1", 1.5, [1]])
def test_what_is_no_whole_number_is_a_type_error(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=name):
        Server(**{name: value})  # type: ignore[misc]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"json_depth_max": 65}, "json_depth_max"),
        ({"message_bytes_max": 2**31}, "message_bytes_max"),
        ({"outbox_bytes_max": 255}, "outbox_bytes_max"),
        ({"close_code_refused": 1004}, "close code 1004 cannot be sent"),
        ({"health_path": "no-slash"}, "health_path"),
        ({"health_path": "/a\0b"}, "health_path"),
    ],
)
def test_what_the_library_does_not_take_is_named(options: Any, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        Server(**options)


@pytest.mark.parametrize("port", [-1, 65536, 70000])
def test_a_port_that_cannot_be_is_refused(port: int) -> None:
    with Server(port=port) as server, pytest.raises(InvalidArgument, match=f"port is {port}"):
        server.listen()


@pytest.mark.parametrize("host", ["localhost", "256.0.0.1", "127.0.0.1\0", "nonsense"])
def test_an_address_that_is_not_numeric_is_refused(host: str) -> None:
    with Server(host=host) as server, pytest.raises(InvalidArgument):
        server.listen()


def test_an_address_may_be_of_ipv6(serve: Callable[..., Server], covey_client: Connect) -> None:
    try:
        server = serve(host="::1")
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
    client = covey_client(server, "ws/")
    client.send("hello")
    assert client.receive() == "hello"


# -------------------------------------------------------------------------------- limits


def test_a_message_may_have_so_many_bytes(
    serve: Callable[..., Server], covey_client: Connect
) -> None:
    client = covey_client(serve(message_bytes_max=1000), "ws/")
    client.send("x" * 1000)
    assert client.receive() == "x" * 1000
    client.send("x" * 1001)
    assert client.receive_close() == 1009


def test_so_many_connections_are_taken(serve: Callable[..., Server], covey_client: Connect) -> None:
    server = serve(connections_max=2)
    first, _ = covey_client(server, "ws/"), covey_client(server, "ws/")
    assert Client(server, "ws/").connect() == (False, 503)
    first.disconnect()
    covey_client(server, "ws/")


def test_so_many_connections_of_one_address_are_taken(
    serve: Callable[..., Server], covey_client: Connect
) -> None:
    server = serve(connections_per_address_max=1)
    covey_client(server, "ws/")
    with pytest.raises(ConnectionError):
        Client(server, "ws/").connect()


def test_what_does_not_fit_into_an_empty_outbox_is_not_sent(
    serve: Callable[..., Server], covey_client: Connect
) -> None:
    class Large(Consumer):
        def receive(self, text: str) -> None:
            try:
                self.send("x" * 1001)
            except TooLarge:
                self.send("too large")

    client = covey_client(serve(Large, outbox_bytes_max=1000), "ws/")
    client.send("send")
    assert client.receive() == "too large"


def test_a_client_that_does_not_read_is_closed_as_the_options_say(
    serve: Callable[..., Server], covey_client: Connect
) -> None:
    class Hasty(Consumer):
        def receive(self, text: str) -> None:
            for _ in range(11):
                self.send("x" * 100)

    client = covey_client(serve(Hasty, outbox_bytes_max=1000, close_code_slow=4013), "ws/")
    client.send("send")
    assert client.receive_close() == 4013


def test_who_is_refused_late_is_closed_as_the_options_say(
    serve: Callable[..., Server], covey_client: Connect
) -> None:
    class Late(Consumer):
        async def connect(self) -> None:
            self.server.call_soon(self.reject)
            while not self.is_decided:
                await asyncio.sleep(0)

    client = covey_client(serve(Late, close_code_refused=4999), "ws/")
    assert client.receive_close() == 4999


def test_who_is_not_decided_on_in_time_is_closed(
    serve: Callable[..., Server], covey_client: Connect
) -> None:
    class Undecided(Consumer):
        async def connect(self) -> None:
            while self.ending is None:
                await asyncio.sleep(0.001)

    options = {"connect_timeout_ms": 20, "close_code_undecided": 4998}
    client = covey_client(serve(Undecided, **options), "ws/")
    assert client.receive_close() == 4998


def test_a_health_path_answers(serve: Callable[..., Server]) -> None:
    connection = HTTPConnection("127.0.0.1", serve(health_path="/health").port, timeout=20)
    connection.request("GET", "/health")
    assert connection.getresponse().status == 200
    connection.close()


def test_what_the_library_has_to_say_is_logged(
    serve: Callable[..., Server], covey_client: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve()
    client = covey_client(server, "ws/")
    server.group_send("all", {"type": "of which there is no handler"})
    client.send("hello")
    assert client.receive() == "hello"
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("covey", "WARNING")
    assert "of which there is no handler" in record.getMessage()


def test_an_address_that_is_taken_can_be_had_later() -> None:
    with Server() as server:
        port = server.listen()
    with Server(port) as again:
        assert again.listen() == port
