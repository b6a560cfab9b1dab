"""Servers: `serve`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

from .._core import Config, Deflate
from .answering import Answering, Origins, ProcessRequest, ProcessResponse, SelectSubprotocol
from .basic_auth import basic_auth
from .broadcast import broadcast
from .options import (
    DEFAULT,
    PRODUCT,
    Default,
    MaxQueue,
    MaxSize,
    PathLike,
    check_seconds,
    check_subprotocols,
    make_config,
    make_limits,
)
from .serving import Handler, Logger, Server, ServerConnection

__all__ = ["Server", "ServerConnection", "basic_auth", "broadcast", "serve", "unix_serve"]

_logger: Final = logging.getLogger("websocket_proto.server")


def serve(
    handler: Handler | None,
    host: str | Sequence[str] | None = None,
    port: int | None = None,
    *,
    origins: Origins | None = None,
    subprotocols: Sequence[str] | None = None,
    select_subprotocol: SelectSubprotocol | None = None,
    compression: Literal["deflate"] | Deflate | None | Default = DEFAULT,
    process_request: ProcessRequest | None = None,
    process_response: ProcessResponse | None = None,
    server_header: str | None = PRODUCT,
    open_timeout: float | None = 10,
    ping_interval: float | None | Default = DEFAULT,
    ping_timeout: float | None | Default = DEFAULT,
    close_timeout: float | None | Default = DEFAULT,
    max_size: MaxSize | Default = DEFAULT,
    max_queue: MaxQueue | Default = DEFAULT,
    read_limit: int | Default = DEFAULT,
    write_limit: int | tuple[int, int] | Default = DEFAULT,
    max_opening: int = 1000,
    config: Config | None = None,
    listener: Callable[[ServerConnection], object] | None = None,
    logger: Logger | None = None,
    create_connection: type[ServerConnection] = ServerConnection,
    unix: bool = False,
    **options: Any,
) -> Server:
    """A server that calls `handler` with each connection.

    ```python
    async def handler(websocket):
        async for message in websocket:
            await websocket.send(message)


    async with serve(handler, "localhost", 8765) as server:
        await server.serve_forever()
    ```

    When the handler returns, the connection is closed with 1000; if it raises, with 1011, and the
    exception is logged. A connection that ends in the middle of `recv` or `send` is no failure of
    the handler.

    Arguments:

    - `host`, `port`: where to listen. Without a host, on all interfaces; port 0 is any free one,
      which `server.sockets` tells.
    - `origins`: the pages that may connect, as `"https://example.com"` or compiled regular
      expressions; a `None` among them lets clients connect that are no browsers. Others get 403.
      Default: no check. A server that knows its users by cookies needs one.
    - `subprotocols`: those that the server speaks, the preferred one first. The first that the
      client offers too is chosen.
    - `select_subprotocol`: chooses in its place: a function of the connection and the names that
      the client offers, which returns one of them or `None`.
    - `compression`: `"deflate"` (the default), a `Deflate` with its options, or `None`.
    - `process_request`: a function or coroutine of the connection and the request. What it returns
      is the answer; `None` goes on as usual. `connection.respond(status, text)` makes an answer. It
      also sees requests that ask for no WebSocket, which get 426 otherwise: answer health checks and
      browsers here.
    - `process_response`: the same with the answer as the third argument, which it may change.
    - `server_header`: the `Server` header; `None` sends none.
    - `open_timeout`: seconds for TLS, and for the handshake. Default: 10. `None` sets no limit.
    - `max_opening`: how many connections may be in the handshake at a time; more are dropped.
      Default: 1000.
    - `listener`: a function of the connection that returns an object whose methods are called with
      what arrives, in place of `recv`; `handler` may be `None` then.
    - `ping_interval`, `ping_timeout`, `close_timeout`, `max_size`, `max_queue`, `read_limit`,
      `write_limit`, `config`: as for `connect`.
    - `logger`: where failures are logged. Default: `websocket_proto.server`.
    - `create_connection`: a subclass of `ServerConnection` to use.

    Other arguments go to the event loop's `create_server`: `ssl`, `sock`, `backlog`, `reuse_port`,
    `start_serving` and so on.
    """
    if handler is None and listener is None:
        raise TypeError("serve needs a handler, or a listener")
    if options.get("ssl") is not None:
        options.setdefault("ssl_handshake_timeout", open_timeout)
    config = make_config(
        config,
        compression=compression,
        ping_interval=ping_interval,
        ping_timeout=ping_timeout,
        close_timeout=close_timeout,
        max_size=max_size,
    ).replace(handshake_timeout=check_seconds("open_timeout", open_timeout), other_requests=True)
    logger = _logger if logger is None else logger
    answering = Answering(
        origins,
        check_subprotocols(subprotocols),
        select_subprotocol,
        process_request,
        process_response,
        server_header,
        logger,
    )

    limits = make_limits(max_queue, read_limit, write_limit)

    def make_connection(server: Server) -> ServerConnection:
        connection = create_connection(config=config, **limits)
        connection.server = server
        if listener is not None:
            connection.set_listener(listener(connection))
        return connection

    async def listen(make_protocol: Callable[[], asyncio.BaseProtocol]) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        if unix:
            return await loop.create_unix_server(make_protocol, **options)
        return await loop.create_server(make_protocol, host, port, **options)

    return Server(
        listen,
        make_connection,
        handler,
        answering,
        open_timeout=open_timeout,
        max_opening=max_opening,
        logger=logger,
    )


def unix_serve(handler: Handler | None, path: PathLike | None = None, **options: Any) -> Server:
    """A server at a Unix socket, with the arguments of `serve` but `host` and `port`."""
    return serve(handler, unix=True, path=path, **options)
