//! The rules that a complete request head must keep (§4.2.1).

use super::extensions::{DeflatePolicy, DeflateResponse, answer_offers};
use super::grammar::{is_subprotocol, is_token, parse_number, split_authority_with_zone};
use super::key::{accept_value, accept_value_of_any_length};
use super::known_headers::{Known, KnownHeaders};
use super::subprotocols::Subprotocols;
use crate::{Leniency, ProtocolError};

/// What is kept of a request that passed all checks, until it is answered.
#[derive(Clone, Debug)]
pub(crate) struct CheckedRequest {
    /// The value of `Sec-WebSocket-Accept` in the response.
    pub(super) accept: [u8; 28],
    /// The subprotocols that the client offers.
    pub(super) subprotocols: Subprotocols,
    /// The offer of permessage-deflate as the response accepts it, unless the application turns
    /// extensions off.
    pub(super) deflate: Option<DeflateResponse>,
}

/// Checks a head that [`HeadReader`](super::HeadReader) has read. Without a policy, no extension is
/// accepted. `used` notes which leniencies the head needed.
pub(crate) fn check_request(
    head: &[u8],
    policy: Option<&DeflatePolicy>,
    leniency: Leniency,
    used: &mut Leniency,
) -> Result<CheckedRequest, ProtocolError> {
    let headers = &KnownHeaders::check(head)?;
    check_host(headers)?;
    check_upgrade(headers)?;
    check_version(headers)?;
    let accept = check_key(headers, leniency, used)?;
    let subprotocols = check_subprotocols(headers, leniency, used)?;
    let lists = headers.list(Known::Extensions, leniency, used);
    let deflate = answer_offers(lists, policy)?;
    check_body(headers)?;
    Ok(CheckedRequest { accept, subprotocols, deflate })
}

/// Whether a head is that of a request for something other than a WebSocket. Such a request has no
/// body, as nobody would read it.
///
/// # Errors
///
/// The request breaks a rule that holds for every request.
pub(crate) fn is_other_request(head: &[u8]) -> Result<bool, ProtocolError> {
    let headers = &KnownHeaders::check(head)?;
    check_host(headers)?;
    if asks_for_websocket(headers) {
        return Ok(false);
    }
    check_body(headers).map(|()| true)
}

/// RFC 9112 §3.2: there is exactly one `Host`, even if the target is absolute.
pub(super) fn check_host(headers: &KnownHeaders<'_>) -> Result<(), ProtocolError> {
    let host = headers.only(Known::Host).and_then(|value| str::from_utf8(value).ok());
    host.and_then(split_authority_with_zone).map(drop).ok_or(ProtocolError::BadHost)
}

fn check_upgrade(headers: &KnownHeaders<'_>) -> Result<(), ProtocolError> {
    if asks_for_websocket(headers) { Ok(()) } else { Err(ProtocolError::NotAnUpgrade) }
}

/// §4.2.1: `Upgrade` lists `websocket` and `Connection` lists `Upgrade`, alone or among others.
pub(super) fn asks_for_websocket(headers: &KnownHeaders<'_>) -> bool {
    headers.lists(Known::Upgrade, "websocket") && headers.lists(Known::Connection, "Upgrade")
}

/// §4.2.1, §4.4: the version is 13. Another number from 0 to 255 without leading zeros is a version
/// that is not supported; anything else is malformed.
fn check_version(headers: &KnownHeaders<'_>) -> Result<(), ProtocolError> {
    match headers.only(Known::Version) {
        Some(b"13") => Ok(()),
        Some(version) if is_version(version) => Err(ProtocolError::UnsupportedVersion),
        Some(_) | None => Err(ProtocolError::BadVersion),
    }
}

fn is_version(text: &[u8]) -> bool {
    let is_canonical = text == b"0" || !text.starts_with(b"0");
    is_canonical && parse_number::<u8>(text).is_some()
}

/// §4.2.1 (5): there is exactly one key, and it is 16 bytes in base64.
fn check_key(
    headers: &KnownHeaders<'_>,
    leniency: Leniency,
    used: &mut Leniency,
) -> Result<[u8; 28], ProtocolError> {
    let key = headers.only(Known::Key).and_then(|value| str::from_utf8(value).ok());
    let key = key.ok_or(ProtocolError::BadKey)?;
    if let Some(accept) = accept_value(key) {
        return Ok(accept);
    }
    let accept = accept_value_of_any_length(key).ok_or(ProtocolError::BadKey)?;
    used.any_key_length |= leniency.any_key_length;
    if leniency.any_key_length { Ok(accept) } else { Err(ProtocolError::BadKeyLength) }
}

/// §4.1 (10): the names of the subprotocols are distinct tokens.
fn check_subprotocols(
    headers: &KnownHeaders<'_>,
    leniency: Leniency,
    used: &mut Leniency,
) -> Result<Subprotocols, ProtocolError> {
    let lists = headers.list(Known::Subprotocols, leniency, used);
    if let Some(tokens) = Subprotocols::from_values(lists, is_token) {
        return Ok(tokens);
    }
    let lists = headers.list(Known::Subprotocols, leniency, used);
    let names =
        Subprotocols::from_values(lists, is_subprotocol).ok_or(ProtocolError::BadSubprotocols)?;
    used.any_subprotocol |= leniency.any_subprotocol;
    if leniency.any_subprotocol { Ok(names) } else { Err(ProtocolError::BadSubprotocolName) }
}

/// RFC 9112 §6.3: there is no body, since its bytes would be taken for frames.
pub(super) fn check_body(headers: &KnownHeaders<'_>) -> Result<(), ProtocolError> {
    let mut lengths = headers.get_all(Known::ContentLength);
    let is_empty = matches!((lengths.next(), lengths.next()), (None | Some(b"0"), None));
    let is_encoded = headers.get_all(Known::TransferEncoding).next().is_some();
    if is_empty && !is_encoded { Ok(()) } else { Err(ProtocolError::UnexpectedBody) }
}
