"""Greets each client: python hello_server.py [PORT]"""

import asyncio
import sys

from websocket_proto.asyncio import ServerConnection, serve


async def greet(websocket: ServerConnection) -> None:
    name = await websocket.recv(decode=True)
    await websocket.send(f"Hello {name}!")


async def main(port: int) -> None:
    async with serve(greet, "localhost", port) as server:
        print(f"listening on ws://localhost:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8765))
