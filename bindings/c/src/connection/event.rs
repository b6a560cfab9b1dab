//! An event as a plain value: `wsp_event`.

use std::mem::MaybeUninit;
use std::ptr;

use websocket_proto::handshake::{Request, Response};
use websocket_proto::{CloseCode, Ending, Event as Found, MessageKind, ProtocolError};

use super::Connection;
use super::state::nanos;
use crate::code::Code;

pub(crate) const NOTHING: u32 = 0;
pub(crate) const REQUEST: u32 = 1;
pub(crate) const OPEN: u32 = 2;
pub(crate) const REFUSED: u32 = 3;
pub(crate) const TEXT: u32 = 4;
pub(crate) const BINARY: u32 = 5;
pub(crate) const START: u32 = 6;
pub(crate) const CHUNK: u32 = 7;
pub(crate) const END: u32 = 8;
pub(crate) const PING: u32 = 9;
pub(crate) const PONG: u32 = 10;
pub(crate) const CLOSE: u32 = 11;
pub(crate) const ENDED: u32 = 12;
/// The peer broke the protocol. For the core this is an error and no event; a loop in C is simpler so.
pub(crate) const FAILS: u32 = 30;

pub(crate) const IS_TEXT: u16 = 1 << 0;
pub(crate) const HAS_ROUND_TRIP: u16 = 1 << 1;
pub(crate) const TRUNCATED: u16 = 1 << 2;
pub(crate) const IS_OTHER: u16 = 1 << 3;

/// What happened, and where its bytes are.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Event {
    pub(crate) kind: u32,
    pub(crate) error: i32,
    pub(crate) code: u16,
    pub(crate) flags: u16,
    pub(crate) reserved: u32,
    pub(crate) data: *mut u8,
    pub(crate) len: usize,
    pub(crate) round_trip: u64,
    pub(crate) reserved_too: u64,
}

impl Event {
    pub(super) const NOTHING: Self = Self {
        kind: NOTHING,
        error: 0,
        code: 0,
        flags: 0,
        reserved: 0,
        data: ptr::null_mut(),
        len: 0,
        round_trip: 0,
        reserved_too: 0,
    };

    pub(super) fn fails(error: ProtocolError) -> Self {
        Self { error: Code::from(error).number(), ..Self::of_kind(FAILS) }
    }

    const fn of_kind(kind: u32) -> Self {
        Self { kind, ..Self::NOTHING }
    }

    const fn shown(kind: u32, bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr().cast_mut(), len: bytes.len(), ..Self::of_kind(kind) }
    }

    const fn changeable(kind: u32, bytes: &mut [u8]) -> Self {
        Self { data: bytes.as_mut_ptr(), len: bytes.len(), ..Self::of_kind(kind) }
    }

    fn start(kind: MessageKind) -> Self {
        let flags = if kind == MessageKind::Text { IS_TEXT } else { 0 };
        Self { flags, ..Self::of_kind(START) }
    }

    fn request(request: &Request<'_>) -> Self {
        let flags = if request.asks_for_websocket() { 0 } else { IS_OTHER };
        Self { flags, ..Self::of_kind(REQUEST) }
    }

    fn response(kind: u32, response: &Response<'_>) -> Self {
        let flags = if response.is_body_truncated() { TRUNCATED } else { 0 };
        Self { code: response.status(), flags, ..Self::shown(kind, response.body()) }
    }

    pub(super) const fn out_of_memory() -> Self {
        Self { code: CloseCode::ABNORMAL.get(), ..Self::of_kind(ENDED) }
    }

    fn ended(ending: &Ending) -> Self {
        Self { code: ending.code().get(), ..Self::of_kind(ENDED) }
    }
}

impl Connection {
    /// Shows the event that was found last.
    #[inline(always)]
    pub(super) fn show_event(&mut self, out: &mut MaybeUninit<Event>) {
        match self.incoming.event() {
            Some(Found::Text(text)) => out.write(Event::shown(TEXT, text.as_bytes())),
            Some(Found::Binary(data)) => out.write(Event::changeable(BINARY, data)),
            _ => self.show_other_event(out),
        };
    }

    #[inline(never)]
    fn show_other_event<'o>(&mut self, out: &'o mut MaybeUninit<Event>) -> &'o mut Event {
        out.write(self.other_event())
    }

    fn other_event(&mut self) -> Event {
        match self.incoming.event() {
            Some(Found::Text(text)) => Event::shown(TEXT, text.as_bytes()),
            Some(Found::Binary(data)) => Event::changeable(BINARY, data),
            Some(Found::MessageStart(kind)) => Event::start(kind),
            Some(Found::MessageChunk(chunk)) => Event::changeable(CHUNK, chunk),
            Some(Found::MessageEnd) => Event::of_kind(END),
            Some(Found::Ping(payload)) => Event::shown(PING, payload),
            Some(Found::Pong { payload, round_trip, .. }) => Event {
                round_trip: round_trip.map_or(0, nanos),
                flags: round_trip.map_or(0, |_| HAS_ROUND_TRIP),
                ..Event::shown(PONG, payload)
            },
            Some(Found::Close { code, reason, .. }) => {
                Event { code: code.get(), ..Event::shown(CLOSE, reason.as_bytes()) }
            }
            Some(Found::Request(request)) => Event::request(&request),
            Some(Found::Open(response)) => Event::response(OPEN, &response),
            Some(Found::Refused(response)) => Event::response(REFUSED, &response),
            Some(Found::Ended(ending)) => {
                let event = Event::ended(ending);
                self.ending = Some(Box::new(ending.clone()));
                event
            }
            // An event of a later version of the core, or none.
            Some(_) | None => Event::NOTHING,
        }
    }
}
