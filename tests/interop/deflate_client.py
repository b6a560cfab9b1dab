"""Python websockets as a client that compresses: deflate_client.py ECHO_URL SERVER_URL [CA]

One connection for each offer; deflate_client.js is its twin on Node ws.
"""

import asyncio
import random

from echo_client import GREEK, check, opened, same
from websockets.asyncio.client import ClientConnection
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

NEITHER = "server_no_context_takeover; client_no_context_takeover"
OFFERS = [
    "",
    "client_max_window_bits",
    *(f"server_max_window_bits={bits}" for bits in range(9, 16)),
    *(f"client_max_window_bits={bits}" for bits in range(9, 16)),
    "server_no_context_takeover",
    "client_no_context_takeover",
    NEITHER,
    f"{NEITHER}; server_max_window_bits=9; client_max_window_bits=9",
]
SIZES = [0, 1, 125, 126, 1000, 65535, 65536, 1 << 20]
LONG = "All that is gold does not glitter. " * 2000


class Counting(ClientConnection):
    """A connection that knows how many bytes it received."""

    received = 0

    def data_received(self, data):
        self.received += len(data)
        super().data_received(data)


async def main():
    for offer in OFFERS:
        await check(f"offer '{offer}'", compresses, offer)
    await check("declined: a window that our server cannot compress with", declined, "server_max_window_bits=8")
    await check("no offer", declined, None)


def connected(offer):
    extensions = None if offer is None else [ClientPerMessageDeflateFactory(**parameters(offer))]
    return opened(compression=None, extensions=extensions, create_connection=Counting)


def parameters(offer):
    pairs = [part.split("=") for part in offer.split("; ") if part]
    parsed = {name: int(*value) if value else True for name, *value in pairs}
    return {"client_max_window_bits": None, **parsed}


async def compresses(offer):
    async with connected(offer) as ws:
        name, *agreed = ws.response.headers["Sec-WebSocket-Extensions"].split("; ")
        same((name, set(agreed)), ("permessage-deflate", set(confirmed(offer))))
        await exchange(ws)
        same(await received_for(ws, LONG) < len(LONG) // 10, True)
        await received_for(ws, noise := random.randbytes(200))
        same(await received_for(ws, noise) > len(noise), "server_no_context_takeover" in offer)


def confirmed(offer):
    return [part for part in offer.split("; ") if part not in ("", "client_max_window_bits", "client_max_window_bits=15")]


async def declined(offer):
    async with connected(offer) as ws:
        same(ws.response.headers.get("Sec-WebSocket-Extensions"), None)
        await exchange(ws)
        same(await received_for(ws, LONG) > len(LONG), True)


async def exchange(ws):
    for size in SIZES:
        await received_for(ws, (GREEK * size)[:size])
        await received_for(ws, random.randbytes(size))
    for whole in [LONG, random.randbytes(70_000)]:
        await ws.send([whole[:3], whole[:0], whole[3:1000], whole[1000:]])
        same(await ws.recv(), whole)
    many = [f"message {i} " * i for i in range(50)]
    for message in many:
        await ws.send(message)
    same([await ws.recv() for _ in many], many)


async def received_for(ws, message):
    """The bytes that the echo of the message took."""
    before = ws.received
    await ws.send(message)
    same(await ws.recv(), message)
    return ws.received - before


asyncio.run(main())
