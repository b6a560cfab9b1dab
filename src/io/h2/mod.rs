#![doc = include_str!("../h2.md")]

mod any_stream;
mod client;
mod dial;
mod driver;
mod errors;
mod halves;
mod linger;
mod opening;
mod requests;
mod stream;

pub use any_stream::AnyStream;
pub use client::Client;
pub use dial::{Dialed, dial};
pub use driver::Driver;
pub use stream::Stream;

use super::tokio;

/// A WebSocket in a stream of HTTP/2.
pub type WebSocket = tokio::WebSocket<Stream>;

/// The sending side of a [`WebSocket`], which can answer an event while it is held.
pub type Writer = tokio::Writer<Stream>;

/// The receiving side of a [split](super::task::WebSocket::split) WebSocket.
pub type Receiver = tokio::Receiver<Stream>;

/// The sending side of a [split](super::task::WebSocket::split) WebSocket, for any number of tasks.
pub type Sender = tokio::Sender<Stream>;
