"""What the package has for the tests of others: clients, servers, fixtures."""

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from covey import ActionError, Consumer, ContextChannel, Model, Server, SystemFailure, action, field
from covey.testing import AsyncClient, Client, Closed, Refused, serving, stopping
from programs import run as run_program
from told import PATIENCE


class Awaited:
    """A client that blocks, in threads, so that it can be tested as the other one is."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._client = Client(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not inspect.ismethod(found):
            return found

        async def call(*arguments: Any, **options: Any) -> Any:
            return await asyncio.to_thread(found, *arguments, **options)

        return call

    async def __aenter__(self) -> "Awaited":
        await asyncio.to_thread(self._client.__enter__)
        return self

    async def __aexit__(self, *error: Any) -> None:
        await asyncio.to_thread(self._client.__exit__, *error)

    def __repr__(self) -> str:
        return repr(self._client)


class Room(Consumer):
    """Repeats what it is told, and does what its path and query say."""

    def connect(self) -> None:
        if "out" in self.query:
            self.reject(int(self.query["out"]))
            return
        self.accept(self.query.get("subprotocol"))
        for text in self.query.getlist("say"):
            self.send(text)
        if "leave" in self.query:
            self.close(int(self.query["leave"]), "enough")

    def receive(self, text: str) -> None:
        self.send(text)

    def receive_bytes(self, data: bytes) -> None:
        self.send(data)


class Asked(Consumer):
    """Says what its request said."""

    origins = ("*",)

    def connect(self) -> None:
        self.send_json([self.path, self.origin, self.headers.get("x-shop"), dict(self.cookies)])


class Member(Model):
    id: int
    name: str = field(writable=True)
    project: int


class Project(Model, writable=("save",)):
    id: int
    title: str = field(writable=True)
    members: list[Member] = field(inverse="project")


class Board(ContextChannel):
    model = Project

    def authenticate(self, token: str) -> Any:
        return token.removesuffix("-token") if token.endswith("-token") else None

    def has_permission(self, user: Any, **params: Any) -> bool:
        return bool(user == "alice")

    def can_save(self, instance: Any, data: dict[str, Any]) -> bool:
        return data.get("title") != "forbidden"

    @action
    def add(self, a: int, b: int) -> int:
        return a + b

    @action
    def fail(self, message: str, code: int) -> None:
        raise ActionError(message, code)

    @action
    def rename(self, title: str) -> str:
        self.server.store.merge(Project, 1, title=title)
        self.send_json({"type": "system", "message": "renamed"})
        return title


def made() -> Server:
    server = Server()
    server.channel("ws/", Room)
    server.channel("asked/<path:rest>", Asked)
    server.channel("board/<int:id>/", Board)
    server.store.put(Project(id=1, title="Website"))
    return server


@pytest.fixture(params=[AsyncClient, Awaited], ids=["awaited", "blocking"])
def kind(request: pytest.FixtureRequest) -> Any:
    """Either kind of client."""
    return request.param


Body = Callable[[Callable[..., Any]], Coroutine[Any, Any, None]]


def run(kind: Any, body: Body) -> None:
    """Runs a test with a function that makes clients of one kind, for a server in the same loop."""

    async def main() -> None:
        async with serving(made()) as port:
            await body(lambda path, **options: kind(port, path, timeout=PATIENCE, **options))

    asyncio.run(main())


# ------------------------------------------------------------------------------ connecting


def test_connect_answers_whether_it_did_and_the_subprotocol(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        for path, subprotocols, answer in [
            ("ws/", [], (True, None)),
            ("ws/", ["v1"], (True, None)),
            ("ws/?subprotocol=v2", ["v1", "v2"], (True, "v2")),
        ]:
            one = client(path, subprotocols=subprotocols)
            assert await one.connect() == answer
            await one.disconnect()

    run(kind, body)


def test_connect_answers_the_status_of_a_refusal(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        assert await client("ws/?out=403").connect() == (False, 403)
        assert await client("ws/?out=410").connect() == (False, 410)
        assert await client("nowhere/").connect() == (False, 404)

    run(kind, body)


def test_with_raises_what_connect_answers(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        with pytest.raises(Refused, match=r"^/ws/\?out=410 was refused with HTTP 410$") as refused:
            async with client("ws/?out=410"):
                raise AssertionError("it connected")
        assert refused.value.status == 410

    run(kind, body)


def test_with_disconnects(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        async with client("ws/") as one:
            pass
        with pytest.raises(Closed, match=r"^/ws/ is closed with 1000$"):
            await one.receive()

    run(kind, body)


def test_what_the_request_says_is_up_to_the_test(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        one = client(
            "/asked/größe 1/%C3%BC?x=1",
            headers={"X-Shop": "tea", "Cookie": "a=1"},
            origin="https://example.com",
        )
        async with one:
            asked = ["/asked/größe 1/ü", "https://example.com", "tea", {"a": "1"}]
            assert await one.receive_json() == asked
        async with client("asked/more", headers=[("X-Shop", "tea"), ("X-Shop", "cake")]) as one:
            path, origin, shop, cookies = await one.receive_json()
            assert (path, origin, cookies) == ("/asked/more", None, {})
            assert shop.startswith("tea")

    run(kind, body)


def test_one_may_connect_anew(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        one = client("ws/?say=welcome")
        for _ in range(2):
            assert await one.connect() == (True, None)
            assert await one.receive() == "welcome"
            await one.disconnect()

    run(kind, body)


def test_one_that_is_not_connected_can_do_nothing(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        one = client("ws/")
        await one.disconnect()
        for call in [one.receive(), one.send("hello"), one.receive_close()]:
            with pytest.raises(RuntimeError, match="the client of /ws/ is not connected"):
                await call

    run(kind, body)


def test_a_server_that_is_not_there_is_a_connection_error(kind: Any) -> None:
    async def body(_: Any) -> None:
        with Server() as server:
            port = server.listen()
        with pytest.raises(ConnectionError):
            await kind(port, "ws/").connect()

    run(kind, body)


def test_a_server_may_be_given_itself() -> None:
    with stopping(made()) as server, Client(server, "ws/") as client:
        client.send("hello")
        assert client.receive() == "hello"


# -------------------------------------------------------------------------------- messages


def test_messages_of_all_kinds_come_back(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        async with client("ws/") as one:
            for message in ["grüße", b"\x00\xff", "", b"", "x" * 100_000]:
                await one.send(message)
                assert await one.receive() == message
            await one.send_json({"a": [1, None]})
            assert await one.receive() == '{"a":[1,null]}'
            await one.send_json("text")
            assert await one.receive_json() == "text"

    run(kind, body)


def test_what_does_not_come_in_time_is_a_timeout(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        async with client("ws/") as one:
            for receive in [
                lambda: one.receive(0.01),
                lambda: one.receive_json(timeout=0.01),
                lambda: one.receive_close(0.01),
                lambda: one.receive_until(lambda message: True, 0.01),
            ]:
                with pytest.raises(TimeoutError, match=r"^nothing came from /ws/ in 0.01 s$"):
                    await receive()
            await one.send("later")
            assert await one.receive() == "later"

    run(kind, body)


def test_what_is_no_json_is_shown(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        async with client("ws/?say=no+JSON") as one:
            with pytest.raises(ValueError, match=r"what came from .* is no JSON: 'no JSON'"):
                await one.receive_json()

    run(kind, body)


def test_receive_until_answers_all_up_to_what_was_looked_for(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        async with client("ws/?say=1&say=2&say=3&say=4") as one:
            assert await one.receive_until(lambda number: number == 3) == [1, 2, 3]
            assert await one.receive_until(lambda number: number > 0) == [4]

    run(kind, body)


def test_receive_nothing_says_whether_nothing_came_and_loses_nothing(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        async with client("ws/") as one:
            assert await one.receive_nothing(0.01)
            await one.send("hello")
            assert not await one.receive_nothing(PATIENCE)
            assert not await one.receive_nothing(0)
            assert one.messages == ["hello"]
            assert await one.receive() == "hello"
            assert await one.receive_nothing(0.01)

    run(kind, body)


def test_a_close_is_not_nothing(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        async with client("ws/?leave=4001") as one:
            assert not await one.receive_nothing(PATIENCE)
            assert await one.receive_close() == 4001

    run(kind, body)


def test_receive_close_answers_the_code_and_loses_nothing(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        async with client("ws/?say=first&say=last&leave=4001") as one:
            assert await one.receive_close() == 4001
            assert await one.receive_close() == 4001
            assert [await one.receive(), await one.receive()] == ["first", "last"]

    run(kind, body)


def test_a_closed_connection_says_how_it_was_closed(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        async with client("ws/?leave=4001") as one:
            await one.receive_close()
            for call in [one.receive(), one.send("hello")]:
                with pytest.raises(Closed, match=r"is closed with 4001 enough$") as closed:
                    await call
                assert (closed.value.code, closed.value.reason) == (4001, "enough")

    run(kind, body)


def test_disconnect_takes_a_code_and_may_be_repeated(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        async with client("ws/") as one:
            await one.disconnect(4321, "bye")
            await one.disconnect()
            assert await one.receive_close() == 4321

    run(kind, body)


def test_many_messages_that_nobody_asked_for_do_not_keep_it_from_closing(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        async with client("ws/") as one:
            for _ in range(200):
                await one.send("unwanted")

    run(kind, body)


# ------------------------------------------------------------------------- context channels


@asynccontextmanager
async def following(client: Callable[..., Any]) -> AsyncIterator[Any]:
    """A client that is let in, and has what there is."""
    async with client("board/1/") as one:
        assert await one.authenticate("alice-token") == 200
        received = await one.receive_until(is_the_end_of_the_state)
        assert received[0]["anchorIds"] == [1]
        yield one


def is_the_end_of_the_state(message: Any) -> bool:
    if not isinstance(message, list):
        return False
    last = message[-1]
    return bool(last["_operation"] == "end_initial_state" and last["_tstamp"] > 0)


@pytest.mark.parametrize(
    ("token", "code"), [("alice-token", 200), ("bob-token", 403), ("none", 401), (None, 400)]
)
def test_authenticate_answers_the_status_code(kind: Any, token: str | None, code: int) -> None:
    async def body(client: Callable[..., Any]) -> None:
        async with client("board/1/") as one:
            assert await one.authenticate(token) == code

    run(kind, body)


def test_an_action_answers_its_result(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        async with following(client) as one:
            assert await one.call("add", 1, 2) == 3
            assert await one.call("add", -1, 1) == 0

    run(kind, body)


def test_an_action_that_fails_raises(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        async with following(client) as one:
            with pytest.raises(ActionError, match=r"^out of tea$") as failed:
                await one.call("fail", "out of tea", 418)
            assert failed.value.code == 418
            with pytest.raises(ActionError) as failed:
                await one.call("nothing")
            assert failed.value.code == 404

    run(kind, body)


def test_what_comes_before_an_answer_waits_to_be_received(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        async with following(client) as one:
            assert await one.call("rename", "Shop") == "Shop"
            assert await one.call("add", 1, 2) == 3
            received = await one.receive_until(lambda message: isinstance(message, list))
            assert received[0] == {"type": "system", "message": "renamed"}
            assert received[-1][0]["title"] == "Shop"

    run(kind, body)


def test_several_calls_may_be_answered_at_once() -> None:
    async def body(client: Callable[..., Any]) -> None:
        async with following(client) as one:
            for number in range(5):
                assert await one.call("add", number, number) == 2 * number

    run(AsyncClient, body)


def test_writes_are_answered(kind: Any) -> None:
    async def body(client: Callable[..., Any]) -> None:
        async with following(client) as one:
            for named in [Project, "Project"]:
                await one.save(named, 1, title=f"by {named}")
                await one.receive_until(
                    lambda message, named=named: (
                        isinstance(message, list) and message[0]["title"] == f"by {named}"
                    )
                )
            for write in [
                lambda: one.save(Project, 1, title="forbidden"),
                lambda: one.save(Project, 2, title="not there"),
                lambda: one.create(Member, (Project, 1), "members", name="Ann"),
                lambda: one.delete(Project, 1),
            ]:
                with pytest.raises(ActionError) as refused:
                    await write()
                assert refused.value.code in (400, 403, 404)

    run(kind, body)


# ------------------------------------------------------------------------ both are the same


METHODS = [name for name, _ in inspect.getmembers(Client, inspect.isfunction) if name[0] != "_"]


@pytest.mark.parametrize("name", ["__init__", *METHODS])
def test_each_method_of_one_client_is_one_of_the_other(name: str) -> None:
    blocking, awaited = getattr(Client, name), getattr(AsyncClient, name)
    assert inspect.signature(blocking) == inspect.signature(awaited)
    assert inspect.iscoroutinefunction(awaited) == (name != "__init__")


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_client_is_shown_with_its_path(kind: Any) -> None:
    assert repr(kind(1, "ws/")) == f"<{kind.__name__} /ws/>"


# --------------------------------------------------------------------------------- servers


def test_serving_ends_with_the_block() -> None:
    async def main() -> None:
        server = made()
        async with serving(server) as port:
            assert port == server.port
        assert not server.is_alive

    asyncio.run(main())


def test_serving_ends_the_server_when_the_test_fails() -> None:
    async def main() -> None:
        server = made()
        with pytest.raises(AssertionError, match="the test failed"):
            async with serving(server):
                raise AssertionError("the test failed")
        assert not server.is_alive

    asyncio.run(main())


def test_serving_what_cannot_listen_raises() -> None:
    async def main() -> None:
        async with serving(made()) as port:
            other = Server(port)
            with pytest.raises(SystemFailure):
                async with serving(other):
                    raise AssertionError("it listens")
            other.close()

    asyncio.run(main())


def test_serving_lets_the_test_stop_the_server_itself() -> None:
    async def main() -> None:
        async with serving(server := made()) as port, AsyncClient(port, "ws/") as client:
            server.stop(1012)
            assert await client.receive_close() == 1012

    asyncio.run(main())


def test_stopping_ends_with_the_block() -> None:
    with stopping(made()) as server, Client(server, "ws/") as client:
        client.send("hello")
        assert client.receive() == "hello"
    assert not server.is_alive


def test_stopping_says_so_when_a_server_does_not_stop() -> None:
    gate, is_stuck = threading.Event(), threading.Event()
    server = made()
    server.call_soon(is_stuck.set)
    server.call_soon(gate.wait)
    message = r"was asked to stop, and has not in 0\.01 s$"
    with pytest.raises(AssertionError, match=message), stopping(server, timeout=0.01):
        assert is_stuck.wait(PATIENCE)
    gate.set()
    assert server.wait(PATIENCE)


# -------------------------------------------------------------------------------- fixtures


#: The plugin, also where the package is not installed.
CONFTEST = """
def pytest_configure(config):
    if not config.pluginmanager.has_plugin("covey"):
        config.pluginmanager.import_plugin("pytest_covey")
