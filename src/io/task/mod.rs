//! WebSockets in tasks, for every runtime: what the asynchronous adapters share. That is everything
//! except the runtime's stream, clock and timer.
//!
//! The modules `io::tokio` and `io::smol` connect and accept; their `WebSocket`, `Sender` and other
//! types are the ones here, over streams of their runtime.
//!
//! # One task
//!
//! A [`WebSocket`] receives and sends in one loop:
//!
//! ```
//! use websocket_proto::Event;
//! use websocket_proto::io::{Error, task::{WebSocket, Wire}};
//!
//! async fn echo<W: Wire>(mut socket: WebSocket<W>) -> Result<(), Error> {
//!     while let Some((event, reply)) = socket.receive().await? {
//!         match event {
//!             Event::Text(text) => reply.send_text(text).await?,
//!             Event::Binary(data) => reply.send_binary(data).await?,
//!             Event::Ended(ending) => println!("{ending}"),
//!             _ => {}
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! The `?` loses nothing: [what a plain program may rely
//! on](super#what-a-plain-program-may-rely-on).
//!
//! A message that is sent is written when the call returns. Where many short messages arrive at a
//! time, `feed_text` and `feed_binary` are faster: what they queue is written in one write, when
//! the loop has answered everything that one read brought. [More about sending](super#sending).
//!
//! # Several tasks
//!
//! A socket can be [split](WebSocket::split): one task receives, and any number of tasks send.
//!
//! ```
//! use websocket_proto::io::{Error, task::{Receiver, Sender, Wire}};
//! use websocket_proto::{CloseCode, Event};
//!
//! async fn count<W: Wire>(sender: Sender<W>) -> Result<(), Error> {
//!     for number in 0..10 {
//!         sender.send_text(&number.to_string()).await?;
//!     }
//!     sender.start_close(CloseCode::NORMAL, "")?;
//!     Ok(())
//! }
//!
//! async fn print<W: Wire>(mut receiver: Receiver<W>) -> Result<(), Error> {
//!     while let Some(event) = receiver.receive().await? {
//!         if let Event::Text(text) = event {
//!             println!("{text}");
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! This is also the way to send a lot to a peer that sends a lot: while one task sends, another one
//! receives. Two sides that each wait for the other to read [get
//! stuck](super#two-that-send-before-they-read).
//!
//! # The methods of each type
//!
//! | | [`WebSocket`] | [`Writer`] | [`Sender`] | [`Receiver`] | [`Reconnecting`] | [`ReconnectingSender`] |
//! |---|---|---|---|---|---|---|
//! | `receive` | yes | | | yes | yes | |
//! | `send_*`, `feed_*`, `try_send_*`, all [methods that send](super#sending) | yes | yes | yes | | yes | yes |
//! | `flush`, `set_compression`, `abort` | yes | yes | yes | | yes | yes |
//! | `start_close` | | yes | yes | | | |
//! | `close_with` | yes | | | | yes | |
//! | `stream`, `connection` | yes | yes | | | | |
//! | `with_stream`, `with_connection` | | | yes | yes | yes | yes |
//! | `ending`, `unsent` | yes | yes | yes | yes | yes | yes |
//! | `response`, `incoming` | yes | | | yes | | |
//! | `writer`, `split` | yes | | | | | |
//! | `sender` | | | | yes | yes | |
//! | `backoff` | | | | | yes | |
//! | `has_ended` | | | | | | yes |
//!
//! `set_compression` needs the feature `deflate`. With the feature `futures`, `WebSocket`, `Receiver` and `Reconnecting` are streams, and
//! `WebSocket`, `Sender` and `Reconnecting` are sinks. No method hides one of `StreamExt` or
//! `SinkExt` but for `split` and `flush`, which do the same.
//!
//! # Bytes
//!
//! A [`ByteStream`] reads and writes bytes, for protocols and tunnels that ask for a stream: [as a
//! byte stream](super#as-a-byte-stream).
//!
//! # The shutdown of a server
//!
//! A [`GracefulShutdown`] closes all connections that it [watches](GracefulShutdown::watch), and
//! waits for them to end. The page of each adapter has an example.

mod allowance;
mod byte_stream;
mod connecting;
mod contexts;
mod handshake;
mod held;
mod io_to_poll;
mod looking;
mod parts;
mod pool;
mod queue;
mod queue_pool;
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
#[cfg(all(test, feature = "tokio"))]
mod tests;
mod waiters;
mod wake_ups;
mod web_socket;
mod wire;
mod within;
mod writer;
mod writing;

use super::Error;

pub use byte_stream::ByteStream;
pub use handshake::Decision;
pub use parts::Parts;
pub use receiver::Receiver;
pub use reconnecting::Reconnecting;
pub use reconnecting_sender::ReconnectingSender;
pub use sender::Sender;
pub use shutdown::GracefulShutdown;
pub use web_socket::WebSocket;
pub use wire::Wire;
pub use writer::Writer;

#[cfg(feature = "h2")]
pub(super) use connecting::stream_to_server;
pub(super) use connecting::{Network, dial};
#[cfg(feature = "h2")]
pub(super) use handshake::opened;
pub(super) use handshake::{accept_with, client};
pub(super) use io_to_poll::io_to_poll;
pub(super) use reconnecting::BoxFuture;
#[cfg(any(feature = "h2", feature = "hyper", feature = "tls"))]
pub(super) use within::within;
