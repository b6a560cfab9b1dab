//! Why something was not sent.

use core::fmt;

use crate::EntropyError;
use crate::memory::NoMemory;

/// Why something was not sent. No part of it was sent, and the connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SendError {
    /// The opening handshake is not complete.
    NotOpen,
    /// A reconnecting client has no connection; nothing is queued for the next one.
    Disconnected,
    /// A Close frame was sent, or the connection has ended.
    Closed,
    /// More than [`Limits::output`](crate::Limits::output) waits to be written.
    Full,
    /// A message in fragments is unfinished, so only control frames can be sent besides it.
    MessageInProgress,
    /// There is no message in fragments to continue.
    NoMessageInProgress,
    /// The bytes of a text are not UTF-8, or the text would end inside a character.
    NotUtf8,
    /// The payload of a ping or pong is longer than 125 bytes (§5.5).
    PingTooLong,
    /// A close code that must not be sent (§7.4), or a reason without a code (§5.5.1).
    BadCloseCode,
    /// The reason of a Close frame is longer than 123 bytes (§5.5.1).
    ReasonTooLong,
    /// There are no random bytes for a masking key.
    NoEntropy,
    /// There is no memory to queue it in.
    OutOfMemory,
}

names_of_values! { SendError:
    NotOpen = 101, "not-open";
    Disconnected = 102, "disconnected";
    Closed = 103, "closed";
    Full = 104, "full";
    MessageInProgress = 105, "message-in-progress";
    NoMessageInProgress = 106, "no-message-in-progress";
    NotUtf8 = 107, "not-utf8";
    PingTooLong = 108, "ping-too-long";
    BadCloseCode = 109, "bad-close-code";
    ReasonTooLong = 110, "reason-too-long";
    NoEntropy = 111, "no-entropy";
    OutOfMemory = 112, "out-of-memory";
}

impl SendError {
    /// The section that asks for what is missing here, one of RFC 6455 unless another document is
    /// named; `None` if this crate asks for it.
    pub const fn rfc_section(self) -> Option<&'static str> {
        match self {
            Self::NotOpen => Some("§6.1"),
            Self::Closed => Some("§5.5.1"),
            Self::MessageInProgress | Self::NoMessageInProgress => Some("§5.4"),
            Self::NotUtf8 => Some("§5.6"),
            Self::PingTooLong => Some("§5.5"),
            Self::BadCloseCode => Some("§7.4"),
            Self::ReasonTooLong => Some("§5.5.1"),
            Self::NoEntropy => Some("§5.3"),
            Self::Disconnected | Self::Full | Self::OutOfMemory => None,
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotOpen => "the opening handshake is not complete: wait for its end",
            Self::Disconnected => "no connection: send again after Update::Connected",
            Self::Closed => {
                "a Close frame was sent or the connection has ended: nothing can follow"
            }
            Self::Full => "too much output waits: write it first, or raise Limits::output",
            Self::MessageInProgress => "a message in fragments is unfinished: finish it first",
            Self::NoMessageInProgress => {
                "no message in fragments was started: call start_message first"
            }
            Self::NotUtf8 => "the text is not UTF-8, or ends inside a character: send it as binary",
            Self::PingTooLong => "a ping or pong holds at most 125 bytes",
            Self::BadCloseCode => {
                "the close code is not 1000-1003, 1007-1014, 3000-4999, or 1005 without a reason"
            }
            Self::ReasonTooLong => "a reason holds at most 123 bytes: see frame::truncate_reason",
            Self::NoEntropy => "no random bytes for a masking key: check the system's generator",
            Self::OutOfMemory => "no memory to queue it in: write what waits, or send less at once",
        })
    }
}

impl core::error::Error for SendError {}

impl From<EntropyError> for SendError {
    fn from(_: EntropyError) -> Self {
        Self::NoEntropy
    }
}

impl From<NoMemory> for SendError {
    fn from(_: NoMemory) -> Self {
        Self::OutOfMemory
    }
}
