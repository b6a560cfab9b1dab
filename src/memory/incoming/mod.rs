//! What was received: a window that the transport reads into, and the message put together.

mod machine;
mod straight;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use bytes::Bytes;

use super::assembly::Assembly;
use super::delivered::{Buffer, Delivered, NOTHING, Place, What};
use super::text::{Utf8Bytes, validated};
use crate::connection::{Ending, Event, Message};
use crate::handshake::{Request, Response};

/// The receive memory of one connection.
///
/// The transport reads into [`space`](Self::space) and says how much with
/// [`filled`](Self::filled); then [`Connection::receive`](crate::Connection::receive) is called
/// until it needs more, and [`event`](Self::event) shows what it found. Frames that are whole in
/// the window are unmasked and handed out where they are; of others the part at hand moves to
/// the message, which grows with the bytes received and never with a length declared.
///
/// Once `receive` needs more bytes the window is empty and may serve another connection:
/// [`lend`](Self::lend) and [`take_back`](Self::take_back). An idle connection holds no memory
/// here but this value itself.
///
/// While it holds a part of a message, of a control frame or of an HTTP head, which
/// [`is_at_rest`](Self::is_at_rest) tells, it belongs to the connection that put it there. One that
/// does not find what it left ends as [`How::ForeignMemory`](crate::How::ForeignMemory), and one
/// that left nothing drops what it finds.
pub struct Incoming {
    /// Initialised all through; what was received and not consumed is `start..end`.
    window: Vec<u8>,
    start: usize,
    end: usize,
    /// The message under way, or the HTTP head in a handshake.
    message: Assembly,
    delivered: Delivered,
    /// Bytes came that were not asked after yet.
    heard: bool,
    rare: Option<Box<Rare>>,
}

/// What few events bring with them, made for the first and gone with the event.
#[derive(Default)]
struct Rare {
    /// The payload of a control frame that the window's end cut.
    control: Vec<u8>,
    /// Of the pong delivered.
    round_trip: Option<Duration>,
    ending: Option<Box<Ending>>,
}

impl Incoming {
    /// The length in bytes of the window that is made when none was lent.
    pub const DEFAULT_WINDOW: usize = 64 << 10;

    /// Empty, without memory of its own.
    pub const fn new() -> Self {
        Self {
            window: Vec::new(),
            start: 0,
            end: 0,
            message: Assembly::new(),
            delivered: NOTHING,
            heard: false,
            rare: None,
        }
    }

    /// Where the transport reads to: the window, or the message itself while a payload arrives that
    /// does not fit in the window. A window is made if there is none, and one that is small
    /// and full grows to [`DEFAULT_WINDOW`](Self::DEFAULT_WINDOW). Never empty, unless the window
    /// is full of bytes that [`receive`](crate::Connection::receive) has yet to consume: then
    /// reading waits.
    pub fn space(&mut self) -> &mut [u8] {
        if self.message.straight > 0 {
            return self.straight_space();
        }
        if self.end == self.window.len() {
            self.move_to_front();
        }
        if self.end == self.window.len() {
            self.grow(Self::DEFAULT_WINDOW);
        }
        &mut self.window[self.end..]
    }

    /// Says that the transport wrote `len` bytes to the front of [`space`](Self::space). More
    /// than its length counts as its length.
    pub fn filled(&mut self, len: usize) {
        self.heard |= len > 0;
        if self.message.straight > 0 {
            return self.filled_straight(len);
        }
        self.end += len.min(self.window.len() - self.end);
    }

    /// Takes a copy of `bytes` behind what is unread, growing the window as needed: for bytes
    /// that somebody else read, say an HTTP library behind a request's head.
    pub fn push(&mut self, mut bytes: &[u8]) {
        self.heard |= !bytes.is_empty();
        while self.message.straight > 0 && !bytes.is_empty() {
            let space = self.straight_space();
            let (part, rest) = bytes.split_at(bytes.len().min(space.len()));
            space[..part.len()].copy_from_slice(part);
            self.filled_straight(part.len());
            bytes = rest;
        }
        if self.window.len() - self.end < bytes.len() {
            self.move_to_front();
        }
        let end = self.end + bytes.len();
        if self.window.len() < end {
            self.grow(end.max(Self::DEFAULT_WINDOW));
        }
        self.window[self.end..end].copy_from_slice(bytes);
        self.end = end;
    }

