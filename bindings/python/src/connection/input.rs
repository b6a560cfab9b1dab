//! Bytes in, and the events that they make.

#![expect(unsafe_code, reason = "a buffer that others may change is no slice")]

use std::cell::{Cell, RefCell};
use std::ptr;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use websocket_proto::{DeflateContexts, Incoming, Time};

use super::session::{Pace, Phase, Session};
use crate::payload::{self, Payload};

thread_local! {
    /// The window that the connections of this thread receive into; empty while one does.
    static WINDOW: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };

    /// Contexts that the connections of this thread compress with.
    static CONTEXTS: RefCell<DeflateContexts> = const { RefCell::new(DeflateContexts::new()) };
}

/// How much a client may send before its request is answered.
const MOST_BEFORE_ANSWER: usize = Incoming::DEFAULT_WINDOW;

/// From how many bytes on other threads may run while this one compresses or inflates.
pub(super) const LONG: usize = 64 << 10;

/// Events in order.
pub(super) type Events = Vec<Py<PyAny>>;

/// Bytes to receive, which are copied a part at a time.
trait Source {
    fn len(&self) -> usize;

    /// Copies the bytes from `start` on, as many as the target takes.
    fn copy(&self, start: usize, target: &mut [u8]);
}

impl Source for [u8] {
    fn len(&self) -> usize {
        self.len()
    }

    #[inline]
    fn copy(&self, start: usize, target: &mut [u8]) {
        target.copy_from_slice(&self[start..start + target.len()]);
    }
}

/// Bytes in one piece, which others may change meanwhile.
impl Source for PyBuffer<u8> {
    fn len(&self) -> usize {
        self.item_count()
    }

    fn copy(&self, start: usize, target: &mut [u8]) {
        assert!(start <= self.item_count() && target.len() <= self.item_count() - start);
        // SAFETY: the buffer is in one piece, has `item_count` bytes and stays where it is while it is
        // exported. The target is not in it, as nobody else refers to what is borrowed here.
        unsafe {
            let from = self.buf_ptr().cast::<u8>().add(start);
            ptr::copy_nonoverlapping(from, target.as_mut_ptr(), target.len());
        }
    }
}

impl Session {
    /// Receives the bytes of a buffer.
    pub(super) fn receive_data(&mut self, data: &Bound<'_, PyAny>, now: Time) -> PyResult<Events> {
        let py = data.py();
        if let Ok(bytes) = data.cast::<PyBytes>() {
            return self.receive_bytes(py, bytes.as_bytes(), now);
        }
        self.receive_bytes(py, &payload::buffer(data)?, now)
    }

    #[inline]
    fn receive_bytes<S: Source + ?Sized>(
        &mut self,
        py: Python<'_>,
        data: &S,
        now: Time,
    ) -> PyResult<Events> {
        self.check_room(data.len())?;
        self.with_window(|session, events| session.take_in(py, data, now, events))
    }

    /// Refuses what a client sends before its request is answered, if it is too much.
    fn check_room(&self, len: usize) -> PyResult<()> {
        if self.phase == Phase::Asked && self.incoming.unread().len() + len > MOST_BEFORE_ANSWER {
            return Err(PyBufferError::new_err(
                "too much arrives before the request is answered: stop reading until accept() or \
                 reject()",
            ));
        }
        Ok(())
    }

    /// Takes the bytes of a buffer, to be received by `next_event`.
    pub(super) fn take_data(&mut self, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let data: Payload<'_> = data.extract()?;
        let data = data.bytes();
        self.check_room(data.len())?;
        self.lend_window();
        let len = self.fill(data, 0);
        self.incoming.push(&data[len..]);
        Ok(())
    }

    /// The next event of what was taken.
    pub(super) fn next_event(&mut self, py: Python<'_>, now: Time) -> PyResult<Option<Py<PyAny>>> {
        let event = self.with_contexts(|session| session.receive_event(py, now, Pace::Short))?;
        if event.is_none() {
            self.take_back_window();
        }
        Ok(event)
    }

    /// What follows without new bytes.
    pub(super) fn receive_nothing(&mut self, py: Python<'_>, now: Time) -> PyResult<Events> {
        self.with_window(|session, events| session.receive(py, now, Pace::Short, events))
    }

    fn take_in<S: Source + ?Sized>(
        &mut self,
        py: Python<'_>,
        data: &S,
        now: Time,
        events: &mut Events,
    ) -> PyResult<()> {
        let is_long = data.len() >= LONG && self.protocol.deflate().is_some();
        let pace = if is_long { Pace::Long } else { Pace::Short };
        let mut taken = 0;
        while taken < data.len() {
            taken += self.fill(data, taken);
            self.receive(py, now, pace, events)?;
        }
        // Once more if there was nothing, for what an earlier call has left.
        if taken == 0 { self.receive(py, now, pace, events) } else { Ok(()) }
    }

    /// Copies bytes to where they are received, from `start` on. Returns how many.
    #[inline]
    fn fill<S: Source + ?Sized>(&mut self, data: &S, start: usize) -> usize {
        let rest = data.len() - start;
        let space = self.incoming.space();
        let len = space.len().min(rest);
        if len > 0 {
            data.copy(start, &mut space[..len]);
            self.incoming.commit(len);
            return len;
        }
        // The window is full of what a request that waits keeps back.
        let mut bytes = vec![0; rest];
        data.copy(start, &mut bytes);
        self.incoming.push(&bytes);
        rest
    }

    /// Lends what the connections of a thread share.
    fn with_window(
        &mut self,
        job: impl FnOnce(&mut Self, &mut Events) -> PyResult<()>,
    ) -> PyResult<Events> {
        let mut events = Vec::new();
        self.lend_window();
        let done = self.with_contexts(|session| job(session, &mut events));
        self.take_back_window();
        done.map(|()| events)
    }

    fn lend_window(&mut self) {
        let window = WINDOW.try_with(Cell::take).unwrap_or_default();
        if !window.is_empty() {
            self.incoming.lend_window(window);
        }
    }

    fn take_back_window(&mut self) {
        let window = self.incoming.take_back_window();
        if window.len() <= Incoming::DEFAULT_WINDOW {
            // A thread that is ending keeps none.
            let _ = WINDOW.try_with(|kept| kept.set(window));
        }
    }

    /// Lends contexts to compress with, if compression was agreed on.
    pub(super) fn with_contexts<R>(&mut self, job: impl FnOnce(&mut Self) -> R) -> R {
        if self.protocol.deflate().is_none() {
            return job(self);
        }
        let _ = CONTEXTS.try_with(|it| self.protocol.lend_contexts(&mut it.borrow_mut()));
        let result = job(self);
        let _ = CONTEXTS.try_with(|it| self.protocol.take_back_contexts(&mut it.borrow_mut()));
        result
    }
}
