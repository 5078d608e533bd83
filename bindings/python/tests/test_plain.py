"""Programs whose handlers are plain, which run without asyncio; and how any program ends."""

import select
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from covey import Consumer, Server, Stopped, SystemFailure
from covey.testing import Client
from programs import Ended, Program
from told import Told

PLAIN = """
class Echo(Consumer):
    def receive(self, text):
        self.send(text)

    def disconnect(self, code):
        say(code)
"""

ASYNC = """
class Echo(Consumer):
    async def receive(self, text):
        await asyncio.sleep(0)
        self.send(text)

    async def disconnect(self, code):
        await asyncio.sleep(0)
        say(code)
"""

SERVER = """
server = Server()
server.channel("ws/", Echo)
say(server.listen())
"""

both = pytest.mark.parametrize("consumers", [PLAIN, ASYNC], ids=["plain", "async"])
signals = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)

GOOD = Ended(0, "1001\n", "")


def echo(client: Client, message: str = "hello") -> None:
    client.send(message)
    assert client.receive() == message


# --------------------------------------------------------------------------- how it ends


def check_end(number: signal.Signals, source: str, *options: str) -> None:
    """That a signal sees a program's client off, and ends it well."""
    with Program(source, *options) as program:
        with Client(program.port(), "ws/") as client:
            echo(client)
            program.signal(number)
            assert client.receive_close() == 1001
        assert program.end() == GOOD


@both
@signals
def test_a_signal_ends_a_program_at_once_and_well(consumers: str, number: signal.Signals) -> None:
    check_end(number, consumers + SERVER + "server.run()")


@both
@signals
def test_a_signal_that_comes_just_before_the_loop_waits_is_met(
    consumers: str, number: signal.Signals
) -> None:
    # One that another thread is given does not end the wait of the main thread either.
    source = f"""
def meet_it():
    sys.stdin.readline()
    signal.pthread_kill(threading.get_ident(), signal.{number.name})

threading.Thread(target=meet_it, daemon=True).start()
server.run()
"""
    with Program(consumers + SERVER + source) as program:
        with Client(program.port(), "ws/") as client:
            echo(client)
            program.tell("now")
            assert client.receive_close() == 1001
        assert program.end() == GOOD


@signals
def test_a_signal_ends_a_program_in_uvloop(number: signal.Signals) -> None:
    pytest.importorskip("uvloop")
    source = "import uvloop\nuvloop.install()\n" + ASYNC + SERVER + "server.run()"
    check_end(number, source, "-W", "ignore")


@both
@pytest.mark.parametrize("is_open", [True, False], ids=["open", "closed"])
def test_who_was_told_of_signals_still_is(consumers: str, is_open: bool) -> None:
    source = """
import socket
mine, told = socket.socketpair()
told.setblocking(False)
signal.set_wakeup_fd(told.fileno())
"""
    source += SERVER + ("server.run()\n" if is_open else "told.close(); server.run()\n")
    source += "say(*mine.recv(10), signal.set_wakeup_fd(-1) == told.fileno())"
    with Program(consumers + source) as program:
        with Client(program.port(), "ws/") as client:
            echo(client)
            program.signal(signal.SIGTERM)
            client.receive_close()
        said = f"1001\n{signal.SIGTERM:d} True\n" if is_open else "1001\nTrue\n"
        assert program.end() == Ended(0, said, "")


@both
def test_another_interrupt_ends_a_handler_that_blocks(consumers: str) -> None:
    source = """
class Echo(Echo):
    def block(self):
        say("blocks")
        time.sleep(600)

signal.signal(signal.SIGUSR1, lambda *_: say("met"))  # later than a SIGINT that is there, too
"""
    receive = "{}def receive(self, text):\n        self.block()\n"
    blocking = source.replace(
        "def block", receive.format("async " if consumers == ASYNC else "") + "    def block"
    )
    with Program(consumers + blocking + SERVER + "server.run()") as program:
        with Client(program.port(), "ws/") as client:
            client.send("block")
            assert program.line() == "blocks"
            program.signal(signal.SIGINT)
            program.signal(signal.SIGUSR1)
            assert program.line() == "met"
            program.signal(signal.SIGINT)
            client.receive_close()
        assert program.end() == GOOD


