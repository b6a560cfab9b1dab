//! One DATA frame of HTTP/2 for what is written together.

use std::borrow::Cow;
use std::io::IoSlice;

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
