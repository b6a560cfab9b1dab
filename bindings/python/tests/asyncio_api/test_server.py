"""What a server's program does with `serve`."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any

import pytest
from websocket_proto.asyncio import (
    Response,
    Server,
    ServerConnection,
    basic_auth,
    broadcast,
    connect,
    serve,
)
from websocket_proto.exceptions import (
    AnswerError,
    ConnectionClosedError,
    ConnectionClosedOK,
    InvalidStatus,
    SendError,
)

from .conftest import Run
from .servers import echo, port_of, serving, talk

PAGE = "GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def status_of(uri: str, **options: Any) -> int:
    """The status that a client gets; 101 if its connection opens."""
    try:
        async with connect(uri, **options):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def test_the_end_of_the_handler_is_the_end_of_the_connection(
    run: Run[None], caplog: pytest.LogCaptureFixture
) -> None:
    async def handler(websocket: ServerConnection) -> None:
        if await websocket.recv() == "fail":
            raise KeyError("a mistake")

    async def main() -> None:
        async with serving(handler) as uri:
            for message, code in (("return", 1000), ("fail", 1011)):
                async with connect(uri) as websocket:
                    await websocket.send(message)
                    await websocket.wait_closed()
                    assert websocket.close_code == code

    run(main())
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.name == "websocket_proto.server"
    assert "KeyError" in caplog.text


def test_a_client_that_leaves_is_no_failure_of_the_handler(
    run: Run[None], caplog: pytest.LogCaptureFixture
) -> None:
    async def handler(websocket: ServerConnection) -> None:
        while True:
            await websocket.recv()

    async def main() -> None:
        async with serving(handler) as uri:
            async with connect(uri):
                pass
            websocket = await connect(uri)
            websocket.abort()

    run(main())
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_handler_that_is_cancelled_says_goodbye(run: Run[None]) -> None:
    tasks: list[asyncio.Task[None]] = []

    async def handler(websocket: ServerConnection) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        await websocket.send("ready")
        await websocket.recv()

    async def main() -> None:
        async with serving(handler) as uri, connect(uri) as websocket:
            await websocket.recv()
            tasks[0].cancel()
            await websocket.wait_closed()
            assert websocket.close_code == 1001

    run(main())


def test_closing_the_server_closes_its_connections(run: Run[None]) -> None:
    async def main() -> None:
        server = await serve(echo, "127.0.0.1", 0)
        websockets = [await connect(f"ws://127.0.0.1:{port_of(server)}/") for _ in range(3)]
        for websocket in websockets:
            await websocket.send("hello")
            await websocket.recv()
        assert len(server.connections) == 3
        server.close(code=1012, reason="back soon")
        await server.wait_closed()
        assert not server.is_serving()
        assert not server.connections
        for websocket in websockets:
            await websocket.wait_closed()
            assert (websocket.close_code, websocket.close_reason) == (1012, "back soon")
        server.close()
        await server.wait_closed()

    run(main())


def test_a_close_code_that_must_not_be_sent(run: Run[None]) -> None:
    async def main() -> None:
        async with serve(echo, "127.0.0.1", 0) as server:
            websocket = await connect(f"ws://127.0.0.1:{port_of(server)}/")
            with pytest.raises(SendError, match="code"):
                server.close(code=1006)
            await websocket.send("still here")
            assert await websocket.recv() == "still here"

    run(main())


def test_a_handler_that_fails_with_another_connection(
    run: Run[None], caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with serving() as uri:

            async def pass_on(websocket: ServerConnection) -> None:
                async with connect(uri) as other:
                    await other.close()
                    await other.recv()

            async with serving(pass_on) as passing, connect(passing) as websocket:
                await websocket.wait_closed()
                assert websocket.close_code == 1011

    run(main())
    assert "connection handler failed" in caplog.text


def test_a_server_that_lets_its_connections_go_on(run: Run[None]) -> None:
    async def main() -> None:
        server = await serve(echo, "127.0.0.1", 0)
        port = port_of(server)
        async with connect(f"ws://127.0.0.1:{port}/") as websocket:
            server.close(close_connections=False)
            with pytest.raises(OSError):
                await connect(f"ws://127.0.0.1:{port}/")
            await websocket.send("still here")
            assert await websocket.recv() == "still here"
        await server.wait_closed()

    run(main())


def test_serving_forever_until_it_is_cancelled(run: Run[None]) -> None:
    async def main() -> None:
        server = await serve(echo, "127.0.0.1", 0, start_serving=False)
        assert not server.is_serving()
        task = asyncio.create_task(server.serve_forever())
        while not server.is_serving():
            await asyncio.sleep(0.01)
        websocket = await connect(f"ws://127.0.0.1:{port_of(server)}/")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await websocket.wait_closed()
        assert websocket.close_code == 1001

    run(main())


def test_serving_forever_until_it_is_closed(run: Run[None]) -> None:
    async def main() -> None:
        async with serve(echo, "127.0.0.1", 0) as server:
            task = asyncio.create_task(server.serve_forever())
            await asyncio.sleep(0)
            server.close()
            await task

    run(main())


def test_a_server_that_does_not_listen_says_so() -> None:
    async def main() -> None:
        server = serve(echo, "127.0.0.1", 0)
        with pytest.raises(RuntimeError, match="await"):
            server.close()

    asyncio.run(main())


def test_no_handler_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="handler"):
        serve(None, "127.0.0.1", 0)


@pytest.mark.parametrize("is_async", [False, True])
def test_health_checks_and_pages(run: Run[None], is_async: bool) -> None:
    def answer(websocket: ServerConnection, request: Any) -> Response | None:
        if request.path == "/healthz":
            return websocket.respond(200, "OK\n")
        if request.path == "/":
            return Response(200, headers={"Content-Type": "text/html"}, body=b"<p>hi</p>")  # type: ignore[arg-type]
        return None

    async def answer_later(websocket: ServerConnection, request: Any) -> Response | None:
        await asyncio.sleep(0)
        return answer(websocket, request)

    async def main() -> None:
        hook = answer_later if is_async else answer
        async with serving(process_request=hook) as uri:
            port = int(uri.rsplit(":", 1)[1].strip("/"))
            health = await talk(port, PAGE.format("/healthz"))
            assert health.startswith(b"HTTP/1.1 200 OK\r\n")
            assert health.endswith(b"\r\n\r\nOK\n")
            page = await talk(port, PAGE.format("/"))
            assert b"Content-Type: text/html\r\n" in page
            assert page.endswith(b"<p>hi</p>")
            other = await talk(port, PAGE.format("/other"))
            assert other.startswith(b"HTTP/1.1 426 Upgrade Required\r\n")
            assert await status_of(uri + "chat") == 101

    run(main())


def test_what_is_no_http(run: Run[None]) -> None:
    async def main() -> None:
        async with serving() as uri:
            port = int(uri.rsplit(":", 1)[1].strip("/"))
            assert (await talk(port, b"\x16\x03\x01\x00\xa5")).startswith(b"HTTP/1.1 400 ")
            assert (await talk(port, "POST / HTTP/1.1\r\n")).startswith(b"HTTP/1.1 405 ")
            assert await status_of(uri) == 101

    run(main())


def test_origins(run: Run[None]) -> None:
    origins = ["https://example.com", re.compile(r"https://.*\.example\.org"), None]

    async def main() -> None:
        async with serving(origins=origins) as uri:
            assert await status_of(uri) == 101
            assert await status_of(uri, origin="https://EXAMPLE.com:443/") == 101
            assert await status_of(uri, origin="https://a.example.org") == 101
            assert await status_of(uri, origin="https://evil.example") == 403
            assert await status_of(uri, origin="https://example.com.evil.example") == 403
        async with serving(origins=["https://example.com"]) as uri:
            assert await status_of(uri) == 403

    run(main())


def test_an_origin_that_no_browser_sends() -> None:
    with pytest.raises(AnswerError, match="origin"):
        serve(echo, origins=["example.com"])


def test_subprotocols(run: Run[None]) -> None:
    async def main() -> None:
        async with serving(subprotocols=["v2", "v1"]) as uri:
            async with connect(uri, subprotocols=["v1", "v2"]) as websocket:
                assert websocket.subprotocol == "v2"
            async with connect(uri, subprotocols=["v3"]) as websocket:
                assert websocket.subprotocol is None

        def choose(websocket: ServerConnection, offered: Any) -> str | None:
            return str(offered[-1])

        offer = ["a", "b"]
        async with (
            serving(select_subprotocol=choose) as uri,
            connect(uri, subprotocols=offer) as websocket,
        ):
            assert websocket.subprotocol == "b"

    run(main())


def test_the_response_can_be_changed(run: Run[None]) -> None:
    def change(websocket: ServerConnection, request: Any, response: Response) -> Response | None:
        if request.path == "/no":
            return websocket.respond(404, "nothing here\n")
        response.headers["Set-Cookie"] = "a=b"
        return None

    async def main() -> None:
        async with serving(process_response=change, server_header="mine") as uri:
            async with connect(uri) as websocket:
                assert websocket.response.headers["Set-Cookie"] == "a=b"
                assert websocket.response.headers["Server"] == "mine"
            assert await status_of(uri + "no") == 404

    run(main())


def fail(*_: Any) -> None:
    raise KeyError("a mistake")


def answer_nonsense(*_: Any) -> Any:
    return "a mistake"


def answer_201(websocket: ServerConnection, request: Any) -> Response:
    return websocket.respond(201, "a mistake")


@pytest.mark.parametrize(
    "options",
    [
        {"process_request": fail},
        {"process_response": fail},
        {"select_subprotocol": fail},
        {"process_request": answer_nonsense},
        {"process_request": answer_201},
        {"select_subprotocol": answer_nonsense},
    ],
)
def test_a_hook_that_fails(
    run: Run[None], caplog: pytest.LogCaptureFixture, options: dict[str, Any]
) -> None:
    async def main() -> None:
        async with serving(**options) as uri:
            assert await status_of(uri, subprotocols=["a"]) == 500

    run(main())
    assert "Error" in caplog.text
    assert [record.levelname for record in caplog.records].count("ERROR") == 1


def test_a_hook_that_takes_too_long(run: Run[None]) -> None:
    async def wait(websocket: ServerConnection, request: Any) -> None:
        await asyncio.sleep(60)

    async def main() -> None:
        async with serving(process_request=wait, open_timeout=0.1) as uri:
            assert await status_of(uri) == 503

    run(main())


def test_passwords(run: Run[None]) -> None:
    users = []

    async def handler(websocket: ServerConnection) -> None:
        users.append(websocket.username)

    async def check(user: str, password: str) -> bool:
        return (user, password) == ("eve", "apple")

    async def main() -> None:
        hooks = [
            basic_auth("test", ("eve", "apple")),
            basic_auth("test", [("adam", "x"), ("eve", "apple")]),
            basic_auth("test", check_credentials=check),
        ]
        for hook in hooks:
            async with serving(handler, process_request=hook) as uri:
                assert await status_of(uri) == 401
                assert await status_of(uri.replace("//", "//eve:pear@")) == 401
                assert await status_of(uri.replace("//", "//bob:apple@")) == 401
                assert await status_of(uri.replace("//", "//eve:apple@")) == 101
        assert users == ["eve"] * 3

    run(main())


def test_a_client_that_says_nothing(run: Run[None]) -> None:
    async def main() -> None:
        async with serving(open_timeout=0.1) as uri:
            port = int(uri.rsplit(":", 1)[1].strip("/"))
            assert (await talk(port, "GET / HT")).startswith(b"HTTP/1.1 408 ")

    run(main())


def test_too_many_connections_in_the_handshake(
    run: Run[None], caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with serve(echo, "127.0.0.1", 0, max_opening=2) as server:
            port = port_of(server)
            silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            await asyncio.sleep(0.05)
            for _ in range(3):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                with pytest.raises(ConnectionError):
                    if await reader.read() == b"":
                        raise ConnectionError
                writer.close()
            for _, writer in silent:
                writer.close()
                await writer.wait_closed()
            await asyncio.sleep(0.05)
            assert await status_of(f"ws://127.0.0.1:{port}/") == 101

    run(main())
    assert caplog.text.count("max_opening") == 1


def test_a_server_that_closes_waits_for_nobody_in_the_handshake(run: Run[None]) -> None:
    async def main() -> None:
        async with serve(echo, "127.0.0.1", 0) as server:
            _, writer = await asyncio.open_connection("127.0.0.1", port_of(server))
            await asyncio.sleep(0.05)
        writer.close()

    run(main())


def test_a_server_that_closes_during_a_hook(run: Run[None]) -> None:
    async def main() -> None:
        servers: list[Server] = []

        async def close(websocket: ServerConnection, request: Any) -> None:
            servers[0].close()
            await asyncio.sleep(0)

        async with serve(echo, "127.0.0.1", 0, process_request=close) as server:
            servers.append(server)
            assert await status_of(f"ws://127.0.0.1:{port_of(server)}/") == 503

    run(main())


class Shout:
    """A listener that answers."""

    def on_text(self, link: ServerConnection, data: str) -> None:
        link.send_nowait(data.upper())


def test_listeners(run: Run[None]) -> None:
    async def main() -> None:
        async with serve(None, "127.0.0.1", 0, listener=lambda _: Shout()) as server:
            websocket = await connect(f"ws://127.0.0.1:{port_of(server)}/")
            await websocket.send("hello")
            assert await websocket.recv() == "HELLO"
            server.close()
            with pytest.raises(ConnectionClosedOK):
                await websocket.recv()

    run(main())


def test_broadcast(run: Run[None]) -> None:
    async def main() -> None:
        async with serve(echo, "127.0.0.1", 0) as server:
            uri = f"ws://127.0.0.1:{port_of(server)}/"
            websockets = [await connect(uri, compression=c) for c in ("deflate", None, None)]
            while len(server.connections) < 3:
                await asyncio.sleep(0.01)
            gone = next(iter(server.connections))
            connections = list(server.connections)
            assert broadcast(connections, "news " * 100) == {}
            for websocket in websockets:
                assert await websocket.recv() == "news " * 100
            gone.abort()
            skipped = broadcast(connections, b"more")
            assert list(skipped) == [gone]
            assert isinstance(skipped[gone], ConnectionClosedError)
            broadcast(connections, b"more", raise_exceptions=True)
            for websocket in websockets:
                await websocket.close()

    run(main())


def test_broadcast_skips_who_does_not_read(run: Run[None]) -> None:
    async def main() -> None:
        async with serve(echo, "127.0.0.1", 0, compression=None) as server:
            websocket = await connect(f"ws://127.0.0.1:{port_of(server)}/", max_queue=1)
            while not server.connections:
                await asyncio.sleep(0.01)
            connections = list(server.connections)
            skipped = {}
            for _ in range(1000):
                if skipped := broadcast(connections, b"x" * 100_000):
                    break
                await asyncio.sleep(0)
            assert [error.name for error in skipped.values()] == ["full"]
            with pytest.raises(ExceptionGroup, match="did not get"):
                broadcast(connections, b"x" * 100_000, raise_exceptions=True)
            connections[0].abort()
            websocket.abort()
            with pytest.raises(ConnectionClosedError):
                while True:
                    await websocket.recv()

    run(main())
