"""What a consumer knows of its request, and what it is called."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from consumer_harness import Connect, Echo, Serve, answer_to
from covey import (
    Consumer,
    NotFound,
    event,
)
from styles import Style
from told import Told

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
        "scheme": "ws",
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
