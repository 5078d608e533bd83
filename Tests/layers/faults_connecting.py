"""Whatever is there in Redis' place, or is not, the server serves on and says so.

    faults_connecting.py [NAME...]

Each test is a function `test_...` here. FAULTS_NODE is the program, FAULTS_UNDER what it runs
under, such as valgrind.
"""

import asyncio
import contextlib
import itertools
import os
import shlex
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

from faults_nodes import PROGRAM, Node, milliseconds
from faults_redis import Redis, free_port

UNDER = shlex.split(os.environ.get("FAULTS_UNDER", ""))
#: What is waited for takes so much longer there.
FACTOR = 20 if UNDER else 1


async def until(what: str, holds: Callable[[], bool], seconds: float = 10) -> int:
    """Answers how long it took, in milliseconds."""
    began = milliseconds()
    while not holds():
        took = milliseconds() - began
        assert took < seconds * FACTOR * 1_000, f"not within {seconds * FACTOR} s: {what}"
        await asyncio.sleep(0.005)
    return milliseconds() - began


@contextlib.asynccontextmanager
async def node(
    url: str, answer_ms: int = 500, groups: int = 2, under: Sequence[str] = UNDER
) -> AsyncIterator[Node]:
    made = Node(url, groups, 10 * FACTOR, answer_ms * FACTOR, under)
    await made.start()
    try:
        yield made
        assert await made.stop() == 0, "it ended with an error"
    finally:
        if made.process.returncode is None:
            made.process.kill()
            await made.end()


def connected(made: Node) -> Callable[[], bool]:
    return lambda: made.is_connected


def has_said(made: Node, count: int = 0) -> Callable[[], bool]:
    """Whether it was told more often than that whether it is connected."""
    return lambda: len(made.states) > count


def has_descriptors(made: Node, count: int) -> Callable[[], bool]:
    return lambda: made.descriptors() == count


def hears_itself(made: Node) -> Callable[[], bool]:
    began = milliseconds()

    def hears() -> bool:
        return all(
            (heard := made.heard.get((group, made.sender))) and heard[-1][1] > began
            for group in range(made.groups)
        )

    return hears


async def refused(url: str, *reasons: str) -> None:
    """Says why it is not connected, again only when that has changed, and serves its own; ends at
    once."""
    async with node(url) as made:
        await until("it is said why", lambda: len(made.states) > 0)
        await until("members here are served", hears_itself(made))
        await asyncio.sleep(0)
        texts = [reason for _, _, reason in made.states]
        assert all(any(known in text for known in reasons) for text in texts), texts
        is_news = all(text != before for before, text in itertools.pairwise(texts))
        assert is_news, f"told again and again: {texts}"


async def test_nobody_listens() -> None:
    port = free_port()
    url = f"redis://127.0.0.1:{port}"
    async with node(url) as made:
        await until("it is said why", lambda: len(made.states) > 0)
        await until("members here are served", hears_itself(made))
        async with Redis(port=port) as redis:
            took = await until("it is connected", lambda: made.is_connected)
            print(f"  connected {took} ms after Redis appeared")
            assert [state[1] for state in made.states] == [False, True], made.states
            assert "refused" in made.states[0][2]
            redis.kill()
            await until("the loss is told", lambda: not made.is_connected)


async def test_host_that_does_not_resolve() -> None:
    await refused("redis://covey.invalid:6379", "host is not found")


async def test_socket_that_is_not_there() -> None:
    with tempfile.TemporaryDirectory() as folder:
        await refused(f"redis+unix://{folder}/none.sock", "No such file")


async def test_socket_of_the_file_system() -> None:
    async with Redis() as redis, node(f"redis+unix://{redis.socket_path}") as made:
        await until("it is connected", lambda: made.is_connected)
        redis.kill()
        await until("the loss is told", lambda: not made.is_connected)
        await redis.start()
        await until("it is connected again", lambda: made.is_connected)


async def test_wrong_password() -> None:
    async with Redis("--requirepass", "right") as redis:
        await refused(f"redis://:wrong@127.0.0.1:{redis.port}", "WRONGPASS", "invalid password")
        await refused(f"redis://127.0.0.1:{redis.port}", "NOAUTH")
        async with node(f"redis://:right@127.0.0.1:{redis.port}") as made:
            await until("it is connected", lambda: made.is_connected)


