//! The handshake in the types of the `http` crate, for connections that an HTTP library owns:
//! hyper, axum, reqwest and others built on them.
//!
//! # A server
//!
//! The library reads the request and writes the response. [`accept`] checks the request and makes
//! the response, by the same rules as the rest of this crate. All errors and a [`Rejection`] convert
//! into a response with their text or body, so handlers can use `?`; the type of the body has to
//! convert from `Vec<u8>`, as those of axum, `http_body_util::Full` and `Vec<u8>` itself do. For
//! another type, `map` the body of a `Response<Vec<u8>>`. After the response, make a WebSocket of the
//! upgraded stream with [`Connection::established`](crate::Connection::established) or an adapter's
//! `WebSocket::established`. If the library has read bytes beyond the request, pass them on as
//! well. To use compression, call [`Upgrade::negotiate`].
//!
//! In HTTP/2 and HTTP/3, [`accept_extended`] takes the place of [`accept`]. With hyper and what is
//! built on it, [`io::hyper::accept`](crate::io) does all of this, for both versions.
//!
//! ```
//! use websocket_proto::handshake::{OriginPolicy, Rejection, http::accept};
//!
//! type Response = http::Response<Vec<u8>>;
//!
//! fn answer<B>(request: &http::Request<B>) -> Result<Response, Response> {
//!     let upgrade = accept(request)?;
//!     if !upgrade.request().is_origin_allowed(&OriginPolicy::SameHost) {
//!         return Err(Rejection::forbidden().text("not from this page").into());
//!     }
//!     // After this response, the stream carries WebSocket frames.
//!     Ok(upgrade.response())
//! }
//! ```
//!
//! # A client
//!
//! [`Opening`] makes the request that the library sends, and checks the response that it receives.
//! The library keeps what it has of its own: proxies, cookies, its resolver, certificates. It has to
//! speak HTTP/1.1, as a 101 does not exist in HTTP/2: for reqwest, call `http1_only`. Redirects that
//! the library follows are its own business; [`ClientRequest::redirected`] has other rules for them.
//!
//! ```
//! use websocket_proto::handshake::http::{Agreed, Opening};
//! use websocket_proto::handshake::{ClientRequest, DeflateOffer};
//! use websocket_proto::io::{Error, OsEntropy};
//!
//! fn open<B>(
//!     url: &str,
//!     send: impl FnOnce(http::Request<()>) -> http::Response<B>,
//! ) -> Result<Agreed, Error> {
//!     let request = ClientRequest::new(url)?.subprotocol("chat")?;
//!     let opening = Opening::new(&request, &[DeflateOffer::default()], &OsEntropy)?;
//!     let response = send(opening.request());
//!     // If all is well, the stream carries WebSocket frames from here on.
//!     Ok(opening.check(&response)?)
//! }
//! # let refused = |_| http::Response::builder().status(403).body(()).unwrap();
//! # assert!(matches!(open("ws://h/", refused), Err(Error::Refused(_))));
//! ```
//!
//! With the library's upgraded stream, `agreed.deflate` and
//! [`Role::Client`](crate::Role::Client), an adapter's `WebSocket::established` makes the WebSocket;
//! the examples `reqwest` and `hyper_client` do so. The offers are `Deflate::offers` of the `Config`
//! that `established` needs as well.
//!
//! [`ClientRequest::redirected`]: super::ClientRequest::redirected
//! [`Rejection`]: super::Rejection

mod client;
mod heads;
mod server;

pub use super::agreed::Agreed;
pub use client::{Opening, ResponseError};
#[cfg(feature = "hyper")]
pub(crate) use heads::RequestHead;
pub use server::{Upgrade, accept, accept_extended, accept_with};
#[cfg(feature = "hyper")]
pub(crate) use server::{accept_extended_head, accept_head};
