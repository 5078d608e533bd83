"""A server as one of the tasks of a program in asyncio, and asyncio inside of handlers."""

import asyncio
import contextvars
import socket
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest

from covey import Busy, Connection, Consumer, Server, Stopped, SystemFailure, event
from covey.testing import AsyncClient, serving
from told import PATIENCE

Main = Callable[[], Awaitable[None]]
Run = Callable[[Main], None]


def run_in_asyncio(main: Main) -> None:
    asyncio.run(main())  # type: ignore[arg-type]


def run_in_debug_mode(main: Main) -> None:
    asyncio.run(main(), debug=True)  # type: ignore[arg-type]


def run_in_uvloop(main: Main) -> None:
    pytest.importorskip("uvloop").run(main())


@pytest.fixture(params=[run_in_asyncio, run_in_debug_mode, run_in_uvloop])
def run(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Run:
    """Runs an async function in a loop of each kind. Nothing may be left to say in the end: what
    a loop has no one to tell it logs as an error."""

    def run_one(main: Main) -> None:
        request.param(main)
        said = [record for record in caplog.records if record.name == "asyncio"]
        assert [record for record in said if record.levelname in ("ERROR", "CRITICAL")] == []

    return run_one


def made(handler: Any, **settings: Any) -> Server:
    server = Server()
    server.channel("ws/", handler, **settings)
    return server


@asynccontextmanager
async def talking_to(handler: Any, **settings: Any) -> AsyncIterator[AsyncClient]:
    """A client of a server with one channel."""
    async with serving(made(handler, **settings)) as port, AsyncClient(port, "ws/") as client:
        yield client


def asked_to_connect(port: int, path: str) -> socket.socket:
    """The request of a client, sent."""
    connection = socket.create_connection(("127.0.0.1", port))
    request = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    ]
    connection.sendall("".join(f"{line}\r\n" for line in [*request, ""]).encode())
    return connection


class Echo(Consumer):
    groups = ("all",)

    async def receive(self, text: str) -> None:
        await asyncio.sleep(0)
        self.send(text)


# ------------------------------------------------------------------------ among other tasks


def test_a_server_is_one_task_among_others(run: Run) -> None:
    async def main() -> None:
        server = made(Echo)
        port = server.listen()
        serving = asyncio.create_task(server.serve())
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        ticking = asyncio.create_task(tick())
        async with AsyncClient(port, "ws/") as client:
            for message in ["one", "two"]:
                before = ticks
                await client.send(message)
                assert await client.receive() == message
                assert ticks > before
        ticking.cancel()
        server.stop()
        await serving
        assert not server.is_alive

    run(main)


def test_what_other_tasks_send_leaves_at_once(run: Run) -> None:
    async def main() -> None:
        server = made(Echo)
        async with serving(server) as port, AsyncClient(port, "ws/") as client:
            for number in range(3):
                assert await client.receive_nothing(0.02)  # the server sleeps now
                server.group_broadcast("all", str(number))
                assert await client.receive() == str(number)

    run(main)


def test_what_threads_send_leaves_at_once(run: Run) -> None:
    async def main() -> None:
        server = made(Echo)
        async with serving(server) as port, AsyncClient(port, "ws/") as client:
            for number in range(3):
                assert await client.receive_nothing(0.02)
                await asyncio.to_thread(server.group_broadcast, "all", str(number))
                assert await client.receive() == str(number)

    run(main)


def test_a_task_may_keep_a_consumer_and_send_to_it(run: Run) -> None:
    class Counting(Consumer):
        async def connect(self) -> None:
            self.task = asyncio.create_task(self.count())

        async def count(self) -> None:
            for number in range(3):
                await asyncio.sleep(0)
                self.send_json(number)

    async def main() -> None:
        async with talking_to(Counting) as client:
            assert [await client.receive_json() for _ in range(3)] == [0, 1, 2]

    run(main)


