//! Deflates a message, piece by piece, to the payload of a compressed message.

use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::zlib::{Deflate, Deflated, Flush};
use super::{Settings, Takeover};
use crate::memory::NoMemory;

/// The end of every flush, which is removed from the end of a message (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// The header of an empty block, which the tail completes: the payload of an empty message
/// (RFC 7692 §7.2.3.6).
const EMPTY_BLOCK_HEADER: u8 = 0x00;

/// How much the output grows at once, in bytes. More than six, as zlib repeats its flushes
/// otherwise.
const GROWTH: RangeInclusive<usize> = 64..=16 << 10;

/// The deflating side of one connection: call [`compress`](Self::compress) for any number of
/// pieces of a message, then [`finish`](Self::finish) with the last one. It uses no heap before the
/// first byte.
///
/// A message that cannot be compressed grows by 6 bytes and, if it is long, by about 4 % at memory
/// level 1 and half of that with each further level; at compression level 1, which never stores,
/// it grows by up to an eighth. The output's memory grows in steps of at most 16 KiB.
pub(crate) struct Deflater {
    settings: Settings,
    takeover: Takeover,
    context: Option<DeflateContext>,
    /// The next block must not refer to anything that the context has compressed.
    history_forgotten: bool,
}

/// The memory of compression. It can serve any connection that has the same settings.
pub(crate) struct DeflateContext {
    deflate: Deflate,
    settings: Settings,
    /// The next block refers to nothing before it, without a reset.
    history_empty: bool,
}

impl DeflateContext {
    fn new(settings: Settings) -> Result<Self, NoMemory> {
        Ok(Self { deflate: settings.new_deflate()?, settings, history_empty: true })
    }

    /// The settings that the context was made with.
    pub(crate) const fn settings(&self) -> Settings {
        self.settings
    }
}

impl Deflater {
    pub(crate) const fn new(settings: Settings, takeover: Takeover) -> Self {
        Self { settings, takeover, context: None, history_forgotten: true }
    }

    /// Deflates a piece of a message and appends the result to `output`. The peer can inflate all
    /// of it before the next piece is there, which costs about 5 bytes for each piece.
    pub(crate) fn compress(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), NoMemory> {
        // Another flush right after the last one would add nothing.
        if input.is_empty() { Ok(()) } else { self.deflate(input, Flush::Sync, output) }
    }

    /// Deflates the last piece of a message, which may be empty, appends the result to `output` and
    /// ends the message.
    pub(crate) fn finish(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), NoMemory> {
        if input.is_empty() {
            output.try_reserve(1)?;
            output.push(EMPTY_BLOCK_HEADER);
        } else {
            let flush = match self.takeover {
                Takeover::On => Flush::Sync,
                // Costs less than a reset before the next message, and empties the history as well.
                Takeover::Off => Flush::Full,
            };
            self.deflate(input, flush, output)?;
            debug_assert!(output.ends_with(&TAIL), "a flush ends with an empty block");
            output.truncate(output.len() - TAIL.len());
        }
        if self.takeover == Takeover::Off {
            self.history_forgotten = true;
        }
        Ok(())
    }

    /// Makes the next message refer to nothing before it. Call this for a message, finished or not,
    /// none of which is sent, and if there was no memory.
    pub(crate) fn forget_history(&mut self) {
        self.history_forgotten = true;
    }

    /// Uses a context that no other connection needs now, if this one has none. A context with
    /// other settings is dropped.
    pub(crate) fn lend_context(&mut self, lend: impl FnOnce() -> Option<DeflateContext>) {
        if self.context.is_none() {
            self.context = lend().filter(|context| context.settings == self.settings);
        }
    }

    /// Takes the context away, if there is one. The next block then refers to nothing before it;
    /// that is always allowed, but costs bytes with takeover or inside a message.
    pub(crate) fn take_context(&mut self) -> Option<DeflateContext> {
        self.history_forgotten = true;
        self.context.take()
    }

    /// Makes the context if there is none. Returns whether there is one now: if not, there is no
    /// memory for it, and the next message is better sent as it is.
    pub(crate) fn try_prepare(&mut self) -> bool {
        if self.context.is_none() {
            self.context = DeflateContext::new(self.settings).ok();
        }
        self.context.is_some()
    }

    /// If there is no memory for the output, the context is dropped: it has consumed what is not sent.
    fn deflate(
        &mut self,
        input: &[u8],
        flush: Flush,
        output: &mut Vec<u8>,
    ) -> Result<(), NoMemory> {
        let mut context = match self.context.take() {
            Some(context) => context,
            None => DeflateContext::new(self.settings)?,
        };
        if self.history_forgotten && !context.history_empty {
            context.deflate.reset();
        }
        append_all(&mut context.deflate, input, flush, output)?;
        context.history_empty = flush == Flush::Full;
        self.context = Some(context);
        self.history_forgotten = false;
        Ok(())
    }
}

fn append_all(
    deflate: &mut Deflate,
    mut input: &[u8],
    flush: Flush,
    output: &mut Vec<u8>,
) -> Result<(), NoMemory> {
    // A step that does not fill its output has consumed the input and completed the flush.
    while let (consumed, true) = append_step(deflate, input, flush, output)? {
        input = &input[consumed..];
    }
    Ok(())
}

/// Appends the output of one call of zlib. Returns how many bytes of the input it consumed, and
/// whether it has to be called again.
fn append_step(
    deflate: &mut Deflate,
    input: &[u8],
    flush: Flush,
    output: &mut Vec<u8>,
) -> Result<(usize, bool), NoMemory> {
    let start = output.len();
    let room = input.len().saturating_add(16).clamp(*GROWTH.start(), *GROWTH.end());
    output.try_reserve(room)?;
    output.resize(start + room, 0);
    let Deflated { consumed, produced } = deflate.deflate(input, &mut output[start..], flush);
    output.truncate(start + produced);
    Ok((consumed, produced == room || (consumed > 0 && consumed < input.len())))
}
