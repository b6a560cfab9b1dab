//! What was said, as it is in a stream.

use bytes::Bytes;
use redis::streams::StreamId;

use crate::protocol::{Content, Id, Picture, Said};

pub(super) struct Entry {
    pub(super) id: Id,
    /// Of the message before it.
    pub(super) before: Id,
    pub(super) said: Said,
}

impl Entry {
    /// `None` for what this version cannot read.
    pub(super) fn read(stored: StreamId) -> Option<Self> {
        let content = match stored.get("text") {
            Some(text) => Content::Text(text),
            None => {
                let data = Bytes::from(stored.get::<Vec<u8>>("data")?);
                Content::Picture(Picture { alt: stored.get("alt")?, data })
            }
        };
        let by = stored.get("by").unwrap_or_default();
        let said = Said { from: stored.get("from")?, by, key: stored.get("key")?, content };
        let before = stored.get::<String>("before")?.parse().ok()?;
        Some(Self { id: stored.id.parse().ok()?, before, said })
    }
}
