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
//! - A `Sec-WebSocket-Extensions` that breaks the grammar of §9.1, or lists nothing, is an error on
//!   both sides, whether extensions are wanted or not. A parameter whose value is missing, or is no
//!   token without its quotes, only makes its extension one that is not known.
//!
//! # Compression
//!
//! permessage-deflate (RFC 7692) is the one extension that is known, and off until it is asked for.
//! A client makes [`DeflateOffer`]s, a server has a [`DeflatePolicy`], and both come to the same
//! [`DeflateParameters`]:
//!
//! - The first acceptable offer wins, in the client's order. The server cannot be made to compress
//!   with a window of 8 bits and declines offers that ask for it.
//! - A response says what an offer asked for and what is not the default, and nothing else.
//! - A client that cannot be asked for a smaller window keeps its 15 bits, or has its offer declined
//!   if [`DeflatePolicy::requires_client_max_window_bits`] says so.
//! - A client fails a handshake whose response answers none of its offers. It keeps what it promised
//!   with each offer that fits, as a response does not say which one it answers.

mod answer;
mod body;
mod client;
mod extended_connect;
mod extensions;
mod grammar;
mod head;
mod head_rules;
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
pub use extensions::{DeflateOffer, DeflateParameters, DeflatePolicy, WindowBits};
pub use headers::{Header, Headers, HeadersIter};
pub use key::accept_value;
pub use origin::OriginPolicy;
pub use request::Request;
pub use response::Response;
pub use uri::Uri;

pub(crate) use body::BodyReader;
pub(crate) use client::Expected;
pub(crate) use head::HeadReader;
pub(crate) use head_rules::HeadRules;
pub(crate) use refusal::{encode_refusal, encode_status};
pub(crate) use upgrade::{Upgrade, check_request};
pub(crate) use verdict::{Verdict, check_response};
