//! Decompression as the reader of frames uses it.

use core::ops::RangeInclusive;

use super::{Deflate, DeflateContexts, Direction, Inflater, Outcome, Step};
use crate::memory::{Assembly, NoMemory};

/// How much a message grows at once, in bytes. Much, as zlib's fast loop stops 258 bytes before
/// the end of its output, and references to the output of an earlier call take a slower path.
const GROWTH: RangeInclusive<usize> = 512..=256 << 10;

/// How many times as long as its payload a message is expected to be. A smaller value costs another
/// call of zlib, a larger one the clearing of memory.
const EXPECTED_RATIO: usize = 8;

/// How much room there is at once for output that is still due after the last piece of a payload,
/// in bytes.
const LEFTOVER_ROOM: usize = 256;

/// How many bytes are inflated from one pause to the next: about a millisecond of work.
const PAUSE_INTERVAL: usize = 256 << 10;

/// What is done without memory.
const NO_MEMORY: Step = Step { consumed: 0, produced: 0, outcome: Outcome::NoMemory };

/// The inflating side of a connection, and how far the current message has come.
pub(crate) struct Decompressor {
    inflater: Inflater,
    message_len: u64,
    /// How many bytes were inflated since the last pause.
    since_pause: usize,
    /// The end of the message was found. It may be asked for again, after the last chunk.
    complete: bool,
    keep_context: bool,
}

/// What inflating a piece of a payload did.
pub(crate) struct Inflated {
    /// How many bytes of the piece were consumed.
    pub(crate) consumed: usize,
    pub(crate) outcome: Outcome,
    /// The message is one byte longer than the limit.
    pub(crate) too_long: bool,
}

impl Decompressor {
    pub(super) const fn new(peer: Direction, config: &Deflate) -> Self {
        Self {
            inflater: Inflater::new(peer.window, peer.takeover),
            message_len: 0,
            since_pause: 0,
            complete: false,
            keep_context: config.keep_contexts,
        }
    }

    pub(crate) fn begin_message(&mut self) {
        (self.message_len, self.complete) = (0, false);
    }

    /// The inflated length of the message so far, in bytes.
    pub(crate) const fn message_len(&self) -> u64 {
        self.message_len
    }

    /// Returns whether a pause is due. If so, the caller takes it, and the next one is due after
    /// another interval.
    pub(crate) fn take_due_pause(&mut self) -> bool {
        let due = self.since_pause >= PAUSE_INTERVAL;
        if due {
            self.since_pause = 0;
        }
        due
    }

    /// Inflates a piece of the payload, or the beginning of it, and appends the output to
    /// `message`. The whole message, of which `message` may be the end, is inflated to at most one
    /// byte beyond `limit`.
    pub(crate) fn inflate(&mut self, input: &[u8], message: &mut Assembly, limit: u64) -> Inflated {
        let max_growth = self.max_growth(limit);
        let wanted = output_room(input.len(), message.len()).min(max_growth);
        let Ok(room) = try_reserve_spare(message, wanted, max_growth) else {
            return self.count_output(NO_MEMORY, limit);
        };
        let step = self.inflater.inflate(input, message.spare_mut(room));
        message.commit(step.produced);
        self.count_output(step, limit)
    }

    /// Ends the message after the last piece of its payload. Call this until the outcome is
    /// [`Complete`](Outcome::Complete) or [`Corrupt`](Outcome::Corrupt); each call appends to
    /// `message` what output is still due.
    pub(crate) fn finish(&mut self, message: &mut Assembly, limit: u64) -> Inflated {
        if self.complete {
            return Inflated { consumed: 0, outcome: Outcome::Complete, too_long: false };
        }
        let mut step = Step { consumed: 0, produced: 0, outcome: Outcome::NeedsInput };
        if !self.inflater.is_drained() {
            step = self.inflate_leftover(message, limit);
        }
        if step.outcome == Outcome::NeedsInput {
            step.outcome = self.inflater.finish();
        }
        self.complete = step.outcome == Outcome::Complete;
        self.count_output(step, limit)
    }

    /// Appends output that is still due after the last piece of the payload. Usually there is none,
    /// so the message does not grow just to find that out.
    #[cold]
    fn inflate_leftover(&mut self, message: &mut Assembly, limit: u64) -> Step {
        let max_growth = self.max_growth(limit);
        let mut output = [0; LEFTOVER_ROOM];
        let step = self.inflater.inflate(&[], &mut output[..max_growth.min(LEFTOVER_ROOM)]);
        if step.produced > 0 {
            if try_reserve_spare(message, step.produced, max_growth).is_err() {
                return NO_MEMORY;
            }
            message.spare_mut(step.produced).copy_from_slice(&output[..step.produced]);
            message.commit(step.produced);
        }
        step
    }

    /// How many bytes the message may still grow by: up to one beyond the limit.
    fn max_growth(&self, limit: u64) -> usize {
        let left = usize::try_from(limit.saturating_sub(self.message_len)).unwrap_or(usize::MAX);
        left.saturating_add(1)
    }

    fn count_output(&mut self, step: Step, limit: u64) -> Inflated {
        self.message_len += step.produced as u64;
        self.since_pause += step.produced;
        let too_long = self.message_len > limit;
        Inflated { consumed: step.consumed, outcome: step.outcome, too_long }
    }

    pub(super) fn borrow_context(&mut self, contexts: &mut DeflateContexts) {
        self.inflater.lend_context(|| contexts.take_inflate());
    }

    /// Gives the context back between messages; the history is not in it.
    pub(super) fn return_context(&mut self, contexts: &mut DeflateContexts) {
        if !self.keep_context
            && let Some(context) = self.inflater.take_context()
        {
            contexts.put_inflate(context);
        }
    }

    pub(super) fn release_context(&mut self) {
        if !self.keep_context {
            self.inflater.take_context();
        }
    }
}

impl core::fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Decompressor")
            .field("message_len", &self.message_len)
            .finish_non_exhaustive()
    }
}

/// How much room to give to the output of a piece of `input_len` bytes, in a message that has
/// `message_len` bytes so far. All of the room is cleared first, so short pieces get little, even
/// if the message is long already.
pub(super) fn output_room(input_len: usize, message_len: usize) -> usize {
    input_len.saturating_mul(EXPECTED_RATIO).clamp(*GROWTH.start(), message_len.max(*GROWTH.end()))
}

/// Makes room for output by doubling the message's memory, but for at most `max_growth` bytes more
/// than the message has. Returns how much room to use: less than `wanted` where the spare memory
/// may turn out to be enough, so that it is tried before the memory grows.
fn try_reserve_spare(
    message: &mut Assembly,
    wanted: usize,
    max_growth: usize,
) -> Result<usize, NoMemory> {
    let spare = message.room();
    if spare >= wanted.min(*GROWTH.start()) {
        return Ok(spare.min(wanted));
    }
    message.try_reserve(message.len().max(wanted).min(max_growth))?;
    Ok(wanted)
}
