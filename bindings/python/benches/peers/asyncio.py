"""Connections of asyncio that carry frames without looking at them: what all else comes on top of.

A client's frames are made beforehand, and their number is told from their length.
"""

import asyncio
import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import payloads

from .part import Address, Calling, Chat, Client, Message

REQUEST = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
RESPONSE = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: {}\r\n\r\n"
)
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CLOSE = payloads.frame(b"", b"key!").replace(b"\x82", b"\x88")


class Echo(asyncio.BufferedProtocol, Calling):
    def __init__(self) -> None:
        self.window = memoryview(bytearray(256 << 10))
        self.head = b""
        self.opened = asyncio.get_running_loop().create_future()
        self.frames: dict[Message, bytes] = {}
        self.begun = self.response_length = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(REQUEST)

    def get_buffer(self, _sizehint: int) -> memoryview:
        return self.window

    def buffer_updated(self, length: int) -> None:
        if not self.opened.done():
            self.head += self.window[:length]
            if self.head.endswith(b"\r\n\r\n"):
                self.opened.set_result(None)
            return
        if self.keeps:
            self.kept += self.window[:length]
        arrived, self.begun = divmod(self.begun + length, self.response_length)
        if arrived:
            self.take(arrived)

    def take(self, arrived: int) -> None:
        self.unanswered -= arrived
        sent = min(self.unsent, arrived)
        self.unsent -= sent
        if sent == 1:
            self.transport.write(self.frames[self.next_message()])
        elif sent:
            self.transport.write(b"".join(self.frames[self.next_message()] for _ in range(sent)))
        if not self.unanswered:
            self.done.set_result(None)

    async def exchange(self, messages: Iterator[Message], count: int, in_flight: int) -> None:
        first = next(messages)
        assert isinstance(first, bytes)
        self.keeps, self.kept, self.begun = count == 1, b"", 0
        if first not in self.frames:
            self.frames[first] = payloads.frame(first, b"key!")
        self.response_length = len(self.frames[first]) - 4
        done = self.begin(messages, count, in_flight)
        self.transport.write(self.frames[first])
        for _ in range(in_flight - 1):
            self.transport.write(self.frames[next(messages)])
        await done
        self.total = count * len(first)
        if self.keeps:
            (self.last,) = payloads.payloads_of(self.kept, masked=False)

    async def close(self) -> None:
        self.transport.write(CLOSE)
        self.transport.close()


async def connect(address: Address) -> Echo:
    loop = asyncio.get_running_loop()
    _, echo = await loop.create_connection(Echo, address.host, address.port, ssl=address.tls)
    await echo.opened
    return echo


everybody: set["Member"] = set()


class Member(asyncio.Protocol):
    """A connection of the chat. Frames are made again, as they come masked, but once for all."""

    __slots__ = ("begun", "transport")

    def connection_made(self, transport: Any) -> None:
        self.transport, self.begun = transport, b""

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"GET"):
            everybody.add(self)
            key = data.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
            accept = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
            self.transport.write(RESPONSE.format(accept).encode())
        else:
            self.begun += data
            self.broadcast()

    def broadcast(self) -> None:
        try:
            messages = payloads.payloads_of(self.begun, masked=True)
        except ValueError:
            return
        self.begun = b""
        frames = b"".join(map(payloads.frame, messages))
        for member in everybody:
            member.transport.write(frames)

    def connection_lost(self, _error: Exception | None) -> None:
        everybody.discard(self)


async def listen(port: int, _ping_after: float | None) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    return await loop.create_server(Member, "127.0.0.1", port, backlog=1000)


CLIENTS = [Client("frames as they are", connect, callbacks=True, has_deflate=False, kind="limit")]
CHATS = [Chat("frames as they are", listen, kind="limit")]
