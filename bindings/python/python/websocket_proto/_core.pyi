"""The native half of the package. Import its classes from `websocket_proto`."""

import asyncio
from collections.abc import (
    AsyncIterable,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from typing import (
    Any,
    Final,
    Literal,
    NoReturn,
    Self,
    TypeAlias,
    TypedDict,
    TypeVar,
    Unpack,
    final,
    overload,
)

from typing_extensions import Buffer, disjoint_base

from .exceptions import ConnectionClosed, Error, ProtocolError

__all__ = [
    "Backoff",
    "Binary",
    "Chunk",
    "ClientRequest",
    "Close",
    "Config",
    "Connection",
    "Deflate",
    "DeflateParameters",
    "End",
    "Ended",
    "Ending",
    "Failed",
    "GiveUp",
    "Headers",
    "Keepalive",
    "Link",
    "Open",
    "Ping",
    "Pong",
    "Prepared",
    "Proxy",
    "Recv",
    "Refused",
    "Request",
    "Response",
    "Send",
    "Start",
    "Text",
    "Totals",
    "Traffic",
    "Tunnel",
    "__version__",
    "known_errors",
]

__version__: Final[str]

_T = TypeVar("_T")

_HeadersLike: TypeAlias = Headers | Mapping[str, str] | Iterable[tuple[str, str]]
"""Headers in any form that an argument may have."""

_Event: TypeAlias = (
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

class _Options(TypedDict, total=False):
    max_message: int | None
    max_frame: int | None
    max_fragments: int | None
    max_head: int | None
    max_headers: int | None
    max_refusal_body: int | None
    max_output: int | None
    fragment_size: int | None
    handshake_timeout: float | None
    close_timeout: float | None
    write_timeout: float | None
    message_timeout: float | None
    keepalive: Keepalive | None
    automatic_pong: bool
    streaming: bool
    health_check: str | None
    other_requests: bool
    leniency: Iterable[str]
    deflate: Deflate | None

@final
class Config:
    """Every choice and every limit of a connection.

    A configuration never changes, and any number of connections and threads may share it. Lengths are
    in bytes and inclusive, times in seconds; `None` sets no limit.
    """

    def __new__(
        cls,
        *,
        max_message: int | None = 67108864,
        max_frame: int | None = 67108864,
        max_fragments: int | None = 1024,
        max_head: int | None = 16384,
        max_headers: int | None = 128,
        max_refusal_body: int | None = 16384,
        max_output: int | None = 1048576,
        fragment_size: int | None = None,
        handshake_timeout: float | None = 10.0,
        close_timeout: float | None = 5.0,
        write_timeout: float | None = 120.0,
        message_timeout: float | None = None,
        keepalive: Keepalive | None = ...,
        automatic_pong: bool = True,
        streaming: bool = False,
        health_check: str | None = None,
        other_requests: bool = False,
        leniency: Iterable[str] = (),
        deflate: Deflate | None = None,
    ) -> Self:
        """A configuration that differs from the default in these options.

        Raises `TypeError` for an option that does not exist or a value of another type, and
        `ValueError` for a value out of its range.
        """

    def replace(self, **changes: Unpack[_Options]) -> Config:
        """The same configuration but for these options. Raises what the constructor does."""

    @property
    def max_message(self) -> int | None:
        """The longest message that is accepted; a longer one is answered with 1009."""
    @property
    def max_frame(self) -> int | None:
        """The longest frame that is accepted; a longer one is answered with 1009."""
    @property
    def max_fragments(self) -> int | None:
        """How many fragments a message may have beyond one for every 16 bytes of it."""
    @property
    def max_head(self) -> int | None:
        """The longest head of a request or response that is accepted."""
    @property
    def max_headers(self) -> int | None:
        """How many headers a request or response may have."""
    @property
    def max_refusal_body(self) -> int | None:
        """How much of the body of a refusal a client keeps."""
    @property
    def max_output(self) -> int | None:
        """How much output may wait before sending is refused. The message being sent does not count."""
    @property
    def fragment_size(self) -> int | None:
        """The longest payload of a frame that this side sends; a longer message leaves in fragments."""
    @property
    def handshake_timeout(self) -> float | None:
        """How long the opening handshake may take, with the application's decision."""
    @property
    def close_timeout(self) -> float | None:
        """How long the closing exchange may take, to the end of the stream."""
    @property
    def write_timeout(self) -> float | None:
        """How long output may wait while the transport takes no byte of it."""
    @property
    def message_timeout(self) -> float | None:
        """How long a message may take from its first byte to its last."""
    @property
    def keepalive(self) -> Keepalive | None:
        """Pings to a peer that is silent; `None` sends none."""
    @property
    def automatic_pong(self) -> bool:
        """Whether pings are answered. If not, answer each `Ping` with `Connection.pong`."""
    @property
    def streaming(self) -> bool:
        """Whether messages are delivered in chunks: `Start`, any number of `Chunk`, `End`."""
    @property
    def health_check(self) -> str | None:
        """Server: the path of health checks, which are answered with 200."""
    @property
    def other_requests(self) -> bool:
        """Server: whether a `GET` that asks for no WebSocket is a `Request` too, which can be rejected
        with a status from 300 to 599 or with 200."""
    @property
    def leniency(self) -> frozenset[str]:
        """The violations of the protocol that are tolerated, by name: `"bare-lf"`, say."""
    @property
    def deflate(self) -> Deflate | None:
        """Compression, which is used if the peer agrees to it; `None` turns it off."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]: ...

@final
class Keepalive:
    """When a silent peer is sent a ping, and when it counts as dead. Times are in seconds."""

    def __new__(
        cls,
        interval: float = 30.0,
        timeout: float = 20.0,
        *,
        close_code: int = 1011,
        when_busy: bool = False,
    ) -> Self: ...
    @property
    def interval(self) -> float:
        """How long the peer may be silent before it is sent a ping. 0 sends none."""
    @property
    def timeout(self) -> float:
        """How long it may stay silent afterwards before it counts as dead."""
    @property
    def close_code(self) -> int:
        """The code of the Close frame for a peer that counts as dead."""
    @property
    def when_busy(self) -> bool:
        """Whether pings are also sent while the peer sends, to measure the round-trip time."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]: ...

@final
class Deflate:
    """Compression (RFC 7692): how hard, and with which parameters.

    A client offers the parameters, and a server asks for them. A window is from 8 to 15 bits. Turn
    compression on for repetitive text, and not for messages that hold a secret beside text of somebody
    else's choice, as their length reveals something of the secret (RFC 7692 §8).
    """

    def __new__(
        cls,
        *,
        level: int = 6,
        memory_level: int = 5,
        minimum: int = 128,
        keep_contexts: bool = False,
        server_no_context_takeover: bool = False,
        client_no_context_takeover: bool = False,
        server_max_window_bits: int | None = None,
        client_max_window_bits: int | None = 15,
        requires_client_max_window_bits: bool = False,
        fallback: Deflate | None = None,
    ) -> Self: ...
    @property
    def level(self) -> int:
        """From 0, which does not compress, over 1, the fastest, to 9 for the smallest messages."""
    @property
    def memory_level(self) -> int:
        """How much memory to compress with besides the window's, from 1 to 9."""
    @property
    def minimum(self) -> int:
        """The length in bytes of the shortest message that is compressed."""
    @property
    def keep_contexts(self) -> bool:
        """Whether a connection keeps all its memory for the next message."""
    @property
    def server_no_context_takeover(self) -> bool:
        """The server begins each message with an empty window."""
    @property
    def client_no_context_takeover(self) -> bool:
        """The client begins each message with an empty window."""
    @property
    def server_max_window_bits(self) -> int | None:
        """The largest window of the server; `None` leaves it to the server."""
    @property
    def client_max_window_bits(self) -> int | None:
        """The largest window of the client. A client with `None` does not let the server ask for less."""
    @property
    def requires_client_max_window_bits(self) -> bool:
        """Server: declines offers that do not let it ask for `client_max_window_bits`."""
    @property
    def fallback(self) -> Deflate | None:
        """Client: parameters to offer as a second choice, without the rest of what this has."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]: ...

@final
class DeflateParameters:
    """The parameters that both sides agreed to compress with (RFC 7692 §7.1).

    Its `str` is the element of `Sec-WebSocket-Extensions` that states them.
    """

    def __new__(
        cls,
        *,
        server_no_context_takeover: bool = False,
        client_no_context_takeover: bool = False,
        server_max_window_bits: int | None = 15,
        client_max_window_bits: int | None = 15,
    ) -> Self: ...
    @property
    def server_no_context_takeover(self) -> bool: ...
    @property
    def client_no_context_takeover(self) -> bool: ...
    @property
    def server_max_window_bits(self) -> int: ...
    @property
    def client_max_window_bits(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]: ...

@final
class Headers:
    """Header fields in order. Names are compared without case, and may occur several times.

    Iteration yields pairs of a name and a value. Bytes of a value that are not UTF-8 are escaped as
    `os.fsdecode` does it. A `repr` hides the values that usually are secrets.
    """

    def __new__(cls, headers: _HeadersLike = (), /) -> Self: ...
    @overload
    def get(self, name: str, default: None = None) -> str | None:
        """The first value of this name; `default` if there is none."""
    @overload
    def get(self, name: str, default: _T) -> str | _T: ...
    def get_all(self, name: str) -> list[str]:
        """All values of this name, in order."""
    def items(self) -> list[tuple[str, str]]:
        """The names and values, in order."""
    def keys(self) -> list[str]:
        """The names, in order, as often as they occur."""
    def values(self) -> list[str]:
        """The values, in order."""
    def __getitem__(self, name: str, /) -> str:
        """The first value of this name. Raises `KeyError` if there is none."""
    def __contains__(self, name: object, /) -> bool: ...
    def __iter__(self) -> Iterator[tuple[str, str]]: ...
    def __len__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[list[tuple[str, str]]]: ...

@final
class Request:
    """A client's request to open a WebSocket, and the event that it has arrived.

    Answer it with `Connection.accept` or `Connection.reject`. A `repr` leaves out the query, which may
    hold secrets.
    """

    __match_args__: Final = ("path", "headers")

    def __new__(cls, target: str, headers: _HeadersLike = ()) -> Self:
        """A request as tests need it. Raises `ValueError` unless the target is a path."""

    @property
    def method(self) -> Literal["GET"]: ...
    @property
    def target(self) -> str:
        """The request target as it was sent: a path and a query, or an absolute URI."""
    @property
    def path(self) -> str:
        """The path, without the query."""
    @property
    def query(self) -> str | None:
        """The query, without its `?`; `None` if there is none."""
    @property
    def asks_for_websocket(self) -> bool:
        """Whether the client asks for a WebSocket: always, unless `Config.other_requests` is set."""
    @property
    def host(self) -> str:
        """The host, and the port if one was sent, that the request is for."""
    @property
    def origin(self) -> str | None:
        """The origin of the page that connects, as a browser states it (§10.2)."""
    @property
    def headers(self) -> Headers: ...
    @property
    def subprotocols(self) -> list[str]:
        """The subprotocols that the client offers, its preferred one first."""
    @property
    def basic_credentials(self) -> tuple[str, str] | None:
        """The user name and the password of `Authorization: Basic`. Compare it in constant time."""
    @property
    def bearer_token(self) -> str | None:
        """The token of `Authorization: Bearer`. Compare it in constant time."""
    def query_parameter(self, name: str) -> str | None:
        """The first parameter of this name in the query, decoded as that of an HTML form."""
    def cookie(self, name: str) -> str | None:
        """The first cookie of this name, as it was sent."""
    def is_origin_allowed(self, origins: Sequence[str] | None = None) -> bool:
        """Whether the page that connects has one of these origins, or with `None` that of this host.

        A request without `Origin` comes from no browser, and is allowed. Servers that trust cookies must
        ask (§10.2). Raises `AnswerError` for an entry that no browser would ever send.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[str, Headers]: ...

@final
class Response:
    """A response of a server: the 101 that opened the WebSocket, or a refusal."""

    __match_args__: Final = ("status", "reason", "headers", "body")

    def __new__(
        cls, status: int, reason: str = "", headers: _HeadersLike = (), body: Buffer = b""
    ) -> Self:
        """A response as tests need it. Raises `ValueError` unless the status is from 100 to 999."""

    @property
    def status(self) -> int: ...
    @property
    def status_code(self) -> int:
        """The same as `status`."""
    @property
    def reason(self) -> str:
        """The reason phrase; empty if it is missing or not UTF-8."""
    @property
    def reason_phrase(self) -> str:
        """The same as `reason`."""
    @property
    def headers(self) -> Headers: ...
    @property
    def body(self) -> bytes:
        """The body of a refusal, or what is kept of it (`Config.max_refusal_body`)."""
    @property
    def is_body_truncated(self) -> bool:
        """Whether a part of the body is missing, or may be."""
    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that the server chose."""
    @property
    def location(self) -> str | None:
        """The URI that a redirect leads to, absolute or relative."""
    @property
    def retry_after(self) -> int | None:
        """The value of `Retry-After` in seconds; `None` if it is missing or a date."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[int, str, Headers, bytes]: ...

@final
class Open:
    """Client: the server agreed, with this response. Messages can be sent from now on."""

    __match_args__: Final = ("response",)

    def __new__(cls, response: Response) -> Self: ...
    @property
    def response(self) -> Response: ...
    @property
    def subprotocol(self) -> str | None: ...
    @property
    def headers(self) -> Headers: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[Response]: ...

@final
class Refused:
    """Client: the server answered with something other than a WebSocket. `Ended` follows."""

    __match_args__: Final = ("status", "reason", "headers", "body")

    def __new__(cls, response: Response) -> Self: ...
    @property
    def response(self) -> Response: ...
    @property
    def status(self) -> int: ...
    @property
    def reason(self) -> str: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def body(self) -> bytes: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[Response]: ...

@final
class Text:
    """A text message."""

    __match_args__: Final = ("data",)

    def __new__(cls, data: str) -> Self: ...
    @property
    def data(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[str]: ...

@final
class Binary:
    """A binary message. With the leniency `"unchecked-text"` it may also be a text."""

    __match_args__: Final = ("data",)

    def __new__(cls, data: Buffer) -> Self: ...
    @property
    def data(self) -> bytes: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[bytes]: ...

@final
class Start:
    """Streaming delivery: a message begins."""

    __match_args__: Final = ("text",)

    def __new__(cls, text: bool) -> Self: ...
    @property
    def text(self) -> bool:
        """Whether it is a text message."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[bool]: ...

@final
class Chunk:
    """Streaming delivery: the next bytes of the message, at least one.

    Those of a text are valid UTF-8 so far; a chunk may end inside a character.
    """

    __match_args__: Final = ("data",)

    def __new__(cls, data: Buffer) -> Self: ...
    @property
    def data(self) -> bytes: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[bytes]: ...

@final
class End:
    """Streaming delivery: the message is complete."""

    __match_args__: Final = ()

    def __new__(cls) -> Self: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[()]: ...

@final
class Ping:
    """A ping. The pong waits to be sent already, unless `Config.automatic_pong` is off."""

    __match_args__: Final = ("payload",)

    def __new__(cls, payload: Buffer) -> Self: ...
    @property
    def payload(self) -> bytes:
        """At most 125 bytes."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[bytes]: ...

@final
class Pong:
    """A pong, whether or not it answers a ping."""

    __match_args__: Final = ("payload", "round_trip")

    def __new__(cls, payload: Buffer, round_trip: float | None = None) -> Self: ...
    @property
    def payload(self) -> bytes:
        """At most 125 bytes."""
    @property
    def round_trip(self) -> float | None:
        """The seconds since the keepalive's last ping, if this is the first answer to it."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[bytes, float | None]: ...

@final
class Close:
    """A Close frame: the peer's as an event, and that of either side in an `Ending`.

    As an event: the answer, if one is due, waits to be sent already.
    """

    __match_args__: Final = ("code", "reason")

    def __new__(cls, code: int, reason: str = "") -> Self: ...
    @property
    def code(self) -> int:
        """The code; 1005 if the frame had none (§7.1.5)."""
    @property
    def reason(self) -> str:
        """The reason, at most 123 bytes in UTF-8."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[int, str]: ...

@final
class Failed:
    """The peer broke the protocol or exceeded a limit, and the answer that it is owed waits to be sent.

    Nothing from the offending frame on is delivered. `Ended` follows once the stream has ended.
    """

    __match_args__: Final = ("error",)

    def __new__(cls, error: ProtocolError) -> Self: ...
    @property
    def error(self) -> ProtocolError:
        """What the peer did wrong. Each time it is a new exception."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[ProtocolError]: ...

@final
class Ended:
    """The last event, which comes exactly once."""

    __match_args__: Final = ("ending",)

    def __new__(cls, ending: Ending) -> Self: ...
    @property
    def ending(self) -> Ending: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[Ending]: ...

_Cause: TypeAlias = Literal[
    "clean",
    "eof",
    "eof-in-message",
    "eof-in-frame",
    "eof-after-close",
    "eof-in-handshake",
    "rejected",
    "health-check",
    "refused",
    "failed",
    "timed-out",
    "aborted",
    "transport-failed",
    "no-entropy",
    "foreign-memory",
    "out-of-memory",
]

_Deadline: TypeAlias = Literal["handshake", "close", "pong", "write", "message"]

@final
class Ending:
    """Why and how a connection ended. Its `str` says it in words."""

    __match_args__: Final = ("cause", "code", "reason")

    def __new__(
        cls,
        cause: _Cause,
        *,
        error: ProtocolError | None = None,
        deadline: _Deadline | None = None,
        initiator: Literal["local", "peer"] | None = None,
        sent: Close | None = None,
        received: Close | None = None,
        fault: ProtocolError | None = None,
        message_lost: bool = False,
        stalled: float = 0.0,
    ) -> Self:
        """An ending as tests need it.

        Raises `ValueError` for a cause that does not exist, and unless `"failed"` has an error and
        `"timed-out"` a deadline.
        """

    @property
    def clean(self) -> bool:
        """Whether both sides sent a Close frame, this side not because of a violation or a deadline."""
    @property
    def cause(self) -> _Cause:
        """What ended the connection."""
    @property
    def error(self) -> ProtocolError | None:
        """What the peer did wrong, if the cause is `"failed"`."""
    @property
    def deadline(self) -> _Deadline | None:
        """Which deadline passed, if the cause is `"timed-out"`."""
    @property
    def code(self) -> int:
        """The code of the peer's Close frame; 1006 if it sent none (§7.1.5)."""
    @property
    def reason(self) -> str:
        """The reason in the peer's Close frame."""
    @property
    def sent(self) -> Close | None:
        """The Close frame that this side sent, or at least queued."""
    @property
    def received(self) -> Close | None:
        """The Close frame that the peer sent, also if its code must not be sent."""
    @property
    def initiator(self) -> Literal["local", "peer"] | None:
        """Who sent the first Close frame."""
    @property
    def fault(self) -> ProtocolError | None:
        """What was wrong with the Close frame that the peer sent after ours."""
    @property
    def message_lost(self) -> bool:
        """Whether the peer had begun a message or a frame that was not received to its end."""
    @property
    def stalled(self) -> float:
        """The longest delay in seconds with which a deadline was handled: this side's own lateness."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]: ...

@final
class Prepared:
    """A message for many connections, which is encoded once, and compressed once for all alike."""

    def __new__(cls, message: str | Buffer, /) -> Self: ...
    @property
    def is_text(self) -> bool: ...
    @property
    def data(self) -> str | bytes:
        """A copy of the message."""
    def __getnewargs__(self) -> tuple[str | bytes]: ...

@final
class Connection:
    """One WebSocket without I/O, of either role, from the HTTP request to the end of the stream.

    Give it what the transport receives, write what `data_to_send` returns, do with the transport what
    `transport` says, and call `handle_timeout` at the time of `timeout`.

    A `now` is a moment in seconds, on any clock that does not go backwards, but one for all calls. With
    `None` it is that of `time.monotonic()`. Negative numbers, infinity and NaN raise `ValueError`.

    One call at a time uses a connection. Another thread's raises `ConcurrencyError`, and so does one of
    a finalizer that runs during a call.
    """

    @staticmethod
    def server(*, config: Config | None = None, now: float | None = None) -> Connection:
        """The server's side, before the first byte of the request."""
    @staticmethod
    def client(
        url: str,
        *,
        headers: _HeadersLike = (),
        subprotocols: Iterable[str] = (),
        origin: str | None = None,
        config: Config | None = None,
        now: float | None = None,
    ) -> Connection:
        """The client's side, whose request waits to be sent.

        User information in the URL becomes `Authorization: Basic`. Raises `InvalidURI`, and other
        `RequestError`s for headers, subprotocols and the origin.
        """
    @staticmethod
    def established(
        *,
        client: bool,
        deflate: DeflateParameters | None = None,
        subprotocol: str | None = None,
        config: Config | None = None,
        now: float | None = None,
    ) -> Connection:
        """Either side, if somebody else did the handshake and agreed to this compression."""
    def receive_data(self, data: Buffer, now: float | None = None) -> list[_Event]:
        """Receives bytes, and returns all events that they make. After `Ended` there are none.

        A Close frame among them has been answered then, so that nothing can be sent in answer to the
        messages before it. Where that matters, ask for `events` one at a time.

        Raises `BufferError` if a client sends more than 64 KiB before its request is answered; none of
        the bytes are received then.
        """
    def events(self, data: Buffer, now: float | None = None) -> Iterator[_Event]:
        """Receives bytes, and finds each event that they make when it is asked for.

        So each can be answered before the next is found: what is sent in answer to a message leaves
        before the answer to a Close frame after it. Events that were not asked for are with those of the
        next call that receives. Raises what `receive_data` does.
        """
    def receive_eof(self, now: float | None = None) -> list[_Event]:
        """Says that the stream has ended: nothing follows what was received."""
    def transport_failed(self, now: float | None = None) -> list[_Event]:
        """Says that reading or writing failed for good. Output that waits is dropped."""
    def handle_timeout(self, now: float | None = None) -> list[_Event]:
        """Does what is due: sends a ping, or ends what takes too long. Pass on what was read before."""
    def timeout(self) -> float | None:
        """When `handle_timeout` is to be called, as a `now`. It may change with every other call."""
    def accept(
        self,
        *,
        subprotocol: str | None = None,
        headers: _HeadersLike = (),
        extensions: bool = True,
        now: float | None = None,
    ) -> list[_Event]:
        """Answers a `Request` with a WebSocket. Returns what the client sent too early.

        Without `extensions` there is no compression, whatever the client offers. Raises `AnswerError`,
        and the request then still waits for an answer.
        """
    def reject(
        self,
        status: int,
        *,
        headers: _HeadersLike = (),
        body: str | Buffer = b"",
        now: float | None = None,
    ) -> list[_Event]:
        """Answers a `Request` with an HTTP response of a status from 300 to 599, or of 200 if it asks for
        no WebSocket.

        A body of text has `Content-Type: text/plain; charset=utf-8` unless `headers` has another.
        Raises `AnswerError`, and the request then still waits for an answer.
        """
    def send(self, message: str | Buffer | Prepared, /) -> None:
        """Sends a message: a text if it is a `str`, otherwise a binary one.

        Raises `SendError`: `"not-open"`, `"closed"`, `"message-in-progress"`, `"full"`, `"no-entropy"`,
        or `"not-utf8"` for a `str` with lone surrogates.
        """
    def start(self, *, text: bool) -> None:
        """Starts a message in fragments, whose length need not be known. Raises `SendError`."""
    def fragment(self, data: str | Buffer, /) -> None:
        """Sends the next fragment of the message. Those of a text may end inside a character.

        Raises `SendError`, and the message can still be continued.
        """
    def finish(self, data: str | Buffer = b"", /) -> None:
        """Sends the last fragment of the message. Raises `SendError`."""
    def ping(self, payload: Buffer = b"", /) -> None:
        """Sends a ping with at most 125 bytes. Raises `SendError`."""
    def pong(self, payload: Buffer = b"", /) -> None:
        """Sends a pong, which pings need not have asked for. Raises `SendError`."""
    def close(self, code: int = 1000, reason: str = "", *, now: float | None = None) -> None:
        """Begins the closing exchange: nothing is sent after what waits and the Close frame.

        With the code 1005 and no reason, the frame is empty. Raises `SendError`: `"bad-close-code"`,
        `"reason-too-long"`, `"closed"`, `"not-open"`, `"no-entropy"`.
        """
    def abort(self, now: float | None = None) -> list[_Event]:
        """Ends the connection at once, without a Close frame. Output that waits is dropped."""
    def data_to_send(self) -> bytes:
        """Everything that waits to be written, which counts as written from now on."""
    def set_compression(self, enabled: bool, /) -> None:
        """Turns the compression of messages off or on again, if it was agreed on."""
    @property
    def transport(self) -> Literal["keep", "shutdown-write", "close"]:
        """What to do with the transport, after writing what waits.

        `"shutdown-write"`: end the writing direction, and read on. `"close"`: close it; nothing more is
        to be read.
        """
    @property
    def state(self) -> Literal["connecting", "open", "closing", "closed"]:
        """How far the connection is. It is closed once `Ended` was returned."""
    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
    @property
    def is_client(self) -> bool: ...
    @property
    def waiting(self) -> int:
        """How many bytes wait to be written."""
    @property
    def request(self) -> Request | None:
        """Server: the request, once it has arrived."""
    @property
    def response(self) -> Response | None:
        """Client: the response, once it has arrived; also one that broke a rule, if its head was whole."""
    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that was agreed on."""
    @property
    def deflate(self) -> DeflateParameters | None:
        """The compression that was agreed on."""
    @property
    def ending(self) -> Ending | None:
        """The ending, once `Ended` was returned."""
    @property
    def unfinished_head(self) -> bytes:
        """What had arrived of an HTTP head that was not to be had whole, once `Ended` was returned.

        It may show which other protocol the peer speaks.
        """
    @property
    def round_trip(self) -> float | None:
        """The round-trip time in seconds that the keepalive measured last."""
    @property
    def leniency_used(self) -> frozenset[str]:
        """The violations among those tolerated that the peer has committed, by name."""

    @property
    def totals(self) -> Totals:
        """How much was sent and received so far."""

@final
class Totals:
    """How much a connection has sent and received so far."""

    @property
    def sent(self) -> Traffic:
        """What this side has sent, with what still waits to be written."""
    @property
    def received(self) -> Traffic:
        """What this side has received."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Traffic:
    """What went one way."""

    @property
    def messages(self) -> int:
        """Whole messages."""
    @property
    def frames(self) -> int:
        """Frames of messages, and control frames."""
    @property
    def payload_bytes(self) -> int:
        """Bytes of messages, before they were compressed or after they were inflated, and of the payloads
        of control frames.
        """
    @property
    def wire_bytes(self) -> int:
        """All bytes, those of the handshake and of the headers of frames too."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

def known_errors() -> list[Error]:
    """One exception for each error of the protocol, in the order of their codes."""

@final
class Recv(Coroutine[Any, Any, str | bytes]):
    """What `Link.recv()` returns: an awaitable that is a coroutine to asyncio."""

    def __await__(self) -> Generator[Any, Any, str | bytes]: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> Any: ...
    def send(self, value: Any, /) -> Any: ...
    def throw(self, kind: Any, value: Any = None, traceback: Any = None, /) -> Any: ...
    def close(self) -> None: ...

@final
class Send(Coroutine[Any, Any, None]):
    """What `Link.send()` returns: an awaitable that is a coroutine to asyncio."""

    def __await__(self) -> Generator[Any, Any]: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> Any: ...
    def send(self, value: Any, /) -> Any: ...
    def throw(self, kind: Any, value: Any = None, traceback: Any = None, /) -> Any: ...
    def close(self) -> None: ...

@disjoint_base
class Link:
    """One WebSocket as the protocol of an asyncio transport, plain or TLS, on asyncio or uvloop.

    `beginning` is `None` for a server, for a client a URI, and otherwise a
    `Connection` that was made and not used yet. What is received goes to
    `listener`, if there is one, and otherwise to `recv()`.

    A listener is any object with some of these methods. They are called while the transport has its
    turn, so they must not block. What they send is written together after the last of them.

    - `on_request(link, request)`: answer with `accept()` or `reject()`, now or later
    - `on_open(link, response)`: client: messages can be sent
    - `on_refused(link, response)`: client
    - `on_text(link, data: str)`, `on_binary(link, data: bytes)`
    - `on_start(link, text: bool)`, `on_chunk(link, data: bytes)`, `on_end(link)`: instead of those,
      with `streaming` of `Config`, which is for listeners alone: `recv()` gets nothing then
    - `on_ping(link, payload)`, `on_pong(link, payload, round_trip)`, `on_close(link, code, reason)`
    - `on_drain(link)`: nothing waits to be written any more, after the transport was full
    - `on_ended(link, ending)`: the last one

    `on_text` and `on_binary` are looked up once, when the listener is set. An exception goes to the
    exception handler of the loop, and the connection is closed with 1011.

    `read_limit` is how many bytes of messages wait for `recv()` before the transport reads no more;
    `write_limit` is how many wait to be written before `send()` waits. `message_limit` is how many
    messages may wait for `recv()` besides, and how few must be left before more are read. Default:
    any number.
    """

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self: ...
    def __init__(
        self,
        beginning: str | ClientRequest | Connection | None = None,
        /,
        *,
        config: Config | None = None,
        listener: object = None,
        read_limit: int = 262_144,
        write_limit: int = 65_536,
        message_limit: tuple[int, int] = ...,
    ) -> None: ...

    # What transports call
    def connection_made(self, transport: Any) -> None: ...
    def get_buffer(self, sizehint: int, /) -> memoryview: ...
    def buffer_updated(self, nbytes: int, /) -> None: ...
    def data_received(self, data: Buffer, /) -> None: ...
    def eof_received(self) -> None: ...
    def connection_lost(self, exc: Exception | None, /) -> None: ...
    def pause_writing(self) -> None: ...
    def resume_writing(self) -> None: ...

    # The opening handshake of a server
    def accept(
        self,
        *,
        subprotocol: str | None = None,
        headers: _HeadersLike | None = None,
        extensions: bool = True,
    ) -> None:
        """Answers the request with a WebSocket. Without `extensions` it is not compressed. Raises
        `AnswerError`."""

    def reject(
        self,
        status: int,
        *,
        headers: _HeadersLike | None = None,
        body: str | Buffer | None = None,
    ) -> None:
        """Answers the request with an HTTP response. Raises `AnswerError`."""

    # Messages
    @overload
    def recv(self, decode: Literal[True]) -> Coroutine[Any, Any, str]: ...
    @overload
    def recv(self, decode: Literal[False]) -> Coroutine[Any, Any, bytes]: ...
    @overload
    def recv(self, decode: bool | None = None) -> Coroutine[Any, Any, str | bytes]:
        """The next message: `str` for text and `bytes` for binary, or as `decode` says. If it is
        cancelled, the next call gets the message.

        Raises `ConnectionClosed` once the connection has ended and all messages were received, and
        `ConcurrencyError` while another call waits.
        """

    def __aiter__(self) -> Self: ...
    def __anext__(self) -> Coroutine[Any, Any, str | bytes]: ...
    def send(
        self,
        message: str
        | Buffer
        | Prepared
        | Iterable[str | bytes | bytearray | memoryview]
        | AsyncIterable[str | bytes | bytearray | memoryview],
        /,
        *,
        text: bool | None = None,
    ) -> Coroutine[Any, Any, None]:
        """Waits until less than the write limit waits to be written, and sends a message: text for
        `str`, binary for bytes, or as `text` says. An iterable is a message in fragments, all of which
        are `str`, or all bytes, unless `text` says what they make.

        If it is cancelled, nothing was sent. Fragments that are begun and not finished, as the call
        was cancelled or the iterable failed, close the connection with 1011; other calls of `send`
        wait for their end. Raises `ConnectionClosed` and `SendError`.
        """

    def send_nowait(self, message: str | Buffer | Prepared, /) -> None:
        """Sends a message without waiting. Raises `SendError` with the name `"full"` if more than
        `max_output` of `Config` waits to be written.

        In a callback, and when several follow each other closely, messages are written together.
        """

    def queue_nowait(self, message: str | Buffer | Prepared, /) -> None:
        """Sends a message with the next write: that of `flush()`, or of another call."""

    def flush(self) -> None:
        """Writes what waits, as far as the transport takes it."""

    def start(self, text: bool) -> None:
        """Starts a message in fragments, of text or of bytes. Raises `SendError`."""

    def fragment(self, data: str | Buffer, /) -> None:
        """Sends the next fragment. Raises `SendError`."""

    def finish(self, data: str | Buffer | None = None, /) -> None:
        """Sends the last fragment, which may be empty. Raises `SendError`."""

    def send_ping(self, payload: Buffer, /) -> None:
        """Sends a ping with at most 125 bytes. Raises `SendError`."""

    def send_pong(self, payload: Buffer, /) -> None:
        """Sends a pong with at most 125 bytes. Raises `SendError`."""

    # The end
    def start_close(self, code: int = 1000, reason: str = "") -> None:
        """Sends a Close frame after what was sent before. Raises `SendError`."""

    def abort(self) -> None:
        """Ends the connection at once, in any state. What waits to be written is dropped."""

    def closed_error(self) -> ConnectionClosed:
        """The exception that says how the connection has ended."""

    # Flow control
    def pause_reading(self) -> None:
        """Delivers nothing more, not even what was read already, and lets the transport read no more."""

    def resume_reading(self) -> None:
        """Goes on after `pause_reading()`, when the loop has its turn."""

    def wait_until(
        self, until: Literal["request", "open", "drained", "ended", "lost"]
    ) -> asyncio.Future[None]:
        """A future that is done when the wait is over: when a server has the request, messages can be
        sent, little waits to be written, the ending is known, or the transport is closed. All but the
        last are over when the connection has ended, too."""

    def set_listener(self, listener: object) -> None:
        """Replaces the listener. With `None`, messages go to `recv()`."""

    @property
    def transport(self) -> Any:
        """The transport, from `connection_made` to `connection_lost`; otherwise `None`."""

    @property
    def state_name(self) -> Literal["connecting", "open", "closing", "closed"]:
        """How far the connection is."""

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""

    @property
    def was_open(self) -> bool:
        """Whether the opening handshake has succeeded."""

    @property
    def is_closed(self) -> bool:
        """Whether the transport is closed."""

    @property
    def is_client(self) -> bool:
        """Whether this side is a client."""

    @property
    def request(self) -> Request | None:
        """Server: the request, once it has arrived."""

    @property
    def response(self) -> Response | None:
        """Client: the response, once it has arrived."""

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that was agreed on."""

    @property
    def deflate(self) -> DeflateParameters | None:
        """The compression that was agreed on."""

    @property
    def ending(self) -> Ending | None:
        """How the connection has ended."""

    @property
    def round_trip(self) -> float | None:
        """The last round trip that the keepalive has measured, in seconds."""

    @property
    def buffered(self) -> int:
        """How many bytes of messages wait for `recv()`."""

    @property
    def waiting(self) -> int:
        """How many bytes wait to be written, here and in the transport."""

    @property
    def has_room(self) -> bool:
        """Whether less than the write limit waits to be written, so that `send()` would not wait."""

    def _flush_now(self) -> None: ...
    def _go_on(self) -> None: ...
    def _hold_senders(self, is_in_parts: bool, /) -> None: ...

@final
class ClientRequest:
    """A request to open a WebSocket, as a client sends it.

    Raises `InvalidURI` or `RequestError` for what cannot be sent. `user_agent` is that of the package
    if it is `None`, and none is sent if it is empty.
    """

    def __new__(
        cls,
        uri: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
        subprotocols: Sequence[str] = (),
        origin: str | None = None,
        user_agent: str | None = None,
    ) -> Self: ...
    @property
    def uri(self) -> str:
        """The URI in its usual form."""
    @property
    def host(self) -> str:
        """The host to look up, in lower case, with the zone of a link-local IPv6 address."""
    @property
    def server_hostname(self) -> str:
        """The host as the server's certificate names it."""
    @property
    def port(self) -> int:
        """The port to connect to."""
    @property
    def is_secure(self) -> bool:
        """Whether the connection must use TLS."""
    def redirected(self, location: str) -> ClientRequest:
        """The request that follows a redirect. It leaves out what another origin should not know.

        Raises `RequestError` for the sixth redirect in a row, for one from `wss` to `ws`, and for a
        `location` that is no place for a WebSocket.
        """

@final
class Proxy:
    """Which proxy to use, and with what credentials.

    The schemes are `http`, `https`, `socks5` and `socks5h`. The proxy looks up the server's name.
    Raises `InvalidProxy` for what is no URL of a proxy.
    """

    def __new__(cls, url: str) -> Self: ...
    @staticmethod
    def from_env(request: ClientRequest) -> Proxy | None:
        """The proxy that the environment names for this server; `None` if it names none.

        For `wss`, the first of `wss_proxy`, `https_proxy` and `all_proxy`; for `ws`, of `ws_proxy`,
        `https_proxy`, `http_proxy` and `all_proxy`; in lower case or upper case. None for what
        `no_proxy` lists. Raises `InvalidProxy` if a variable cannot be read: do not connect directly
        then.
        """
    @property
    def scheme(self) -> Literal["http", "https", "socks5", "socks5h"]:
        """How the proxy is spoken to."""
    @property
    def host(self) -> str:
        """The host of the proxy, in lower case."""
    @property
    def port(self) -> int:
        """The port of the proxy."""
    @property
    def is_secure(self) -> bool:
        """Whether the connection to the proxy uses TLS."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Tunnel:
    """The exchange with a proxy that leads to a server, without I/O.

    Write `take_output()`, pass what is read to `receive()`, and repeat both until it is open.
    """

    def __new__(cls, proxy: Proxy, request: ClientRequest) -> Self: ...
    def take_output(self) -> bytes:
        """What has to be written to the proxy now; empty if nothing has."""
    def receive(self, data: bytes) -> bytes | None:
        """Reads what the proxy has sent: `None` while its answer is not complete, and then the bytes
        that came after it, which are the server's.

        Raises `ProxyError` if the proxy does not lead to the server.
        """
    def receive_eof(self) -> NoReturn:
        """Raises what the end of the stream means: `InvalidProxyMessage`."""

@final
class Backoff:
    """How long to wait before each attempt to connect: exponential, with jitter (§7.2.3).

    - `first`: the longest possible first delay, in seconds.
    - `first_delay_when_later`: the same after what lasts longer, such as a close with 1013.
    - `factor`: between one delay and the next.
    - `longest`: the longest delay, without `Retry-After`.
    - `longest_retry_after`: the longest `Retry-After` that is obeyed.
    - `jitter`: how much of a delay is random: `"full"`, `"equal"` (half of it) or `"none"`.
    - `attempts`: how many attempts in a row are made; `None` sets no limit.
    - `steady`: how long a connection has to be open so that the next delay is a first one.
    """

    def __new__(
        cls,
        *,
        first: float = 5.0,
        first_delay_when_later: float = 30.0,
        factor: int = 2,
        longest: float = 60.0,
        longest_retry_after: float = 3600.0,
        jitter: Literal["full", "equal", "none"] = "full",
        attempts: int | None = None,
        steady: float = 30.0,
    ) -> Self: ...
    def fresh(self) -> Backoff:
        """The same policy, before the first attempt."""
    def after_ending(
        self, ending: Ending, time_open: float = 0.0, *, random: int | None = None
    ) -> float | GiveUp:
        """What to do after a connection has ended that was open for this long: the seconds to wait,
        or why not to connect again. `random` has 64 bits; by default, the system draws it."""
    def after_refusal(
        self, status: int, retry_after: int | None = None, *, random: int | None = None
    ) -> float | GiveUp:
        """What to do after the server, or a proxy, has answered with this status, and perhaps with
        `Retry-After` in seconds."""
    def after_failure(self, *, random: int | None = None) -> float | GiveUp:
        """What to do if the server cannot be reached."""
    def reset(self) -> None:
        """Counts attempts from zero again."""
    @property
    def attempts_made(self) -> int:
        """How many attempts were made since the last steady connection."""
    @property
    def steady(self) -> float:
        """After how many seconds a connection counts as steady."""

@final
class GiveUp:
    """Why a client does not connect again. `str` of it is a sentence for a log."""

    __match_args__ = ("name",)
    @property
    def name(
        self,
    ) -> Literal["closed-normally", "closed-here", "closed", "refused", "limit", "attempts"]:
        """Which reason it is, for programs."""
    @property
    def code(self) -> int:
        """The number of the reason in all languages."""
    def __eq__(self, other: object, /) -> bool: ...
