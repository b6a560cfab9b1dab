//! Compressed messages as the reader of frames sees them.

use alloc::vec::Vec;

use super::{DeflateContexts, Inflater, Outcome, Step};
use crate::handshake::WindowBits;

/// How much a message grows at once, in bytes.
const GROWTH: core::ops::RangeInclusive<usize> = 256..=64 << 10;

/// The inflating side of a connection, with the message's length so far.
pub(crate) struct Decompressor {
    inflater: Inflater,
    /// The length of the message so far, inflated.
    len: u64,
    complete: bool,
    keep: bool,
}

/// What a piece of a payload gave.
pub(crate) struct Inflated {
    pub(crate) consumed: usize,
    pub(crate) outcome: Outcome,
    /// The message is longer by one byte than it may be.
    pub(crate) too_long: bool,
}

impl Decompressor {
    pub(super) const fn new(window: WindowBits, takeover: bool, keep: bool) -> Self {
        Self { inflater: Inflater::new(window, takeover), len: 0, complete: false, keep }
    }

    /// A message begins.
    pub(crate) fn begin(&mut self) {
        (self.len, self.complete) = (0, false);
    }

    /// Appends to `message` what a piece of the payload gives, or a part of it. No more than one
    /// byte beyond the `limit` of all the message is inflated.
    pub(crate) fn inflate(&mut self, input: &[u8], message: &mut Vec<u8>, limit: u64) -> Inflated {
        self.append(input.len(), message, limit, |inflater, output| inflater.inflate(input, output))
    }

    /// The same behind the last piece, until it is [complete](Outcome::Complete).
    pub(crate) fn finish(&mut self, message: &mut Vec<u8>, limit: u64) -> Inflated {
        if self.complete {
            return Inflated { consumed: 0, outcome: Outcome::Complete, too_long: false };
        }
        let inflated = self.append(0, message, limit, Inflater::finish);
        self.complete = inflated.outcome == Outcome::Complete;
        inflated
    }

    fn append(
        &mut self,
        input: usize,
        message: &mut Vec<u8>,
        limit: u64,
        inflate: impl FnOnce(&mut Inflater, &mut [u8]) -> Step,
    ) -> Inflated {
        let start = message.len();
        let most = usize::try_from(limit.saturating_sub(self.len)).unwrap_or(usize::MAX);
        let most = most.saturating_add(1);
        let wanted = input.saturating_mul(4).max(start).clamp(*GROWTH.start(), *GROWTH.end());
        let room = wanted.min(most);
        reserve(message, room, most);
        message.resize(start + room, 0);
        let step = inflate(&mut self.inflater, &mut message[start..]);
        message.truncate(start + step.produced);
        self.len += step.produced as u64;
        Inflated { consumed: step.consumed, outcome: step.outcome, too_long: self.len > limit }
    }

    pub(super) fn lend(&mut self, contexts: &mut DeflateContexts) {
        self.inflater.lend_context(|| contexts.inflate());
    }

    /// Gives the context back between messages, as the history is kept beside it.
    pub(super) fn take_back(&mut self, contexts: &mut DeflateContexts) {
        if !self.keep
            && let Some(context) = self.inflater.take_context()
        {
            contexts.keep_inflate(context);
        }
    }

    pub(super) fn release(&mut self) {
        if !self.keep {
            self.inflater.take_context();
        }
    }
}

impl core::fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Decompressor").field("len", &self.len).finish_non_exhaustive()
    }
}

/// Makes room by doubling, but for no more than `most` bytes behind what is there.
fn reserve(message: &mut Vec<u8>, room: usize, most: usize) {
    if message.capacity() - message.len() < room {
        message.reserve_exact(message.len().max(room).min(most));
    }
}
