"""Bounded memory both ways: who does not take what comes makes the other side wait, by bytes."""

from __future__ import annotations

import asyncio

import pytest

from .raw_peer import BINARY, TEXT, RawPeer, close, frame
from .serving import Message, Receive, Send, Serve, accepted, until_disconnect

pytestmark = pytest.mark.anyio

# More than the kernel keeps for both sockets and uvicorn's side for itself.
MUCH = 64 << 20
BOUND = 24 << 20
PART = bytes(1 << 16)


async def stalled(count: list[int]) -> int:
    """Waits until a count no longer grows, and returns it."""
    before = -1
    while before != count[0]:
        before = count[0]
        await asyncio.sleep(0.25)
    return before


async def test_an_application_waits_for_a_peer_that_does_not_read(serve: Serve) -> None:
    sent = [0]

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        while sent[0] < MUCH:
            await send({"type": "websocket.send", "bytes": PART})
            sent[0] += len(PART)
        await until_disconnect(receive)

    async with serve(app) as running:
        peer = await RawPeer.open(running.port, receive_buffer=1 << 16)
        assert await stalled(sent) < BOUND
        for _ in range(MUCH // len(PART)):
            assert len((await peer.frame()).payload) == len(PART)
        peer.write(close(1000))
        await peer.leave()


async def test_a_peer_waits_for_an_application_that_does_not_receive(serve: Serve) -> None:
    received: list[int] = []
    go_on = asyncio.Event()

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        await go_on.wait()
        while (message := await receive())["type"] == "websocket.receive":
            received.append(int(message["text"][:8]))

    async def flood(peer: RawPeer) -> None:
        for number in range(MUCH // 4096):
            peer.write(frame(TEXT, b"%08d" % number + bytes(4088)))
            await peer.writer.drain()
            sent[0] += 4096

    sent = [0]
    async with serve(app) as running:
        peer = await RawPeer.open(running.port)
        flooding = asyncio.create_task(flood(peer))
        assert await stalled(sent) < BOUND
        go_on.set()
        await flooding
        peer.write(close(1000))
        await peer.frame()
        await peer.leave()
    assert received == list(range(MUCH // 4096))


async def test_pings_of_a_peer_are_answered_while_the_application_is_busy(
    serve_ours: Serve,
) -> None:
    release = asyncio.Event()

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        await release.wait()
        await until_disconnect(receive)

    async with serve_ours(app) as running:
        peer = await RawPeer.open(running.port)
        for number in range(20):
            peer.write(frame(BINARY, b"waits") + frame(9, b"%d" % number))
            assert (await peer.frame())[:2] == (10, b"%d" % number)
        release.set()
        await peer.leave()


async def test_a_client_that_leaves_frees_an_application_that_waits_to_send(serve: Serve) -> None:
    freed = asyncio.Event()

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        with pytest.raises(OSError):
            while True:
                await send({"type": "websocket.send", "bytes": PART})
        freed.set()

    async with serve(app) as running:
        peer = await RawPeer.open(running.port, receive_buffer=1 << 16)
        await asyncio.sleep(0.5)
        peer.vanish()
        await asyncio.wait_for(freed.wait(), 5)
