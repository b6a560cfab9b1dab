//! Messages that were received and wait for `recv`.

use std::collections::VecDeque;

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::waiter::Waiter;

/// The queue, bounded by bytes and, if the application wants it, by messages.
pub(super) struct Inbox {
    items: VecDeque<Item>,
    size: usize,
    bytes: Marks,
    messages: Marks,
    is_full: bool,
    /// A call of `recv` waits, or was woken and has not gone on yet.
    pub(super) is_awaited: bool,
    /// What it waits for; made by the first one that waits.
    pub(super) waiter: Option<Py<Waiter>>,
}

pub(super) struct Item {
    pub(super) message: Py<PyAny>,
    len: usize,
}

/// How much makes the queue full, and how little lets it be filled again.
#[derive(Clone, Copy)]
pub(super) struct Marks {
    pub(super) high: usize,
    pub(super) low: usize,
}

/// What a message counts for besides its payload, as its object takes memory, too.
const OVERHEAD: usize = 64;

impl Inbox {
    pub(super) const fn new(bytes: Marks, messages: Marks) -> Self {
        Self {
            items: VecDeque::new(),
            size: 0,
            bytes,
            messages,
            is_full: false,
            is_awaited: false,
            waiter: None,
        }
    }

    pub(super) fn push(&mut self, message: Py<PyAny>, len: usize) {
        self.size += len + OVERHEAD;
        self.items.push_back(Item { message, len });
        self.is_full |= self.size >= self.bytes.high || self.items.len() >= self.messages.high;
    }

    pub(super) fn pop(&mut self) -> Option<Py<PyAny>> {
        let Item { message, len } = self.items.pop_front()?;
        self.size -= len + OVERHEAD;
        self.is_full &= self.size > self.bytes.low || self.items.len() > self.messages.low;
        if self.items.is_empty() && self.items.capacity() > 16 {
            self.items = VecDeque::new();
        }
        Some(message)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether no more is to be received until `recv` was called often enough.
    pub(super) const fn is_full(&self) -> bool {
        self.is_full
    }

    /// How many bytes wait.
    pub(super) fn len(&self) -> usize {
        self.size - self.items.len() * OVERHEAD
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.waiter)
    }
}
