"""What an application is told about the connection before it answers."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import pytest
from websockets.asyncio.client import connect

from .raw_peer import RawPeer, request
from .serving import Message, Receive, Send, Serve, accepted, until_disconnect

pytestmark = pytest.mark.anyio


class Recorder:
    """Keeps the scope of each connection that it accepts."""

    def __init__(self) -> None:
        self.scopes: list[Message] = []

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        await accepted(receive, send)
        await until_disconnect(receive)


async def scope_of(serve: Serve, head: bytes, **options: Any) -> Message:
    app = Recorder()
    async with serve(app, **options) as running:
        peer = await RawPeer.connect(running.port)
        peer.write(head)
        assert (await peer.head())[0] == 101
        await peer.leave()
    (scope,) = app.scopes
    return scope


async def test_every_key_that_the_specification_names(serve: Serve) -> None:
    app = Recorder()
    async with serve(app) as running:
        peer = await RawPeer.connect(running.port)
        peer.write(request("/a?b=c"))
        await peer.head()
        address = peer.writer.get_extra_info("sockname")
        await peer.leave()
    (scope,) = app.scopes
    headers = scope.pop("headers")
    assert scope == {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "server": ("127.0.0.1", running.port),
        "client": address,
        "root_path": "",
        "path": "/a",
        "raw_path": b"/a",
        "query_string": b"b=c",
        "subprotocols": [],
        "state": {},
        "extensions": {"websocket.http.response": {}},
    }
    assert dict(headers)[b"sec-websocket-version"] == b"13"


@pytest.mark.parametrize(
    ("target", "path", "raw_path", "query"),
    [
        ("/", "/", b"/", b""),
        ("/one%2Ftwo?x=%20", "/one/two", b"/one%2Ftwo", b"x=%20"),
        ("/caf%C3%A9", "/café", b"/caf%C3%A9", b""),
        ("/?", "/", b"/", b""),
        ("/a?b?c", "/a", b"/a", b"b?c"),
    ],
)
async def test_the_target(
    serve: Serve, target: str, path: str, raw_path: bytes, query: bytes
) -> None:
    scope = await scope_of(serve, request(target))
    assert (scope["path"], scope["raw_path"], scope["query_string"]) == (path, raw_path, query)


async def test_a_root_path_precedes_both_paths(serve: Serve) -> None:
    scope = await scope_of(serve, request("/a%20b"), root_path="/mounted")
    assert scope["root_path"] == "/mounted"
    assert (scope["path"], scope["raw_path"]) == ("/mounted/a b", b"/mounted/a%20b")


async def test_headers_are_the_bytes_that_came(serve: Serve) -> None:
    head = request("/", (("X-Name", "abra\xc3\xa3o"), ("X-Twice", "1"), ("X-TWICE", "2")))
    scope = await scope_of(serve, head)
    kept = [pair for pair in scope["headers"] if pair[0].startswith(b"x-")]
    assert kept == [(b"x-name", b"abra\xc3\xa3o"), (b"x-twice", b"1"), (b"x-twice", b"2")]


async def test_subprotocols_of_several_headers(serve: Serve) -> None:
    head = request(
        "/", (("Sec-WebSocket-Protocol", "chat, soap"), ("Sec-WebSocket-Protocol", "wamp"))
    )
    assert (await scope_of(serve, head))["subprotocols"] == ["chat", "soap", "wamp"]


async def test_a_proxy_tells_the_client_and_the_scheme(serve: Serve) -> None:
    head = request("/", (("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-Proto", "https")))
    scope = await scope_of(serve, head, proxy_headers=True, forwarded_allow_ips="127.0.0.1")
    assert scope["client"] == ("192.0.2.7", 0)
    assert scope["scheme"] == "wss"


async def test_the_scheme_over_tls(
    serve: Serve, certificate: tuple[str, str], trust: ssl.SSLContext
) -> None:
    app = Recorder()
    path, key = certificate
    async with (
        serve(app, ssl_certfile=path, ssl_keyfile=key) as running,
        connect(running.url(), ssl=trust),
    ):
        pass
    assert app.scopes[0]["scheme"] == "wss"


async def test_the_state_of_the_lifespan_is_copied_for_each_connection(serve: Serve) -> None:
    seen: list[dict[str, Any]] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope["state"].update(shared=[1], own="first")
            while (await receive())["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        seen.append({"shared": list(scope["state"]["shared"]), "own": scope["state"]["own"]})
        scope["state"]["shared"].append(2)
        scope["state"]["own"] = "changed"
        await accepted(receive, send)
        await until_disconnect(receive)

    async with serve(app, lifespan="on") as running:
        for _ in range(2):
            async with connect(running.url()):
                pass
    assert seen == [{"shared": [1], "own": "first"}, {"shared": [1, 2], "own": "first"}]


async def test_the_server_knows_its_connections_and_tasks(serve: Serve) -> None:
    release = asyncio.Event()

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send)
        await until_disconnect(receive)
        await release.wait()

    async with serve(app) as running:
        state = running.server.server_state
        async with connect(running.url()):
            assert (len(state.connections), len(state.tasks)) == (1, 1)
        while state.connections:
            await asyncio.sleep(0.01)
        assert len(state.tasks) == 1
        release.set()
        while state.tasks:
            await asyncio.sleep(0.01)
