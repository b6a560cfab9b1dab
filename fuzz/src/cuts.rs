//! Ways to cut the input into reads.

use arbitrary::Arbitrary;

/// The lengths of the reads, minus one, used in turn. 255 stands for the rest of the input.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) struct Cuts([u8; 4]);

impl Cuts {
    /// The whole input in one read.
    pub(crate) const WHOLE: Self = Self([255; 4]);

    /// One read for each byte.
    pub(crate) const BYTES: Self = Self([0; 4]);

    /// The longest input that is also read byte by byte, as that takes long.
    const MAX_LEN_BY_BYTES: usize = 600;

    /// The cuts to try with an input of this length: none, these, and byte by byte if it is short.
    pub(crate) fn variants(self, len: usize) -> Vec<Self> {
        let bytes = (len <= Self::MAX_LEN_BY_BYTES).then_some(Self::BYTES);
        [Self::WHOLE, self].into_iter().chain(bytes).collect()
    }

    /// A number by which a way is drawn for an input of this length.
    pub(crate) fn draw(self, len: usize) -> usize {
        self.0.into_iter().map(usize::from).sum::<usize>() + len
    }

    /// The reads into which the bytes are cut.
    pub(crate) fn reads(self, bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
        let (mut rest, mut lengths) = (bytes, self.0.into_iter().cycle());
        std::iter::from_fn(move || {
            let len = match lengths.next()? {
                255 => rest.len(),
                short => rest.len().min(usize::from(short) + 1),
            };
            let (part, after) = rest.split_at(len);
            rest = after;
            (!part.is_empty()).then_some(part)
        })
    }
}
