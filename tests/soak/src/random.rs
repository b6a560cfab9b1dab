//! Random numbers that a seed determines.

pub(crate) struct Random(u64);

impl Random {
    /// The numbers of one connection, which differ from those of the others.
    pub(crate) fn new(seed: u64, connection: u64) -> Self {
        let mixed = seed.rotate_left(32) ^ connection.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Self((mixed ^ (mixed >> 32)) | 1)
    }

    /// A number from 0 to below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }
}
