//! How a connection sets the current event, and how adapters take out of it what they keep.

use alloc::boxed::Box;
#[cfg(feature = "std")]
use alloc::vec::Vec;
use core::time::Duration;

#[cfg(feature = "std")]
use super::{CloseFrame, Event};
use super::{CurrentEvent, Ending, EventKind, Incoming};
use crate::memory::Buffer;

impl Incoming {
    /// Makes this the current event.
    #[inline]
    pub(crate) fn deliver(&mut self, event: CurrentEvent) {
        self.current = event;
    }

    /// Forgets the current event.
    #[inline]
    pub(crate) fn forget_event(&mut self) {
        let CurrentEvent { kind, range } = self.current;
        let in_window = kind.is_message() || kind == EventKind::Nothing;
        if !in_window || range.buffer != Buffer::Window {
            self.forget_other_event();
        }
        self.current.kind = EventKind::Nothing;
    }

    /// Forgets an event that holds more than a range of the window.
    #[inline(never)]
    fn forget_other_event(&mut self) {
        match self.current.kind {
            EventKind::Text | EventKind::Binary => self.memory.clear_message(),
            EventKind::Request | EventKind::Open | EventKind::Refused { .. } | EventKind::Ended => {
                self.memory.drop_message()
            }
            // There is nothing to forget, and a part of the next control frame may be held.
            EventKind::Nothing => return,
            EventKind::MessageStart(_)
            | EventKind::MessageChunk
            | EventKind::MessageEnd
            | EventKind::Ping
            | EventKind::Pong
            | EventKind::Close(_) => {}
        }
        self.extra = None;
        self.memory.drop_control();
    }

    /// Makes the response that opened a WebSocket the current event. Its head is in the form of
    /// HTTP/1.1, and nothing else may be held.
    #[cfg(feature = "h2")]
    pub(crate) fn deliver_response(&mut self, head: &[u8]) {
        let (_, message) = self.memory.unread_and_message();
        message.extend_from_slice(head);
        self.current = EventKind::Open.without_bytes();
    }

    /// Makes the connection's last event the current one.
    pub(crate) fn deliver_ending(&mut self, ending: Box<Ending>) {
        self.extra.get_or_insert_default().ending = Some(ending);
        self.current = EventKind::Ended.without_bytes();
    }

    /// Keeps a round-trip time for the pong that is delivered next.
    pub(crate) fn note_round_trip(&mut self, round_trip: Option<Duration>) {
        if round_trip.is_some() {
            self.extra.get_or_insert_default().round_trip = round_trip;
        }
    }

    /// Drops everything that was received, whether or not it was processed.
    pub(crate) fn drop_all(&mut self) {
        self.memory.discard_unread();
        self.memory.drop_message();
        self.memory.drop_control();
        self.extra = None;
    }

    /// Whether the current event is a whole message.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn has_message(&self) -> bool {
        self.current.kind.is_message()
    }

    /// Makes the peer's Close frame, which was taken before, the current event again.
    #[cfg(feature = "std")]
    pub(crate) fn deliver_close(&mut self, frame: &CloseFrame) {
        let range = self.memory.set_control(frame.reason.as_bytes());
        self.current = EventKind::Close(frame.code).with_bytes(range);
    }

    /// Takes the peer's Close frame out of the current event, if it is one.
    #[cfg(feature = "std")]
    pub(crate) fn take_close(&mut self) -> Option<Box<CloseFrame>> {
        let Event::Close { code, reason } = self.event()? else { return None };
        let frame = CloseFrame::new(code, reason);
        self.forget_event();
        Some(Box::new(frame))
    }

    /// Takes the ending out of the current event, if it is the last one.
    #[cfg(feature = "std")]
    pub(crate) fn take_ending(&mut self) -> Option<Box<Ending>> {
        let is_last = self.current.kind == EventKind::Ended;
        let ending = self.extra.as_mut().filter(|_| is_last)?.ending.take();
        self.current = CurrentEvent::NOTHING;
        ending
    }

    /// Takes a refused response out of the current event, if it is one: head and body, the length
    /// of the head, and whether the body was truncated.
    #[cfg(feature = "std")]
    pub(crate) fn take_refusal(&mut self) -> Option<(Vec<u8>, u32, bool)> {
        let EventKind::Refused { truncated } = self.current.kind else { return None };
        let head = self.current.range.end as u32;
        self.current = CurrentEvent::NOTHING;
        Some((self.memory.take_message(), head, truncated))
    }

    /// Takes out what was kept of a response with which the handshake failed.
    #[cfg(feature = "std")]
    pub(crate) fn take_bad_response(&mut self) -> Box<[u8]> {
        self.memory.take_message().into()
    }

    /// The window alone: what was received is given up.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(crate) fn into_window(self) -> Vec<u8> {
        self.memory.into_window()
    }

    /// Takes out a message in progress, if nothing else is held.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(crate) fn take_partial_message(&mut self) -> Option<Vec<u8>> {
        if self.current.kind != EventKind::Nothing || self.extra.is_some() {
            return None;
        }
        self.memory.take_partial_message()
    }
}
