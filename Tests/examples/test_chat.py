"""chat, on the wire: the protocol of the Django Channels tutorial."""

import json
import socket
from contextlib import ExitStack

import pytest
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection

from conftest import Start
from example_program import ExampleProgram

ROOMS = [
    "lobby",
    "Küche",
    "🎉🎉",
    "日本語",
    "a b",
    "100%",
    "100%25",
    "a+b",
    "a&b=c;d",
    "a?b#c",
    'quo"te\\',
    "{room}",
    "tab\t",
    "bell\x07",
    "specific.abc!def",
    "e\u0301",
    ".hidden",
]


def say(client: ClientConnection, message: str) -> None:
    client.send(json.dumps({"message": message}))


def test_the_sender_hears_its_message(chat: ExampleProgram) -> None:
    with chat.join("lobby") as client:
        client.send('{"message": "hi"}')
        assert client.recv() == '{"message":"hi"}'


def test_everybody_in_the_room_hears_a_message(chat: ExampleProgram) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(chat.join("lobby")) for _ in range(10)]
        say(clients[0], "hi")
        assert [client.recv() for client in clients] == ['{"message":"hi"}'] * 10


@pytest.mark.parametrize(
    "message", ["", "hi", "ümläut", "🎉", 'quo"te \\ /', "nul \x00 tab \t", "line\n", "x" * 100_000]
)
def test_a_message_may_be_any_string(chat: ExampleProgram, message: str) -> None:
    with chat.join("lobby") as client:
        for ensure_ascii in (True, False):
            client.send(json.dumps({"message": message}, ensure_ascii=ensure_ascii))
            assert json.loads(client.recv()) == {"message": message}


def test_other_members_of_the_object_are_not_passed_on(chat: ExampleProgram) -> None:
    with chat.join("lobby") as client:
        client.send('{"type": "chat.join", "message": "hi", "more": [1, {"a": null}]}')
        assert client.recv() == '{"message":"hi"}'


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "hi",
        '"message"',
        "null",
        "1",
        "[]",
        '["message"]',
        "{}",
        '{"message": 1}',
        '{"message": null}',
        '{"message": ["hi"]}',
        '{"Message": "hi"}',
        '{"message": "hi"',
        '{"message": "hi"} more',
        '{"message": "\\ud800"}',
        '{"a":' * 100_000,
        b'{"message": "hi"}',
        b"\xff",
    ],
)
def test_what_is_no_message_is_answered_with_an_error(
    chat: ExampleProgram, bad: str | bytes
) -> None:
    with chat.join("lobby") as client:
        client.send(bad)
        answer = json.loads(client.recv())
        assert list(answer) == ["error"]
        assert isinstance(answer["error"], str)
        assert answer["error"] != ""
        say(client, "still here")
        assert client.recv() == '{"message":"still here"}'


def test_an_error_is_told_to_its_sender_alone(chat: ExampleProgram) -> None:
    with chat.join("lobby") as one, chat.join("lobby") as other:
        one.send("nonsense")
        assert "error" in json.loads(one.recv())
        say(one, "hi")
        assert other.recv() == '{"message":"hi"}'


def test_a_message_too_large_to_pass_on_is_answered_with_an_error(chat: ExampleProgram) -> None:
    # It may be received, but the event around it is larger than any outbox.
    with chat.join("lobby") as client:
        client.send('{"message":"' + "x" * ((1 << 20) - 14) + '"}')
        assert "error" in json.loads(client.recv())
        say(client, "still here")
        assert client.recv() == '{"message":"still here"}'


def test_a_larger_message_can_be_allowed(start: Start) -> None:
    chat = start("chat", "--max-message", str(4 << 20))
    with chat.join("lobby") as client:
        message = "x" * (3 << 20)
        say(client, message)
        assert json.loads(client.recv()) == {"message": message}


def test_rooms_do_not_hear_each_other(chat: ExampleProgram) -> None:
    with chat.join("one") as one, chat.join("other") as other:
        say(one, "in one")
        assert one.recv() == '{"message":"in one"}'
        say(other, "in the other")
        assert other.recv() == '{"message":"in the other"}'


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_name_may_hold_any_utf8(chat: ExampleProgram, room: str) -> None:
    with chat.join(room) as one, chat.join(room) as other:
        say(one, "hi")
        assert other.recv() == '{"message":"hi"}'


def test_names_that_look_alike_are_different_rooms(chat: ExampleProgram) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(chat.join(room)) for room in [*ROOMS, "é", "LOBBY"]]
        for number, client in enumerate(clients):
            say(client, str(number))
        heard = [json.loads(client.recv())["message"] for client in clients]
        assert heard == [str(number) for number in range(len(clients))]


