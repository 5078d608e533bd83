"""What a class and a route say of their consumers."""

from typing import Any

import pytest

from consumer_harness import Connect, Echo, Serve, Start
from covey import (
    Busy,
    Consumer,
    Exists,
    InvalidArgument,
    Server,
)
from covey.testing import Client


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
