"""Autobahn as a client."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol
from autobahn.websocket.compress import (
    PerMessageDeflateOffer,
    PerMessageDeflateResponse,
    PerMessageDeflateResponseAccept,
)
from connection import Keeping, OnAutobahn
from matrix_client import run
from matrix_connection import Refused, client_tls, deflate_parameters


class Client(Keeping, WebSocketClientProtocol):
    def opened(self) -> None:
        self.factory.opened.set_result(self)

    def failHandshake(self, reason: str) -> None:
        if not self.factory.opened.done():
            self.factory.opened.set_exception(Refused(getattr(self, "http_status_code", None)))
        super().failHandshake(reason)


def accept(response: Any) -> PerMessageDeflateResponseAccept | None:
    if isinstance(response, PerMessageDeflateResponse):
        return PerMessageDeflateResponseAccept(response)
    return None


def offers() -> dict[str, Any]:
    wanted = deflate_parameters()
    if wanted is None:
        return {}
    offer = PerMessageDeflateOffer(
        request_no_context_takeover=bool(wanted.get("server_no_context_takeover")),
        request_max_window_bits=int(wanted.get("server_max_window_bits", 0)),
    )
    return {"perMessageCompressionOffers": [offer], "perMessageCompressionAccept": accept}


async def open_connection(url: str, subprotocols: list[str]) -> OnAutobahn:
    factory = WebSocketClientFactory(url, protocols=subprotocols)
    factory.protocol = Client
    factory.opened = asyncio.get_running_loop().create_future()
    factory.setProtocolOptions(**offers())
    address = urlsplit(url)
    await asyncio.get_running_loop().create_connection(
        factory, address.hostname, address.port, ssl=client_tls()
    )
    return OnAutobahn(await factory.opened)


run(open_connection)
