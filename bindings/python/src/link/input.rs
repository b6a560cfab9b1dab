//! From bytes to events, and to whoever is told of them.

use std::mem;

use pyo3::prelude::*;
use pyo3::types::PyString;
use websocket_proto::{Event, Progress, Time};

use super::state::State;
use super::waiter::Resume;
use super::{Link, contexts, events, failure, output, settle};
use crate::{clock, payload};

/// What was found, for the listener.
enum Found<'py> {
    Text(Bound<'py, PyAny>),
    Binary(Bound<'py, PyAny>),
    Rare(events::Rare),
    /// There is no memory for a message.
    Failed(Box<PyErr>),
    /// Nothing more for now.
    Nothing,
}

/// How many bytes are read past the loop before it gets its turn again.
const MOST_READ: usize = 1 << 20;

/// Delivers everything that was received, and writes everything that was queued meanwhile.
pub(super) fn pump(link: &Bound<'_, Link>, resume: Resume) -> PyResult<()> {
    let (py, now) = (link.py(), clock::now());
    if resume == Resume::Soon {
        output::let_go_of_closed_socket(link)?;
    }
    let begun = link.get().with(py, |state| state.begin_to_deliver())?;
    if !begun {
        // Whoever delivers already delivers this, too.
        return Ok(());
    }
    let delivered = deliver_all(link, now);
    link.get().with(py, |state| state.end_delivery())?;
    let settled = settle::settle(link, now);
    let woken = settle::wake_receiver(link, resume);
    delivered.and(settled).and(woken)
}

fn deliver_all(link: &Bound<'_, Link>, now: Time) -> PyResult<()> {
    let py = link.py();
    let mut listener = link.get().with(py, |state| state.listener_ref(py))?;
    let mut may_read = MOST_READ;
    loop {
        if link.get().with(py, |state| mem::take(&mut state.is_listener_new))? {
            listener = link.get().with(py, |state| state.listener_ref(py))?;
        }
        let found = link.get().with(py, |state| state.next(py, now, listener.is_some()))?;
        let told = match (found, &listener) {
            (Found::Text(text), Some(listener)) => listener.tell_text(link, text),
            (Found::Binary(data), Some(listener)) => listener.tell_binary(link, data),
            (Found::Rare(rare), listener) => events::tell(link, listener.as_ref(), rare),
            (Found::Failed(error), _) => Err(*error),
            (Found::Text(_) | Found::Binary(_) | Found::Nothing, _) => {
                let read = link.get().with(py, |state| state.read_straight(may_read))?;
                if read == 0 {
                    return Ok(());
                }
                may_read -= read.min(may_read);
                continue;
            }
        };
        if let Err(error) = told {
            failure::handle(link, error, now)?;
        }
    }
}

impl State {
    fn begin_to_deliver(&mut self) -> bool {
        self.outbox.last_write = None;
        let begins = !mem::replace(&mut self.is_delivering, true);
        if begins {
            contexts::lend(&mut self.connection);
        }
        begins
    }

    fn end_delivery(&mut self) {
        self.is_delivering = false;
        self.give_back_window();
        contexts::take_back(&mut self.connection);
    }

    /// Finds the next thing that somebody is told. Messages go to the inbox, if there is no listener.
    fn next<'py>(&mut self, py: Python<'py>, now: Time, has_listener: bool) -> Found<'py> {
        while !self.is_held_back() {
            match self.connection.receive(now, &mut self.incoming, &mut self.outgoing) {
                Ok(Progress::Event) => {}
                Ok(Progress::NeedBytes | Progress::Ended) => return Found::Nothing,
                // The Close frame that says so is queued, and the ending will say why.
                Err(_) => continue,
            }
            let (made, len, is_text) = match self.incoming.event() {
                Some(Event::Text(text)) => (
                    PyString::from_bytes(py, text.as_bytes()).map(Bound::into_any),
                    text.len(),
                    true,
                ),
                Some(Event::Binary(data)) => {
                    (payload::copied(py, data).map(Bound::into_any), data.len(), false)
                }
                Some(event) => match events::Rare::of(event) {
                    Some(rare) => return Found::Rare(rare),
                    None => continue,
                },
                None => continue,
            };
            let message = match made {
                Ok(message) => message,
                Err(error) => return Found::Failed(Box::new(error)),
            };
            match (has_listener, is_text) {
                // After this side's Close frame nobody need receive, so what is too much is dropped.
                _ if self.is_deaf || self.inbox.is_full() => {}
                (false, _) => self.inbox.push(message.unbind(), len),
                (true, true) => return Found::Text(message),
                (true, false) => return Found::Binary(message),
            }
        }
        Found::Nothing
    }

    /// Reads the rest of a large message from the socket to where the message is put together, if the
    /// transport can be bypassed. Returns how many bytes that were.
    fn read_straight(&mut self, most: usize) -> usize {
        let socket = self.wire.as_ref().and_then(|wire| wire.socket);
        let may_read = most > 0 && !self.is_reading_stopped && !self.is_closing;
        let Some(socket) = socket.filter(|_| may_read) else { return 0 };
        let Some(mut read) = self.incoming.take_direct_read() else { return 0 };
        let len = socket.receive(read.space());
        self.incoming.finish_direct_read(read, len);
        len
    }
}
