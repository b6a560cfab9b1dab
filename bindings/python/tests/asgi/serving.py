"""uvicorn in the event loop of a test, and applications as the ASGI specification has them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NamedTuple

import uvicorn

OURS = "websocket_proto.uvicorn:Protocol"

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class Running(NamedTuple):
    """A server that is up."""

    server: uvicorn.Server
    port: int

    def url(self, target: str = "/") -> str:
        scheme = "wss" if self.server.config.is_ssl else "ws"
        return f"{scheme}://127.0.0.1:{self.port}{target}"


Serve = Callable[..., AbstractAsyncContextManager[Running]]


@asynccontextmanager
async def serving(app: Any, **options: Any) -> AsyncIterator[Running]:
    """Serves `app` on a port of the kernel's choice until the block is left."""
    options = {"lifespan": "off", "log_config": None, "timeout_graceful_shutdown": 5, **options}
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, **options))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
        if task.done():
            await task
    try:
        yield Running(server, server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        await task


async def connected(receive: Receive) -> None:
    """Takes the first message of a connection."""
    assert (await receive())["type"] == "websocket.connect"


async def accepted(receive: Receive, send: Send, **answer: Any) -> None:
    """Takes the first message and accepts the connection."""
    await connected(receive)
    await send({"type": "websocket.accept", **answer})


async def echo(_scope: Message, receive: Receive, send: Send) -> None:
    """Sends back what it receives until the client is gone."""
    await accepted(receive, send)
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})


async def until_disconnect(receive: Receive) -> Message:
    """The message that says that the client is gone; what it sent before is dropped."""
    while (message := await receive())["type"] == "websocket.receive":
        pass
    return message
