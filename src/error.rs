//! Errors, named by blame: [`ProtocolError`] is the peer's, the others are the caller's.

use core::fmt;

use crate::CloseCode;

/// What the peer did wrong: its input breaks a rule of the protocol or exceeds one of this side's
/// [`Limits`].
///
/// A connection that meets one of these fails (RFC 6455 §7.1.7): the answer the peer is owed, a
/// Close frame or an HTTP status, is already in [`Outgoing`] when the error is returned.
///
/// [`Limits`]: crate::Limits
/// [`Outgoing`]: crate::Outgoing
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProtocolError {
    // The opening handshake.
    /// A TLS record instead of an HTTP head: one side speaks `ws://` and the other `wss://`.
    TlsRecord,

    // The opening handshake, a server reading the request.
    /// The request line is not `method SP target SP version`.
    BadRequestLine,
    /// The method is not `GET`.
    MethodNotGet,
    /// The HTTP version is not 1.1.
    UnsupportedHttpVersion,
    /// The request target is not a path or an absolute `http(s)`/`ws(s)` URI.
    BadTarget,
    /// The request line is longer than [`Limits::head`](crate::Limits::head) allows.
    TargetTooLong,
    /// A header line breaks the grammar of HTTP/1.1.
    BadHeader,
    /// The head is longer than [`Limits::head`](crate::Limits::head).
    HeadTooLong,
    /// The head has more headers than [`Limits::headers`](crate::Limits::headers).
    TooManyHeaders,
    /// `Host` is missing, repeated or malformed.
    BadHost,
    /// `Upgrade` does not name `websocket`, or `Connection` does not name `Upgrade`.
    NotAnUpgrade,
    /// `Sec-WebSocket-Version` is missing, repeated or not a number.
    BadVersion,
    /// `Sec-WebSocket-Version` is a version other than 13.
    UnsupportedVersion,
    /// `Sec-WebSocket-Key` is missing, repeated or not base64.
    BadKey,
    /// `Sec-WebSocket-Key` is not of 16 bytes; see
    /// [`Leniency::any_key_length`](crate::Leniency::any_key_length).
    BadKeyLength,
    /// `Sec-WebSocket-Protocol` is not a list of distinct names, or lists none or more than 128.
    BadSubprotocols,
    /// `Sec-WebSocket-Protocol` lists a name that is not a token; see
    /// [`Leniency::any_subprotocol`](crate::Leniency::any_subprotocol).
    BadSubprotocolName,
    /// `Sec-WebSocket-Extensions` breaks the grammar of extension lists, or lists none. This may be
    /// in a response as well.
    BadExtensions,
    /// The request carries a body.
    UnexpectedBody,

    // The opening handshake, a client reading the response.
    /// The status line is not that of an HTTP/1.1 response.
    BadStatusLine,
    /// More interim (1xx) responses came before the final one than a client accepts.
    TooManyInterimResponses,
    /// A 101 response whose `Upgrade` or `Connection` header does not agree to the upgrade.
    UpgradeNotConfirmed,
    /// `Sec-WebSocket-Accept` is missing, repeated or not the digest of the key sent.
    WrongAccept,
    /// The server agreed to an extension that was not offered.
    UnofferedExtension,
    /// The server agreed to permessage-deflate twice, or with parameters that answer no offer.
    BadDeflateResponse,
    /// The server chose a subprotocol that was not offered, or more than one, or an empty one.
    UnofferedSubprotocol,

    // Frames.
    /// A reserved bit is set to which no negotiated extension gives a meaning.
    ReservedBits,
    /// An opcode that is reserved.
    ReservedOpcode,
    /// A control frame that is not final.
    FragmentedControl,
    /// A control frame with more than 125 bytes of payload.
    ControlTooLong,
    /// A payload length in more bytes than it needs, or with the top bit set.
    BadLength,
    /// A frame from a client that is not masked.
    Unmasked,
    /// A frame from a server that is masked.
    Masked,
    /// A continuation frame while no fragmented message is in progress.
    UnexpectedContinuation,
    /// A new text or binary frame before the fragmented message was finished.
    UnfinishedMessage,
    /// A Close frame with a payload of one byte.
    CloseTooShort,
    /// A close code that must not be on the wire, in a Close frame that was not preceded by ours.
    BadCloseCode,
    /// Text, or the reason of a Close frame, that is not UTF-8.
    InvalidUtf8,
    /// A compressed message with a payload that RFC 7692 does not allow.
    BadDeflateData,

    // Limits.
    /// A frame longer than [`Limits::frame`](crate::Limits::frame).
    FrameTooLong,
    /// A message longer than [`Limits::message`](crate::Limits::message).
    MessageTooLong,
    /// A message in more fragments than
    /// [`Limits::extra_fragments`](crate::Limits::extra_fragments) allows.
    TooManyFragments,
}

