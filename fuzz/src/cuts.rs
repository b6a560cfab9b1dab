//! How input is cut into reads.

use arbitrary::Arbitrary;

/// The lengths of the reads, less one, in turns; 255 is all that is left.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) struct Cuts([u8; 4]);

impl Cuts {
    /// All in one read.
    pub(crate) const WHOLE: Self = Self([255; 4]);

    /// A read for each byte.
    pub(crate) const BYTES: Self = Self([0; 4]);

    /// Longer input than this is not cut into bytes, as that takes long.
    const LONG: usize = 600;

    /// These, and those that always count, for input of this length.
    pub(crate) fn ways(self, len: usize) -> impl Iterator<Item = Self> {
        let bytes = (len <= Self::LONG).then_some(Self::BYTES);
        [Self::WHOLE, self].into_iter().chain(bytes)
    }

    /// The reads in which these bytes come.
    pub(crate) fn cut(self, bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
        let (mut rest, mut lengths) = (bytes, self.0.into_iter().cycle());
        std::iter::from_fn(move || {
            let len = match lengths.next()? {
                255 => rest.len(),
                short => rest.len().min(usize::from(short) + 1),
            };
            let (part, behind) = rest.split_at(len);
            rest = behind;
            (!part.is_empty()).then_some(part)
        })
    }
}
