"""The server that `serve` makes, and its connections."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import socket
from collections.abc import Awaitable, Callable, Generator
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from ..exceptions import ConnectionClosed, InvalidHandshake, SendError
from .answering import Answering
from .connection import Connection
from .http import Request, Response, text_response

Handler = Callable[["ServerConnection"], Awaitable[None]]
Logger = logging.Logger | logging.LoggerAdapter[logging.Logger]


class ServerConnection(Connection):
    """A connection to a client."""

    __slots__ = ("server", "username")

    #: The server that has accepted the connection.
    server: Server
    #: The user, for `process_request` to set.
    username: str

    @property
    def request(self) -> Request:  # type: ignore[override]
        """The request of the client. It is there when a function of the application is called."""
        request = super().request
        if request is None:
            raise RuntimeError("the request has not arrived yet")
        return Request(request)

    def has_request(self) -> bool:
        """Whether the request of the client is there."""
        return super().request is not None

    def respond(self, status: int | HTTPStatus, text: str) -> Response:
        """An answer of plain text, to return from `process_request` or `process_response`. It is
        not sent by this call, and its headers can still be changed."""
        return text_response(status, text)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.server._welcome(self)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.server._forget(self)


class Server:
    """What `serve` returns: a server that listens once it is awaited, or as a context manager."""

    def __init__(
        self,
        listen: Callable[[Callable[[], asyncio.BaseProtocol]], Awaitable[asyncio.Server]],
        make_connection: Callable[[Server], ServerConnection],
        handler: Handler | None,
        answering: Answering,
        *,
        open_timeout: float | None,
        max_opening: int,
        logger: Logger,
    ) -> None:
        self._listen = listen
        self._make_connection = make_connection
        self._handler = handler
        self._answering = answering
        self._open_timeout = open_timeout
        self._max_opening = max_opening
        self.logger = logger
        self._server: asyncio.Server | None = None
        self._opening: set[ServerConnection] = set()
        #: Those whose transport is not gone yet.
        self._alive: set[ServerConnection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None
        self._is_crowded = False
        # What all tasks share, as otherwise each would keep one of its own.
        self._task_done = self._note_task_done
        self._task_done_context = contextvars.Context()

    @property
    def connections(self) -> set[ServerConnection]:
        """The connections that are open now, for `broadcast` for example."""
        return {connection for connection in self._alive if connection.is_open}

    @property
    def sockets(self) -> tuple[socket.socket, ...]:
        """The sockets that the server listens at."""
        return tuple(self._listener().sockets)

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop that the server runs on."""
        return self._listener().get_loop()

    def is_serving(self) -> bool:
        """Whether the server accepts connections."""
        return self._server is not None and self._server.is_serving()

    async def start_serving(self) -> None:
        """Begins to accept connections, after `serve(..., start_serving=False)`."""
        await self._listener().start_serving()

    async def serve_forever(self) -> None:
        """Serves until it is cancelled, which closes the server, or until `close` is called."""
        if not self.is_serving() and self._closing is None:
            await self.start_serving()
        try:
            await self.wait_closed()
        except asyncio.CancelledError:
            self.close()
            await self.wait_closed()
            raise

    def close(self, close_connections: bool = True, code: int = 1001, reason: str = "") -> None:
        """Begins to close the server: it accepts no more connections, answers requests with 503,
        and closes its connections with this code. `wait_closed` waits for the rest of it.

        With `close_connections=False`, those that are open end when they want to. Calling it again
        changes nothing.
        """
        if self._closing is None:
            listener = self._listener()
            for connection in self.connections if close_connections else ():
                connection.start_close(code, reason)
            listener.close()
            self.logger.info("server closing")
            self._closing = listener.get_loop().create_task(self._close(listener))
            self._closing_begun.set()

    async def wait_closed(self) -> None:
        """Waits until the server is closed: all handlers have returned, and all connections are
        gone. A handler is told by `recv`, which raises, or by `wait_closed`, which returns."""
        self._listener()
        await self._closing_begun.wait()
        assert self._closing is not None
        await asyncio.shield(self._closing)

    async def _close(self, listener: asyncio.Server) -> None:
        for connection in list(self._opening):
            # One that has sent its request gets an answer from its task.
            if not connection.has_request():
                connection.abort()
        await listener.wait_closed()
        while self._tasks or self._alive:
            await self._changed.wait()
            self._changed.clear()
        self.logger.info("server closed")

    def __await__(self) -> Generator[Any, None, Self]:
        return self._start().__await__()

    async def __aenter__(self) -> Self:
        return await self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
        await self.wait_closed()

    async def _start(self) -> Self:
        if self._server is None:
            self._closing_begun, self._changed = asyncio.Event(), asyncio.Event()
            self._server = await self._listen(lambda: self._make_connection(self))
            for listening in self._server.sockets:
                self.logger.info("server listening on %s", listening.getsockname())
        return self

    def _listener(self) -> asyncio.Server:
        if self._server is None:
            raise RuntimeError("the server does not listen yet: await serve(...) first")
        return self._server

    def _welcome(self, connection: ServerConnection) -> None:
        """Takes a connection whose handshake begins."""
        if len(self._opening) >= self._max_opening:
            self._turn_away(connection)
            return
        self._is_crowded = False
        self._opening.add(connection)
        self._alive.add(connection)
        task = asyncio.get_running_loop().create_task(self._serve(connection))
        self._tasks.add(task)
        task.add_done_callback(self._task_done, context=self._task_done_context)

    def _turn_away(self, connection: ServerConnection) -> None:
        if not self._is_crowded:
            self._is_crowded = True
            self.logger.warning(
                "%d connections are in the handshake: more are dropped (max_opening)",
                self._max_opening,
            )
        connection.abort()

    def _forget(self, connection: ServerConnection) -> None:
        """Drops a connection whose transport is gone."""
        self._alive.discard(connection)
        self._changed.set()

    def _note_task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changed.set()

    async def _serve(self, connection: ServerConnection) -> None:
        # The handler is awaited here, as each coroutine in between takes memory while it waits.
        if not await self._admit(connection) or self._handler is None:
            return
        code = 1000
        try:
            await self._handler(connection)
        except BaseException as error:
            code = self._code_after(error, connection)
            if not isinstance(error, Exception):
                raise
        finally:
            await connection.close(code)

    async def _admit(self, connection: ServerConnection) -> bool:
        """Answers the request. Whether the connection is open then."""
        try:
            response = await self._decide(connection)
            if self._closing is not None and response.opens:
                response = text_response(503, "The server is closing.\n")
            return self._answering.send(connection, response)
        except (ConnectionClosed, InvalidHandshake, TimeoutError) as error:
            self.logger.debug("no handshake: %s", error)
            return False
        except BaseException:
            connection.abort()
            raise
        finally:
            self._opening.discard(connection)

    async def _decide(self, connection: ServerConnection) -> Response:
        """The answer to the request, once that has arrived."""
        if not self._answering.has_hooks():
            return await self._answer(connection)
        # The core answers for an application that takes too long.
        async with asyncio.timeout(self._open_timeout):
            return await self._answer(connection)

    async def _answer(self, connection: ServerConnection) -> Response:
        await connection.wait_until("request")
        if not connection.has_request():
            raise InvalidHandshake("no request has arrived")
        if self._closing is not None:
            return text_response(503, "The server is closing.\n")
        if self._answering.has_hooks():
            return await self._answering.decide(connection, connection.request)
        response = self._answering.usual_response(connection, connection.request)
        self._answering.add_server_header(response)
        return response

    def _code_after(self, error: BaseException, connection: ServerConnection) -> int:
        """The code to close with after the handler has raised this."""
        if isinstance(error, asyncio.CancelledError):
            return 1001
        if isinstance(error, KeyboardInterrupt | SystemExit):
            connection.abort()
        elif isinstance(error, Exception) and not _tells_of_the_end(error, connection):
            self.logger.exception("connection handler failed")
        return 1011


def _tells_of_the_end(error: Exception, connection: ServerConnection) -> bool:
    """Whether an exception says that this connection has ended, or closes: that another one has is
    a failure of the handler."""
    match error:
        case ConnectionClosed(ending=ending):
            return ending == connection.ending
        case SendError(name="closed"):
            return not connection.is_open
    return False
