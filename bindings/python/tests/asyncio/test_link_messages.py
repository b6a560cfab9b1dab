"""Messages both ways, on both loops, plain and over TLS, to `recv` and to listeners."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from link_pairs import Accept, Echo, Run, no_keepalive, pair
from websocket_proto import Config, Deflate, Prepared
from websocket_proto.asyncio.connection import Connection, State
from websocket_proto.exceptions import ConnectionClosedOK, SendError

SIZES = [0, 1, 125, 126, 65_535, 65_536, 300_000, 1 << 20, 5 << 20]


async def echo_everything(client: Connection) -> None:
    for size in SIZES:
        data = bytes(range(251)) * (size // 251 + 1)
        await client.send(data[:size])
        assert await client.recv() == data[:size]
    text = "grüße 🎉" * 100_000
    await client.send(text)
    assert await client.recv() == text


@pytest.mark.parametrize("deflate", [None, Deflate(minimum=0)])
@pytest.mark.parametrize("tls", [False, True])
def test_messages_of_all_sizes_come_back(
    run: Run, contexts: Any, tls: bool, deflate: Deflate | None
) -> None:
    config = {"config": Config(deflate=deflate)}

    async def main() -> None:
        chosen = contexts if tls else None
        async with pair(Echo(), contexts=chosen, server=config, client=config) as both:
            assert (both.client.deflate is None) is (deflate is None)
            await echo_everything(both.client)
            await both.client.close()
            assert both.client.ending.clean
            assert both.client.state is State.CLOSED

    run(main)


def test_messages_that_follow_closely_keep_their_order(run: Run) -> None:
    async def main() -> None:
        async with pair(Echo(), client={"config": no_keepalive()}) as both:
            for number in range(5_000):
                await both.client.send(str(number))
            for number in range(5_000):
                assert await both.client.recv() == str(number)

    run(main)


def test_a_batch_of_answers_is_one_write(run: Run) -> None:

    class Counted(Connection):
        """Counts how many bytes each read has brought."""

        __slots__ = ("reads",)
        reads: list[int]

        def buffer_updated(self, nbytes: int) -> None:
            self.reads.append(nbytes)
            super().buffer_updated(nbytes)

    async def main() -> None:
        async with pair(Echo()) as both:
            loop = asyncio.get_running_loop()
            port = both.server.local_address[1]
            counted = Counted(f"ws://localhost:{port}/")
            counted.reads = []
            await loop.create_connection(lambda: counted, "127.0.0.1", port)
            await counted.wait_open()
            counted.reads.clear()
            for _ in range(100):
                counted.queue_nowait("a message")
            counted.flush()
            for _ in range(100):
                assert await counted.recv() == "a message"
            assert counted.reads == [100 * 11]
            await counted.close()

    run(main)


def test_every_kind_of_message(run: Run) -> None:
    async def main() -> None:
        async with pair(Echo()) as both:
            client = both.client
            await client.send(bytearray(b"array"))
            await client.send(memoryview(b"0123456789")[2:4])
            await client.send(Prepared("prepared"))
            await client.send("as bytes", text=False)
            await client.send(b"as text", text=True)
            await client.send(["in ", "three ", "parts"])
            client.start(text=False)
            client.fragment(b"by ")
            client.finish(b"hand")
            expected = [
                b"array", b"23", "prepared", b"as bytes", "as text", "in three parts", b"by hand",
            ]  # fmt: skip
            assert [await client.recv() for _ in expected] == expected
            await client.send("text")
            assert await client.recv(decode=False) == b"text"
            await client.send(b"bytes")
            assert await client.recv(decode=True) == "bytes"
            await client.send("whole")
            assert [part async for part in client.recv_streaming()] == ["whole"]

    run(main)


def test_what_is_no_message_is_refused(run: Run) -> None:
    async def main() -> None:
        async with pair(Echo()) as both:
            for wrong in (1, None, object(), {"a": 1}):
                with pytest.raises(TypeError, match="a message is"):
                    await both.client.send(wrong)
                with pytest.raises(TypeError, match="a message is"):
                    both.client.send_nowait(wrong)
            with pytest.raises(SendError) as caught:
                both.client.send_nowait("\ud800")
            assert caught.value.name == "not-utf8"
            await both.client.send("still open")
            assert await both.client.recv() == "still open"

    run(main)


def test_an_iteration_ends_with_the_connection(run: Run) -> None:
    async def main() -> None:
        async with pair(Accept()) as both:
            for number in range(3):
                await both.server.send(str(number))
            await asyncio.gather(both.server.close(), asyncio.sleep(0))
            assert [message async for message in both.client] == ["0", "1", "2"]
            with pytest.raises(ConnectionClosedOK):
                await both.client.recv()
            with pytest.raises(ConnectionClosedOK):
                await both.client.send("too late")

    run(main)


def test_pings_measure_the_round_trip(run: Run) -> None:
    async def main() -> None:
        async with pair(Accept()) as both:
            assert both.client.latency == 0.0
            pong = await both.client.ping()
            assert 0 < await pong == both.client.latency
            first = await both.client.ping(b"first")
            with pytest.raises(RuntimeError, match="waits for its pong"):
                await both.client.ping("first")
            await first
            waiting = await both.client.ping()
            both.client.abort()
            await both.client.wait_closed()
            with pytest.raises(Exception, match="aborted"):
                await waiting

    run(main)


def test_bytes_that_come_by_data_received(run: Run) -> None:
    """As when a server reads the request and hands over what it read."""

    class Plain(asyncio.Protocol):
        def __init__(self) -> None:
            self.connection = Connection(None, listener=Echo())

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.connection.connection_made(transport)

        def data_received(self, data: bytes) -> None:
            self.connection.data_received(data)
            self.connection.transport.set_protocol(self.connection)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Plain, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        client = Connection(f"ws://127.0.0.1:{port}/")
        await loop.create_connection(lambda: client, "127.0.0.1", port)
        try:
            await client.wait_open()
            await echo_everything(client)
            await client.close()
        finally:
            server.close()

    run(main)
