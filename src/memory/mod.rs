//! The bytes of a connection: what was received and what waits to be written. They are kept apart
//! from the connection's state, so that an event can be answered while it is held.

mod assembly;
mod no_memory;
mod outgoing;
mod range;
mod receive;
#[cfg(test)]
mod tests;
mod text;
mod text_traits;
mod zeroed;

pub use outgoing::Outgoing;
pub use receive::DirectRead;
pub use text::Utf8Bytes;

pub(crate) use assembly::Assembly;
pub(crate) use no_memory::{NoMemory, try_copy};
#[cfg(feature = "tls")]
pub(crate) use outgoing::MAX_HELD;
pub(crate) use outgoing::{Made, QueuedPong};
pub(crate) use range::{Buffer, BufferRange};
pub(crate) use receive::ReceiveMemory;
pub(crate) use text::validated;
pub(crate) use zeroed::zeroed;