def test_two_servers_share_a_loop(run: Run) -> None:
    class Passing(Consumer):
        def receive(self, text: str) -> None:
            other.group_broadcast("all", text)

    other = made(Echo)

    async def main() -> None:
        async with (
            serving(other) as other_port,
            serving(made(Passing)) as port,
            AsyncClient(other_port, "ws/") as listener,
            AsyncClient(port, "ws/") as speaker,
        ):
            await speaker.send("hello")
            assert await listener.receive() == "hello"

    run(main)


def test_before_its_first_wait_connect_may_refuse_with_http(run: Run) -> None:
    class Strict(Consumer):
        async def connect(self) -> None:
            if "late" in self.query:
                await asyncio.sleep(0)
            if "out" in self.query:
                self.reject(status=410, code=4010)
            else:
                self.accept("v2")

    async def main() -> None:
        server = made(Strict)
        port = server.listen()
        with asked_to_connect(port, "/ws/?out") as early:  # when it begins to serve
            async with serving(server):
                answer = await asyncio.to_thread(early.recv, 1000)
                assert answer.startswith(b"HTTP/1.1 410 ")
                accepted = AsyncClient(port, "ws/", subprotocols=["v2"])
                assert await accepted.connect() == (True, "v2")
                await accepted.disconnect()
                assert await AsyncClient(port, "ws/?out").connect() == (False, 410)
                late = AsyncClient(port, "ws/?out&late")
                assert await late.connect() == (True, None)
                assert await late.receive_close() == 4010

    run(main)


def test_many_clients_are_served(run: Run) -> None:
    async def main() -> None:
        async with serving(made(Echo)) as port:

            async def talk(number: int) -> None:
                async with AsyncClient(port, "ws/", timeout=PATIENCE) as client:
                    for message in range(5):
                        await client.send(f"{number} {message}")
                        assert await client.receive() == f"{number} {message}"

            await asyncio.gather(*map(talk, range(20)))

    run(main)


def test_timers_run_in_the_loop(run: Run) -> None:
    async def main() -> None:
        server = made(Echo)
        async with serving(server):
            ran: asyncio.Queue[Any] = asyncio.Queue()

            async def wait(what: str) -> None:
                await asyncio.sleep(0)
                ran.put_nowait((what, asyncio.get_running_loop()))

            loop = asyncio.get_running_loop()
            server.call_soon(wait, "soon")
            assert await ran.get() == ("soon", loop)
            server.call_later(0.01, wait, "later")
            assert await ran.get() == ("later", loop)
            repeated = server.call_later(0, wait, "again", every=0.01)
            for _ in range(3):
                assert await ran.get() == ("again", loop)
            repeated.cancel()

    run(main)


# -------------------------------------------------------------------- asyncio in handlers


def test_a_handler_may_wait_for_anything(run: Run) -> None:
    class Waiting(Consumer):
        async def receive(self, text: str) -> None:
            await asyncio.sleep(0.001)
            first, second = await asyncio.gather(
                asyncio.to_thread(text.upper), asyncio.wait_for(self.double(text), 5)
            )
            async with asyncio.Lock():
                self.send_json([first, second])

        async def double(self, text: str) -> str:
            await asyncio.sleep(0)
            return text * 2

    async def main() -> None:
        async with talking_to(Waiting) as client:
            await client.send("ab")
            assert await client.receive_json() == ["AB", "abab"]

    run(main)


def test_a_handler_may_start_tasks_before_it_waits(run: Run) -> None:
    class Starting(Consumer):
        async def receive(self, text: str) -> None:
            task = asyncio.create_task(asyncio.sleep(0, text))
            self.send(await task)

    async def main() -> None:
        async with talking_to(Starting) as client:
            await client.send("hello")
            assert await client.receive() == "hello"

    run(main)


