"""What a peer can take part in. A peer's file lists what it has of these."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

Message = str | bytes

# The kinds of what is compared are "ours", "peer" and "limit", which is no peer: what the same work
# costs without WebSockets.

# The same for all peers, so that none does less than another.
LONGEST_MESSAGE = 64 << 20


@dataclass(frozen=True)
class Address:
    """Where a client connects to, and how."""

    url: str
    host: str
    port: int
    tls: ssl.SSLContext | None
    deflate: bool


class Connection:
    """A client's connection to a server that echoes."""

    # The length of all messages of an exchange together, and the last one of them.
    total = 0
    last: Message = b""

    async def exchange(self, messages: Iterator[Message], count: int, in_flight: int) -> None:
        """Sends `count` messages, of which `in_flight` are sent before the first comes back."""
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


class Awaiting(Connection):
    """An exchange with `recv` and `send`."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket

    async def exchange(self, messages: Iterator[Message], count: int, in_flight: int) -> None:
        send, receive = self.socket.send, self.socket.recv
        total = 0
        for _ in range(in_flight):
            await send(next(messages))
        for _ in range(count - in_flight):
            total += len(await receive())
            await send(next(messages))
        for _ in range(in_flight):
            message = await receive()
            total += len(message)
        self.total, self.last = total, message

    async def close(self) -> None:
        await self.socket.close()


class Calling(Connection):
    """An exchange with callbacks. Each message that arrives makes the caller send one."""

    def begin(
        self, messages: Iterator[Message], count: int, in_flight: int
    ) -> asyncio.Future[None]:
        self.total = 0
        self.unsent, self.unanswered = count - in_flight, count
        self.next_message = messages.__next__
        self.done = asyncio.get_running_loop().create_future()
        return self.done


@dataclass(frozen=True)
class Client:
    """A client on asyncio."""

    name: str
    connect: Callable[[Address], Awaitable[Connection]]
    # Whether messages arrive by callbacks; else by `recv`.
    callbacks: bool = False
    has_deflate: bool = True
    # What it leaves out that others do, always and when it compresses. Not a sentence.
    leaves_out: str = ""
    leaves_out_in_deflate: str = ""
    kind: str = "peer"


Receive = Callable[[bytes], list[Any]]
Send = Callable[[list[bytes]], Any]


@dataclass(frozen=True)
class SansIO:
    """A protocol without input and output."""

    name: str
    # Makes a server's receiver: bytes in, the payloads of all messages out.
    receiver: Callable[[], Receive]
    # Makes a sender of binary messages, which returns the bytes for the transport.
    client_sender: Callable[[], Send]
    server_sender: Callable[[], Send]
    leaves_out: str = ""
    kind: str = "peer"


@dataclass(frozen=True)
class Chat:
    """A server that sends each message to all connections."""

    name: str
    # Listens at the port, with a ping after that many seconds or without pings.
    listen: Callable[[int, float | None], Awaitable[Any]]
    leaves_out: str = ""
    kind: str = "peer"


@dataclass(frozen=True)
class Uvicorn:
    """A protocol for WebSockets in uvicorn."""

    name: str
    # The value of uvicorn's option `--ws`.
    ws: str
    leaves_out: str = ""
    kind: str = "peer"
