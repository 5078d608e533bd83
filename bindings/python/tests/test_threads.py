"""Servers in a thread of their own, and other threads that use them."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from covey import Busy, Consumer, Full, InvalidArgument, Server, Stopped, WrongThread, event
from covey.testing import Client, Closed
from styles import Style, rewritten
from told import PATIENCE, Told

Serve = Callable[..., Server]
Start = Callable[[Server], Server]
Connect = Callable[..., Client]


class Echo(Consumer):
    groups = ("all",)

    def receive(self, text: str) -> None:
        self.send(text)

    @event("note")
    def note(self, event: dict[str, Any]) -> None:
        self.send(event["text"])


def made(style: Style, **options: Any) -> Server:
    """A server that was not started, whose handlers make it run in that style."""
    server = Server(**options)
    server.channel("ws/", Echo)
    server.channel("styled/", rewritten(lambda connection, message: None, style))
    return server


def echo(client: Client, message: str = "hello") -> None:
    client.send(message)
    assert client.receive() == message


# ------------------------------------------------------------------------- start and stop


def test_a_server_starts_and_stops(style: Style) -> None:
    server = made(style)
    port = server.start()
    assert port == server.port != 0
    with Client(port, "ws/") as client:
        echo(client)
        assert not server.wait(0)
        server.stop()
        assert client.receive_close() == 1001
    assert server.wait(PATIENCE)
    assert not server.is_alive


def test_it_may_listen_before_it_starts(style: Style) -> None:
    server = made(style)
    port = server.listen()
    assert server.start() == port
    server.stop()
    assert server.wait(PATIENCE)


def test_it_may_be_stopped_at_once_and_twice(style: Style) -> None:
    server = made(style)
    server.start()
    server.stop()
    with suppress(Stopped):  # it may have closed by now
        server.stop()
    assert server.wait(PATIENCE)


def test_one_that_was_not_started_cannot_be_waited_for() -> None:
    with Server() as server, pytest.raises(InvalidArgument, match="the server was not started"):
        server.wait()


def test_closing_stops_it_and_waits(style: Style) -> None:
    server = made(style)
    server.start()
    with Client(server, "ws/") as client:
        echo(client)
        server.close()
        assert not server.is_alive
        assert client.receive_close() == 1001
    server.close()


def test_so_does_with(style: Style) -> None:
    with made(style) as server:
        server.start()
        with Client(server, "ws/") as client:
            echo(client)
    assert not server.is_alive
    assert server.wait(0)


def test_its_thread_has_a_name_and_does_not_keep_the_program(covey_server: Start) -> None:
    server = covey_server(made(Style.PLAIN))
    (thread,) = (one for one in threading.enumerate() if one.name == f"covey:{server.port}")
    assert thread.daemon


def test_many_run_side_by_side(covey_server: Start, covey_client: Connect, style: Style) -> None:
    servers = [covey_server(made(style)) for _ in range(5)]
    clients = [covey_client(server, "ws/") for server in servers]
    for number, server in enumerate(servers):
        server.group_broadcast("all", str(number))
    assert [client.receive() for client in clients] == ["0", "1", "2", "3", "4"]


# --------------------------------------------------------------------------- whose thread


def test_functions_of_the_loop_are_refused_elsewhere(
    covey_server: Start, covey_client: Connect, told: Told, style: Style
) -> None:
    class Seen(Consumer):
        def connect(self) -> None:
            told.say(self)

    server = Server()
    server.channel("ws/", Seen)
    server.channel("styled/", rewritten(lambda connection, message: None, style))
    covey_client(covey_server(server), "ws/")
    consumer = told.next()
    for call in [
        lambda: server.group_count("all"),
        lambda: server.group_members("all"),
        lambda: server.listen(),
        lambda: server.fileno(),
        lambda: server.timeout(),
        lambda: consumer.path,
        lambda: consumer.headers.get("host"),
        lambda: consumer.channel_name,
    ]:
        with pytest.raises(WrongThread):
            call()


def test_nobody_else_may_drive_it(covey_server: Start, covey_client: Connect, style: Style) -> None:
    server = covey_server(made(style))
    client = covey_client(server, "ws/")
    echo(client)
    for drive in [server.run, server.start, server.service, lambda: asyncio.run(server.serve())]:
        with pytest.raises(Busy):
            drive()
        echo(client)


def test_nobody_else_may_close_what_runs(told: Told) -> None:
    server = made(Style.PLAIN)

    def close() -> None:
        try:
            server.close()
        except Busy as error:
            told.say(error)
        server.stop()

    server.call_soon(threading.Thread(target=close).start)
    server.run()
    assert isinstance(told.next(), Busy)


def test_a_handler_may_not_drive_or_end_it(serve: Serve, covey_client: Connect, told: Told) -> None:
    class Mistaken(Consumer):
        def receive(self, text: str) -> None:
            for call in [self.server.service, self.server.close]:
                try:
                    call()
                except Exception as error:
                    told.say(error)
            self.send("still here")

    client = covey_client(serve(Mistaken), "ws/")
    client.send("go")
    assert client.receive() == "still here"
    first, second = told.next(), told.next()
    assert isinstance(first, Busy)
    assert isinstance(second, Busy)


# --------------------------------------------------------------------------- timers, tasks


def test_call_soon_runs_a_function_on_the_thread_of_the_server(
    covey_server: Start, style: Style, told: Told
) -> None:
    server = covey_server(made(style))

    def describe(*arguments: Any) -> None:
        told.say((threading.current_thread().name, arguments))

    server.call_soon(rewritten(describe, style), 1, "two")
    assert told.next() == (f"covey:{server.port}", (1, "two"))


def test_functions_that_are_called_soon_run_in_their_order(
    covey_server: Start, style: Style, told: Told
) -> None:
    server = covey_server(made(style))
    for number in range(100):
        server.call_soon(rewritten(told.say, style), number)
    assert [told.next() for _ in range(100)] == list(range(100))


def test_what_is_called_soon_before_it_starts_runs_when_it_does(
    covey_server: Start, style: Style, told: Told
) -> None:
    server = made(style)
    server.call_soon(rewritten(told.say, style), "soon")
    server.call_later(0, rewritten(told.say, style), "later")
    covey_server(server)
    assert sorted([told.next(), told.next()]) == ["later", "soon"]


def test_call_later_runs_a_function_no_sooner(
    covey_server: Start, style: Style, told: Told
) -> None:
    server = covey_server(made(style))
    begun = time.monotonic()
    server.call_later(0.05, rewritten(lambda: told.say(time.monotonic()), style))
    assert told.next() - begun >= 0.049


def test_every_runs_it_again_and_again_until_it_is_cancelled(
    covey_server: Start, style: Style, told: Told
) -> None:
    server = covey_server(made(style))
    repeated = server.call_later(0, rewritten(lambda: told.say("again"), style), every=0.005)
    assert [told.next() for _ in range(5)] == ["again"] * 5

    def cancel() -> None:
        repeated.cancel()
        told.say("cancelled")

    server.call_soon(cancel)
    while told.next() != "cancelled":
        pass
    waited = threading.Event()
    server.call_later(0.03, waited.set)
    assert waited.wait(PATIENCE)
    told.say("nothing else")
    assert told.next() == "nothing else"


def test_one_that_is_cancelled_does_not_run(covey_server: Start, style: Style, told: Told) -> None:
    server = covey_server(made(style))

    def schedule() -> None:
        one = server.call_soon(told.say, "soon")
        other = server.call_later(0, told.say, "later")
        one.cancel()
        other.cancel()
        one.cancel()  # a second time is no error

    server.call_soon(schedule)
    server.call_later(0.02, told.say, "last")
    assert told.next() == "last"


def test_cancelling_what_ran_is_no_error(covey_server: Start, told: Told, style: Style) -> None:
    server = covey_server(made(style))
    scheduled = server.call_soon(told.say, "soon")
    assert told.next() == "soon"
    scheduled.cancel()


def test_cancelling_from_another_thread_keeps_it_from_running(
    covey_server: Start, told: Told, style: Style
) -> None:
    server = covey_server(made(style))
    server.call_later(PATIENCE * 10, told.say, "never").cancel()
    server.call_soon(told.say, "soon")
    assert told.next() == "soon"


def test_a_scheduled_function_that_raises_is_logged_and_the_server_goes_on(
    covey_server: Start, told: Told, style: Style, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ValueError("boom")

    server = covey_server(made(style))
    repeated = server.call_later(0, rewritten(fail, style), every=0.001)
    server.call_later(0.02, told.say, "still here")
    assert told.next() == "still here"
    repeated.cancel()
    assert "a scheduled function raised" in caplog.text
    assert "ValueError: boom" in caplog.text


@pytest.mark.parametrize("seconds", [-1, 2**32])
def test_a_delay_that_cannot_be_is_refused(seconds: float) -> None:
    with Server() as server:
        with pytest.raises(InvalidArgument):
            server.call_later(seconds, print)
        with pytest.raises(InvalidArgument):
            server.call_later(0, print, every=seconds)


def test_an_async_function_may_be_scheduled_where_handlers_are_async_alone(
    covey_server: Start, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    async def wait() -> None:
        await asyncio.sleep(0)
        told.say("waited")

    server = covey_server(made(Style.ASYNC))
    server.call_soon(wait)
    assert told.next() == "waited"
    plain = covey_server(made(Style.PLAIN))
    plain.call_soon(wait)
    plain.call_soon(told.say, "still here")
    assert told.next() == "still here"
    assert "an async handler needs a server that runs in asyncio" in caplog.text


def test_nothing_is_scheduled_on_a_closed_server() -> None:
    server = Server()
    server.close()
    for schedule in [lambda: server.call_soon(print), lambda: server.call_later(0, print)]:
        with pytest.raises(Stopped):
            schedule()


# ----------------------------------------------------------------------------------- crowds


def together(*functions: Callable[[], None]) -> None:
    """Runs each in a thread, and raises what any of them raised."""
    raised: list[BaseException] = []

    def run(function: Callable[[], None]) -> None:
        try:
            function()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def test_threads_send_while_clients_come_and_go(covey_server: Start, style: Style) -> None:
    server = covey_server(made(style))
    is_over = threading.Event()

    def come_and_go() -> None:
        try:
            for _ in range(10):
                with Client(server, "ws/", timeout=PATIENCE) as client:
                    client.send("mine")
                    while client.receive() != "mine":
                        pass
        finally:
            is_over.set()

    def send() -> None:
        while not is_over.is_set():
            for _ in range(10):
                server.group_send("all", {"type": "note", "text": "event"})
                server.group_broadcast("all", "broadcast")
            arrived = threading.Event()  # what waits for the server is limited
            server.call_soon(arrived.set)
            assert arrived.wait(PATIENCE)

    together(*[come_and_go] * 4, *[send] * 4)


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("hasty")
def test_threads_use_a_server_while_it_stops(style: Style) -> None:
    for _ in range(30):
        server = made(style)
        server.start()
        stopped = threading.Barrier(5)

        def use(server: Server = server, stopped: threading.Barrier = stopped) -> None:
            stopped.wait()
            with suppress(Stopped):
                while True:
                    with suppress(Full):
                        server.group_send("all", {"type": "note", "text": "event"})
                        server.group_broadcast("all", "broadcast")
                        server.call_later(0.001, print).cancel()

        def stop(server: Server = server, stopped: threading.Barrier = stopped) -> None:
            stopped.wait()
            server.stop()
            assert server.wait(PATIENCE)

        together(*[use] * 4, stop)
        assert not server.is_alive


def test_servers_start_and_stop_in_many_threads(style: Style) -> None:
    def live() -> None:
        for _ in range(5):
            server = made(style)
            server.start()
            client = Client(server, "ws/", timeout=PATIENCE)
            assert client.connect() == (True, None)
            echo(client)
            server.close()
            with pytest.raises(Closed):
                client.receive()

    together(*[live] * 6)
