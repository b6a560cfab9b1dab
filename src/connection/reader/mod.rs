//! Reads frames and makes messages of them (§5.4, §6.2). What was read so far of the frame and of
//! the message in progress is kept between calls.

mod assembling;
mod compressed;
mod fast_paths;
mod in_progress;
mod read_error;

use alloc::boxed::Box;

use super::totals::Tally;
use crate::deflate::Decompressor;
use crate::event::{CurrentEvent, EventKind};
use crate::frame::{
    FrameHeader, HeaderRules, MAX_CONTROL_PAYLOAD, Masking, OpCode, PlainHeader, mask,
};
use crate::memory::{BufferRange, ReceiveMemory};
use crate::{Config, Delivery, EndCause, Leniency, MessageKind, ProtocolError};
use in_progress::{FrameInProgress, MessageInProgress, validate};
use read_error::ReadError;

/// Reads frames from the window. It sends no answers and does not know the connection's state.
#[derive(Debug)]
pub(super) struct Reader {
    /// The first bytes of a header whose rest has not arrived, `partial_header_len` of them.
    partial_header: [u8; FrameHeader::MAX_LEN],
    partial_header_len: u8,
    /// The frame in progress, between two calls of [`read`](Self::read).
    frame: Option<FrameInProgress>,
    message: Option<MessageInProgress>,
    /// Present if compression was agreed on.
    pub(super) decompressor: Option<Box<Decompressor>>,
    /// The length in bytes from which on [`read_whole`](Self::read_whole) leaves messages to
    /// [`read`](Self::read). Zero if it leaves all of them, as the configuration asks for something
    /// rare.
    too_long: u64,
    /// All that was read so far on the connection.
    pub(super) tally: Tally,
}

/// What was found in the received bytes.
pub(super) enum Found {
    /// A message or a part of one, to be delivered as it is.
    Data(CurrentEvent),
    /// A control frame, to be answered before it is delivered.
    Control(OpCode, BufferRange),
    /// Nothing that can be delivered: more bytes are needed.
    Nothing,
    /// Much was inflated, and there is more to inflate without new input.
    Paused,
    /// The memory is not the one that the last part of a message, or of a frame, was put in.
    ForeignMemory,
    /// There is no memory for the message.
    OutOfMemory,
}

impl Reader {
    pub(super) fn new(config: &Config) -> Self {
        let is_usual = config.delivery == Delivery::Whole && !config.leniency.unchecked_text;
        let limit = config.limits.frame.min(config.limits.message);
        Self {
            partial_header: [0; FrameHeader::MAX_LEN],
            partial_header_len: 0,
            frame: None,
            message: None,
            decompressor: None,
            too_long: if is_usual { limit.saturating_add(1) } else { 0 },
            tally: Tally::new(),
        }
    }

    /// Counts what was read of a message that will not be completed.
    pub(super) fn count_unfinished(&mut self, config: &Config) {
        self.tally.note_part(self.assembled_len(config) as usize);
    }

    /// Whether the next byte begins a message or a control frame.
    #[inline]
    pub(super) const fn at_rest(&self) -> bool {
        self.frame.is_none() & self.message.is_none() & (self.partial_header_len == 0)
    }

    /// Whether a message is in progress.
    pub(super) const fn in_message(&self) -> bool {
        self.message.is_some()
    }

    /// Whether the message in progress is a text.
    const fn in_text(&self) -> bool {
        matches!(self.message, Some(MessageInProgress { kind: MessageKind::Text, .. }))
    }

    /// Claims the memory for what was read so far, and returns whether it holds just that.
    fn claim_memory(&self, memory: &mut ReceiveMemory, config: &Config) -> bool {
        let gathered = self.frame.map_or(0, |frame| usize::from(frame.gathered));
        memory.claim(self.assembled_len(config), self.direct_payload_left(config), gathered)
    }

    /// How many bytes of the message in progress are in the memory.
    fn assembled_len(&self, config: &Config) -> u64 {
        match self.message {
            Some(_) if config.delivery == Delivery::Streaming => 0,
            Some(message) if message.compressed => self.inflated_len(),
            Some(message) => message.len.saturating_sub(self.data_payload_left()),
            None => 0,
        }
    }

    /// How many payload bytes of the frame in progress are still to come, if it is part of a
    /// message.
    fn data_payload_left(&self) -> u64 {
        self.frame.filter(|frame| !frame.opcode.is_control()).map_or(0, |frame| frame.left)
    }

