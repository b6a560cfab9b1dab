"""How a server answers requests: the arguments of `serve` that are about it."""

from __future__ import annotations

import http
import inspect
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import Request as CoreRequest
from ..exceptions import AnswerError
from .http import AnswerHeaders, Request, Response, text_response

if TYPE_CHECKING:
    from .server import ServerConnection

Origins = Sequence[str | re.Pattern[str] | None]
SelectSubprotocol = Callable[["ServerConnection", Sequence[str]], str | None]
MaybeResponse = Response | None
ProcessRequest = Callable[["ServerConnection", Request], Awaitable[MaybeResponse] | MaybeResponse]
ProcessResponse = Callable[
    ["ServerConnection", Request, Response], Awaitable[MaybeResponse] | MaybeResponse
]


@dataclass(frozen=True, slots=True)
class Answering:
    """What a server makes of a request."""

    origins: Origins | None
    subprotocols: list[str]
    select_subprotocol: SelectSubprotocol | None
    process_request: ProcessRequest | None
    process_response: ProcessResponse | None
    server_header: str | None
    logger: logging.Logger | logging.LoggerAdapter[logging.Logger]

    def __post_init__(self) -> None:
        # An origin that no browser sends would keep all pages out: better to learn of it now.
        CoreRequest("/").is_origin_allowed(_names(self.origins or ()))

    def has_hooks(self) -> bool:
        """Whether functions of the application take part, which may take time, or fail."""
        hooks = (self.process_request, self.process_response, self.select_subprotocol)
        return any(hook is not None for hook in hooks)

    async def decide(self, connection: ServerConnection, request: Request) -> Response:
        """The answer, with the functions of the application."""
        try:
            response = None
            if self.process_request is not None:
                response = await _result(self.process_request(connection, request))
            if response is None:
                response = self.usual_response(connection, request)
            self.add_server_header(response)
            if self.process_response is None:
                return response
            changed = await _result(self.process_response(connection, request, response))
            return changed or response
        except Exception:
            self.logger.exception("no answer to a request, as a function that takes part failed")
            return _failure()

    def usual_response(self, connection: ServerConnection, request: Request) -> Response:
        """The answer to a request that no function of the application has answered."""
        if not request.asks_for_websocket:
            return text_response(426, "This is a WebSocket server: connect with ws:// or wss://.\n")
        if not self._allows_origin(request):
            return text_response(403, "Pages of this origin may not connect.\n")
        headers = AnswerHeaders()
        if (name := self._choose_subprotocol(connection, request)) is not None:
            headers[SUBPROTOCOL] = name
        return Response(101, http.HTTPStatus.SWITCHING_PROTOCOLS.phrase, headers)

    def add_server_header(self, response: Response) -> None:
        """Says what the server is, unless the application says so itself."""
        if self.server_header is not None and "Server" not in response.headers:
            response.headers["Server"] = self.server_header

    def send(self, connection: ServerConnection, response: Response) -> bool:
        """Sends an answer. Whether the connection is open after it."""
        try:
            _send(connection, response)
        except AnswerError as error:
            # The client has left meanwhile, or has waited too long and was told so.
            if error.name == "not-asked":
                return False
            self.logger.exception("this answer cannot be sent: %r", response)
            _send(connection, _failure())
            return False
        return response.opens

    def _allows_origin(self, request: Request) -> bool:
        if self.origins is None:
            return True
        sent = request.headers.get_all("Origin")
        if not sent:
            return None in self.origins
        patterns = [entry for entry in self.origins if isinstance(entry, re.Pattern)]
        if len(sent) == 1 and any(pattern.fullmatch(sent[0]) for pattern in patterns):
            return True
        return request.is_origin_allowed(_names(self.origins))

    def _choose_subprotocol(self, connection: ServerConnection, request: Request) -> str | None:
        offered = request.subprotocols
        if self.select_subprotocol is not None:
            return self.select_subprotocol(connection, offered)
        return next((name for name in self.subprotocols if name in offered), None)


#: In an answer that is not sent yet, the chosen subprotocol.
SUBPROTOCOL = "Sec-WebSocket-Protocol"


def _send(connection: ServerConnection, response: Response) -> None:
    headers = response.sendable_headers()
    if not response.opens:
        connection.reject(response.status_code, headers=headers, body=response.body)
        return
    chosen = response.headers.get(SUBPROTOCOL)
    headers = [pair for pair in headers if pair[0].lower() != SUBPROTOCOL.lower()]
    connection.accept(subprotocol=chosen, headers=headers)


def _failure() -> Response:
    return text_response(500, "The server has failed: its log says why.\n")


async def _result(result: Awaitable[MaybeResponse] | MaybeResponse) -> MaybeResponse:
    response = await result if inspect.isawaitable(result) else result
    if response is not None and not isinstance(response, Response):
        raise TypeError(f"return connection.respond(status, text) or None, not {response!r}")
    return response


def _names(origins: Origins) -> list[str]:
    return [entry for entry in origins if isinstance(entry, str)]