"""


def test_the_fixtures_begin_and_end_what_a_test_needs(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(
        """
        import pytest
        from covey import Consumer, Server
        from covey.testing import Client, Refused

        codes = []
        ports = []

        class Echo(Consumer):
            def receive(self, text):
                self.send(text)

            def disconnect(self, code):
                codes.append(code)

        def test_first(covey_server, covey_client):
            server = Server()
            server.channel("ws/", Echo)
            assert covey_server(server) is server
            one, other = covey_client(server, "ws/"), covey_client(server.port, "/ws/", timeout=20)
            for client in (one, other):
                client.send("hello")
                assert client.receive() == "hello"
            with pytest.raises(Refused):
                covey_client(server, "nowhere/")
            ports.append(server.port)

        def test_second():
            assert codes == [1000, 1000]
            with pytest.raises(ConnectionError):
                Client(ports[0], "ws/").connect()
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2)


def test_a_test_fails_when_its_server_does_not_stop(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(
        """
        import functools, threading
        from covey import Server
        import covey.testing

        covey.testing.stopping = functools.partial(covey.testing.stopping, timeout=0.01)
        gate = threading.Event()
        begun = threading.Event()

        def test_stuck(covey_server):
            server = covey_server(Server())
            server.call_soon(begun.set)
            server.call_soon(gate.wait)
            assert begun.wait(20)

        def test_after():
            gate.set()
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*AssertionError: *was asked to stop, and has not in 0.01 s*"])


def test_a_run_without_the_fixtures_imports_nothing(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(
        """
        import sys

        def test_that_nothing_is_loaded():
            assert "pytest_covey" in sys.modules
            assert not {"covey", "websockets"} & set(sys.modules)
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)


def test_the_fixtures_are_described(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    result = pytester.runpytest_subprocess("--fixtures", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["covey_server*", "*A function that starts a server*"])
    result.stdout.fnmatch_lines(["covey_client*", "*A function that makes connected clients*"])


def test_without_websockets_the_import_says_what_to_install() -> None:
    ended = run_program("sys.modules['websockets'] = None\nimport covey.testing")
    assert ended.code == 1
    last = ended.errors.rstrip().rpartition("\n")[2]
    assert last == (
        "ImportError: covey.testing needs the package websockets, 15 or later: "
        "pip install covey[testing]"
    )


def test_without_websockets_the_rest_works() -> None:
    assert run_program("sys.modules['websockets'] = None\nimport covey, pytest_covey").code == 0
