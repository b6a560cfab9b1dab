//! How the current event is looked at, or taken as a message that owns its bytes.
//!
//! Why the functions here look odd: the common events are made by inlined code, where the
//! application looks at them, and stay in the processor's registers. The others are made by a
//! function that is called. If that one returned an `Option<Event>`, the compiler would build the
//! common events in memory as well, in the place that the call returns into, and reading them from
//! there stalls. A `Result<_, ()>` has another layout and does not have this effect, even where it
//! is never an error.

#![expect(clippy::wildcard_enum_match_arm, reason = "`other_event` names all the kinds")]

use alloc::boxed::Box;
use alloc::collections::TryReserveError;

use bytes::Bytes;

use super::{CurrentEvent, Event, EventKind, Incoming, Message};
use crate::handshake::{Request, Response};
use crate::memory::{Buffer, BufferRange, ReceiveMemory, Utf8Bytes, try_copy, validated};

impl Incoming {
    /// What [`receive`](crate::Connection::receive) found last. It can be looked at again until
    /// the next call of `receive`.
    #[inline(always)]
    pub fn event(&mut self) -> Option<Event<'_>> {
        let CurrentEvent { kind, range } = self.current;
        match kind {
            EventKind::Binary => Some(Event::Binary(self.memory.bytes_at_mut(range))),
            EventKind::Text => Some(Event::Text(validated(self.memory.bytes_at(range)))),
            _ => self.other_event().ok(),
        }
    }

    /// The payload of a message or chunk event as owned bytes; `None` for any other event. A
    /// payload that was put together is handed over without a copy, and one that was delivered in
    /// the window is copied.
    ///
    /// This takes the event: there is none afterwards.
    #[inline(always)]
    pub fn take_payload(&mut self) -> Option<Bytes> {
        if self.has_payload() { self.take_bytes() } else { None }
    }

    /// The same as [`take_payload`](Self::take_payload), but where there is no memory for a copy, this
    /// is an error, and the event is still there.
    ///
    /// # Errors
    ///
    /// That of the allocator.
    pub fn try_take_payload(&mut self) -> Result<Option<Bytes>, TryReserveError> {
        let BufferRange { buffer, .. } = self.current.range;
        if buffer == Buffer::Message || !self.has_payload() {
            return Ok(self.take_payload());
        }
        let copy = try_copy(&[self.memory.bytes_at(self.current.range)])?;
        self.current.kind = EventKind::Nothing;
        Ok(Some(Bytes::from(copy)))
    }

    /// The event as an owned message, if it is a whole message or a control frame. A message that
    /// was put together is handed over without a copy, and one that was delivered in the window is
    /// copied.
    ///
    /// This takes the event: there is none afterwards.
    #[inline(always)]
    pub fn take_message(&mut self) -> Option<Message> {
        match self.current.kind {
            EventKind::Text => Some(Message::Text(Utf8Bytes::from_validated(self.take_bytes()?))),
            EventKind::Binary => Some(Message::Binary(self.take_bytes()?)),
            _ => self.take_control().ok(),
        }
    }

    #[inline(always)]
    fn has_payload(&self) -> bool {
        self.current.kind.is_message() || self.current.kind == EventKind::MessageChunk
    }

    /// Takes the bytes of the event. There is no event afterwards.
    #[inline(always)]
    fn take_bytes(&mut self) -> Option<Bytes> {
        let range = self.current.range;
        self.current.kind = EventKind::Nothing;
        match range.buffer {
            Buffer::Window | Buffer::Control => {
                Some(Bytes::from(Box::<[u8]>::from(self.memory.bytes_at(range))))
            }
            Buffer::Message => self.take_assembled_bytes().ok(),
        }
    }

    /// Takes all bytes that were put together.
    #[inline(never)]
    fn take_assembled_bytes(&mut self) -> Result<Bytes, ()> {
        Ok(Bytes::from(self.memory.take_message()))
    }

    /// Takes a control frame as an owned message; an error for any other event.
    #[inline(never)]
    fn take_control(&mut self) -> Result<Message, ()> {
        let CurrentEvent { kind, range } = self.current;
        // Only the ranges of these events are known to be valid still.
        let payload = |memory: &ReceiveMemory| Bytes::copy_from_slice(memory.bytes_at(range));
        let message = match kind {
            EventKind::Ping => Message::Ping(payload(&self.memory)),
            EventKind::Pong => Message::Pong(payload(&self.memory)),
            EventKind::Close(code) => {
                let reason = validated(self.memory.bytes_at(range)).into();
                Message::Close { code, reason }
            }
            _ => return Err(()),
        };
        self.forget_event();
        Ok(message)
    }

    /// An event other than a whole message; an error if there is none.
    #[inline(never)]
    fn other_event(&mut self) -> Result<Event<'_>, ()> {
        let CurrentEvent { kind, range } = self.current;
        let memory = &mut self.memory;
        Ok(match kind {
            EventKind::Nothing | EventKind::Text | EventKind::Binary => return Err(()),
            EventKind::MessageStart(kind) => Event::MessageStart(kind),
            EventKind::MessageChunk => Event::MessageChunk(memory.bytes_at_mut(range)),
            EventKind::MessageEnd => Event::MessageEnd,
            EventKind::Ping => Event::Ping(memory.bytes_at(range)),
            EventKind::Pong => {
                let round_trip = self.extra.as_ref().and_then(|extra| extra.round_trip);
                Event::Pong { payload: memory.bytes_at(range), round_trip }
            }
            EventKind::Close(code) => {
                Event::Close { code, reason: validated(memory.bytes_at(range)) }
            }
            EventKind::Request => Event::Request(Request::new(memory.message())),
            EventKind::Open => Event::Open(Response::of_head(memory.message())),
            EventKind::Refused { truncated } => {
                Event::Refused(Response::of_refusal(memory.message(), range.end as u32, truncated))
            }
            EventKind::Ended => {
                let ending = self.extra.as_ref().and_then(|extra| extra.ending.as_deref());
                Event::Ended(ending.ok_or(())?)
            }
        })
    }
}
