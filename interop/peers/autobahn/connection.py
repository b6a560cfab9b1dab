"""A connection of Autobahn on asyncio."""

import asyncio

from autobahn.websocket.protocol import WebSocketProtocol
from matrix_connection import Absent, Closed, Connection


class Keeping:
    """Added to Autobahn's protocols: keeps what comes for whoever receives."""

    def onOpen(self) -> None:
        self.arrived: asyncio.Queue[str | bytes | Closed] = asyncio.Queue()
        self.pongs: asyncio.Queue[bytes] = asyncio.Queue()
        self.opened()

    def opened(self) -> None:
        """What follows when the connection is open."""

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        self.arrived.put_nowait(payload if isBinary else payload.decode())

    def onPong(self, payload: bytes) -> None:
        self.pongs.put_nowait(payload)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        if hasattr(self, "arrived"):
            end = self.remoteCloseCode, self.remoteCloseReason or ""
            self.arrived.put_nowait(Closed(*end) if wasClean else Closed(1006, ""))


class OnAutobahn(Connection):
    """Either side."""

    def __init__(self, protocol: WebSocketProtocol) -> None:
        self._protocol = protocol
        self.subprotocol = protocol.websocket_protocol_in_use

    async def send(self, message: str | bytes) -> None:
        is_text = isinstance(message, str)
        self._protocol.sendMessage(message.encode() if is_text else message, not is_text)

    async def receive(self) -> str | bytes:
        arrived = await self._protocol.arrived.get()
        if isinstance(arrived, Closed):
            raise arrived
        return arrived

    async def close(self, code: int | None, reason: str) -> None:
        if code in (1001, 1011):
            # It takes 1000 and what is for applications.
            raise Absent
        self._protocol.sendClose(code, reason or None)
        end = await self._protocol.arrived.get()
        if not isinstance(end, Closed) or end.code == 1006:
            raise RuntimeError("no Close frame came")

    async def send_fragments(self, fragments: list[str]) -> None:
        self._protocol.beginMessage(isBinary=False)
        for fragment in fragments:
            self._protocol.sendMessageFrame(fragment.encode())
            self._protocol.sendPing(b"in between")
        self._protocol.endMessage()

    async def ping(self) -> None:
        self._protocol.sendPing(b"are you there?")
        await self._protocol.pongs.get()

    async def drop(self) -> None:
        self._protocol.transport.abort()
