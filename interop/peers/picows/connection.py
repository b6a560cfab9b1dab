"""A connection of picows, which hands out frames: messages are put together here."""

import asyncio

from matrix_connection import Closed, Connection
from picows import WSListener, WSMsgType, WSTransport

OPTIONS = {"enable_auto_ping": False, "enable_auto_pong": False, "max_frame_size": 32 << 20}


class Listener(WSListener):
    """Keeps what comes for whoever receives."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[str | bytes | Closed] = asyncio.Queue()
        self.pongs: asyncio.Queue[bytes] = asyncio.Queue()
        self._kind = WSMsgType.TEXT
        self._parts: list[bytes] = []
        self._has_closed = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: object) -> None:
        kind, payload = frame.msg_type, frame.get_payload_as_bytes()
        if kind == WSMsgType.PING:
            transport.send_pong(payload)
        elif kind == WSMsgType.PONG:
            self.pongs.put_nowait(payload)
        elif kind == WSMsgType.CLOSE:
            self._close(payload)
        else:
            self._add(kind, payload, frame.fin)

    def _add(self, kind: WSMsgType, payload: bytes, is_last: bool) -> None:
        if kind != WSMsgType.CONTINUATION:
            self._kind = kind
        self._parts.append(payload)
        if is_last:
            message = b"".join(self._parts)
            self._parts.clear()
            self.arrived.put_nowait(message.decode() if self._kind == WSMsgType.TEXT else message)

    def _close(self, payload: bytes) -> None:
        if not self._has_closed:
            self.send_close(payload)
        self.transport.disconnect()
        code = int.from_bytes(payload[:2], "big") if payload else 1005
        self.arrived.put_nowait(Closed(code, payload[2:].decode()))

    def send_close(self, payload: bytes) -> None:
        self._has_closed = True
        self.transport.send(WSMsgType.CLOSE, payload)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.arrived.put_nowait(Closed(1006, ""))


class OnPicows(Connection):
    """Either side."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    async def send(self, message: str | bytes) -> None:
        kind = WSMsgType.TEXT if isinstance(message, str) else WSMsgType.BINARY
        self._listener.transport.send(kind, _bytes(message))

    async def receive(self) -> str | bytes:
        arrived = await self._listener.arrived.get()
        if isinstance(arrived, Closed):
            raise arrived
        return arrived

    async def close(self, code: int | None, reason: str) -> None:
        payload = b"" if code is None else code.to_bytes(2, "big") + reason.encode()
        self._listener.send_close(payload)
        end = await self._listener.arrived.get()
        if not isinstance(end, Closed) or end.code == 1006:
            raise RuntimeError("no Close frame came")

    async def send_fragments(self, fragments: list[str]) -> None:
        transport = self._listener.transport
        for place, fragment in enumerate(fragments):
            kind = WSMsgType.CONTINUATION if place else WSMsgType.TEXT
            is_last = place == len(fragments) - 1
            transport.send(kind, fragment.encode(), fin=is_last)
            if not is_last:
                transport.send_ping(b"in between")

    async def ping(self) -> None:
        self._listener.transport.send_ping(b"are you there?")
        await self._listener.pongs.get()

    async def drop(self) -> None:
        self._listener.transport.disconnect(graceful=False)


def _bytes(message: str | bytes) -> bytes:
    return message.encode() if isinstance(message, str) else message
