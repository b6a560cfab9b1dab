"""How connections end, and what both sides learn of it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError

from .raw_peer import CLOSE, TEXT, RawPeer, close, frame
from .serving import Message, Receive, Send, Serve, accepted, until_disconnect

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("said", "code", "reason"),
    [
        ({}, 1000, ""),
        ({"code": 4001}, 4001, ""),
        ({"code": 1001, "reason": "por qué"}, 1001, "por qué"),
        ({"code": 1000, "reason": None}, 1000, ""),
    ],
)
async def test_the_application_closes(serve: Serve, said: Message, code: int, reason: str) -> None:
    seen: list[Message] = []
    ended = asyncio.Event()

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        await send({"type": "websocket.close", **said})
        seen.append(await receive())
        ended.set()

    async with serve(app) as running:
        async with connect(running.url()) as client:
            with pytest.raises(ConnectionClosed) as closed:
                await client.recv()
        await ended.wait()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (code, reason)
    assert seen == [{"type": "websocket.disconnect", "code": code, "reason": reason}]


@pytest.mark.parametrize(
    ("sent", "code", "reason"),
    [
        (close(1000), 1000, ""),
        (close(1001, "custom"), 1001, "custom"),
        (close(4999, "é"), 4999, "é"),
        (frame(CLOSE), 1005, ""),
    ],
    ids=["1000", "1001", "4999", "no code"],
)
async def test_the_client_closes(serve: Serve, sent: bytes, code: int, reason: str) -> None:
    seen: list[Message] = []

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        seen.append(await receive())

    async with serve(app) as running:
        peer = await RawPeer.open(running.port)
        peer.write(sent)
        answer = await peer.frame()
        assert answer.opcode == CLOSE
        assert await peer.rest() == b""
        await peer.leave()
    (message,) = seen
    assert (message["type"], message["code"]) == ("websocket.disconnect", code)
    assert (message.get("reason") or "") == reason


@pytest.mark.parametrize("by_reset", [True, False])
async def test_a_client_that_vanishes(serve: Serve, by_reset: bool) -> None:
    seen: list[Message] = []
    ended = asyncio.Event()

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        seen.append(await receive())
        with pytest.raises(OSError):
            await send({"type": "websocket.send", "text": "to nobody"})
        ended.set()

    async with serve(app) as running:
        peer = await RawPeer.open(running.port)
        peer.vanish() if by_reset else await peer.leave()
        await asyncio.wait_for(ended.wait(), 5)
    assert seen[0]["type"] == "websocket.disconnect"
    assert seen[0]["code"] in (1005, 1006)


async def test_it_is_1006_when_no_close_frame_came(serve_ours: Serve) -> None:
    seen: list[Message] = []

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        seen.append(await until_disconnect(receive))

    async with serve_ours(app) as running:
        peer = await RawPeer.open(running.port)
        await peer.leave()
    assert seen == [{"type": "websocket.disconnect", "code": 1006, "reason": ""}]


async def test_messages_before_the_end_are_still_received(serve: Serve) -> None:
    seen: list[Message] = []
    sent = asyncio.Event()

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        await sent.wait()
        await asyncio.sleep(0.05)
        while not seen or seen[-1]["type"] == "websocket.receive":
            seen.append(await receive())

    async with serve(app) as running:
        peer = await RawPeer.open(running.port)
        peer.write(b"".join(frame(TEXT, b"%d" % number) for number in range(50)) + close(1000))
        sent.set()
        assert (await peer.frame()).close_code == 1000
        await peer.leave()
    assert [message.get("text") for message in seen[:-1]] == [str(number) for number in range(50)]
    assert seen[-1]["code"] == 1000


async def test_receive_after_the_end_says_it_again(serve_ours: Serve) -> None:
    seen: list[Message] = []

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        for _ in range(3):
            seen.append(await until_disconnect(receive))

    async with serve_ours(app) as running:
        peer = await RawPeer.open(running.port)
        peer.write(close(4000, "once"))
        await peer.frame()
        await peer.leave()
    assert seen == [{"type": "websocket.disconnect", "code": 4000, "reason": "once"}] * 3


async def test_nothing_can_be_sent_after_close(serve: Serve) -> None:
    errors: list[str] = []

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        await send({"type": "websocket.close"})
        for message in ({"type": "websocket.send", "text": "late"}, {"type": "websocket.close"}):
            with pytest.raises(RuntimeError) as refused:
                await send(message)
            errors.append(str(refused.value))

    async with serve(app) as running:
        peer = await RawPeer.open(running.port)
        assert (await peer.frame()).close_code == 1000
        peer.write(close(1000))
        assert await peer.rest() == b""
        await peer.leave()
    assert errors == [
        f"Unexpected ASGI message 'websocket.{name}', after sending 'websocket.close'."
        for name in ("send", "close")
    ]


async def test_a_send_after_the_clients_close_is_an_os_error(serve: Serve) -> None:
    raised = asyncio.Event()

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        await until_disconnect(receive)
        with pytest.raises(OSError):
            await send({"type": "websocket.send", "text": "late"})
        raised.set()

    async with serve(app) as running:
        peer = await RawPeer.open(running.port)
        peer.write(close(1000))
        await asyncio.wait_for(raised.wait(), 5)
        await peer.leave()


async def test_a_client_that_is_gone_is_no_error_in_the_log(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        await until_disconnect(receive)
        while True:
            await send({"type": "websocket.send", "text": "?"})
            await asyncio.sleep(0)

    async with serve(app) as running:
        peer = await RawPeer.open(running.port)
        peer.write(close(1000))
        await peer.frame()
        await peer.leave()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def returns(_scope: Message, receive: Receive, send: Send) -> None:
    await accepted(receive, send)
    await send({"type": "websocket.send", "text": "last words"})


async def returns_a_value(scope: Message, receive: Receive, send: Send) -> Any:
    await returns(scope, receive, send)
    return 123


async def raises(scope: Message, receive: Receive, send: Send) -> None:
    await returns(scope, receive, send)
    raise ValueError("by the application")


async def is_cancelled(scope: Message, receive: Receive, send: Send) -> None:
    await returns(scope, receive, send)
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    ("app", "code", "errors"),
    [(returns, 1000, 0), (returns_a_value, 1011, 1), (raises, 1011, 1), (is_cancelled, 1011, 1)],
)
async def test_an_application_that_ends_without_closing_is_closed_properly(
    serve_ours: Serve, caplog: pytest.LogCaptureFixture, app: Any, code: int, errors: int
) -> None:
    async with serve_ours(app) as running:
        peer = await RawPeer.open(running.port)
        assert (await peer.frame()).payload == b"last words"
        assert (await peer.frame()).close_code == code
        peer.write(close(code))
        assert await peer.rest() == b""
        await peer.leave()
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == errors


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(TEXT, b"\xff"), 1007),
        (frame(TEXT, b"x", masked=False), 1002),
        (frame(3, b""), 1002),
        (close(1005), 1002),
    ],
    ids=["UTF-8", "no mask", "opcode", "close code"],
)
async def test_a_client_that_breaks_the_rules(
    serve_ours: Serve, caplog: pytest.LogCaptureFixture, sent: bytes, code: int
) -> None:
    seen: list[Message] = []

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        seen.append(await receive())

    async with serve_ours(app) as running:
        peer = await RawPeer.open(running.port)
        peer.write(sent)
        assert (await peer.frame()).close_code == code
        assert await peer.rest() == b""
        await peer.leave()
    assert (seen[0]["type"], seen[0]["code"]) == ("websocket.disconnect", code)
    assert seen[0]["reason"], "the reason says what was wrong"
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(("size", "kept"), [(10, True), (11, False)])
async def test_a_message_longer_than_ws_max_size(serve: Serve, size: int, kept: bool) -> None:
    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "bytes": message["bytes"]})
        assert message["code"] == 1009

    async with (
        serve(app, ws_max_size=10) as running,
        connect(running.url(), compression=None) as client,
    ):
        await client.send(b"x" * size)
        if kept:
            assert await client.recv() == b"x" * size
            return
        with pytest.raises(ConnectionClosedError) as closed:
            await client.recv()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009
