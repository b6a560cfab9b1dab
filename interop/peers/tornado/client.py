"""Tornado as a client."""

import os

from matrix_client import run
from matrix_connection import Closed, Connection, Refused, deflate_parameters
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect


class OnTornado(Connection):
    def __init__(self, socket: WebSocketClientConnection) -> None:
        self._socket = socket
        self.subprotocol = socket.selected_subprotocol

    async def send(self, message: str | bytes) -> None:
        await self._socket.write_message(message, binary=isinstance(message, bytes))

    async def receive(self) -> str | bytes:
        message = await self._socket.read_message()
        if message is None:
            # The code is None without a Close frame, and for one without a code.
            raise Closed(self._socket.close_code, self._socket.close_reason or "")
        return message

    async def close(self, code: int | None, reason: str) -> None:
        self._socket.close(code, reason or None)
        while await self._socket.read_message() is not None:
            pass

    async def drop(self) -> None:
        self._socket.protocol.stream.close()


async def open_connection(url: str, subprotocols: list[str]) -> OnTornado:
    request = HTTPRequest(url, ca_certs=os.environ.get("INTEROP_CA"))
    compression = None if deflate_parameters() is None else {}
    try:
        socket = await websocket_connect(
            request,
            subprotocols=subprotocols or None,
            compression_options=compression,
            max_message_size=64 << 20,
        )
    except HTTPClientError as refused:
        body = refused.response.body if refused.response else None
        raise Refused(refused.code, body or None) from refused
    return OnTornado(socket)


run(open_connection)
