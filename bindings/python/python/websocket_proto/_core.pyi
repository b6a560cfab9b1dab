"""The native half of the package. Import its classes from `websocket_proto`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import (
    Any,
    Final,
    Literal,
    Self,
    TypeAlias,
    TypedDict,
    TypeVar,
    Unpack,
    final,
    overload,
)

from typing_extensions import Buffer

from .exceptions import Error, ProtocolError

__all__ = [
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
    "Failed",
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
        """Answers a `Request` with an HTTP response, of a status from 300 to 599.

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