class Meddling(asyncio.SelectorEventLoop):
    """A loop in which something happens while a task is made, as signals may."""

    meddle: Callable[[], object] = int

    def get_debug(self) -> bool:
        meddle, self.meddle = self.meddle, int
        meddle()
        return False


def test_what_a_signal_asks_for_while_a_handler_is_started_is_not_lost() -> None:
    class Late(Consumer):
        def __init__(self) -> None:
            loop.meddle = lambda: loop.call_soon(noticed.set)

        async def connect(self) -> None:
            await noticed.wait()
            self.send("noticed")

    async def main() -> None:
        global noticed
        noticed = asyncio.Event()
        async with talking_to(Late) as client:
            assert await client.receive() == "noticed"

    with closing(Meddling()) as loop:
        loop.run_until_complete(main())


def test_serve_is_cancelled_while_a_handler_is_started() -> None:
    class Quick(Consumer):
        def __init__(self) -> None:
            loop.meddle = served.cancel

        async def connect(self) -> None:
            pass

    async def main() -> None:
        global served
        server = made(Quick)
        port = server.listen(0)
        served = asyncio.create_task(server.serve())
        is_serving = asyncio.Event()
        server.call_soon(is_serving.set)
        await is_serving.wait()
        with closing(asked_to_connect(port, "ws/")):
            _, unfinished = await asyncio.wait({served}, timeout=PATIENCE)
        assert not unfinished
        assert served.cancelled()

    with closing(Meddling()) as loop:
        loop.run_until_complete(main())


def test_consumers_may_wait_for_each_other(run: Run) -> None:
    class Meeting(Consumer):
        async def receive(self, text: str) -> None:
            if text == "wait":
                self.send(await said)
            else:
                said.set_result(text)

    async def main() -> None:
        global said
        said = asyncio.get_running_loop().create_future()
        async with (
            serving(made(Meeting)) as port,
            AsyncClient(port, "ws/") as waiting,
            AsyncClient(port, "ws/") as speaking,
        ):
            await waiting.send("wait")
            await speaking.send("hello")
            assert await waiting.receive() == "hello"

    run(main)


said: "asyncio.Future[str]"


def test_a_handler_is_in_one_task_from_its_beginning_to_its_end(run: Run) -> None:
    class Watching(Consumer):
        async def receive(self, text: str) -> None:
            tasks = [asyncio.current_task()]
            loops = [asyncio.get_running_loop()]
            for _ in range(3):
                await asyncio.sleep(0)
                tasks.append(asyncio.current_task())
                loops.append(asyncio.get_running_loop())
            mine = [task for task in asyncio.all_tasks() if task is tasks[0]]
            seen.append(tasks[0])
            self.send_json([tasks[0] is not None, len(set(tasks)), len(set(loops)), len(mine)])

    seen: list[Any] = []

    async def main() -> None:
        async with talking_to(Watching) as client:
            for _ in range(2):
                await client.send("?")
                assert await client.receive_json() == [True, 1, 1, 1]
            assert seen[0] is not seen[1]
            assert asyncio.current_task() not in seen

    run(main)


var: contextvars.ContextVar[str] = contextvars.ContextVar("var", default="nothing")


def test_each_handler_has_a_context_of_its_own(run: Run) -> None:
    class Remembering(Consumer):
        groups = ("all",)

        async def receive(self, text: str) -> None:
            before = var.get()
            var.set(text)
            await asyncio.sleep(0)
            self.send_json([before, var.get(), await asyncio.create_task(self.child())])

        async def child(self) -> str:
            return var.get()

        @event("what")
        async def what(self, event: Any) -> None:
            self.send_json(var.get())

    async def main() -> None:
        var.set("of the program")
        server = made(Remembering)
        async with serving(server) as port, AsyncClient(port, "ws/") as client:
            for text in ["one", "two"]:
                await client.send(text)
                assert await client.receive_json() == ["of the program", text, text]
                server.group_send("all", {"type": "what"})
                assert await client.receive_json() == "of the program"
        assert var.get() == "of the program"

    run(main)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="since Python 3.11")
