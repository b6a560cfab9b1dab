//! The adapters: the only part of the crate that knows sockets, clocks and the system's entropy.
//! They decide no rule of the protocol.
//!
//! # Which type to use
//!
//! | you have | use |
//! |---|---|
//! | threads, `std::net` | `blocking::connect`, `blocking::accept`: a `blocking::WebSocket` |
//! | tokio | `tokio::connect`, `tokio::accept`: a `tokio::WebSocket` |
//! | smol, async-std's traits | `smol::connect`, `smol::accept`: a `smol::WebSocket` |
//! | headers, a token, a subprotocol for the server | `connect_with`, [`ClientRequest`](crate::handshake::ClientRequest) |
//! | requests to look at before they are accepted | `accept_with`, [`Request`](crate::handshake::Request) |
//! | limits, deadlines, pings or compression to set | [`Config`], for the same two |
//! | one task that receives and answers | a loop around `receive`, which returns a `Writer` beside the event |
//! | one task or thread that receives, others that send | `WebSocket::split`: a `Receiver` and any number of `Sender`s |
//! | a limited time to wait, without a runtime | `blocking::WebSocket::receive_timeout` |
//! | a lot to send to a peer that sends a lot | the same |
//! | questions: the peer's address or certificates, the round-trip time | `stream` and `connection`; `with_stream` and `with_connection` after `split` |
//! | a protocol of bytes: MQTT, SSH, VNC, a tunnel | `into_byte_stream`: a [`ByteStream`](#as-a-byte-stream) |
//! | combinators over streams and sinks | the feature `futures`: `WebSocket`, `Receiver`, `Sender` |
//! | the same message for many | [`Prepared`](crate::Prepared), `send_prepared` |
//! | a client that has to stay connected | `Reconnecting` |
//! | a server that has to stop | `GracefulShutdown`, and [`ShutdownSummary`] |
//! | `wss://`, certificates of your own | the feature `tls`: `connect`, [`Dial::tls`], `tls_server` |
//! | a proxy, addresses or socket options of your own, redirects | `dial`, [`Dial`] |
//! | a Unix socket, a stream that is connected already | `client` |
//! | many WebSockets to one server, which has HTTP/2 | the feature `h2`: `h2::dial`, `h2::Client` |
//! | hyper, axum and what else is built on hyper | the feature `hyper`: `hyper::accept` |
//! | another HTTP library, which did the handshake | `WebSocket::established`, and the feature `http` |
//! | another runtime, a poll loop, no sockets | [`Connection`](crate::Connection) itself |
//!
//! Each type is in the feature of its runtime.
//!
//! # What `receive` returns
//!
//! | | what to do |
//! |---|---|
//! | `Event::Text`, `Event::Binary` | use the message, which is whole. It is borrowed; `incoming().take_message()` returns one to keep |
//! | `Event::Ping`, `Event::Pong` | nothing: pings are answered |
//! | `Event::Close` | nothing: it is answered. Nothing can be sent any more |
//! | `Event::Ended` | nothing. It is the last event, and says how the connection ended |
//! | `None` | leave the loop |
//! | an error | leave the loop: the peer broke the protocol or a limit, or the stream failed |
//!
//! Pings are answered, deadlines kept and the keepalive's pings sent while `receive` waits. So a
//! program that only sends has to receive as well, if need be in a task or thread of its own.
//!
//! # What a plain program may rely on
//!
//! A plain program may return anywhere: with `?` at an error, at `Event::Close` or the stream's
//! `Message::Close`, after a reply. By then its peer has received what it is owed, or receives it
//! when the socket is dropped:
//!
//! | the program | what its peer receives | with tokio-tungstenite 0.30 |
//! |---|---|---|
//! | returns the error of a violation or a limit | what was answered before, and the Close frame (§7.1.7) | what was sent before, no Close frame |
//! | returns at the peer's Close frame | what was answered before, and the answer to it (§5.5.1) | what was sent before, no answer |
//! | sends, and returns | the message | the message |
//! | feeds, and returns | the message | nothing |
//! | begins to close, and returns | the Close frame | the Close frame |
//! | any of these, over TLS | the same, and `close_notify` | no `close_notify` |
//! | any of these, if short, with 1 MiB of input that has arrived and was not read | the same, and the end of the stream | a reset, which may overtake what was sent |
//!
//! For this, the end is reported a little later: a violation when the exchange of Close frames is
//! complete, which takes at most [`Config::close_timeout`]. A socket that is dropped cannot wait:
//! what was fed is written as far as the stream takes it at once. A peer that goes on sending is
//! reset, and the reset may overtake a long message that is still on its way. To know that
//! everything has arrived, close the socket and look at the [`Ending`](crate::Ending).
//!
//! # Sending
//!
//! The names say when a call returns. They are the same on a `WebSocket`, on the `Writer` beside an
//! event and on a `Sender`:
//!
//! | | returns |
//! |---|---|
//! | `send_text`, `send_binary`, … | when the message is written, or with an error that says what happened to it |
//! | `feed_text`, `feed_binary`, … | when there is room. The message is queued, and written together with others when the socket waits for input or is flushed |
//! | `try_send_text`, `try_send_binary`, … | at once. The message is queued as by `feed_…`, or there is no room |
//!
//! `reply.send_text(text)` is simple, and never wrong. When many short messages arrive at a time,
//! `reply.feed_text(text)` costs one write for each read instead of one for each message.
//!
//! ## Two that send before they read
//!
//! A socket does not read while it sends. If both sides send more than the buffers of the system
//! hold before either reads, both are stuck until [`Config::write_timeout`], and both lose the
//! connection. `split` avoids this: one half receives while others send.
//!
//! ## Slow peers
//!
//! The system takes much output at once, on Linux up to 4 MB, and keeps it while a slow peer reads.
//! The deadlines bear with that: a peer that reads at least 16 KiB in a second, and answers pings
//! when it gets to them, keeps its connection. One that has stopped is found, too: by
//! [`Config::write_timeout`] while output waits, else by the ping of the
//! [keepalive](crate::Keepalive::timeout).
//!
//! To find such peers sooner, and to spare the system's memory, have the system take less at once:
//! with the socket option `TCP_NOTSENT_LOWAT` at 128 KiB, which accepted sockets inherit from their
//! listener on Linux (`set_tcp_notsent_lowat` of the crate socket2), shorter timeouts will do.
//!
//! # Seeing what happens
//!
//! With the feature `tracing`, the adapters tell the crate `tracing` of every connection, with the
//! target `websocket_proto`. At the level *debug*: where a client connects to and which addresses it
//! tries, the request, the opening or the refusal, the end with its cause, Close codes, duration and
//! [`totals`](crate::Connection::totals), and the waits of a client that connects again. At the level
//! *warn*: that a peer needed a [`Leniency`](crate::Leniency), once for each connection. The events
//! of a connection have its number in this process, `connection`. Nothing is told of single messages.
//! Queries, headers, payloads and the reasons of Close frames never appear; the host and the path of
//! a request do, escaped.
//!
#![doc = include_str!("byte_stream.md")]

