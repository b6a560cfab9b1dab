//! From queued bytes to the transport.

use std::ops::Deref;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use websocket_proto::Outgoing;

use super::socket::Socket;
use super::state::State;
use super::wire::Wire;
use super::{Link, failure, settle};
use crate::payload;

/// Writes everything that waits, as far as the transport takes it.
pub(super) fn flush(link: &Bound<'_, Link>) -> PyResult<()> {
    let py = link.py();
    loop {
        let Some((wire, bytes)) = link.get().with(py, |state| state.take_output(py))?? else {
            return Ok(());
        };
        // One that was lost would take it, and warn in the log. It says so by `connection_lost`.
        if wire.is_closing(py).unwrap_or(false) {
            return Ok(());
        }
        if let Err(error) = wire.write(&bytes) {
            return failure::interrupt(py, Err(error));
        }
        link.get().with(py, |state| state.note_taken())?;
    }
}

/// Writes everything that waits, called by an application.
pub(super) fn flush_from_outside(link: &Bound<'_, Link>) -> PyResult<()> {
    let_go_of_closed_socket(link)?;
    flush(link)
}

/// Leaves the socket to the transport from now on if it is closed: an application may use a connection
/// after its loop was closed, and the number of the socket may then be that of another one.
pub(super) fn let_go_of_closed_socket(link: &Bound<'_, Link>) -> PyResult<()> {
    let py = link.py();
    let object = link.get().with(py, |state| {
        let object = state.wire.as_ref()?.vanishing.as_ref();
        object.map(|object| object.clone_ref(py))
    })?;
    if let Some(object) = object
        && Socket::is_gone(object.bind(py))?
    {
        link.get().with(py, |state| {
            if let Some(wire) = &mut state.wire {
                wire.socket = None;
            }
        })?;
    }
    Ok(())
}

/// Writes what waits for the end of a burst, as nothing follows for now.
pub(super) fn flush_waiting(link: &Bound<'_, Link>) -> PyResult<()> {
    let waits = link.get().with(link.py(), |state| !state.outgoing.is_empty())?;
    if waits { flush_from_outside(link) } else { Ok(()) }
}

/// Calls `flush` once the loop has done what is due now.
pub(super) fn flush_soon(link: &Bound<'_, Link>) -> PyResult<()> {
    let py = link.py();
    let wire = link.get().with(py, |state| {
        let was_due = std::mem::replace(&mut state.outbox.is_flush_due, true);
        state.wire.as_ref().filter(|_| !was_due).map(|wire| wire.clone_ref(py))
    })?;
    let Some(wire) = wire else { return Ok(()) };
    let asked = link
        .getattr(intern!(py, "_flush_now"))
        .and_then(|flush| wire.event_loop.call_method1(py, intern!(py, "call_soon"), (flush,)));
    if let Err(error) = asked {
        // Otherwise all that follows would wait for it.
        link.get().with(py, |state| state.outbox.is_flush_due = false)?;
        return Err(error);
    }
    Ok(())
}

/// Writes what waits for the loop to have done what was due.
pub(super) fn flush_due(link: &Bound<'_, Link>) -> PyResult<()> {
    let is_due =
        link.get().with(link.py(), |state| std::mem::take(&mut state.outbox.is_flush_due))?;
    if !is_due {
        return Ok(());
    }
    flush(link)?;
    settle::wake_waiting(link)
}

impl State {
    /// Writes what the socket takes, and returns what the transport has to write.
    fn take_output<'py>(
        &mut self,
        py: Python<'py>,
    ) -> PyResult<Option<(Wire, Bound<'py, PyBytes>)>> {
        if self.outgoing.is_empty() || self.outbox.is_paused {
            return Ok(None);
        }
        let Some(wire) = &self.wire else { return Ok(None) };
        if let Some(socket) = wire.socket.filter(|_| self.outgoing.in_flight() == 0) {
            send(socket, &mut self.outgoing);
        }
        let pieces = self.outgoing.take_in_flight();
        if pieces.is_empty() {
            return Ok(None);
        }
        Ok(Some((wire.clone_ref(py), joined(py, &pieces)?)))
    }

    /// Notes that the transport took what it was given. It has written that, unless it said that it
    /// holds something back.
    fn note_taken(&mut self) {
        if !self.outbox.is_paused {
            self.note_all_written();
        }
    }

    /// Notes that the transport has written everything that it took.
    pub(super) fn note_all_written(&mut self) {
        self.outgoing.advance(self.outgoing.in_flight());
    }

    /// Whether everything that waits was given to the transport.
    pub(super) fn is_all_given(&self) -> bool {
        self.outgoing.len() == self.outgoing.in_flight()
    }
}

/// The pieces as one. Usually there is one, which is copied without clearing the memory first.
fn joined<'py>(
    py: Python<'py>,
    pieces: &[impl Deref<Target = [u8]>],
) -> PyResult<Bound<'py, PyBytes>> {
    if let [piece] = pieces {
        return payload::copied(py, piece);
    }
    let len = pieces.iter().map(|piece| piece.len()).sum();
    PyBytes::new_with(py, len, |mut to| {
        for piece in pieces {
            let (part, rest) = to.split_at_mut(piece.len());
            part.copy_from_slice(piece);
            to = rest;
        }
        Ok(())
    })
}

/// Writes what the socket takes.
fn send(socket: Socket, outgoing: &mut Outgoing) {
    while !outgoing.is_empty() {
        let piece = outgoing.first_piece();
        let (len, sent) = (piece.len(), socket.send(piece));
        outgoing.advance(sent);
        if sent < len {
            return;
        }
    }
}
