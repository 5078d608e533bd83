"""How servers end that nobody ended well: with the program, by being forgotten, in a copy of it."""

import gc
import os
import sys
import threading
import weakref
from typing import Any

import pytest

from covey import Consumer, Server, Stopped, _callbacks
from covey.testing import Client
from programs import Ended, Program, run
from styles import Style, rewritten
from told import PATIENCE

ECHO = """
class Echo(Consumer):
    {kind} receive(self, text):
        self.send(text)

server = Server()
server.channel("ws/", Echo)
"""

both = pytest.mark.parametrize("kind", ["def", "async def"], ids=["plain", "async"])

WELL = Ended(0, "", "")


def echo(client: Client) -> None:
    client.send("hello")
    assert client.receive() == "hello"


# ------------------------------------------------------------------- the program ends first


@both
def test_a_program_may_end_while_a_server_runs_in_a_thread(kind: str) -> None:
    with Program(ECHO.format(kind=kind) + "say(server.start()); sys.stdin.readline()") as program:
        client = Client(program.port(), "ws/")
        client.connect()
        echo(client)
        program.tell("end")
        assert program.end() == WELL
        assert client.receive_close() in (1001, 1006)


@both
def test_so_it_may_while_the_server_is_busy(kind: str) -> None:
    source = ECHO.format(kind=kind) + "say(server.start()); sys.stdin.readline()"
    with Program(source) as program:
        client = Client(program.port(), "ws/")
        client.connect()
        is_over = threading.Event()

        def hurry() -> None:
            while not is_over.is_set():
                try:
                    client.send("hello")
                except ConnectionError:
                    return

        hurrying = threading.Thread(target=hurry)
        hurrying.start()
        client.receive()
        program.tell("end")
        assert program.end() == WELL
        is_over.set()
        hurrying.join()
        client.disconnect()


@pytest.mark.parametrize("end", ["sys.exit(3)", "raise SystemExit(3)", "os._exit(3)"])
def test_however_it_ends(end: str) -> None:
    assert run(ECHO.format(kind="def") + f"server.start(); {end}") == Ended(3, "", "")


def test_a_program_may_end_with_an_exception_while_a_server_runs() -> None:
    ended = run(ECHO.format(kind="async def") + "server.start(); 1 / 0")
    assert ended.code == 1
    assert ended.errors.endswith("ZeroDivisionError: division by zero\n")


@pytest.mark.parametrize("state", ["", "server.listen()", "server.listen(); server.service()"])
def test_a_program_may_end_without_closing_a_server(state: str) -> None:
    assert run(ECHO.format(kind="def") + state) == WELL


def test_a_program_may_end_within_a_handler() -> None:
    source = """
        class Ending(Consumer):
            def receive(self, text):
                os._exit(int(text))

        server = Server()
        server.channel("ws/", Ending)
        say(server.listen())
        server.run()
        """
    with Program(source) as program:
        client = Client(program.port(), "ws/")
        client.connect()
        client.send("3")
        assert program.end() == Ended(3, "", "")


# --------------------------------------------------------------------------- it is forgotten


FORGOTTEN = """
warnings.simplefilter("always")

class Echo(Consumer):
    pass

def forget():
    server = Server()
    server.channel("ws/", Echo)
    port = server.listen()
    {more}
    return port, weakref.ref(server)

port, server = forget()
gc.collect()
say(server() is None)
with Server(port) as again:
    say(again.listen() == port)
"""


@pytest.mark.parametrize(
    "more",
    [
        "pass",
        "server.service()",
        "server.itself = server",
        "server.bound = server.group_send",
        "server.channel = lambda: server",
        "server.store.begin()",
    ],
)
def test_a_server_that_is_forgotten_says_so_and_frees_its_port(more: str) -> None:
    ended = run(FORGOTTEN.format(more=more))
    assert (ended.code, ended.output) == (0, "True\nTrue\n")
    assert ended.errors.count("ResourceWarning: <covey.server.Server object at ") == 1
    assert "Traceback" not in ended.errors


def test_one_that_was_closed_goes_without_a_word() -> None:
    ended = run(FORGOTTEN.format(more="server.close()"))
    assert ended == Ended(0, "True\nTrue\n", "")


@pytest.mark.parametrize("is_run", [False, True])
def test_one_that_ended_is_collected(is_run: bool) -> None:
    def live() -> "weakref.ref[Server]":
        server = Server()

        class Knowing(Consumer):
            known = server

        server.channel("ws/", Knowing)
        if is_run:
            server.call_soon(server.stop)
            server.run()
        server.close()
        return weakref.ref(server)

    reference = live()
    gc.collect()
    assert reference() is None


def test_nothing_of_a_server_is_kept(style: Style) -> None:
    known = len(_callbacks.registered)
    server = Server()
    server.channel("ws/", rewritten(lambda connection, message: None, style))
    server.call_later(PATIENCE * 100, print)
    server.start()
    with Client(server, "ws/"):
        assert len(_callbacks.registered) > known
        server.close()
    assert len(_callbacks.registered) == known


def test_a_server_that_cannot_be_made_leaves_nothing() -> None:
    known = len(_callbacks.registered)
    for options in [{"no_such_option": 1}, {"json_depth_max": 65}, {"message_bytes_max": -1}]:
        with pytest.raises((TypeError, ValueError)):
            Server(**options)  # type: ignore[arg-type]
    gc.collect()
    assert len(_callbacks.registered) == known


# ---------------------------------------------------------------------------- it is closed


def test_it_may_be_closed_twice() -> None:
    server = Server()
    server.close()
    server.close()
    with Server() as server:
        server.close()
    assert not server.is_alive


