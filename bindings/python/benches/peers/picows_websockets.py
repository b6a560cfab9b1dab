"""The part of picows that is used like websockets."""

from typing import Any

from picows import websockets

from .part import LONGEST_MESSAGE, Address, Awaiting, Chat, Client

LEAVES_OUT = (
    "looks at neither of the reserved bits 2 and 3; "
    "masks are from C's `rand()`, not from a secure source"
)


async def connect(address: Address) -> Awaiting:
    socket = await websockets.connect(
        address.url,
        ssl=address.tls,
        compression="deflate" if address.deflate else None,
        max_size=LONGEST_MESSAGE,
        ping_interval=None,
    )
    return Awaiting(socket)


everybody: set[websockets.ServerConnection] = set()


async def serve_member(socket: websockets.ServerConnection) -> None:
    everybody.add(socket)
    try:
        async for message in socket:
            websockets.broadcast(everybody, message)
    finally:
        everybody.discard(socket)


async def listen(port: int, ping_after: float | None) -> Any:
    return await websockets.serve(
        serve_member,
        "127.0.0.1",
        port,
        compression=None,
        max_size=LONGEST_MESSAGE,
        ping_interval=ping_after,
        backlog=1000,
    )


CLIENTS = [Client("picows.websockets", connect, leaves_out=LEAVES_OUT)]
CHATS = [Chat("picows.websockets", listen, leaves_out=LEAVES_OUT)]
