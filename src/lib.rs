//! The WebSocket protocol as a value.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod connection;
mod error;
pub mod frame;
pub mod handshake;

pub use connection::{Config, Delivery, Keepalive, Leniency, Limits};
pub use error::ProtocolError;
