//! What the application sends.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use websocket_proto::{SendError, Time};

use super::state::State;
use super::{Link, closed, output, settle};
use crate::clock;
use crate::payload::{self, Payload};
use crate::prepared::Prepared;

/// How many bytes wait at most for the end of a batch.
const MOST_GATHERED: usize = 64 << 10;

/// How soon after a write the next one counts as part of the same burst, in nanoseconds.
const BURST: std::time::Duration = std::time::Duration::from_micros(20);

/// A message to be sent.
enum Message<'a> {
    Text(&'a str),
    Binary(&'a [u8]),
    Prepared(&'a websocket_proto::Prepared),
}

/// Queues a message, and writes it unless others are about to follow.
pub(super) fn send(link: &Bound<'_, Link>, message: &Bound<'_, PyAny>) -> PyResult<()> {
    queue(link, message)?;
    write(link)
}

/// Queues a message.
pub(super) fn queue(link: &Bound<'_, Link>, message: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = link.py();
    let push = |message: Message<'_>| {
        link.get().with(py, |state| state.with_contexts(|state| state.push(message)))
    };
    let queued = if let Ok(text) = message.cast::<PyString>() {
        push(Message::Text(payload::text(text)?))?
    } else if let Ok(data) = message.cast::<PyBytes>() {
        push(Message::Binary(data.as_bytes()))?
    } else if let Ok(prepared) = message.cast::<Prepared>() {
        push(Message::Prepared(&prepared.get().core))?
    } else if let Ok(data) = message.extract::<Payload<'_>>() {
        push(Message::Binary(data.bytes()))?
    } else {
        let found = message.get_type();
        return Err(PyTypeError::new_err(format!(
            "a message is a str, bytes, another buffer of bytes or a Prepared, not {found}"
        )));
    };
    queued.map_err(|error| closed::send_error(link, error))
}

/// Writes what was queued: now, or together with what is about to follow.
pub(super) fn write(link: &Bound<'_, Link>) -> PyResult<()> {
    match link.get().with(link.py(), |state| state.when_to_write())? {
        When::Now => output::flush_from_outside(link),
        When::Soon => output::flush_soon(link),
        When::Later => Ok(()),
    }
}

/// Does what follows from a command other than a message.
pub(super) fn settle_command(link: &Bound<'_, Link>) -> PyResult<()> {
    let is_delivering = link.get().with(link.py(), |state| state.is_delivering)?;
    if is_delivering {
        return Ok(());
    }
    output::let_go_of_closed_socket(link)?;
    settle::settle(link, clock::now())
}

/// When what was queued is written.
enum When {
    Now,
    /// After what the loop has to do now.
    Soon,
    /// By those who are at work already.
    Later,
}

impl State {
    fn push(&mut self, message: Message<'_>) -> Result<(), SendError> {
        let Self { connection, outgoing, .. } = self;
        match message {
            Message::Text(text) => connection.send_text(text, outgoing),
            Message::Binary(data) => connection.send_binary(data, outgoing),
            Message::Prepared(message) => connection.send_prepared(message, outgoing),
        }
    }

    fn when_to_write(&mut self) -> When {
        if self.wire.is_none() {
            return When::Later;
        }
        if self.outgoing.len() >= MOST_GATHERED {
            return When::Now;
        }
        if self.is_delivering || self.outbox.is_flush_due {
            return When::Later;
        }
        // Whoever handles messages that wait will send more.
        if !self.inbox.is_empty() || self.is_in_burst(clock::now()) {
            return When::Soon;
        }
        When::Now
    }

    fn is_in_burst(&mut self, now: Time) -> bool {
        let before = self.outbox.last_write.replace(now);
        before.is_some_and(|before| now - before < BURST)
    }
}
