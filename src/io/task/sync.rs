//! What threads share a split socket through: the standard library's, or in its model those of
//! shuttle, which tries the orders in which threads can meet there (`tests/model`).

#[cfg(not(shuttle))]
pub(super) use std::sync::{Mutex, MutexGuard, atomic::AtomicBool};

#[cfg(shuttle)]
pub(super) use shuttle::sync::{Mutex, MutexGuard, atomic::AtomicBool};
