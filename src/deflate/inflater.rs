//! Inflates the payload of a compressed message, piece by piece, to the message.

use super::Takeover;
use super::history::History;
use super::zlib::{Inflate, Inflated, Status};
use crate::handshake::WindowBits;
use crate::memory::NoMemory;

/// The memory of decompression, about 48 KiB. It can serve any connection.
pub(crate) type InflateContext = Inflate;

/// The length of the tail that senders remove from the end of each message (RFC 7692 §7.2.1).
const TAIL_LEN: usize = 4;

/// The tail, and the first byte of another block, which must not be consumed.
const TAIL_AND_MORE: [u8; TAIL_LEN + 1] = [0x00, 0x00, 0xFF, 0xFF, 0x00];

/// A block without content. It does not change a stream.
const EMPTY_BLOCK: [u8; 5] = [0x00, 0x00, 0x00, 0xFF, 0xFF];

/// The inflating side of one connection: call [`inflate`](Self::inflate) for each piece of a
/// message's payload, then [`finish`](Self::finish) when all output is taken. It uses no heap
/// before the first piece.
///
/// The history is kept here, beside the context, for three reasons: a stream that its sender
/// ended with a final block can be begun again with the history; the context can be taken away
/// between messages; and how far a message may reach back is judged by one rule, however input and
/// output are cut: 32 KiB within a message, and the agreed window into earlier ones.
pub(crate) struct Inflater {
    context: Option<InflateContext>,
    history: History,
    takeover: Takeover,
    stage: Stage,
    within_message: bool,
    drained: bool,
    restarts: Restarts,
}

/// A bound on how often messages go on after a final block. Each time a stream begins with all of
/// the history, which costs about as much as a kilobyte of ordinary payload, and a peer needs only
/// two bytes to ask for it. No peer needs many, so the number is bounded by the bytes received.
struct Restarts {
    count: u64,
    /// The payload of all messages so far, in bytes.
    payload_len: u64,
}

impl Restarts {
    /// How many restarts are allowed beyond one for every 16 bytes of payload.
    const ALLOWANCE: u64 = 1024;

    /// Counts a restart, and returns whether it is allowed.
    const fn try_restart(&mut self) -> bool {
        self.count += 1;
        self.count <= Self::ALLOWANCE + self.payload_len / 16
    }
}

/// Where the stream in the context is.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    /// The next byte begins a stream, which may refer to the history.
    NotBegun,
    /// The next byte continues the stream.
    Running,
    /// A final block of this message ended the stream.
    Ended,
    /// There was an error. This stage is never left.
    Corrupt,
}

/// What a call of [`Inflater::inflate`] did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    /// How many bytes of the input were consumed.
    pub(crate) consumed: usize,
    /// How many bytes of the output were written; valid even if the input after them is corrupt.
    pub(crate) produced: usize,
    pub(crate) outcome: Outcome,
}

/// What the caller has to do next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// Bring more input: all of it so far is consumed, and all that it gives is in the output.
    NeedsInput,
    /// Bring more room for output: it is full, and there may be more. The next output must not be
    /// empty.
    NeedsOutput,
    /// Go on with the next message: this one is complete.
    Complete,
    /// Fail the connection: RFC 7692 does not allow this payload. Later calls say the same.
    Corrupt,
    /// End the connection: there is no memory to go on with.
    NoMemory,
}

impl Inflater {
    /// Makes an inflater for a peer that compresses with `window` and `takeover`.
    pub(crate) const fn new(window: WindowBits, takeover: Takeover) -> Self {
        let history = History::new(window);
        Self {
            context: None,
            history,
            takeover,
            stage: Stage::NotBegun,
            within_message: false,
            drained: true,
            restarts: Restarts { count: 0, payload_len: 0 },
        }
    }

    /// Inflates a piece of the payload. The work is bounded by the lengths of input and output.
    pub(crate) fn inflate(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        self.within_message = true;
        if input.is_empty() && self.stage == Stage::Ended {
            return Step { consumed: 0, produced: 0, outcome: Outcome::NeedsInput };
        }
        let (mut consumed, mut produced) = (0, 0);
        loop {
            if self.stage == Stage::Ended && !self.restarts.try_restart() {
                self.stage = Stage::Corrupt;
            }
            let (input_left, output_left) = (&input[consumed..], &mut output[produced..]);
            let Ok(step) = self.call_zlib(input_left, output_left, Inflate::inflate) else {
                return Step { consumed, produced, outcome: Outcome::NoMemory };
            };
            consumed += step.consumed;
            produced += step.produced;
            self.restarts.payload_len += step.consumed as u64;
            let has_more = consumed < input.len() || produced == output.len();
            let outcome = match step.status {
                Status::Corrupt => Outcome::Corrupt,
                // A final block does not end the message: more blocks may follow.
                Status::StreamEnd if consumed < input.len() => continue,
                Status::StreamEnd => Outcome::NeedsInput,
                Status::Ok | Status::Stuck if has_more => Outcome::NeedsOutput,
                Status::Ok | Status::Stuck => Outcome::NeedsInput,
            };
            self.drained = outcome == Outcome::NeedsInput;
            return Step { consumed, produced, outcome };
        }
    }

