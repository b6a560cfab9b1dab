#![doc = include_str!("hyper.md")]
#![doc = include_str!("http2.md")]

mod error;
mod lingering;
mod offer;
mod stream;
mod upgrading;

pub use error::AcceptError;
pub use offer::{Offer, accept, accept_parts, accept_with};
pub use stream::Stream;
pub use upgrading::Upgrading;

use super::tokio;

/// A WebSocket over what hyper has upgraded.
pub type WebSocket = tokio::WebSocket<Stream>;

/// The sending side of a [`WebSocket`], which can answer an event while it is held.
pub type Writer = tokio::Writer<Stream>;

/// The receiving side of a [split](crate::io::task::WebSocket::split) WebSocket.
pub type Receiver = tokio::Receiver<Stream>;

/// The sending side of a [split](crate::io::task::WebSocket::split) WebSocket, for any number of
/// tasks.
pub type Sender = tokio::Sender<Stream>;
