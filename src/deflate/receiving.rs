//! Compressed messages as the reader of frames sees them.

use super::{DeflateContexts, Inflater, Outcome, Step};
use crate::handshake::WindowBits;
use crate::memory::Assembly;

/// How much a message grows at once, in bytes. Much, as zlib's fast loop stops 258 bytes before
/// the end of its output, and what refers to output of an earlier call takes a slower path.
const GROWTH: core::ops::RangeInclusive<usize> = 512..=256 << 10;

/// How many times as long as its payload a message is expected to be. Less costs another call,
/// more the clearing of memory.
const RATIO: usize = 8;

/// How much room there is at once for output that is left over at the end of a payload.
const REST: usize = 256;

/// After so many inflated bytes there is a pause: about a millisecond of work.
const PAUSE: usize = 256 << 10;

/// The inflating side of a connection, with the message's length so far.
pub(crate) struct Decompressor {
    inflater: Inflater,
    len: u64,
    /// What was inflated since the last pause, in bytes.
    since_pause: usize,
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
        let inflater = Inflater::new(window, takeover);
        Self { inflater, len: 0, since_pause: 0, complete: false, keep }
    }

    /// A message begins.
    pub(crate) fn begin(&mut self) {
        (self.len, self.complete) = (0, false);
    }

    /// The length of the message so far, inflated.
    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// Whether it is time for a pause, which is then taken.
    pub(crate) fn takes_pause(&mut self) -> bool {
        let pauses = self.since_pause >= PAUSE;
        if pauses {
            self.since_pause = 0;
        }
        pauses
    }

    /// Appends to `message` what a piece of the payload gives, or a part of it. No more than one
    /// byte beyond the `limit` of all the message is inflated.
    pub(crate) fn inflate(&mut self, input: &[u8], message: &mut Assembly, limit: u64) -> Inflated {
        let most = self.most(limit);
        let room = reserve(message, room(input.len(), message.len()).min(most), most);
        let step = self.inflater.inflate(input, message.spare_mut(room));
        message.commit(step.produced);
        self.count(step, limit)
    }

    /// The same behind the last piece, until it is [complete](Outcome::Complete).
    pub(crate) fn finish(&mut self, message: &mut Assembly, limit: u64) -> Inflated {
        if self.complete {
            return Inflated { consumed: 0, outcome: Outcome::Complete, too_long: false };
        }
        let mut step = Step { consumed: 0, produced: 0, outcome: Outcome::NeedsInput };
        if !self.inflater.is_drained() {
            step = self.inflate_rest(message, limit);
        }
        if step.outcome == Outcome::NeedsInput {
            step.outcome = self.inflater.finish();
        }
        self.complete = step.outcome == Outcome::Complete;
        self.count(step, limit)
    }

    /// What is left over behind all input, usually nothing: the message does not grow to find that
    /// out.
    #[cold]
    fn inflate_rest(&mut self, message: &mut Assembly, limit: u64) -> Step {
        let most = self.most(limit);
        let mut output = [0; REST];
        let step = self.inflater.inflate(&[], &mut output[..most.min(REST)]);
        if step.produced > 0 {
            reserve(message, step.produced, most);
            message.spare_mut(step.produced).copy_from_slice(&output[..step.produced]);
            message.commit(step.produced);
        }
        step
    }

    /// How many bytes the message may still grow by: up to one too many.
    fn most(&self, limit: u64) -> usize {
        let left = usize::try_from(limit.saturating_sub(self.len)).unwrap_or(usize::MAX);
        left.saturating_add(1)
    }

    fn count(&mut self, step: Step, limit: u64) -> Inflated {
        self.len += step.produced as u64;
        self.since_pause += step.produced;
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

/// The room for what a piece of the payload may give, behind so much of its message. All of it is
/// cleared first, so where little comes it is little: a message that is long already may come in
/// short pieces.
pub(super) fn room(input: usize, message: usize) -> usize {
    input.saturating_mul(RATIO).clamp(*GROWTH.start(), message.max(*GROWTH.end()))
}

/// Makes room by doubling, but for no more than `most` bytes behind what is there. Tells how much
/// to use: less than what is `wanted` before memory grows that may turn out to be enough.
fn reserve(message: &mut Assembly, wanted: usize, most: usize) -> usize {
    let spare = message.capacity() - message.len();
    if spare >= wanted.min(*GROWTH.start()) {
        return spare.min(wanted);
    }
    message.reserve(message.len().max(wanted).min(most));
    wanted
}
