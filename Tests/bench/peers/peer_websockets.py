"""Echo or broadcast with websockets on asyncio, as its documentation does."""

import asyncio

from websockets.asyncio.server import broadcast, serve

import peer

options = peer.parse_options()
everybody = set()


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def broadcast_to_everybody(connection):
    everybody.add(connection)
    try:
        async for message in connection:
            broadcast(everybody, message)
    finally:
        everybody.discard(connection)


async def main():
    handler = echo if options.mode == "echo" else broadcast_to_everybody
    listener = peer.listen(options)
    async with serve(handler, sock=listener, compression=None) as server:
        await server.serve_forever()


asyncio.run(main())
