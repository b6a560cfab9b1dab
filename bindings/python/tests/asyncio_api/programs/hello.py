"""The first program of everybody, and what goes wrong in it."""

import asyncio

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import InvalidHandshake, InvalidURI


async def hello(websocket):
    name = await websocket.recv()
    print(f"<<< {name}")
    greeting = f"Hello {name}!"
    await websocket.send(greeting)
    print(f">>> {greeting}")


async def web_page(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    writer.close()


async def main():
    async with serve(hello, "localhost", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://localhost:{port}") as websocket:
            await websocket.send("Jane")
            print(await websocket.recv())
        for mistake in ("http//localhost", "ws://localhost/#top"):
            try:
                async with connect(mistake):
                    pass
            except InvalidURI:
                print("invalid URI")

    other = await asyncio.start_server(web_page, "localhost", 0)
    try:
        await connect(f"ws://localhost:{other.sockets[0].getsockname()[1]}")
    except InvalidHandshake as exc:
        print(type(exc).__name__, exc.response.status_code)
    other.close()
    try:
        await connect(f"ws://localhost:{port}")
    except OSError:
        print("nobody there")


asyncio.run(main())
