//! The rules for a complete request head (§4.2.1).

use super::extensions::{self, DeflatePolicy, DeflateResponse};
use super::grammar::{parse_number, split_authority};
use super::headers::{Headers, check_headers};
use super::key::accept_value;
use super::subprotocols::Subprotocols;
use crate::ProtocolError;

/// What is kept of a good request until it is answered.
#[derive(Clone, Debug)]
pub(crate) struct CheckedRequest {
    pub(super) accept: [u8; 28],
    pub(super) subprotocols: Subprotocols,
    /// What is said of extensions, unless the application turns them off.
    pub(super) deflate: Option<DeflateResponse>,
}

/// Checks a head whose lines [`HeadReader`](super::HeadReader) passed. Without a policy, no
/// extension is agreed to.
pub(crate) fn check_request(
    head: &[u8],
    policy: Option<&DeflatePolicy>,
) -> Result<CheckedRequest, ProtocolError> {
    let headers = check_headers(head)?;
    check_host(headers)?;
    check_upgrade(headers)?;
    check_version(headers)?;
    let accept = check_key(headers)?;
    let subprotocols = Subprotocols::from_values(headers.get_all("Sec-WebSocket-Protocol"))
        .ok_or(ProtocolError::BadSubprotocols)?;
    let deflate = extensions::answer_offers(headers.get_all(extensions::NAME), policy)?;
    check_body(headers)?;
    Ok(CheckedRequest { accept, subprotocols, deflate })
}

/// RFC 9112 §3.2: exactly one `Host`, also with an absolute target.
fn check_host(headers: Headers<'_>) -> Result<(), ProtocolError> {
    let host = headers.only("Host").and_then(|value| str::from_utf8(value).ok());
    host.and_then(split_authority).map(drop).ok_or(ProtocolError::BadHost)
}

/// §4.2.1: `Upgrade` names `websocket` and `Connection` names `Upgrade`, among others or alone.
fn check_upgrade(headers: Headers<'_>) -> Result<(), ProtocolError> {
    let agreed = headers.lists("Upgrade", "websocket") && headers.lists("Connection", "Upgrade");
    if agreed { Ok(()) } else { Err(ProtocolError::NotAnUpgrade) }
}

/// §4.2.1, §4.4: 13, or another number from 0 to 255 without leading zeros.
fn check_version(headers: Headers<'_>) -> Result<(), ProtocolError> {
    match headers.only("Sec-WebSocket-Version") {
        Some(b"13") => Ok(()),
        Some(version) if is_version(version) => Err(ProtocolError::UnsupportedVersion),
        Some(_) | None => Err(ProtocolError::BadVersion),
    }
}

fn is_version(text: &[u8]) -> bool {
    let shortest = text == b"0" || !text.starts_with(b"0");
    shortest && parse_number::<u8>(text).is_some()
}

fn check_key(headers: Headers<'_>) -> Result<[u8; 28], ProtocolError> {
    let key = headers.only("Sec-WebSocket-Key").and_then(|value| str::from_utf8(value).ok());
    key.and_then(accept_value).ok_or(ProtocolError::BadKey)
}

/// RFC 9112 §6.3: bytes of a body would be taken for frames.
fn check_body(headers: Headers<'_>) -> Result<(), ProtocolError> {
    let mut lengths = headers.get_all("Content-Length");
    let empty = matches!((lengths.next(), lengths.next()), (None | Some(b"0"), None));
    let chunked = headers.get("Transfer-Encoding").is_some();
    if empty && !chunked { Ok(()) } else { Err(ProtocolError::UnexpectedBody) }
}
