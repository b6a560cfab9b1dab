"""This package: its state machine, on asyncio and in uvicorn."""

from collections.abc import Iterator
from typing import Any

import websocket_proto
from websocket_proto import Config, Keepalive
from websocket_proto.asyncio import ServerConnection, broadcast, serve
from websocket_proto.asyncio import connect as ours_connect

from .part import (
    LONGEST_MESSAGE,
    Address,
    Awaiting,
    Calling,
    Chat,
    Client,
    Message,
    Receive,
    SansIO,
    Send,
    Uvicorn,
)

# Callbacks send without waiting, as with the peers, which have no limit to the output that waits.
CONFIG = Config(
    max_message=LONGEST_MESSAGE, max_frame=LONGEST_MESSAGE, max_output=None, keepalive=None
)


class Listener(Calling):
    connection: Any

    def on_binary(self, connection: Any, message: bytes) -> None:
        self.total += len(message)
        self.unanswered -= 1
        if self.unsent:
            self.unsent -= 1
            connection.send_nowait(self.next_message())
        elif not self.unanswered:
            self.last = message
            self.done.set_result(None)

    on_text = on_binary

    async def exchange(self, messages: Iterator[Message], count: int, in_flight: int) -> None:
        done = self.begin(messages, count, in_flight)
        for _ in range(in_flight):
            self.connection.queue_nowait(next(messages))
        self.connection.flush()
        await done

    async def close(self) -> None:
        await self.connection.close()


async def call(address: Address) -> Listener:
    listener = Listener()
    listener.connection = await connection_to(address, listener)
    return listener


async def connect(address: Address) -> Awaiting:
    return Awaiting(await connection_to(address, None))


async def connection_to(address: Address, listener: Listener | None) -> Any:
    return await ours_connect(
        address.url,
        ssl=address.tls,
        compression="deflate" if address.deflate else None,
        config=CONFIG,
        listener=listener,
        proxy=None,
    )


everybody: set[Any] = set()


class Member:
    """The listener of all connections of the chat."""

    def on_binary(self, _connection: ServerConnection, message: bytes) -> None:
        broadcast(everybody, message)

    def on_ended(self, connection: ServerConnection, _ending: object) -> None:
        everybody.discard(connection)


async def serve_member(connection: ServerConnection) -> None:
    everybody.add(connection)
    try:
        async for message in connection:
            broadcast(everybody, message)
    finally:
        everybody.discard(connection)


def config_of(ping_after: float | None) -> Config:
    return CONFIG.replace(keepalive=Keepalive(ping_after, 20) if ping_after else None)


async def listen_with_handler(port: int, ping_after: float | None) -> Any:
    return await serve(
        serve_member,
        "127.0.0.1",
        port,
        compression=None,
        config=config_of(ping_after),
        backlog=1000,
    )


async def listen_with_listener(port: int, ping_after: float | None) -> Any:
    member = Member()

    def join(connection: ServerConnection) -> Member:
        everybody.add(connection)
        return member

    return await serve(
        None,
        "127.0.0.1",
        port,
        compression=None,
        config=config_of(ping_after),
        listener=join,
        backlog=1000,
    )


def receiver() -> Receive:
    connection = websocket_proto.Connection.established(client=False, config=CONFIG)

    def receive(data: bytes) -> list[Any]:
        events: Any = connection.receive_data(data)
        return [event.data for event in events]

    return receive


def sender(*, client: bool) -> Send:
    connection = websocket_proto.Connection.established(client=client, config=CONFIG)

    def send(messages: list[bytes]) -> Any:
        for message in messages:
            connection.send(message)
        return connection.data_to_send()

    return send


CLIENTS = [
    Client("websocket-proto, callbacks", call, callbacks=True, kind="ours"),
    Client("websocket-proto, recv/send", connect, kind="ours"),
]
# The handler first: it is what the peers are compared with, which have a task for a connection, too.
CHATS = [
    Chat("websocket-proto", listen_with_handler, kind="ours"),
    Chat("websocket-proto, callbacks", listen_with_listener, kind="ours"),
]
SANS_IO = [
    SansIO(
        "websocket-proto",
        receiver,
        client_sender=lambda: sender(client=True),
        server_sender=lambda: sender(client=False),
        kind="ours",
    )
]
UVICORN = [Uvicorn("websocket-proto", "websocket_proto.uvicorn:Protocol", kind="ours")]
