#![doc = include_str!("../blocking.md")]

mod accepting;
mod attempts;
mod byte_halves;
mod byte_stream;
mod connect;
mod dropping;

mod handshake;
mod limit;
mod locked;
mod messages;
mod parts;
mod queueing;
mod receive_steps;
mod received;
mod receiver;
mod receiving;
mod reconnecting;
mod reconnecting_sender;
mod sender;
mod sending_methods;
mod shared;
mod shutdown;
mod split_stream;
mod splitting;
mod stream;
#[cfg(test)]
mod tests;
mod tls;
mod waiting_calls;
mod web_socket;
mod wire;
mod writer;

pub use accepting::incoming;
pub use byte_halves::{ByteReader, ByteWriter};
pub use byte_stream::ByteStream;
pub use connect::{connect, connect_with, dial};
pub use handshake::{accept, accept_with, client};
pub use parts::Parts;
pub use received::Received;
pub use receiver::Receiver;
pub use reconnecting::Reconnecting;
pub use reconnecting_sender::ReconnectingSender;
pub use sender::Sender;
pub use shutdown::GracefulShutdown;
pub use split_stream::SplitStream;
pub use stream::{Stream, Untimed};
#[cfg(feature = "tls")]
pub use tls::{tls_client, tls_server};
pub use web_socket::WebSocket;
pub use writer::Writer;
