"""Clients that do what no client should: the server goes on, and nothing of theirs is left."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
from typing import Any

import pytest
from websocket_proto.asyncio import Server, ServerConnection, connect, serve

from .conftest import Run
from .servers import echo, port_of

UPGRADE = (
    b"GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
HELLO = b"\x81\x85\x00\x00\x00\x00hello"

INPUTS = {
    "nothing": b"",
    "half a request": UPGRADE[:40],
    "a request": UPGRADE,
    "a request and a message": UPGRADE + HELLO,
    "half a message": UPGRADE + HELLO[:7],
    "an unmasked message": UPGRADE + b"\x81\x05hello",
    "text that is none": UPGRADE + b"\x81\x82\x00\x00\x00\x00\xc3\x28",
    "a frame without end": UPGRADE + b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00",
    "a long head": b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5000,
    "zeros": bytes(100_000),
    "a page": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "two requests": UPGRADE + UPGRADE,
}


async def still_serves(server: Server) -> None:
    async with connect(f"ws://127.0.0.1:{port_of(server)}/") as websocket:
        await websocket.send("hello")
        assert await websocket.recv() == "hello"


def reset(sock: socket.socket) -> None:
    """Closes a socket as a program that crashes does."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


async def send_and_leave(port: int, data: bytes, end: str) -> None:
    loop = asyncio.get_running_loop()
    sock = socket.socket()
    sock.setblocking(False)
    try:
        await loop.sock_connect(sock, ("127.0.0.1", port))
        with contextlib.suppress(ConnectionError):
            await loop.sock_sendall(sock, data)
            await asyncio.sleep(0.02)
            if end == "half-closes":
                sock.shutdown(socket.SHUT_WR)
                async with asyncio.timeout(5):
                    while await loop.sock_recv(sock, 65536):
                        pass
    finally:
        reset(sock) if end == "resets" else sock.close()


async def slow_hook(websocket: ServerConnection, request: Any) -> None:
    await asyncio.sleep(0.03)


@pytest.mark.parametrize("end", ["closes", "half-closes", "resets"])
@pytest.mark.parametrize("hook", [None, slow_hook])
def test_whatever_a_client_sends(
    run: Run[None], end: str, hook: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        options: dict[str, Any] = {"process_request": hook, "open_timeout": 0.5}
        async with serve(echo, "127.0.0.1", 0, close_timeout=0.5, **options) as server:
            clients = [send_and_leave(port_of(server), data, end) for data in INPUTS.values()]
            await asyncio.gather(*clients)
            await still_serves(server)
        assert not server.connections

    run(main())
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_client_that_never_answers_the_close(run: Run[None]) -> None:
    async def main() -> None:
        async with serve(echo, "127.0.0.1", 0, close_timeout=0.1) as server:
            _, writer = await asyncio.open_connection("127.0.0.1", port_of(server))
            writer.write(UPGRADE)
            while not server.connections:
                await asyncio.sleep(0.01)
        writer.close()

    run(main())


def test_a_client_that_reads_nothing(run: Run[None]) -> None:
    """A handler that waits in `send` is told, too, when the server closes."""

    async def flood(websocket: ServerConnection) -> None:
        while True:
            await websocket.send(b"x" * 100_000)

    async def main() -> None:
        async with serve(flood, "127.0.0.1", 0, close_timeout=0.1, compression=None) as server:
            sock = socket.socket()
            sock.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(sock, ("127.0.0.1", port_of(server)))
            await loop.sock_sendall(sock, UPGRADE)
            await asyncio.sleep(0.2)
            (connection,) = server.connections
            assert connection.waiting < 2**21
        sock.close()

    run(main())


def test_many_at_once(run: Run[None]) -> None:
    async def client(uri: str, number: int) -> None:
        async with connect(uri) as websocket:
            await websocket.send(str(number))
            assert await websocket.recv() == str(number)

    async def main() -> None:
        async with serve(echo, "127.0.0.1", 0, backlog=500) as server:
            uri = f"ws://127.0.0.1:{port_of(server)}/"
            await asyncio.gather(*(client(uri, number) for number in range(200)))

    run(main())
