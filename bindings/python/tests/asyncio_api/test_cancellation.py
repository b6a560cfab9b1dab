"""Cancellation and time limits at every await: nothing may be left, which `run` checks."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websocket_proto.asyncio import connect

from .conftest import Run
from .leftovers import open_sockets
from .proxies import proxying
from .servers import black_hole, raw_server, serving, silence


async def slow_name(*_: Any, **__: Any) -> Any:
    await asyncio.sleep(60)


Stage = Callable[[AsyncExitStack, ssl.SSLContext], Awaitable[dict[str, Any]]]


async def during_tcp(stack: AsyncExitStack, tls: ssl.SSLContext) -> dict[str, Any]:
    return {"uri": f"ws://127.0.0.1:{await stack.enter_async_context(black_hole())}/"}


async def during_tls(stack: AsyncExitStack, tls: ssl.SSLContext) -> dict[str, Any]:
    return {"uri": f"wss://127.0.0.1:{await stack.enter_async_context(raw_server(silence))}/"}


async def during_the_handshake(stack: AsyncExitStack, tls: ssl.SSLContext) -> dict[str, Any]:
    return {"uri": f"ws://127.0.0.1:{await stack.enter_async_context(raw_server(silence))}/"}


async def during_the_handshake_in_tls(stack: AsyncExitStack, tls: ssl.SSLContext) -> dict[str, Any]:
    port = await stack.enter_async_context(raw_server(silence, tls=tls))
    return {"uri": f"wss://localhost:{port}/"}


async def during_tcp_to_the_proxy(stack: AsyncExitStack, tls: ssl.SSLContext) -> dict[str, Any]:
    port = await stack.enter_async_context(black_hole())
    return {"uri": "ws://localhost/", "proxy": f"http://127.0.0.1:{port}"}


async def during_the_tunnel(stack: AsyncExitStack, tls: ssl.SSLContext) -> dict[str, Any]:
    port = await stack.enter_async_context(raw_server(silence))
    return {"uri": "ws://localhost/", "proxy": f"socks5h://127.0.0.1:{port}"}


async def during_tls_to_the_proxy(stack: AsyncExitStack, tls: ssl.SSLContext) -> dict[str, Any]:
    port = await stack.enter_async_context(raw_server(silence))
    return {"uri": "ws://localhost/", "proxy": f"https://127.0.0.1:{port}"}


async def during_tls_in_the_tunnel(stack: AsyncExitStack, tls: ssl.SSLContext) -> dict[str, Any]:
    server = await stack.enter_async_context(raw_server(silence))
    proxy = await stack.enter_async_context(proxying("http"))
    return {"uri": f"wss://localhost:{server}/", "proxy": f"http://127.0.0.1:{proxy.port}"}


async def during_the_handshake_in_the_tunnel(
    stack: AsyncExitStack, tls: ssl.SSLContext
) -> dict[str, Any]:
    server = await stack.enter_async_context(raw_server(silence))
    proxy = await stack.enter_async_context(proxying("socks"))
    return {"uri": f"ws://localhost:{server}/", "proxy": f"socks5h://127.0.0.1:{proxy.port}"}


async def during_a_refusal(stack: AsyncExitStack, tls: ssl.SSLContext) -> dict[str, Any]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 No\r\nContent-Length: 100\r\n\r\n")
        await reader.read()

    return {"uri": f"ws://127.0.0.1:{await stack.enter_async_context(raw_server(talk))}/"}


STAGES: list[Stage] = [
    during_tcp,
    during_tls,
    during_the_handshake,
    during_the_handshake_in_tls,
    during_tcp_to_the_proxy,
    during_the_tunnel,
    during_tls_to_the_proxy,
    during_tls_in_the_tunnel,
    during_the_handshake_in_the_tunnel,
    during_a_refusal,
]


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
@pytest.mark.parametrize("end", ["cancelled", "timed out"])
def test_connecting(
    run: Run[None], stage: Stage, end: str, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async def main() -> None:
        async with AsyncExitStack() as stack:
            options = await stage(stack, server_tls)
            if options["uri"].startswith("wss"):
                options["ssl"] = client_tls
            if end == "timed out":
                with pytest.raises(TimeoutError, match="open_timeout"):
                    await connect(**options, open_timeout=0.1)
                return
            task = asyncio.ensure_future(_connect(**options))
            await asyncio.sleep(0.1)
            assert not task.done()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(main())


async def _connect(**options: Any) -> None:
    async with connect(**options):
        raise AssertionError("there is nothing to connect to")


def test_during_the_lookup_of_the_name(run: Run[None], monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        # `create_connection` of asyncio calls this; that of uvloop does not.
        monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", slow_name)
        if not isinstance(asyncio.get_running_loop(), asyncio.BaseEventLoop):
            return
        with pytest.raises(TimeoutError, match="open_timeout"):
            await connect("ws://nowhere.example/", open_timeout=0.1)

    run(main())


@pytest.mark.parametrize("is_secure", [False, True])
def test_after_every_number_of_steps(
    run: Run[None], is_secure: bool, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """Cancels a program after 0, 1, 2, … rounds of the loop, until it gets through."""

    async def program(uri: str, options: dict[str, Any], done: list[bool]) -> None:
        async with connect(uri, **options) as websocket:
            await websocket.send("hello")
            await websocket.recv()
        done.append(True)

    async def main() -> None:
        tls = {"ssl": server_tls} if is_secure else {}
        options = {"ssl": client_tls} if is_secure else {}
        async with serving(**tls) as uri:
            done: list[bool] = []
            for rounds in range(1000):
                task = asyncio.ensure_future(program(uri, options, done))
                for _ in range(rounds):
                    await asyncio.sleep(0)
                if task.done():
                    break
                task.cancel()
                await asyncio.wait([task])
            assert done

    run(main())


def test_waiting_to_connect_again(run: Run[None]) -> None:
    async def main() -> None:
        async def loop() -> None:
            async for _ in connect("ws://127.0.0.1:1/"):
                raise AssertionError

        task = asyncio.ensure_future(loop())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())


def test_in_the_body_of_the_loop(run: Run[None]) -> None:
    async def main() -> None:
        async def loop(uri: str) -> None:
            async for websocket in connect(uri):
                await websocket.recv()

        async with serving() as uri:
            task = asyncio.ensure_future(loop(uri))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(main())


def test_a_program_that_ends_in_the_middle() -> None:
    """Whatever still runs when `asyncio.run` returns is cancelled, without a complaint."""

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: failures.append(context)
        )
        opened = asyncio.Event()
        tasks.append(asyncio.ensure_future(program(opened)))
        await opened.wait()

    async def program(opened: asyncio.Event) -> None:
        async with serving() as uri, connect(uri) as websocket:
            opened.set()
            await websocket.recv()

    tasks: list[asyncio.Task[None]] = []
    failures: list[dict[str, Any]] = []
    sockets = open_sockets()
    asyncio.run(main())
    assert tasks[0].cancelled()
    assert not failures
    assert open_sockets() == sockets
