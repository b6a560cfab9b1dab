//! The refusal of an allocator.

use alloc::collections::TryReserveError;
use alloc::vec::Vec;

/// The allocator has no memory as large as was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoMemory;

impl From<TryReserveError> for NoMemory {
    fn from(_: TryReserveError) -> Self {
        Self
    }
}

/// The parts, one after another, in memory of their own.
pub(crate) fn try_copy(parts: &[&[u8]]) -> Result<Vec<u8>, TryReserveError> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(parts.iter().map(|part| part.len()).sum())?;
    parts.iter().for_each(|part| copy.extend_from_slice(part));
    Ok(copy)
}