@contextlib.asynccontextmanager
async def impostor(said: bytes, is_closed: bool, is_late: bool = False) -> AsyncIterator[str]:
    """Somebody in Redis' place: says this at once, or when it is spoken to."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            if is_late:
                await reader.read(1)
            writer.write(said)
            if not is_closed:
                await reader.read()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.close()


async def test_one_that_says_nothing() -> None:
    async with impostor(b"", False) as url:
        await refused(url, "no connection within")


async def test_one_that_closes_at_once() -> None:
    async with impostor(b"", True) as url:
        await refused(url, "closed", "reset", "pipe")


async def test_one_that_speaks_nonsense() -> None:
    for said in [
        *(b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0\0\0", b"+PONG\r\n" * 3, b"+PONG\r\n" * 50),
        *(b":1\r\n" * 9, b"*0\r\n" * 9, b"*-1\r\n" * 9, b"$-1\r\n" * 9, b"$0\r\n\r\n" * 9),
        *(b"*1\r\n:1\r\n" * 9, b"*2\r\n:1\r\n:2\r\n" * 9, b"*1000000000\r\n", b"*1\r\n" * 40),
        *(b"$2000000000\r\nx", b"-ERR no\r\n" * 9, b"+PONG\r\n+" + b"x" * 100_000),
        *(b"*3\r\n$11\r\nunsubscribe\r\n$1\r\nx\r\n$1\r\nx\r\n" * 5, b"$-9\r\n", b":x\r\n"),
    ]:
        for is_closed in (False, True):
            for is_late in (False, True):
                async with impostor(said, is_closed, is_late) as url, node(url) as made:
                    # What makes no sense is given up; what seems to is taken while it does.
                    what = f"members are served, {said[:40]!r} {is_closed} {is_late}"
                    await until(what, hears_itself(made))
                    if is_closed:
                        what = f"it is said why, {said[:40]!r} {is_late}"
                        await until(what, has_said(made))


async def test_many_connections() -> None:
    """Descriptors and memory stay what they were."""
    async with Redis() as redis:
        for scheme in ("redis", "redis+django", "redis+django-pubsub"):
            async with node(f"{scheme}://127.0.0.1:{redis.port}", 100) as made:

                async def again(times: int, made: Node = made) -> None:
                    for _ in range(times):
                        await until("it is connected", lambda: made.is_connected)
                        count = len(made.states)
                        # At once, or it might be back between the two.
                        await redis.do("CLIENT KILL TYPE normal\r\nCLIENT KILL TYPE pubsub")
                        await until("it is lost", has_said(made, count))
                    await until("it is connected", lambda: made.is_connected)

                await again(20)
                descriptors, resident = made.descriptors(), made.resident()
                began = milliseconds()
                await again(int(os.environ.get("FAULTS_TIMES", "60")))
                grown = made.resident() - resident
                print(
                    f"  {scheme}: {made.descriptors()} descriptors, {resident} KiB and "
                    f"{grown} more, in {milliseconds() - began} ms"
                )
                what = f"there are {descriptors} descriptors again"
                await until(what, has_descriptors(made, descriptors))
                assert grown < 4_096 * FACTOR


async def run(*arguments: str) -> list[str]:
    process = await asyncio.create_subprocess_exec(
        *UNDER, PROGRAM, *arguments, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, f"{arguments}: {process.returncode}"
    return said.decode().splitlines()


async def test_server_freed_at_every_stage() -> None:
    count = "16"
    async with Redis() as redis:
        for scheme in ("redis", "redis+django", "redis+django-pubsub"):
            await run(f"{scheme}://127.0.0.1:{redis.port}", "turns", count)
            await run(f"{scheme}://localhost:{redis.port}", "turns", count)
        await run(f"redis+unix://{redis.socket_path}", "turns", count)
        for nap in (0, 1, 3, 30):
            await run(f"redis://localhost:{redis.port}", "nap", str(nap), "10")
    await run(f"redis://127.0.0.1:{free_port()}", "turns", count)
    for said in (b"", b"+PONG\r\n+PONG\r\n", b"x"):
        for is_closed in (False, True):
            async with impostor(said, is_closed) as url:
                await run(url, "turns", count)


@contextlib.contextmanager
def silent_names() -> Iterator[list[str]]:
    """What to run a program under, for which a name server never answers."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        # Another run may have one as well.
        address = f"127.66.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
        server.bind((address, 53))
        names = Path(folder) / "resolv.conf"
        names.write_text(f"nameserver {address}\n")
        inside = f'mount --bind {names} /etc/resolv.conf && exec "$@"'
        yield ["unshare", "--mount", "sh", "-c", inside, "sh", *UNDER]


async def test_server_freed_while_nobody_answers_for_its_host() -> None:
    """It is not waited for, though a system takes ten seconds to give up."""
    if os.geteuid() != 0:
        return print("  needs root, for a name server of its own")
    with silent_names() as under:
        began = milliseconds()
        command = [*under, PROGRAM, "redis://slow.test", "nap", "50", "4"]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
        assert await process.wait() == 0
        assert milliseconds() - began < 4_000 * FACTOR, "it was waited for"


async def test_host_that_nobody_answers_for() -> None:
    """It is told in time, and attempts do not heap up look-ups, each of which has a thread."""
    if os.geteuid() != 0:
        return print("  needs root, for a name server of its own")
    with silent_names() as under:
        url = "redis://slow.test"
        async with node(url, answer_ms=100, under=under) as made:
            await until("it is said why", has_said(made))
            assert "no connection within" in made.states[0][2], made.states
            threads = len(os.listdir(f"/proc/{made.process.pid}/task"))
            # Time for several more attempts.
            await asyncio.sleep(1.5)
            assert len(os.listdir(f"/proc/{made.process.pid}/task")) <= threads
            await until("members here are served", hears_itself(made))


async def test_server_stopped_while_redis_restarts() -> None:
    async with Redis() as redis:
        for pause in (0, 0.01, 0.1):
            async with node(f"redis+django://127.0.0.1:{redis.port}") as made:
                await until("it is connected", connected(made))
                redis.kill()
                starting = asyncio.create_task(redis.start())
                await asyncio.sleep(pause)
            await starting


async def main() -> int:
    failed = 0
    names = sys.argv[1:]
    for name, test in list(globals().items()):
        if not name.startswith("test_") or (names and not any(word in name for word in names)):
            continue
        began = milliseconds()
        try:
            await test()
            print(f"{name}: passed in {milliseconds() - began} ms", flush=True)
        except AssertionError as error:
            failed += 1
            print(f"{name}: FAILED: {error}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    Path("build/tests/layers").mkdir(parents=True, exist_ok=True)
    sys.exit(asyncio.run(main()))
