//! Receiving: the payload of a compressed message, piece by piece, becomes the message.

use alloc::boxed::Box;

use zlib_rs::{Inflate, InflateError, InflateFlush, Status};

use super::history::History;
use crate::handshake::WindowBits;

/// The memory of decompression, about 48 KiB; any may serve any connection.
pub(crate) type InflateContext = Box<Inflate>;

/// What a sender took off the end of each message (RFC 7692 §7.2.1).
const TAIL: usize = 4;

/// The tail, and the first byte of another block, which has to be left over.
const TAIL_AND_MORE: [u8; TAIL + 1] = [0x00, 0x00, 0xFF, 0xFF, 0x00];

/// A block without content that leaves a stream as it was.
const EMPTY_BLOCK: [u8; 5] = [0x00, 0x00, 0x00, 0xFF, 0xFF];

/// The inflating side of one connection: [`inflate`](Self::inflate) for each piece of a message's
/// payload, then [`finish`](Self::finish) until it is complete. No heap before the first piece.
///
/// The history is kept here, beside the context, for three reasons: a stream that its sender
/// ended (a final block) can be begun again with it, the context can be taken away between messages, and
/// how far a message reaches back is judged by one rule, which is no matter of how input and
/// output are cut: within a message 32 KiB, into earlier ones the window that was agreed on.
pub(crate) struct Inflater {
    context: Option<InflateContext>,
    history: History,
    takeover: bool,
    stage: Stage,
    within_message: bool,
    drained: bool,
    restarts: Restarts,
}

/// A message that goes on behind a final block begins a stream with all of the history, which
/// costs about as much as a kilobyte of ordinary payload and takes two bytes to ask for. Nobody
/// has to; this bounds the work by the bytes received.
struct Restarts {
    count: u64,
    /// The payload so far, of all messages.
    payload: u64,
}

impl Restarts {
    /// How many there may be beyond one for every 16 bytes of payload.
    const ALLOWANCE: u64 = 1024;

    /// Whether one more is allowed.
    const fn one_more(&mut self) -> bool {
        self.count += 1;
        self.count <= Self::ALLOWANCE + self.payload / 16
    }
}

/// Where the stream in the context is.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    /// The next byte begins a stream, which may refer to the history.
    Anew,
    /// The next byte goes on in the context.
    Running,
    /// Behind a final block of this message.
    Ended,
    /// Behind an error; stays.
    Corrupt,
}

/// What a call came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    /// In bytes of the input.
    pub(crate) consumed: usize,
    /// In bytes of the output, valid also if the input behind them is corrupt.
    pub(crate) produced: usize,
    pub(crate) outcome: Outcome,
}

/// What the caller has to do next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// All input is consumed, and all that it gives is in the output.
    NeedsInput,
    /// The output is full and there may be more of it; the next output must not be empty.
    NeedsOutput,
    /// The message is complete.
    Complete,
    /// The payload is not what RFC 7692 allows: the connection fails. Stays.
    Corrupt,
}

/// One call of the context.
struct Run {
    consumed: usize,
    produced: usize,
    status: Result<Status, InflateError>,
}

impl Inflater {
    /// For a peer that compresses with `window`; with `takeover`, messages may refer to earlier ones.
    pub(crate) const fn new(window: WindowBits, takeover: bool) -> Self {
        let history = History::new(window);
        Self {
            context: None,
            history,
            takeover,
            stage: Stage::Anew,
            within_message: false,
            drained: true,
            restarts: Restarts { count: 0, payload: 0 },
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
            if self.stage == Stage::Ended && !self.restarts.one_more() {
                self.stage = Stage::Corrupt;
            }
            let run = self.run(&input[consumed..], &mut output[produced..], InflateFlush::NoFlush);
            consumed += run.consumed;
            produced += run.produced;
            self.restarts.payload += run.consumed as u64;
            let outcome = match run.status {
                Err(_) => Outcome::Corrupt,
                // A final block does not end the message: more blocks may follow.
                Ok(Status::StreamEnd) if consumed < input.len() => continue,
                Ok(Status::StreamEnd) => Outcome::NeedsInput,
                Ok(_) if consumed < input.len() || produced == output.len() => Outcome::NeedsOutput,
                Ok(_) => Outcome::NeedsInput,
            };
            self.drained = outcome == Outcome::NeedsInput;
            return Step { consumed, produced, outcome };
        }
    }

