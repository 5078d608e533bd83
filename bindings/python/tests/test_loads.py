"""Loads: what the store does not hold is fetched when somebody follows it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from context_harness import (
    PATIENCE,
    Connect,
    Follower,
    Start,
    is_silent,
    raised,
    refusal,
)
from covey import ContextChannel, Denied, Model, NotFound, Server, action, event, field
from styles import Style, rewritten
from told import Told

PATTERN = "ws/<int:shelf_id>/"
LIST = "ws/list/"
#: At most the first is dropped in the time of a test.
SOON, LATER = 20, 600_000

Load = Callable[[Any], Any]


class Kinds:
    """The models and channels of one test: what loads belongs to them."""

    def __init__(self, load: Any, *, on_channel: bool = False) -> None:
        class Book(Model, name="loads.Book"):
            id: int
            title: str
            shelf: int | None = None

        class Shelf(Model, name="loads.Shelf"):
            id: int
            name: str
            books: list[Book] = field(inverse="shelf")
            first: Book | None = None

        class One(ContextChannel):
            model = Shelf
            public = True
            groups = ("shelves",)

            @action(anonymous=True)
            def fence(self) -> None: ...

            @action(anonymous=True)
            def count(self) -> list[int]:
                store = self.server.store
                return [store.count(Shelf), store.count(Book)]

        class Many(One):
            many = True

            def list_instances(self) -> Any:
                return [3, 1]

            @event("add")
            def add(self, event: dict[str, Any]) -> None:
                self.add_instance(event["shelf"])

        if on_channel:
            One.load = Many.load = load  # type: ignore[attr-defined]
        else:
            Shelf.load = load  # type: ignore[attr-defined]
        self.Book, self.Shelf, self.One, self.Many = Book, Shelf, One, Many

    def shelf(self, id: int, **values: Any) -> Any:
        return self.Shelf(id=id, name=f"shelf {id}", **values)

    def server(self, timeout: int = LATER) -> Server:
        server = Server(unfollowed_timeout_ms=timeout)
        server.channel(PATTERN, self.One)
        server.channel(LIST, self.Many)
        return server


@pytest.fixture(params=["model", "channel"])
def on_channel(request: pytest.FixtureRequest) -> bool:
    """Whether the channel loads, or the model."""
    return bool(request.param == "channel")


@pytest.fixture(params=["classmethod", "staticmethod"])
def kinds_that(
    request: pytest.FixtureRequest, style: Style, on_channel: bool
) -> Callable[[Load], Kinds]:
    """Kinds that load with a plain function of an id, as a class method or a static method, and
    in the style."""

    def make(load: Load) -> Kinds:
        if request.param == "staticmethod":
            return Kinds(staticmethod(rewritten(load, style)), on_channel=on_channel)

        def of_class(cls: type, id: Any) -> Any:
            assert cls.__name__ in ("Shelf", "One", "Many")
            return load(id)

        return Kinds(classmethod(rewritten(of_class, style)), on_channel=on_channel)

    return make


KindsThat = Callable[[Load], Kinds]


# --------------------------------------------------------------------- what is answered


def test_what_is_followed_is_loaded(
    kinds_that: KindsThat, covey_server: Start, covey_client: Connect, told: Told
) -> None:
    def load(id: int) -> Any:
        told.say(id)
        return kinds.shelf(id)

    kinds = kinds_that(load)
    server = covey_server(kinds.server())
    follower = Follower(covey_client(server, "ws/5/")).enter(None)
    assert told.next() == 5
    assert follower.row(kinds.Shelf, 5) == {
        "id": 5,
        "name": "shelf 5",
        "books": [],
        "first": None,
    }


def test_several_are_loaded_together(
    kinds_that: KindsThat, covey_server: Start, covey_client: Connect
) -> None:
    def load(id: int) -> Any:
        books = [kinds.Book(id=10 * id + one, title="x", shelf=id) for one in range(3)]
        return [*books, kinds.shelf(id, first=books[0])]

    kinds = kinds_that(load)
    follower = Follower(covey_client(covey_server(kinds.server()), "ws/5/")).enter(None)
    assert follower.row(kinds.Shelf, 5)["books"] == [50, 51, 52]
    assert follower.row(kinds.Shelf, 5)["first"] == 50
    assert follower.ids(kinds.Book) == {50, 51, 52}


@pytest.mark.parametrize(
    "load", [lambda id: None, lambda id: [], lambda id: refuse(NotFound("no such shelf"))]
)
def test_what_there_is_not_is_404(
    kinds_that: KindsThat,
    covey_server: Start,
    covey_client: Connect,
    caplog: pytest.LogCaptureFixture,
    load: Load,
) -> None:
    server = covey_server(kinds_that(load).server())
    assert refusal(covey_client(server, "ws/5/"), None) == (404, "error/not-found")
    assert raised(caplog) == []


def refuse(error: Exception) -> Any:
    raise error


def test_another_than_was_asked_for_is_404(
    kinds_that: KindsThat, covey_server: Start, covey_client: Connect
) -> None:
    kinds = kinds_that(lambda id: kinds.shelf(id + 1))
    server = covey_server(kinds.server())
    assert refusal(covey_client(server, "ws/5/"), None) == (404, "error/not-found")
    Follower(covey_client(server, "ws/6/")).enter(None)


@pytest.mark.parametrize("error", [RuntimeError("no database"), Denied(), KeyError(5)])
def test_a_load_that_raises_is_500_and_logged(
    kinds_that: KindsThat,
    covey_server: Start,
    covey_client: Connect,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    server = covey_server(kinds_that(lambda id: refuse(error)).server())
    assert refusal(covey_client(server, "ws/5/"), None) == (500, "error/load-failed")
    assert raised(caplog) == [repr(error)]


@pytest.mark.parametrize("found", [5, "shelf", [None], {"id": 5, "name": "x"}, [{"id": 5}]])
def test_what_is_no_instance_is_500_and_logged(
    kinds_that: KindsThat,
    covey_server: Start,
    covey_client: Connect,
    caplog: pytest.LogCaptureFixture,
    found: Any,
) -> None:
    server = covey_server(kinds_that(lambda id: found).server())
    assert refusal(covey_client(server, "ws/5/"), None) == (500, "error/load-failed")
    assert len(raised(caplog)) == 1


def test_an_instance_that_does_not_fit_is_500_and_logged(
    kinds_that: KindsThat,
    covey_server: Start,
    covey_client: Connect,
    caplog: pytest.LogCaptureFixture,
) -> None:
    kinds = kinds_that(lambda id: kinds.Shelf(id=id, name=7))
    server = covey_server(kinds.server())
    assert refusal(covey_client(server, "ws/5/"), None) == (500, "error/load-failed")
    (error,) = raised(caplog)
    assert 'field "name" is 7, not a string' in error


def test_a_load_that_failed_is_asked_for_again(
    kinds_that: KindsThat, covey_server: Start, covey_client: Connect
) -> None:
    outcomes: list[Any] = [None, RuntimeError("no database")]

    def load(id: int) -> Any:
        if not outcomes:
            return kinds.shelf(id)
        outcome = outcomes.pop(0)
        return outcome if outcome is None else refuse(outcome)

    kinds = kinds_that(load)
    server = covey_server(kinds.server())
    codes = [refusal(covey_client(server, "ws/5/"), None)[0] for _ in range(2)]
    assert codes == [404, 500]
    Follower(covey_client(server, "ws/5/")).enter(None)


def test_without_load_what_the_store_lacks_does_not_exist(
    covey_server: Start, covey_client: Connect
) -> None:
    class Shelf(Model):
        id: int

    class One(ContextChannel):
        model = Shelf
        public = True

    server = Server()
    server.channel(PATTERN, One)
    assert refusal(covey_client(covey_server(server), "ws/5/"), None)[0] == 404


def test_an_id_that_is_a_text_is_loaded_by_it(covey_server: Start, covey_client: Connect) -> None:
    class Page(Model):
        id: str
        text: str

        @classmethod
        async def load(cls, id: str) -> "Page":
            return cls(id=id, text=f"the text of {id!r}")

    class One(ContextChannel):
        model = Page
        public = True

    server = Server()
    server.channel("ws/<str:page_id>/", One)
    follower = Follower(covey_client(covey_server(server), "ws/42/")).enter(None)
    assert follower.row(Page, "42")["text"] == "the text of '42'"


# ------------------------------------------------------------------- when loads are asked


def test_what_the_store_has_is_not_loaded(
    kinds_that: KindsThat, covey_server: Start, covey_client: Connect, told: Told
) -> None:
    kinds = kinds_that(lambda id: told.say(id))
    server = kinds.server()
    server.store.put(kinds.shelf(5))
    Follower(covey_client(covey_server(server), "ws/5/")).enter(None)
    assert is_silent(told)


def test_one_load_is_for_all_who_wait(
    covey_server: Start, covey_client: Connect, told: Told
) -> None:
    gate = asyncio.Event()

    async def load(id: int) -> Any:
        told.say(id)
        await gate.wait()
        return kinds.shelf(id)

    kinds = Kinds(staticmethod(load))
    server = covey_server(kinds.server())
    clients = [covey_client(server, "ws/5/") for _ in range(5)]
    for client in clients:
        assert client.authenticate(None) == 200
    assert told.next() == 5
    assert is_silent(told)
    server.call_soon(gate.set)
    followers = [Follower(client) for client in clients]
    for follower in followers:
        follower.until(lambda follower=follower: follower.sees(kinds.Shelf, 5))  # type: ignore[misc]
    assert is_silent(told)


def test_who_leaves_meanwhile_does_no_harm(
    covey_server: Start, covey_client: Connect, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    gate = asyncio.Event()

    async def load(id: int) -> Any:
        told.say("begun")
        await gate.wait()
        told.say("done")
        return kinds.shelf(id)

    kinds = Kinds(staticmethod(load))
    server = covey_server(kinds.server())
    client = covey_client(server, "ws/5/")
    assert client.authenticate(None) == 200
    assert told.next() == "begun"
    client.disconnect()
    server.call_soon(gate.set)
    assert told.next() == "done"
    Follower(covey_client(server, "ws/5/")).enter(None)
    assert raised(caplog) == []


def test_a_list_is_loaded(
    kinds_that: KindsThat, covey_server: Start, covey_client: Connect
) -> None:
    kinds = kinds_that(lambda id: kinds.shelf(id))
    server = kinds.server()
    server.store.put(kinds.shelf(1))
    follower = Follower(covey_client(covey_server(server), LIST), kinds.Shelf).enter(None)
    assert follower.anchors == [3, 1]
    server.group_send("shelves", {"type": "add", "shelf": 7})
    follower.until(lambda: follower.sees(kinds.Shelf, 7))
    assert follower.anchors == [3, 1, 7]


def test_of_a_list_what_there_is_not_is_left_out(
    kinds_that: KindsThat, covey_server: Start, covey_client: Connect
) -> None:
    kinds = kinds_that(lambda id: None if id == 3 else kinds.shelf(id))
    follower = Follower(covey_client(covey_server(kinds.server()), LIST)).enter(None)
    assert follower.ids(kinds.Shelf) == {1}


def test_what_was_loaded_is_told_of_to_clients_and_not_to_on_change(
    kinds_that: KindsThat, covey_server: Start, covey_client: Connect, told: Told
) -> None:
    kinds = kinds_that(lambda id: kinds.shelf(id))
    server = kinds.server()
    server.store.on_change(lambda model, id, instance, version: told.say((id, instance.name)))
    follower = Follower(covey_client(covey_server(server), "ws/5/")).enter(None)
    server.store.merge(kinds.Shelf, 5, name="renamed")
    follower.until(lambda: follower.row(kinds.Shelf, 5)["name"] == "renamed")
    assert told.next() == (5, "renamed")
    assert is_silent(told)


# ------------------------------------------------------------------- what is not followed


def until_count(follower: Follower, count: list[int]) -> None:
    """Asks until the store has so many; the limit of the test is the limit of this."""
    while follower.client.call("count") != count:
        pass


def test_what_nobody_follows_is_dropped_and_loaded_again(
    kinds_that: KindsThat, covey_server: Start, covey_client: Connect, told: Told
) -> None:
    def load(id: int) -> Any:
        told.say(id)
        return [kinds.shelf(id), kinds.Book(id=id, title="x", shelf=id)]

    kinds = kinds_that(load)
    server = covey_server(kinds.server(SOON))
    watcher = Follower(covey_client(server, "ws/1/")).enter(None)
    client = covey_client(server, "ws/5/")
    Follower(client).enter(None)
    assert (told.next(), told.next()) == (1, 5)
    assert watcher.client.call("count") == [2, 2]
    client.disconnect()
    until_count(watcher, [1, 1])
    assert Follower(covey_client(server, "ws/5/")).enter(None).sees(kinds.Book, 5)
    assert told.next() == 5


def test_what_somebody_follows_stays(
    covey_server: Start, covey_client: Connect, told: Told
) -> None:
    def load(id: int) -> Any:
        told.say(id)
        return kinds.shelf(id)

    kinds = Kinds(staticmethod(load))
    server = covey_server(kinds.server(SOON))
    follower = Follower(covey_client(server, "ws/1/")).enter(None)
    for _ in range(3):  # the time of each is longer than until it would be dropped
        client = covey_client(server, "ws/5/")
        Follower(client).enter(None)
        client.disconnect()
        until_count(follower, [1, 0])
    assert follower.sees(kinds.Shelf, 1)
    assert [told.next() for _ in range(4)] == [1, 5, 5, 5]
    assert is_silent(told)


def test_what_was_put_as_well_stays(covey_server: Start, covey_client: Connect, told: Told) -> None:
    kinds = Kinds(staticmethod(lambda id: kinds.shelf(id)))
    server = covey_server(kinds.server(SOON))
    watcher = Follower(covey_client(server, "ws/1/")).enter(None)
    clients = [covey_client(server, f"ws/{id}/") for id in (5, 6)]
    for client in clients:
        Follower(client).enter(None)
    server.store.put(kinds.shelf(5, first=None))
    server.store.merge(kinds.Shelf, 5, name="kept")
    for client in clients:
        client.disconnect()
    until_count(watcher, [2, 0])
    assert Follower(covey_client(server, "ws/5/")).enter(None).row(kinds.Shelf, 5)["name"] == "kept"


# --------------------------------------------------------------------------- registering


def test_a_model_has_one_load() -> None:
    class Shelf(Model):
        id: int

        @staticmethod
        def load(id: int) -> None: ...

    class One(ContextChannel):
        model = Shelf
        public = True

        @staticmethod
        def load(id: int) -> None: ...

    with Server() as server, pytest.raises(TypeError, match="Shelf has another load already"):
        server.channel(PATTERN, One)


def test_channels_may_share_a_load(covey_server: Start, covey_client: Connect) -> None:
    kinds = Kinds(classmethod(lambda cls, id: kinds.shelf(id)), on_channel=True)
    server = Server()
    server.channel(PATTERN, kinds.One)
    server.channel("ws/more/<int:shelf_id>/", kinds.One, parallel=2)

    class Below(kinds.One):  # type: ignore[name-defined, misc]
        pass

    server.channel("ws/below/<int:shelf_id>/", Below)
    covey_server(server)
    for path in ("ws/1/", "ws/more/2/", "ws/below/3/"):
        Follower(covey_client(server, path)).enter(None)


def test_load_is_a_class_method_or_a_static_method() -> None:
    class Wrong(Model):
        id: int

        def load(self, id: int) -> None: ...

    class Right(Model):
        id: int

    class One(ContextChannel):
        model = Right
        public = True

        def load(self, id: int) -> None: ...

    with Server() as server:
        with pytest.raises(TypeError, match=r"Wrong\.load must be a class method"):
            server.model(Wrong)
        with pytest.raises(TypeError, match=r"One\.load must be a class method"):
            server.channel(PATTERN, One)


def test_an_action_may_be_called_load(covey_server: Start, covey_client: Connect) -> None:
    class Shelf(Model):
        id: int
        load: float = 0.5

    class One(ContextChannel):
        model = Shelf
        public = True

        @action(anonymous=True)
        async def load(self, more: int) -> int:
            return more + 1

    server = Server()
    server.channel(PATTERN, One)
    server.store.put(Shelf(id=1))
    follower = Follower(covey_client(covey_server(server), "ws/1/")).enter(None)
    assert follower.row(Shelf, 1)["load"] == 0.5
    assert follower.client.call("load", 3) == 4


def test_a_server_that_stops_while_it_loads_stops(
    covey_server: Start, covey_client: Connect, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    gate = asyncio.Event()

    async def load(id: int) -> Any:
        told.say("begun")
        await gate.wait()
        told.say("done")
        return kinds.shelf(id)

    kinds = Kinds(staticmethod(load))
    server = covey_server(kinds.server())
    assert covey_client(server, "ws/5/").authenticate(None) == 200
    assert told.next() == "begun"
    server.call_soon(gate.set)
    server.stop()
    assert told.next() == "done"
    assert server.wait(PATIENCE)
    assert raised(caplog) == []