@pytest.mark.parametrize(
    ("consumers", "number"),
    # Interrupts of asyncio are its own.
    [(PLAIN, signal.SIGINT), (PLAIN, signal.SIGTERM), (ASYNC, signal.SIGTERM)],
    ids=["plain-SIGINT", "plain-SIGTERM", "async-SIGTERM"],
)
def test_a_child_that_is_forked_meanwhile_obeys_signals_as_ever(
    consumers: str, number: signal.Signals
) -> None:
    source = f"""
def fork():
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, b"!")
            time.sleep(600)
        except KeyboardInterrupt:
            os._exit(3)
        os._exit(4)
    os.read(reading, 1)
    os.kill(child, signal.{number.name})
    say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    server.stop()

server.call_soon(fork)
server.run()
"""
    ending = -number if number == signal.SIGTERM else 3
    with Program(consumers + SERVER + source, "-W", "ignore") as program:
        assert program.port() > 0
        assert program.end() == Ended(0, f"{ending}\n", "")


@both
@signals
def test_what_comes_after_run_is_reached(consumers: str, number: signal.Signals) -> None:
    with Program(consumers + SERVER + "server.run(); say(server.is_alive)") as program:
        with Client(program.port(), "ws/") as client:
            echo(client)
            program.signal(number)
            client.receive_close()
        assert program.end() == Ended(0, "1001\nFalse\n", "")


def test_handlers_that_wait_do_not_hold_up_the_end() -> None:
    source = """
        class Waiting(Consumer):
            async def receive(self, text):
                self.send("waiting")
                try:
                    await asyncio.Event().wait()
                finally:
                    say("cancelled")

            async def disconnect(self, code):
                say(code)

        server = Server()
        server.channel("ws/", Waiting)
        say(server.listen())
        server.run()
        """
    with Program(source) as program:
        with Client(program.port(), "ws/") as client:
            client.send("wait")
            assert client.receive() == "waiting"
            program.signal(signal.SIGINT)
            assert client.receive_close() == 1001
        assert program.end() == Ended(0, "cancelled\n1001\n", "")


@both
def test_a_handler_of_the_programs_own_for_sigterm_is_left_alone(consumers: str) -> None:
    own = "signal.signal(signal.SIGTERM, lambda *_: say('mine'))\n"
    with Program(consumers + own + SERVER + "server.run()") as program:
        with Client(program.port(), "ws/") as client:
            echo(client)
            program.signal(signal.SIGTERM)
            assert program.line() == "mine"
            echo(client, "still here")
            program.signal(signal.SIGINT)
            client.receive_close()
        assert program.end() == GOOD


@both
def test_a_handler_of_the_programs_own_may_stop_it(consumers: str) -> None:
    own = "signal.signal(signal.SIGUSR1, lambda *_: server.stop(1012))\n"
    with Program(consumers + own + SERVER + "server.run()") as program:
        with Client(program.port(), "ws/") as client:
            echo(client)
            program.signal(signal.SIGUSR1)
            assert client.receive_close() == 1012
        assert program.end() == Ended(0, "1012\n", "")


@both
def test_with_a_drain_sigterm_sees_clients_off(consumers: str) -> None:
    with Program(consumers + SERVER + "server.run(drain_seconds=0.2)") as program:
        with Client(program.port(), "ws/") as client:
            echo(client)
            program.signal(signal.SIGTERM)
            assert client.receive_close() == 1012
        assert program.end() == Ended(0, "1012\n", "")


@both
def test_a_drain_that_nobody_is_there_for_is_over_at_once(consumers: str) -> None:
    with Program(consumers + SERVER + "server.run(drain_seconds=4_000_000)") as program:
        with Client(program.port(), "ws/") as client:
            echo(client)
        assert program.line() == "1000"
        program.signal(signal.SIGTERM)
        assert program.end() == Ended(0, "", "")


@both
@signals
def test_another_signal_ends_a_drain(consumers: str, number: signal.Signals) -> None:
    drained = "server.on_drain(lambda *told: say(*told))\n"
    with Program(consumers + SERVER + drained + "server.run(drain_seconds=4_000_000)") as program:
        with Client(program.port(), "ws/") as client:
            echo(client)
            program.signal(signal.SIGTERM)
            assert program.line() == "1 1"
            program.signal(number)
            assert client.receive_close() == 1001
        ended = program.end()
    assert (ended.code, ended.errors) == (0, "")
    assert "1001" in ended.output.splitlines()