    /// How many of the next bytes have only to be unmasked to become a part of the message. Zero if
    /// they are inflated or delivered in chunks.
    pub(super) fn direct_payload_left(&self, config: &Config) -> usize {
        let compressed = self.message.is_some_and(|message| message.compressed);
        if compressed || config.delivery == Delivery::Streaming {
            return 0;
        }
        usize::try_from(self.data_payload_left()).unwrap_or(usize::MAX)
    }

    /// Why the connection ends, if the stream ends here.
    pub(super) const fn cause_at_eof(&self) -> EndCause {
        if self.frame.is_some() || self.partial_header_len > 0 {
            EndCause::EofInFrame
        } else if self.message.is_some() {
            EndCause::EofInMessage
        } else {
            EndCause::Eof
        }
    }

    /// Reads on until something is found.
    fn read(
        &mut self,
        memory: &mut ReceiveMemory,
        config: &Config,
        masking: Masking,
        leniency_used: &mut Leniency,
    ) -> Result<Found, ReadError> {
        loop {
            let frame = match self.frame.take() {
                Some(frame) => frame,
                None => {
                    let Some(header) = self.read_header(memory, masking)? else {
                        return Ok(Found::Nothing);
                    };
                    note_leniency(&header, masking, leniency_used);
                    let frame = FrameInProgress::new(&header);
                    if let Some(start) = self.begin_frame(&header, config)? {
                        self.frame = Some(frame);
                        return Ok(Found::Data(start));
                    }
                    frame
                }
            };
            let found = if frame.opcode.is_control() {
                self.read_control(frame, memory)
            } else if self.message.is_some_and(|message| message.compressed) {
                self.read_compressed(frame, memory, config)?
            } else if config.delivery == Delivery::Streaming {
                self.read_streaming(frame, memory)?
            } else {
                self.read_assembling(frame, memory, config)?
            };
            match found {
                Some(found) => return Ok(found),
                None => continue,
            }
        }
    }

    /// Reads the next header; `None` if more bytes are needed.
    #[inline(always)]
    fn read_header(
        &mut self,
        memory: &mut ReceiveMemory,
        masking: Masking,
    ) -> Result<Option<FrameHeader>, ProtocolError> {
        let compression = self.decompressor.is_some();
        let rules = HeaderRules { masking, in_message: self.message.is_some(), compression };
        if self.partial_header_len == 0
            && let Some(header) = self.read_plain_header(memory, rules)
        {
            return Ok(Some(header));
        }
        self.read_any_header(memory, rules)
    }

    /// Reads the common kind of header, without leaving the processor's registers; `None` for
    /// others.
    #[inline(always)]
    fn read_plain_header(
        &self,
        memory: &mut ReceiveMemory,
        rules: HeaderRules,
    ) -> Option<FrameHeader> {
        let masked = rules.masking.is_usual();
        let plain = PlainHeader::parse(memory.unread(), masked, rules.compression)?;
        let PlainHeader { opcode, fin, compressed, key, header_len, payload_len } = plain;
        if (opcode == OpCode::Continuation) != rules.in_message {
            return None;
        }
        memory.consume(header_len);
        let mask = masked.then_some(key);
        Some(FrameHeader { fin, compressed, opcode, mask, len: payload_len as u64 })
    }

    /// Reads any header, even one that began in an earlier window or does not end in this one.
    #[inline(never)]
    fn read_any_header(
        &mut self,
        memory: &mut ReceiveMemory,
        rules: HeaderRules,
    ) -> Result<Option<FrameHeader>, ProtocolError> {
        let before = usize::from(self.partial_header_len);
        let unread = memory.unread();
        let taken = unread.len().min(FrameHeader::MAX_LEN - before);
        self.partial_header[before..before + taken].copy_from_slice(&unread[..taken]);
        match FrameHeader::parse(&self.partial_header[..before + taken], rules)? {
            Some((header, header_len)) => {
                memory.consume(header_len - before);
                self.partial_header_len = 0;
                Ok(Some(header))
            }
            None => {
                memory.consume(taken);
                self.partial_header_len += taken as u8;
                Ok(None)
            }
        }
    }

    /// Notes that a frame begins. Returns the event for the start of a message, if that is one.
    fn begin_frame(
        &mut self,
        header: &FrameHeader,
        config: &Config,
    ) -> Result<Option<CurrentEvent>, ProtocolError> {
        if header.opcode.is_control() {
            return Ok(None);
        }
        let begins = MessageKind::of(header.opcode);
        self.grow_message(begins, header.len, header.compressed, config)?;
        if !header.fin {
            self.tally.note_other_frame(0);
        }
        let streaming = config.delivery == Delivery::Streaming;
        Ok(begins.filter(|_| streaming).map(|kind| EventKind::MessageStart(kind).without_bytes()))
    }

