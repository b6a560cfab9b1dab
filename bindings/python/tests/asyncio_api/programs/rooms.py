"""Rooms with a password, a health check, and a limit: what is checked before a connection opens."""

import asyncio
import http
import urllib.parse
import urllib.request

from websockets.asyncio.client import connect
from websockets.asyncio.server import basic_auth, serve
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus

TOKENS = {"secret": "alice"}


async def check(connection, request):
    if request.path == "/healthz":
        return connection.respond(http.HTTPStatus.OK, "OK\n")
    query = urllib.parse.parse_qs(urllib.parse.urlparse(request.path).query)
    user = TOKENS.get(query.get("token", [""])[0])
    if user is None:
        return connection.respond(http.HTTPStatus.UNAUTHORIZED, "Missing or wrong token\n")
    connection.username = user


async def room(websocket):
    path = urllib.parse.urlparse(websocket.request.path).path
    agent = websocket.request.headers.get("X-Agent", "none")
    await websocket.send(f"{websocket.username} in {path} with {agent} by {websocket.subprotocol}")
    try:
        async for message in websocket:
            if message == "leave":
                await websocket.close(4000, "as you wish")
            await websocket.send(message.upper())
    except ConnectionClosed as exc:
        print("server:", exc.rcvd.code if exc.rcvd else None, exc.sent.code if exc.sent else None)


def get(url):
    with urllib.request.urlopen(url) as response:
        return response.status, response.read()


async def main():
    options = {"subprotocols": ["chat.v2", "chat.v1"], "max_size": 1000, "ping_interval": None}
    async with serve(room, "127.0.0.1", 0, process_request=check, **options) as server:
        host, port = server.sockets[0].getsockname()
        print(*await asyncio.to_thread(get, f"http://{host}:{port}/healthz"))

        uri = f"ws://{host}:{port}/lounge"
        try:
            await connect(uri)
        except InvalidStatus as exc:
            print(exc.response.status_code, bytes(exc.response.body))

        async with connect(
            f"{uri}?token=secret",
            additional_headers={"X-Agent": "007"},
            subprotocols=["chat.v1"],
            open_timeout=5,
        ) as websocket:
            print(await websocket.recv())
            await websocket.send("hello")
            print(await asyncio.wait_for(websocket.recv(), 5))
            waiter = await websocket.ping()
            print(await waiter >= 0)
            await websocket.send("leave")
            try:
                await websocket.recv()
            except ConnectionClosedError as exc:
                print(exc.rcvd.code, exc.rcvd.reason, websocket.close_code, websocket.close_reason)

        async with connect(
            f"{uri}?token=secret", compression=None, subprotocols=["chat.v2"]
        ) as websocket:
            print(await websocket.recv())
            await websocket.send("x" * 1001)
            await websocket.wait_closed()
            print(websocket.close_code)

    auth = basic_auth(realm="rooms", credentials=("alice", "wonder"))
    async with serve(room, "127.0.0.1", 0, process_request=auth) as server:
        host, port = server.sockets[0].getsockname()
        async with connect(f"ws://alice:wonder@{host}:{port}/") as websocket:
            print(await websocket.recv())
        try:
            await connect(f"ws://alice:wrong@{host}:{port}/")
        except InvalidStatus as exc:
            print(exc.response.status_code, exc.response.headers["WWW-Authenticate"][:19])


asyncio.run(main())