def test_another_signal_cancels_handlers_that_a_drain_waits_for() -> None:
    source = """
        class Waiting(Consumer):
            async def receive(self, text):
                self.send("waiting")
                try:
                    await asyncio.Event().wait()
                finally:
                    say("cancelled")

        server = Server()
        server.channel("ws/", Waiting)
        server.on_drain(lambda *told: say(*told))
        say(server.listen())
        server.run(drain_seconds=0.001)
        """
    with Program(source) as program:
        with Client(program.port(), "ws/") as client:
            client.send("wait")
            assert client.receive() == "waiting"
            program.signal(signal.SIGTERM)
            assert client.receive_close() == 1012
        while program.line() != "0 1":
            pass
        program.signal(signal.SIGTERM)
        assert program.end() == Ended(0, "cancelled\n", "")


@pytest.mark.parametrize("seconds", [-1, 2**32 / 1000])
def test_a_drain_has_a_length_that_can_be(seconds: float) -> None:
    with Server() as server, pytest.raises(ValueError, match="delay"):
        server.run(drain_seconds=seconds)


ENDING = """
class Echo(Echo):
    {kind} receive(self, text):
        {wait}
        {end}
"""


@pytest.mark.parametrize(
    ("kind", "wait"),
    [("def", "pass"), ("async def", "pass"), ("async def", "await asyncio.sleep(0)")],
)
@pytest.mark.parametrize(
    ("end", "code"), [("raise KeyboardInterrupt", 0), ("raise SystemExit(3)", 3), ("sys.exit()", 0)]
)
def test_what_is_raised_to_end_the_program_ends_it(
    kind: str, wait: str, end: str, code: int
) -> None:
    source = PLAIN + ENDING.format(kind=kind, wait=wait, end=end) + SERVER
    with Program(source + "server.run()") as program:
        with Client(program.port(), "ws/") as client:
            client.send("end")
            assert client.receive_close() == 1001
        ended = program.end()
        assert (ended.code, ended.output) == (code, "1001\n")
        # Of tasks that begin at once asyncio says besides that nobody has seen their exception.
        if (kind, wait) == ("def", "pass"):
            assert ended.errors == ""


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_timer_may_end_the_program_too(kind: str) -> None:
    source = f"""
        {kind} end():
            raise SystemExit(3)

        server.call_later(0, end)
        server.run()
        """
    consumers = ASYNC if kind == "async def" else PLAIN
    with Program(
        consumers + SERVER + "\n".join(line[8:] for line in source.split("\n"))
    ) as program:
        program.port()
        ended = program.end()
        assert (ended.code, ended.output) == (3, "")


def test_a_program_ends_with_the_last_handler_that_says_so() -> None:
    source = """
        class Closing(Consumer):
            def receive(self, text):
                self.send("bye")
                self.server.stop(4321)

            def disconnect(self, code):
                say(code)

        server = Server()
        server.channel("ws/", Closing)
        say(server.listen())
        server.run()
        """
    with Program(source) as program:
        with Client(program.port(), "ws/") as client:
            client.send("stop")
            assert client.receive() == "bye"
            assert client.receive_close() == 4321
        assert program.end() == Ended(0, "4321\n", "")


def test_a_handler_that_raises_says_so_and_the_program_goes_on() -> None:
    source = """
        class Fragile(Consumer):
            def receive(self, text):
                self.send(str(1 / int(text)))

        server = Server()
        server.channel("ws/", Fragile)
        say(server.listen())
        server.run()
        """
    with Program(source) as program:
        port = program.port()
        with Client(port, "ws/") as client:
            client.send("0")
            assert client.receive_close() == 1011
        with Client(port, "ws/") as client:
            client.send("1")
            assert client.receive() == "1.0"
        program.signal(signal.SIGTERM)
        ended = program.end()
        assert ended.code == 0
        assert "a handler raised\nTraceback (most recent call last):\n" in ended.errors
        assert ended.errors.endswith("ZeroDivisionError: division by zero\n")


# ------------------------------------------------------------------- on which thread, how


