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

pub use entropy::OsEntropy;
pub use error::{Error, Refused};
