//! The negotiation of extensions in `Sec-WebSocket-Extensions` (§9). Both sides agree on
//! permessage-deflate (RFC 7692) with its parameters, or on nothing. All other extensions are
//! unknown here.

mod list;
mod offer;
mod parameters;
mod policy;
mod window_bits;

pub use offer::DeflateOffer;
pub use parameters::DeflateParameters;
pub use policy::DeflatePolicy;
pub use window_bits::WindowBits;

pub(super) use list::Extensions;
pub(super) use offer::DeflateResponse;

use list::Extension;
use offer::read_response;

use crate::{Leniency, ProtocolError};

/// The name of the header that extensions are negotiated in.
pub(super) const NAME: &str = "Sec-WebSocket-Extensions";

/// The server's side: the response to the offers in the values of the header, if one of them is
/// acceptable. The grammar is checked even without a policy, so that an option of the server does
/// not decide whether a request is malformed.
pub(super) fn answer_offers<'b>(
    values: impl Iterator<Item = &'b [u8]>,
    policy: Option<&DeflatePolicy>,
) -> Result<Option<DeflateResponse>, ProtocolError> {
    let mut response = None;
    for_each_extension(values, |extension| {
        // RFC 7692 §5.1: the first acceptable offer wins, in the client's order.
        response = response.or_else(|| policy?.answer(&DeflateOffer::read(extension)?));
        Ok(())
    })?;
    Ok(response)
}

/// The client's side: the parameters that the response agrees to, if any. `values` are the values
/// of the header in the response.
pub(super) fn check_answer<'b>(
    values: impl Iterator<Item = &'b [u8]>,
    offers: &[DeflateOffer],
    leniency: Leniency,
    used: &mut Leniency,
) -> Result<Option<DeflateParameters>, ProtocolError> {
    let mut agreed = None;
    for_each_extension(values, |extension| {
        // §4.1 (5): the server may use only what the client offered.
        if offers.is_empty() || !DeflateOffer::is_named(extension) {
            return Err(ProtocolError::UnofferedExtension);
        }
        let parameters = read_response(extension)
            .and_then(|response| agree(offers, &response, leniency, used))
            .ok_or(ProtocolError::BadDeflateResponse)?;
        match agreed.replace(parameters) {
            None => Ok(()),
            Some(_) => Err(ProtocolError::BadDeflateResponse),
        }
    })?;
    Ok(agreed)
}

/// The parameters that a response and the offers agree to. As a response does not say which offer
/// it answers, the client keeps the promises of every offer that it could answer.
fn agree(
    offers: &[DeflateOffer],
    response: &DeflateResponse,
    leniency: Leniency,
    used: &mut Leniency,
) -> Option<DeflateParameters> {
    let stated = DeflateParameters::of_response(response);
    let confirmed = offers.iter().filter(|offer| stated.confirm(offer));
    agree_to_any(confirmed, response).or_else(|| {
        let agreed = agree_to_any(offers.iter(), response)?;
        used.unconfirmed_deflate |= leniency.unconfirmed_deflate;
        leniency.unconfirmed_deflate.then_some(agreed)
    })
}

fn agree_to_any<'o>(
    offers: impl Iterator<Item = &'o DeflateOffer>,
    response: &DeflateResponse,
) -> Option<DeflateParameters> {
    offers
        .filter_map(|offer| DeflateParameters::agreed_by(offer, response))
        .reduce(DeflateParameters::with_promises_of)
}

/// Calls `look` for every extension, in the lists of all values of the header (§11.3.2).
fn for_each_extension<'b>(
    values: impl Iterator<Item = &'b [u8]>,
    mut look: impl FnMut(Extension<'b>) -> Result<(), ProtocolError>,
) -> Result<(), ProtocolError> {
    let mut values = values.peekable();
    let mut is_empty = values.peek().is_some();
    for extension in values.flat_map(Extensions::new) {
        look(extension?)?;
        is_empty = false;
    }
    // RFC 9110 §5.6.1.2: a list has at least one element that is not empty.
    if is_empty { Err(ProtocolError::BadExtensions) } else { Ok(()) }
}
