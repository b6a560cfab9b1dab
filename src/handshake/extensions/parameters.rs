//! The parameters of permessage-deflate that both sides agree on (RFC 7692 §7.1).

use core::fmt;

use super::offer::{DeflateOffer, DeflateResponse};
use super::window_bits::WindowBits;

/// The parameters that both sides agreed to use permessage-deflate with (RFC 7692 §7.1).
///
/// The default is what `permessage-deflate` means without parameters: both sides keep their windows
/// from message to message, and the windows have up to 32 KiB. If something other than this crate
/// negotiated, start from the default and change fields. The [`Display`](fmt::Display) form is the
/// element of `Sec-WebSocket-Extensions` that states them.
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

impl fmt::Display for DeflateParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stated = |bits: WindowBits| (bits != WindowBits::MAX).then_some(bits);
        DeflateResponse {
            server_no_context_takeover: self.server_no_context_takeover,
            client_no_context_takeover: self.client_no_context_takeover,
            server_max_window_bits: stated(self.server_max_window_bits),
            client_max_window_bits: stated(self.client_max_window_bits),
        }
        .fmt(f)
    }
}

impl DeflateParameters {
    /// The parameters that a response states. Those that it leaves out have their defaults.
    pub(in crate::handshake) fn of_response(response: &DeflateResponse) -> Self {
        Self {
            server_no_context_takeover: response.server_no_context_takeover,
            client_no_context_takeover: response.client_no_context_takeover,
            server_max_window_bits: response.server_max_window_bits.unwrap_or_default(),
            client_max_window_bits: response.client_max_window_bits.unwrap_or_default(),
        }
    }

    /// The parameters that the two agree on, if the response can be an answer to this offer. What
    /// the server was asked for and does not confirm is not in them.
    pub(super) fn agreed_by(offer: &DeflateOffer, response: &DeflateResponse) -> Option<Self> {
        let mut agreed = Self::of_response(response);
        // RFC 7692 §7.1.2.2: the server asks for a client window only if the client offered one.
        let asked = response.client_max_window_bits;
        let may_ask = asked.is_none_or(|asked| Some(asked) <= offer.client_max_window_bits);
        // The client keeps its promises even if the server does not confirm them.
        agreed.client_no_context_takeover |= offer.client_no_context_takeover;
        agreed.client_max_window_bits = asked.or(offer.client_max_window_bits).unwrap_or_default();
        may_ask.then_some(agreed)
    }

    /// Whether the server promises what the offer asks of it (RFC 7692 §7.1.1.1, §7.1.2.1).
    pub(super) fn confirm(&self, offer: &DeflateOffer) -> bool {
        self.server_no_context_takeover >= offer.server_no_context_takeover
            && self.server_max_window_bits <= offer.server_max_window_bits.unwrap_or_default()
    }

    /// These parameters, with the client also held to its promises in `other`.
    pub(super) fn with_promises_of(self, other: Self) -> Self {
        Self {
            client_no_context_takeover: self.client_no_context_takeover
                || other.client_no_context_takeover,
            client_max_window_bits: self.client_max_window_bits.min(other.client_max_window_bits),
            ..self
        }
    }
}
