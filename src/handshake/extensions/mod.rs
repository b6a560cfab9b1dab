//! What both sides agree on in `Sec-WebSocket-Extensions` (§9): permessage-deflate (RFC 7692) with
//! its parameters, or nothing. All other extensions are strangers.

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

use crate::ProtocolError;

/// The header that all of this is in.
pub(super) const NAME: &str = "Sec-WebSocket-Extensions";

/// The server's side: the response to what the values of the header offer, if any of it is
/// acceptable. The grammar is checked without a policy too, so that a request does not become good
/// or bad with an option.
pub(super) fn answer_offers<'b>(
    values: impl Iterator<Item = &'b [u8]>,
    policy: Option<&DeflatePolicy>,
) -> Result<Option<DeflateResponse>, ProtocolError> {
    let mut response = None;
    for_each(values, |extension| {
        // RFC 7692 §5.1: the first acceptable offer, in the client's order.
        response = response.or_else(|| policy?.answer(&DeflateOffer::read(extension)?));
        Ok(())
    })?;
    Ok(response)
}

/// The client's side: the parameters that the values of the header in a response agree to.
pub(super) fn check_answer<'b>(
    values: impl Iterator<Item = &'b [u8]>,
    offers: &[DeflateOffer],
) -> Result<Option<DeflateParameters>, ProtocolError> {
    let mut agreed = None;
    for_each(values, |extension| {
        // §4.1 (5)
        if offers.is_empty() || !DeflateOffer::is_named(extension) {
            return Err(ProtocolError::UnofferedExtension);
        }
        let parameters = read_response(extension)
            .and_then(|response| agree(offers, &response))
            .ok_or(ProtocolError::BadDeflateResponse)?;
        match agreed.replace(parameters) {
            None => Ok(()),
            Some(_) => Err(ProtocolError::BadDeflateResponse),
        }
    })?;
    Ok(agreed)
}

/// A response does not say which offer it answers, so a client keeps what it promised with every
/// one that fits.
fn agree(offers: &[DeflateOffer], response: &DeflateResponse) -> Option<DeflateParameters> {
    let fitting = offers.iter().filter_map(|offer| DeflateParameters::agreed(offer, response));
    fitting.reduce(DeflateParameters::with_both_promises)
}

/// Looks at every extension of a list over several headers (§11.3.2).
fn for_each<'b>(
    values: impl Iterator<Item = &'b [u8]>,
    mut look: impl FnMut(Extension<'b>) -> Result<(), ProtocolError>,
) -> Result<(), ProtocolError> {
    let mut values = values.peekable();
    let mut empty = values.peek().is_some();
    for extension in values.flat_map(Extensions::new) {
        look(extension?)?;
        empty = false;
    }
    // RFC 9110 §5.6.1.2: at least one element that is not empty.
    if empty { Err(ProtocolError::BadExtensions) } else { Ok(()) }
}
