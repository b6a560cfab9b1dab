//! The refusal of an allocator.

use alloc::collections::TryReserveError;

/// The allocator has no memory as large as was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoMemory;

impl From<TryReserveError> for NoMemory {
    fn from(_: TryReserveError) -> Self {
        Self
    }
}
