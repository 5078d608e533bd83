"""echo, and embed, which is echo in a loop of the host's own."""

import threading

import pytest
from websockets.exceptions import ConnectionClosed

from conftest import Start
from example_program import ExampleProgram

MEBIBYTE = 1 << 20
# Around each change of the length field, around one read, and up to the limit.
SIZES = [0, 1, 125, 126, 65535, 65536, MEBIBYTE, 16 * MEBIBYTE]


@pytest.fixture(params=["echo", "embed"])
def echo(request: pytest.FixtureRequest, start: Start) -> ExampleProgram:
    return start(request.param)


@pytest.mark.parametrize("size", SIZES)
def test_text_comes_back_as_text(echo: ExampleProgram, size: int) -> None:
    with echo.connect() as client:
        text = "x" * size
        client.send(text)
        assert client.recv() == text


@pytest.mark.parametrize("size", SIZES)
def test_bytes_come_back_as_bytes(echo: ExampleProgram, size: int) -> None:
    with echo.connect() as client:
        data = bytes(range(256)) * (size // 256) + bytes(range(size % 256))
        client.send(data)
        assert client.recv() == data


def test_kinds_and_order_are_kept(echo: ExampleProgram) -> None:
    with echo.connect() as client:
        messages: list[str | bytes] = [
            "text",
            b"bytes",
            "",
            b"",
            "ümläut 🎉",
            b"\x00\xff",
            "nul \x00",
        ]
        for message in messages:
            client.send(message)
        assert [client.recv() for _ in messages] == messages


@pytest.mark.parametrize(
    ("fragments", "message"),
    [
        (["a", "b"], "ab"),
        (["", "a", "", "b", ""], "ab"),
        (["", ""], ""),
        ([b"a", b"b"], b"ab"),
        ([b"x" * 70_000] * 3, b"x" * 210_000),
        (["ü", "🎉"], "ü🎉"),
    ],
)
def test_fragments_come_back_as_one_message(
    echo: ExampleProgram, fragments: list[str | bytes], message: str | bytes
) -> None:
    with echo.connect() as client:
        client.send(fragments)
        assert client.recv() == message


def test_a_message_over_the_limit_is_closed_with_1009(echo: ExampleProgram) -> None:
    echo.may_warn_of = ("consumer ",)
    with echo.connect() as client, pytest.raises(ConnectionClosed) as closed:
        client.send(b"x" * (16 * MEBIBYTE + 1))
        client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


@pytest.mark.parametrize("name", ["echo", "embed"])
def test_the_limit_can_be_chosen(start: Start, name: str) -> None:
    program = start(name, "--max-message", "10")
    program.may_warn_of = ("consumer ",)
    with program.connect() as client:
        client.send("x" * 10)
        assert client.recv() == "x" * 10
        client.send("x" * 11)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


@pytest.mark.parametrize("size", [64, 65536, 2 * MEBIBYTE])
def test_sixteen_messages_may_be_in_flight(echo: ExampleProgram, size: int) -> None:
    with echo.connect() as client:
        messages = [bytes([number]) * size for number in range(16)]
        for message in messages:
            client.send(message)
        assert [client.recv() for _ in messages] == messages


def test_a_thousand_small_messages_may_be_in_flight(start: Start) -> None:
    with start("echo", "--max-message", "10").connect() as client:
        messages = [str(number) for number in range(1000)]

        def send_all() -> None:
            for message in messages:
                client.send(message)

        sender = threading.Thread(target=send_all)
        sender.start()
        assert [client.recv() for _ in messages] == messages
        sender.join()


@pytest.mark.parametrize(
    "path",
    ["/", "/a", "/a/b/c/", "/caf%C3%A9/%F0%9F%8E%89", "/a%20b%25%2B%26", "/?q=1", "/a?q=%2F&r"],
)
def test_any_path_is_taken(echo: ExampleProgram, path: str) -> None:
    with echo.connect(path) as client:
        client.send("hi")
        assert client.recv() == "hi"


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "http://127.0.0.1:1", "null"])
def test_any_origin_is_taken(echo: ExampleProgram, origin: str) -> None:
    with echo.connect(origin=origin) as client:
        client.send("hi")
        assert client.recv() == "hi"


def test_compression_that_is_offered_is_declined(echo: ExampleProgram) -> None:
    with echo.connect(compression="deflate") as client:
        assert client.protocol.extensions == []
        client.send("hi")
        assert client.recv() == "hi"


def test_clients_do_not_hear_each_other(echo: ExampleProgram) -> None:
    with echo.connect() as one, echo.connect() as other:
        one.send("one")
        assert one.recv() == "one"
        other.send("other")
        assert other.recv() == "other"


def test_a_ping_is_answered(echo: ExampleProgram) -> None:
    with echo.connect() as client:
        assert client.ping().wait(timeout=10)


def test_a_close_is_answered(echo: ExampleProgram) -> None:
    with echo.connect() as client:
        client.close(4000, "bye")
    assert client.protocol.close_rcvd is not None
    assert client.protocol.close_rcvd.code == 4000
