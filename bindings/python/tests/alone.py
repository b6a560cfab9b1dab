"""Talks to itself with nothing installed but the package, over loopback and without a socket."""

import asyncio

import websocket_proto
from websocket_proto.asyncio import ServerConnection, connect, serve


async def echo(ws: ServerConnection) -> None:
    async for message in ws:
        await ws.send(message)


async def main() -> None:
    async with serve(echo, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}/") as ws:
            for message in ("text", b"\x00\xff", "x" * 1_000_000):
                await ws.send(message)
                assert await ws.recv() == message


asyncio.run(main())
print("websocket-proto", websocket_proto.__version__, "works alone")
