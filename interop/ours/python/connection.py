"""A connection of our package for Python, on asyncio."""

from collections.abc import AsyncIterator

from matrix_connection import Closed, Connection, deflate_parameters
from websocket_proto import Config, Deflate, Keepalive
from websocket_proto.asyncio import Connection as WebSocket
from websocket_proto.asyncio import ConnectionClosed

NO_STATUS = 1005


def config() -> Config:
    """The limits suffice for 16 MiB; a silent peer gets a Ping every second."""
    wanted = deflate_parameters()
    deflate = None if wanted is None else Deflate(**wanted)
    return Config(keepalive=Keepalive(interval=1.0), deflate=deflate)


class OnOurs(Connection):
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
        await self._socket.close(NO_STATUS if code is None else code, reason)
        if self._socket.close_code == 1006:
            raise RuntimeError("no Close frame came")

    async def send_fragments(self, fragments: list[str]) -> None:
        async def with_pings() -> AsyncIterator[str]:
            for fragment in fragments:
                yield fragment
                await self._socket.ping()

        await self._socket.send(with_pings())

    async def ping(self) -> None:
        await (await self._socket.ping("are you there?"))

    async def drop(self) -> None:
        self._socket.abort()
        await self._socket.wait_closed()
