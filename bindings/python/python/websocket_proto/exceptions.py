"""The exceptions of this package.

All of them are an `Error`. Those that stand for an error of the protocol have its `name` (lower-case
words with hyphens, such as `"not-open"`), its number `code`, which is the same in all languages, and
the `section` of the document whose rule it is about: one of RFC 6455 unless another is named. Names
and numbers never change. The message says what to do.

The names are those of the package `websockets` where they mean the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._core import Close, Ending, Response

__all__ = [
    "AnswerError",
    "ConcurrencyError",
    "ConnectionClosed",
    "ConnectionClosedError",
    "ConnectionClosedOK",
    "Error",
    "InvalidHandshake",
    "InvalidMessage",
    "InvalidProxy",
    "InvalidProxyMessage",
    "InvalidProxyStatus",
    "InvalidStatus",
    "InvalidURI",
    "ProtocolError",
    "ProxyError",
    "RequestError",
    "SecurityError",
    "SendError",
    "WebSocketException",
]


class Error(Exception):
    """The base of all exceptions of this package."""

    name: str = ""
    """Which error it is, for programs: `"closed"`, say. Empty if it has no name."""

    code: int = 0
    """The number of the error in all languages; 0 if it has none."""

    section: str | None = None
    """The section of the document that asks for what is missing here, if one does."""


WebSocketException = Error
"""The name that this base has in the package `websockets`."""


class SendError(Error):
    """Something was not sent, and no part of it was. The connection goes on."""


class AnswerError(Error):
    """A server's answer to a request cannot be sent. The request still waits for an answer."""


class RequestError(Error):
    """A client's request cannot be made."""


class InvalidURI(RequestError):
    """The URI is none that a WebSocket can be opened with."""


class ProtocolError(Error):
    """The peer broke the protocol or exceeded a limit of this side."""

    close_code: int | None = None
    """The code of the Close frame that answers it; `None` for an error in the opening handshake."""

    status: int | None = None
    """The HTTP status that answers it; `None` unless it is an error in a request."""

    is_limit: bool = False
    """Whether the input broke no rule, and would be accepted if a limit were higher."""


class ConcurrencyError(Error, RuntimeError):
    """Two calls use one object at the same time, where only one can."""

    name = "busy"


class ConnectionClosed(Error):
    """The connection has ended, or a Close frame was sent, so that nothing can follow.

    `code` is here the code of the peer's Close frame: 1006 if it sent none, and 1005 if the frame had
    no code.
    """

    ending: Ending
    """Why and how the connection ended."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending)
        self.ending = ending
        self.name = ending.cause
        self.code = ending.code

    @property
    def reason(self) -> str:
        """The reason in the peer's Close frame; empty if there was none."""
        return self.ending.reason

    @property
    def rcvd(self) -> Close | None:
        """The Close frame that the peer sent."""
        return self.ending.received

    @property
    def sent(self) -> Close | None:
        """The Close frame that this side sent."""
        return self.ending.sent

    def __str__(self) -> str:
        return str(self.ending)


class ConnectionClosedOK(ConnectionClosed):
    """The connection was closed, with the code 1000, 1001 or none on both sides."""


class ConnectionClosedError(ConnectionClosed):
    """The connection was closed with a code that tells of an error, or was lost."""


class InvalidHandshake(Error):
    """The opening handshake failed."""

    ending: Ending | None = None
    """How the connection ended, if there was one."""


class InvalidMessage(InvalidHandshake):
    """The server's response is no response to a request for a WebSocket."""


class InvalidStatus(InvalidHandshake):
    """The server refused the request."""

    response: Response
    """What it answered."""

    def __init__(self, response: Response) -> None:
        super().__init__(response)
        self.response = response

    def __str__(self) -> str:
        return f"the server refused the request: HTTP {self.response.status}"


class SecurityError(InvalidHandshake):
    """A redirect is not followed, as it leads where this client should not go."""


class InvalidProxy(Error):
    """The URL of a proxy is none, or a variable of the environment names none."""


class ProxyError(InvalidHandshake):
    """The proxy does not lead to the server."""


class InvalidProxyStatus(ProxyError):
    """An HTTP proxy refused to lead to the server."""

    response: Response
    """What it answered, without the body."""


class InvalidProxyMessage(ProxyError):
    """The proxy's answer is not what a proxy of this kind says."""
