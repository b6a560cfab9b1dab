"""Sends what any client says to all of them, and the time every second: python broadcast.py [PORT]

A message is encoded once, and compressed once for all clients that agreed on the same compression.
"""

import asyncio
import datetime
import signal
import sys

from websocket_proto.asyncio import (
    Request,
    Response,
    Server,
    ServerConnection,
    broadcast,
    serve,
)


def tell_all(server: Server, message: str | bytes) -> None:
    for websocket, error in broadcast(server.connections, message).items():
        # One that does not read would hold more and more in memory.
        if error.name == "full":
            print("too slow:", websocket.remote_address, flush=True)
            websocket.abort()


async def handle(websocket: ServerConnection) -> None:
    async for message in websocket:
        tell_all(websocket.server, message)


async def tell_time(server: Server) -> None:
    while True:
        tell_all(server, f"{datetime.datetime.now():%H:%M:%S}")
        await asyncio.sleep(1)


def answer_browsers(websocket: ServerConnection, request: Request) -> Response | None:
    if request.path == "/healthz":
        return websocket.respond(200, f"{len(websocket.server.connections)} connected\n")
    return None


async def main(port: int) -> None:
    async with serve(handle, "localhost", port, process_request=answer_browsers) as server:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, server.close)
        print(f"listening on ws://localhost:{server.sockets[0].getsockname()[1]}", flush=True)
        clock = asyncio.create_task(tell_time(server))
        await server.wait_closed()
        clock.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8765))
