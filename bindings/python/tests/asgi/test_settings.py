"""uvicorn's settings for WebSocket, and its end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from .raw_peer import BINARY, CLOSE, PING, TEXT, RawPeer, close, frame
from .serving import OURS, Message, Receive, Send, Serve, accepted, echo, until_disconnect

pytestmark = pytest.mark.anyio


async def test_a_silent_client_is_pinged_and_given_up(serve: Serve) -> None:
    codes: list[int] = []

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        codes.append((await until_disconnect(receive))["code"])

    async with serve(app, ws_ping_interval=0.05, ws_ping_timeout=0.05) as running:
        peer = await RawPeer.open(running.port)
        assert (await peer.frame()).opcode == PING
        last = await peer.frame()
        assert (last.opcode, last.close_code) == (CLOSE, 1011)
        await peer.leave()
    assert len(codes) == 1


async def test_a_client_that_answers_pings_stays(serve: Serve) -> None:
    async with (
        serve(echo, ws_ping_interval=0.02, ws_ping_timeout=0.5) as running,
        connect(running.url(), ping_interval=None) as client,
    ):
        await asyncio.sleep(0.2)
        await client.send("still here")
        assert await client.recv() == "still here"


@pytest.mark.parametrize("interval", [None, 0.0])
async def test_pings_can_be_turned_off(serve: Serve, interval: float | None) -> None:
    async with serve(echo, ws_ping_interval=interval) as running:
        peer = await RawPeer.open(running.port)
        await asyncio.sleep(0.1)
        peer.write(frame(TEXT, b"first"))
        assert (await peer.frame())[:2] == (TEXT, b"first")
        await peer.leave()


async def test_pings_without_a_limit_for_the_answer(serve: Serve) -> None:
    async with serve(echo, ws_ping_interval=0.02, ws_ping_timeout=None) as running:
        peer = await RawPeer.open(running.port)
        assert (await peer.frame()).opcode == PING
        await asyncio.sleep(0.1)
        peer.write(frame(BINARY, b"alive"))
        while (answer := await peer.frame()).opcode == PING:
            pass
        assert answer.payload == b"alive"
        await peer.leave()


async def test_fragments_beyond_ws_max_size(serve: Serve) -> None:
    async with (
        serve(echo, ws_max_size=2048) as running,
        connect(running.url(), compression=None) as client,
    ):
        with pytest.raises(ConnectionClosedError) as closed:
            await client.send([b"x" * 1024] * 4)
            await client.recv()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009


async def test_a_small_message_that_inflates_beyond_ws_max_size(serve: Serve) -> None:
    async with serve(echo, ws_max_size=10_000) as running, connect(running.url()) as client:
        with pytest.raises(ConnectionClosedError) as closed:
            await client.send(b"x" * 10_001)
            await client.recv()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009


async def test_no_more_is_read_while_ws_max_queue_messages_wait(serve_ours: Serve) -> None:
    received: list[str] = []
    go_on = asyncio.Event()

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        await go_on.wait()
        while (message := await receive())["type"] == "websocket.receive":
            received.append(message["text"])

    async with serve_ours(app, ws_max_queue=4) as running:
        peer = await RawPeer.open(running.port)
        (connection,) = running.server.server_state.connections
        for number in range(4):
            assert connection.transport.is_reading()
            peer.write(frame(TEXT, b"%d" % number) + frame(PING, b""))
            await peer.frame()
        while connection.transport.is_reading():
            await asyncio.sleep(0)
        peer.write(frame(TEXT, b"4"))
        go_on.set()
        while len(received) < 5:
            await asyncio.sleep(0)
        assert connection.transport.is_reading()
        await peer.leave()
    assert received == ["0", "1", "2", "3", "4"]


async def test_the_application_learns_that_the_server_stops(serve: Serve) -> None:
    seen: list[Message] = []

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        seen.append(await receive())

    async with serve(app) as running:
        peer = await RawPeer.open(running.port)
        running.server.should_exit = True
        assert (await peer.frame()).close_code == 1012
        peer.write(close(1012))
        assert await peer.rest() == b""
        await peer.leave()
    assert (seen[0]["type"], seen[0]["code"]) == ("websocket.disconnect", 1012)


async def test_a_handshake_without_an_answer_when_the_server_stops(serve: Serve) -> None:
    asked = asyncio.Event()
    seen: list[Message] = []

    async def app(_scope: Message, receive: Receive, _send: Send) -> None:
        await receive()
        asked.set()
        seen.append(await receive())

    async with serve(app) as running:
        peer = await RawPeer.connect(running.port)
        peer.write(b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n")
        peer.write(b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
        peer.write(b"Sec-WebSocket-Version: 13\r\n\r\n")
        await asked.wait()
        running.server.should_exit = True
        assert (await peer.head())[0] == 500
        assert await peer.rest() == b"Internal Server Error"
        await peer.leave()
    assert [(message["type"], message["code"]) for message in seen] == [
        ("websocket.disconnect", 1006)
    ]


async def test_a_deaf_client_does_not_keep_the_server_from_stopping(serve_ours: Serve) -> None:
    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        await until_disconnect(receive)

    async with serve_ours(app, timeout_graceful_shutdown=None) as running:
        peer = await RawPeer.open(running.port)
        async with asyncio.timeout(20):
            running.server.should_exit = True
            while running.server.server_state.connections:
                await asyncio.sleep(0.05)
        await peer.leave()


async def test_the_command_line(tmp_path: Path) -> None:
    """uvicorn as a command, asked for our class by its name, and stopped by a signal."""
    (tmp_path / "application.py").write_text(
        "async def app(scope, receive, send):\n"
        "    assert scope['type'] == 'websocket'\n"
        "    await receive()\n"
        "    await send({'type': 'websocket.accept'})\n"
        "    await send({'type': 'websocket.send', 'text': 'hello'})\n"
        "    while (await receive())['type'] != 'websocket.disconnect':\n"
        "        pass\n"
    )
    command = [sys.executable, "-m", "uvicorn", "--ws", OURS, "--port", "0", "application:app"]
    server = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, stderr=asyncio.subprocess.PIPE
    )
    assert server.stderr is not None
    while b"running on" not in (line := await server.stderr.readline()):
        assert line, "it ended before it was up"
    port = int(line.split(b"http://127.0.0.1:")[1].split()[0])
    async with connect(f"ws://127.0.0.1:{port}/") as client:
        assert await client.recv() == "hello"
        os.kill(server.pid, signal.SIGINT)
        with pytest.raises(ConnectionClosedError) as closed:
            await client.recv()
    log = (await server.communicate())[1]
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1012
    assert b"[accepted]" in log and b"Traceback" not in log
