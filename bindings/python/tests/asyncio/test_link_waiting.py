"""Backpressure both ways, and cancellation at every await."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

import pytest
from link_pairs import Accept, Echo, Run, no_keepalive, pair, serving
from websocket_proto.asyncio.connection import Connection
from websocket_proto.exceptions import ConcurrencyError, ConnectionClosed, SendError


@pytest.mark.parametrize("tls", [False, True])
def test_a_cancelled_recv_loses_nothing(run: Run, contexts: Any, tls: bool) -> None:
    async def main() -> None:
        async with pair(Accept(), contexts=contexts if tls else None) as both:
            received: list[str | bytes] = []

            async def send() -> None:
                for number in range(500):
                    await both.server.send(str(number))
                    if number % 7 == 0:
                        await asyncio.sleep(0)

            sender = asyncio.create_task(send())
            attempts = 0
            while len(received) < 500:
                attempts += 1
                task = asyncio.create_task(both.client.recv())
                for _ in range(attempts % 4):
                    await asyncio.sleep(0)
                task.cancel()
                try:
                    received.append(await task)
                except asyncio.CancelledError:
                    continue
                if len(received) % 3 == 0:
                    received.append(await asyncio.wait_for(both.client.recv(), 5))
            await sender
            assert received[:500] == [str(number) for number in range(500)]

    run(main)


def test_two_calls_of_recv(run: Run) -> None:
    async def main() -> None:
        async with pair(Accept()) as both:
            first = asyncio.create_task(both.client.recv())
            await asyncio.sleep(0)
            with pytest.raises(ConcurrencyError, match="another call of recv"):
                await both.client.recv()
            await both.server.send("for the first")
            assert await first == "for the first"
            once = both.client.recv()
            await both.server.send("again")
            assert await once == "again"
            with pytest.raises(RuntimeError, match="awaited already"):
                await once

    run(main)


def test_recv_in_a_task_that_is_thrown_away(run: Run) -> None:
    async def main() -> None:
        async with pair(Accept()) as both:
            abandoned = both.client.recv()
            abandoned.send(None)
            del abandoned
            await both.server.send("for another")
            assert await both.client.recv() == "for another"

    run(main)


def test_a_slow_reader_stops_the_sender(run: Run) -> None:
    """Both sides hold a bounded number of bytes, and all arrives."""
    message = b"x" * 10_000
    count = 3_000

    async def main() -> None:
        limits = {"read_limit": 100_000, "write_limit": 50_000, "config": no_keepalive()}
        async with pair(Accept(), server=limits, client=limits) as both:
            sent = 0

            async def send() -> None:
                nonlocal sent
                for _ in range(count):
                    await both.server.send(message)
                    sent += 1
                    assert both.server.waiting <= 50_000 + 2 * len(message)

            sender = asyncio.create_task(send())
            await asyncio.sleep(0.2)
            assert sent < count
            assert 100_000 <= both.client.buffered + 64 * 10 < 100_000 + 2 * len(message)
            for _ in range(count):
                assert await both.client.recv() == message
                assert both.client.buffered < 100_000 + 2 * len(message)
            await sender

    run(main)


def test_a_cancelled_send_sends_nothing(run: Run) -> None:
    async def main() -> None:
        limits = {"read_limit": 1, "write_limit": 1, "config": no_keepalive()}
        async with pair(Accept(), server=limits, client=limits) as both:
            server, client = both.server, both.client
            blocked = 0
            while True:
                try:
                    await asyncio.wait_for(server.send(b"x" * 1_000_000), 0.5)
                except TimeoutError:
                    break
                blocked += 1
            tasks = [asyncio.create_task(server.send(str(number))) for number in range(6)]
            await asyncio.sleep(0.01)
            assert not any(task.done() for task in tasks)
            for task in tasks[::2]:
                task.cancel()
            for _ in range(blocked):
                assert await client.recv() == b"x" * 1_000_000
            assert [await client.recv() for _ in range(3)] == ["1", "3", "5"]
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(result).__name__ for result in results] == [
                "CancelledError",
                "NoneType",
            ] * 3

    run(main)


def test_output_has_a_limit(run: Run) -> None:
    async def main() -> None:
        async with pair(Accept(), server={"read_limit": 1}) as both:
            both.server.pause_reading()
            await asyncio.sleep(0)
            with pytest.raises(SendError) as caught:
                for _ in range(1_000):
                    both.client.send_nowait(b"x" * 100_000)
            assert caught.value.name == "full"
            assert both.client.waiting < (1 << 20) + 100_100
            assert not both.client.has_room
            drained = asyncio.create_task(both.client.drain())
            await asyncio.sleep(0.01)
            assert not drained.done()
            both.server.set_listener(Echo())
            both.server.resume_reading()
            await drained

    run(main)


def test_send_that_is_not_awaited() -> None:
    connection = Connection(None)
    with pytest.warns(RuntimeWarning, match="never awaited"):
        connection.send("lost")  # type: ignore[unused-coroutine]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        connection.recv()  # type: ignore[unused-coroutine]


def test_waits_that_end_with_the_connection(run: Run) -> None:
    async def main() -> None:
        limits = {"write_limit": 1, "config": no_keepalive()}
        async with pair(Accept(), server={"read_limit": 1}, client=limits) as both:
            both.server.pause_reading()
            tasks = [asyncio.create_task(both.client.send(b"x" * 500_000)) for _ in range(40)]
            tasks.append(asyncio.create_task(both.client.recv()))
            await asyncio.sleep(0.05)
            assert not all(task.done() for task in tasks)
            both.client.abort()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            refused = [result for result in results if isinstance(result, ConnectionClosed)]
            assert len(refused) == len(results) - results.count(None) > 0
            assert {error.ending.cause for error in refused} == {"aborted"}

    run(main)


def test_a_client_that_sends_before_it_was_answered(run: Run) -> None:
    """What it sends stays in the network until the request is answered, and arrives then."""

    class Late:
        def on_request(self, link: Connection, request: object) -> None:
            link.set_listener(None)

    async def main() -> None:
        async with serving(Late(), read_limit=1 << 30) as (port, connections):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            head = (
                b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            frame = b"\x82\xfe\x27\x10" + bytes(4) + b"x" * 10_000
            writer.write(head + frame * 500)
            await asyncio.sleep(0.1)
            assert not connections[0].is_open
            connections[0].accept()
            for _ in range(500):
                assert await connections[0].recv() == b"x" * 10_000
            writer.close()

    run(main)
