//! Sending: a message, piece by piece, becomes the payload of a compressed one.

use alloc::boxed::Box;
use alloc::vec::Vec;

use zlib_rs::{Deflate, DeflateFlush};

use super::Settings;

/// What a message does without (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// The header of an empty block, whose rest is the tail (RFC 7692 §7.2.3.6).
const EMPTY: u8 = 0x00;

/// How much the output grows at once, in bytes. More than six, or zlib repeats its flushes.
const STEP: core::ops::RangeInclusive<usize> = 64..=16 << 10;

/// The deflating side of one connection: [`compress`](Self::compress) for pieces of a message as
/// wanted, then [`finish`](Self::finish) with the last. No heap before the first byte.
///
/// What cannot be compressed grows by 6 bytes and, if it is long, by about 4 % at memory level 1
/// and half of that with each further one; at level 1, which stores nothing, by up to an eighth.
/// The output's memory grows in steps of at most 16 KiB beyond what is there.
pub(crate) struct Deflater {
    settings: Settings,
    takeover: bool,
    context: Option<Box<DeflateContext>>,
    /// What the context holds, if there is one, must not be referred to.
    anew: bool,
}

/// The memory of compression; serves any connection that has the same settings.
pub(crate) struct DeflateContext {
    deflate: Deflate,
    settings: Settings,
    /// What comes next refers to nothing before, without more ado.
    clean: bool,
}

impl DeflateContext {
    fn new(settings: Settings) -> Self {
        Self { deflate: Deflate::new_with_config(settings.config()), settings, clean: true }
    }

    /// What it was made with.
    pub(crate) const fn settings(&self) -> Settings {
        self.settings
    }
}

impl Deflater {
    /// Without `takeover`, no message refers to an earlier one.
    pub(crate) const fn new(settings: Settings, takeover: bool) -> Self {
        Self { settings, takeover, context: None, anew: true }
    }

    /// Appends to `output` what a piece of a message gives. All of it can be inflated before the
    /// next piece, for which each costs about 5 bytes.
    pub(crate) fn compress(&mut self, input: &[u8], output: &mut Vec<u8>) {
        // Twice flushed is once flushed.
        if !input.is_empty() {
            self.run(input, DeflateFlush::SyncFlush, output);
        }
    }

    /// Appends the last piece, which may be empty, and ends the message.
    pub(crate) fn finish(&mut self, input: &[u8], output: &mut Vec<u8>) {
        if input.is_empty() {
            output.push(EMPTY);
        } else {
            // Forgetting costs less in a flush than in a reset before the next message.
            let forget = DeflateFlush::FullFlush;
            self.run(input, if self.takeover { DeflateFlush::SyncFlush } else { forget }, output);
            debug_assert!(output.ends_with(&TAIL), "a flush ends with an empty block");
            output.truncate(output.len() - TAIL.len());
        }
        if !self.takeover {
            self.anew = true;
        }
    }

    /// Forgets a message none of which is sent, finished or not. The next one refers to nothing.
    pub(crate) fn discard(&mut self) {
        self.anew = true;
    }

    /// Uses a context that somebody else has no use for, if there is none here. One with other
    /// settings is dropped.
    pub(crate) fn lend_context(&mut self, lend: impl FnOnce() -> Option<Box<DeflateContext>>) {
        if self.context.is_none() {
            self.context = lend().filter(|context| context.settings == self.settings);
        }
    }

    /// Takes the context away, if there is one. What comes next refers to nothing before, which is
    /// always allowed and, with takeover or inside a message, costs bytes.
    pub(crate) fn take_context(&mut self) -> Option<Box<DeflateContext>> {
        self.anew = true;
        self.context.take()
    }

    fn run(&mut self, mut input: &[u8], flush: DeflateFlush, output: &mut Vec<u8>) {
        let context =
            self.context.get_or_insert_with(|| Box::new(DeflateContext::new(self.settings)));
        if self.anew && !context.clean {
            context.deflate.reset();
        }
        // Room that is left says that the input is consumed and the flush is complete.
        while let (consumed, true) = step(&mut context.deflate, input, flush, output) {
            input = &input[consumed..];
        }
        context.clean = flush == DeflateFlush::FullFlush;
        self.anew = false;
    }
}

/// Appends one step of output. Tells how much input it took, and whether there is more to do.
fn step(
    deflate: &mut Deflate,
    input: &[u8],
    flush: DeflateFlush,
    output: &mut Vec<u8>,
) -> (usize, bool) {
    let (read, written, start) = (deflate.total_in(), deflate.total_out(), output.len());
    let room = input.len().saturating_add(16).clamp(*STEP.start(), *STEP.end());
    output.resize(start + room, 0);
    let status = deflate.compress(input, &mut output[start..], flush);
    debug_assert!(status.is_ok(), "all streams are in a state to go on");
    let consumed = (deflate.total_in() - read) as usize;
    let produced = (deflate.total_out() - written) as usize;
    output.truncate(start + produced);
    (consumed, produced == room || (consumed > 0 && consumed < input.len()))
}
