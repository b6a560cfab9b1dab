//! The adapters: the only rooms that know sockets, clocks and entropy. They decide no rule of
//! the protocol.
//!
//! # Which type to use when
//!
//! | you have | use |
//! |---|---|
//! | threads, `std::net` | `blocking::connect`, `blocking::accept`: a `blocking::WebSocket` |
//! | tokio | `tokio::connect`, `tokio::accept`: a `tokio::WebSocket` |
//! | smol, async-std's traits | `smol::connect`, `smol::accept`: a `smol::WebSocket` |
//! | one task that receives and answers | the plain loop of `next` and the `Writer` beside the event |
//! | one task that receives, others that send | `WebSocket::split`: a `Receiver` and any number of `Sender`s |
//! | combinators over streams and sinks | the feature `futures`: `WebSocket`, `Receiver`, `Sender` |
//! | the same message for many | [`Prepared`](crate::Prepared), `send_prepared` |
//! | a client that has to stay connected | `Reconnecting` |
//! | a server that has to stop | `GracefulShutdown`, and [`Closed`] |
//! | `wss://`, certificates of your own | the feature `tls`: `connect`, `connect_tls`, `tls_server` |
//! | an HTTP library that did the handshake | `WebSocket::established`, and the feature `http` |
//! | another runtime, a poll loop, no sockets | [`Connection`](crate::Connection) itself |
//!
//! Each type is in the feature of its runtime.

mod address;
pub mod blocking;
mod clock;
mod entropy;
mod error;
mod maybe_tls;
mod reconnect;
mod shutdown;
#[cfg(feature = "smol")]
pub mod smol;
#[cfg(any(feature = "smol", feature = "tokio"))]
pub mod task;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(not(feature = "tls"))]
#[path = "no_tls.rs"]
mod tls;
#[cfg(feature = "tokio")]
pub mod tokio;
mod untold;
mod waiting;

use std::io::IoSlice;
use std::sync::{Arc, OnceLock};

pub use clock::origin;
pub use entropy::OsEntropy;
pub use error::{Error, Refused};
pub use maybe_tls::MaybeTls;
pub use reconnect::Update;
pub use shutdown::Closed;

use crate::{Config, Outgoing};

/// What waits, for a vectored write, and how many of the pieces hold something.
fn pieces(outgoing: &Outgoing) -> ([IoSlice<'_>; Outgoing::PIECES], usize) {
    let pieces = outgoing.pending().map(IoSlice::new);
    let held = pieces.iter().rposition(|piece| !piece.is_empty()).map_or(0, |last| last + 1);
    (pieces, held)
}

/// The default configuration, one for all connections.
fn shared_default() -> Arc<Config> {
    static DEFAULT: OnceLock<Arc<Config>> = OnceLock::new();
    DEFAULT.get_or_init(Arc::default).clone()
}
