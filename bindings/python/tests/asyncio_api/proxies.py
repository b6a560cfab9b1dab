"""Proxies for the tests: HTTP CONNECT and SOCKS5, as small as they can be."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from .servers import raw_server


@dataclass
class Proxy:
    """What a proxy was asked for."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    #: `user:password`, if it wants one.
    password: str | None = None
    #: Connects to this port, whatever it was asked for.
    to_port: int | None = None

    async def pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int
    ) -> None:
        port = self.to_port or port
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_copy(reader, upstream_writer), _copy(upstream_reader, writer))

    async def http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head.split("\r\n")[0])
        if self.password is not None:
            expected = base64.b64encode(self.password.encode()).decode()
            if f"Proxy-Authorization: Basic {expected}" not in head:
                writer.write(b"HTTP/1.1 407 Who Are You\r\nContent-Length: 0\r\n\r\n")
                return
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        await self.pass_on(reader, writer, int(head.split(" ")[1].rsplit(":", 1)[1]))

    async def socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        method = 0 if self.password is None else 2
        if method not in methods:
            writer.write(b"\x05\xff")
            return
        writer.write(bytes((5, method)))
        if method == 2 and not await self._socks_password(reader, writer):
            return
        _, _, _, kind, length = await reader.readexactly(5)
        assert kind == 3, "names are looked up by the proxy"
        host = (await reader.readexactly(length)).decode()
        port = int.from_bytes(await reader.readexactly(2))
        self.asked.append(f"{host}:{port}")
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        await self.pass_on(reader, writer, port)

    async def _socks_password(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        _, length = await reader.readexactly(2)
        user = (await reader.readexactly(length)).decode()
        (length,) = await reader.readexactly(1)
        password = (await reader.readexactly(length)).decode()
        is_right = f"{user}:{password}" == self.password
        writer.write(bytes((1, 0 if is_right else 1)))
        return is_right


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@contextlib.asynccontextmanager
async def proxying(
    kind: str, *, tls: ssl.SSLContext | None = None, **options: object
) -> AsyncIterator[Proxy]:
    """A proxy that listens."""
    proxy = Proxy(**options)  # type: ignore[arg-type]
    talk = proxy.socks if kind == "socks" else proxy.http
    async with raw_server(talk, tls=tls) as proxy.port:
        yield proxy
