//! The locks and atomics of what tasks share: the standard library's, or in `tests/model` those of
//! shuttle, which tries the orders in which threads can use them.

#[cfg(not(shuttle))]
pub(super) use std::sync::{Mutex, MutexGuard, atomic::AtomicBool};

#[cfg(shuttle)]
pub(super) use shuttle::sync::{Mutex, MutexGuard, atomic::AtomicBool};
