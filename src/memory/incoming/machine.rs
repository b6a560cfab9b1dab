//! What the state machine does with the receive memory.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

#[cfg(feature = "std")]
use super::super::delivered::NOTHING;
use super::super::delivered::{Buffer, Delivered, Place, What};
use super::Incoming;
use crate::ProtocolError;
use crate::connection::Ending;
#[cfg(feature = "std")]
use crate::connection::{CloseFrame, Event};
use crate::memory::Assembly;

impl Incoming {
    /// Whether bytes came since this was asked last.
    pub(crate) fn take_heard(&mut self) -> bool {
        core::mem::take(&mut self.heard)
    }

    /// Whether the event is a message.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn has_message(&self) -> bool {
        matches!(self.delivered.what, What::Text | What::Binary)
    }

    /// Whether nothing that was read is still to be taken in, from the window or in the message.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) const fn is_used_up(&self) -> bool {
        self.start == self.end && self.message.arrived == 0
    }

    /// Lets the last event go.
    #[inline]
    pub(crate) fn forget_event(&mut self) {
        let Delivered { what, place } = self.delivered;
        let plain = matches!(what, What::Text | What::Binary | What::Nothing);
        if !plain || place.buffer != Buffer::Window {
            self.forget_cold_event();
        }
        self.delivered.what = What::Nothing;
    }

    #[inline(never)]
    fn forget_cold_event(&mut self) {
        match self.delivered.what {
            What::Text | What::Binary => self.message.clear(),
            What::Request | What::Open | What::Refused { .. } | What::Ended => {
                self.message = Assembly::new();
            }
            // The payload of a control frame may be half there.
            What::Nothing => return,
            What::Start(_) | What::Chunk | What::End | What::Ping | What::Pong | What::Close(_) => {
            }
        }
        self.rare = None;
    }

    /// Gives memory back that an idle connection has no use for: the message, unless one is
    /// under way. Of that, `left` bytes are still to come in the frame that has begun.
    pub(crate) fn rest(&mut self, message_under_way: bool, left: usize) {
        if !message_under_way {
            self.message = Assembly::new();
        }
        self.message.straight = if self.is_worth_reading_straight(left) { left } else { 0 };
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    #[inline]
    pub(crate) fn deliver(&mut self, delivered: Delivered) {
        self.delivered = delivered;
    }

    pub(crate) fn deliver_ending(&mut self, ending: Box<Ending>) {
        self.rare().ending = Some(ending);
        self.delivered = What::Ended.alone();
    }

    /// The peer's Close frame once more, whose event has been taken.
    #[cfg(feature = "std")]
    pub(crate) fn deliver_close(&mut self, frame: &CloseFrame) {
        let control = &mut self.rare().control;
        control.clear();
        control.extend_from_slice(frame.reason.as_bytes());
        self.delivered = What::Close(frame.code).at(self.control_place());
    }

    /// Takes the peer's Close frame out of its event.
    #[cfg(feature = "std")]
    pub(crate) fn take_close(&mut self) -> Option<Box<CloseFrame>> {
        let Event::Close { code, reason } = self.event()? else { return None };
        let frame = CloseFrame::new(code, reason);
        self.forget_event();
        Some(Box::new(frame))
    }

    /// Takes the ending out of its event.
    #[cfg(feature = "std")]
    pub(crate) fn take_ending(&mut self) -> Option<Box<Ending>> {
        let ending =
            self.rare.as_mut().filter(|_| self.delivered.what == What::Ended)?.ending.take();
        self.delivered = NOTHING;
        ending
    }

    #[inline]
    pub(crate) fn unread_mut(&mut self) -> &mut [u8] {
        &mut self.window[self.start..self.end]
    }

    /// Consumes `len` unread bytes and tells where they are.
    #[inline]
    pub(crate) fn consume(&mut self, len: usize) -> Place {
        let start = self.start;
        self.start += len;
        Place { buffer: Buffer::Window, start, end: self.start }
    }

    /// The unread bytes beside the message, which they may be moved to.
    pub(crate) fn unread_and_message(&mut self) -> (&[u8], &mut Vec<u8>) {
        (&self.window[self.start..self.end], self.message.vec())
    }

    /// The same, where the unread bytes are changed in place and give the message's.
    pub(crate) fn unread_and_assembly(&mut self) -> (&mut [u8], &mut Assembly) {
        (&mut self.window[self.start..self.end], &mut self.message)
    }

    /// Takes out the part of a message, if there is nothing else in here.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(crate) fn take_part(&mut self) -> Option<Vec<u8>> {
        let else_empty = self.is_used_up() && self.rare.is_none();
        if !else_empty || self.delivered.what != What::Nothing {
            return None;
        }
        Some(core::mem::take(&mut self.message).into_part())
    }

    /// Puts in what [`take_part`](Self::take_part) took out of another.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(crate) fn put_part(&mut self, part: Vec<u8>) {
        self.message = Assembly::of_part(part);
    }

    /// Forgets the message's bytes, and keeps its memory.
    pub(crate) fn clear_message(&mut self) {
        self.message.clear();
    }

    /// The unread bytes beside the memory for a control frame's payload.
    pub(crate) fn unread_and_control(&mut self) -> (&[u8], &mut Vec<u8>) {
        let rare = self.rare.get_or_insert_default();
        (&self.window[self.start..self.end], &mut rare.control)
    }

    /// The length of the message so far.
    pub(crate) fn message_len(&self) -> usize {
        self.message.len()
    }

    /// All of the message so far, or its first `len` bytes.
    pub(crate) fn message_place(&self, len: Option<usize>) -> Place {
        Place { buffer: Buffer::Message, start: 0, end: len.unwrap_or(self.message.len()) }
    }

    /// Whether a part of a control frame's payload was gathered.
    pub(crate) fn has_control_part(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| !rare.control.is_empty())
    }

    /// All of a control frame's payload that was gathered.
    pub(crate) fn control_place(&self) -> Place {
        Place {
            buffer: Buffer::Control,
            start: 0,
            end: self.rare.as_ref().map_or(0, |rare| rare.control.len()),
        }
    }

    /// Goes with the pong that is delivered next.
    pub(crate) fn note_round_trip(&mut self, round_trip: Option<Duration>) {
        if round_trip.is_some() {
            self.rare().round_trip = round_trip;
        }
    }

    /// Takes a refused response out of its event: head and body, the length of the head, and
    /// whether the body was truncated.
    #[cfg(feature = "std")]
    pub(crate) fn take_refusal(&mut self) -> Option<(Vec<u8>, u32, bool)> {
        let Delivered { what: What::Refused { truncated }, place } = self.delivered else {
            return None;
        };
        self.delivered = NOTHING;
        Some((core::mem::take(self.message.vec()), place.end as u32, truncated))
    }

    /// Also what is under way to the message.
    pub(crate) fn discard_unread(&mut self) {
        self.start = self.end;
        self.message.discard_arrived();
    }

    pub(crate) fn drop_message(&mut self) {
        self.message = Assembly::new();
    }

    /// Drops all that was received, taken in or not.
    pub(crate) fn drop_all(&mut self) {
        self.discard_unread();
        self.drop_message();
        self.rare = None;
    }

    /// Whether there is as much of a message as the connection left here, `straight` more at most
    /// behind it, and as much of a control frame. What there is where it left nothing is another's,
    /// and dropped.
    pub(crate) fn holds(&mut self, message: u64, straight: usize, control: usize) -> bool {
        let arrived = self.message.arrived;
        if message == 0 && arrived == 0 && !self.message.is_empty() {
            self.message.clear();
        }
        if control == 0 && self.has_control_part() {
            self.rare = None;
        }
        (self.message.len() - arrived) as u64 == message
            && arrived <= straight
            && self.control_place().end == control
    }

    /// Whether the message's bytes were all found to be text.
    pub(crate) fn message_is_text(&self) -> bool {
        self.message.is_text()
    }

    /// Checks what came of a text.
    pub(crate) fn check_text(&mut self) -> Result<(), ProtocolError> {
        self.message.check_text(usize::MAX)
    }
}
