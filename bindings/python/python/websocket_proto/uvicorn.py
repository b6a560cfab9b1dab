"""WebSocket for uvicorn, and so for FastAPI, Starlette and every other ASGI application:

    uvicorn --ws websocket_proto.uvicorn:Protocol application:app

or `uvicorn.run(app, ws="websocket_proto.uvicorn:Protocol")`. Applications need no change. It obeys
uvicorn's settings: `--ws-max-size`, `--ws-max-queue`, `--ws-ping-interval`, `--ws-ping-timeout`,
`--ws-per-message-deflate`, `--root-path`, those about proxy headers, and the time for a graceful end.

It differs from what uvicorn brings along where that is in the interest of both sides:

- However a connection ends, its last messages arrive: input goes on to be read, and is discarded, until
  the client has closed, for 10 s at most. Otherwise unread input would reset the connection.
- An application that returns without closing closes with 1000, and one that fails with 1011. uvicorn's
  own drop the connection, which clients see as 1006.
- A client that vanishes is 1006 to the application, not 1005 (RFC 6455, section 7.1.5).
- Both directions are bounded by bytes. `--ws-max-queue` bounds the messages that wait for the
  application, too. Reading does not stop after each message.
- A subprotocol that the client did not offer, and a denial whose status is not from 300 to 599, are
  errors of the application. Header values of an answer are sent in UTF-8, if need be by taking them for
  Latin-1.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from uvicorn.logging import TRACE_LOG_LEVEL
from uvicorn.protocols.utils import (
    ClientDisconnected,
    get_client_addr,
    get_local_addr,
    get_path_with_query_string,
    get_remote_addr,
    is_ssl,
)

from . import _asgi, _core
from ._asgi import Denial, Message
from ._asgi_queue import MessageQueue
from ._core import Ending, Request
from .exceptions import ConnectionClosed, SendError

if TYPE_CHECKING:
    import uvicorn
    from uvicorn.server import ServerState

__all__ = ["Protocol"]

# How far a connection has come, as its application sees it: CLOSED by the application, or GONE.
DECIDING, DENYING, OPEN, CLOSED, GONE = range(5)

logger = logging.getLogger("uvicorn.error")


class Protocol(MessageQueue):
    """What uvicorn makes for each connection that asks for a WebSocket.

    uvicorn parses the request, and writes its head anew for `data_received`. From then on the transport
    belongs to this protocol, which calls the application in a task.
    """

    __slots__ = (
        "_app_state",
        "_config",
        "_denial",
        "_scope",
        "_server_state",
        "_step",
    )

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if not config.loaded:
            config.load()
        loop = _loop or asyncio.get_running_loop()
        super().__init__(_asgi.link_config(config), loop, most=config.ws_max_queue)
        self._config = config
        self._app_state = app_state
        self._server_state = server_state
        self._scope: _asgi.Scope = {}
        self._step = DECIDING
        self._denial: Denial | None = None

    # What uvicorn and the transport call.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        cast("set[Any]", self._server_state.connections).add(self)
        self._trace("made")

    def connection_lost(self, exc: Exception | None) -> None:
        self._trace("lost")
        super().connection_lost(exc)
        cast("set[Any]", self._server_state.connections).discard(self)

    def shutdown(self) -> None:
        """Ends the connection, as the server is about to stop."""
        if self._step == OPEN:
            self._part(GONE, code=1012)
            self._start_close(1012)
        elif self._step in (DECIDING, DENYING) and self._scope:
            self._refuse(GONE)

    # What the link calls.

    def on_request(self, _link: _core.Link, request: Request) -> None:
        transport = cast(asyncio.Transport, self.transport)
        self._scope = _asgi.websocket_scope(request, self._config, self._app_state)
        self._scope.update(
            scheme="wss" if is_ssl(transport) else "ws",
            server=get_local_addr(transport),
            client=get_remote_addr(transport),
        )
        task = self._loop.create_task(self._run())
        self._server_state.tasks.add(task)
        task.add_done_callback(self._server_state.tasks.discard)

    def on_close(self, _link: _core.Link, code: int, reason: str) -> None:
        self._part(GONE, code=code, reason=reason)

    def on_ended(self, _link: _core.Link, ending: Ending) -> None:
        if self._step != OPEN:
            self._part(GONE, code=1006)
        elif ending.sent is None:
            self._part(GONE, code=1006, reason="")
        else:
            self._part(GONE, code=ending.sent.code, reason=ending.sent.reason or str(ending))

    def _part(self, step: int, **said: Any) -> None:
        """Goes to the last step, and lets the application know, unless that was done before."""
        if self._end_messages(**said):
            self._step = step

    # What the application does.

    async def _run(self) -> None:
        """Calls the application, and ends what it leaves unfinished."""
        app = cast(_asgi.Application, self._config.loaded_app)
        try:
            result = await app(self._scope, self.receive, self._send)
        except ClientDisconnected:
            return
        except BaseException:
            logger.exception("Exception in ASGI application\n")
            self._finish(1011)
            return
        if self._step == DECIDING:
            logger.error("ASGI callable returned without completing handshake.")
        elif result is not None:
            logger.error("ASGI callable should return None, but returned '%s'.", result)
        self._finish(1000 if result is None else 1011)

    def _finish(self, code: int) -> None:
        if self._step == OPEN:
            self._close(code, "")
        elif self._step == DENYING:
            self._send_denial()
        elif self._step == DECIDING:
            self._refuse(CLOSED)

    async def _send(self, message: Message) -> None:
        """The application's `send`."""
        kind = message["type"]
        if self._step == OPEN and kind == "websocket.send":
            data = message.get("bytes")
            if data is None:
                data = message.get("text")
                if data is None:
                    raise RuntimeError("A 'websocket.send' has neither 'bytes' nor 'text'.")
            try:
                if self.has_room:
                    self.send_nowait(data)
                else:
                    await self.send(data)
            except (ConnectionClosed, SendError):
                if self.is_open:
                    raise
                raise ClientDisconnected from None
        elif self._step == GONE:
            raise ClientDisconnected
        else:
            self._command(kind, message)

    def _command(self, kind: str, message: Message) -> None:
        command = COMMANDS.get((self._step, kind))
        if command is None:
            raise RuntimeError(COMPLAINTS[self._step].format(kind))
        command(self, message)

    def _accept(self, message: Message) -> None:
        headers = [*self._server_state.default_headers, *message.get("headers", ())]
        self.accept(subprotocol=message.get("subprotocol"), headers=_asgi.texts(headers))
        self._step = OPEN
        self._log("[accepted]")

    def _close_unopened(self, _message: Message) -> None:
        self._log("403")
        self._answer(CLOSED, 403)

    def _begin_denial(self, message: Message) -> None:
        defaults = self._server_state.default_headers
        self._denial = Denial(message["status"], message.get("headers", ()), defaults)
        self._step = DENYING
        self._log(str(self._denial.status))

    def _extend_denial(self, message: Message) -> None:
        assert self._denial is not None
        self._denial.body += message.get("body", b"")
        if not message.get("more_body", False):
            self._send_denial()

    def _close_open(self, message: Message) -> None:
        self._close(message.get("code", 1000), message.get("reason") or "")

    # The ends of a connection.

    def _close(self, code: int, reason: str) -> None:
        self._start_close(code, reason)
        self._part(CLOSED, code=code, reason=reason)

    def _start_close(self, code: int, reason: str = "") -> None:
        # One that ends already ends anyway, even if how is not known yet.
        if self.is_open:
            self.start_close(code, reason)

    def _send_denial(self) -> None:
        assert self._denial is not None
        denial, self._denial = self._denial, None
        self._answer(CLOSED, denial.status, denial.headers, bytes(denial.body))

    def _refuse(self, step: int) -> None:
        """Answers for an application that has not done so."""
        headers = [("Content-Type", "text/plain; charset=utf-8")]
        self._answer(step, 500, headers, b"Internal Server Error")

    def _answer(self, step: int, status: int, headers: _asgi.Texts = (), body: bytes = b"") -> None:
        self._part(step, code=1006)
        self.reject(status, headers=headers, body=body)

    # The log.

    def _log(self, answer: str) -> None:
        scope = cast(Any, self._scope)
        target = get_path_with_query_string(scope)
        logger.info('%s - "WebSocket %s" %s', get_client_addr(scope), target, answer)

    def _trace(self, what: str) -> None:
        if logger.level <= TRACE_LOG_LEVEL:
            client = get_remote_addr(cast(asyncio.Transport, self.transport))
            prefix = f"{client[0]}:{client[1]} - " if client else ""
            logger.log(TRACE_LOG_LEVEL, "%sWebSocket connection %s", prefix, what)


COMMANDS: dict[tuple[int, str], Callable[[Protocol, Message], None]] = {
    (DECIDING, "websocket.accept"): Protocol._accept,
    (DECIDING, "websocket.close"): Protocol._close_unopened,
    (DECIDING, "websocket.http.response.start"): Protocol._begin_denial,
    (DENYING, "websocket.http.response.body"): Protocol._extend_denial,
    (OPEN, "websocket.close"): Protocol._close_open,
}

COMPLAINTS = {
    DECIDING: "Expected ASGI message 'websocket.accept', 'websocket.close' or "
    "'websocket.http.response.start' but got '{}'.",
    DENYING: "Expected ASGI message 'websocket.http.response.body' but got '{}'.",
    OPEN: "Expected ASGI message 'websocket.send' or 'websocket.close', but got '{}'.",
    CLOSED: "Unexpected ASGI message '{}', after sending 'websocket.close'.",
}
