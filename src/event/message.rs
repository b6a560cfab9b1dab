//! Messages that own their bytes.

use bytes::Bytes;

use crate::CloseCode;
use crate::memory::Utf8Bytes;

/// A message or a control frame that owns its bytes, as streams, sinks and channels need it.
/// [`Event`](crate::Event) is the same without a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// A text message.
    Text(Utf8Bytes),
    /// A binary message.
    Binary(Bytes),
    /// A ping; a received one has been answered, unless
    /// [`Config::automatic_pong`](crate::Config::automatic_pong) is off.
    Ping(Bytes),
    /// A pong. A received one answers a ping or is unsolicited. While pings are answered
    /// automatically, sending one is only an unsolicited sign of life (§5.5.3).
    Pong(Bytes),
    /// A Close frame; a received one has been answered. Sending it begins the closing exchange.
    #[non_exhaustive]
    Close {
        /// The code; [`CloseCode::NO_STATUS`] for a frame without one, which has no reason either.
        code: CloseCode,
        /// The reason, at most 123 bytes.
        reason: Utf8Bytes,
    },
}

impl Message {
    /// A text message.
    pub fn text(text: impl Into<Utf8Bytes>) -> Self {
        Self::Text(text.into())
    }

    /// A binary message.
    pub fn binary(data: impl Into<Bytes>) -> Self {
        Self::Binary(data.into())
    }

    /// A Close frame.
    pub fn close(code: CloseCode, reason: impl Into<Utf8Bytes>) -> Self {
        Self::Close { code, reason: reason.into() }
    }

    /// The length of the payload in bytes, without a close code.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(crate) fn payload_len(&self) -> usize {
        match self {
            Self::Text(text) | Self::Close { reason: text, .. } => text.len(),
            Self::Binary(data) | Self::Ping(data) | Self::Pong(data) => data.len(),
        }
    }
}
