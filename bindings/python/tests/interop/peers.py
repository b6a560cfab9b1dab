"""Four implementations with one interface: servers, clients, and what both do with a connection.

`serving(accepted, **options)` is a server that gives each connection to `accepted`, a queue;
`opened(url, **options)` is a client's connection. Options are `ssl`, `deflate` and `subprotocols`.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod

import aiohttp
import picows
import websockets
from aiohttp import web
from picows import WSMsgType
from picows.websockets import exceptions as picows_exceptions
from picows.websockets.asyncio.client import connect as picows_connect
from picows.websockets.asyncio.server import serve as picows_serve
from websocket_proto.asyncio import connect, serve
from websocket_proto.exceptions import ConnectionClosed
from websockets.asyncio.client import connect as websockets_connect
from websockets.asyncio.server import serve as websockets_serve

LIMIT = 4 << 20


class Peer(ABC):
    """One end of a connection."""

    can_fragment = True
    can_deflate = True
    # Whether a Close frame is answered with its own code, and not always with 1000.
    echoes_code = True

    @abstractmethod
    async def send(self, message): ...

    @abstractmethod
    async def send_fragments(self, parts): ...

    @abstractmethod
    async def recv(self):
        """The next message, or the code and reason of the end."""

    @abstractmethod
    async def ping(self):
        """Returns when the pong is there."""

    @abstractmethod
    async def close(self, code, reason): ...

    @property
    @abstractmethod
    def subprotocol(self): ...


def url_of(server, options):
    host, port = server.sockets[0].getsockname()[:2]
    return f"{'wss' if options.get('ssl') else 'ws'}://{host}:{port}/"


class Named(Peer):
    """What has the names of the package `websockets`, as this package does."""

    def __init__(self, connection):
        self.connection = connection

    async def send(self, message):
        await self.connection.send(message)

    async def send_fragments(self, parts):
        await self.connection.send(parts)

    async def recv(self):
        try:
            return await self.connection.recv()
        except self.closed as closed:
            await self.connection.wait_closed()
            # A reason that is empty is None in picows.
            return (closed.rcvd.code, closed.rcvd.reason or "") if closed.rcvd else None

    async def ping(self):
        await (await self.connection.ping(b"are you there?"))

    async def close(self, code, reason):
        await self.connection.close(code, reason)

    @property
    def subprotocol(self):
        return self.connection.subprotocol

    @classmethod
    def arguments(cls, options):
        return {
            "ssl": options.get("ssl"),
            "compression": "deflate" if options.get("deflate") else None,
            "subprotocols": options.get("subprotocols"),
            "max_size": LIMIT,
        }

    @classmethod
    @contextlib.asynccontextmanager
    async def serving(cls, accepted, **options):
        async def handle(connection):
            await accepted.put(cls(connection))
            await connection.wait_closed()

        async with cls.serve(handle, "127.0.0.1", 0, **cls.arguments(options)) as server:
            yield url_of(server, options)

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, url, **options):
        async with cls.connect(url, proxy=None, **cls.arguments(options)) as connection:
            yield cls(connection)


class Ours(Named):
    closed, connect, serve = ConnectionClosed, staticmethod(connect), staticmethod(serve)

    @property
    def deflates(self):
        return self.connection.deflate is not None


class Websockets(Named):
    closed = websockets.exceptions.ConnectionClosed
    connect, serve = staticmethod(websockets_connect), staticmethod(websockets_serve)


class PicowsWebsockets(Named):
    """The layer of picows that has messages, with compression."""

    closed = picows_exceptions.ConnectionClosed
    connect, serve = staticmethod(picows_connect), staticmethod(picows_serve)


class Aiohttp(Peer):
    """It sends no fragments, and shows no pongs."""

    can_fragment = echoes_code = False

    def __init__(self, socket):
        self.socket = socket

    async def send(self, message):
        if isinstance(message, str):
            await self.socket.send_str(message)
        else:
            await self.socket.send_bytes(message)

    async def send_fragments(self, parts):
        raise NotImplementedError

    async def recv(self):
        message = await self.socket.receive()
        if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            return message.data
        assert message.type is aiohttp.WSMsgType.CLOSE, message
        return message.data, message.extra

    async def ping(self):
        await self.socket.ping(b"are you there?")

    async def close(self, code, reason):
        await self.socket.close(code=code, message=reason.encode())

    @property
    def subprotocol(self):
        if isinstance(self.socket, web.WebSocketResponse):
            return self.socket.ws_protocol
        return self.socket.protocol

    @classmethod
    @contextlib.asynccontextmanager
    async def serving(cls, accepted, **options):
        async def handle(request):
            socket = web.WebSocketResponse(
                compress=bool(options.get("deflate")),
                protocols=options.get("subprotocols") or (),
                max_msg_size=LIMIT,
                timeout=5,
            )
            await socket.prepare(request)
            done = asyncio.Event()
            await accepted.put(cls(socket))
            ends.append(done)
            await done.wait()
            return socket

        ends = []
        app = web.Application()
        app.router.add_get("/", handle)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=options.get("ssl"))
        await site.start()
        try:
            yield url_of(site._server, options)
        finally:
            for done in ends:
                done.set()
            await runner.cleanup()

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, url, **options):
        arguments = {
            "protocols": options.get("subprotocols") or (),
            "compress": 15 if options.get("deflate") else 0,
            "max_msg_size": LIMIT,
        }
        if options.get("ssl"):
            arguments["ssl"] = options["ssl"]
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(url, **arguments) as socket,
        ):
            yield cls(socket)


class Picows(Peer, picows.WSListener):
    """It shows frames, which are put together here."""

    can_deflate = False

    def __init__(self):
        self.messages, self.pongs = asyncio.Queue(), asyncio.Queue()
        self.parts, self.kind = [], None
        self.accepted = self.chosen = self.transport = None

    def on_ws_connected(self, transport):
        self.transport = transport
        if self.accepted is not None:
            self.accepted.put_nowait(self)

    def on_ws_frame(self, transport, frame):
        kind, payload = frame.msg_type, frame.get_payload_as_bytes()
        if kind == WSMsgType.PONG:
            self.pongs.put_nowait(payload)
        elif kind == WSMsgType.CLOSE:
            self.messages.put_nowait((int(frame.get_close_code()), frame.get_close_reason() or ""))
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        elif kind != WSMsgType.PING:
            self.add(kind, payload, frame.fin)

    def add(self, kind, payload, fin):
        self.kind = self.kind if kind == WSMsgType.CONTINUATION else kind
        self.parts.append(payload)
        if fin:
            whole = b"".join(self.parts)
            self.parts = []
            self.messages.put_nowait(whole.decode() if self.kind == WSMsgType.TEXT else whole)

    async def send(self, message):
        kind = WSMsgType.TEXT if isinstance(message, str) else WSMsgType.BINARY
        self.transport.send(kind, message.encode() if isinstance(message, str) else message)

    async def send_fragments(self, parts):
        kind = WSMsgType.TEXT if isinstance(parts[0], str) else WSMsgType.BINARY
        for number, part in enumerate(parts):
            part = part.encode() if isinstance(part, str) else part
            self.transport.send(kind, part, number == len(parts) - 1)
            kind = WSMsgType.CONTINUATION

    async def recv(self):
        return await self.messages.get()

    async def ping(self):
        self.transport.send_ping(b"are you there?")
        assert await self.pongs.get() == b"are you there?"

    async def close(self, code, reason):
        if not self.transport.is_disconnected:
            self.transport.send_close(code, reason.encode())
        await self.transport.wait_disconnected()

    @property
    def subprotocol(self):
        return self.transport.response.headers.get("Sec-WebSocket-Protocol")

    @classmethod
    @contextlib.asynccontextmanager
    async def serving(cls, accepted, **options):
        def make(request):
            peer = cls()
            peer.accepted = accepted
            offered = request.headers.get("Sec-WebSocket-Protocol", "")
            chosen = [it for it in options.get("subprotocols") or () if it in offered.split(", ")]
            headers = {"Sec-WebSocket-Protocol": chosen[0]} if chosen else {}
            response = picows.WSUpgradeResponse.create_101_response(headers)
            return picows.WSUpgradeResponseWithListener(response, peer)

        ssl = {"ssl": options["ssl"]} if options.get("ssl") else {}
        server = await picows.ws_create_server(make, "127.0.0.1", 0, **ssl)
        try:
            yield url_of(server, options)
        finally:
            server.close()

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, url, **options):
        names = options.get("subprotocols")
        headers = {"Sec-WebSocket-Protocol": ", ".join(names)} if names else {}
        transport, peer = await picows.ws_connect(
            cls, url, ssl_context=options.get("ssl"), extra_headers=headers
        )
        try:
            yield peer
        finally:
            transport.disconnect()
            await transport.wait_disconnected()


PEERS = {
    "websockets": Websockets,
    "aiohttp": Aiohttp,
    "picows": Picows,
    "picows.websockets": PicowsWebsockets,
}
