"""The WebSocket protocol (RFC 6455, RFC 7692) as a value: sans-I/O, for any loop and any thread."""

from typing import TypeAlias

from . import exceptions
from ._core import (
    Backoff,
    Binary,
    Chunk,
    Close,
    Config,
    Connection,
    Deflate,
    DeflateParameters,
    End,
    Ended,
    Ending,
    Failed,
    GiveUp,
    Headers,
    Keepalive,
    Open,
    Ping,
    Pong,
    Prepared,
    Refused,
    Request,
    Response,
    Start,
    Text,
    Totals,
    Traffic,
    __version__,
)

Event: TypeAlias = (
    Request
    | Open
    | Refused
    | Text
    | Binary
    | Start
    | Chunk
    | End
    | Ping
    | Pong
    | Close
    | Failed
    | Ended
)
"""Everything that may happen on a connection."""

__all__ = [
    "Backoff",
    "Binary",
    "Chunk",
    "Close",
    "Config",
    "Connection",
    "Deflate",
    "DeflateParameters",
    "End",
    "Ended",
    "Ending",
    "Event",
    "Failed",
    "GiveUp",
    "Headers",
    "Keepalive",
    "Open",
    "Ping",
    "Pong",
    "Prepared",
    "Refused",
    "Request",
    "Response",
    "Start",
    "Text",
    "Totals",
    "Traffic",
    "__version__",
    "exceptions",
]
