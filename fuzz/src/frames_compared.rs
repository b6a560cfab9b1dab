//! Any frames, received by this crate and by two others that share no code with it.

use arbitrary::Arbitrary;

use crate::wire::masked;

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    flags: u8,
    limit: u8,
    key: [u8; 4],
    /// Unmasked frames.
    bytes: &'b [u8],
}

impl Input<'_> {
    /// The fuzzer's bytes for these frames, for both roles.
    pub fn seeds(bytes: &[u8]) -> [Vec<u8>; 2] {
        [0, 1].map(|flags| [&[flags, 250, 0x37, 0xFA, 0x21, 0x3D], bytes].concat())
    }

    pub fn check(self) {
        // At least the longest control frame: limits are for messages, and others apply them to all.
        let limit = 125 + 4 * usize::from(self.limit);
        match self.flags & 3 {
            0 => differential::check(self.bytes, true, limit),
            1 => differential::check(&masked(self.bytes, self.key), false, limit),
            // Frames that the role may not receive are among these.
            _ => differential::check(self.bytes, self.flags & 4 == 0, limit),
        }
    }
}