mod answer;
mod bad_response;
pub mod blocking;
mod byte_stream;
mod clock;
mod connect_error;
mod current_sender;
mod dial;
mod dialing;
mod entropy;
mod error;
#[cfg(any(feature = "h2", feature = "hyper"))]
mod gathering;
#[cfg(feature = "h2")]
pub mod h2;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(any(feature = "h2", feature = "hyper"))]
mod lingering;
mod looked_at;
mod maybe_tls;
mod reconnect;
mod redirects;
mod schedule;
mod shutdown;
#[cfg(feature = "smol")]
pub mod smol;
mod sync;
#[cfg(any(feature = "smol", feature = "tokio"))]
pub mod task;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(not(feature = "tls"))]
#[path = "tls/absent.rs"]
mod tls;
#[cfg(feature = "tokio")]
pub mod tokio;
#[cfg_attr(not(feature = "tracing"), path = "trace/absent.rs")]
mod trace;
mod unreported;
mod waker_set;

use std::io::IoSlice;
use std::sync::{Arc, OnceLock};

pub use bad_response::BadResponse;
pub use clock::origin;
pub use connect_error::{ConnectError, ConnectStage};
pub use dial::Dial;
pub use entropy::OsEntropy;
pub use error::{Error, Refused};
pub use maybe_tls::MaybeTls;
pub use reconnect::Update;
pub use shutdown::ShutdownSummary;

use crate::{Config, Outgoing};

/// Calls `write` with the pieces of the output that waits, without empty ones at the end.
fn with_pieces<T>(outgoing: &Outgoing, write: impl FnOnce(&[IoSlice<'_>]) -> T) -> T {
    if let Some(piece) = outgoing.only_piece() {
        return write(&[IoSlice::new(piece)]);
    }
    let pieces = outgoing.pending();
    let count = pieces.iter().rposition(|piece| !piece.is_empty()).map_or(0, |last| last + 1);
    write(&pieces.map(IoSlice::new)[..count])
}

/// The default configuration, which all connections share.
fn default_config() -> Arc<Config> {
    static DEFAULT: OnceLock<Arc<Config>> = OnceLock::new();
    DEFAULT.get_or_init(Arc::default).clone()
}
