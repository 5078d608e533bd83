"""For the tests of programs that use Covey: clients that a test talks through.

    from covey import Server
    from covey.testing import Client

    def test_it_echoes():
        server = Server()
        server.channel("ws/echo/", Echo)
        server.start()
        with Client(server, "ws/echo/") as client:
            client.send("hello")
            assert client.receive() == "hello"
        server.stop()
        assert server.wait(10)

With pytest, two fixtures of this package take care of beginnings and ends:

    def test_it_echoes(covey_server, covey_client):
        server = Server()
        server.channel("ws/echo/", Echo)
        client = covey_client(covey_server(server), "ws/echo/")
        client.send("hello")
        assert client.receive() == "hello"

In asyncio, the server and its clients share a loop:

    async def test_it_echoes():
        async with serving(server) as port, AsyncClient(port, "ws/echo/") as client:
            await client.send("hello")
            assert await client.receive() == "hello"

Needs the package websockets: ``pip install covey[testing]``.
"""

from .client import AsyncClient, Client, Closed, Refused
from .servers import serving, stopping

__all__ = ["AsyncClient", "Client", "Closed", "Refused", "serving", "stopping"]
