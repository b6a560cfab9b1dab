#![doc = include_str!("tokio.md")]

mod accept;
mod byte_stream;
mod connect;
mod reconnecting;
mod tls;
mod wire;

use std::sync::Arc;

use ::tokio::io::{AsyncRead, AsyncWrite};
use ::tokio::net::TcpStream;

pub use accept::{accept, accept_with};
pub use byte_stream::ByteStream;
pub use connect::{client, connect, connect_with, dial};
pub use reconnecting::{Reconnecting, ReconnectingSender};
#[cfg(feature = "tls")]
pub use tls::{tls_client, tls_server};
pub use wire::Wire;

#[cfg(feature = "h2")]
pub(super) use connect::Tokio;

pub use super::task::{Decision, GracefulShutdown, Parts};

use super::{MaybeTls, task};
use crate::handshake::DeflateParameters;
use crate::{Config, Role};

/// A WebSocket over a stream of tokio. Methods that wait panic outside of a [runtime with
/// timers](crate::io::tokio#the-runtime).
pub type WebSocket<S = MaybeTls<TcpStream>> = task::WebSocket<Wire<S>>;

/// The sending side of a [`WebSocket`], which can answer an event while it is held.
pub type Writer<S = MaybeTls<TcpStream>> = task::Writer<Wire<S>>;

/// The receiving side of a [split](task::WebSocket::split) WebSocket.
pub type Receiver<S = MaybeTls<TcpStream>> = task::Receiver<Wire<S>>;

/// The sending side of a [split](task::WebSocket::split) WebSocket, for any number of tasks.
pub type Sender<S = MaybeTls<TcpStream>> = task::Sender<Wire<S>>;

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    #[doc = include_str!("task/docs/established.md")]
    pub fn established(
        stream: S,
        role: Role,
        agreed: Option<DeflateParameters>,
        config: impl Into<Arc<Config>>,
        leftover: &[u8],
    ) -> Self {
        Self::new_established(Wire::new(stream), role, agreed, config.into(), leftover)
    }

    /// A WebSocket from its parts.
    pub fn from_parts(parts: Parts<S>) -> Self {
        Self::reassemble(parts, Wire::new)
    }

    /// The parts of the WebSocket, with everything that was not read or not written.
    pub fn into_parts(self) -> Parts<S> {
        self.disassemble(|wire| wire.stream)
    }
}
