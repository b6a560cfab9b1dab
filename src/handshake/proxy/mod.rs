//! Proxies between a client and its server: HTTP `CONNECT` (RFC 9110 §9.3.6) and SOCKS5 (RFC 1928).
//!
//! A [`Proxy`] says which proxy, and with what credentials. A [`Tunnel`] is the exchange with the
//! proxy, without I/O: bytes for the proxy come out, bytes of the proxy go in, until the stream leads
//! to the server. TLS to the proxy, if its scheme is `https`, is around all of that; TLS to the server
//! begins inside the tunnel. The adapters do all this with [`Dial::proxy`](crate::io::Dial::proxy).
//!
//! [`Proxy::from_variables`] finds the proxy that the environment names; nothing uses it by itself.
//!
//! ```
//! use websocket_proto::handshake::Uri;
//! use websocket_proto::handshake::proxy::{Proxy, Tunnel, TunnelProgress};
//!
//! let proxy = Proxy::new("http://user:secret@proxy.example:3128")?;
//! let uri: Uri = "wss://example.com/chat".parse()?;
//! let mut tunnel = Tunnel::new(&proxy, &uri)?;
//! // Write this to the stream, and again whenever more bytes are needed.
//! assert!(tunnel.take_output().starts_with(b"CONNECT example.com:443 HTTP/1.1\r\n"));
//! let answer = tunnel.receive(b"HTTP/1.1 200 Connected\r\n\r\n")?;
//! // The handshake with the server can begin. It starts with the bytes that are left over.
//! assert_eq!(answer, TunnelProgress::Open(vec![]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod environment;
mod error;
mod http_connect;
mod no_proxy;
mod socks5;
mod tunnel;
mod url;

pub use environment::ProxyVariableError;
pub use error::{ProxyError, ProxyRefusal, SocksReply};
pub use tunnel::{Tunnel, TunnelProgress};
pub use url::{Proxy, ProxyUrlError};