names_of_values! { ProtocolError:
    TlsRecord = 401, "tls-record";
    BadRequestLine = 402, "bad-request-line";
    MethodNotGet = 403, "method-not-get";
    UnsupportedHttpVersion = 404, "unsupported-http-version";
    BadTarget = 405, "bad-target";
    TargetTooLong = 406, "target-too-long";
    BadHeader = 407, "bad-header";
    HeadTooLong = 408, "head-too-long";
    TooManyHeaders = 409, "too-many-headers";
    BadHost = 410, "bad-host";
    NotAnUpgrade = 411, "not-an-upgrade";
    BadVersion = 412, "bad-version";
    UnsupportedVersion = 413, "unsupported-version";
    BadKey = 414, "bad-key";
    BadKeyLength = 415, "bad-key-length";
    BadSubprotocols = 416, "bad-subprotocols";
    BadSubprotocolName = 417, "bad-subprotocol-name";
    BadExtensions = 418, "bad-extensions";
    UnexpectedBody = 419, "unexpected-body";
    BadStatusLine = 431, "bad-status-line";
    TooManyInterimResponses = 432, "too-many-interim-responses";
    UpgradeNotConfirmed = 433, "upgrade-not-confirmed";
    WrongAccept = 434, "wrong-accept";
    UnofferedExtension = 435, "unoffered-extension";
    BadDeflateResponse = 436, "bad-deflate-response";
    UnofferedSubprotocol = 437, "unoffered-subprotocol";
    ReservedBits = 451, "reserved-bits";
    ReservedOpcode = 452, "reserved-opcode";
    FragmentedControl = 453, "fragmented-control";
    ControlTooLong = 454, "control-too-long";
    BadLength = 455, "bad-length";
    Unmasked = 456, "unmasked";
    Masked = 457, "masked";
    UnexpectedContinuation = 458, "unexpected-continuation";
    UnfinishedMessage = 459, "unfinished-message";
    CloseTooShort = 460, "close-too-short";
    BadCloseCode = 461, "bad-close-code";
    InvalidUtf8 = 462, "invalid-utf8";
    BadDeflateData = 463, "bad-deflate-data";
    FrameTooLong = 481, "frame-too-long";
    MessageTooLong = 482, "message-too-long";
    TooManyFragments = 483, "too-many-fragments";
}

/// How a [`ProtocolError`] is answered on the wire.
enum Answer {
    Status(u16),
    Close(CloseCode),
    /// Not at all: a client that refuses a response just closes the transport.
    Silence,
}

impl ProtocolError {
    /// The code of the Close frame that answers this error (§7.4.1); `None` for an error in the
    /// opening handshake.
    pub const fn close_code(self) -> Option<CloseCode> {
        match self.answer_and_section().0 {
            Answer::Close(code) => Some(code),
            Answer::Status(_) | Answer::Silence => None,
        }
    }

    /// The status of the HTTP response that answers this error; `None` unless it is an error in a
    /// request.
    pub const fn http_status(self) -> Option<u16> {
        match self.answer_and_section().0 {
            Answer::Status(status) => Some(status),
            Answer::Close(_) | Answer::Silence => None,
        }
    }