def test_timeouts_work_in_handlers(run: Run) -> None:
    class Impatient(Consumer):
        async def receive(self, text: str) -> None:
            try:
                async with asyncio.timeout(0.001):  # type: ignore[attr-defined]
                    await asyncio.Event().wait()
            except TimeoutError:
                self.send("too late")

    async def main() -> None:
        async with talking_to(Impatient) as client:
            for _ in range(2):
                await client.send("wait")
                assert await client.receive() == "too late"

    run(main)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="since Python 3.11")
def test_groups_of_tasks_work_in_handlers(run: Run) -> None:
    class Grouping(Consumer):
        async def receive(self, text: str) -> None:
            async def fail() -> None:
                raise ValueError(text)

            cancelled = []

            async def wait() -> None:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    cancelled.append(True)
                    raise

            try:
                async with asyncio.TaskGroup() as group:  # type: ignore[attr-defined]
                    group.create_task(wait())
                    await asyncio.sleep(0)
                    group.create_task(fail())
            except BaseException as error:
                found = [str(one) for one in error.exceptions]  # type: ignore[attr-defined]
                self.send_json([found, cancelled])

    async def main() -> None:
        async with talking_to(Grouping) as client:
            await client.send("oops")
            assert await client.receive_json() == [["oops"], [True]]

    run(main)


def test_cancel_scopes_of_anyio_work_in_handlers(run: Run) -> None:
    anyio = pytest.importorskip("anyio")

    class Scoped(Consumer):
        async def receive(self, text: str) -> None:
            with anyio.move_on_after(0.001) as scope:
                await anyio.sleep_forever()
            async with anyio.create_task_group() as group:
                group.start_soon(anyio.sleep, 0)
                group.start_soon(anyio.sleep_forever)
                group.cancel_scope.cancel()
            result = await anyio.to_thread.run_sync(text.upper)
            self.send_json([scope.cancelled_caught, result])

    async def main() -> None:
        async with talking_to(Scoped) as client:
            await client.send("a")
            assert await client.receive_json() == [True, "A"]

    run(main)


def test_a_handler_that_is_cancelled_ends_alone(run: Run) -> None:
    class Cancelling(Consumer):
        async def receive(self, text: str) -> None:
            task = asyncio.current_task()
            assert task is not None
            if text == "cancel":
                task.cancel()
            await asyncio.sleep(0)
            self.send(text)

    async def main() -> None:
        async with talking_to(Cancelling) as client:
            for message in ["one", "cancel", "two"]:
                await client.send(message)
            assert [await client.receive() for _ in range(2)] == ["one", "two"]

    run(main)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tasks do not tell who cancelled them")
def test_a_handler_whose_task_was_cancelled_by_another_failed(run: Run) -> None:
    class Waiting(Consumer):
        async def receive(self, text: str) -> None:
            task = asyncio.ensure_future(asyncio.sleep(60))
            task.cancel()
            await task

    async def main() -> None:
        async with talking_to(Waiting) as client:
            await client.send("x")
            assert await client.receive_close() == 1011

    run(main)


def test_plain_handlers_run_in_the_loop_too(run: Run) -> None:
    class Plain(Consumer):
        def receive(self, text: str) -> None:
            loop = asyncio.get_running_loop()
            loop.call_soon(self.send, text)

    async def main() -> None:
        async with talking_to(Plain) as client:
            await client.send("hello")
            assert await client.receive() == "hello"

    run(main)


