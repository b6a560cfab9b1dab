//! Bytes out.

#![expect(unsafe_code, reason = "functions are exported under their C names")]

use std::collections::TryReserveError;
use std::mem::MaybeUninit;

use bytes::Bytes;
use websocket_proto::Outgoing;

use super::Connection;
use crate::bytes::LentBytes;
use crate::code::Failure;
use crate::handle::{Handle, change, look, within};
use crate::owned::Owned;

pub(crate) const PIECES: usize = Outgoing::PIECES;

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_pending(
    connection: Option<&Handle<Connection>>,
    pieces: Option<&mut [MaybeUninit<LentBytes>; PIECES]>,
) -> usize {
    let Some(pieces) = pieces else { return 0 };
    look(connection, 0, |it| it.show_pending(pieces))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_advance(
    connection: Option<&Handle<Connection>>,
    written: usize,
) -> i32 {
    change(connection, |it| {
        it.outgoing.advance(written);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_take_output(
    connection: Option<&Handle<Connection>>,
    out: Option<&mut MaybeUninit<Owned>>,
) -> i32 {
    let Some(out) = out else { return Failure::Null.number() };
    let taken = within(connection, |it| Ok(it.try_take_piece()?.map(Owned::new)));
    let answer = taken.as_ref().map_or_else(|code| code.number(), |it| it.is_some().into());
    out.write(taken.ok().flatten().unwrap_or(Owned::NOTHING));
    answer
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_in_flight(connection: Option<&Handle<Connection>>) -> usize {
    look(connection, 0, |it| it.outgoing.in_flight())
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_waiting(connection: Option<&Handle<Connection>>) -> usize {
    look(connection, 0, |it| it.outgoing.len())
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_shrink(connection: Option<&Handle<Connection>>) -> i32 {
    change(connection, |it| {
        it.outgoing.shrink();
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_heap(connection: Option<&Handle<Connection>>) -> usize {
    look(connection, 0, |it| it.incoming.heap() + it.outgoing.heap())
}

impl Connection {
    /// Most often one piece is all that waits, or nothing does: then the list of all pieces, which takes
    /// many times as long, is not made.
    fn show_pending(&self, places: &mut [MaybeUninit<LentBytes>; PIECES]) -> usize {
        let first = self.outgoing.first_piece();
        if first.len() == self.outgoing.len() {
            places[0].write(LentBytes::new(first));
            return usize::from(!first.is_empty());
        }
        let pending = self.outgoing.pending();
        let filled = pending.iter().filter(|piece| !piece.is_empty());
        filled.zip(places).map(|(piece, place)| place.write(LentBytes::new(piece))).count()
    }

    /// The next piece of output that was not handed out.
    fn try_take_piece(&mut self) -> Result<Option<Bytes>, TryReserveError> {
        // Output that was dropped is not to be written any more.
        if self.outgoing.in_flight() == 0 {
            self.taken = Vec::new().into_iter();
        }
        let next = self.taken.next();
        if next.is_some() {
            return Ok(next);
        }
        self.taken = self.outgoing.try_take_in_flight()?.into_iter();
        Ok(self.taken.next())
    }
}
