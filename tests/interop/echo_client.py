"""Python websockets as the client of our servers: echo_client.py ECHO_URL SERVER_URL [CA]

On asyncio. The variant with threads, websockets.sync, reads and writes one OpenSSL session from two
threads at once, which OpenSSL does not allow: when the tickets of TLS 1.3 are read just as the
request is written, the request is lost, and the handshake times out: in one of about a thousand
connections, to any server that sends tickets.
"""

import asyncio
import ssl
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

ECHO, SERVER = sys.argv[1:3]
TLS = {"ssl": ssl.create_default_context(cafile=sys.argv[3])} if sys.argv[3:] else {}
SIZES = [0, 1, 125, 126, 65535, 65536, 1 << 20, 16 << 20]
GREEK = "κόσμε 𝄞 "
TIMEOUT = 10


async def main():
    for size in SIZES:
        await check(f"text of {size} bytes", echoes, "x" * size)
    for size in SIZES:
        await check(f"binary of {size} bytes", echoes, bytes(i % 251 for i in range(size)))
    await check("multi-byte text", echoes, GREEK)
    await check("long multi-byte text", echoes, GREEK * 20_000)
    await check("fragmented text, a ping between the fragments", fragments_echo, ["frag", "", "mented ", GREEK])
    await check("fragmented binary, a ping between the fragments", fragments_echo, [b"\0" * 70_000, b"\xff" * 3, b""])
    await check("a hundred messages in one go", many_messages)
    await check("ping answered by pong", ping)
    await check("fragments from the server, pings between them", fragments_come)
    await check("no subprotocol when none is offered", no_subprotocol)
    await check("no subprotocol chosen from those offered", no_subprotocol, ["chat", "superchat"])
    await check("a subprotocol chosen from those offered", subprotocol)
    await check("close with 1000", closes, 1000, "")
    await check("close with 3001 and a reason", closes, 3001, "enough")
    await check("the server closes first, with 1001", server_closes)
    await check("the server closes with 1007 over text that is not UTF-8", bad_text)
    await check("the server drops the connection", server_drops)
    await check("refused with 401 and a body", refused)
    await check("a redirect is followed", follows_redirect)
    await check("twenty connections at once", many_connections)


async def check(name, function, *args):
    try:
        await asyncio.wait_for(function(*args), TIMEOUT)
        print(f"ok {name}", flush=True)
    except Exception as error:
        print(f"FAILED {name}: {type(error).__name__}: {str(error)[:200]}", flush=True)


def opened(url=ECHO, **options):
    return connect(url, proxy=None, max_size=None, open_timeout=TIMEOUT, close_timeout=TIMEOUT, **TLS, **options)


def same(got, wanted):
    # Not `assert got == wanted`: a mebibyte in an error message helps nobody.
    if got != wanted:
        raise AssertionError(f"got {str(got)[:60]!r} ({type(got).__name__}), not {str(wanted)[:60]!r}")


async def echoes(message):
    async with opened() as ws:
        await ws.send(message)
        same(await ws.recv(), message)


async def fragments_echo(fragments):
    async with opened() as ws:
        pongs = []

        async def with_pings():
            for fragment in fragments:
                yield fragment
                pongs.append(await ws.ping())

        await ws.send(with_pings())
        same(await ws.recv(), type(fragments[0])().join(fragments))
        await asyncio.gather(*pongs)


async def many_messages():
    async with opened() as ws:
        for i in range(100):
            await ws.send(f"message {i}")
        for i in range(100):
            same(await ws.recv(), f"message {i}")


async def ping():
    async with opened() as ws:
        await (await ws.ping(b"are you there?"))
        await ws.send("after the pong")
        same(await ws.recv(), "after the pong")


async def fragments_come():
    async with opened(SERVER + "/fragments") as ws:
        fragments = [fragment async for fragment in ws.recv_streaming()]
        same("".join(fragments), "κόσμε" + "x" * 70_000)
        same(len(fragments) > 3, True)
        same(await ws.recv(), "ponged")


async def no_subprotocol(offered=None):
    async with opened(subprotocols=offered) as ws:
        same(ws.response.headers.get("Sec-WebSocket-Protocol"), None)


async def subprotocol():
    async with opened(SERVER + "/subprotocol", subprotocols=["chat", "superchat"]) as ws:
        same(ws.subprotocol, "superchat")
        same(await ws.recv(), "superchat of chat, superchat")


async def closes(code, reason):
    async with opened() as ws:
        await ws.send("last")
        same(await ws.recv(), "last")
        await ws.close(code, reason)
        was_closed(ws, code)


async def server_closes():
    async with opened(SERVER + "/leave") as ws:
        same(await ws.recv(), "bye")
        await ws.wait_closed()
        was_closed(ws, 1001)
        same(ws.close_reason, "restart")


async def bad_text():
    async with opened() as ws:
        await ws.send(b"\xff", text=True)
        await ws.wait_closed()
        was_closed(ws, 1007)


def was_closed(ws, code):
    if ws.protocol.close_rcvd is None:
        raise AssertionError("no Close frame came")
    same(ws.protocol.close_rcvd.code, code)


async def server_drops():
    async with opened(SERVER + "/drop") as ws:
        same(await ws.recv(), "bye")
        try:
            same(await ws.recv(), "nothing")
        except ConnectionClosed as closed:
            same(closed.rcvd, None)


async def refused():
    try:
        async with opened(SERVER + "/refuse"):
            raise AssertionError("the connection was opened")
    except InvalidStatus as error:
        same((error.response.status_code, error.response.body), (401, b"not without a ticket\n"))
        same(error.response.headers["WWW-Authenticate"], "Ticket")


async def follows_redirect():
    async with opened(SERVER + "/redirect") as ws:
        same(ws.request.path, "/leave")
        same(await ws.recv(), "bye")


async def many_connections():
    open_at_once = await asyncio.gather(*(opened() for _ in range(20)))
    for i, ws in enumerate(open_at_once):
        await ws.send(f"connection {i}")
    for i, ws in enumerate(open_at_once):
        same(await ws.recv(), f"connection {i}")
        await ws.close()
        same(ws.close_code, 1000)


if __name__ == "__main__":
    asyncio.run(main())
