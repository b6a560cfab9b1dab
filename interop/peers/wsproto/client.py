"""wsproto under httpx-ws as a client."""

from asyncio import CancelledError
from contextlib import AsyncExitStack, suppress

import httpx
from httpx_ws import (
    AsyncWebSocketSession,
    WebSocketDisconnect,
    WebSocketNetworkError,
    WebSocketUpgradeError,
    aconnect_ws,
)
from matrix_client import run
from matrix_connection import Absent, Closed, Connection, Refused, client_tls
from wsproto.events import TextMessage

OPTIONS = {"max_message_size_bytes": 64 << 20, "keepalive_ping_interval_seconds": None}


class OnHttpxWs(Connection):
    def __init__(self, session: AsyncWebSocketSession, stack: AsyncExitStack) -> None:
        self._session = session
        self._stack = stack
        self.subprotocol = session.subprotocol

    async def send(self, message: str | bytes) -> None:
        if isinstance(message, str):
            await self._session.send_text(message)
        else:
            await self._session.send_bytes(message)

    async def receive(self) -> str | bytes:
        try:
            event = await self._session.receive()
        except WebSocketDisconnect as closed:
            raise Closed(closed.code, closed.reason or "") from closed
        except (WebSocketNetworkError, CancelledError) as lost:
            # A reset is told by cancelling whoever waits.
            raise Closed(1006, "") from lost
        return event.data if isinstance(event, TextMessage) else bytes(event.data)

    async def close(self, code: int | None, reason: str) -> None:
        if code is None:
            raise Absent
        await self._session.close(code, reason or None)
        await self._stack.aclose()

    async def dispose(self) -> None:
        # A task of its own may tell once more that the connection is lost.
        with suppress(ExceptionGroup):
            await self._stack.aclose()

    async def ping(self) -> None:
        await (await self._session.ping(b"are you there?")).wait()


async def open_connection(url: str, subprotocols: list[str]) -> OnHttpxWs:
    stack = AsyncExitStack()
    client = await stack.enter_async_context(httpx.AsyncClient(verify=client_tls() or True))
    try:
        session = await stack.enter_async_context(
            aconnect_ws(url, client, subprotocols=subprotocols or None, **OPTIONS)
        )
    except WebSocketUpgradeError as refused:
        await stack.aclose()
        raise Refused(refused.response.status_code) from refused
    return OnHttpxWs(session, stack)


run(open_connection)
