"""Clients: `connect`."""

from __future__ import annotations

import asyncio
import logging
import ssl as ssl_module
from collections.abc import AsyncIterator, Generator, Sequence
from types import TracebackType
from typing import Any, Final, Literal

from .._core import Backoff, ClientRequest, Config, Deflate, Proxy, Response
from ..exceptions import InvalidHandshake, InvalidStatus, RequestError, SecurityError
from .connection import Connection
from .dialing import Dialing
from .options import (
    DEFAULT,
    PRODUCT,
    Default,
    HeadersLike,
    MaxQueue,
    MaxSize,
    PathLike,
    check_seconds,
    check_subprotocols,
    header_pairs,
    make_config,
    make_limits,
)
from .reconnect import Advisor, Delays, ProcessException

#: The answers whose `Location` is followed.
REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))

_logger: Final = logging.getLogger("websocket_proto.client")


class ClientConnection(Connection):
    """A connection to a server."""

    __slots__ = ()

    @property
    def response(self) -> Response:
        """The response that opened the connection."""
        response = super().response
        if response is None:
            raise RuntimeError("the response has not arrived yet")
        return response


class connect:
    """Connects to the server of a `ws://` or `wss://` URI.

    As a context manager, which closes the connection in the end:

    ```python
    async with connect("wss://example.com/feed") as websocket:
        await websocket.send("hello")
        print(await websocket.recv())
    ```

    As a loop over connections, where each one follows when the last one is lost:

    ```python
    async for websocket in connect("wss://example.com/feed"):
        async for message in websocket:
            ...
    ```

    The loop waits before it connects again, and longer each time, until a connection was steady
    (`Backoff`). It raises what another attempt would not mend: that the server answers with 401,
    say, or closes with 1008 (policy). With `reconnect=Backoff(...)` it ends when the server has
    closed with 1000, which says that the purpose is fulfilled; without, such a connection is
    followed by another one. To leave it, use `break` or `return`.

    Awaited, it returns the connection, and closing it is up to you:

    ```python
    websocket = await connect("wss://example.com/feed")
    ```

    Arguments:

    - `origin`: the `Origin` header, such as `"https://example.com"`. Default: none.
    - `subprotocols`: the names to offer, the preferred one first. Default: none.
    - `compression`: `"deflate"` (the default), a `Deflate` with its options, or `None`.
    - `additional_headers`: more headers for the request, as a mapping or pairs.
    - `user_agent_header`: the `User-Agent`; `None` sends none.
    - `proxy`: `True` (the default) uses the proxy that the environment names, in `https_proxy`,
      `all_proxy` and their like; a string is the URL of a proxy, with the scheme `http`, `https`,
      `socks5` or `socks5h`; `None` connects directly.
    - `ssl`: the context for `wss://`. Default: that of `ssl.create_default_context()`.
    - `server_hostname`: the name in the server's certificate. Default: the host of the URI.
    - `sock`, `host`, `port`: where to connect in place of the URI's host and port. `Host` and the
      certificate stay those of the URI.
    - `open_timeout`: seconds for all of it: names, TCP, a proxy, TLS, the handshake and redirects.
      Default: 10. `None` sets no limit.
    - `ping_interval`, `ping_timeout`: after how many seconds of silence a ping is sent, and after
      how many more the server counts as dead. Default: 20 and 20. `None` sends no pings, or waits
      without a limit.
    - `close_timeout`: seconds for the closing exchange. Default: 10.
    - `max_size`: the longest message in bytes, or a pair for messages and frames. A longer one is
      answered with 1009. Default: 1 MiB. `None` sets no limit.
    - `max_queue`: how many messages may wait for `recv` before reading from the network pauses, or
      a pair of that number and the one at which it goes on, a quarter of it otherwise. Default: no
      number but `read_limit`. `None` lifts that too, unless it is given.
    - `read_limit`: how many bytes of messages may wait for `recv` before reading pauses. Default:
      256 KiB.
    - `write_limit`: how many bytes may wait to be written before `send` waits.
    - `config`: a `Config` for all else. The arguments above change it if they are given.
    - `listener`: an object whose methods are called with what arrives, in place of `recv`.
    - `reconnect`: the `Backoff` of the loop.
    - `process_exception`: called in the loop with each exception; returns one to raise, or `None`
      to go on, and so overrules the usual advice.
    - `reconnect_delays`: a function that returns the delays between attempts, in seconds, in place
      of those of `reconnect`.
    - `logger`: where the loop says why it waits. Default: `websocket_proto.client`.
    - `create_connection`: a subclass of `ClientConnection` to use.

    Other arguments go to the event loop's `create_connection`: `family`, `local_addr`,
    `ssl_handshake_timeout` and so on. Those that begin with `proxy_` are for TLS with an `https`
    proxy, such as `proxy_ssl`.

    Redirects are followed, at most 5 in a row and never from `wss` to `ws`. A server of another
    origin gets none of `additional_headers` but `Accept` and `Accept-Language`.

    Raises `InvalidURI`, `InvalidProxy`, `RequestError` for what is wrong with the arguments;
    `OSError` if the server cannot be reached; `InvalidHandshake` if it answers something else than
    a WebSocket, `InvalidStatus` with the response if that is HTTP, `ProxyError` if it is the proxy
    that does not lead there; `TimeoutError` after `open_timeout`.
    """

    def __init__(
        self,
        uri: str,
        *,
        origin: str | None = None,
        subprotocols: Sequence[str] | None = None,
        compression: Literal["deflate"] | Deflate | None | Default = DEFAULT,
        additional_headers: HeadersLike | None = None,
        user_agent_header: str | None = PRODUCT,
        proxy: str | bool | None = True,
        ssl: ssl_module.SSLContext | bool | None = None,
        open_timeout: float | None = 10,
        ping_interval: float | None | Default = DEFAULT,
        ping_timeout: float | None | Default = DEFAULT,
        close_timeout: float | None | Default = DEFAULT,
        max_size: MaxSize | Default = DEFAULT,
        max_queue: MaxQueue | Default = DEFAULT,
        read_limit: int | Default = DEFAULT,
        write_limit: int | tuple[int, int] | Default = DEFAULT,
        config: Config | None = None,
        listener: object = None,
        reconnect: Backoff | None = None,
        process_exception: ProcessException | None = None,
        reconnect_delays: Delays | None = None,
        logger: logging.Logger | logging.LoggerAdapter[Any] | None = None,
        create_connection: type[ClientConnection] = ClientConnection,
        unix: bool = False,
        **options: Any,
    ) -> None:
        self._request = ClientRequest(
            uri,
            headers=header_pairs(additional_headers),
            subprotocols=check_subprotocols(subprotocols),
            origin=origin,
            user_agent=user_agent_header or "",
        )
        self._config = make_config(
            config,
            compression=compression,
            ping_interval=ping_interval,
            ping_timeout=ping_timeout,
            close_timeout=close_timeout,
            max_size=max_size,
        )
        self._dialing = Dialing(
            Proxy(proxy) if isinstance(proxy, str) else proxy, ssl, unix, options
        )
        self._open_timeout = check_seconds("open_timeout", open_timeout)
        self._limits = make_limits(max_queue, read_limit, write_limit)
        self._listener = listener
        self._reconnect = reconnect
        self._process_exception = process_exception
        self._reconnect_delays = reconnect_delays
        self._logger = _logger if logger is None else logger
        self._class = create_connection
        self._connection: ClientConnection | None = None

    def __await__(self) -> Generator[Any, None, ClientConnection]:
        return self._connect().__await__()

    async def __aenter__(self) -> ClientConnection:
        if self._connection is not None:
            raise RuntimeError("this connect() is in use: call connect() again for another one")
        self._connection = await self._connect()
        return self._connection

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.__aexit__(exc_type, exc_value, traceback)

    async def __aiter__(self) -> AsyncIterator[ClientConnection]:
        advisor = Advisor(self._reconnect, self._process_exception, self._reconnect_delays)
        while True:
            try:
                connection = await self._connect()
            except Exception as error:  # noqa: BLE001 - the application may decide about any
                await self._wait(advisor.after_failure(error), error)
                continue
            advisor.note_open()
            try:
                yield connection
            finally:
                await connection.close()
            closed = connection.closed_error()
            delay = advisor.after_ending(closed)
            if delay is None:
                return
            await self._wait(delay, closed)

    async def _wait(self, delay: float, error: Exception) -> None:
        self._logger.info("connecting again in %.1f seconds: %s", delay, error)
        await asyncio.sleep(delay)

    async def _connect(self) -> ClientConnection:
        try:
            async with asyncio.timeout(self._open_timeout) as limit:
                return await self._follow_redirects()
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise TimeoutError(
                f"no connection within {self._open_timeout} seconds: see open_timeout"
            ) from error

    async def _follow_redirects(self) -> ClientConnection:
        request, dialing = self._request, self._dialing
        while True:
            try:
                return await self._open(request, dialing)
            except InvalidStatus as refused:
                location = refused.response.headers.get("Location")
                if refused.response.status_code not in REDIRECTS or location is None:
                    raise
                request, dialing = _redirected(request, dialing, location, refused)

    async def _open(self, request: ClientRequest, dialing: Dialing) -> ClientConnection:
        connection = self._class(
            request, config=self._config, listener=self._listener, **self._limits
        )
        try:
            await dialing.open(connection, request)
            await connection.wait_open()
        except InvalidHandshake as error:
            error.ending = connection.ending
            connection.abort()
            raise
        except BaseException:
            connection.abort()
            raise
        return connection


def _redirected(
    request: ClientRequest, dialing: Dialing, location: str, refused: InvalidStatus
) -> tuple[ClientRequest, Dialing]:
    """What to ask, and how to get there, after a redirect."""
    try:
        following = request.redirected(location)
    except RequestError as error:
        raise SecurityError(f"redirected to {location!r}: {error}") from refused
    if (following.host, following.port) != (request.host, request.port):
        dialing = dialing.to_another_host(location)
    elif dialing.has_socket():
        raise SecurityError(f"redirected to {location!r}: a sock is for one attempt") from refused
    return following, dialing


def unix_connect(path: PathLike | None = None, uri: str | None = None, **options: Any) -> connect:
    """Connects to a server at a Unix socket, with the arguments of `connect`.

    `uri` is what the server is told. Default: `ws://localhost/`, or `wss://localhost/` with `ssl`.
    """
    if uri is None:
        uri = "wss://localhost/" if options.get("ssl") else "ws://localhost/"
    return connect(uri, unix=True, path=path, **options)
