"""A client of bare bytes, so that what a test sends and sees is no library's opinion."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from typing import Any, NamedTuple

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

UPGRADE = (
    ("Host", "127.0.0.1"),
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Version", "13"),
)


# Seconds in which a peer gives up, instead of waiting for ever in a test that fails.
PATIENCE = 30


class Frame(NamedTuple):
    opcode: int
    payload: bytes
    fin: bool = True
    rsv1: bool = False

    @property
    def close_code(self) -> int:
        return int.from_bytes(self.payload[:2], "big")


def request(
    target: str = "/", headers: tuple[tuple[str, str], ...] = (), method: str = "GET"
) -> bytes:
    """The head of an opening handshake; a header in `headers` replaces the usual one of its name."""
    names = {name.lower() for name, _ in headers}
    kept = [pair for pair in UPGRADE if pair[0].lower() not in names]
    lines = [
        f"{method} {target} HTTP/1.1",
        *(f"{name}: {value}" for name, value in (*kept, *headers)),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, masked: bool = True) -> bytes:
    """One frame as a client sends it."""
    size = len(payload)
    length = (
        bytes([size])
        if size < 126
        else b"\x7e" + size.to_bytes(2, "big")
        if size < 1 << 16
        else b"\x7f" + size.to_bytes(8, "big")
    )
    first = bytes([(0x80 if fin else 0) | opcode])
    if not masked:
        return first + length + payload
    key = os.urandom(4)
    mask = int.from_bytes((key * (size // 4 + 1))[:size], "big")
    covered = (int.from_bytes(payload, "big") ^ mask).to_bytes(size, "big")
    return first + bytes([length[0] | 0x80]) + length[1:] + key + covered


def close(code: int, reason: str = "") -> bytes:
    return frame(CLOSE, code.to_bytes(2, "big") + reason.encode())


class RawPeer:
    """A connection whose handshake and frames are written and read by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(
        cls, port: int, *, receive_buffer: int | None = None, tls: ssl.SSLContext | None = None
    ) -> RawPeer:
        """Connects; `receive_buffer` is how many bytes the kernel keeps for a peer that does not read."""
        plain = socket.socket()
        if receive_buffer is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", port))
        name = "127.0.0.1" if tls else None
        return cls(
            *await asyncio.open_connection(sock=plain, ssl=tls, server_hostname=name, limit=1 << 12)
        )

    @classmethod
    async def open(cls, port: int, target: str = "/", **how: Any) -> RawPeer:
        """Connects and shakes hands, which has to succeed."""
        peer = await cls.connect(port, **how)
        peer.write(request(target))
        status, _, _ = await peer.head()
        assert status == 101
        return peer

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    async def head(self) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers with lower-case names, and the head as it came."""
        async with asyncio.timeout(PATIENCE):
            head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        pairs = [
            (name.lower(), value.strip())
            for name, _, value in (line.partition(":") for line in lines)
        ]
        return int(first.split(" ")[1]), pairs, head

    async def frame(self) -> Frame:
        """The next frame, which must not be masked, as it comes from a server."""
        async with asyncio.timeout(PATIENCE):
            return await self._frame()

    async def _frame(self) -> Frame:
        first, second = await self.reader.readexactly(2)
        assert not second & 0x80
        size = second & 0x7F
        if size >= 126:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
        payload = await self.reader.readexactly(size)
        return Frame(first & 0x0F, payload, bool(first & 0x80), bool(first & 0x40))

    async def rest(self) -> bytes:
        """All that comes until the orderly end of the stream; a reset raises."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read()

    async def leave(self) -> None:
        """Closes the socket as a program does that has ended."""
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass

    def vanish(self) -> None:
        """Resets the connection."""
        self.writer.transport.abort()
