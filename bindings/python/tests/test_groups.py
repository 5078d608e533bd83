"""Groups: events that handlers answer, and finished messages."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest

import covey
from covey import Consumer, Exists, InvalidArgument, Server, TooLarge, WrongThread, event
from covey.testing import Client
from styles import Style, in_style
from told import Told

Serve = Callable[..., Server]
Start = Callable[[Server], Server]
Connect = Callable[..., Client]
OnLoop = Callable[..., Any]


class Member(Consumer):
    """Is in the group "all", and repeats what events say, with its name."""

    groups = ("all",)

    @event("note")
    def note(self, event: dict[str, Any]) -> None:
        self.send_json([self.params["name"], event["text"]])


class Crowd:
    """A server and members of it, by their names: the clients, and the consumers."""

    def __init__(self, server: Server, connect: Connect, on_loop: OnLoop) -> None:
        self.server = server
        self._connect = connect
        self._on_loop = on_loop
        self.clients: dict[str, Client] = {}
        self.consumers: dict[str, Any] = {}

    def join(self, *names: str) -> None:
        for name in names:
            self.clients[name] = self._connect(self.server, f"ws/{name}/")
        found = self.on_loop(self.server.group_members, "all")
        self.consumers = {one.params["name"]: one for one in found}

    def on_loop(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """What a function answers on the thread of the server."""
        return self._on_loop(self.server, function, *arguments, **options)

    def hear(self, *names: str) -> None:
        """Checks that these are noted "hello", and then that nobody else is."""
        for name in names:
            assert self.clients[name].receive_json() == [name, "hello"]
        assert all(client.receive_nothing(0.02) for client in self.clients.values())


@pytest.fixture
def on_loop(told: Told) -> OnLoop:
    """Calls a function on the thread of a server, and answers what it answers."""

    def call(server: Server, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        def run() -> None:
            try:
                told.say(function(*arguments, **options))
            except Exception as error:
                told.say(error)

        server.call_soon(run)
        answer = told.next()
        if isinstance(answer, Exception):
            raise answer
        return answer

    return call


@pytest.fixture
def crowd(serve: Serve, covey_client: Connect, on_loop: OnLoop) -> Crowd:
    """One, two and three, whose event handlers are of each style."""
    crowd = Crowd(serve(Member, "ws/<name>/"), covey_client, on_loop)
    crowd.join("one", "two", "three")
    return crowd


HELLO = {"type": "note", "text": "hello"}


# ------------------------------------------------------------------------------- events


def test_an_event_runs_the_handler_of_each_member(crowd: Crowd) -> None:
    crowd.server.group_send("all", HELLO)
    crowd.hear("one", "two", "three")


def test_a_consumer_may_send_to_its_group_too(crowd: Crowd) -> None:
    crowd.on_loop(crowd.consumers["one"].group_send, "all", HELLO)
    crowd.hear("one", "two", "three")


def test_who_joins_hears_and_who_leaves_does_not(crowd: Crowd) -> None:
    crowd.on_loop(crowd.consumers["one"].group_add, "some")
    crowd.on_loop(crowd.consumers["two"].group_add, "some")
    crowd.server.group_send("some", HELLO)
    crowd.hear("one", "two")
    crowd.on_loop(crowd.consumers["one"].group_discard, "some")
    crowd.on_loop(crowd.consumers["three"].group_discard, "some")  # is none: no error
    crowd.server.group_send("some", HELLO)
    crowd.hear("two")


def test_joining_twice_is_joining_once(crowd: Crowd) -> None:
    for _ in range(2):
        crowd.on_loop(crowd.consumers["one"].group_add, "some")
    crowd.server.group_send("some", HELLO)
    crowd.hear("one")


def test_who_ends_has_left(crowd: Crowd) -> None:
    crowd.clients.pop("one").disconnect()
    crowd.server.group_send("all", HELLO)
    crowd.hear("two", "three")


def test_a_group_that_nobody_joined_is_no_error(crowd: Crowd) -> None:
    crowd.server.group_send("nobody", HELLO)
    crowd.server.group_broadcast("nobody", "hello")
    crowd.hear()


def test_events_arrive_in_their_order(crowd: Crowd) -> None:
    for number in range(100):
        crowd.server.group_send("all", {"type": "note", "text": number})
    for name, client in crowd.clients.items():
        assert [client.receive_json() for _ in range(100)] == [[name, n] for n in range(100)]


def test_events_and_finished_messages_keep_their_order(
    covey_server: Start, covey_client: Connect, on_loop: OnLoop
) -> None:
    crowd = Crowd(server := Server(), covey_client, on_loop)
    server.channel("ws/<name>/", Member)
    covey_server(server)
    crowd.join("one")
    for _ in range(3):
        server.group_send("all", HELLO)
        server.group_broadcast("all", "0")
    received = [crowd.clients["one"].receive_json() for _ in range(6)]
    assert received == [["one", "hello"], 0] * 3


def test_an_event_has_all_that_json_has(serve: Serve, covey_client: Connect) -> None:
    class Repeating(Consumer):
        groups = ("all",)

        @event("repeat")
        def repeat(self, event: Mapping[str, Any]) -> None:
            self.send_json(event)

    client = covey_client(server := serve(Repeating), "ws/")
    sent = {"type": "repeat", "nested": {"list": [1, {"ü": None}]}, "number": 1.5, "flag": True}
    server.group_send("all", sent)
    assert client.receive_json() == sent


@pytest.mark.parametrize("content", [{"list": []}, {"nested": {"list": []}}, {}], ids=str)
def test_what_one_member_does_to_an_event_no_other_sees(
    serve: Serve, covey_client: Connect, content: dict[str, Any]
) -> None:
    class Careless(Consumer):
        groups = ("all",)

        @event("spoil")
        def spoil(self, event: dict[str, Any]) -> None:
            self.send_json(event)
            event["type"] = "spoilt"
            event.get("list", []).append("spoilt")
            event.get("nested", {"list": []})["list"].append("spoilt")

    server = serve(Careless)
    clients = [covey_client(server, "ws/") for _ in range(3)]
    sent = {"type": "spoil", **content}
    for _ in range(2):
        server.group_send("all", sent)
        assert [client.receive_json() for client in clients] == [sent] * 3


def test_a_method_may_handle_several_types_and_a_class_have_several_methods(
    serve: Serve, covey_client: Connect
) -> None:
    class Several(Consumer):
        groups = ("all",)

        @event("first")
        @event("second")
        def both(self, event: dict[str, Any]) -> None:
            self.send(f"both: {event['type']}")

        @covey.consumer("third")
        def other(self, event: dict[str, Any]) -> None:
            self.send(f"other: {event['type']}")

    client = covey_client(server := serve(Several), "ws/")
    for type in ["first", "second", "third"]:
        server.group_send("all", {"type": type})
    assert [client.receive() for _ in range(3)] == ["both: first", "both: second", "other: third"]


def test_handlers_of_events_are_inherited_and_overridden(
    covey_server: Start, covey_client: Connect, style: Style
) -> None:
    class Base(Consumer):
        groups = ("all",)

        @event("kept")
        def kept(self, event: dict[str, Any]) -> None:
            self.send(f"kept by {type(self).__name__}")

        @event("replaced")
        def replaced(self, event: dict[str, Any]) -> None:
            self.send("replaced of Base")

    class Derived(Base):
        @event("replaced")
        def replaced(self, event: dict[str, Any]) -> None:
            self.send("replaced of Derived")

        @event("added")
        def added(self, event: dict[str, Any]) -> None:
            self.send("added")

    server = Server()
    server.channel("base/", in_style(Base, style))
    server.channel("derived/", in_style(Derived, style))
    covey_server(server)
    base, derived = covey_client(server, "base/"), covey_client(server, "derived/")
    for kind in ["kept", "replaced", "added"]:
        server.group_send("all", {"type": kind})
    assert [derived.receive() for _ in range(3)] == [
        "kept by Derived",
        "replaced of Derived",
        "added",
    ]
    assert [base.receive() for _ in range(2)] == ["kept by Base", "replaced of Base"]
    assert base.receive_nothing()


def test_an_event_of_which_a_channel_has_no_handler_passes_it_by(
    covey_server: Start, covey_client: Connect
) -> None:
    class Deaf(Consumer):
        groups = ("all",)

        def receive(self, text: str) -> None:
            self.send(text)

    server = Server()
    server.channel("ws/<name>/", Member)
    server.channel("deaf/", Deaf)
    covey_server(server)
    member, deaf = covey_client(server, "ws/one/"), covey_client(server, "deaf/")
    server.group_send("all", HELLO)
    assert member.receive_json() == ["one", "hello"]
    deaf.send("still here")
    assert deaf.receive() == "still here"


def test_two_handlers_of_one_type_are_refused() -> None:
    class Doubled(Consumer):
        @event("note")
        def one(self, event: dict[str, Any]) -> None: ...

        @event("note")
        def two(self, event: dict[str, Any]) -> None: ...

    with Server() as server, pytest.raises(Exists):
        server.channel("ws/", Doubled)


@pytest.mark.parametrize("type", ["", "x" * 256, "a\0b"])
def test_a_type_that_no_event_can_have_is_refused(type: str) -> None:
    class Strange(Consumer):
        @event(type)
        def handle(self, event: dict[str, Any]) -> None: ...

    with Server() as server, pytest.raises(InvalidArgument):
        server.channel("ws/", Strange)


@pytest.mark.parametrize(
    "event",
    [{}, {"text": "hello"}, {"type": None}, {"type": 7}, {"type": ""}, {"type": "x" * 256}, []],
    ids=lambda event: str(event)[:20],
)
def test_an_event_without_a_type_is_refused(crowd: Crowd, event: Any) -> None:
    with pytest.raises(InvalidArgument) as refused:
        crowd.server.group_send("all", event)
    assert "type" in str(refused.value) or "object" in str(refused.value)
    crowd.hear()


def test_an_event_that_json_has_no_form_of_is_refused(crowd: Crowd) -> None:
    with pytest.raises(TypeError):
        crowd.server.group_send("all", {"type": "note", "text": object()})
    with pytest.raises(ValueError):
        crowd.server.group_send("all", {"type": "note", "text": float("inf")})


def test_an_event_that_is_too_large_or_too_deep_is_refused(
    covey_server: Start,
) -> None:
    server = Server(outbox_bytes_max=1000, json_depth_max=4)
    server.channel("ws/<name>/", Member)
    covey_server(server)
    with pytest.raises(TooLarge):
        server.group_send("all", {"type": "note", "text": "x" * 1000})
    with pytest.raises(TooLarge):
        server.group_send("all", {"type": "note", "text": [[[[1]]]]})


# ---------------------------------------------------------------------- finished messages


@pytest.mark.parametrize("message", ["grüße", b"\x00\xff", "", b""], ids=repr)
def test_a_finished_message_reaches_each_member(crowd: Crowd, message: str | bytes) -> None:
    crowd.server.group_broadcast("all", message)
    assert [client.receive() for client in crowd.clients.values()] == [message] * 3


def test_a_consumer_may_leave_itself_out(crowd: Crowd) -> None:
    crowd.on_loop(crowd.consumers["one"].group_broadcast, "all", "to others", but_me=True)
    crowd.on_loop(crowd.consumers["one"].group_broadcast, "all", "to all")
    assert crowd.clients["one"].receive() == "to all"
    for name in ["two", "three"]:
        client = crowd.clients[name]
        assert [client.receive(), client.receive()] == ["to others", "to all"]


def test_the_server_may_leave_a_consumer_out(crowd: Crowd) -> None:
    crowd.server.group_broadcast("all", '["two", "hello"]', but=crowd.consumers["one"])
    crowd.server.group_broadcast("all", '["one", "hello"]', but=crowd.consumers["two"])
    assert crowd.clients["one"].receive_json() == ["one", "hello"]
    assert crowd.clients["two"].receive_json() == ["two", "hello"]


def test_what_is_neither_text_nor_bytes_cannot_be_broadcast(crowd: Crowd) -> None:
    with pytest.raises(TypeError):
        crowd.server.group_broadcast("all", 7)  # type: ignore[arg-type]


# ---------------------------------------------------------------------- counts and members


def test_members_are_counted_and_listed(crowd: Crowd) -> None:
    server = crowd.server
    assert crowd.on_loop(server.group_count, "all") == 3
    assert set(crowd.on_loop(server.group_members, "all")) == set(crowd.consumers.values())
    assert crowd.on_loop(server.group_count, "nobody") == 0
    assert crowd.on_loop(server.group_members, "nobody") == []


def test_who_ends_is_counted_no_more(crowd: Crowd) -> None:
    crowd.clients.pop("one").disconnect()
    assert crowd.on_loop(crowd.server.group_count, "all") == 2
    names = {one.params["name"] for one in crowd.on_loop(crowd.server.group_members, "all")}
    assert names == {"two", "three"}


@pytest.mark.parametrize("method", ["group_count", "group_members"])
def test_only_the_thread_of_the_server_may_count(crowd: Crowd, method: str) -> None:
    with pytest.raises(WrongThread):
        getattr(crowd.server, method)("all")


# ----------------------------------------------------------------------------------- names


@pytest.mark.parametrize("group", ["größe", "a b", "🎉", "x" * 255, "%", "{name}"])
def test_a_group_may_have_any_name(crowd: Crowd, group: str) -> None:
    crowd.on_loop(crowd.consumers["two"].group_add, group)
    crowd.server.group_send(group, HELLO)
    crowd.hear("two")
    assert crowd.on_loop(crowd.server.group_count, group) == 1


@pytest.mark.parametrize("group", ["", "x" * 256, "ü" * 128, "a\0b"], ids=lambda name: name[:3])
def test_but_not_one_that_is_empty_too_long_or_has_a_nul(crowd: Crowd, group: str) -> None:
    server, one = crowd.server, crowd.consumers["one"]
    for call in [
        lambda: server.group_send(group, HELLO),
        lambda: server.group_broadcast(group, "hello"),
        lambda: crowd.on_loop(server.group_count, group),
        lambda: crowd.on_loop(server.group_members, group),
        lambda: crowd.on_loop(one.group_add, group),
        lambda: crowd.on_loop(one.group_discard, group),
    ]:
        with pytest.raises(InvalidArgument):
            call()


def test_nobody_joins_under_the_name_of_another(crowd: Crowd) -> None:
    name = crowd.on_loop(lambda: crowd.consumers["two"].channel_name)
    with pytest.raises(InvalidArgument):
        crowd.on_loop(crowd.consumers["one"].group_add, name)


def test_there_is_a_limit_to_how_many_groups_one_joins(
    covey_server: Start, covey_client: Connect, on_loop: OnLoop
) -> None:
    server = Server(groups_per_consumer_max=2)
    server.channel("ws/<name>/", Member)
    crowd = Crowd(covey_server(server), covey_client, on_loop)
    crowd.join("one")
    crowd.on_loop(crowd.consumers["one"].group_add, "second")
    with pytest.raises(covey.Full):
        crowd.on_loop(crowd.consumers["one"].group_add, "third")


# --------------------------------------------------------------------------------- threads


def test_events_and_messages_may_come_from_any_thread(crowd: Crowd) -> None:
    def send(number: int) -> None:
        for _ in range(50):
            crowd.server.group_send("all", {"type": "note", "text": number})
            crowd.server.group_broadcast("all", str(number))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, client in crowd.clients.items():
        received = [client.receive_json() for _ in range(400)]
        for number in range(4):
            assert received.count([name, number]) == 50
            assert received.count(number) == 50
