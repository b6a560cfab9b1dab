"""How an application accepts a connection, or does not."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from .raw_peer import TEXT, RawPeer, request
from .serving import Message, Receive, Send, Serve, accepted, connected, echo, until_disconnect

pytestmark = pytest.mark.anyio


async def answer_to(serve: Serve, app: Any, head: bytes, **options: Any) -> tuple[Any, bytes]:
    """Status and headers, and all that follows until the server ends the stream."""
    async with serve(app, **options) as running:
        peer = await RawPeer.connect(running.port)
        peer.write(head)
        status, headers, _ = await peer.head()
        if status == 101:
            await peer.leave()
            return (status, headers), b""
        rest = await peer.rest()
        await peer.leave()
    return (status, headers), rest


async def test_an_acceptance_has_the_key_and_uvicorns_headers(serve: Serve) -> None:
    (status, headers), _ = await answer_to(serve, echo, request(), headers=[("x-own", "1")])
    names = [name for name, _ in headers]
    assert status == 101
    assert ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") in headers
    assert ("server", "uvicorn") in headers and ("x-own", "1") in headers
    assert names.count("date") == 1
    assert "content-length" not in names and "sec-websocket-extensions" not in names


async def test_headers_of_the_application_come_in_addition(serve: Serve) -> None:
    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        cookies = [(b"set-cookie", b"a=1"), (b"Set-Cookie", b"b=\xc3\xa9")]
        await accepted(receive, send, headers=cookies)
        await until_disconnect(receive)

    (_, headers), _ = await answer_to(serve, app, request())
    assert [value for name, value in headers if name == "set-cookie"] == ["a=1", "b=\xc3\xa9"]


async def test_the_subprotocol_that_the_application_chose(serve: Serve) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await accepted(receive, send, subprotocol=scope["subprotocols"][1])
        await until_disconnect(receive)

    offered = [Subprotocol("a"), Subprotocol("b")]
    async with serve(app) as running, connect(running.url(), subprotocols=offered) as client:
        assert client.subprotocol == "b"


async def test_close_before_accept_is_403(serve: Serve) -> None:
    seen: list[Message] = []

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await connected(receive)
        await send({"type": "websocket.close", "code": 4000})
        seen.append(await receive())

    (status, _), rest = await answer_to(serve, app, request())
    assert (status, rest) == (403, b"")
    assert seen == [{"type": "websocket.disconnect", "code": 1006}]


async def test_a_response_instead_of_an_acceptance(serve: Serve) -> None:
    seen: list[Message] = []

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await connected(receive)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"8"),
            (b"x-why", "ÿ".encode()),
        ]
        start = "websocket.http.response.start"
        await send({"type": start, "status": 401, "headers": headers})
        body = "websocket.http.response.body"
        await send({"type": body, "body": b'{"a"', "more_body": True})
        await send({"type": body, "body": b": 1}"})
        seen.append(await receive())

    (status, headers), rest = await answer_to(serve, app, request())
    assert (status, rest) == (401, b'{"a": 1}')
    assert [value for name, value in headers if name == "content-type"] == ["application/json"]
    assert [value for name, value in headers if name == "content-length"] == ["8"]
    assert ("x-why", "Ã¿") in headers
    assert seen == [{"type": "websocket.disconnect", "code": 1006}]


async def test_a_response_without_a_length_has_an_end(serve: Serve) -> None:
    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await connected(receive)
        await send({"type": "websocket.http.response.start", "status": 503, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"\xffbusy"})

    async with serve(app) as running:
        with pytest.raises(InvalidStatus) as refused:
            await connect(running.url())
    assert refused.value.response.status_code == 503
    assert refused.value.response.body == b"\xffbusy"


@pytest.mark.parametrize("status", [99, 600, 700])
async def test_a_status_that_does_not_exist_is_500(serve: Serve, status: int) -> None:
    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await connected(receive)
        await send({"type": "websocket.http.response.start", "status": status, "headers": []})

    (answered, _), rest = await answer_to(serve, app, request())
    assert (answered, rest) == (500, b"Internal Server Error")


async def returns(_scope: Message, _receive: Receive, _send: Send) -> None:
    """Answers nothing."""


async def raises(_scope: Message, _receive: Receive, _send: Send) -> None:
    raise ValueError("by the application")


async def sends_first(_scope: Message, _receive: Receive, send: Send) -> None:
    await send({"type": "websocket.send", "text": "too early"})


async def names_nothing(_scope: Message, _receive: Receive, send: Send) -> None:
    await send({"type": "websocket.unknown"})


@pytest.mark.parametrize("app", [returns, raises, sends_first, names_nothing])
async def test_an_application_that_fails_before_it_accepts_is_500(
    serve: Serve, app: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (status, headers), rest = await answer_to(serve, app, request())
    assert (status, rest) == (500, b"Internal Server Error")
    assert ("content-length", "21") in headers and ("connection", "close") in headers
    assert [record.levelno for record in caplog.records if record.levelno >= logging.ERROR] == [
        logging.ERROR
    ]


@pytest.mark.parametrize(
    "headers",
    [
        (("Sec-WebSocket-Version", "8"),),
        (("Sec-WebSocket-Key", "short"),),
    ],
)
async def test_a_request_that_is_no_websocket_never_reaches_the_application(
    serve_ours: Serve, headers: tuple[tuple[str, str], ...]
) -> None:
    async def app(scope: Message, _receive: Receive, _send: Send) -> None:
        raise AssertionError(f"called with {scope}")

    (status, answered), rest = await answer_to(serve_ours, app, request("/", headers))
    assert status in (400, 426)
    assert rest, "the body says what is wrong"
    assert status != 426 or ("sec-websocket-version", "13") in answered


async def test_a_client_that_leaves_before_the_answer(serve: Serve) -> None:
    seen: list[Message] = []
    asked, answered = asyncio.Event(), asyncio.Event()

    async def app(_scope: Message, receive: Receive, _send: Send) -> None:
        await connected(receive)
        asked.set()
        seen.append(await receive())
        answered.set()

    async with serve(app) as running:
        peer = await RawPeer.connect(running.port)
        peer.write(request())
        await asked.wait()
        peer.vanish()
        await answered.wait()
    assert seen == [{"type": "websocket.disconnect", "code": 1006}]


async def test_an_application_may_take_its_time_and_ask_twice(serve: Serve) -> None:
    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        await connected(receive)
        await asyncio.sleep(0.05)
        await send({"type": "websocket.accept"})
        with pytest.raises(RuntimeError, match=r"websocket\.send.*websocket\.accept"):
            await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "still here"})
        await until_disconnect(receive)

    async with serve(app) as running:
        peer = await RawPeer.open(running.port)
        assert await peer.frame() == (TEXT, b"still here", True, False)
        await peer.leave()


async def test_the_log_has_a_line_for_each_answer(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await connected(receive)
        if scope["path"] == "/no":
            await send({"type": "websocket.close"})
        elif scope["path"] == "/teapot":
            start = {"type": "websocket.http.response.start", "status": 418, "headers": []}
            await send(start)
            await send({"type": "websocket.http.response.body", "body": b""})
        else:
            await send({"type": "websocket.accept"})

    caplog.set_level(logging.INFO, "uvicorn")
    async with serve(app) as running:
        ports = []
        for target in ("/yes it?a=b".replace(" ", "%20"), "/no", "/teapot"):
            peer = await RawPeer.connect(running.port)
            ports.append(peer.writer.get_extra_info("sockname")[1])
            peer.write(request(target))
            await peer.head()
            await peer.leave()
    lines = [record.getMessage() for record in caplog.records if "WebSocket" in record.getMessage()]
    assert lines == [
        f'127.0.0.1:{ports[0]} - "WebSocket /yes%20it?a=b" [accepted]',
        f'127.0.0.1:{ports[1]} - "WebSocket /no" 403',
        f'127.0.0.1:{ports[2]} - "WebSocket /teapot" 418',
    ]
