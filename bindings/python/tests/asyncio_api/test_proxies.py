"""Connecting through proxies."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import pytest
from websocket_proto import Backoff
from websocket_proto.asyncio import connect
from websocket_proto.exceptions import (
    InvalidProxy,
    InvalidProxyMessage,
    InvalidProxyStatus,
    ProxyError,
)

from .conftest import Run
from .proxies import proxying
from .servers import raw_server, serving, silence

SCHEMES = {"http": "http", "socks": "socks5h"}


async def say_hello(uri: str, **options: Any) -> None:
    async with connect(uri, **options) as websocket:
        await websocket.send("hello" * 10_000)
        assert await websocket.recv() == "hello" * 10_000


@pytest.mark.parametrize("kind", list(SCHEMES))
@pytest.mark.parametrize("password", [None, "user:pa:ss"])
def test_plain(run: Run[None], kind: str, password: str | None) -> None:
    async def main() -> None:
        async with serving() as uri, proxying(kind, password=password) as proxy:
            login = "" if password is None else "user:pa%3Ass@"
            await say_hello(uri, proxy=f"{SCHEMES[kind]}://{login}127.0.0.1:{proxy.port}")
            assert len(proxy.asked) == 1
            assert "localhost:" in proxy.asked[0]

    run(main())


@pytest.mark.parametrize("kind", list(SCHEMES))
def test_tls_inside(
    run: Run[None], kind: str, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async def main() -> None:
        async with serving(ssl=server_tls) as uri, proxying(kind) as proxy:
            url = f"{SCHEMES[kind]}://127.0.0.1:{proxy.port}"
            await say_hello(uri, proxy=url, ssl=client_tls)
            with pytest.raises(ssl.SSLCertVerificationError):
                await say_hello(uri, proxy=url)

    run(main())


@pytest.mark.parametrize("is_secure", [False, True])
def test_tls_to_the_proxy(
    run: Run[None], is_secure: bool, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async def main() -> None:
        options = {"ssl": server_tls} if is_secure else {}
        async with serving(**options) as uri, proxying("http", tls=server_tls) as proxy:
            url = f"https://localhost:{proxy.port}"
            given = {"ssl": client_tls} if is_secure else {}
            await say_hello(uri, proxy=url, proxy_ssl=client_tls, **given)
            with pytest.raises(ssl.SSLCertVerificationError):
                await say_hello(uri, proxy=url, **given)

    run(main())


def test_the_proxy_that_the_environment_names(
    run: Run[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with serving() as uri, proxying("http") as proxy:
            monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
            await say_hello(uri)
            await say_hello(uri, proxy=None)
            assert len(proxy.asked) == 1
            monkeypatch.setenv("no_proxy", "localhost")
            await say_hello(uri)
            assert len(proxy.asked) == 1
            monkeypatch.setenv("no_proxy", "1.2.3.4/x")
            with pytest.raises(InvalidProxy, match="no_proxy"):
                await say_hello(uri)

    run(main())


def test_what_a_proxy_says_instead(run: Run[None]) -> None:
    async def main() -> None:
        async with serving() as uri:
            async with proxying("http", password="a:b") as proxy:
                with pytest.raises(InvalidProxyStatus, match="407") as caught:
                    await connect(uri, proxy=f"http://127.0.0.1:{proxy.port}")
                assert caught.value.response.status_code == 407
            async with proxying("socks", password="a:b") as proxy:
                for login in ("", "a:c@"):
                    with pytest.raises(ProxyError, match="URL"):
                        await connect(uri, proxy=f"socks5h://{login}127.0.0.1:{proxy.port}")
                with pytest.raises(InvalidProxyMessage, match="socks5h"):
                    await connect(uri, proxy=f"http://127.0.0.1:{proxy.port}")

    run(main())


def test_a_proxy_that_speaks_for_the_server(run: Run[None]) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 x\r\n\r\n")

    async def main() -> None:
        async with raw_server(talk) as port:
            with pytest.raises(InvalidProxyMessage, match="more than its answer"):
                await connect("ws://localhost/", proxy=f"http://127.0.0.1:{port}")

    run(main())


def test_a_proxy_that_goes_away(run: Run[None]) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async def main() -> None:
        async with raw_server(talk) as port:
            with pytest.raises(InvalidProxyMessage, match="closed"):
                await connect("ws://localhost/", proxy=f"http://127.0.0.1:{port}")

    run(main())


def test_a_deaf_proxy(run: Run[None]) -> None:
    async def main() -> None:
        async with raw_server(silence) as port:
            with pytest.raises(TimeoutError):
                await connect("ws://localhost/", proxy=f"http://127.0.0.1:{port}", open_timeout=0.1)

    run(main())


def test_no_proxy_is_left_out_after_a_failure(run: Run[None]) -> None:
    async def main() -> None:
        async with serving() as uri:
            with pytest.raises(OSError):
                await connect(uri, proxy="http://127.0.0.1:1")

    run(main())


def test_the_loop_does_not_repeat_a_wrong_password(run: Run[None]) -> None:
    async def main() -> None:
        async with proxying("socks", password="a:b") as proxy:
            url = f"socks5h://a:c@127.0.0.1:{proxy.port}"
            with pytest.raises(ProxyError, match="password"):
                async for _ in connect("ws://localhost/", proxy=url, reconnect=Backoff(first=0)):
                    pass

    run(main())


def test_a_mistake_in_the_url() -> None:
    with pytest.raises(InvalidProxy, match="scheme"):
        connect("ws://localhost/", proxy="socks4://localhost")
