//! The sizes of the windows that permessage-deflate compresses with (RFC 7692 §7.1.2).

use core::fmt;

use super::list::Value;

/// The size of an LZ77 sliding window, as the base-2 logarithm of its length in bytes: from 8 (256
/// bytes) to 15 (32 KiB) (RFC 7692 §7.1.2). The default is 15.
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
    /// 8 bits, a window of 256 bytes.
    ///
    /// Every side can decompress messages with this window. zlib and what is derived from it cannot
    /// compress with it; a side that is held to it sends its messages uncompressed.
    pub const MIN: Self = Self(8);

    /// 15 bits, a window of 32 KiB, which applies if no window is negotiated.
    pub const MAX: Self = Self(15);

    /// The smallest window that this crate can compress with.
    pub(super) const SMALLEST_SENT: Self = Self(9);

    /// A window of `bits` bits; `None` unless `bits` is from 8 to 15.
    pub const fn new(bits: u8) -> Option<Self> {
        match bits {
            8..=15 => Some(Self(bits)),
            _ => None,
        }
    }

    /// The number of bits, from 8 to 15.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The length of the window in bytes, from 256 to 32,768.
    pub const fn window(self) -> usize {
        1 << self.0
    }

    /// Reads a decimal number without leading zeros (RFC 7692 §7.1.2.1).
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

/// The number of bits.
impl fmt::Display for WindowBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
