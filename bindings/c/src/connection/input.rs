//! Bytes in, and the events that they make.

#![expect(unsafe_code, reason = "functions are exported under their C names")]

use std::mem::MaybeUninit;
use std::ptr;

use websocket_proto::{Incoming, Progress};

use super::state::time;
use super::{Connection, Event};
use crate::bytes::Bytes;
use crate::code::Failure;
use crate::handle::{Handle, ask, change, look, within};
use crate::owned::Owned;

pub(crate) const WAIT: i32 = 0;
pub(crate) const EVENT: i32 = 1;
pub(crate) const OVER: i32 = 2;

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_space(
    connection: Option<&Handle<Connection>>,
    len: Option<&mut MaybeUninit<usize>>,
) -> *mut u8 {
    let Some(len) = len else { return ptr::null_mut() };
    let found = within(connection, |it| {
        let space = it.incoming.space();
        Ok((space.as_mut_ptr(), space.len()))
    });
    let (space, available) = found.unwrap_or((ptr::null_mut(), 0));
    len.write(available);
    space
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_filled(connection: Option<&Handle<Connection>>, len: usize) -> i32 {
    change(connection, |it| {
        it.incoming.commit(len);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_push(
    connection: Option<&Handle<Connection>>,
    bytes: Bytes<'_>,
) -> i32 {
    change(connection, |it| {
        it.incoming.push(bytes.get()?);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_unread(connection: Option<&Handle<Connection>>) -> usize {
    look(connection, 0, |it| it.incoming.unread().len())
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_eof(connection: Option<&Handle<Connection>>) -> i32 {
    change(connection, |it| {
        it.protocol.receive_eof();
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_transport_failed(connection: Option<&Handle<Connection>>) -> i32 {
    change(connection, |it| {
        it.protocol.handle_transport_failure(&mut it.outgoing);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_receive(
    connection: Option<&Handle<Connection>>,
    now: u64,
    event: Option<&mut MaybeUninit<Event>>,
) -> i32 {
    let Some(out) = event else { return Failure::Null.number() };
    match ask(connection, |it| Ok(it.receive(now, out))) {
        EVENT => EVENT,
        answer => receive_nothing(connection, answer, out),
    }
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_take_payload(
    connection: Option<&Handle<Connection>>,
    out: Option<&mut MaybeUninit<Owned>>,
) -> i32 {
    let Some(out) = out else { return Failure::Null.number() };
    let taken = within(connection, |it| {
        let payload = it.incoming.try_take_payload()?;
        Ok(Owned::new(payload.ok_or(Failure::NoEvent)?))
    });
    let answer = taken.as_ref().map_or_else(|code| code.number(), |_| 0);
    out.write(taken.unwrap_or(Owned::NOTHING));
    answer
}

/// What there is without an event: the answer, or the end of a connection for a call of which there was
/// no memory.
#[inline(never)]
fn receive_nothing(
    connection: Option<&Handle<Connection>>,
    answer: i32,
    out: &mut MaybeUninit<Event>,
) -> i32 {
    out.write(Event::NOTHING);
    if answer != Failure::OutOfMemory.number() {
        return answer;
    }
    let forget_event = |it: &mut Connection| it.incoming = Incoming::new();
    if connection.is_some_and(|it| it.tell_exhaustion(forget_event)) {
        out.write(Event::out_of_memory());
        return EVENT;
    }
    OVER
}

impl Connection {
    /// Puts the next event where the caller wants it: an event that was returned would be copied, and
    /// the copy would wait for its members to be written.
    #[inline(always)]
    fn receive(&mut self, now: u64, out: &mut MaybeUninit<Event>) -> i32 {
        match self.protocol.receive(time(now), &mut self.incoming, &mut self.outgoing) {
            Ok(Progress::Event) => self.show_event(out),
            Ok(Progress::NeedBytes) => return WAIT,
            Ok(Progress::Ended) => return OVER,
            Err(error) => {
                out.write(Event::fails(error));
            }
        }
        EVENT
    }
}
