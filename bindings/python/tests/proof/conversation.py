"""A short run of everything, for tools that watch memory: `python conversation.py`."""

from __future__ import annotations

import asyncio

import websocket_proto as ws
from links import Echo, served


def without_io():
    config = ws.Config(streaming=True, deflate=ws.Deflate(minimum=0))
    client = ws.Connection.client(
        "ws://h/?a=b", subprotocols=["a"], headers={"X": "y"}, config=config
    )
    server = ws.Connection.server(config=config)
    (request,) = server.receive_data(client.data_to_send())
    assert request.subprotocols == ["a"] or list(request.subprotocols) == ["a"]
    server.accept(subprotocol="a", headers={"Y": "z"})
    client.receive_data(server.data_to_send())
    for message in ("text", b"binary", "é" * 3000, b"\0" * 100_000):
        client.send(message)
        server.send(message)
        server.receive_data(client.data_to_send())
        client.receive_data(memoryview(server.data_to_send()))
    client.start(text=True)
    client.fragment(b"a")
    client.finish(b"b")
    client.ping(b"x")
    client.close(1000, "bye")
    events = server.receive_data(bytearray(client.data_to_send()))
    assert repr(events)
    client.receive_data(server.data_to_send())
    assert client.receive_eof()[-1].ending.clean
    del events, request
    broken = ws.Connection.established(client=False)
    assert broken.receive_data(b"\xff\xff")[0].error.section


async def over_a_socket():
    config = ws.Config(deflate=ws.Deflate(minimum=0))
    async with served(Echo(), config=config) as server:
        link = await server.client(config=config)
        for message in ("text", b"binary", "é" * 3000, b"\0" * 100_000):
            await link.send(message)
            assert await link.recv() == message
        waiting = asyncio.create_task(link.recv())
        await asyncio.sleep(0)
        waiting.cancel()
        await (await link.ping())
        link.send_nowait(ws.Prepared("prepared"))
        assert await link.recv() == "prepared"
        await link.close()
        other = await server.client()
        other.send_nowait(b"lost")
        other.abort()
        await other.wait_closed()


if __name__ == "__main__":
    without_io()
    asyncio.run(over_a_socket())
    print("done")
