//! What the application asks for besides messages.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;
use websocket_proto::{CloseCode, MessageKind, SendError};

use super::state::State;
use super::waiter::Resume;
use super::wire::Method;
use super::{Link, closed, input, sending};
use crate::clock;
use crate::payload::{self, Payload};

/// Where a fragment is in its message.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Middle,
    Last,
}

pub(super) fn start(link: &Bound<'_, Link>, is_text: bool) -> PyResult<()> {
    let kind = if is_text { MessageKind::Text } else { MessageKind::Binary };
    command(link, |state| state.connection.start_message(kind))
}

pub(super) fn fragment(
    link: &Bound<'_, Link>,
    data: &Bound<'_, PyAny>,
    place: Place,
) -> PyResult<()> {
    let push = |data: &[u8]| {
        command(link, |State { connection, outgoing, .. }| match place {
            Place::Middle => connection.send_fragment(data, outgoing),
            Place::Last => connection.send_last_fragment(data, outgoing),
        })
    };
    match data.cast::<PyString>() {
        Ok(text) => push(payload::text(text)?.as_bytes())?,
        Err(_) => push(data.extract::<Payload<'_>>()?.bytes())?,
    }
    sending::write(link)
}

pub(super) fn ping(link: &Bound<'_, Link>, payload: &[u8]) -> PyResult<()> {
    command(link, |state| state.connection.send_ping(payload, &mut state.outgoing))?;
    sending::write(link)
}

pub(super) fn pong(link: &Bound<'_, Link>, payload: &[u8]) -> PyResult<()> {
    command(link, |state| state.connection.send_pong(payload, &mut state.outgoing))?;
    sending::write(link)
}

pub(super) fn close(link: &Bound<'_, Link>, code: i64, reason: &str) -> PyResult<()> {
    // 0 is no code that can be sent either.
    let code = CloseCode::new(u16::try_from(code).unwrap_or(0));
    command(link, |state| {
        state.connection.start_close(clock::now(), code, reason, &mut state.outgoing)
    })?;
    go_on(link)
}

/// Ends the connection at once.
pub(super) fn abort(link: &Bound<'_, Link>) -> PyResult<()> {
    let py = link.py();
    let wire = link.get().with(py, |state| {
        state.connection.abort(&mut state.outgoing);
        state.is_closing |= state.wire.is_some();
        state.wire.as_ref().map(|wire| wire.clone_ref(py))
    })?;
    if let Some(wire) = wire {
        wire.call(py, Method::Abort)?;
    }
    go_on(link)
}

/// Holds back events, and lets the transport read no more.
pub(super) fn pause(link: &Bound<'_, Link>) -> PyResult<()> {
    link.get().with(link.py(), |state| {
        state.is_paused = true;
    })?;
    sending::settle_command(link)
}

/// Delivers what was held back, and lets the transport read again, once the loop has its turn.
pub(super) fn resume(link: &Bound<'_, Link>) -> PyResult<()> {
    let py = link.py();
    let wire = link.get().with(py, |state| {
        state.is_paused = false;
        let must_go_on = !state.is_delivering;
        state.wire.as_ref().filter(|_| must_go_on).map(|wire| wire.clone_ref(py))
    })?;
    if let Some(wire) = wire {
        let go_on = link.getattr(intern!(py, "_go_on"))?;
        wire.event_loop.bind(py).call_method1(intern!(py, "call_soon"), (go_on,))?;
    }
    Ok(())
}

/// Delivers what a command has led to, and does what follows.
pub(super) fn go_on(link: &Bound<'_, Link>) -> PyResult<()> {
    input::pump(link, Resume::Soon)
}

fn command(
    link: &Bound<'_, Link>,
    give: impl FnOnce(&mut State) -> Result<(), SendError>,
) -> PyResult<()> {
    let given = link.get().with(link.py(), |state| state.with_contexts(give))?;
    given.map_err(|error| closed::send_error(link, error))
}
