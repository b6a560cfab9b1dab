//! The handshake in the types of the `http` crate, for connections that an HTTP library owns:
//! hyper, axum and others built on them.
//!
//! The library reads the request and writes the response. [`accept`] checks the request and makes
//! the response, by the same rules as the rest of this crate. All errors and a [`Rejection`] convert
//! into a response with their text or body, so handlers can use `?`; the type of the body has to
//! convert from `Vec<u8>`, as those of axum, `http_body_util::Full` and `Vec<u8>` itself do. For
//! another type, `map` the body of a `Response<Vec<u8>>`. After the response, make a WebSocket of the upgraded stream with
//! [`Connection::established`](crate::Connection::established) or an adapter's
//! `WebSocket::established`. If the library has read bytes beyond the request, pass them on as
//! well. To use compression, call [`Upgrade::negotiate`].
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

mod client;
mod heads;
mod server;

pub use server::{Upgrade, accept, accept_extended};