    /// Whether all that the input so far gives is in the output. If not,
    /// [`inflate`](Self::inflate) gives the rest of it, without more input.
    pub(crate) const fn is_drained(&self) -> bool {
        self.drained
    }

    /// Uses a context that somebody else has no use for, if there is none here. Without one, the
    /// next message makes its own.
    pub(crate) fn lend_context(&mut self, lend: impl FnOnce() -> Option<InflateContext>) {
        if self.context.is_none() {
            self.context = lend();
        }
    }

    /// Takes the context away between messages; `None` within one, and if there is none. Memory
    /// that the next message does not need is given back as well.
    pub(crate) fn take_context(&mut self) -> Option<InflateContext> {
        if self.within_message {
            return None;
        }
        if !self.takeover {
            self.history.release();
        }
        self.stage = Stage::Anew;
        self.context.take()
    }

    /// The memory in bytes, without the context.
    #[cfg(test)]
    pub(crate) fn heap(&self) -> usize {
        self.history.heap()
    }

    /// Ends the message behind the last piece of its payload and all of its output: it is complete,
    /// or corrupt.
    ///
    /// A final block (RFC 7692 §7.2.3.4) may be the very end of the payload, without the zero
    /// byte that the RFC has behind it: zlib's `Z_FINISH` leaves nothing for the tail to complete.
    pub(crate) fn finish(&mut self) -> Outcome {
        if self.stage != Stage::Ended && !self.takes_tail() {
            self.stage = Stage::Corrupt;
            return Outcome::Corrupt;
        }
        self.within_message = false;
        if !self.takeover {
            self.history.clear();
        }
        // A context holds 32 KiB; if that is more than the next message may refer to, it begins anew.
        if !self.takeover || !self.history.is_whole() || self.stage == Stage::Ended {
            self.stage = Stage::Anew;
        }
        Outcome::Complete
    }

    /// Appends the tail (RFC 7692 §7.2.2). The last block has to end with it, to the bit, or the
    /// rest would be found in the next message. The tail's own block is empty (§7.2.1): no output.
    ///
    /// The context tells no position, so it is found out: told to stop at the ends of blocks, it
    /// leaves the byte behind the tail; then an empty block fits in whole.
    fn takes_tail(&mut self) -> bool {
        let mut consumed = 0;
        while consumed < TAIL {
            let run = self.run(&TAIL_AND_MORE[consumed..], &mut [0], InflateFlush::Block);
            consumed += run.consumed;
            if run.status != Ok(Status::Ok) || run.produced > 0 || consumed > TAIL {
                return false;
            }
        }
        let run = self.run(&EMPTY_BLOCK, &mut [0], InflateFlush::NoFlush);
        match run.status {
            Ok(Status::StreamEnd) => run.consumed == 0,
            status => status == Ok(Status::Ok) && run.consumed == EMPTY_BLOCK.len(),
        }
    }

    fn run(&mut self, input: &[u8], output: &mut [u8], flush: InflateFlush) -> Run {
        if self.stage == Stage::Corrupt {
            return Run { consumed: 0, produced: 0, status: Err(InflateError::DataError) };
        }
        let context = self.running();
        let (read, written) = (context.total_in(), context.total_out());
        let status = context.decompress(input, output, flush);
        let consumed = (context.total_in() - read) as usize;
        let produced = (context.total_out() - written) as usize;
        self.history.push(&output[..produced]);
        match status {
            Ok(Status::StreamEnd) => self.stage = Stage::Ended,
            Ok(_) => {}
            Err(_) => self.stage = Stage::Corrupt,
        }
        Run { consumed, produced, status }
    }

    /// The context, with the stream begun.
    fn running(&mut self) -> &mut Inflate {
        // Always of 15 bits: zlib-rs has no smaller ones, and it is what makes D14 one verdict.
        let context = self
            .context
            .get_or_insert_with(|| Box::new(Inflate::new(false, WindowBits::MAX.bits())));
        if self.stage != Stage::Running {
            begin(context, &self.history);
            self.stage = Stage::Running;
        }
        context
    }
}

/// Whatever the context held is gone, also what an error or another connection left.
fn begin(context: &mut Inflate, history: &History) {
    context.reset(false);
    for part in history.parts() {
        let taken = context.set_dictionary(part);
        debug_assert!(taken.is_ok(), "streams without a header take one at any time");
    }
}
