"""websockets, on asyncio and as its Protocol."""

from typing import Any

import websockets
from websockets.asyncio.client import connect as websockets_connect
from websockets.asyncio.server import Server, ServerConnection, broadcast, serve
from websockets.protocol import CLIENT, SERVER, Protocol, Side

from .part import LONGEST_MESSAGE, Address, Awaiting, Chat, Client, Receive, SansIO, Send


async def connect(address: Address) -> Awaiting:
    socket = await websockets_connect(
        address.url,
        ssl=address.tls,
        compression="deflate" if address.deflate else None,
        max_size=LONGEST_MESSAGE,
        ping_interval=None,
        proxy=None,
    )
    return Awaiting(socket)


everybody: set[ServerConnection] = set()


async def serve_member(socket: ServerConnection) -> None:
    everybody.add(socket)
    try:
        async for message in socket:
            broadcast(everybody, message)
    except websockets.ConnectionClosedError:
        pass
    finally:
        everybody.discard(socket)


async def listen(port: int, ping_after: float | None) -> Server:
    return await serve(
        serve_member,
        "127.0.0.1",
        port,
        compression=None,
        max_size=LONGEST_MESSAGE,
        ping_interval=ping_after,
        backlog=1000,
    )


def receiver() -> Receive:
    protocol = Protocol(SERVER, max_size=LONGEST_MESSAGE)

    def receive(data: bytes) -> list[Any]:
        protocol.receive_data(data)
        frames: Any = protocol.events_received()
        return [frame.data for frame in frames]

    return receive


def sender(side: Side) -> Send:
    protocol = Protocol(side, max_size=LONGEST_MESSAGE)

    def send(messages: list[bytes]) -> list[bytes]:
        for message in messages:
            protocol.send_binary(message)
        return protocol.data_to_send()

    return send


CLIENTS = [Client("websockets", connect)]
CHATS = [Chat("websockets", listen)]
SANS_IO = [
    SansIO(
        "websockets",
        receiver,
        client_sender=lambda: sender(CLIENT),
        server_sender=lambda: sender(SERVER),
        leaves_out="frames and no messages: joins no fragments, and neither decodes nor checks text",
    )
]
