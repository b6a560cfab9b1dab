"""Requests and answers as `process_request` and `process_response` have them."""

from __future__ import annotations

import http
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field

from .. import Headers
from .. import Request as CoreRequest
from .options import HeadersLike, header_pairs


class Request:
    """The request of a client.

    Unlike in `websocket_proto.Request`, `path` has the query with it, as programs written for
    `websockets` expect. The path alone is the part before the `?`, or what
    `urllib.parse.urlsplit(request.path).path` returns.
    """

    __slots__ = ("_request",)

    def __init__(self, request: CoreRequest) -> None:
        self._request = request

    @property
    def path(self) -> str:
        """The path, and the query after a `?` if there is one."""
        query = self._request.query
        return self._request.path if query is None else f"{self._request.path}?{query}"

    @property
    def query(self) -> str | None:
        """The query without its `?`."""
        return self._request.query

    @property
    def headers(self) -> Headers:
        """All headers, in order."""
        return self._request.headers

    @property
    def host(self) -> str:
        """The host and port that the request is for."""
        return self._request.host

    @property
    def origin(self) -> str | None:
        """The origin of the page that connects."""
        return self._request.origin

    @property
    def subprotocols(self) -> list[str]:
        """The subprotocols that the client offers, its preferred one first."""
        return self._request.subprotocols

    @property
    def asks_for_websocket(self) -> bool:
        """Whether the client asks for a WebSocket. Others are browsers that follow a link, and
        health checks; they get 426 unless `process_request` answers them."""
        return self._request.asks_for_websocket

    @property
    def basic_credentials(self) -> tuple[str, str] | None:
        """The user name and password of `Authorization: Basic`. Compare the password by
        `hmac.compare_digest`."""
        return self._request.basic_credentials

    @property
    def bearer_token(self) -> str | None:
        """The token of `Authorization: Bearer`. Compare it by `hmac.compare_digest`."""
        return self._request.bearer_token

    def query_parameter(self, name: str) -> str | None:
        """The first parameter of this name in the query, decoded."""
        return self._request.query_parameter(name)

    def cookie(self, name: str) -> str | None:
        """The first cookie of this name."""
        return self._request.cookie(name)

    def is_origin_allowed(self, origins: list[str] | None = None) -> bool:
        """Whether the request comes from a page of these origins, or of this host; or from no
        page."""
        return self._request.is_origin_allowed(origins)

    def __repr__(self) -> str:
        return repr(self._request)


class AnswerHeaders(MutableMapping[str, str]):
    """The headers of an answer that is not sent yet. Names are compared without case.

    Setting a header adds it, as in `websockets`: delete the old one first to replace it.
    """

    __slots__ = ("_pairs",)

    def __init__(self, headers: HeadersLike | None = None) -> None:
        self._pairs = header_pairs(headers)

    def __getitem__(self, name: str) -> str:
        for value in self.get_all(name):
            return value
        raise KeyError(name)

    def __setitem__(self, name: str, value: str) -> None:
        self._pairs.append((name, value))

    def __delitem__(self, name: str) -> None:
        self._pairs = [pair for pair in self._pairs if not _same(pair[0], name)]

    def __iter__(self) -> Iterator[str]:
        return iter({name.lower(): name for name, _ in self._pairs}.values())

    def __len__(self) -> int:
        return len({name.lower() for name, _ in self._pairs})

    def get_all(self, name: str) -> list[str]:
        """All values of this name, in order."""
        return [value for other, value in self._pairs if _same(other, name)]

    def raw_items(self) -> Iterator[tuple[str, str]]:
        """All names and values, in order."""
        return iter(self._pairs)

    def __repr__(self) -> str:
        return f"AnswerHeaders({self._pairs!r})"


def _same(name: str, other: str) -> bool:
    return name.lower() == other.lower()


@dataclass(slots=True)
class Response:
    """The answer of a server: 101 opens the WebSocket, 200 and 300 to 599 do not.

    The package itself writes the headers of the handshake, `Connection` and `Content-Length`.
    """

    status_code: int
    reason_phrase: str = ""
    # Not shown: they may hold secrets.
    headers: AnswerHeaders = field(default_factory=AnswerHeaders, repr=False)
    body: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.headers, AnswerHeaders):
            self.headers = AnswerHeaders(self.headers)

    @property
    def opens(self) -> bool:
        """Whether this is the answer that opens the WebSocket."""
        return self.status_code == http.HTTPStatus.SWITCHING_PROTOCOLS

    def sendable_headers(self) -> list[tuple[str, str]]:
        """The headers without those that the package writes itself."""
        return [pair for pair in self.headers.raw_items() if pair[0].lower() not in _WRITTEN]


#: What programs copy from other servers, and what is written all the same.
_WRITTEN = frozenset(("connection", "content-length", "upgrade"))


def text_response(status: int | http.HTTPStatus, text: str) -> Response:
    """An answer of plain text."""
    status = http.HTTPStatus(status)
    headers = AnswerHeaders([("Content-Type", "text/plain; charset=utf-8")])
    return Response(status.value, status.phrase, headers, text.encode())
