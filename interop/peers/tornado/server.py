"""Tornado as a server."""

import asyncio

from matrix_connection import REFUSAL, Closed, Connection, deflate_parameters, server_tls
from matrix_server import announce, serve
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler


class Handler(WebSocketHandler):
    """A connection, whose messages come by calls."""

    def open(self, *arguments: str, **options: str) -> None:
        self.arrived: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.pongs: asyncio.Queue[bytes] = asyncio.Queue()
        self.serving = asyncio.create_task(serve(OnTornado(self)))

    def on_message(self, message: str | bytes) -> None:
        self.arrived.put_nowait(message)

    def on_pong(self, data: bytes) -> None:
        self.pongs.put_nowait(data)

    def on_close(self) -> None:
        self.arrived.put_nowait(None)

    def get_compression_options(self) -> dict[str, int] | None:
        return None if deflate_parameters() is None else {}

    def select_subprotocol(self, offered: list[str]) -> str | None:
        return "chat" if "chat" in offered else None


class OnTornado(Connection):
    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def send(self, message: str | bytes) -> None:
        await self._handler.write_message(message, binary=isinstance(message, bytes))

    async def receive(self) -> str | bytes:
        message = await self._handler.arrived.get()
        if message is None:
            raise Closed
        return message

    async def close(self, code: int | None, reason: str) -> None:
        self._handler.close(code, reason or None)

    async def ping(self) -> None:
        self._handler.ping(b"are you there?")
        await self._handler.pongs.get()

    async def drop(self) -> None:
        self._handler.ws_connection.stream.close()


class Refusal(RequestHandler):
    def get(self) -> None:
        self.set_status(401)
        self.write(REFUSAL)


async def main() -> None:
    tls = server_tls()
    application = Application(
        [("/refusal", Refusal), ("/.*", Handler)], websocket_max_message_size=64 << 20
    )
    sockets = bind_sockets(0, "127.0.0.1")
    HTTPServer(application, ssl_options=tls, max_buffer_size=100 << 20).add_sockets(sockets)
    announce(sockets[0].getsockname()[1], tls is not None)
    await asyncio.Event().wait()


asyncio.run(main())
