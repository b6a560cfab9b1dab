//! How input is cut into reads.

use std::fmt;

/// The reads from which on those of long input are longer than a byte.
const MANY: usize = 20_000;

/// One way to cut it. Nothing that happens may depend on it.
#[derive(Clone, Copy)]
pub(crate) enum Cuts {
    Whole,
    Bytes,
    /// At random places that follow from the seed.
    Random(u64),
}

impl Cuts {
    pub(crate) fn ways() -> impl Iterator<Item = Self> {
        [Self::Whole, Self::Bytes].into_iter().chain((0..8).map(Self::Random))
    }

    /// The reads in which these bytes come.
    pub(crate) fn cut(self, mut bytes: &[u8]) -> Vec<&[u8]> {
        let mut random = match self {
            Self::Whole => return vec![bytes],
            Self::Bytes => return bytes.chunks(1 + bytes.len() / MANY).collect(),
            Self::Random(seed) => Random((seed << 32 | bytes.len() as u64) + 1),
        };
        let short = 12 + 10 * bytes.len() / MANY;
        let mut reads = Vec::new();
        while !bytes.is_empty() {
            let (read, rest) = bytes.split_at(random.up_to(bytes.len(), short));
            reads.push(read);
            bytes = rest;
        }
        reads
    }
}

impl fmt::Display for Cuts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::Bytes => f.write_str("byte by byte"),
            Self::Random(seed) => write!(f, "cut with seed {seed}"),
        }
    }
}

struct Random(u64);

impl Random {
    /// From 1 to `most`. Short reads are likelier, as they cut headers.
    fn up_to(&mut self, most: usize, short: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let most = if self.0 & 3 == 0 { most } else { most.min(short) };
        1 + (self.0 >> 8) as usize % most
    }
}
