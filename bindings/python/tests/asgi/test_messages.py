"""What goes to and fro while a connection is open."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import connect

from .raw_peer import BINARY, PING, PONG, TEXT, RawPeer, close, frame
from .serving import Message, Receive, Send, Serve, accepted, echo, until_disconnect

pytestmark = pytest.mark.anyio

SIZES = [0, 1, 125, 126, 65_535, 65_536, 1_000_003]


@pytest.mark.parametrize("compression", [None, "deflate"])
async def test_an_echo_of_every_size(serve: Serve, compression: Any) -> None:
    async with (
        serve(echo) as running,
        connect(running.url(), compression=compression, max_size=None) as client,
    ):
        for size in SIZES:
            for message in ("é" * (size // 2) + "x" * (size % 2), b"\x00\xff" * size):
                await client.send(message)
                assert await client.recv() == message


async def test_messages_are_dicts_of_type_and_data(serve: Serve) -> None:
    seen: list[Message] = []

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        while True:
            seen.append(await receive())
            if seen[-1]["type"] == "websocket.disconnect":
                return

    async with serve(app) as running:
        peer = await RawPeer.open(running.port)
        peer.write(frame(TEXT, "é".encode()) + frame(BINARY, b"\xff"))
        peer.write(frame(TEXT, b"a", fin=False) + frame(PING, b"?") + frame(0, b"b"))
        peer.write(close(1001, "gone"))
        assert await peer.frame() == (PONG, b"?", True, False)
        assert (await peer.frame()).close_code == 1001
        await peer.leave()
    assert [message["type"] for message in seen] == [
        *["websocket.receive"] * 3,
        "websocket.disconnect",
    ]
    assert [message.get("text") for message in seen[:3]] == ["é", None, "ab"]
    assert seen[1].get("bytes") == b"\xff" and type(seen[1]["bytes"]) is bytes
    assert seen[3] == {"type": "websocket.disconnect", "code": 1001, "reason": "gone"}


async def test_what_can_be_sent(serve: Serve) -> None:
    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        await send({"type": "websocket.send", "text": "a"})
        await send({"type": "websocket.send", "text": "", "bytes": None})
        await send({"type": "websocket.send", "bytes": b"b"})
        await send({"type": "websocket.send", "text": None, "bytes": b""})
        await send({"type": "websocket.send", "text": "ignored", "bytes": b"c"})
        await until_disconnect(receive)

    async with serve(app) as running:
        peer = await RawPeer.open(running.port)
        frames = [(await peer.frame())[:2] for _ in range(5)]
        await peer.leave()
    assert frames == [(TEXT, b"a"), (TEXT, b""), (BINARY, b"b"), (BINARY, b""), (BINARY, b"c")]


async def test_a_message_without_data_is_the_applications_mistake(serve_ours: Serve) -> None:
    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        with pytest.raises(RuntimeError, match="neither"):
            await send({"type": "websocket.send", "text": None})
        with pytest.raises(TypeError):
            await send({"type": "websocket.send", "text": 7})
        with pytest.raises(RuntimeError, match=r"but got 'websocket\.unknown'"):
            await send({"type": "websocket.unknown"})
        await send({"type": "websocket.send", "text": "and nothing was sent of it"})
        await until_disconnect(receive)

    async with serve_ours(app) as running:
        peer = await RawPeer.open(running.port)
        assert (await peer.frame()).payload == b"and nothing was sent of it"
        await peer.leave()


async def test_a_burst_comes_in_order(serve: Serve) -> None:
    async with serve(echo) as running:
        peer = await RawPeer.open(running.port)
        texts = [f"message {number}".encode() for number in range(2000)]
        peer.write(b"".join(frame(TEXT, text) for text in texts))
        assert [(await peer.frame()).payload for _ in texts] == texts
        await peer.leave()


async def test_two_tasks_may_send_while_a_third_receives(serve: Serve) -> None:
    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)

        async def tell(name: str) -> None:
            for number in range(100):
                await send({"type": "websocket.send", "text": f"{name} {number}"})
                await asyncio.sleep(0)

        await asyncio.gather(tell("a"), tell("b"), until_disconnect(receive))

    async with serve(app) as running, connect(running.url()) as client:
        messages = [str(await client.recv()) for _ in range(200)]
    for name in "ab":
        assert [m for m in messages if m[0] == name] == [f"{name} {n}" for n in range(100)]


async def test_a_cancelled_receive_loses_nothing(serve: Serve) -> None:
    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        got: list[str] = []
        while len(got) < 200:
            try:
                message = await asyncio.wait_for(receive(), 0.001)
            except TimeoutError:
                await send({"type": "websocket.send", "text": "next"})
                continue
            got.append(message["text"])
        await send({"type": "websocket.send", "text": " ".join(got)})
        await until_disconnect(receive)

    async with serve(app) as running, connect(running.url()) as client:
        for number in range(200):
            await client.send(str(number))
            if number % 10 == 0:
                assert await client.recv() == "next"
        while (answer := await client.recv()) == "next":
            pass
    assert answer == " ".join(map(str, range(200)))


async def test_compression_is_agreed_to_and_used(serve: Serve) -> None:
    async with serve(echo) as running, connect(running.url()) as client:
        assert [extension.name for extension in client.protocol.extensions] == [
            "permessage-deflate"
        ]
        await client.send("x" * 100_000)
        assert await client.recv() == "x" * 100_000


async def test_compression_can_be_turned_off(serve: Serve) -> None:
    async with (
        serve(echo, ws_per_message_deflate=False) as running,
        connect(running.url()) as client,
    ):
        assert client.protocol.extensions == []
        await client.send("x" * 1000)
        assert await client.recv() == "x" * 1000
