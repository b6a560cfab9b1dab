"""What ASGI has another way than the rest of the package: settings, scopes and headers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ._core import Config, Deflate, Keepalive, Request

if TYPE_CHECKING:
    import uvicorn

Message = dict[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[Any]]
Headers = Iterable[tuple[bytes, bytes]]
Texts = Iterable[tuple[str, str]]

# Seconds that mean: as long as it takes.
FOREVER = 1e9


def link_config(config: uvicorn.Config) -> Config:
    """The configuration of a connection that obeys uvicorn's settings."""
    return _link_config(
        config.ws_max_size,
        config.ws_ping_interval,
        config.ws_ping_timeout,
        config.ws_per_message_deflate,
    )


@lru_cache(maxsize=16)
def _link_config(
    max_size: int, interval: float | None, timeout: float | None, compress: bool
) -> Config:
    answer_time = FOREVER if timeout is None else timeout
    return Config(
        max_message=max_size,
        max_frame=max_size,
        # The request is complete when it comes here, and the application may take its time.
        handshake_timeout=None,
        # As uvicorn's own: a slow client has much to read before the Close frame.
        close_timeout=10.0,
        keepalive=Keepalive(interval, answer_time) if interval else None,
        deflate=Deflate() if compress else None,
    )


def websocket_scope(request: Request, config: uvicorn.Config, state: dict[str, Any]) -> Scope:
    """The scope of a connection, but for `scheme`, `server` and `client`."""
    root = config.root_path
    raw_path, _, query = request.target.partition("?")
    return {
        "type": "websocket",
        "asgi": {"version": config.asgi_version, "spec_version": "2.4"},
        "http_version": "1.1",
        "root_path": root,
        "path": root + unquote(raw_path),
        "raw_path": (root + raw_path).encode(),
        "query_string": query.encode(),
        "headers": [
            (name.lower().encode(), value.encode("utf-8", "surrogateescape"))
            for name, value in request.headers.items()
        ],
        "subprotocols": request.subprotocols,
        "state": state.copy(),
        "extensions": {"websocket.http.response": {}},
    }


def texts(headers: Headers) -> list[tuple[str, str]]:
    """Headers as the rest of the package has them. What is not UTF-8 is taken for Latin-1."""
    return [(name.decode("latin-1"), _text(value)) for name, value in headers]


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


class Denial:
    """A response that an application sends instead of an acceptance."""

    # These are about the body, the end of the connection or the handshake, and are written anew.
    OWN = frozenset(
        {"connection", "content-length", "sec-websocket-version", "transfer-encoding", "upgrade"}
    )

    def __init__(self, status: int, headers: Headers, defaults: Headers) -> None:
        if not 300 <= status <= 599:
            raise RuntimeError(f"Invalid HTTP status code '{status}' in response: 300 to 599 deny.")
        given = texts(headers)
        names = {name.lower() for name, _ in given}
        usual = [pair for pair in texts(defaults) if pair[0].lower() not in names]
        self.status = status
        self.headers = [pair for pair in (*usual, *given) if pair[0].lower() not in self.OWN]
        self.body = bytearray()
