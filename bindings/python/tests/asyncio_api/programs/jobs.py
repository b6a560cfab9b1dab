"""Workers that consume and produce at the same time, and come back when the server restarts."""

import asyncio
import contextlib

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK


async def consumer_handler(websocket, received):
    async for message in websocket:
        received.append(message)


async def producer_handler(websocket, count):
    for number in range(count):
        await websocket.send(f"job {number}")
        await asyncio.sleep(0)
    await websocket.send("end")


async def handler(websocket):
    received = []
    consumer = asyncio.create_task(consumer_handler(websocket, received))
    producer = asyncio.create_task(producer_handler(websocket, 3))
    _, pending = await asyncio.wait([consumer, producer], return_when=asyncio.FIRST_COMPLETED)
    await producer
    await asyncio.wait([consumer], timeout=5)
    for task in pending:
        task.cancel()
    print("server received", received)


def delays():
    while True:
        yield 0.01


async def worker(uri):
    rounds = 0
    async for websocket in connect(uri, reconnect_delays=delays):
        rounds += 1
        try:
            while (job := await websocket.recv()) != "end":
                await websocket.send(f"done {job}")
            await websocket.close()
            with contextlib.suppress(ConnectionClosed):
                await websocket.recv()
        except ConnectionClosed:
            continue
        if rounds == 2:
            break
    print("rounds", rounds)


async def fragments(websocket):
    async for message in websocket:
        await websocket.send(message)


async def pieces():
    for piece in ("one ", "two ", "three"):
        yield piece


async def main():
    async with serve(handler, "localhost", 0) as server:
        await worker(f"ws://localhost:{server.sockets[0].getsockname()[1]}")

    server = await serve(fragments, "localhost", 0)
    async with connect(f"ws://localhost:{server.sockets[0].getsockname()[1]}") as websocket:
        await websocket.send(pieces())
        print(await websocket.recv())
        await websocket.send(["a", "b", "c"])
        print(await websocket.recv())
        await websocket.send(b"bytes")
        print(await websocket.recv(), len(server.connections))
        server.close()
        try:
            await websocket.recv()
        except ConnectionClosedOK as exc:
            print("closed", exc.rcvd.code)
        try:
            await websocket.send("too late")
        except ConnectionClosed as exc:
            print("closed", exc.rcvd.code)
    await server.wait_closed()


asyncio.run(main())
