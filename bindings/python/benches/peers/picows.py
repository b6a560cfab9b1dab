"""picows, by its callbacks."""

import asyncio
from collections.abc import Iterator

import picows

from .part import LONGEST_MESSAGE, Address, Calling, Chat, Client, Message

BINARY = picows.WSMsgType.BINARY
LEAVES_OUT = (
    "delivers frames as they come: looks neither at the order of fragments nor at reserved bits nor "
    "at UTF-8 unless it is asked to decode a text, does not answer a Close, and its payload is a view that is "
    "valid until the callback returns; masks are from C's `rand()`, not from a secure source"
)


class Echo(picows.WSListener, Calling):
    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        self.total += frame.payload_size
        self.unanswered -= 1
        if self.unsent:
            self.unsent -= 1
            transport.send(BINARY, self.next_message())
        elif not self.unanswered:
            self.last = frame.get_payload_as_bytes()
            self.done.set_result(None)

    async def exchange(self, messages: Iterator[Message], count: int, in_flight: int) -> None:
        done = self.begin(messages, count, in_flight)
        for _ in range(in_flight):
            self.transport.send(BINARY, next(messages))
        await done

    async def close(self) -> None:
        self.transport.send_close(picows.WSCloseCode.OK)
        self.transport.disconnect()
        await self.transport.wait_disconnected()


async def connect(address: Address) -> Echo:
    echo = Echo()
    await picows.ws_connect(
        lambda: echo, address.url, ssl_context=address.tls, max_frame_size=LONGEST_MESSAGE
    )
    return echo


everybody: set[picows.WSTransport] = set()


class Member(picows.WSListener):
    """A connection of the chat."""

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        everybody.add(transport)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == BINARY:
            message = frame.get_payload_as_bytes()
            for member in everybody:
                member.send(BINARY, message)

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        everybody.discard(transport)


async def listen(port: int, ping_after: float | None) -> asyncio.Server:
    return await picows.ws_create_server(
        lambda _: Member(),
        "127.0.0.1",
        port,
        max_frame_size=LONGEST_MESSAGE,
        enable_auto_ping=ping_after is not None,
        auto_ping_idle_timeout=ping_after or 0,
        backlog=1000,
    )


CLIENTS = [Client("picows", connect, callbacks=True, has_deflate=False, leaves_out=LEAVES_OUT)]
CHATS = [Chat("picows", listen, leaves_out=LEAVES_OUT)]
