"""A program that uses the package as its types say. It is checked with mypy, and run."""

from __future__ import annotations

import asyncio
from typing import assert_type

import websocket_proto as ws
from websocket_proto.asyncio import ServerConnection, connect, serve
from websocket_proto.exceptions import ConnectionClosed, ConnectionClosedOK, SendError


def words(events: list[ws.Event]) -> list[str]:
    """Every kind of event, with the types of its members."""
    shown = []
    for event in events:
        match event:
            case ws.Text(data):
                assert_type(data, str)
                shown.append(data)
            case ws.Binary(data) | ws.Chunk(data):
                assert_type(data, bytes)
                shown.append(data.hex())
            case ws.Ping(payload):
                assert_type(payload, bytes)
                shown.append("ping")
            case ws.Close(code, reason):
                assert_type(code, int)
                assert_type(reason, str)
                shown.append(f"close {code} {reason}")
            case ws.Ended(ending):
                assert_type(ending.code, int)
                assert_type(ending.clean, bool)
                shown.append(ending.cause)
            case ws.Request():
                assert_type(event.headers.get("Host"), str | None)
                shown.append(event.path)
            case ws.Open(response):
                assert_type(response.status, int)
                shown.append("open")
            case _:
                shown.append("other")
    return shown


def without_io() -> None:
    config = ws.Config(max_message=1000, keepalive=ws.Keepalive(10.0, 5.0), deflate=ws.Deflate())
    client = ws.Connection.client("ws://h/chat", subprotocols=["a"], config=config)
    server = ws.Connection.server(config=config.replace(streaming=False))
    assert words(server.receive_data(client.data_to_send())) == ["/chat"]
    server.accept(subprotocol="a")
    assert words(client.receive_data(server.data_to_send())) == ["open"]
    client.send("hello")
    client.send(b"\1")
    client.close(1000, "bye")
    assert words(server.receive_data(client.data_to_send())) == ["hello", "01", "close 1000 bye"]
    assert_type(server.timeout(), float | None)
    assert_type(server.subprotocol, str | None)
    try:
        server.send("late")
    except SendError as error:
        assert_type(error.code, int)
        assert error.name == "closed"


async def over_a_socket() -> None:
    async def echo(connection: ServerConnection) -> None:
        async for message in connection:
            assert_type(message, str | bytes)
            await connection.send(message)

    async with serve(echo, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}/", proxy=None) as connection:
            await connection.send("hello")
            assert_type(await connection.recv(), str | bytes)
            await connection.send(b"bytes")
            assert_type(await connection.recv(decode=False), bytes)
            assert_type(await (await connection.ping()), float)
            await connection.close()
            try:
                await connection.recv()
            except ConnectionClosed as closed:
                assert isinstance(closed, ConnectionClosedOK)
                assert_type(closed.rcvd, ws.Close | None)


if __name__ == "__main__":
    without_io()
    asyncio.run(over_a_socket())
    print("done")
