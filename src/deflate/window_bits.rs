//! The size of a window, as it is agreed on (RFC 7692 §7.1.2).

/// The base-2 logarithm of the size in bytes of an LZ77 window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct WindowBits(u8);

impl WindowBits {
    /// 8: 256 bytes.
    pub(crate) const MIN: Self = Self(8);
    /// 15: 32 KiB, what holds when nothing else was agreed on.
    pub(crate) const MAX: Self = Self(15);

    /// `None` unless `bits` is in 8 to 15.
    pub(crate) const fn new(bits: u8) -> Option<Self> {
        if bits >= Self::MIN.0 && bits <= Self::MAX.0 { Some(Self(bits)) } else { None }
    }

    /// 8 to 15.
    pub(crate) const fn get(self) -> u8 {
        self.0
    }
}
