//! The WebSocket protocol (RFC 6455) as a value: received bytes go in; events, bytes to send and
//! the next deadline come out.
//!
//! ```text
//!                     ┌────────────────────────────┐
//!  bytes received ──► │ Incoming ──► Connection    │ ──► events: request, open, text, binary,
//!  time passed    ──► │              │             │     ping, pong, close, ended
//!  commands       ──► │              ▼             │
//!  (send, close)      │           Outgoing         │ ──► bytes to write
//!                     └────────────────────────────┘ ──► next deadline, what to do with the
//!                                                        transport
//! ```
//!
//! # Where to begin
//!
//! | you write | begin with |
//! |---|---|
//! | a client or a server on tokio | [`io::tokio`] |
//! | one on smol | [`io::smol`] |
//! | one with a thread for each connection | [`io::blocking`] |
//! | a loop, a runtime or a binding of your own | [the loop below](#a-whole-loop) |
//! | what runs on tungstenite, tokio-tungstenite or fastwebsockets today | [the page about moving here][migrating] |
//!
//! [`io`] says what the adapters have in common, and which of their types to use. Each is in the
//! feature of its name, except the blocking one, which is in the default feature `std`.
//!
//! # What it does
//!
//! One [`Connection`] is one WebSocket from beginning to end, as a client or a server: the opening
//! handshake, frames and messages, masking, UTF-8, pings and pongs, the closing exchange,
//! keepalive, deadlines, and limits on everything that a peer can make it do.
//!
//! It opens no sockets, reads no clock, starts no threads and makes no random numbers: the caller
//! does that, or an adapter. TLS (`wss://`) is in the feature `tls`, compression (RFC 7692) in the
//! feature `deflate`, off until `Config::deflate` turns it on. Without default features the crate is
//! `no_std` with `alloc`, for [microcontrollers and WebAssembly][targets] too.
//!
//! # A whole loop
//!
//! One connection of an echo server. `Socket` stands for any transport:
//!
//! ```
//! use websocket_proto::handshake::Acceptance;
//! use websocket_proto::*;
//!
//! # struct Socket { reads: Vec<Vec<u8>>, written: Vec<u8> }
//! # impl Socket {
//! #     fn wait_for_bytes(&mut self, _: Option<Time>) -> bool { true }
//! #     fn time(&self) -> Time { Time::ZERO }
//! #     fn read(&mut self, space: &mut [u8]) -> usize {
//! #         let read = self.reads.pop().unwrap_or_default();
//! #         space[..read.len()].copy_from_slice(&read);
//! #         read.len()
//! #     }
//! #     fn write(&mut self, bytes: &[u8]) -> usize {
//! #         self.written.extend(bytes);
//! #         bytes.len()
//! #     }
//! #     fn shut_down_writing(&mut self) {}
//! # }
//! fn echo(socket: &mut Socket) -> Result<Option<Ending>, Box<dyn std::error::Error>> {
//!     let mut connection = Connection::server(Config::default(), socket.time());
//!     let (mut incoming, mut outgoing) = (Incoming::new(), Outgoing::new());
//!     let mut ended = None;
//!     loop {
//!         let now = socket.time();
//!         // 1. Handle everything that has been received.
//!         loop {
//!             match connection.receive(now, &mut incoming, &mut outgoing) {
//!                 Ok(Progress::Event) => {}
//!                 Ok(Progress::NeedBytes | Progress::Ended) => break,
//!                 // The peer broke the protocol, and the Close frame that says so is now in
//!                 // `outgoing`. Go on until the connection has ended.
//!                 Err(_) => continue,
//!             }
//!             // An event borrows only from `incoming`, so it can be answered right here.
//!             match incoming.event() {
//!                 Some(Event::Request(_)) => {
//!                     connection.accept(now, &Acceptance::new(), &mut outgoing)?;
//!                 }
//!                 Some(Event::Text(text)) => connection.send_text(text, &mut outgoing)?,
//!                 Some(Event::Binary(data)) => connection.send_binary(data, &mut outgoing)?,
//!                 Some(Event::Ended(ending)) => ended = Some(ending.clone()),
//!                 _ => {}
//!             }
//!         }
//!         // 2. Write everything that was queued meanwhile, also after the last event.
//!         while !outgoing.is_empty() {
//!             let written = socket.write(outgoing.first_piece());
//!             outgoing.advance(written);
//!         }
//!         // 3. Do with the socket what the connection asks for.
//!         match connection.transport() {
//!             Transport::Keep => {}
//!             Transport::ShutdownWrite => socket.shut_down_writing(),
//!             // The caller closes the socket by dropping it.
//!             Transport::Close => return Ok(ended),
//!         }
//!         // 4. Wait for bytes, but no longer than until the next deadline.
//!         if socket.wait_for_bytes(connection.poll_timeout()) {
//!             match socket.read(incoming.space()) {
//!                 // The stream has ended.
//!                 0 => connection.receive_eof(),
//!                 len => incoming.commit(len),
//!             }
//!         } else {
//!             connection.handle_timeout(socket.time(), &mut outgoing);
//!         }
//!     }
//! }
//! # let request = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
//! #     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
//! # let mut socket = Socket { reads: vec![request.to_vec()], written: vec![] };
//! # assert_eq!(echo(&mut socket).unwrap().unwrap().cause, EndCause::Eof);
//! # // A message and a violation: the echo is sent, and the Close frame after it.
//! # let frames = [0x81, 0x81, 0, 0, 0, 0, b'x', 0xc1, 0x80, 0, 0, 0, 0];
//! # let mut socket = Socket { reads: vec![frames.to_vec(), request.to_vec()], written: vec![] };
//! # assert!(matches!(echo(&mut socket).unwrap().unwrap().cause, EndCause::Failed(_)));
//! # assert!(socket.written.ends_with(&[0x81, 1, b'x', 0x88, 2, 0x03, 0xea]));
//! ```
//!
//! # Modules
//!
//! | module | contents |
//! |---|---|
//! | the root | [`Connection`], its memory ([`Incoming`], [`Outgoing`]), [`Event`]s, [`Config`] |
//! | [`handshake`] | requests, responses, headers, origins; RFC 8441 for HTTP/2 and 3 |
//! | [`backoff`] | whether and when a client connects again |
//! | [`frame`] | frame headers, masking and opcodes, usable on their own |
//! | [`io`] | adapters: [`io::blocking`], [`io::tokio`], [`io::smol`], and TLS for them |
//!
//! # Words
//!
//! A *message* is what applications send. A *frame* is what is on the wire. A *fragment* is a frame
//! of a message that is sent in several frames. A *chunk* is a part of a message as
//! [`Delivery::Streaming`] delivers it. A section (§) without the name of a document is one of
//! RFC 6455.
//!
// The first definition of a link counts: what is not built in is on the documentation host.
#![cfg_attr(feature = "std", doc = "[`io`]: crate::io\n[`io::blocking`]: crate::io::blocking")]
#![cfg_attr(feature = "tokio", doc = "[`io::tokio`]: crate::io::tokio")]
#![cfg_attr(feature = "smol", doc = "[`io::smol`]: crate::io::smol")]
//! [`io`]: https://docs.rs/websocket-proto/latest/websocket_proto/io/
//! [`io::blocking`]: https://docs.rs/websocket-proto/latest/websocket_proto/io/blocking/
//! [`io::tokio`]: https://docs.rs/websocket-proto/latest/websocket_proto/io/tokio/
//! [`io::smol`]: https://docs.rs/websocket-proto/latest/websocket_proto/io/smol/
//! [migrating]: https://docs.rs/websocket-proto/latest/websocket_proto/migrating/
//! [targets]: https://docs.rs/websocket-proto/latest/websocket_proto/targets/
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc(test(attr(deny(warnings), allow(dead_code, unused_variables))))]
// Wherever states, opcodes and events are told apart, a new one has to be considered.
#![warn(clippy::wildcard_enum_match_arm)]

