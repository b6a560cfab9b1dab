//! The event that was found last: its kind, and where its bytes are.

use super::MessageKind;
use crate::CloseCode;
use crate::memory::BufferRange;

/// What [`Incoming::event`](crate::Incoming::event) makes an event of. Both fields are written and
/// read whole: reading back a word that was written in parts takes longer than reading a short
/// message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CurrentEvent {
    pub(super) kind: EventKind,
    pub(super) range: BufferRange,
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// There is no event.
    Nothing,
    Request,
    Open,
    /// The range is that of the head; the body follows the head.
    Refused {
        truncated: bool,
    },
    /// The bytes of the range were validated as UTF-8.
    Text,
    Binary,
    MessageStart(MessageKind),
    MessageChunk,
    MessageEnd,
    Ping,
    Pong,
    /// The range is that of the reason, validated as UTF-8.
    Close(CloseCode),
    Ended,
}

impl CurrentEvent {
    pub(super) const NOTHING: Self = EventKind::Nothing.with_bytes(BufferRange::EMPTY);

    /// The range of bytes that the application may be looking at, if there is an event.
    pub(super) fn shown_range(&mut self) -> Option<&mut BufferRange> {
        (self.kind != EventKind::Nothing).then_some(&mut self.range)
    }
}

impl EventKind {
    /// The event with its bytes.
    #[inline]
    pub(crate) const fn with_bytes(self, range: BufferRange) -> CurrentEvent {
        CurrentEvent { kind: self, range }
    }

    /// The event, which has no bytes, or all bytes of what was put together.
    pub(crate) const fn without_bytes(self) -> CurrentEvent {
        self.with_bytes(BufferRange::EMPTY_MESSAGE)
    }

    /// Whether the event is a whole message.
    #[inline]
    pub(super) const fn is_message(self) -> bool {
        matches!(self, Self::Text | Self::Binary)
    }
}
