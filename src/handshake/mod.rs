//! The opening handshake (§4): a request, its answer, and the HTTP/1.1 they are written in.
//!
//! A server application meets a [`Request`] and answers with an [`Acceptance`] or a
//! [`Rejection`]. A client application writes a [`ClientRequest`] and meets a [`Response`]. All
//! header fields that make the handshake are the crate's own business: they are written and
//! checked here and nowhere else. [`ExtendedConnect`] is the same handshake for somebody else's
//! HTTP/2 or HTTP/3 stack. The module `http` (feature `http`) has it in the types of the `http`
//! crate.
//!
//! Where the documents leave a choice, it is made once:
//!
//! - A header that may come once and comes twice is an error, even with equal values.
//! - A `Sec-WebSocket-Key` whose unused trailing bits are not zero is refused (RFC 4648 §3.5).
//! - HTTP/1.0 is answered with 505; HTTP/1.2 and up to 1.9 count as 1.1 (RFC 9110 §2.5).
//! - A request that does not ask for WebSocket is answered with 426.
//! - `Expect: 100-continue` is ignored, as a request with a body is refused anyway.
//! - A repeated subprotocol, or more than 128 of them, is an error.

mod answer;
mod body;
mod client;
mod extended_connect;
mod grammar;
mod head;
mod headers;
#[cfg(feature = "http")]
pub mod http;
mod key;
mod lines;
mod offered;
mod origin;
mod redirect;
mod refusal;
mod request;
mod response;
mod start_line;
mod upgrade;
mod uri;
mod verdict;

#[cfg(test)]
mod tests;

pub use answer::{Acceptance, AnswerError, Rejection};
pub use client::{ClientRequest, RequestError};
pub use extended_connect::{ExtendedConnect, ExtendedConnectError};
pub use headers::{Header, Headers, HeadersIter};
pub use key::accept_value;
pub use origin::OriginPolicy;
pub use request::Request;
pub use response::Response;
pub use uri::Uri;

pub(crate) use body::BodyReader;
pub(crate) use client::Expected;
pub(crate) use head::HeadReader;
pub(crate) use refusal::{encode_refusal, encode_status};
pub(crate) use upgrade::{Upgrade, check_request};
pub(crate) use verdict::{Verdict, check_response};
