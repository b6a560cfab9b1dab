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
  /deflate?…    compresses with the parameters of RFC 7692 in the query, if our side offers to; says
                what was agreed on and, when asked 'how many bytes?', how many it received

On asyncio, for the reason that echo_client.py gives.
"""

import asyncio
import os
import ssl
import sys
import threading
import urllib.parse

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

LIFETIME = 60


class Counting(ServerConnection):
    """A connection that knows how many bytes it received."""

    received = 0

    def data_received(self, data):
        self.received += len(data)
        super().data_received(data)


async def main():
    watchdog = threading.Timer(LIFETIME, os._exit, [1])
    watchdog.daemon = True
    watchdog.start()
    options = {"subprotocols": ["superchat"], "select_subprotocol": choose, "process_request": decide, "max_size": None}
    options["create_connection"] = Counting
    scheme = "ws"
    if sys.argv[1:]:
        scheme, options["ssl"] = "wss", ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        options["ssl"].load_cert_chain(*sys.argv[1:3])
    async with serve(handle, "127.0.0.1", 0, **options) as server:
        print(f"listening on {scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


def choose(_ws, offered):
    return "superchat" if "superchat" in offered else None


def decide(ws, request):
    path, _, query = request.path.partition("?")
    if path == "/deflate":
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
        parameters = {name: int(value) if value else True for name, value in pairs}
        ws.protocol.available_extensions = [ServerPerMessageDeflateFactory(**parameters)]
    if request.path == "/refuse":
        return ws.respond(401, "not without a ticket\n")
    if request.path == "/redirect":
        response = ws.respond(302, "over there\n")
        response.headers["Location"] = "/elsewhere"
        return response


async def handle(ws):
    path = ws.request.path.partition("?")[0]
    try:
        await greet(ws, path)
        async for message in ws:
            kind = "text" if isinstance(message, str) else "binary"
            if path == "/kind":
                message = f"{kind} {len(message)}"
            elif message == "how many bytes?":
                message = f"{ws.received}"
            await ws.send(message)
    except ConnectionClosed:
        pass
    received = ws.protocol.close_rcvd
    print(f"closed {path} {received.code if received else 'without a Close frame'}", flush=True)


async def greet(ws, path):
    if path == "/headers":
        await ws.send(f"{ws.request.headers.get('X-First')} {ws.request.headers.get('X-Second')}")
    elif path == "/subprotocol":
        await ws.send(f"{ws.subprotocol} of {', '.join(ws.request.headers.get_all('Sec-WebSocket-Protocol'))}")
    elif path == "/deflate":
        await ws.send(ws.response.headers.get("Sec-WebSocket-Extensions", "no extension"))
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
