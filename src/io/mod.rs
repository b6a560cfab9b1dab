//! The adapters: the only rooms that know sockets, clocks and entropy. They decide no rule of
//! the protocol.

pub mod blocking;
mod entropy;
mod error;

pub use entropy::OsEntropy;
pub use error::{Error, Refused};
