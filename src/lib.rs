//! The WebSocket protocol as a value.
#![cfg_attr(not(feature = "std"), no_std)]
// A new state, opcode or event must be thought about wherever the others were.
#![warn(clippy::wildcard_enum_match_arm)]

extern crate alloc;

mod connection;
mod entropy;
mod error;
pub mod frame;
pub mod handshake;
#[cfg(feature = "std")]
pub mod io;
mod memory;
mod time;
mod utf8;

pub use connection::{
    CloseFrame, Config, Connection, Deadline, Delivery, Ending, Event, How, Keepalive, Leniency,
    Limits, MessageKind, Progress, Role, SendError, Side, Transport,
};
pub use entropy::{Entropy, EntropyError};
pub use error::ProtocolError;
pub use frame::CloseCode;
pub use memory::{Incoming, Outgoing};
pub use time::Time;
