"""Messages and connections that come and go leave nothing: memory, objects and references."""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path

import pytest
import websocket_proto as ws
from links import Accepting, Echo, served
from websocket_proto.asyncio.connection import Connection

# What an allocator may keep without there being a leak.
SLACK = 3 << 20


@pytest.fixture
def scale(request):
    """How much more is done with --long."""
    return 20 if request.config.getoption("--long") else 1


def resident():
    """The resident memory of this process, in bytes."""
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * 4096


def grown(job, times):
    """By how much memory and the count of objects have grown after the first half of the times."""
    for _ in range(times):
        job()
    gc.collect()
    memory, objects = resident(), len(gc.get_objects())
    for _ in range(times):
        job()
    gc.collect()
    return resident() - memory, len(gc.get_objects()) - objects


def check_flat(growth):
    memory, objects = growth
    assert memory < SLACK, f"{memory} bytes more"
    assert objects < 100, f"{objects} objects more"


@pytest.mark.parametrize("deflate", [None, ws.DeflateParameters()], ids=["plain", "deflate"])
def test_messages_without_io(deflate, scale):
    """With --long these are more than a million."""
    config = ws.Config(deflate=ws.Deflate(minimum=0)) if deflate else None
    client = ws.Connection.established(client=True, deflate=deflate, config=config)
    server = ws.Connection.established(client=False, deflate=deflate, config=config)
    messages = ["text", b"binary", "é" * 100, b"\0" * 5000]

    def exchange():
        for message in messages * 4:
            client.send(message)
        events = server.receive_data(client.data_to_send())
        for event in events:
            server.send(event.data)
        assert len(client.receive_data(server.data_to_send())) == 16

    check_flat(grown(exchange, 1000 * scale))


def test_connections_without_io(scale):
    """With --long, 100,000 that open, talk and close, and as many that fail or are dropped."""

    def live():
        client = ws.Connection.client("ws://h/", subprotocols=["a"], headers={"X": "y"})
        server = ws.Connection.server()
        (request,) = server.receive_data(client.data_to_send())
        server.accept(subprotocol=request.subprotocols[0])
        client.receive_data(server.data_to_send())
        client.send("hello")
        server.receive_data(client.data_to_send())
        server.close(1000, "bye")
        client.receive_data(server.data_to_send())
        server.receive_data(client.data_to_send())
        assert server.receive_eof()[-1].ending.clean
        broken = ws.Connection.established(client=False)
        assert isinstance(broken.receive_data(b"\xff\xff")[0], ws.Failed)
        ws.Connection.established(client=True).send(b"never sent")

    check_flat(grown(live, 2500 * scale))


def test_messages_over_a_socket(scale):
    async def talk():
        async with served() as server:
            link = await server.client()
            link.set_listener(None)
            for _ in range(2):
                memory, objects = resident(), len(gc.get_objects())
                for _ in range(120 * scale):
                    for number in range(100):
                        link.send_nowait(f"message {number}")
                        link.send_nowait(b"\0" * 300)
                    for _ in range(200):
                        await link.recv()
                gc.collect()
                growth = resident() - memory, len(gc.get_objects()) - objects
            await link.close()
        return growth

    check_flat(asyncio.run(talk()))


def test_connections_over_a_socket(scale):
    """With --long, 40,000 connections; each says something, and closes in one of four ways."""

    async def live(server, number):
        link = await server.client(listener=None)
        await link.send("hello")
        assert await link.recv() == "hello"
        if number % 4 == 0:
            link.abort()
        elif number % 4 == 1:
            server.links[-1].start_close(1001)
            await link.wait_closed()
        elif number % 4 == 2:
            link.transport.close()
            await link.wait_closed()
        else:
            await link.close()
        server.links.clear()

    async def many():
        async with served() as server:
            for _ in range(2):
                memory, objects = resident(), len(gc.get_objects())
                for number in range(1000 * scale):
                    await live(server, number)
                await asyncio.sleep(0.05)
                gc.collect()
                growth = resident() - memory, len(gc.get_objects()) - objects
        return growth

    check_flat(asyncio.run(many()))


def test_references_are_as_before():
    listener = Echo()

    async def talk():
        async with served(listener) as server:
            for _ in range(50):
                link = await server.client()
                link.set_listener(None)
                for message in (*texts, blob):
                    await link.send(message)
                    await link.recv()
                await link.close()
            server.links.clear()

    texts, blob = ["é" * 100, "plain"], b"\0" * 100
    before = [sys.getrefcount(it) for it in (listener, blob, *texts)]
    asyncio.run(talk())
    gc.collect()
    assert [sys.getrefcount(it) for it in (listener, blob, *texts)] == before


def test_closed_connections_are_collected():
    """Without the help of the collector for most, and with it for all."""

    async def talk():
        async with served(Accepting()) as server:
            for _ in range(20):
                link = await server.client()
                await link.close()
            server.links.clear()
            await asyncio.sleep(0.05)

    asyncio.run(talk())
    gc.collect()
    assert not [it for it in gc.get_objects() if isinstance(it, Connection)]