@pytest.mark.parametrize(
    "use",
    [
        lambda server: server.channel("ws/", Consumer),
        lambda server: server.directory("/", "."),
        lambda server: server.file("", __file__),
        lambda server: server.group_send("all", {"type": "x"}),
        lambda server: server.group_broadcast("all", "x"),
        lambda server: server.group_count("all"),
        lambda server: server.group_members("all"),
        lambda server: server.system_send("system", "x"),
        lambda server: server.call_soon(print),
        lambda server: server.call_later(0, print),
        lambda server: server.listen(),
        lambda server: server.run(),
        lambda server: server.start(),
        lambda server: server.drain(),
        lambda server: server.fileno(),
        lambda server: server.timeout(),
        lambda server: server.service(),
        lambda server: server.handle,
        lambda server: server.store.begin(),
    ],
)
def test_nothing_can_be_done_with_a_closed_one(use: Any) -> None:
    server = Server()
    server.close()
    with pytest.raises(Stopped, match=r"^the server is closed$"):
        use(server)


def test_a_timer_of_a_closed_one_is_cancelled_without_harm() -> None:
    with Server() as server:
        scheduled = server.call_later(PATIENCE, print)
    scheduled.cancel()


def test_closing_drops_who_is_still_there() -> None:
    said = []

    class Leaving(Consumer):
        def connect(self) -> None:
            said.append("connected")

        def disconnect(self, code: int) -> None:
            said.append((code, self.path, self.server.group_count("all")))

    server = Server()
    server.channel("ws/", Leaving, group="all")
    port = server.listen()
    client = Client(port, "ws/")
    connecting = threading.Thread(target=client.connect)
    connecting.start()
    while not said:
        server.service()
    while connecting.is_alive():
        server.service()
    server.close()
    assert said == ["connected", (1001, "/ws/", 0)]
    assert client.receive_close() in (1001, 1006)


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(sys.platform != "linux", reason="where descriptors can be counted")
def test_servers_that_come_and_go_leave_no_descriptors(style: Style) -> None:
    def live(is_driven: bool) -> None:
        server = Server()
        server.channel("ws/", rewritten(lambda one, message: one.send(message), style))
        if is_driven:
            server.start()
            with Client(server, "ws/") as client:
                echo(client)
        else:
            server.listen()
        server.close()

    live(True)
    before, threads = open_descriptors(), threading.active_count()
    for number in range(100):
        live(number % 10 == 0)
    assert (open_descriptors(), threading.active_count()) == (before, threads)


# --------------------------------------------------------------------------- copies of it


FORK = """
say(server.start())
sys.stdin.readline()
child = os.fork()
if child == 0:
    for use in [
        lambda: server.group_send("all", {{"type": "x"}}),
        lambda: server.stop(),
        lambda: server.run(),
    ]:
        try:
            use()
        except Stopped as error:
            say(error)
    server.close()
    say(server.is_alive)
    {more}
    {end}
_, status = os.waitpid(child, 0)
say("child ended with", os.waitstatus_to_exitcode(status))
sys.stdin.readline()
server.stop()
say(server.wait(60))
"""

IN_THE_CHILD = ["the server was made in another process"] * 3 + ["False"]


def fork(kind: str, end: str, more: str = "pass", after: tuple[str, ...] = ()) -> None:
    with Program(ECHO.format(kind=kind) + FORK.format(end=end, more=more)) as program:
        with Client(program.port(), "ws/") as client:
            echo(client)
            program.tell("fork")
            said = [*IN_THE_CHILD, *after, "child ended with 0"]
            assert [program.line() for _ in said] == said
            echo(client)
            program.tell("end")
            assert client.receive_close() == 1001
        ended = program.end()
        assert (ended.code, ended.output) == (0, "True\n")
        assert "Traceback" not in ended.errors


@both
@pytest.mark.parametrize("end", ["sys.exit()", "os._exit(0)"])
def test_a_child_has_no_server_and_the_parent_keeps_its(kind: str, end: str) -> None:
    fork(kind, end)


@both
def test_a_child_may_have_a_server_of_its_own(kind: str) -> None:
    more = "own = Server(); own.channel('ws/', Echo); own.start(); own.stop(); say(own.wait(60))"
    fork(kind, "sys.exit()", more, ("True",))


def test_a_child_that_forgets_its_copy_says_nothing() -> None:
    fork("def", "sys.exit()", "del server; gc.collect()")


def test_a_handler_may_fork() -> None:
    source = """
        class Forking(Consumer):
            def receive(self, text):
                child = os.fork()
                if child == 0:
                    try:
                        self.send("never")
                    except Stopped:
                        os._exit(7)
                    os._exit(1)
                self.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))

        server = Server()
        server.channel("ws/", Forking)
        say(server.listen())
        server.run()
        """
    with Program(source) as program, Client(program.port(), "ws/") as client:
        for _ in range(2):
            client.send("fork")
            assert client.receive() == "7"


def test_programs_that_are_run_by_a_handler_do_not_keep_its_connections() -> None:
    source = """
        import subprocess

        class Running(Consumer):
            def receive(self, text):
                self.child = subprocess.Popen(["sleep", "60"])
                self.close()

            def disconnect(self, code):
                self.child.kill()
                self.child.wait()
                say(code)

        server = Server()
        server.channel("ws/", Running)
        say(server.listen())
        server.run()
        """
    with Program(source) as program:
        with Client(program.port(), "ws/") as client:
            client.send("run")
            assert client.receive_close() == 1000
        assert program.line() == "1000"
