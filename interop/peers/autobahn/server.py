"""Autobahn as a server."""

import asyncio
from typing import Any

from autobahn.asyncio.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket.compress import PerMessageDeflateOffer, PerMessageDeflateOfferAccept
from autobahn.websocket.types import ConnectionDeny, ConnectionRequest
from connection import Keeping, OnAutobahn
from matrix_connection import deflate_parameters, server_tls
from matrix_server import announce, serve


class Server(Keeping, WebSocketServerProtocol):
    def onConnect(self, request: ConnectionRequest) -> str | None:
        if request.path == "/refusal":
            raise ConnectionDeny(401, "not without a ticket")
        return "chat" if "chat" in request.protocols else None

    def opened(self) -> None:
        self.serving = asyncio.create_task(serve(OnAutobahn(self)))


def accept(offers: list[Any]) -> PerMessageDeflateOfferAccept | None:
    wanted = deflate_parameters() or {}
    for offer in offers:
        if isinstance(offer, PerMessageDeflateOffer):
            return PerMessageDeflateOfferAccept(
                offer,
                request_no_context_takeover=bool(wanted.get("client_no_context_takeover")),
                request_max_window_bits=int(wanted.get("client_max_window_bits", 0)),
            )
    return None


async def main() -> None:
    factory = WebSocketServerFactory()
    factory.protocol = Server
    if deflate_parameters() is not None:
        factory.setProtocolOptions(perMessageCompressionAccept=accept)
    tls = server_tls()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(factory, "127.0.0.1", 0, ssl=tls)
    announce(server.sockets[0].getsockname()[1], tls is not None)
    await server.serve_forever()


asyncio.run(main())
