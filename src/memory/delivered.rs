//! What an event is and where its bytes are: ranges, until somebody looks.

use crate::connection::MessageKind;
use crate::frame::CloseCode;

/// At a place that needs no clearing up.
pub(super) const NOTHING: Delivered =
    What::Nothing.at(Place { buffer: Buffer::Window, start: 0, end: 0 });

/// What [`Incoming::event`] hands out. Plain fields, each written and read whole: a word written
/// in parts makes the read that follows wait for longer than a short message takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivered {
    pub(super) what: What,
    pub(super) place: Place,
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Nothing,
    Request,
    Open,
    /// The place is that of the head; the body stands behind it.
    Refused {
        truncated: bool,
    },
    /// The bytes at the place were validated as UTF-8.
    Text,
    Binary,
    Start(MessageKind),
    Chunk,
    End,
    Ping,
    Pong,
    /// The place is that of the reason, validated as UTF-8.
    Close(CloseCode),
    Ended,
}

impl What {
    /// The event with its bytes.
    #[inline]
    pub(crate) const fn at(self, place: Place) -> Delivered {
        Delivered { what: self, place }
    }

    /// The event, which has no bytes or all of the message.
    pub(crate) const fn alone(self) -> Delivered {
        self.at(Place { buffer: Buffer::Message, start: 0, end: 0 })
    }
}

/// Where the bytes of an event are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(super) buffer: Buffer,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A whole word: one with padding behind it is copied in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Buffer {
    Window,
    Message,
    Control,
}

impl Place {
    /// The same place without its first `len` bytes.
    #[inline]
    pub(crate) fn behind(self, len: usize) -> Self {
        Self { start: self.end.min(self.start + len), ..self }
    }
}
