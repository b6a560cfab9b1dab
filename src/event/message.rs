//! Messages that own their bytes.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::Utf8Error;

use bytes::Bytes;

use crate::CloseCode;
use crate::memory::Utf8Bytes;

/// A message or a control frame that owns its bytes, as streams, sinks and channels need it.
/// [`Event`](crate::Event) is the same without a copy.
///
/// Texts and bytes convert into messages:
///
/// ```
/// use websocket_proto::Message;
///
/// let [text, data] = [Message::from("Hello"), Message::from(vec![1, 2])];
/// assert!(text.is_text() && data.is_binary());
/// assert_eq!(text.as_text(), Some("Hello"));
/// assert_eq!(data.into_data(), [1, 2][..]);
/// ```
///
/// Those who know the `Message` of tungstenite find its methods here. There is no `Close(None)`: a
/// Close frame without a code has [`CloseCode::NO_STATUS`], and `Message::close(CloseCode::NORMAL,
/// "")` is the usual one.
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

    /// Whether this is a text message.
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// Whether this is a binary message.
    pub const fn is_binary(&self) -> bool {
        matches!(self, Self::Binary(_))
    }

    /// Whether this is a ping.
    pub const fn is_ping(&self) -> bool {
        matches!(self, Self::Ping(_))
    }

    /// Whether this is a pong.
    pub const fn is_pong(&self) -> bool {
        matches!(self, Self::Pong(_))
    }

    /// Whether this is a Close frame.
    pub const fn is_close(&self) -> bool {
        matches!(self, Self::Close { .. })
    }

    /// The length of the payload in bytes; that of the reason for a Close frame.
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether the payload, or the reason of a Close frame, is empty.
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// The payload; the reason of a Close frame.
    pub const fn as_bytes(&self) -> &Bytes {
        match self {
            Self::Text(text) | Self::Close { reason: text, .. } => text.as_bytes(),
            Self::Binary(data) | Self::Ping(data) | Self::Pong(data) => data,
        }
    }

    /// The text of a text message; `None` for all others. [`to_text`](Self::to_text) does not ask
    /// for the kind of the message.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The payload of any message as text, or the reason of a Close frame.
    ///
    /// # Errors
    ///
    /// The payload is not UTF-8, which that of a text message always is.
    pub fn to_text(&self) -> Result<&str, Utf8Error> {
        match self {
            Self::Text(text) | Self::Close { reason: text, .. } => Ok(text),
            Self::Binary(data) | Self::Ping(data) | Self::Pong(data) => str::from_utf8(data),
        }
    }

    /// The payload of any message as text, or the reason of a Close frame, without a copy.
    ///
    /// # Errors
    ///
    /// The payload is not UTF-8, which that of a text message always is.
    pub fn into_text(self) -> Result<Utf8Bytes, Utf8Error> {
        match self {
            Self::Text(text) | Self::Close { reason: text, .. } => Ok(text),
            Self::Binary(data) | Self::Ping(data) | Self::Pong(data) => data.try_into(),
        }
    }

    /// The payload, or the reason of a Close frame, without a copy.
    pub fn into_data(self) -> Bytes {
        match self {
            Self::Text(text) | Self::Close { reason: text, .. } => text.into(),
            Self::Binary(data) | Self::Ping(data) | Self::Pong(data) => data,
        }
    }
}

/// The payload if it is UTF-8, otherwise its length. For a Close frame, the reason.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_text() {
            Ok(text) => f.pad(text),
            Err(_) => write!(f, "({} bytes)", self.len()),
        }
    }
}

/// A text message.
impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

/// A text message, without a copy.
impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

/// A text message, without a copy.
impl From<Utf8Bytes> for Message {
    fn from(text: Utf8Bytes) -> Self {
        Self::Text(text)
    }
}

/// A binary message.
impl From<&[u8]> for Message {
    fn from(data: &[u8]) -> Self {
        Self::binary(Bytes::copy_from_slice(data))
    }
}

/// A binary message, without a copy.
impl From<Vec<u8>> for Message {
    fn from(data: Vec<u8>) -> Self {
        Self::binary(data)
    }
}

/// A binary message, without a copy.
impl From<Bytes> for Message {
    fn from(data: Bytes) -> Self {
        Self::Binary(data)
    }
}

/// The same as [`Message::into_data`].
impl From<Message> for Bytes {
    fn from(message: Message) -> Self {
        message.into_data()
    }
}
