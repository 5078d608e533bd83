"""Context channels: who is let in, what is followed, and what is told."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, TypedDict

import pytest

from context_harness import (
    PATIENCE,
    Board,
    Connect,
    Follower,
    Member,
    Note,
    Project,
    Start,
    Task,
    fill,
    is_silent,
    opened,
    raised,
    refusal,
)
from covey import (
    ActionError,
    Busy,
    Consumer,
    ContextChannel,
    Denied,
    InvalidArgument,
    NotFound,
    Server,
    action,
    event,
)
from covey.testing import Client
from styles import Style
from told import Told

ONE = "ws/<int:project_id>/"
Open = Callable[..., Server]


@pytest.fixture
def open_board(covey_server: Start, style: Style) -> Open:
    """Starts a board with one class of channels, whose handlers are in the style."""

    def start(cls: type[Consumer], pattern: str = ONE, **options: Any) -> Server:
        return opened(covey_server, {pattern: cls}, style, **options)

    return start


@pytest.fixture
def follow(covey_client: Connect) -> Callable[..., Follower]:
    """Follows what a path names."""

    def enter(server: Server, path: str = "ws/1/", token: str | None = "ada") -> Follower:
        return Follower(covey_client(server, path)).enter(token)

    return enter


Follow = Callable[..., Follower]


class Cookie(Board):
    """A user without a token."""

    def connect(self) -> None:
        self.user = 2


# -------------------------------------------------------------------- who is let in


def test_a_known_token_is_let_in(open_board: Open, follow: Follow) -> None:
    follower = follow(open_board(Board))
    assert follower.messages[0]["anchorIds"] == [1]
    assert follower.row(Project, 1)["name"] == "Website"


def test_a_token_that_nobody_has_is_401(open_board: Open, covey_client: Connect) -> None:
    client = covey_client(open_board(Board), "ws/1/")
    assert refusal(client, "mallory") == (401, "error/unauthorized")


@pytest.mark.parametrize("token", [None, 5, {"a": 1}])
def test_what_is_no_token_is_400(covey_server: Start, covey_client: Connect, token: Any) -> None:
    server = opened(covey_server, {ONE: Board})
    assert refusal(covey_client(server, "ws/1/"), token) == (400, "error/missing-token")


def test_without_authenticate_nobody_is_known(open_board: Open, covey_client: Connect) -> None:
    class One(ContextChannel):
        model = Project

        def has_permission(self, user: Any, project_id: int) -> bool:
            return True

    assert refusal(covey_client(open_board(One), "ws/1/")) == (401, "error/unauthorized")


class Named:
    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


@pytest.mark.parametrize(
    ("user", "text"),
    [
        (7, "7"),
        ("ada", "ada"),
        (Named(id=7), "7"),
        (Named(pk=7, id=8), "7"),
        (Named(pk="u-1"), "u-1"),
        (Member.ref(7), "7"),
    ],
)
def test_a_user_is_a_number_a_text_or_what_has_an_id(
    open_board: Open, follow: Follow, told: Told, user: Any, text: str
) -> None:
    class One(Board):
        def authenticate(self, token: str) -> Any:
            return user

        def on_connect(self, tstamp: float | None) -> None:
            told.say(self.user)
            self.set_runtime_var("user", text)

    follower = follow(open_board(One))
    assert told.next() is user
    follower.settle()
    assert follower.variables == {"user": text}


@pytest.mark.parametrize("user", [True, False, 1.5, object(), Named(pk=None)])
def test_what_is_no_user_is_logged(
    open_board: Open, covey_client: Connect, caplog: pytest.LogCaptureFixture, user: Any
) -> None:
    class One(Board):
        def authenticate(self, token: str) -> Any:
            return user

    assert refusal(covey_client(open_board(One), "ws/1/")) == (500, "error/refused")
    (error,) = raised(caplog)
    assert "is no user" in error


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (Denied(), (403, "error/forbidden")),
        (Denied("not you"), (403, "not you")),
        (Denied(code=404), (404, "error/not-found")),
        (Denied("moved", code=410), (410, "moved")),
        (Denied("Größe\0" + "\N{CAT}" * 100), (403, "Größe?" + "\N{CAT}" * 61)),
        (Denied("half \ud800"), (403, "half ?")),
        (NotFound("no such board"), (404, "no such board")),
        (ActionError("out of tea", 418), (418, "out of tea")),
    ],
)
@pytest.mark.parametrize("handler", ["authenticate", "has_permission", "get_instance_id"])
def test_what_a_handler_refuses_with_is_told(
    open_board: Open,
    covey_client: Connect,
    caplog: pytest.LogCaptureFixture,
    handler: str,
    error: Exception,
    answer: tuple[int, str],
) -> None:
    def refuse(self: Any, *arguments: Any, **params: Any) -> Any:
        raise error

    One = type("One", (Board,), {handler: refuse})
    assert refusal(covey_client(open_board(One), "ws/1/")) == answer
    assert raised(caplog) == []


class NotAMember(Denied):
    def __init__(self, user: str, room: str) -> None:
        super().__init__(f"{user} is not in {room}", code=404)


@pytest.mark.parametrize("handler", ["authenticate", "has_permission"])
def test_a_refusal_may_be_a_class_of_ones_own(
    open_board: Open, covey_client: Connect, handler: str
) -> None:
    def refuse(self: Any, *arguments: Any, **params: Any) -> Any:
        raise NotAMember("ada", "attic")

    One = type("One", (Board,), {handler: refuse})
    assert refusal(covey_client(open_board(One), "ws/1/")) == (404, "ada is not in attic")


@pytest.mark.parametrize("error", [RuntimeError("no database"), Denied(code=99), Busy()])
@pytest.mark.parametrize("handler", ["authenticate", "has_permission", "get_instance_id"])
def test_anything_else_is_500_and_logged(
    open_board: Open,
    covey_client: Connect,
    caplog: pytest.LogCaptureFixture,
    handler: str,
    error: Exception,
) -> None:
    def fail(self: Any, *arguments: Any, **params: Any) -> Any:
        raise error

    One = type("One", (Board,), {handler: fail})
    code, text = refusal(covey_client(open_board(One), "ws/1/"))
    assert (code, "database" in text) == (500, False)
    assert isinstance(error, Denied) or raised(caplog) == [repr(error)]


def test_a_client_that_leaves_before_it_is_known_is_forgotten(
    covey_server: Start, covey_client: Connect, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    class One(Board):
        async def authenticate(self, token: str) -> Any:
            told.say("asked")
            while self.ending is None:
                await asyncio.sleep(0)
            told.say("left")
            return 1

    server = opened(covey_server, {ONE: One})
    client = covey_client(server, "ws/1/")
    client.send_json({"token": "ada"})
    assert told.next() == "asked"
    client.disconnect()
    assert told.next() == "left"
    server.stop()
    assert server.wait(PATIENCE)
    assert raised(caplog) == []


def test_who_is_let_in_while_the_server_stops_causes_no_word_in_the_log(
    covey_server: Start, covey_client: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    class One(Board):
        def on_connect(self, tstamp: float | None) -> None:
            self.server.stop()
            self.group_send("others", {"type": "hello"})

    server = opened(covey_server, {ONE: One})
    covey_client(server, "ws/1/").send_json({"token": "ada"})
    assert server.wait(PATIENCE)
    assert raised(caplog) == []


# ---------------------------------------------------------------------- permissions


def test_permission_is_asked_for_the_user_and_the_params(
    open_board: Open, follow: Follow, told: Told
) -> None:
    class One(Board):
        def has_permission(self, user: Any, project_id: int, **params: Any) -> bool:
            told.say((user, project_id, params, self.params))
            return True

        def get_instance_id(self, project_id: int, **params: Any) -> int:
            return project_id

    server = open_board(One, "ws/<str:kind>/<int:project_id>/")
    follow(server, "ws/wide/1/")
    assert told.next() == (1, 1, {"kind": "wide"}, {"kind": "wide", "project_id": 1})


def test_without_permission_it_is_403(open_board: Open, covey_client: Connect) -> None:
    class One(Board):
        def has_permission(self, user: Any, project_id: int) -> bool:
            return project_id != 1

    server = open_board(One)
    assert refusal(covey_client(server, "ws/1/")) == (403, "error/forbidden")
    Follower(covey_client(server, "ws/2/")).enter()


def test_without_has_permission_nobody_has_it(open_board: Open, covey_client: Connect) -> None:
    class One(ContextChannel):
        model = Project

        def authenticate(self, token: str) -> str:
            return token

    assert refusal(covey_client(open_board(One), "ws/1/")) == (403, "error/forbidden")


@pytest.mark.parametrize("answer", [None, 1, 0, "yes", {}])
def test_permission_is_true_or_false(
    open_board: Open, covey_client: Connect, caplog: pytest.LogCaptureFixture, answer: Any
) -> None:
    class One(Board):
        def has_permission(self, user: Any, project_id: int) -> Any:
            return answer

    assert refusal(covey_client(open_board(One), "ws/1/")) == (500, "error/refused")
    (error,) = raised(caplog)
    assert f"has_permission answered {answer!r}, neither True nor False" in error


def test_what_is_public_needs_no_token(open_board: Open, follow: Follow, told: Told) -> None:
    class One(Board):
        public = True

        def has_permission(self, user: Any, project_id: int) -> bool:
            told.say("asked")
            return False

        def on_connect(self, tstamp: float | None) -> None:
            told.say(self.user)

    server = open_board(One)
    assert follow(server, token=None).row(Project, 1)["name"] == "Website"
    assert told.next() is None
    follow(server, token="bob")
    assert told.next() == 2
    assert is_silent(told)


def test_a_bad_token_is_refused_where_none_is_needed(
    open_board: Open, covey_client: Connect
) -> None:
    class One(Board):
        public = True

    assert refusal(covey_client(open_board(One), "ws/1/"), "mallory")[0] == 401


def test_a_user_that_connect_knew_needs_no_token(
    open_board: Open, follow: Follow, told: Told
) -> None:
    class One(Cookie):
        def authenticate(self, token: str) -> Any:
            told.say("asked")

        def has_permission(self, user: Any, project_id: int) -> bool:
            told.say(user)
            return True

    follower = follow(open_board(One), token=None)
    assert (told.next(), is_silent(told)) == (2, True)
    assert follower.ids(Note) == {2}


def test_connect_may_refuse_the_request(open_board: Open, style: Style) -> None:
    class One(Board):
        def connect(self) -> None:
            raise Denied(code=404)

    client = Client(open_board(One), "ws/1/")
    is_connected, answer = client.connect()
    if style is Style.WAITING:
        assert is_connected and client.receive_close(PATIENCE) == 4403
    else:
        assert (is_connected, answer) == (False, 404)


# ------------------------------------------------------------------ one is followed


def test_the_url_names_what_is_followed(open_board: Open, follow: Follow) -> None:
    server = open_board(Board)
    for id, name in ((1, "Website"), (2, "App")):
        follower = follow(server, f"ws/{id}/")
        assert follower.anchors == [id]
        assert follower.row(Project, id)["name"] == name
        assert follower.ids(Project) == {id}


def test_all_that_can_be_reached_is_shown(open_board: Open, follow: Follow) -> None:
    follower = follow(open_board(Board))
    assert follower.row(Project, 1) == {
        "id": 1,
        "name": "Website",
        "tasks": [1, 2],
        "notes": [1],
        "members": [1, 2],
    }
    assert (follower.ids(Task), follower.ids(Member)) == ({1, 2}, {1, 2})
    assert follower.row(Task, 2)["due"] == "2026-11-21T09:30:00"


def test_what_changes_is_told(open_board: Open, follow: Follow) -> None:
    server = open_board(Board)
    followers = [follow(server), follow(server)]
    server.store.merge(Task, 1, done=True, assignee=Member.ref(3))
    server.store.put(Task(id=9, title="Test", project=1))
    server.store.delete(Task, 2)
    for follower in followers:
        follower.until(lambda follower=follower: not follower.sees(Task, 2))  # type: ignore[misc]
        assert follower.row(Task, 1)["done"] is True
        assert follower.row(Task, 9)["title"] == "Test"
        assert follower.row(Project, 1)["tasks"] == [1, 9]
        assert follower.row(Member, 3)["name"] == "Carol"


def test_what_is_not_there_is_404(open_board: Open, covey_client: Connect) -> None:
    assert refusal(covey_client(open_board(Board), "ws/77/")) == (404, "error/not-found")


def test_the_id_may_be_looked_up(open_board: Open, follow: Follow, told: Told) -> None:
    class One(Board):
        def get_instance_id(self, slug: str) -> int:
            told.say((slug, self.user))
            return {"shop": 3}[slug]

    server = open_board(One, "ws/<slug:slug>/")
    assert follow(server, "ws/shop/").row(Project, 3)["name"] == "Shop"
    assert told.next() == ("shop", 1)


def test_an_instance_stands_for_its_id(open_board: Open, follow: Follow) -> None:
    class One(Board):
        def get_instance_id(self) -> Any:
            return Project.ref(2)

    assert follow(open_board(One, "ws/mine/"), "ws/mine/").anchors == [2]


@pytest.mark.parametrize("id", ["x", None, True, 1.5])
def test_an_id_that_cannot_be_is_refused_and_logged(
    open_board: Open, covey_client: Connect, caplog: pytest.LogCaptureFixture, id: Any
) -> None:
    class One(Board):
        def get_instance_id(self) -> Any:
            return id

    code, _ = refusal(covey_client(open_board(One, "ws/mine/"), "ws/mine/"))
    assert code in (400, 500)


# ----------------------------------------------------------------- many are followed


class Many(Board):
    many = True

    def list_instances(self) -> Any:
        return [2, 1]

    @action
    def add(self, project: int, at_beginning: bool = False) -> None:
        self.add_instance(project, at_beginning)

    @action
    def remove(self, project: Project) -> None:
        self.remove_instance(project)

    @action
    def replace(self, ids: list[int]) -> None:
        self.set_instances(ids)

    @action
    def empty(self) -> None:
        self.clear()


LIST = "ws/list/"


@pytest.fixture
def many(open_board: Open, follow: Follow) -> Follower:
    return follow(open_board(Many, LIST), LIST)


def test_a_list_has_its_order(many: Follower) -> None:
    assert many.anchors == [2, 1]
    assert many.ids(Project) == {1, 2}
    assert many.row(Task, 1)["title"] == "Draw"


@pytest.mark.parametrize(
    "found", [(1, 3), [Project.ref(1), 3], {1: "a", 3: "b"}, [1, 3, 1], range(1, 4, 2)]
)
def test_a_list_is_of_ids_or_instances(open_board: Open, follow: Follow, found: Any) -> None:
    class Some(Board):
        many = True

        def list_instances(self) -> Any:
            return found

    assert follow(open_board(Some, LIST), LIST).anchors == [1, 3]


def test_a_list_may_be_a_generator(covey_server: Start, follow: Follow) -> None:
    class Some(Board):
        many = True

        def list_instances(self) -> Any:
            for id in self.server.store.ids(Project):
                if id != 2:
                    yield id

    assert sorted(follow(opened(covey_server, {LIST: Some}), LIST).anchors) == [1, 3]


def test_a_list_may_be_of_the_params(open_board: Open, follow: Follow) -> None:
    class Some(Board):
        many = True

        def list_instances(self, first: int) -> Any:
            return [id for id in (1, 2, 3) if id >= first]

    assert follow(open_board(Some, "ws/from/<int:first>/"), "ws/from/2/").anchors == [2, 3]


def test_a_list_may_be_empty(open_board: Open, follow: Follow) -> None:
    class Some(Board):
        many = True

    follower = follow(open_board(Some, LIST), LIST)
    assert (follower.anchors, follower.rows) == ([], {})


def test_what_a_list_names_and_is_not_there_is_left_out(open_board: Open, follow: Follow) -> None:
    class Some(Board):
        many = True

        def list_instances(self) -> Any:
            return [77, 1]

    follower = follow(open_board(Some, LIST), LIST)
    assert follower.ids(Project) == {1}


@pytest.mark.parametrize("answer", [7, [None], ["x"], [1.5]])
def test_what_is_no_list_is_refused(
    open_board: Open, covey_client: Connect, caplog: pytest.LogCaptureFixture, answer: Any
) -> None:
    class Some(Board):
        many = True

        def list_instances(self) -> Any:
            return answer

    code, _ = refusal(covey_client(open_board(Some, LIST), LIST))
    assert code in (400, 500)


def test_an_instance_is_added_at_either_end(many: Follower) -> None:
    many.client.call("add", 3)
    many.settle()
    assert many.anchors == [2, 1, 3]
    many.client.call("replace", [1])
    many.client.call("add", 2, True)
    many.settle()
    assert many.anchors == [2, 1]


def test_one_that_is_there_keeps_its_place(many: Follower) -> None:
    many.client.call("add", 1, True)
    many.client.call("add", 2)
    many.settle()
    assert many.anchors == [2, 1]


def test_one_that_does_not_exist_is_not_added(many: Follower) -> None:
    many.client.call("add", 77)
    many.settle()
    assert many.ids(Project) == {1, 2}


def test_an_instance_is_taken_out(many: Follower) -> None:
    many.client.call("remove", 2)
    many.client.call("remove", 77)
    many.settle()
    assert (many.anchors, many.ids(Project)) == ([1], {1})


def test_a_list_is_replaced_and_emptied(many: Follower) -> None:
    many.client.call("replace", [3, 1])
    many.settle()
    assert (many.anchors, many.ids(Project)) == ([3, 1], {1, 3})
    many.client.call("empty")
    many.settle()
    assert many.ids(Project) == set()
    many.client.call("add", 2)
    many.settle()
    assert many.ids(Project) == {2}


def test_what_was_taken_out_is_not_deleted(open_board: Open, follow: Follow) -> None:
    server = open_board(Many, LIST)
    first, second = follow(server, LIST), follow(server, LIST)
    first.client.call("remove", 1)
    first.settle()
    second.settle()
    assert (first.ids(Project), second.ids(Project)) == ({2}, {1, 2})


def test_before_the_list_there_is_nothing_to_add_to(
    open_board: Open, follow: Follow, told: Told, style: Style
) -> None:
    class Early(Many):
        def on_connect(self, tstamp: float | None) -> None:
            try:
                self.add_instance(3)
            except Busy as error:
                told.say(error)

    follow(open_board(Early, LIST), LIST)
    if style is not Style.WAITING:
        assert isinstance(told.next(), Busy)


def test_where_one_is_followed_there_is_no_list(open_board: Open, follow: Follow) -> None:
    class One(Board):
        @action
        def add(self) -> str:
            found = []
            for edit in (
                lambda: self.add_instance(2),
                lambda: self.add_instance(2, at_beginning=True),
                lambda: self.remove_instance(1),
                self.clear,
            ):
                try:
                    edit()
                except InvalidArgument:
                    found.append("no")
            return " ".join(found)

    follower = follow(open_board(One))
    assert follower.client.call("add") == "no no no no"
    assert follower.anchors == [1]


# ----------------------------------------------------------- coming, and coming back


def test_what_on_connect_sends_comes_before_the_anchors(
    covey_server: Start, follow: Follow
) -> None:
    class One(Board):
        async def on_connect(self, tstamp: float | None) -> None:
            await self.set_runtime_var("viewers", 3)
            await self.send_json({"type": "hello", "user": self.user})

    first, second, third, *_ = follow(opened(covey_server, {ONE: One})).messages
    assert (first["type"], first["value"]) == ("runtimeVar", 3)
    assert second == {"type": "hello", "user": 1}
    assert third["type"] == "initialAnchors"


def test_one_that_comes_for_the_first_time_has_no_time(
    open_board: Open, follow: Follow, told: Told
) -> None:
    class One(Board):
        def on_connect(self, tstamp: float | None) -> None:
            told.say(tstamp)

    follow(open_board(One))
    assert told.next() is None


def test_one_that_comes_back_says_when_it_was_complete(
    open_board: Open, follow: Follow, covey_client: Connect, told: Told
) -> None:
    class One(Board):
        def on_connect(self, tstamp: float | None) -> None:
            told.say(tstamp)

    server = open_board(One)
    follower = follow(server)
    complete = follower.messages[-1][-1]["_tstamp"]
    follower.client.disconnect()
    Follower(covey_client(server, "ws/1/")).enter(last_update=complete)
    assert (told.next(), told.next()) == (None, complete)


def test_an_on_connect_that_raises_closes_nothing(
    open_board: Open, follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    class One(Board):
        def on_connect(self, tstamp: float | None) -> None:
            raise RuntimeError("no database")

    follower = follow(open_board(One))
    follower.settle()
    assert raised(caplog) == ["RuntimeError('no database')"]


def test_one_that_left_is_seen_off(open_board: Open, follow: Follow, told: Told) -> None:
    class One(Board):
        def on_disconnect(self) -> None:
            assert self.ending is not None
            told.say((self.user, self.params, self.ending.code, self.ending.is_clean))

    server = open_board(One)
    follower = follow(server)
    follower.client.disconnect(3000, "enough")
    assert told.next() == (1, {"project_id": 1}, 3000, True)
    follow(server)
    server.stop()
    assert told.next()[2] == 1001
    assert server.wait(PATIENCE)
    assert is_silent(told)


def test_an_on_disconnect_that_raises_is_logged(
    open_board: Open, follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    class One(Board):
        def on_disconnect(self) -> None:
            raise RuntimeError("no database")

    server = open_board(One)
    follow(server).client.disconnect()
    follow(server)
    server.stop()
    assert server.wait(PATIENCE)
    assert raised(caplog) == ["RuntimeError('no database')"] * 2


# ----------------------------------------------------------------- runtime variables


class State(TypedDict):
    viewers: int
    topic: str | None


class Variables(Board):
    @action
    def set(self, name: str, value: Any) -> None:
        self.set_runtime_var(name, value)

    @action
    def get(self, name: str, default: Any = None) -> Any:
        return self.get_runtime_var(name, default)


def test_a_variable_is_mirrored(open_board: Open, follow: Follow) -> None:
    follower = follow(open_board(Variables))
    for value in (3, None, {"a": [1.5, "\N{CAT}"]}, False):
        follower.client.call("set", "viewers", value)
        assert follower.client.call("get", "viewers", "unset") == value
        follower.settle()
        assert follower.variables == {"viewers": value}


def test_a_variable_that_stays_what_it_is_sends_nothing(open_board: Open, follow: Follow) -> None:
    follower = follow(open_board(Variables))
    for value in (3, 3, 4, 4, 3):
        follower.client.call("set", "viewers", value)
    follower.settle()
    values = [message["value"] for message in follower.messages if "var" in message]
    assert values == [3, 4, 3]


def test_a_variable_that_was_not_set_is_the_default(open_board: Open, follow: Follow) -> None:
    follower = follow(open_board(Variables))
    assert follower.client.call("get", "viewers") is None
    assert follower.client.call("get", "viewers", 7) == 7


def test_each_client_has_its_own_variables(open_board: Open, follow: Follow) -> None:
    server = open_board(Variables)
    first, second = follow(server), follow(server)
    first.client.call("set", "viewers", 1)
    assert second.client.call("get", "viewers") is None
    second.settle()
    assert second.variables == {}


def test_only_variables_that_are_named_can_be_set(
    open_board: Open, follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    class More(State):
        extra: int

    class One(Variables):
        RuntimeState = More

    follower = follow(open_board(One, debug=True))
    for name, value in (("viewers", 1), ("topic", "x"), ("extra", 1)):
        follower.client.call("set", name, value)
    with pytest.raises(ActionError, match="variable 'viewers' cannot be 'many'"):
        follower.client.call("set", "viewers", "many")
    caplog.clear()
    with pytest.raises(ActionError, match="More has no variable 'viewer'") as refused:
        follower.client.call("set", "viewer", 1)
    assert refused.value.code == 500
    assert raised(caplog) == ["""TypeError("More has no variable 'viewer'")"""]


def test_a_variable_that_json_has_no_form_of_is_a_type_error(
    open_board: Open, follow: Follow
) -> None:
    class One(Board):
        @action
        def set(self) -> str:
            try:
                self.set_runtime_var("viewers", object())
            except TypeError as error:
                return str(error)
            return ""

    assert follow(open_board(One)).client.call("set") == "object has no form in JSON"


# ---------------------------------------------------------------------------- owners


def test_rows_of_an_owner_reach_that_user_alone(open_board: Open, follow: Follow) -> None:
    server = open_board(Board)
    ada, bob = follow(server, token="ada"), follow(server, token="bob")
    assert (ada.ids(Note), bob.ids(Note)) == ({1}, {2})
    assert (ada.row(Project, 1)["notes"], bob.row(Project, 1)["notes"]) == ([1], [2])
    server.store.put(Note(id=3, owner=2, text="new", project=1))
    server.store.merge(Note, 1, text="changed")
    bob.until(lambda: bob.sees(Note, 3))
    ada.until(lambda: ada.row(Note, 1)["text"] == "changed")
    ada.settle()
    assert (ada.ids(Note), bob.ids(Note)) == ({1}, {2, 3})
    assert ada.row(Project, 1)["notes"] == [1]
    assert "new" not in str(ada.messages)


def test_a_row_that_gets_another_owner_moves(open_board: Open, follow: Follow) -> None:
    server = open_board(Board)
    ada, bob = follow(server, token="ada"), follow(server, token="bob")
    server.store.merge(Note, 1, owner=2)
    bob.until(lambda: bob.sees(Note, 1))
    ada.until(lambda: not ada.sees(Note, 1))
    assert ada.row(Project, 1)["notes"] == []


def test_nobody_sees_the_rows_of_owners_without_a_user(open_board: Open, follow: Follow) -> None:
    class One(Board):
        public = True

    follower = follow(open_board(One), token=None)
    assert (follower.ids(Note), follower.row(Project, 1)["notes"]) == (set(), [])


# ----------------------------------------------------------------- events and messages


class Events(Board):
    groups = ("project_{project_id}",)

    @event("said")
    @event("sung")
    def hear(self, event: dict[str, Any]) -> None:
        self.send_json({**event, "user": self.user})

    @event("broken")
    def fail(self, event: dict[str, Any]) -> None:
        raise RuntimeError("no database")

    @action
    def say(self, text: str) -> None:
        self.group_send(f"project_{self.params['project_id']}", {"type": "said", "text": text})


def test_events_reach_the_members_of_a_group(open_board: Open, follow: Follow) -> None:
    server = open_board(Events)
    one, two, other = follow(server), follow(server, token="bob"), follow(server, "ws/2/")
    one.client.call("say", "hello")
    for follower, user in ((one, 1), (two, 2)):
        follower.until(lambda follower=follower: "text" in follower.messages[-1])  # type: ignore[misc]
        assert follower.messages[-1] == {"type": "said", "text": "hello", "user": user}
    other.settle()
    assert not any("text" in message for message in other.messages)


def test_events_may_come_from_any_thread(open_board: Open, follow: Follow) -> None:
    server = open_board(Events)
    follower = follow(server)
    server.group_send("project_1", {"type": "sung", "text": "la"})
    follower.until(lambda: "text" in follower.messages[-1])
    assert follower.messages[-1] == {"type": "sung", "text": "la", "user": 1}


def test_an_event_may_be_sent_to_one(open_board: Open, follow: Follow, told: Told) -> None:
    class One(Events):
        def on_connect(self, tstamp: float | None) -> None:
            told.say(self.channel_name)

    server = open_board(One)
    first = follow(server)
    name = told.next()
    second = follow(server)
    server.group_send(name, {"type": "said", "text": "you"})
    first.until(lambda: "text" in first.messages[-1])
    second.settle()
    assert not any("text" in message for message in second.messages)


def test_a_handler_of_events_that_raises_closes_nothing(
    open_board: Open, follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    server = open_board(Events)
    follower = follow(server)
    server.group_send("project_1", {"type": "broken"})
    server.group_send("project_1", {"type": "said", "text": "still here"})
    follower.until(lambda: "text" in follower.messages[-1])
    follower.settle()
    assert raised(caplog) == ["RuntimeError('no database')"]


def test_finished_messages_reach_a_group(open_board: Open, follow: Follow) -> None:
    server = open_board(Events)
    follower = follow(server)
    server.group_broadcast("project_1", '{"text":"finished"}')
    follower.until(lambda: "text" in follower.messages[-1])
    assert follower.messages[-1] == {"text": "finished"}


def test_messages_of_the_system_reach_everybody(open_board: Open, follow: Follow) -> None:
    server = open_board(Board)
    followers = [follow(server, "ws/1/"), follow(server, "ws/2/", "bob")]
    server.system_send("system", "tea is ready")
    for follower in followers:
        message = {"type": "system", "source": "system", "message": "tea is ready"}
        assert follower.receive() == message


def test_a_drained_server_sends_its_clients_to_another(
    open_board: Open, follow: Follow, told: Told
) -> None:
    class One(Board):
        def on_disconnect(self) -> None:
            told.say("gone")

    server = open_board(One)
    followers = [follow(server), follow(server, "ws/2/")]
    server.drain()
    for follower in followers:
        assert follower.client.receive_close(PATIENCE) == 1006  # they would stay away after a frame
    assert server.wait(PATIENCE)
    assert (told.next(), told.next()) == ("gone", "gone")


@pytest.mark.parametrize(("hello", "code"), [({}, 1006), ({"covey": 1}, 3001)])
def test_a_channel_may_close_its_client(
    open_board: Open, covey_client: Connect, hello: dict[str, Any], code: int
) -> None:
    class One(Board):
        @action
        def leave(self) -> None:
            self.close(3001, "as you like")

    client = covey_client(open_board(One), "ws/1/")
    client.send_json({"token": "ada", **hello})
    client.send_json({"callId": 1, "action": "leave", "params": []})
    assert client.receive_close(PATIENCE) == code


# --------------------------------------------------------------------- several routes


def test_channels_of_one_model_see_the_same(
    covey_server: Start, follow: Follow, style: Style
) -> None:
    server = opened(covey_server, {ONE: Board, LIST: Many}, style)
    one, many = follow(server), follow(server, LIST)
    server.store.merge(Project, 1, name="Homepage")
    for follower in (one, many):
        follower.until(
            lambda follower=follower: follower.row(Project, 1)["name"] == "Homepage"  # type: ignore[misc]
        )


def test_each_route_of_a_class_has_settings_of_its_own(
    covey_server: Start, covey_client: Connect, follow: Follow
) -> None:
    server = Server()
    server.channel("ws/closed/<int:project_id>/", Board)
    server.channel("ws/open/<int:project_id>/", Board, public=True)
    server.channel("ws/all/", Many)
    server.channel("ws/members/<int:member_id>/", Board, model=Member)
    fill(server)
    covey_server(server)
    assert refusal(covey_client(server, "ws/closed/1/"), None)[0] == 400
    assert follow(server, "ws/open/1/", None).anchors == [1]
    assert follow(server, "ws/all/").anchors == [2, 1]
    assert follow(server, "ws/members/3/").row(Member, 3)["name"] == "Carol"


def test_a_channel_needs_a_model() -> None:
    class One(ContextChannel):
        pass

    with Server() as server, pytest.raises(TypeError, match=r"One\.model"):
        server.channel(ONE, One)


def test_a_channel_whose_url_names_nothing_says_what_it_follows() -> None:
    with Server() as server, pytest.raises(InvalidArgument):
        server.channel("ws/mine/", Board)


def test_a_channel_that_broadcasts_is_none() -> None:
    with Server() as server, pytest.raises(TypeError, match="no broadcast_received"):
        server.channel(ONE, Board, broadcast_received=True)


def test_messages_that_are_none_of_the_protocol_are_logged(
    open_board: Open, follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    follower = follow(open_board(Board))
    for text in ("hello", "[]", '{"type":"none"}', '{"action":5}'):
        follower.client.send(text)
    follower.settle()
    assert all(record.levelno <= logging.WARNING for record in caplog.records)