def test_a_room_name_has_250_bytes_at_most(chat: ExampleProgram) -> None:
    for longest in ("x" * 250, "🎉" * 62 + "ü"):
        with chat.join(longest) as client:
            say(client, "hi")
            assert client.recv() == '{"message":"hi"}'
    for too_long in ("x" * 251, "🎉" * 63, "x" * 300, "ü" * 150):
        with pytest.raises(InvalidStatus) as refused, chat.join(too_long):
            pass
        assert refused.value.response.status_code == 400


@pytest.mark.parametrize("path", ["/ws/chat/%ff/", "/ws/chat/%ed%a0%80/", "/ws/chat/%c0%af/"])
def test_a_room_name_that_is_not_utf8_is_refused(chat: ExampleProgram, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused, chat.connect(path):
        pass
    assert refused.value.response.status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        # libwebsockets decodes these and then takes them for the end of the line.
        "/ws/chat/a%0Ab/",
        "/ws/chat/a%0Db/",
        "/ws/chat/a/%0D%0A",
        "/ws/chat/a/%0ACookie:user=admin;",
        "/ws/chat/a/%0AOrigin:http:",
        "/ws/chat/a%00b/",
        # It cuts the path here, where it is not encoded.
        "/ws/chat/a&b/",
        "/ws/chat/a;b/",
    ],
)
def test_a_path_that_would_be_cut_is_refused(chat: ExampleProgram, path: str) -> None:
    with pytest.raises(InvalidHandshake), chat.connect(path):
        pass


@pytest.mark.parametrize("path", ["/", "/ws/chat/", "/ws/chat/a", "/ws/chat/a/b/", "/chat/a/"])
def test_there_is_no_chat_on_other_paths(chat: ExampleProgram, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused, chat.connect(path):
        pass
    assert refused.value.response.status_code == 404


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "http://127.0.0.1:1", "null"])
def test_pages_of_other_sites_are_refused(chat: ExampleProgram, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, chat.join("lobby", origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_its_own_pages_and_other_programs_are_welcome(chat: ExampleProgram) -> None:
    with chat.join("lobby", origin=f"http://{chat.authority}") as page, chat.join("lobby") as other:
        say(page, "hi")
        assert other.recv() == '{"message":"hi"}'


@pytest.mark.parametrize("path", ["/", "/?q=1", "/chat/lobby/", "/chat/K%C3%BCche%20%F0%9F%8E%89/"])
def test_the_pages_are_html(chat: ExampleProgram, path: str) -> None:
    response, body = chat.get(path)
    assert response.status == 200
    assert (response.getheader("Content-Type") or "").startswith("text/html")
    assert b"<!doctype html>" in body


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/static/chat.css", "text/css"),
        ("/static/room.js", "text/javascript"),
        ("/static/icon.svg", "image/svg+xml"),
    ],
)
def test_what_the_pages_load_is_there(chat: ExampleProgram, path: str, content_type: str) -> None:
    response, body = chat.get(path)
    assert response.status == 200
    assert (response.getheader("Content-Type") or "").startswith(content_type)
    assert body != b""


def test_a_plain_request_for_a_room_is_told_to_upgrade(chat: ExampleProgram) -> None:
    response, _ = chat.get("/ws/chat/lobby/")
    assert response.status == 426


@pytest.mark.parametrize("path", ["/nothing", "/chat/", "/chat/lobby", "/chat/a/b/", "/static/no"])
def test_other_pages_do_not_exist(chat: ExampleProgram, path: str) -> None:
    response, _ = chat.get(path)
    assert response.status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/static/../chat.c",
        "/static/../../chat.c",
        "/static/..%2f..%2fchat.c",
        "/static/%2e%2e/%2e%2e/chat.c",
        "/static/..%5c..%5cchat.c",
        "/static/%2e%2e%2froom.html",
        "/static/....//....//chat.c",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/chat.css%01.html",
        "/../../../../../../etc/passwd",
    ],
)
def test_files_outside_are_out_of_reach(chat: ExampleProgram, path: str) -> None:
    response, body = chat.get(path)
    assert response.status in (400, 403, 404)
    assert b"covey" not in body
    assert b"root:" not in body


def test_a_request_behind_one_for_a_file_ends_the_connection(chat: ExampleProgram) -> None:
    """As libwebsockets 4.1 behaves today; the README names it."""
    request = b"GET /static/room.js HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection((chat.host, chat.port), timeout=10) as connection:
        connection.sendall(request + request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200")
    assert b" 403 " in answer
