//! Ways to cut the input into reads.

use std::fmt;

use websocket_proto::Incoming;

/// The most reads of one byte. Longer input is cut into longer reads.
const MAX_READS: usize = 20_000;

/// A way to cut the input. What happens must not depend on it.
#[derive(Clone, Copy)]
pub(crate) enum Cuts {
    Whole,
    Bytes,
    /// Cut at random places that the seed determines.
    Random(u64),
    /// Read to a window of this length, as much at a time as it has room for; the other ways push
    /// what was read.
    Window(usize),
}

impl Cuts {
    pub(crate) fn ways() -> impl Iterator<Item = Self> {
        [Self::Whole, Self::Bytes]
            .into_iter()
            .chain((0..8).map(Self::Random))
            .chain([1, 16, 1 << 10].map(Self::Window))
    }

    /// The receive memory to read into.
    pub(crate) const fn incoming(self) -> Incoming {
        match self {
            Self::Window(len) => Incoming::with_window(len),
            Self::Whole | Self::Bytes | Self::Random(_) => Incoming::new(),
        }
    }

    /// The reads into which the bytes are cut.
    pub(crate) fn cut(self, mut bytes: &[u8]) -> Vec<&[u8]> {
        let mut random = match self {
            Self::Whole | Self::Window(_) => return vec![bytes],
            Self::Bytes => return bytes.chunks(1 + bytes.len() / MAX_READS).collect(),
            Self::Random(seed) => Random((seed << 32 | bytes.len() as u64) + 1),
        };
        let short = 12 + 10 * bytes.len() / MAX_READS;
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
            Self::Window(len) => write!(f, "with a window of {len}"),
        }
    }
}

struct Random(u64);

impl Random {
    /// A number from 1 to `most`. Those up to `short` are likelier, as short reads cut headers.
    fn up_to(&mut self, most: usize, short: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let most = if self.0 & 3 == 0 { most } else { most.min(short) };
        1 + (self.0 >> 8) as usize % most
    }
}
