//! The messages that people post to a room.

use bytes::Bytes;

/// A message that somebody posts to a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoomMessage {
    pub(crate) sender_name: String,
    /// Tells the sender apart from others with the same name. Empty if an instance of an older
    /// version, without IDs, stored the message.
    pub(crate) sender_id: String,
    /// Chosen by the sender, to recognise a message that is posted again.
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
    /// What the picture shows, in words.
    pub(crate) alt: String,
    pub(crate) data: Bytes,
}

impl Picture {
    /// The media type, if the data is a picture that every browser can show and that cannot contain
    /// scripts.
    pub(crate) fn media_type(&self) -> Option<&'static str> {
        let has = |at: usize, magic: &[u8]| {
            self.data.get(at..).is_some_and(|rest| rest.starts_with(magic))
        };
        match () {
            () if has(0, b"\x89PNG\r\n\x1a\n") => Some("image/png"),
            () if has(0, b"\xff\xd8\xff") => Some("image/jpeg"),
            () if has(0, b"GIF87a") || has(0, b"GIF89a") => Some("image/gif"),
            () if has(0, b"RIFF") && has(8, b"WEBP") => Some("image/webp"),
            () => None,
        }
    }
}