def test_handlers_run_on_the_thread_of_run_and_need_no_asyncio() -> None:
    source = """
        def describe():
            try:
                asyncio.get_running_loop()
                loop = "a loop"
            except RuntimeError:
                loop = "no loop"
            return [threading.current_thread() is threading.main_thread(), loop]

        class Asking(Consumer):
            def __init__(self):
                self.found = describe()

            def connect(self):
                self.found += describe()

            def receive(self, text):
                self.send_json(self.found + describe())
                self.group_send(self.channel_name, {"type": "ask"})

            @event("ask")
            def ask(self, event):
                self.send_json(describe())
                self.server.call_soon(lambda: self.send_json(describe()))

            def disconnect(self, code):
                say(*describe(), threading.active_count())

        server = Server()
        server.channel("ws/", Asking)
        say(server.listen())
        server.run()
        """
    with Program(source) as program:
        with Client(program.port(), "ws/") as client:
            client.send("?")
            assert client.receive_json() == [True, "no loop"] * 3
            assert client.receive_json() == [True, "no loop"]
            assert client.receive_json() == [True, "no loop"]
        assert program.line() == "True no loop 1"
        program.signal(signal.SIGTERM)
        assert program.end() == Ended(0, "", "")


def test_an_async_handler_where_nothing_is_async_is_an_error_that_says_so() -> None:
    source = """
        class Surprising(Consumer):
            pass

        async def hidden(self, text): ...
        Surprising.receive = lambda self, text: hidden(self, text)

        server = Server()
        server.channel("ws/", Surprising)
        say(server.listen())
        server.run()
        """
    with Program(source) as program:
        with Client(program.port(), "ws/") as client:
            client.send("?")
            assert client.receive_close() == 1011
        program.signal(signal.SIGTERM)
        ended = program.end()
        assert ended.code == 0
        assert "an async handler needs a server that runs in asyncio" in ended.errors


class Echo(Consumer):
    def receive(self, text: str) -> None:
        self.send(text)


@pytest.fixture
def server() -> Any:
    with Server() as server:
        server.channel("ws/", Echo)
        yield server


def test_run_listens_by_itself_and_returns_when_it_is_stopped(server: Server) -> None:
    server.call_soon(server.stop)
    assert server.port == 0
    server.run()
    assert server.port != 0
    assert not server.is_alive


def test_one_that_is_stopped_before_it_runs_returns_at_once(server: Server) -> None:
    server.listen()
    server.stop()
    server.run()
    assert not server.is_alive


def test_a_server_runs_once(server: Server) -> None:
    server.call_soon(server.stop)
    server.run()
    with pytest.raises(Stopped, match="the server is closed"):
        server.run()


@pytest.mark.parametrize("own", [signal.SIG_DFL, signal.SIG_IGN, lambda *_: None], ids=str)
def test_what_is_done_on_sigterm_is_as_before_when_run_returns(server: Server, own: Any) -> None:
    before = signal.signal(signal.SIGTERM, own)
    try:
        server.call_soon(server.stop)
        server.run()
        assert signal.getsignal(signal.SIGTERM) == own
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_port_that_is_taken_is_a_system_failure(server: Server) -> None:
    other = Server(port=server.listen())
    with pytest.raises(SystemFailure, match="in use"):
        other.run()
    assert not other.is_alive


def test_any_loop_may_drive_it(server: Server, told: Told) -> None:
    port = server.listen()

    def talk() -> None:
        with Client(port, "ws/") as client:
            echo(client)
        told.say("talked")
        server.stop()

    talking = threading.Thread(target=talk)
    talking.start()
    poller = select.poll()
    poller.register(server.fileno(), select.POLLIN)
    while server.service():
        poller.poll(server.timeout())
    talking.join()
    assert told.next() == "talked"


def test_a_stop_from_another_thread_wakes_a_server_that_sleeps(server: Server) -> None:
    server.listen()
    stopping = threading.Timer(0.05, server.stop)
    stopping.start()
    server.run()
    stopping.join()


def test_messages_from_another_thread_wake_a_server_that_sleeps(
    server: Server, covey_server: Callable[[Server], Server]
) -> None:
    other = Server()
    other.channel("ws/", Echo, group="all")
    with Client(covey_server(other), "ws/") as client:
        for number in range(3):
            assert client.receive_nothing(0.02)
            other.group_broadcast("all", str(number))
            assert client.receive() == str(number)
