"""Sends a name, and prints the answer: python hello_client.py [URI]"""

import asyncio
import sys

from websocket_proto.asyncio import connect


async def main(uri: str) -> None:
    async with connect(uri) as websocket:
        await websocket.send("world")
        print(await websocket.recv())


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "ws://localhost:8765"))
