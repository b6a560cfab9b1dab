//! Random numbers that a seed determines.

pub(crate) struct Random(u64);

impl Random {
    /// The numbers of one participant of a round, which differ from those of the others.
    pub(crate) fn new(seed: u64, who: u64) -> Self {
        let mut mixed = (seed << 4 | who).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Self((mixed ^ (mixed >> 27)) | 1)
    }

    /// A number from 0 to below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 8) as usize % bound
    }

    /// True once in `times` calls, on average.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn one_of(&mut self, choices: &[usize]) -> usize {
        choices[self.below(choices.len())]
    }
}
