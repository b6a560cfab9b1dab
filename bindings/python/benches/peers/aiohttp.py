"""aiohttp, as a client and as a server."""

from collections.abc import Iterator
from typing import Any

import aiohttp
from aiohttp import web

from .part import LONGEST_MESSAGE, Address, Chat, Client, Connection, Message

LEAVES_OUT = "masks are from `random`, the Mersenne Twister, not from a secure source"


class Echo(Connection):
    def __init__(self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse):
        self.session, self.socket = session, socket

    async def exchange(self, messages: Iterator[Message], count: int, in_flight: int) -> None:
        first = next(messages)
        send: Any = self.socket.send_str if isinstance(first, str) else self.socket.send_bytes
        receive = self.socket.receive
        total = 0
        await send(first)
        for _ in range(in_flight - 1):
            await send(next(messages))
        for _ in range(count - in_flight):
            total += len((await receive()).data)
            await send(next(messages))
        for _ in range(in_flight):
            message = (await receive()).data
            total += len(message)
        self.total, self.last = total, message

    async def close(self) -> None:
        await self.socket.close()
        await self.session.close()


async def connect(address: Address) -> Echo:
    session = aiohttp.ClientSession()
    socket = await session.ws_connect(
        address.url,
        ssl=address.tls or True,
        compress=15 if address.deflate else 0,
        max_msg_size=LONGEST_MESSAGE,
    )
    return Echo(session, socket)


everybody: set[web.WebSocketResponse] = set()


async def listen(port: int, ping_after: float | None) -> web.TCPSite:
    async def serve_member(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(
            heartbeat=ping_after, compress=False, max_msg_size=LONGEST_MESSAGE
        )
        await socket.prepare(request)
        everybody.add(socket)
        try:
            async for message in socket:
                for member in tuple(everybody):
                    await member.send_bytes(message.data)
        finally:
            everybody.discard(socket)
        return socket

    application = web.Application()
    application.router.add_get("/", serve_member)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, backlog=1000)
    await site.start()
    return site


CLIENTS = [
    Client(
        "aiohttp",
        connect,
        leaves_out=LEAVES_OUT,
        leaves_out_in_deflate="compresses with level 1, the others with level 6",
    )
]
CHATS = [Chat("aiohttp", listen)]
