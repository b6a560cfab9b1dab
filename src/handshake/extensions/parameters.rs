//! What permessage-deflate is agreed with (RFC 7692 §7.1).

use super::offer::{DeflateOffer, DeflateResponse};
use super::window_bits::WindowBits;

/// The parameters that both sides agreed to use permessage-deflate with (RFC 7692 §7.1).
///
/// The default is what `permessage-deflate` alone means: both sides keep their windows from
/// message to message, and these have up to 32 KiB. Where somebody else negotiated, start from it
/// and change fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DeflateParameters {
    /// The server begins each message with an empty window (RFC 7692 §7.1.1.1).
    pub server_no_context_takeover: bool,
    /// The client begins each message with an empty window (RFC 7692 §7.1.1.2).
    pub client_no_context_takeover: bool,
    /// The largest window that the server compresses with (RFC 7692 §7.1.2.1).
    pub server_max_window_bits: WindowBits,
    /// The largest window that the client compresses with (RFC 7692 §7.1.2.2).
    pub client_max_window_bits: WindowBits,
}

impl DeflateParameters {
    /// What a response says; what it leaves out has its default.
    pub(in crate::handshake) fn of(response: &DeflateResponse) -> Self {
        Self {
            server_no_context_takeover: response.server_no_context_takeover,
            client_no_context_takeover: response.client_no_context_takeover,
            server_max_window_bits: response.server_max_window_bits.unwrap_or_default(),
            client_max_window_bits: response.client_max_window_bits.unwrap_or_default(),
        }
    }

    /// What both agree to, if the response can be one to this offer.
    pub(super) fn agreed(offer: &DeflateOffer, response: &DeflateResponse) -> Option<Self> {
        let mut agreed = Self::of(response);
        // RFC 7692 §7.1.1.1, §7.1.2.1: what was asked of the server has to be confirmed.
        let confirmed = agreed.server_no_context_takeover >= offer.server_no_context_takeover
            && agreed.server_max_window_bits <= offer.server_max_window_bits.unwrap_or_default();
        // RFC 7692 §7.1.2.2: a client that offered no window cannot be asked for one.
        let asked = response.client_max_window_bits;
        let fits = asked.is_none_or(|asked| Some(asked) <= offer.client_max_window_bits);
        // What the client promised holds unconfirmed.
        agreed.client_no_context_takeover |= offer.client_no_context_takeover;
        agreed.client_max_window_bits = asked.or(offer.client_max_window_bits).unwrap_or_default();
        (confirmed && fits).then_some(agreed)
    }

    /// These, with the client held to what it promised in the others too.
    pub(super) fn with_both_promises(self, other: Self) -> Self {
        Self {
            client_no_context_takeover: self.client_no_context_takeover
                || other.client_no_context_takeover,
            client_max_window_bits: self.client_max_window_bits.min(other.client_max_window_bits),
            ..self
        }
    }
}