    /// The section whose rule was broken: one of RFC 6455 unless another document is named.
    pub const fn rfc_section(self) -> &'static str {
        self.answer_and_section().1
    }

    /// Whether the input exceeds one of this side's [`Limits`](crate::Limits) and breaks no rule:
    /// it would be accepted if the limit that the error message names were raised.
    pub const fn is_limit(self) -> bool {
        matches!(
            self,
            Self::TargetTooLong
                | Self::HeadTooLong
                | Self::TooManyHeaders
                | Self::FrameTooLong
                | Self::MessageTooLong
                | Self::TooManyFragments
        )
    }

    /// The answer to each error, and the section whose rule it breaks.
    const fn answer_and_section(self) -> (Answer, &'static str) {
        use Answer::{Close, Silence, Status};
        const PROTOCOL: Answer = Close(CloseCode::PROTOCOL_ERROR);
        match self {
            Self::TlsRecord => (Status(400), "§3"),
            Self::BadRequestLine => (Status(400), "RFC 9112 §3"),
            Self::MethodNotGet => (Status(405), "§4.1"),
            Self::UnsupportedHttpVersion => (Status(505), "§4.1"),
            Self::BadTarget => (Status(400), "RFC 9112 §3.2"),
            Self::TargetTooLong => (Status(414), "RFC 9110 §15.5.15"),
            Self::BadHeader => (Status(400), "RFC 9112 §5"),
            Self::HeadTooLong => (Status(431), "RFC 6585 §5"),
            Self::TooManyHeaders => (Status(431), "RFC 6585 §5"),
            Self::BadHost => (Status(400), "RFC 9112 §3.2"),
            Self::NotAnUpgrade => (Status(426), "§4.2.1"),
            Self::BadVersion => (Status(400), "§4.2.1"),
            Self::UnsupportedVersion => (Status(426), "§4.4"),
            Self::BadKey => (Status(400), "§4.2.1"),
            Self::BadKeyLength => (Status(400), "§4.2.1"),
            Self::BadSubprotocols => (Status(400), "§4.1"),
            Self::BadSubprotocolName => (Status(400), "§4.1"),
            Self::BadExtensions => (Status(400), "§9.1"),
            Self::UnexpectedBody => (Status(400), "RFC 9112 §6.3"),
            Self::BadStatusLine => (Silence, "RFC 9112 §4"),
            Self::TooManyInterimResponses => (Silence, "RFC 9110 §15.2"),
            Self::UpgradeNotConfirmed => (Silence, "§4.1"),
            Self::WrongAccept => (Silence, "§4.1"),
            Self::UnofferedExtension => (Silence, "§4.1"),
            Self::BadDeflateResponse => (Silence, "RFC 7692 §7.1"),
            Self::UnofferedSubprotocol => (Silence, "§4.1"),
            Self::ReservedBits => (PROTOCOL, "§5.2"),
            Self::ReservedOpcode => (PROTOCOL, "§5.2"),
            Self::FragmentedControl => (PROTOCOL, "§5.5"),
            Self::ControlTooLong => (PROTOCOL, "§5.5"),
            Self::BadLength => (PROTOCOL, "§5.2"),
            Self::Unmasked => (PROTOCOL, "§5.1"),
            Self::Masked => (PROTOCOL, "§5.1"),
            Self::UnexpectedContinuation => (PROTOCOL, "§5.4"),
            Self::UnfinishedMessage => (PROTOCOL, "§5.4"),
            Self::CloseTooShort => (PROTOCOL, "§5.5.1"),
            Self::BadCloseCode => (PROTOCOL, "§7.4"),
            Self::InvalidUtf8 => (Close(CloseCode::INVALID_DATA), "§8.1"),
            Self::BadDeflateData => (Close(CloseCode::INVALID_DATA), "RFC 7692 §7.2.2"),
            Self::FrameTooLong => (Close(CloseCode::TOO_BIG), "§10.4"),
            Self::MessageTooLong => (Close(CloseCode::TOO_BIG), "§10.4"),
            Self::TooManyFragments => (Close(CloseCode::POLICY), "§10.4"),
        }
    }

    /// What is wrong, and for a limit the option that raises it.
    const fn description(self) -> &'static str {
        match self {
            Self::TlsRecord => "TLS in place of HTTP: one side speaks ws://, the other wss://",
            Self::BadRequestLine => "malformed request line",
            Self::MethodNotGet => "the request method is not GET",
            Self::UnsupportedHttpVersion => "the request is not HTTP/1.1",
            Self::BadTarget => "malformed request target",
            Self::TargetTooLong => "request line over the limit (Limits::head)",
            Self::BadHeader => "malformed header line",
            Self::HeadTooLong => "HTTP head over the limit (Limits::head)",
            Self::TooManyHeaders => "more headers than the limit (Limits::headers)",
            Self::BadHost => "missing or malformed Host",
            Self::NotAnUpgrade => "not a request to upgrade to WebSocket",
            Self::BadVersion => "missing or malformed Sec-WebSocket-Version",
            Self::UnsupportedVersion => "a version of the protocol other than 13",
            Self::BadKey => "missing or malformed Sec-WebSocket-Key",
            Self::BadKeyLength => "a Sec-WebSocket-Key not of 16 bytes (Leniency::any_key_length)",
            Self::BadSubprotocols => "malformed Sec-WebSocket-Protocol",
            Self::BadSubprotocolName => {
                "a subprotocol that is no token (Leniency::any_subprotocol)"
            }
            Self::BadExtensions => "malformed Sec-WebSocket-Extensions",
            Self::UnexpectedBody => "the request has a body",
            Self::BadStatusLine => "malformed status line",
            Self::TooManyInterimResponses => "too many interim responses",
            Self::UpgradeNotConfirmed => "a 101 response that does not confirm the upgrade",
            Self::WrongAccept => "missing or wrong Sec-WebSocket-Accept",
            Self::UnofferedExtension => "an extension that was not offered",
            Self::BadDeflateResponse => "a response that answers no offer of permessage-deflate",
            Self::UnofferedSubprotocol => "a subprotocol that was not offered",
            Self::ReservedBits => "reserved bits set, to which no agreed extension gives a meaning",
            Self::ReservedOpcode => "reserved opcode",
            Self::FragmentedControl => "fragmented control frame",
            Self::ControlTooLong => "control frame over 125 bytes",
            Self::BadLength => "payload length not in its shortest form",
            Self::Unmasked => "unmasked frame from a client",
            Self::Masked => "masked frame from a server",
            Self::UnexpectedContinuation => "continuation frame with no message begun",
            Self::UnfinishedMessage => "new message inside a fragmented message",
            Self::CloseTooShort => "Close frame with one byte of payload",
            Self::BadCloseCode => "close code not allowed on the wire",
            Self::InvalidUtf8 => "text that is not UTF-8",
            Self::BadDeflateData => "compressed message that cannot be inflated",
            Self::FrameTooLong => "frame over the limit (Limits::frame)",
            Self::MessageTooLong => "message over the limit (Limits::message)",
            Self::TooManyFragments => "too many fragments (Limits::extra_fragments)",
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.description(), self.rfc_section())
    }
}

impl core::error::Error for ProtocolError {}