extern crate alloc;

#[macro_use]
mod names;

pub mod backoff;
mod close_code;
mod config;
mod connection;
#[cfg_attr(not(feature = "deflate"), path = "deflate/absent.rs")]
mod deflate;
mod entropy;
mod error;
mod event;
pub mod frame;
pub mod handshake;
#[cfg(feature = "std")]
pub mod io;
mod leniency;
mod memory;
#[cfg(test)]
mod tests;
mod time;
mod utf8;

pub use close_code::CloseCode;
pub use config::{Config, Delivery, Keepalive, Limits};
pub use connection::{Connection, Prepared, Progress, Role, SendError, Totals, Traffic, Transport};
#[cfg(feature = "deflate")]
pub use deflate::{Deflate, DeflateContexts};
pub use entropy::{Entropy, EntropyError};
pub use error::ProtocolError;
pub use event::{
    CloseFrame, Deadline, EndCause, Ending, Event, Incoming, Message, MessageKind, Side,
};
pub use leniency::Leniency;
pub use memory::{DirectRead, Outgoing, Utf8Bytes};
pub use time::Time;

#[cfg(all(doctest, feature = "tokio", feature = "futures"))]
#[doc = include_str!("../README.md")]
struct Readme;

// A page, where only the documentation host shows it.
#[cfg(docsrs)]
#[doc = include_str!("../MIGRATING.md")]
pub mod migrating {}

// As above.
#[cfg(docsrs)]
#[doc = include_str!("../docs/targets.md")]
pub mod targets {}

#[cfg(all(doctest, feature = "tokio"))]
#[doc = include_str!("../docs/measuring.md")]
struct Measuring;

#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../docs/targets.md")]
struct Targets;