    /// Lends a window, all of whose length is read into; what is unread moves to its front, and
    /// the window it takes the place of is dropped.
    pub fn lend(&mut self, mut window: Vec<u8>) {
        self.move_to_front();
        if window.len() < self.end {
            window.resize(self.end, 0);
        }
        window[..self.end].copy_from_slice(&self.window[..self.end]);
        self.window = window;
    }

    /// Takes the window back. What is unread in it, usually nothing, is kept in a copy.
    pub fn take_back(&mut self) -> Vec<u8> {
        self.move_to_front();
        let rest = self.window[..self.end].to_vec();
        core::mem::replace(&mut self.window, rest)
    }

    /// What was received into the window and not yet consumed.
    pub fn unread(&self) -> &[u8] {
        &self.window[self.start..self.end]
    }

    /// What [`receive`](crate::Connection::receive) found last. It can be looked at again until
    /// the next call of `receive`.
    #[inline(always)]
    pub fn event(&mut self) -> Option<Event<'_>> {
        let Delivered { what, place } = self.delivered;
        match what {
            What::Binary => Some(Event::Binary(self.at(place))),
            What::Text => Some(Event::Text(validated(self.bytes_at(place)))),
            What::Nothing
            | What::Request
            | What::Open
            | What::Refused { .. }
            | What::Start(_)
            | What::Chunk
            | What::End
            | What::Ping
            | What::Pong
            | What::Close(_)
            | What::Ended => self.rare_event().ok(),
        }
    }

    /// The payload of a message or chunk event as owned bytes. A message that was put together
    /// is handed over without a copy; one that was delivered in the window is copied.
    ///
    /// Afterwards the event is gone.
    #[inline(always)]
    pub fn take_payload(&mut self) -> Option<Bytes> {
        let (What::Text | What::Binary | What::Chunk) = self.delivered.what else { return None };
        self.payload()
    }

    /// The event as an owned message, if it is one: a small payload is copied, a large one that
    /// was put together is handed over. Afterwards the event is gone.
    #[inline(always)]
    pub fn take_message(&mut self) -> Option<Message> {
        match self.delivered.what {
            What::Text => Some(Message::Text(Utf8Bytes::new(self.payload()?))),
            What::Binary => Some(Message::Binary(self.payload()?)),
            What::Nothing
            | What::Request
            | What::Open
            | What::Refused { .. }
            | What::Start(_)
            | What::Chunk
            | What::End
            | What::Ping
            | What::Pong
            | What::Close(_)
            | What::Ended => self.take_control().ok(),
        }
    }

    /// The bytes of the event, which is gone then.
    #[inline(always)]
    fn payload(&mut self) -> Option<Bytes> {
        let place = self.delivered.place;
        self.delivered.what = What::Nothing;
        match place.buffer {
            Buffer::Window | Buffer::Control => {
                Some(Bytes::from(Box::<[u8]>::from(self.bytes_at(place))))
            }
            Buffer::Message => self.message_payload().ok(),
        }
    }

    /// All of the message that was put together. Not an `Option`, as
    /// [`rare_event`](Self::rare_event).
    #[inline(never)]
    fn message_payload(&mut self) -> Result<Bytes, ()> {
        Ok(Bytes::from(core::mem::take(self.message.vec())))
    }

    /// A control frame as an owned message. Not an `Option`, as [`rare_event`](Self::rare_event).
    #[inline(never)]
    fn take_control(&mut self) -> Result<Message, ()> {
        let Delivered { what, place } = self.delivered;
        let message = match what {
            What::Ping => Message::Ping(Bytes::copy_from_slice(self.bytes_at(place))),
            What::Pong => Message::Pong(Bytes::copy_from_slice(self.bytes_at(place))),
            What::Close(code) => {
                let reason = validated(self.bytes_at(place)).into();
                Message::Close { code, reason }
            }
            What::Nothing
            | What::Request
            | What::Open
            | What::Refused { .. }
            | What::Text
            | What::Binary
            | What::Start(_)
            | What::Chunk
            | What::End
            | What::Ended => return Err(()),
        };
        self.forget_event();
        Ok(message)
    }

    /// While [`Event::Ended`] is held: what had come of an HTTP head that the stream ended in, at
    /// most [`Limits::head`](crate::Limits::head) bytes. A look at it tells what else the peer
    /// speaks.
    pub fn unfinished_head(&self) -> &[u8] {
        if self.delivered.what == What::Ended { self.message.bytes() } else { &[] }
    }

    /// Whether nothing is held here: no byte, no event, no part of a message. Then this may serve
    /// another connection.
    pub fn is_at_rest(&self) -> bool {
        let empty = self.start == self.end && self.message.is_empty() && self.rare.is_none();
        empty && self.message.straight == 0 && self.delivered.what == What::Nothing
    }

    /// The heap memory held for bytes received, in bytes.
    pub fn heap(&self) -> usize {
        let control = self.rare.as_ref().map_or(0, |rare| rare.control.capacity());
        self.window.capacity() + self.message.capacity() + control
    }

    /// Not an `Option`: the compiler would build the common events where this one is returned, in
    /// memory, and reading them from there stalls.
    #[inline(never)]
    fn rare_event(&mut self) -> Result<Event<'_>, ()> {
        let Delivered { what, place } = self.delivered;
        Ok(match what {
            What::Nothing | What::Text | What::Binary => return Err(()),
            What::Start(kind) => Event::Start(kind),
            What::Chunk => Event::Chunk(self.at(place)),
            What::End => Event::End,
            What::Ping => Event::Ping(self.bytes_at(place)),
            What::Pong => {
                let round_trip = self.rare.as_ref().and_then(|rare| rare.round_trip);
                Event::Pong { payload: self.bytes_at(place), round_trip }
            }
            What::Close(code) => Event::Close { code, reason: validated(self.bytes_at(place)) },
            What::Request => Event::Request(Request::new(self.message.bytes())),
            What::Open => Event::Open(Response::of_head(self.message.bytes())),
            What::Refused { truncated } => {
                let bytes = self.message.bytes();
                Event::Refused(Response::of_refusal(bytes, place.end as u32, truncated))
            }
            What::Ended => {
                let ending = self.rare.as_ref().and_then(|rare| rare.ending.as_deref());
                Event::Ended(ending.ok_or(())?)
            }
        })
    }

    /// Makes the window at least this long.
    fn grow(&mut self, len: usize) {
        if self.window.is_empty() {
            // Memory that the system knows to be zero is not filled again.
            self.window = alloc::vec![0; len];
        } else if self.window.len() < len {
            self.window.resize(len, 0);
        }
    }

    /// Makes room at the end of the window; an event in it moves along.
    fn move_to_front(&mut self) {
        let Delivered { what, place } = &mut self.delivered;
        let mut front = self.start;
        if *what != What::Nothing && place.buffer == Buffer::Window {
            front = place.start;
            place.end -= front;
            place.start = 0;
        }
        self.window.copy_within(front..self.end, 0);
        self.start -= front;
        self.end -= front;
    }

    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Bytes that an event was found in.
    #[inline(always)]
    pub(crate) fn bytes_at(&self, place: Place) -> &[u8] {
        let Place { buffer, start, end } = place;
        match buffer {
            Buffer::Window => &self.window[start..end],
            Buffer::Message => &self.message.bytes()[start..end],
            Buffer::Control => self.rare.as_ref().map_or(&[], |rare| &rare.control[start..end]),
        }
    }

    /// The same, to change.
    #[inline(always)]
    pub(crate) fn at(&mut self, place: Place) -> &mut [u8] {
        let Place { buffer, start, end } = place;
        match buffer {
            Buffer::Window => &mut self.window[start..end],
            Buffer::Message => &mut self.message.bytes_mut()[start..end],
            Buffer::Control => &mut self.rare().control[start..end],
        }
    }
}

impl Default for Incoming {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Incoming")
            .field("window", &self.window.len())
            .field("unread", &(self.end - self.start))
            .field("message", &self.message.len())
            .field("delivered", &self.delivered.what)
            .finish_non_exhaustive()
    }
}
