//! A value that one call at a time uses.

#![expect(unsafe_code, reason = "a mutex costs a call as much as a short message does")]

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicU8, Ordering};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::errors;

/// A value that one call at a time uses: other threads, and calls from Python code that runs during
/// the call, are refused and do not wait.
pub(crate) struct Exclusive<T> {
    state: AtomicU8,
    value: UnsafeCell<T>,
}

const IDLE: u8 = 0;
const BUSY: u8 = 1;
const FAULTY: u8 = 2;

// SAFETY: `with` gives out one reference at a time, to whichever thread asks.
unsafe impl<T: Send> Sync for Exclusive<T> {}

impl<T> Exclusive<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { state: AtomicU8::new(IDLE), value: UnsafeCell::new(value) }
    }

    /// Lets `job` use the value, unless another call does or one has panicked.
    #[inline(always)]
    pub(crate) fn with<R>(&self, py: Python<'_>, job: impl FnOnce(&mut T) -> R) -> PyResult<R> {
        self.try_with(py, job).map_err(|refused| refused.exception(py))
    }

    /// The same as [`with`](Self::with) for the garbage collector. It has no token, though it holds
    /// what the token stands for.
    pub(crate) fn look<R>(&self, job: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.take_turn(job).ok()
    }

    /// The same as [`with`](Self::with), with a small error: exceptions are large, and moving what may
    /// be one takes as long as sending a short message.
    #[inline(always)]
    pub(crate) fn try_with<R>(
        &self,
        _: Python<'_>,
        job: impl FnOnce(&mut T) -> R,
    ) -> Result<R, InUse> {
        self.take_turn(job)
    }

    #[inline(always)]
    fn take_turn<R>(&self, job: impl FnOnce(&mut T) -> R) -> Result<R, InUse> {
        let found = self.take();
        if found != IDLE {
            return Err(InUse { state: found });
        }
        let mut turn = Turn { state: &self.state, left_as: FAULTY };
        // SAFETY: `take` found the state idle and has made it busy, and it is busy until the turn is
        // dropped after `job`: this is the only reference.
        let result = job(unsafe { &mut *self.value.get() });
        turn.left_as = IDLE;
        Ok(result)
    }

    /// Makes the state busy if it is idle. Returns what it was.
    #[cfg(Py_GIL_DISABLED)]
    #[inline(always)]
    fn take(&self) -> u8 {
        let taken = self.state.compare_exchange(IDLE, BUSY, Ordering::Acquire, Ordering::Relaxed);
        taken.unwrap_or_else(|found| found)
    }

    /// Makes the state busy if it is idle. Returns what it was. All callers hold the lock of the
    /// interpreter, which lets nobody come between the two steps.
    #[cfg(not(Py_GIL_DISABLED))]
    #[inline(always)]
    fn take(&self) -> u8 {
        let found = self.state.load(Ordering::Acquire);
        if found == IDLE {
            self.state.store(BUSY, Ordering::Relaxed);
        }
        found
    }
}

/// A call's turn, which ends with it, also if it panics.
struct Turn<'a> {
    state: &'a AtomicU8,
    left_as: u8,
}

impl Drop for Turn<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.state.store(self.left_as, Ordering::Release);
    }
}

/// Why the value cannot be used now.
pub(crate) struct InUse {
    state: u8,
}

impl InUse {
    #[cold]
    #[inline(never)]
    pub(crate) fn exception(self, py: Python<'_>) -> PyErr {
        if self.state == BUSY {
            return errors::concurrency_error(py);
        }
        PyRuntimeError::new_err(
            "an earlier call met a fault in the library: close the transport and drop this object",
        )
    }
}
