"""A server program for servers of ASGI: what an application can say there."""

from collections.abc import Awaitable, Callable
from typing import Any

from matrix_connection import REFUSAL, Absent, Closed, Connection
from matrix_server import serve

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class OverAsgi(Connection):
    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send

    async def send(self, message: str | bytes) -> None:
        part = "text" if isinstance(message, str) else "bytes"
        await self._send({"type": "websocket.send", part: message})

    async def receive(self) -> str | bytes:
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            raise Closed(message.get("code"), message.get("reason"))
        text = message.get("text")
        return message["bytes"] if text is None else text

    async def close(self, code: int | None, reason: str) -> None:
        if code is None:
            raise Absent
        await self._send({"type": "websocket.close", "code": code, "reason": reason})


async def refuse(send: Send) -> None:
    headers = [(b"content-length", str(len(REFUSAL)).encode())]
    start = {"type": "websocket.http.response.start", "status": 401, "headers": headers}
    await send(start)
    await send({"type": "websocket.http.response.body", "body": REFUSAL.encode()})


async def converse(scope: Message, receive: Receive, send: Send) -> None:
    await receive()
    if scope["path"] == "/refusal":
        await refuse(send)
        return
    chosen = "chat" if "chat" in scope["subprotocols"] else None
    await send({"type": "websocket.accept", "subprotocol": chosen})
    await serve(OverAsgi(receive, send))


async def live(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": f"{message['type']}.complete"})


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """The application."""
    if scope["type"] == "lifespan":
        await live(receive, send)
    elif scope["type"] == "websocket":
        await converse(scope, receive, send)
