//! What goes over the WebSocket; PROTOCOL.md has it in words.

mod heard;
mod id;
mod told;

use bytes::Bytes;

pub(crate) use heard::{Heard, Refusal, is_word};
pub(crate) use id::Id;
pub(crate) use told::{Told, encode};

/// The subprotocol (RFC 6455 §1.9).
pub(crate) const SUBPROTOCOL: &str = "chat";

/// The longest message that is read, in bytes: a picture with its words.
pub(crate) const LONGEST_MESSAGE: u64 = 300 << 10;

/// Something that somebody says to a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) from: String,
    /// What tells the sender from namesakes; empty if an instance said it that knew no IDs.
    pub(crate) by: String,
    /// The sender's, to know it again by.
    pub(crate) key: String,
    pub(crate) content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Text(String),
    Picture(Picture),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    /// What it shows, in words.
    pub(crate) alt: String,
    pub(crate) data: Bytes,
}

impl Picture {
    /// Its media type, if it is a picture that every browser can show and that holds no scripts.
    pub(crate) fn media(&self) -> Option<&'static str> {
        let is = |at: usize, magic: &[u8]| {
            self.data.get(at..).is_some_and(|rest| rest.starts_with(magic))
        };
        match () {
            () if is(0, b"\x89PNG\r\n\x1a\n") => Some("image/png"),
            () if is(0, b"\xff\xd8\xff") => Some("image/jpeg"),
            () if is(0, b"GIF87a") || is(0, b"GIF89a") => Some("image/gif"),
            () if is(0, b"RIFF") && is(8, b"WEBP") => Some("image/webp"),
            () => None,
        }
    }
}