    /// Adds a frame to the message and checks the limits, as soon as the header is read (§10.4).
    /// `begins` is given for the first frame of a message.
    fn grow_message(
        &mut self,
        begins: Option<MessageKind>,
        len: u64,
        compressed: bool,
        config: &Config,
    ) -> Result<(), ProtocolError> {
        let limits = &config.limits;
        if len > limits.frame {
            return Err(ProtocolError::FrameTooLong);
        }
        if let Some(kind) = begins {
            let unchecked = config.leniency.unchecked_text;
            self.begin_message(if unchecked { MessageKind::Binary } else { kind }, compressed);
        }
        let inflated = self.inflated_len();
        let Some(message) = &mut self.message else {
            return Err(ProtocolError::UnexpectedContinuation);
        };
        if begins.is_none() && !message.may_add_fragment(inflated, limits.extra_fragments) {
            return Err(ProtocolError::TooManyFragments);
        }
        message.fragments = message.fragments.saturating_add(1);
        message.len = message.len.saturating_add(len);
        // A compressed message is measured as it is inflated.
        if message.len > limits.message && !message.compressed {
            return Err(ProtocolError::MessageTooLong);
        }
        Ok(())
    }

    /// The inflated length so far of the last compressed message.
    fn inflated_len(&self) -> u64 {
        self.decompressor.as_ref().map_or(0, |decompressor| decompressor.message_len())
    }

    fn begin_message(&mut self, kind: MessageKind, compressed: bool) {
        if let Some(decompressor) = self.decompressor.as_mut().filter(|_| compressed) {
            decompressor.begin_message();
        }
        self.message = Some(MessageInProgress::new(kind, compressed));
    }

    /// Reads on in a control frame; `Found::Nothing` if more bytes are needed.
    fn read_control(
        &mut self,
        mut frame: FrameInProgress,
        memory: &mut ReceiveMemory,
    ) -> Option<Found> {
        debug_assert!(frame.left <= MAX_CONTROL_PAYLOAD as u64);
        let left = frame.left as usize;
        if !memory.has_control_part() && memory.unread().len() >= left {
            let range = memory.consume(left);
            frame.apply_mask(memory.bytes_at_mut(range));
            self.tally.note_other_frame(left);
            return Some(Found::Control(frame.opcode, range));
        }
        let (unread, control) = memory.unread_and_control();
        let part = &unread[..unread.len().min(left)];
        mask::append(part, control, frame.key);
        frame.gathered += part.len() as u8;
        frame.advance(part.len());
        memory.consume(left - frame.left as usize);
        if frame.left > 0 {
            self.frame = Some(frame);
            return Some(Found::Nothing);
        }
        let range = memory.control_range();
        self.tally.note_other_frame(range.len());
        Some(Found::Control(frame.opcode, range))
    }

    /// Reads on in a frame of a message that is delivered in chunks. `None` leads to the next
    /// frame.
    fn read_streaming(
        &mut self,
        mut frame: FrameInProgress,
        memory: &mut ReceiveMemory,
    ) -> Result<Option<Found>, ProtocolError> {
        if frame.left == 0 {
            return if frame.fin { self.finish_streaming().map(Some) } else { Ok(None) };
        }
        let len = frame.available(memory.unread().len());
        if len == 0 {
            self.frame = Some(frame);
            return Ok(Some(Found::Nothing));
        }
        let range = memory.consume(len);
        let part = memory.bytes_at_mut(range);
        frame.unmask(part);
        validate(&mut self.message, part)?;
        self.frame = Some(frame);
        self.tally.note_part(len);
        Ok(Some(Found::Data(EventKind::MessageChunk.with_bytes(range))))
    }

    /// Completes the message. It is an error if its text ends inside a character.
    fn finish_streaming(&mut self) -> Result<Found, ProtocolError> {
        match self.message.take() {
            Some(message) if !message.utf8.is_complete() => Err(ProtocolError::InvalidUtf8),
            Some(_) | None => {
                self.tally.note_message(0);
                Ok(Found::Data(EventKind::MessageEnd.without_bytes()))
            }
        }
    }
}

/// Notes a frame that is accepted only because of leniency (§5.1).
#[inline]
fn note_leniency(header: &FrameHeader, masking: Masking, used: &mut Leniency) {
    let masked = header.mask.is_some();
    used.unmasked_frames |= !masked && masking.forgives(masked);
    used.masked_frames |= masked && masking.forgives(masked);
}