def test_an_exception_after_a_wait_closes_with_1011(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    class Fragile(Consumer):
        async def receive(self, text: str) -> None:
            await asyncio.sleep(0)
            raise ValueError("boom")

    async def main() -> None:
        async with talking_to(Fragile) as client:
            await client.send("hello")
            assert await client.receive_close() == 1011

    run(main)
    assert "ValueError: boom" in caplog.text


def test_an_awaitable_that_is_no_coroutine_will_do(run: Run) -> None:
    class Odd(Consumer):
        async def connect(self) -> None: ...

        def receive(self, text: str) -> Any:
            self.send(text)
            future = asyncio.get_running_loop().create_future()
            future.set_result(None)
            return future

    async def main() -> None:
        async with talking_to(Odd) as client:
            for message in ["one", "two"]:
                await client.send(message)
                assert await client.receive() == message

    run(main)


# ----------------------------------------------------------------------------- its end


class Lasting(Consumer):
    """Waits for ever with each message, and says what becomes of that."""

    said: list[Any]

    async def receive(self, text: str) -> None:
        self.send("waiting")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.said.append("cancelled")
            raise

    async def disconnect(self, code: int) -> None:
        await asyncio.sleep(0)
        self.said.append(code)


@pytest.fixture
def said() -> list[Any]:
    return []


def test_cancelling_serve_sees_everybody_off(run: Run, said: list[Any]) -> None:
    async def main() -> None:
        server = made(type("Told", (Lasting,), {"said": said}))
        port = server.listen()
        serving = asyncio.create_task(server.serve())
        async with AsyncClient(port, "ws/") as busy, AsyncClient(port, "ws/") as idle:
            await busy.send("wait")
            assert await busy.receive() == "waiting"
            serving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await serving
            assert sorted(said, key=str) == [1001, 1001, "cancelled"]
            assert not server.is_alive
            assert await busy.receive_close() == 1001
            assert await idle.receive_close() == 1001
        with pytest.raises(OSError):
            await AsyncClient(port, "ws/").connect()

    run(main)


def test_messages_that_wait_are_not_handled_once_serve_is_cancelled(
    run: Run, said: list[Any]
) -> None:
    async def main() -> None:
        server = made(type("Told", (Lasting,), {"said": said}))
        port = server.listen()
        serving = asyncio.create_task(server.serve())
        async with AsyncClient(port, "ws/") as client:
            for _ in range(3):
                await client.send("wait")
            assert await client.receive() == "waiting"
            serving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await serving
            assert said == ["cancelled", 1001]
            assert await client.receive_close() == 1001
            assert client.messages == []

    run(main)


def test_what_ends_while_it_is_cancelled_may_still_use_the_server(
    run: Run, said: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    class Tidy(Consumer):
        async def receive(self, text: str) -> None:
            self.send("waiting")
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                said.append(self.server.group_count("all"))

        async def disconnect(self, code: int) -> None:
            await asyncio.sleep(0)
            said.append((code, self.path, self.query["a"]))

    async def main() -> None:
        server = made(Tidy)
        port = server.listen()
        serving = asyncio.create_task(server.serve())
        async with AsyncClient(port, "ws/?a=1") as client:
            await client.send("wait")
            assert await client.receive() == "waiting"
            serving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await serving
            assert said == [0, (1001, "/ws/", "1")]

    run(main)
    assert [record for record in caplog.records if record.name == "covey"] == []


def test_cancelling_serve_ends_functions_too(run: Run, said: list[Any]) -> None:
    async def wait(connection: Connection) -> None:
        try:
            await connection.next_message()
        finally:
            said.append(connection.ending)

    async def main() -> None:
        server = made(wait)
        port = server.listen()
        serving = asyncio.create_task(server.serve())
        async with AsyncClient(port, "ws/") as client:
            serving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await serving
            assert len(said) == 1
            assert await client.receive_close() == 1001

    run(main)


def test_serve_that_is_cancelled_before_it_begins_closes_the_server(run: Run) -> None:
    async def main() -> None:
        server = made(Echo)
        task = asyncio.create_task(server.serve())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not server.is_alive

    run(main)


def test_stopping_waits_for_what_disconnect_does(run: Run, said: list[Any]) -> None:
    class Tidy(Consumer):
        async def disconnect(self, code: int) -> None:
            for _ in range(10):
                await asyncio.sleep(0)
            said.append(code)

    async def main() -> None:
        async with serving(server := made(Tidy)) as port:
            clients = [AsyncClient(port, "ws/") for _ in range(3)]
            for client in clients:
                await client.connect()
            server.stop()
            for client in clients:
                assert await client.receive_close() == 1001
        assert said == [1001] * 3

    run(main)


def test_stopping_waits_for_messages_that_came(run: Run, said: list[Any]) -> None:
    class Slow(Consumer):
        async def receive(self, text: str) -> None:
            await asyncio.sleep(0)
            said.append(text)

    async def main() -> None:
        async with serving(made(Slow)) as port:
            client = AsyncClient(port, "ws/")
            await client.connect()
            for message in "abcdefg":
                await client.send(message)
            await client.disconnect()
        assert said == list("abcdefg")

    run(main)


def test_stop_may_come_from_another_thread(run: Run) -> None:
    async def main() -> None:
        server = made(Echo)
        port = server.listen()
        serving = asyncio.create_task(server.serve())
        async with AsyncClient(port, "ws/") as client:
            assert await client.receive_nothing(0.02)
            thread = threading.Thread(target=server.stop)
            thread.start()
            assert await client.receive_close() == 1001
            await serving
            thread.join()

    run(main)


@pytest.mark.parametrize("code", [0, 1012, 4321])
def test_stop_may_come_from_a_handler_with_a_code(run: Run, code: int) -> None:
    class Stopping(Consumer):
        async def receive(self, text: str) -> None:
            self.send("bye")
            self.server.stop(code)

    async def main() -> None:
        server = made(Stopping)
        port = server.listen()
        serving = asyncio.create_task(server.serve())
        async with AsyncClient(port, "ws/") as client:
            await client.send("stop")
            assert await client.receive() == "bye"
            assert await client.receive_close() == (code or 1001)
            await serving
        assert not server.is_alive

    run(main)


def test_a_server_serves_once(run: Run) -> None:
    async def main() -> None:
        server = made(Echo)
        async with serving(server):
            pass
        with pytest.raises(Stopped):
            await server.serve()

    run(main)


def test_run_is_refused_in_a_loop_that_runs_and_does_no_harm(run: Run) -> None:
    async def main() -> None:
        server = made(Echo)
        with pytest.raises(Busy, match=r"await server\.serve"):
            server.run()
        async with serving(server) as port, AsyncClient(port, "ws/") as client:
            await client.send("hello")
            assert await client.receive() == "hello"

    run(main)


def test_a_port_that_is_taken_is_a_system_failure(run: Run) -> None:
    async def main() -> None:
        async with serving(made(Echo)) as port:
            other = Server(port=port)
            with pytest.raises(SystemFailure, match="in use"):
                await other.serve()
            assert not other.is_alive

    run(main)


def test_no_task_is_left_over(run: Run) -> None:
    async def main() -> None:
        before = asyncio.all_tasks()
        server = made(Echo)
        async with serving(server) as port, AsyncClient(port, "ws/") as client:
            await client.send("hello")
            assert await client.receive() == "hello"
        # Those of the client's library end a turn after it is closed.
        for _ in range(10):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == before

    run(main)


def test_disconnect_is_called_also_when_a_handler_never_ends(run: Run) -> None:
    said: list[int] = []

    class Stuck(Consumer):
        async def receive(self, text: str) -> None:
            self.send(text)
            await asyncio.sleep(600)

        async def disconnect(self, code: int) -> None:
            said.append(code)

    async def main() -> None:
        server = Server()
        server.channel("ws/", Stuck)
        task = asyncio.ensure_future(server.serve())
        await asyncio.sleep(0)
        async with AsyncClient(server, "ws/") as client:
            await client.send("x")
            assert await client.receive() == "x"
            server.stop()
            await task

    run(main)
    assert said == [1001]
