"""How connections end: nothing is cut off, nothing hangs, and each end is told once."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import textwrap
import time
from typing import Any

import pytest
from link_pairs import Accept, Echo, Run, no_keepalive, pair, serving
from websocket_proto import Config, Keepalive
from websocket_proto.asyncio.connection import Connection, State
from websocket_proto.exceptions import (
    ConnectionClosedError,
    ConnectionClosedOK,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    SendError,
)

REQUEST = (
    b"GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Told(Echo):
    """Notes every end that it is told of."""

    def __init__(self) -> None:
        self.endings: list[str] = []

    def on_ended(self, link: Connection, ending: Any) -> None:
        self.endings.append(ending.cause)


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("closes", ["client", "server"])
def test_everything_sent_before_the_close_arrives(
    run: Run, contexts: Any, tls: bool, closes: str
) -> None:
    async def main() -> None:
        async with pair(Accept(), contexts=contexts if tls else None) as both:
            sides = [both.client, both.server]
            near, far = sides if closes == "client" else reversed(sides)
            received = asyncio.create_task(drain(far))
            for number in range(40):
                await near.send(str(number) * 50_000)
            await near.close(4001, "done")
            assert await received == [str(number) * 50_000 for number in range(40)]
            assert far.close_code == 4001 and far.close_reason == "done"
            assert near.close_code == 4001 and near.ending.clean
            await far.wait_closed()
            assert near.state is far.state is State.CLOSED
            assert near.transport is far.transport is None

    async def drain(connection: Connection) -> list[Any]:
        messages = []
        with pytest.raises(ConnectionClosedError):
            async for message in connection:
                messages.append(message)
        return messages

    run(main)


@pytest.mark.parametrize("tls", [False, True])
def test_a_close_while_much_is_on_its_way(run: Run, contexts: Any, tls: bool) -> None:
    """The Close frame arrives although the side that sends it has much to discard."""

    async def main() -> None:
        async with pair(Accept(), contexts=contexts if tls else None) as both:
            flood = [asyncio.create_task(both.client.send(b"x" * 100_000)) for _ in range(100)]
            await both.server.send("last words")
            await both.server.close(4000, "enough")
            assert await both.client.recv() == "last words"
            with pytest.raises(ConnectionClosedError) as caught:
                await both.client.recv()
            assert (caught.value.code, caught.value.reason) == (4000, "enough")
            await asyncio.gather(*flood, return_exceptions=True)

    run(main)


def test_the_end_of_the_stream(run: Run) -> None:
    told = Told()

    async def main() -> None:
        async with serving(told) as (port, connections):
            for data in (b"", REQUEST, REQUEST + b"\x81", b"GET / HTTP/1.0\r\n\r\n"):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(data)
                writer.write_eof()
                await reader.read()
                writer.close()
            for connection in connections:
                await connection.wait_closed()
                with pytest.raises(ConnectionClosedError):
                    await connection.recv()
            assert told.endings == ["eof-in-handshake", "eof", "eof-in-frame", "failed"]

    run(main)


def test_a_reset(run: Run) -> None:
    told = Told()

    async def main() -> None:
        async with serving(told) as (port, connections):
            peer = socket.create_connection(("127.0.0.1", port))
            peer.sendall(REQUEST)
            while not connections or not connections[0].is_open:
                await asyncio.sleep(0.001)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            peer.close()
            await connections[0].wait_closed()
            assert told.endings == ["transport-failed"]

    run(main)


def test_a_deaf_peer_is_given_up_after_the_write_timeout(run: Run) -> None:
    """Also while nobody takes what it has sent before."""
    told = Told()
    config = Config(write_timeout=0.3, keepalive=Keepalive(interval=0.2), close_timeout=0.2)

    async def main() -> None:
        async with serving(told, config=config) as (port, connections):
            peer = socket.create_connection(("127.0.0.1", port))
            peer.sendall(REQUEST)
            while not connections or not connections[0].is_open:
                await asyncio.sleep(0.001)
            with pytest.raises(SendError):
                while True:
                    connections[0].send_nowait(b"x" * 500_000)
            await connections[0].wait_closed()
            assert told.endings == ["timed-out"]
            assert connections[0].ending.deadline == "write"
            peer.close()

    run(main)


def test_a_peer_that_answers_no_close_frame(run: Run) -> None:
    async def main() -> None:
        async with serving(Accept(), config=Config(close_timeout=0.2)) as (port, connections):
            peer = socket.create_connection(("127.0.0.1", port))
            peer.sendall(REQUEST)
            while not connections or not connections[0].is_open:
                await asyncio.sleep(0.001)
            loop = asyncio.get_running_loop()
            begin = loop.time()
            await connections[0].close()
            assert loop.time() - begin < 5
            assert connections[0].ending.deadline == "close"
            peer.close()

    run(main)


def test_a_silent_peer_is_asked_and_given_up(run: Run) -> None:
    config = Config(keepalive=Keepalive(interval=0.1, timeout=0.1))

    async def main() -> None:
        async with serving(Accept(), config=config) as (port, connections):
            peer = socket.create_connection(("127.0.0.1", port))
            peer.sendall(REQUEST)
            while not connections:
                await asyncio.sleep(0.001)
            await connections[0].wait_closed()
            assert connections[0].ending.deadline == "pong"
            sent = peer.recv(10_000).partition(b"\r\n\r\n")[2]
            assert sent[:2] == b"\x89\x08" and b"no answer to a ping" in sent
            peer.close()

    run(main)


def test_a_peer_that_answers_is_kept(run: Run) -> None:
    """Also one whose answers come while the loop is busy, or while messages wait for `recv`."""
    config = Config(keepalive=Keepalive(interval=0.05, timeout=0.1))

    async def main() -> None:
        limits = {"config": config, "read_limit": 1}
        async with pair(Accept(), server={"config": no_keepalive()}, client=limits) as both:
            await asyncio.sleep(0.2)
            assert both.client.latency > 0
            time.sleep(0.4)  # noqa: ASYNC251
            await asyncio.sleep(0.1)
            assert both.client.is_open and both.server.is_open
            await both.server.send("waits")
            await both.server.send("waits, too")
            await asyncio.sleep(0.4)
            assert both.client.is_open
            assert [await both.client.recv() for _ in range(2)] == ["waits", "waits, too"]
            await asyncio.sleep(0.2)
            assert both.client.is_open

    run(main)


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno!\n", InvalidStatus, "403"),
        (b"SSH-2.0-OpenSSH\r\n", InvalidMessage, "protocol"),
        (b"", InvalidHandshake, "handshake"),
    ],
)
def test_a_handshake_that_fails(
    run: Run, answer: bytes, error: type[InvalidHandshake], text: str
) -> None:
    async def main() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        client = Connection(f"ws://localhost:{port}")
        await asyncio.get_running_loop().create_connection(lambda: client, "127.0.0.1", port)
        with pytest.raises(error, match=text) as caught:
            await client.wait_open()
        assert type(caught.value) is error
        if isinstance(caught.value, InvalidStatus):
            assert caught.value.response.body == b"no!\n"
        await client.wait_closed()
        await client.close()
        server.close()

    run(main)


def test_a_rejection(run: Run) -> None:
    class Rejects:
        def on_request(self, link: Connection, request: Any) -> None:
            assert request.path == "/chat"
            link.reject(404, headers={"X-Why": "because"}, body="not here")

    async def main() -> None:
        with pytest.raises(InvalidStatus) as caught:
            async with pair(Rejects()):
                raise AssertionError
        response = caught.value.response
        assert (response.status, response.body) == (404, b"not here")
        assert response.headers["x-why"] == "because"

    run(main)


def test_calls_after_the_end_and_before_the_beginning(run: Run) -> None:
    async def main() -> None:
        async with pair(Echo()) as both:
            client = both.client
            address = client.local_address
            await client.close()
            await client.close()
            client.abort()
            for call in (client.send_nowait, client.send_ping):
                with pytest.raises(ConnectionClosedOK):
                    call(b"x")
            client.flush()
            client.pause_reading()
            client.resume_reading()
            assert client.local_address == address
        early = Connection("ws://localhost/")
        assert early.state is State.CONNECTING
        with pytest.raises(SendError) as caught:
            early.send_nowait("x")
        assert caught.value.name == "not-open"
        early.abort()
        with pytest.raises(ConnectionClosedError):
            await early.recv()

    run(main)


PROGRAM = """
    import asyncio, sys
    import uvloop
    from websocket_proto.asyncio.connection import Connection

    class Accept:
        def on_request(self, link, request):
            link.accept()
            link.set_listener(None)

    connections = []

    def make():
        connections.append(Connection(None, listener=Accept()))
        return connections[-1]

    async def main():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(make, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        client = Connection(f"ws://localhost:{port}/")
        await loop.create_connection(lambda: client, "127.0.0.1", port)
        await client.wait_open()
        connections.append(client)
        task = asyncio.create_task(client.recv())
        connections.append(task)
        await client.send("x" * 10_000_000)
        await asyncio.sleep(0.01)
        server.close()

    (uvloop.run if sys.argv[1] == "uvloop" else asyncio.run)(main())
    for connection in connections[:2]:
        try:
            connection.send_nowait("after the loop")
        except Exception as error:
            print(type(error).__name__)
    print("ends")
"""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_an_interpreter_that_exits_with_open_connections(loop: str) -> None:
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), loop]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert ended.stderr == ""
    assert ended.stdout.endswith("ends\n")
    assert ended.returncode == 0
