//! One DATA frame for what is written together.

use std::borrow::Cow;
use std::io::IoSlice;

/// How many bytes one write may have. hyper keeps a copy of them until the peer takes them, however
/// few that are.
pub(super) const MAX_WRITE: usize = 1 << 16;

/// The first bytes of the pieces, `limit` at most. They are copied only if they are in several.
pub(super) fn gather<'p>(pieces: &'p [IoSlice<'_>], limit: usize) -> Cow<'p, [u8]> {
    let mut filled = pieces.iter().filter(|piece| !piece.is_empty());
    let first: &[u8] = filled.next().map_or(&[], |piece| piece);
    let second = filled.next();
    if first.len() >= limit || second.is_none() {
        return Cow::Borrowed(&first[..first.len().min(limit)]);
    }
    let mut gathered = Vec::with_capacity(limit.min(pieces.iter().map(|piece| piece.len()).sum()));
    for piece in pieces {
        let room = limit - gathered.len();
        gathered.extend_from_slice(&piece[..piece.len().min(room)]);
    }
    Cow::Owned(gathered)
}
