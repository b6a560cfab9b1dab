//! The rules that a complete response head must keep (§4.1).

use super::body::BodyReader;
use super::client::Expected;
use super::extensions::{DeflateParameters, check_answer};
use super::grammar::elements;
use super::known_headers::{Known, KnownHeaders};
use super::start_line::StatusLine;
use super::subprotocols::Subprotocols;
use crate::{Leniency, ProtocolError};

/// The kind of response that a head begins.
#[derive(Debug)]
pub(crate) enum ResponseKind {
    /// A 101: the WebSocket is open, with compression if there are parameters. Frames follow.
    Accepted(Option<DeflateParameters>),
    /// An interim response (1xx): another head follows. The caller limits their number.
    Interim,
    /// A refusal: there is no WebSocket. The body, which the reader is for, may say why.
    Refused(BodyReader),
}

/// Checks a head that [`HeadReader`](super::HeadReader) has read. `used` notes which leniencies it
/// needed.
pub(crate) fn check_response(
    head: &[u8],
    expected: &Expected,
    leniency: Leniency,
    used: &mut Leniency,
) -> Result<ResponseKind, ProtocolError> {
    let headers = KnownHeaders::check(head)?;
    let StatusLine { minor_version, status, .. } = StatusLine::of_head(head);
    match status {
        101 if minor_version == 0 => Err(ProtocolError::BadStatusLine),
        101 => check_agreement(&headers, expected, leniency, used).map(ResponseKind::Accepted),
        100..=199 => Ok(ResponseKind::Interim),
        _ => Ok(ResponseKind::Refused(BodyReader::new(status, headers.all()))),
    }
}

/// Checks a 101. Headers about a body are ignored, as a 101 has none (RFC 9112 §6.3).
fn check_agreement(
    headers: &KnownHeaders<'_>,
    expected: &Expected,
    leniency: Leniency,
    used: &mut Leniency,
) -> Result<Option<DeflateParameters>, ProtocolError> {
    check_upgrade(headers)?;
    // §4.1 (4), §11.3.3: there is one accept value, and it is the digest of the key.
    if headers.only(Known::Accept) != Some(expected.accept.as_slice()) {
        return Err(ProtocolError::WrongAccept);
    }
    let lists = headers.list(Known::Extensions, leniency, used);
    let agreed = check_answer(lists, &expected.deflate_offers, leniency, used)?;
    check_subprotocol(headers.list(Known::Subprotocols, leniency, used), &expected.subprotocols)?;
    Ok(agreed)
}

/// §4.1 (2, 3): `Upgrade` lists `websocket` alone, and `Connection` lists `Upgrade`.
fn check_upgrade(headers: &KnownHeaders<'_>) -> Result<(), ProtocolError> {
    let mut protocols = headers.get_all(Known::Upgrade).flat_map(elements);
    let alone = protocols.all(|protocol| protocol.eq_ignore_ascii_case(b"websocket"));
    let confirmed =
        headers.lists(Known::Upgrade, "websocket") && headers.lists(Known::Connection, "Upgrade");
    if alone && confirmed { Ok(()) } else { Err(ProtocolError::UpgradeNotConfirmed) }
}

/// §4.1 (6), §11.3.4: there is no subprotocol, or one header with one of those offered.
pub(super) fn check_subprotocol<'b>(
    mut values: impl Iterator<Item = &'b [u8]>,
    offered: &Subprotocols,
) -> Result<(), ProtocolError> {
    let (chosen, second) = (values.next(), values.next());
    let is_offered = |name| offered.contains(name);
    if second.is_none() && chosen.is_none_or(|name| str::from_utf8(name).is_ok_and(is_offered)) {
        Ok(())
    } else {
        Err(ProtocolError::UnofferedSubprotocol)
    }
}
