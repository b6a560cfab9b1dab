//! The memory of a connection, which stands beside its state so that an event can be answered
//! while it is still held.

mod assembly;
mod delivered;
mod incoming;
mod outgoing;
mod shared;
#[cfg(test)]
mod tests;
mod text;

pub use incoming::Incoming;
pub use outgoing::Outgoing;
pub use text::Utf8Bytes;

pub(crate) use assembly::Assembly;
pub(crate) use delivered::{Delivered, Place, What};
