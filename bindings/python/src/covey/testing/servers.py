"""Servers that last as long as a test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from covey.errors import Stopped
from covey.server import Server

#: More than the five seconds that a server itself gives its clients to go.
STOP_SECONDS = 15.0


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[int]:
    """Has a server, with all its routes, serve in the running loop, and answers its port:

        async with serving(server) as port:
            async with AsyncClient(port, "ws/echo/") as client: ...

    At the end it is stopped, and closed. What ends it before, such as an exception of a handler
    that is none of a handler's business, is raised here.
    """
    port = server.port or server.listen()
    task = asyncio.create_task(server.serve())
    try:
        yield port
    finally:
        with suppress(Stopped):
            server.stop()
        await task


@contextmanager
def stopping(server: Server, timeout: float = STOP_SECONDS) -> Iterator[Server]:
    """Has a server, with all its routes, serve in a thread, and stops it at the end:

        with stopping(server), Client(server, "ws/echo/") as client: ...

    :raises AssertionError: It does not stop, for a handler that never returns.
    """
    server.start()
    try:
        yield server
    finally:
        with suppress(Stopped):
            server.stop()
        if not server.wait(timeout):
            raise AssertionError(f"{server!r} was asked to stop, and has not in {timeout} s")
