//! The opening handshake (§4): the client's request and the server's response, in HTTP/1.1.
//!
//! A server application receives a [`Request`] and answers with an [`Acceptance`] or a
//! [`Rejection`]. A client application sends a [`ClientRequest`] and receives a [`Response`]. The
//! header fields of the handshake itself are written and checked by this module alone; an
//! application cannot set them. The module `http` (feature `http`) offers the handshake in the types
//! of the `http` crate.
//!
//! # HTTP/2 and HTTP/3
//!
//! There, a WebSocket is a stream of a connection that may have others, and an Extended CONNECT opens
//! it (RFC 8441, RFC 9220). [`ExtendedOpening`] is the client's half of that handshake and
//! [`ExtendedConnect`] the server's half, as lists of headers for an HTTP stack of the application's
//! choice. The frames in the stream are those of HTTP/1.1:
//! [`Connection::established`](crate::Connection::established).
//!
//! The lists are the same in both versions. Whether a stack for HTTP/3 can carry them depends on
//! three things: it lets the server set `SETTINGS_ENABLE_CONNECT_PROTOCOL` (0x08) and tells the client
//! that it is set; it sends and receives the pseudo-header `:protocol` with the value `websocket`; and
//! after the response it leaves the stream open for data in both directions. `quiche` 0.30 does all of
//! this: it takes lists as they are, and has `h3::Config::enable_extended_connect` and
//! `h3::Connection::extended_connect_enabled_by_peer`. `h3` 0.0.8 does not: its type for `:protocol`
//! knows `webtransport` and `connect-udp` alone, so a client cannot send another value, and a server
//! takes a request that has one for malformed. In November 2026, no browser opens WebSockets over
//! HTTP/3 unless a switch is set, so a server needs HTTP/2 or HTTP/1.1 as well.
//!
//! Where the RFCs leave a choice, this module decides:
//!
//! - A header that may occur once and occurs twice is an error, even if the values are equal.
//! - A request target may have any visible ASCII but `#`, as browsers send much of it unescaped.
//! - A `Sec-WebSocket-Key` whose unused trailing bits are not zero is refused (RFC 4648 §3.5).
//! - HTTP/1.0 is answered with 505; HTTP/1.2 to HTTP/1.9 are treated as 1.1 (RFC 9110 §2.5).
//! - A request that does not ask for WebSocket is answered with 426, unless it is a health check
//!   ([`Config::health_check`](crate::Config::health_check)) or the application answers it
//!   ([`Config::other_requests`](crate::Config::other_requests)).
//! - `Expect: 100-continue` is ignored, because a request with a body is refused anyway.
//! - A repeated subprotocol is an error, and so are more than 128 subprotocols. A key of another length
//!   and a subprotocol that is no token are errors too, unless [`Leniency`](crate::Leniency) has them
//!   tolerated.
//! - A `Sec-WebSocket-Extensions` that breaks the grammar of §9.1 is an error on both sides, whether
//!   or not extensions are enabled. So is one that lists nothing, as well as a
//!   `Sec-WebSocket-Protocol`: RFC 9110 §5.6.1.2 has empty elements ignored, but a list of one or
//!   more has to have one ([`Leniency::empty_lists`](crate::Leniency::empty_lists)). A parameter whose
//!   value is missing, or would not be a token without its quotes, only makes its extension an unknown
//!   one.
//!
//! # Compression
//!
//! permessage-deflate (RFC 7692) is the only extension supported. It is off by default. A client
//! makes [`DeflateOffer`]s, a server has a [`DeflatePolicy`], and both arrive at the same
//! [`DeflateParameters`]:
//!
//! - The first acceptable offer wins, in the client's order. The server cannot compress with a
//!   window of 8 bits, so it declines offers that ask for one.
//! - A response states what the offer asked for and what differs from the default, and nothing
//!   else.
//! - A client whose offer does not let the server ask for a smaller window keeps its 15 bits,
//!   unless [`DeflatePolicy::requires_client_max_window_bits`] makes the server decline that offer.
//! - A client fails a handshake whose response answers none of its offers. As a response does not
//!   say which offer it answers, the client keeps the promises of every offer that it could answer.

mod acceptance;
mod agreed;
mod answer_error;
mod body;
mod check_request;
mod check_response;
mod client;
mod client_in_place;
mod custom_headers;
mod error_response;
mod escaping;
mod extended_connect;
mod extended_opening;
mod extensions;
mod fields;
mod grammar;
mod head;
mod head_rules;
mod headers;
mod health_check;
#[cfg(feature = "http")]
pub mod http;
mod key;
mod known_headers;
mod origin;
pub mod proxy;
mod query;
mod redirect;
mod rejection;
mod request;
mod request_error;
mod response;
mod start_line;
mod subprotocols;
mod uri;

#[cfg(test)]
mod tests;

pub use acceptance::Acceptance;
pub use agreed::Agreed;
pub use answer_error::AnswerError;
pub use client::ClientRequest;
pub use extended_connect::{ExtendedConnect, ExtendedConnectError};
pub use extended_opening::{ExtendedOpening, ExtendedResponseError};
pub use extensions::{DeflateOffer, DeflateParameters, DeflatePolicy, WindowBits};
pub use headers::{Header, Headers, HeadersIter};
pub use key::accept_value;
pub use origin::{OriginList, OriginPolicy};
pub use rejection::Rejection;
pub use request::Request;
pub use request_error::RequestError;
pub use response::Response;
pub use uri::Uri;

pub(crate) use body::BodyReader;
pub(crate) use check_request::{CheckedRequest, check_request, is_other_request};
pub(crate) use check_response::{ResponseKind, check_response};
pub(crate) use client::Expected;
pub(crate) use error_response::{encode_error_response, encode_status_response};
#[cfg(feature = "h2")]
pub(crate) use extended_opening::response_head;
pub(crate) use head::HeadReader;
pub(crate) use head_rules::HeadRules;
pub(crate) use start_line::HealthCheck;