    /// Whether all output of the input so far was taken. If not, [`inflate`](Self::inflate) gives
    /// the rest, without more input.
    pub(crate) const fn is_drained(&self) -> bool {
        self.drained
    }

    /// Uses a context that no other connection needs now, if this one has none. Without one, the
    /// next message makes its own.
    pub(crate) fn lend_context(&mut self, lend: impl FnOnce() -> Option<InflateContext>) {
        if self.context.is_none() {
            self.context = lend();
        }
    }

    /// Takes the context away between messages; returns `None` within a message, and if there is no
    /// context. Frees the history as well, if the next message may not refer to it.
    pub(crate) fn take_context(&mut self) -> Option<InflateContext> {
        if self.within_message {
            return None;
        }
        if self.takeover == Takeover::Off {
            self.history.release();
        }
        self.stage = Stage::NotBegun;
        self.context.take()
    }

    /// The memory of the history, in bytes.
    #[cfg(test)]
    pub(crate) fn history_capacity(&self) -> usize {
        self.history.capacity()
    }

    /// Ends the message after the last piece of its payload and all of its output: the message is
    /// complete, or corrupt.
    ///
    /// A payload may end with a final block (RFC 7692 §7.2.3.4) without the zero byte that the RFC
    /// puts after it: zlib's `Z_FINISH` leaves nothing for the tail to complete.
    pub(crate) fn finish(&mut self) -> Outcome {
        if self.stage != Stage::Ended {
            match self.try_append_tail() {
                Ok(true) => {}
                Ok(false) => {
                    self.stage = Stage::Corrupt;
                    return Outcome::Corrupt;
                }
                Err(NoMemory) => return Outcome::NoMemory,
            }
        }
        self.within_message = false;
        let takeover = self.takeover == Takeover::On;
        if !takeover {
            self.history.clear();
        }
        // A context refers to the last 32 KiB. If the next message may not reach back that far, it
        // begins a new stream with the history.
        if !takeover || !self.history.has_max_window() || self.stage == Stage::Ended {
            self.stage = Stage::NotBegun;
        }
        Outcome::Complete
    }

    /// Appends the tail (RFC 7692 §7.2.2), and returns whether the last block ends with it, to the
    /// bit: otherwise the rest of the block would be found in the next message. The block that the
    /// tail completes is empty (§7.2.1), so there is no output.
    ///
    /// zlib does not say at which bit it is, so this is found out in two steps: told to stop at the
    /// ends of blocks, zlib leaves the byte after the tail; then it takes the whole of an empty
    /// block.
    fn try_append_tail(&mut self) -> Result<bool, NoMemory> {
        let mut consumed = 0;
        while consumed < TAIL_LEN {
            let rest = &TAIL_AND_MORE[consumed..];
            let step = self.call_zlib(rest, &mut [0], Inflate::inflate_block)?;
            consumed += step.consumed;
            if step.status != Status::Ok || step.produced > 0 || consumed > TAIL_LEN {
                return Ok(false);
            }
        }
        let step = self.call_zlib(&EMPTY_BLOCK, &mut [0], Inflate::inflate)?;
        Ok(match step.status {
            Status::StreamEnd => step.consumed == 0,
            Status::Ok => step.consumed == EMPTY_BLOCK.len(),
            Status::Stuck | Status::Corrupt => false,
        })
    }

    fn call_zlib(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        call: fn(&mut Inflate, &[u8], &mut [u8]) -> Inflated,
    ) -> Result<Inflated, NoMemory> {
        if self.stage == Stage::Corrupt {
            return Ok(Inflated { consumed: 0, produced: 0, status: Status::Corrupt });
        }
        let step = call(self.running_context()?, input, output);
        self.history.push(&output[..step.produced])?;
        match step.status {
            Status::StreamEnd => self.stage = Stage::Ended,
            Status::Ok | Status::Stuck => {}
            Status::Corrupt => self.stage = Stage::Corrupt,
        }
        Ok(step)
    }

    /// Makes a context if there is none, and begins a stream in it if none is running.
    fn running_context(&mut self) -> Result<&mut Inflate, NoMemory> {
        let context = match self.context.take() {
            Some(context) => context,
            None => Inflate::new()?,
        };
        let context = self.context.insert(context);
        if self.stage != Stage::Running {
            begin_stream(context, &self.history);
            self.stage = Stage::Running;
        }
        Ok(context)
    }
}

/// Begins a stream that may refer to the history. Whatever the context held before is forgotten,
/// even after an error or from another connection.
fn begin_stream(context: &mut Inflate, history: &History) {
    context.reset();
    for part in history.parts() {
        context.set_dictionary(part);
    }
}
