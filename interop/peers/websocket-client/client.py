"""websocket-client, which blocks, as a client."""

import asyncio
import os
import socket

from matrix_client import run
from matrix_connection import Absent, Closed, Connection, Refused
from websocket import (
    ABNF,
    WebSocket,
    WebSocketBadStatusException,
    WebSocketConnectionClosedException,
    create_connection,
)


class OnWebsocketClient(Connection):
    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self.subprotocol = websocket.subprotocol

    async def send(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self._websocket.send(message)
        else:
            self._websocket.send_binary(message)

    async def receive(self) -> str | bytes:
        return await asyncio.to_thread(self._receive)

    def _receive(self) -> str | bytes:
        try:
            kind, data = self._websocket.recv_data()
        except WebSocketConnectionClosedException as closed:
            raise Closed(1006, "") from closed
        if kind == ABNF.OPCODE_CLOSE:
            code = int.from_bytes(data[:2], "big") if data else 1005
            raise Closed(code, data[2:].decode())
        return data.decode() if kind == ABNF.OPCODE_TEXT else data

    async def close(self, code: int | None, reason: str) -> None:
        if code is None:
            raise Absent
        await asyncio.to_thread(self._websocket.close, code, reason.encode())

    async def send_fragments(self, fragments: list[str]) -> None:
        for place, fragment in enumerate(fragments):
            kind = ABNF.OPCODE_CONT if place else ABNF.OPCODE_TEXT
            is_last = place == len(fragments) - 1
            frame = ABNF.create_frame(fragment.encode(), kind, int(is_last))
            self._websocket.send_frame(frame)
            if not is_last:
                self._websocket.ping("in between")

    async def ping(self) -> None:
        self._websocket.ping("are you there?")
        kind, _ = await asyncio.to_thread(self._websocket.recv_data, True)
        if kind != ABNF.OPCODE_PONG:
            raise RuntimeError("no Pong came")

    async def drop(self) -> None:
        self._websocket.sock.shutdown(socket.SHUT_RDWR)
        self._websocket.shutdown()


async def open_connection(url: str, subprotocols: list[str]) -> OnWebsocketClient:
    trust = {"ca_certs": authority} if (authority := os.environ.get("INTEROP_CA")) else None
    try:
        return OnWebsocketClient(
            create_connection(url, timeout=50, subprotocols=subprotocols or None, sslopt=trust)
        )
    except WebSocketBadStatusException as refused:
        raise Refused(refused.status_code, refused.resp_body) from refused


run(open_connection)
