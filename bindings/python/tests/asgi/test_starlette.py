"""A Starlette application as its users write them: endpoints, sessions, denials and a broadcast."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypedDict

import pytest
from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.exceptions import HTTPException, WebSocketException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from .serving import Serve

pytestmark = pytest.mark.anyio


class State(TypedDict):
    greeting: str
    members: set[WebSocket]


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[State]:
    yield {"greeting": "welcome", "members": set()}


class Everybody(WebSocketEndpoint):
    """Passes on what anybody says."""

    encoding = "json"

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept(headers=[(b"x-greeting", websocket.state.greeting.encode())])
        websocket.state.members.add(websocket)

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        await asyncio.gather(*(member.send_json(data) for member in websocket.state.members))

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        websocket.state.members.discard(websocket)


async def private(websocket: WebSocket) -> None:
    if "token" not in websocket.query_params:
        raise HTTPException(401, "a token is missing", {"www-authenticate": "Bearer"})
    if websocket.query_params["token"] != "right":
        raise WebSocketException(4003, "the token is wrong")
    await websocket.accept(subprotocol="v1")
    async for data in websocket.iter_bytes():
        await websocket.send_bytes(data[::-1])
    assert websocket.client_state is WebSocketState.DISCONNECTED


async def picky(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while await websocket.receive_text() != "stop":
            pass
    except WebSocketDisconnect as gone:
        assert gone.code == 4000
    else:
        await websocket.close(4001, "as you wish")


def application() -> Starlette:
    return Starlette(
        routes=[
            WebSocketRoute("/everybody", Everybody),
            Mount("/mounted", routes=[WebSocketRoute("/private/{rest:path}", private)]),
            WebSocketRoute("/picky", picky),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1"])],
        lifespan=lifespan,
    )


async def test_a_broadcast_to_all_members(serve: Serve) -> None:
    async with serve(application(), lifespan="on") as running:
        url = running.url("/everybody")
        async with connect(url) as first, connect(url) as second, connect(url) as third:
            assert first.response is not None
            assert first.response.headers["x-greeting"] == "welcome"
            await second.send('{"number": 1}')
            for member in (first, second, third):
                assert await member.recv() == '{"number":1}'


async def test_denials_by_exception(serve: Serve) -> None:
    async with serve(application(), lifespan="on") as running:
        with pytest.raises(InvalidStatus) as without:
            await connect(running.url("/mounted/private/a"))
        with pytest.raises(InvalidStatus) as wrong:
            await connect(running.url("/mounted/private/a?token=wrong"))
        with pytest.raises(InvalidStatus) as elsewhere:
            await connect(running.url("/nowhere"))
    assert without.value.response.status_code == 401
    assert without.value.response.headers["www-authenticate"] == "Bearer"
    assert without.value.response.body == b"a token is missing"
    assert wrong.value.response.status_code == 403
    assert elsewhere.value.response.status_code == 403


async def test_binary_messages_below_a_mount(serve: Serve) -> None:
    async with (
        serve(application(), lifespan="on") as running,
        connect(running.url("/mounted/private/a/b?token=right"), subprotocols=["v1"]) as client,  # type: ignore[list-item]
    ):
        assert client.subprotocol == "v1"
        await client.send(b"abc")
        assert await client.recv() == b"cba"


async def test_either_side_closes(serve: Serve) -> None:
    async with serve(application(), lifespan="on") as running:
        async with connect(running.url("/picky")) as client:
            await client.send("go on")
            await client.close(4000)
        async with connect(running.url("/picky")) as client:
            await client.send("stop")
            with pytest.raises(ConnectionClosed) as closed:
                await client.recv()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "as you wish")
