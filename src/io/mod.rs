//! The adapters: the only rooms that know sockets, clocks and entropy. They decide no rule of
//! the protocol.

mod address;
pub mod blocking;
mod entropy;
mod error;
#[cfg(feature = "smol")]
pub mod smol;
#[cfg(any(feature = "smol", feature = "tokio"))]
pub mod task;
#[cfg(feature = "tokio")]
pub mod tokio;

use std::io::IoSlice;

pub use entropy::OsEntropy;
pub use error::{Error, Refused};

/// What waits, for a vectored write, and how many of the pieces hold something.
fn pieces(outgoing: &crate::Outgoing) -> ([IoSlice<'_>; crate::Outgoing::PIECES], usize) {
    let pieces = outgoing.pending().map(IoSlice::new);
    let held = pieces.iter().rposition(|piece| !piece.is_empty()).map_or(0, |last| last + 1);
    (pieces, held)
}
