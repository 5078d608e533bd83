"""broadcast: what one client sends reaches everybody."""

from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed

from conftest import Start
from example_program import ExampleProgram


@pytest.fixture
def broadcast(start: Start) -> ExampleProgram:
    return start("broadcast")


@pytest.mark.parametrize("message", ["hi", b"hi", "", b"", "🎉", b"\xff" * 65536, "x" * (16 << 20)])
def test_ten_clients_hear_what_one_sends(broadcast: ExampleProgram, message: str | bytes) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(broadcast.connect()) for _ in range(10)]
        clients[3].send(message)
        assert [client.recv() == message for client in clients] == [True] * 10


def test_everybody_hears_the_same_order(broadcast: ExampleProgram) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(broadcast.connect()) for _ in range(10)]
        for number, client in enumerate(clients):
            client.send(str(number))
        heard = [[client.recv() for _ in clients] for client in clients]
        assert sorted(heard[0]) == [str(number) for number in range(10)]
        assert all(order == heard[0] for order in heard)


def test_clients_of_different_paths_and_origins_hear_each_other(broadcast: ExampleProgram) -> None:
    with (
        broadcast.connect("/") as one,
        broadcast.connect("/a/b%20c/", origin="https://elsewhere.example") as other,
    ):
        one.send("hi")
        assert other.recv() == "hi"
        other.send(b"hi")
        assert one.recv() == "hi"
        assert one.recv() == b"hi"


def test_who_left_does_not_disturb_the_others(broadcast: ExampleProgram) -> None:
    with broadcast.connect() as stays:
        with broadcast.connect() as leaves:
            leaves.send("bye")
            assert stays.recv() == "bye"
        stays.send("still here")
        assert stays.recv() == "still here"


def test_sixteen_messages_may_be_in_flight(broadcast: ExampleProgram) -> None:
    with broadcast.connect() as one, broadcast.connect() as other:
        messages = [bytes([number]) * 65536 for number in range(16)]
        for message in messages:
            one.send(message)
        assert [one.recv() for _ in messages] == messages
        assert [other.recv() for _ in messages] == messages


def test_a_message_over_the_limit_reaches_nobody(start: Start) -> None:
    broadcast = start("broadcast", "--max-message", "1000")
    broadcast.may_warn_of = ("consumer ",)
    with broadcast.connect() as listener:
        with broadcast.connect() as sender, pytest.raises(ConnectionClosed) as closed:
            sender.send("x" * 1001)
            sender.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        listener.send("mine")
        assert listener.recv() == "mine"
