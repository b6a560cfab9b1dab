"""A server on Python websockets for our wscat to talk with; wscat_peer.js is its twin on Node ws.

wscat_peer.py [CERT KEY] prints 'listening on ws://…' or 'listening on wss://…', then 'closed PATH
CODE' for each connection that ended.

  /             echoes                       /subprotocol  says which one was chosen
  /kind         says what kind a message is  /leave        says bye and closes with 1001
  /headers      says what X-First, X-Second  /drop         says bye and drops the connection
                were                         /refuse       answers with 401 and a body
  /ping         pings and says when the      /redirect     answers with 302
                pong came
  /fragments    sends a message in fragments with pings between, and says when the pongs came

On asyncio, for the reason that echo_client.py gives.
"""

import asyncio
import os
import ssl
import sys
import threading

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

LIFETIME = 60


async def main():
    watchdog = threading.Timer(LIFETIME, os._exit, [1])
    watchdog.daemon = True
    watchdog.start()
    options = {"subprotocols": ["superchat"], "select_subprotocol": choose, "process_request": refuse, "max_size": None}
    scheme = "ws"
    if sys.argv[1:]:
        scheme, options["ssl"] = "wss", ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        options["ssl"].load_cert_chain(*sys.argv[1:3])
    async with serve(handle, "127.0.0.1", 0, **options) as server:
        print(f"listening on {scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


def choose(_ws, offered):
    return "superchat" if "superchat" in offered else None


def refuse(ws, request):
    if request.path == "/refuse":
        return ws.respond(401, "not without a ticket\n")
    if request.path == "/redirect":
        response = ws.respond(302, "over there\n")
        response.headers["Location"] = "/elsewhere"
        return response


async def handle(ws):
    path = ws.request.path
    try:
        await greet(ws, path)
        async for message in ws:
            kind = "text" if isinstance(message, str) else "binary"
            await ws.send(f"{kind} {len(message)}" if path == "/kind" else message)
    except ConnectionClosed:
        pass
    received = ws.protocol.close_rcvd
    print(f"closed {path} {received.code if received else 'without a Close frame'}", flush=True)


async def greet(ws, path):
    if path == "/headers":
        await ws.send(f"{ws.request.headers.get('X-First')} {ws.request.headers.get('X-Second')}")
    elif path == "/subprotocol":
        await ws.send(f"{ws.subprotocol} of {', '.join(ws.request.headers.get_all('Sec-WebSocket-Protocol'))}")
    elif path == "/ping":
        await (await ws.ping(b"are you there?"))
        await ws.send("ponged")
    elif path == "/fragments":
        await send_fragments(ws)
    elif path == "/leave":
        await ws.send("bye")
        await ws.close(1001, "restart")
    elif path == "/drop":
        await ws.send("bye")
        ws.transport.abort()


async def send_fragments(ws):
    pongs = []

    async def with_pings():
        for fragment in ["frag", "", "mented ", "κόσμε"]:
            yield fragment
            pongs.append(await ws.ping())

    await ws.send(with_pings())
    await asyncio.gather(*pongs)
    await ws.send("ponged")


asyncio.run(main())
