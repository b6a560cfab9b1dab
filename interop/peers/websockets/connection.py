"""A connection of Python websockets, on asyncio."""

from collections.abc import AsyncIterator

from matrix_connection import Closed, Connection
from websockets.asyncio.connection import Connection as WebSocket
from websockets.exceptions import ConnectionClosed

OPTIONS = {"max_size": None, "ping_interval": None}


class OnWebsockets(Connection):
    """Either side."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self.subprotocol = socket.subprotocol

    async def send(self, message: str | bytes) -> None:
        await self._socket.send(message)

    async def receive(self) -> str | bytes:
        try:
            return await self._socket.recv()
        except ConnectionClosed as closed:
            frame = closed.rcvd
            raise Closed(frame.code, frame.reason) if frame else Closed(1006, "") from closed

    async def close(self, code: int | None, reason: str) -> None:
        if code is None:
            await self._close_without_code()
        else:
            await self._socket.close(code, reason)
        if self._socket.protocol.close_rcvd is None:
            raise RuntimeError("no Close frame came")

    async def _close_without_code(self) -> None:
        async with self._socket.send_context():
            self._socket.protocol.send_close()
        await self._socket.wait_closed()

    async def send_fragments(self, fragments: list[str]) -> None:
        async def with_pings() -> AsyncIterator[str]:
            for fragment in fragments:
                yield fragment
                await self._socket.ping()

        await self._socket.send(with_pings())

    async def ping(self) -> None:
        await (await self._socket.ping("are you there?"))

    async def drop(self) -> None:
        self._socket.transport.abort()
        await self._socket.wait_closed()
