"""What programs do at the end of a connection, and after it."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import time
from typing import Any

import pytest
from websocket_proto.asyncio import ServerConnection, connect, serve
from websocket_proto.exceptions import ConnectionClosedError, SendError

from .conftest import Run
from .servers import port_of, serving

REQUEST = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def test_a_transport_that_was_aborted_sends_no_close_frame(run: Run[None]) -> None:
    async def drop(websocket: ServerConnection) -> None:
        websocket.transport.abort()

    async def main() -> None:
        async with serving(drop) as uri, connect(uri) as websocket:
            with pytest.raises(ConnectionClosedError):
                await websocket.recv()
            assert websocket.close_code == 1006

    run(main())


def test_nothing_is_written_to_a_transport_that_is_lost(
    run: Run[None], caplog: pytest.LogCaptureFixture
) -> None:
    is_open, was_reset, has_ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def send_much(websocket: ServerConnection) -> None:
        is_open.set()
        await was_reset.wait()
        time.sleep(0.05)  # noqa: ASYNC251 - the loop must not learn of the reset meanwhile
        for _ in range(20):
            if websocket.is_open:
                websocket.send_nowait("x")
                websocket.flush()
        has_ended.set()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with serve(send_much, "127.0.0.1", 0) as server:
            with socket.create_connection(("127.0.0.1", port_of(server))) as peer:
                peer.setblocking(False)
                await loop.sock_sendall(peer, REQUEST)
                await is_open.wait()
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            was_reset.set()
            await has_ended.wait()

    with caplog.at_level(logging.WARNING):
        run(main())
    assert not caplog.records


def test_the_addresses_stay_known(run: Run[None]) -> None:
    async def main() -> None:
        addresses: list[Any] = []

        async def note(websocket: ServerConnection) -> None:
            addresses.append((websocket.local_address, websocket.remote_address))
            await websocket.wait_closed()
            addresses.append((websocket.local_address, websocket.remote_address))

        async with serving(note) as uri:
            async with connect(uri) as websocket:
                local = websocket.local_address
            assert websocket.is_closed
            assert websocket.local_address == local
        assert addresses[0] == addresses[1]
        assert addresses[0][1] == local

    run(main())


@pytest.mark.parametrize("code", [-1, 0, 65_536, 1 << 40])
def test_a_close_code_that_no_frame_holds(run: Run[None], code: int) -> None:
    async def main() -> None:
        async with serving() as uri, connect(uri) as websocket:
            with pytest.raises(SendError, match="close code"):
                await websocket.close(code)
            assert websocket.is_open

    run(main())


def test_the_payload_of_a_ping(run: Run[None]) -> None:
    async def main() -> None:
        async with serving() as uri, connect(uri) as websocket:
            number: Any = 1
            with pytest.raises(TypeError):
                await websocket.ping(number)
            await (await websocket.ping(b""))
            await (await websocket.ping("text"))

    run(main())


def test_no_logger_is_the_usual_one(run: Run[None], caplog: pytest.LogCaptureFixture) -> None:
    async def fail(websocket: ServerConnection) -> None:
        raise LookupError

    async def main() -> None:
        async with serving(fail, logger=None) as uri:
            async for websocket in connect(uri, logger=None, reconnect_delays=lambda: [0.0]):
                with pytest.raises(ConnectionClosedError):
                    await websocket.recv()
                if len(caplog.records) > 2:
                    break

    with caplog.at_level(logging.INFO):
        run(main())
    names = {record.name for record in caplog.records}
    assert {"websocket_proto.server", "websocket_proto.client"} <= names
