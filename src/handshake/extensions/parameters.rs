//! What permessage-deflate is agreed with (RFC 7692 §7.1).

use core::fmt;

use super::list::Value;
use super::offer::{DeflateOffer, DeflateResponse};

/// The size of an LZ77 sliding window as the logarithm to base 2 of its bytes, from 8 to 15
/// (RFC 7692 §7.1.2): 256 bytes to 32 KiB. The default is 15.
///
/// ```
/// use websocket_proto::handshake::WindowBits;
///
/// assert_eq!(WindowBits::new(10).map(WindowBits::window), Some(1024));
/// assert_eq!(WindowBits::new(16), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowBits(u8);

impl WindowBits {
    /// 8: a window of 256 bytes.
    ///
    /// A side can be held to it and read it. Deflaters that follow zlib cannot write raw deflate
    /// data with it; a side that has none that can sends its messages uncompressed.
    pub const MIN: Self = Self(8);

    /// 15: a window of 32 KiB, which is what counts if nothing is said.
    pub const MAX: Self = Self(15);

    /// The smallest window that there is a deflater for.
    pub(super) const SMALLEST_SENT: Self = Self(9);

    /// `None` unless `bits` is from 8 to 15.
    pub const fn new(bits: u8) -> Option<Self> {
        match bits {
            8..=15 => Some(Self(bits)),
            _ => None,
        }
    }

    /// From 8 to 15.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The window in bytes, from 256 to 32,768.
    pub const fn window(self) -> usize {
        1 << self.0
    }

    /// RFC 7692 §7.1.2.1: a decimal number without leading zeros.
    pub(super) fn read(value: Value<'_>) -> Option<Self> {
        let mut digits = value.bytes();
        match (digits.next(), digits.next(), digits.next()) {
            (Some(digit @ b'8'..=b'9'), None, _) => Some(Self(digit - b'0')),
            (Some(b'1'), Some(digit @ b'0'..=b'5'), None) => Some(Self(10 + digit - b'0')),
            _ => None,
        }
    }
}

impl Default for WindowBits {
    fn default() -> Self {
        Self::MAX
    }
}

impl fmt::Debug for WindowBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The number.
impl fmt::Display for WindowBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

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
