//! What the asynchronous adapters share: everything but the runtime's own stream and timer.

mod contexts;
mod handshake;
mod held;
mod io_to_poll;
mod parts;
mod pool;
mod queue;
mod receive_side;
mod receiver;
mod reconnecting;
mod reconnecting_sender;
mod sender;
mod sending_methods;
mod shared;
mod shutdown;
#[cfg(feature = "futures")]
mod streams;
mod sync;
mod waiters;
mod web_socket;
mod wire;
mod writer;
mod writing;

use super::Error;

pub use parts::Parts;
pub use receiver::Receiver;
pub use reconnecting::Reconnecting;
pub use reconnecting_sender::ReconnectingSender;
pub use sender::Sender;
pub use shutdown::GracefulShutdown;
pub use web_socket::WebSocket;
pub use wire::Wire;
pub use writer::Writer;

pub(super) use handshake::{accept_with, client};
pub(super) use io_to_poll::io_to_poll;
