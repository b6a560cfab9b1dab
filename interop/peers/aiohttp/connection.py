"""A connection of aiohttp."""

import asyncio
from collections.abc import Callable

from aiohttp import ClientWebSocketResponse, WSMsgType
from aiohttp.web import WebSocketResponse
from matrix_connection import Absent, Closed, Connection

MESSAGES = (WSMsgType.TEXT, WSMsgType.BINARY)


class OnAiohttp(Connection):
    """Either side. Pings are answered here, so that Pongs are seen."""

    def __init__(
        self, socket: ClientWebSocketResponse | WebSocketResponse, abort: Callable[[], None]
    ) -> None:
        self._socket = socket
        self._abort = abort
        self.subprotocol = socket.protocol if isinstance(socket, ClientWebSocketResponse) else None

    async def send(self, message: str | bytes) -> None:
        if isinstance(message, str):
            await self._socket.send_str(message)
        else:
            await self._socket.send_bytes(message)

    async def receive(self) -> str | bytes:
        while True:
            message = await self._socket.receive()
            if message.type in MESSAGES:
                return message.data
            if message.type == WSMsgType.PING:
                await self._socket.pong(message.data)
            elif message.type == WSMsgType.CLOSE:
                await self._socket.close()
                raise Closed(message.data or 1005, message.extra)
            elif message.type != WSMsgType.PONG:
                raise Closed(1006, "")

    async def close(self, code: int | None, reason: str) -> None:
        if code is None:
            raise Absent
        await self._socket.close(code=code, message=reason.encode())

    async def ping(self) -> None:
        await self._socket.ping(b"are you there?")
        while (message := await self._socket.receive()).type != WSMsgType.PONG:
            if message.type in MESSAGES:
                raise RuntimeError("a message came before the Pong")

    async def drop(self) -> None:
        self._abort()
        await asyncio.sleep(0)
