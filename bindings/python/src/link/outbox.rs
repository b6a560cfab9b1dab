//! What is known of the output beside the bytes that wait.

use std::collections::VecDeque;

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use websocket_proto::Time;

pub(super) struct Outbox {
    /// How many bytes may wait before `send` waits for room.
    pub(super) limit: usize,
    /// The transport holds something back, and says when it does not any more.
    pub(super) is_paused: bool,
    /// The loop was asked to write what waits.
    pub(super) is_flush_due: bool,
    /// When `send` wrote last, if nothing was read since.
    pub(super) last_write: Option<Time>,
    /// A call of `send` is in the middle of a message in fragments.
    pub(super) is_in_parts: bool,
    /// The calls of `send` that wait for room, or for the end of such a message, the first first.
    pub(super) senders: VecDeque<Py<PyAny>>,
}

impl Outbox {
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            limit,
            is_paused: false,
            is_flush_due: false,
            last_write: None,
            is_in_parts: false,
            senders: VecDeque::new(),
        }
    }

    /// Adds a call that waits, or one that has waited for `old`, in its place.
    pub(super) fn wait(&mut self, old: Option<&Py<PyAny>>, future: Py<PyAny>) {
        let is_old = |sender: &&mut Py<PyAny>| old.is_some_and(|old| old.is(&**sender));
        match self.senders.iter_mut().find(is_old) {
            Some(sender) => *sender = future,
            None => self.senders.push_back(future),
        }
    }

    /// Takes a call out of those that wait.
    pub(super) fn leave(&mut self, own: &Py<PyAny>) {
        self.senders.retain(|sender| !sender.is(own));
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.senders.iter().try_for_each(|sender| visit.call(sender))
    }
}
