//! Messages as Redis stores them in the stream of a room.

use bytes::Bytes;
use redis::streams::StreamId;

use crate::protocol::{Content, MessageId, Picture, RoomMessage};

pub(crate) struct Entry {
    pub(crate) id: MessageId,
    /// The ID of the message before this one.
    pub(crate) previous: MessageId,
    pub(crate) message: RoomMessage,
}

impl Entry {
    /// `None` for an entry that this version cannot parse.
    pub(crate) fn parse(stored: StreamId) -> Option<Self> {
        let content = match stored.get("text") {
            Some(text) => Content::Text(text),
            None => {
                let data = Bytes::from(stored.get::<Vec<u8>>("data")?);
                Content::Picture(Picture { alt: stored.get("alt")?, data })
            }
        };
        let (sender_name, key) = (stored.get("from")?, stored.get("key")?);
        let sender_id = stored.get("by").unwrap_or_default();
        let message = RoomMessage { sender_name, sender_id, key, content };
        let previous = stored.get::<String>("before")?.parse().ok()?;
        Some(Self { id: stored.id.parse().ok()?, previous, message })
    }
}
