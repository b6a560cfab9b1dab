#![doc = include_str!("../blocking.md")]

mod accepting;
mod byte_stream;
mod connect;
mod dropping;
mod handshake;
mod parts;
mod receiving;
mod reconnecting;
mod sending_methods;
mod shutdown;
mod stream;
mod tls;
mod web_socket;
mod wire;
mod writer;

pub use accepting::incoming;
pub use byte_stream::ByteStream;
#[cfg(feature = "tls")]
pub use connect::connect_tls;
pub use connect::{connect, connect_with};
pub use handshake::{accept, accept_with, client};
pub use parts::Parts;
pub use receiving::Received;
pub use reconnecting::Reconnecting;
pub use shutdown::GracefulShutdown;
pub use stream::{Stream, Untimed};
#[cfg(feature = "tls")]
pub use tls::{tls_client, tls_server};
pub use web_socket::WebSocket;
pub use writer::Writer;
