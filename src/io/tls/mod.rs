//! TLS for `wss://`, with [`rustls`] 0.23.
//!
//! With the feature `tls`, `connect` and `connect_with` of every adapter take `wss://` URLs and
//! trust the certificates that the platform trusts; with [`Dial::tls`](super::Dial::tls), those of a
//! [`ClientTls`].
//! A server puts TLS around a stream before it accepts a WebSocket on it:
//!
//! ```no_run
//! # use std::net::TcpListener;
//! use std::time::Duration;
//! use websocket_proto::io::{blocking, tls::ServerTls};
//!
//! let tls = ServerTls::from_pem_files("cert.pem", "key.pem")?;
//! # let listener = TcpListener::bind("127.0.0.1:9001")?;
//! let (stream, _) = listener.accept()?;
//! let stream = blocking::tls_server(stream, &tls, Duration::from_secs(10))?;
//! let socket = blocking::accept(stream)?;
//! # Ok::<(), websocket_proto::io::Error>(())
//! ```
//!
//! The versions are TLS 1.3 and 1.2, with ring's algorithms and `http/1.1` for ALPN;
//! `io::h2::dial` offers `h2` as well. For anything else, bring a configuration of rustls. When a
//! handshake fails, the error is an [`io::Error`](std::io::Error) that says, for example, what is
//! wrong with the certificate; its [`source`](std::error::Error::source) is the [`rustls::Error`],
//! unless the text is that of rustls already.
//!
//! For mutual TLS, a client shows a certificate with [`ClientTls::with_identity`]. A server demands one
//! with a configuration of rustls that has a
//! [`ClientCertVerifier`](rustls::server::danger::ClientCertVerifier), and sees it in
//! [`MaybeTls::session`](super::MaybeTls::session). Where the platform has no roots, they can be
//! compiled into the program: [`ClientTls::with_root_store`].
//!
//! A certificate is checked in the handshake and not again. When it expires, open connections stay
//! open, and new ones fail with an error that says so. A client that has connected to the server
//! before may resume its session without checking the certificate again, as long as the server
//! gives it tickets, which last a week at most. With a configuration of rustls without
//! [`resumption`](rustls::ClientConfig::resumption) it checks every time. To show a renewed
//! certificate, a server needs a new [`ServerTls`], which takes effect from the next connection on.

#![expect(clippy::wildcard_enum_match_arm, reason = "the enums are rustls', and grow")]

mod client;
mod error;
mod layer;
mod pem;
mod server;
mod session;
mod verifier;

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};

pub use client::ClientTls;
pub use server::ServerTls;

pub(in crate::io) use session::Session;

/// WebSocket's handshake is HTTP/1.1 (§4.1).
const ALPN: &[u8] = b"http/1.1";

/// HTTP/2 (RFC 9113 §3.2).
#[cfg(feature = "h2")]
pub(super) const ALPN_HTTP2: &[u8] = b"h2";

/// The provider of algorithms. It is chosen here because the process may have no default provider,
/// and two libraries may try to set one.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
