"""However a connection ends, its last bytes arrive, also at a peer that has not stopped sending.

A server that closes a socket with unread input makes the kernel send a reset, and that destroys what the
peer has not read yet. Each peer here sends without a pause until it sees the end, reads slowly, and
demands every byte and then an orderly end of the stream.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import Any

import pytest

from .raw_peer import BINARY, CLOSE, RawPeer, close, frame, request
from .serving import Message, Receive, Send, Serve, accepted, connected, until_disconnect

pytestmark = pytest.mark.anyio

PART = bytes(range(256)) * 256
PARTS = 32


async def send_much(receive: Receive, send: Send) -> None:
    await accepted(receive, send)
    for _ in range(PARTS):
        await send({"type": "websocket.send", "bytes": PART})


async def closes(_scope: Message, receive: Receive, send: Send) -> None:
    await send_much(receive, send)
    await send({"type": "websocket.close", "code": 4000})


async def returns(_scope: Message, receive: Receive, send: Send) -> None:
    await send_much(receive, send)


async def raises(_scope: Message, receive: Receive, send: Send) -> None:
    await send_much(receive, send)
    raise ValueError("by the application")


class Noise:
    """A task that sends messages for as long as the kernel takes them."""

    def __init__(self, peer: RawPeer) -> None:
        self.task = asyncio.create_task(self.send(peer))

    async def send(self, peer: RawPeer) -> None:
        with suppress(OSError):
            while True:
                peer.write(frame(BINARY, b"n" * 1000) * 10)
                await peer.writer.drain()
                await asyncio.sleep(0)

    async def stop(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


async def read_slowly(peer: RawPeer) -> int:
    """Reads all messages, which have to be right, and returns the code of the Close frame."""
    for _ in range(PARTS):
        await asyncio.sleep(0.002)
        assert await peer.frame() == (BINARY, PART, True, False)
    last = await peer.frame()
    assert last.opcode == CLOSE
    return last.close_code


@pytest.mark.parametrize(("app", "code"), [(closes, 4000), (returns, 1000), (raises, 1011)])
@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
async def test_the_last_messages_arrive(
    serve_ours: Serve,
    certificate: tuple[str, str],
    trust: ssl.SSLContext,
    app: Any,
    code: int,
    answers: bool,
    secure: bool,
) -> None:
    files = {"ssl_certfile": certificate[0], "ssl_keyfile": certificate[1]} if secure else {}
    async with serve_ours(app, **files) as running:
        tls = trust if secure else None
        peer = await RawPeer.open(running.port, receive_buffer=1 << 14, tls=tls)
        noise = Noise(peer)
        assert await read_slowly(peer) == code
        if answers:
            peer.write(close(code))
            assert await peer.rest() == b"", "the server ends the stream, and does not reset it"
        else:
            # Nothing is left to arrive, so that the server may lose its patience. A write may find out
            # before the read does, by a broken pipe.
            with suppress(ConnectionError):
                assert await peer.rest() == b""
        await noise.stop()
        await peer.leave()


async def test_the_last_messages_arrive_when_the_server_is_stopped(serve_ours: Serve) -> None:
    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await send_much(receive, send)
        sent.set()
        assert (await until_disconnect(receive))["code"] == 1012

    sent = asyncio.Event()
    async with serve_ours(app) as running:
        peer = await RawPeer.open(running.port, receive_buffer=1 << 14)
        noise = Noise(peer)
        reading = asyncio.create_task(read_slowly(peer))
        await sent.wait()
        running.server.should_exit = True
        assert await reading == 1012
        peer.write(close(1012))
        assert await peer.rest() == b""
        await noise.stop()
        await peer.leave()


@pytest.mark.parametrize("early", [1, 100_000])
async def test_a_denial_arrives_at_a_client_that_did_not_wait_for_it(
    serve_ours: Serve, early: int
) -> None:
    body = PART * 8

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await connected(receive)
        await asked.wait()
        await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
        await send({"type": "websocket.http.response.body", "body": body})

    asked = asyncio.Event()
    async with serve_ours(app) as running:
        peer = await RawPeer.connect(running.port, receive_buffer=1 << 14)
        peer.write(request())
        await asyncio.sleep(0.05)
        peer.write(frame(BINARY, b"n" * early))
        await asyncio.sleep(0.05)
        asked.set()
        assert (await peer.head())[0] == 401
        assert await peer.rest() == body
        await peer.leave()
