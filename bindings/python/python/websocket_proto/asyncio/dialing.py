"""How the transport of a client is made: directly, over a Unix socket, or through a proxy."""

from __future__ import annotations

import asyncio
import socket
import ssl as ssl_module
from dataclasses import dataclass, field, replace
from typing import Any, cast

from .._core import ClientRequest, Proxy, Tunnel
from ..exceptions import InvalidProxyMessage, ProxyError, SecurityError
from .connection import Connection
from .reaching import Reaching

#: The options that are about the host of the URI.
_FIRST_HOST = frozenset(("host", "port", "server_hostname"))


@dataclass(frozen=True, slots=True)
class Dialing:
    """The arguments of `connect` that are about the transport."""

    proxy: Proxy | bool | None
    ssl: ssl_module.SSLContext | bool | None
    unix: bool
    options: dict[str, Any] = field(default_factory=dict)

    def has_socket(self) -> bool:
        """Whether a socket was given, which is used up by the first attempt."""
        return self.options.get("sock") is not None

    def to_another_host(self, location: str) -> Dialing:
        """The arguments for a redirect to another host, which those about the first do not fit."""
        if self.unix or self.has_socket():
            raise SecurityError(
                f"redirected to {location!r}, which is not where the given socket leads"
            )
        options = {name: value for name, value in self.options.items() if name not in _FIRST_HOST}
        return replace(self, options=options)

    async def open(self, connection: Connection, request: ClientRequest) -> None:
        """Makes the transport for a connection. If that fails or is cancelled, nothing is left."""
        loop = asyncio.get_running_loop()
        options = self.options | self._tls_options(request)
        if self.unix:
            await loop.create_unix_connection(lambda: connection, **options)
        elif (proxy := self._proxy_for(request)) is not None:
            await _open_through(proxy, connection, request, options)
        else:
            await _open_directly(connection, request, options)

    def _tls_options(self, request: ClientRequest) -> dict[str, Any]:
        if not request.is_secure:
            if self.ssl:
                raise ValueError("ssl is for wss:// URIs: change the URI or leave out ssl")
            return {}
        if self.ssl is False:
            raise ValueError("ssl=False is for ws:// URIs: change the URI or leave out ssl")
        options: dict[str, Any] = {"ssl": True if self.ssl is None else self.ssl}
        if self.options.get("server_hostname") is None:
            options["server_hostname"] = request.server_hostname
        return options

    def _proxy_for(self, request: ClientRequest) -> Proxy | None:
        if self.proxy is True and self.options.get("sock") is None:
            return Proxy.from_env(request)
        return self.proxy if isinstance(self.proxy, Proxy) else None


async def _open_directly(
    connection: Connection, request: ClientRequest, options: dict[str, Any]
) -> None:
    options = {name: value for name, value in options.items() if not name.startswith("proxy_")}
    reaching = Reaching.of(options)
    host, port = options.pop("host", None), options.pop("port", None)
    sock = options.pop("sock", None)
    if sock is None:
        sock = await reaching.connect(host or request.host, port or request.port)
    await _use_socket(sock, connection, options)


async def _use_socket(
    sock: socket.socket, protocol: asyncio.BaseProtocol, options: dict[str, Any]
) -> asyncio.Transport:
    """Makes a transport of a connected socket, with TLS if the options say so."""
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.create_connection(lambda: protocol, sock=sock, **options)
    except (TypeError, ValueError) as error:
        # The loop has not taken the socket: the options are wrong.
        if not isinstance(error, OSError):
            sock.close()
        raise
    return transport


async def _open_through(
    proxy: Proxy, connection: Connection, request: ClientRequest, options: dict[str, Any]
) -> None:
    for_server, for_proxy = _split_options(options)
    if proxy.is_secure:
        for_proxy["ssl"] = for_proxy.get("ssl") or True
    elif for_proxy.get("ssl"):
        raise ValueError("proxy_ssl is for https:// proxies: change the proxy's URL")
    transport = await _open_tunnel(Tunnel(proxy, request), proxy, for_proxy)
    try:
        if request.is_secure:
            transport = await _start_tls(transport, connection, for_server)
        else:
            transport.set_protocol(connection)
        connection.connection_made(transport)
        transport.resume_reading()
    except BaseException:
        transport.abort()
        raise


def _split_options(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options of TLS with the server, and those of the connection to the proxy."""
    for_server, for_proxy = {}, {}
    for name, value in options.items():
        if name.startswith("ssl") or name == "server_hostname":
            for_server[name] = value
        elif name not in ("host", "port"):
            for_proxy[name.removeprefix("proxy_")] = value
    return for_server, for_proxy


async def _open_tunnel(tunnel: Tunnel, proxy: Proxy, options: dict[str, Any]) -> asyncio.Transport:
    protocol = _TunnelProtocol(tunnel, asyncio.get_running_loop().create_future())
    sock = await Reaching.of(options).connect(proxy.host, proxy.port)
    if options.get("ssl"):
        options.setdefault("server_hostname", proxy.host)
    try:
        transport = await _use_socket(sock, protocol, options)
        await protocol.opened
    except BaseException:
        protocol.abandon()
        raise
    return transport


async def _start_tls(
    transport: asyncio.Transport, connection: Connection, options: dict[str, Any]
) -> asyncio.Transport:
    context = options.pop("ssl")
    if context is True:
        context = ssl_module.create_default_context()
    loop = asyncio.get_running_loop()
    try:
        secured = await loop.start_tls(transport, connection, context, **options)
    except BaseException:
        transport.abort()
        raise
    if secured is None:
        raise ConnectionResetError("the proxy closed the connection during the TLS handshake")
    return secured


class _TunnelProtocol(asyncio.Protocol):
    """What is said to the proxy. The future is done when the transport leads to the server."""

    __slots__ = ("_transport", "_tunnel", "opened")

    def __init__(self, tunnel: Tunnel, opened: asyncio.Future[None]) -> None:
        self._tunnel = tunnel
        self._transport: asyncio.Transport | None = None
        self.opened = opened

    def abandon(self) -> None:
        """Closes the transport, if there is one, as nobody waits for the answer any more."""
        if not self.opened.cancel() and not self.opened.cancelled():
            # What was raised elsewhere, or what nobody learns of.
            self.opened.exception()
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # That of another loop need not be a subclass.
        self._transport = cast(asyncio.Transport, transport)
        self._write_output(self._transport)

    def data_received(self, data: bytes) -> None:
        if self.opened.done() or self._transport is None:
            return
        try:
            early = self._tunnel.receive(data)
        except ProxyError as error:
            self._fail(error)
            return
        self._write_output(self._transport)
        if early:
            # No server of WebSockets and of TLS speaks first.
            self._fail(InvalidProxyMessage("the proxy sent more than its answer: use another one"))
        elif early is not None:
            self._transport.pause_reading()
            self.opened.set_result(None)

    def eof_received(self) -> None:
        self._fail_for_end()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self._fail(exc)
        else:
            self._fail_for_end()

    def _write_output(self, transport: asyncio.Transport) -> None:
        if output := self._tunnel.take_output():
            transport.write(output)

    def _fail_for_end(self) -> None:
        if not self.opened.done():
            try:
                self._tunnel.receive_eof()
            except ProxyError as error:
                self._fail(error)

    def _fail(self, error: Exception) -> None:
        if not self.opened.done():
            self.opened.set_exception(error)
