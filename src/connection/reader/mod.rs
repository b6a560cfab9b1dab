//! Frames to messages (§5.4, §6.2): what has been read of the frame and the message under way.

mod assembling;
mod compressed;
mod quick;
mod under_way;

use alloc::boxed::Box;

use super::config::{Config, Delivery, Leniency};
use super::event::{How, MessageKind};
use crate::ProtocolError;
use crate::deflate::Decompressor;
use crate::frame::{
    FrameHeader, HeaderRules, MAX_CONTROL_PAYLOAD, Masking, OpCode, PlainHeader, mask,
};
use crate::memory::{Delivered, Incoming, Place, What};
use under_way::{Frame, Message, validate};

/// Reads frames from the window. Knows nothing of answers or of the connection's state.
#[derive(Debug)]
pub(super) struct Reader {
    /// A header that the end of the window cut.
    cut: [u8; FrameHeader::MAX_LEN],
    cut_len: u8,
    /// Between two calls of [`read`](Self::read), if there is more of it.
    frame: Option<Frame>,
    message: Option<Message>,
    /// Where compression was agreed on.
    pub(super) decompressor: Option<Box<Decompressor>>,
}

/// What was found in the window.
pub(super) enum Found {
    /// To be delivered as it is.
    Data(Delivered),
    /// A control frame, to be answered first.
    Control(OpCode, Place),
    /// Nothing whole: more bytes are needed.
    Nothing,
    /// Much was inflated, and there is more at hand.
    Paused,
    /// The memory is not the one that the last part of a message, or of a frame, was put in.
    Foreign,
}

impl Reader {
    pub(super) const fn new() -> Self {
        Self {
            cut: [0; FrameHeader::MAX_LEN],
            cut_len: 0,
            frame: None,
            message: None,
            decompressor: None,
        }
    }

    /// Whether the next byte begins a message or a control frame.
    #[inline]
    pub(super) const fn at_rest(&self) -> bool {
        self.frame.is_none() & self.message.is_none() & (self.cut_len == 0)
    }

    /// Whether a message is being put together.
    pub(super) const fn in_message(&self) -> bool {
        self.message.is_some()
    }

    /// Whether a text is being read.
    const fn in_text(&self) -> bool {
        matches!(self.message, Some(Message { kind: MessageKind::Text, .. }))
    }

    /// Whether the memory is the one that was read into before, as far as that matters.
    fn finds_its_own(&self, incoming: &mut Incoming, config: &Config) -> bool {
        let gathered = self.frame.map_or(0, |frame| usize::from(frame.gathered));
        incoming.holds(self.assembled(config), self.left_to_assemble(config), gathered)
    }

    /// The length of the message as far as it stands in the memory.
    fn assembled(&self, config: &Config) -> u64 {
        match self.message {
            Some(_) if config.delivery == Delivery::Streaming => 0,
            Some(message) if message.compressed => self.inflated(),
            Some(message) => message.len.saturating_sub(self.left_of_data()),
            None => 0,
        }
    }

    /// How many bytes are still to come of a frame that adds to a message.
    fn left_of_data(&self) -> u64 {
        self.frame.filter(|frame| !frame.opcode.is_control()).map_or(0, |frame| frame.left)
    }

    /// How many bytes that come next belong to the message as they are, but for their mask.
    pub(super) fn left_to_assemble(&self, config: &Config) -> usize {
        let compressed = self.message.is_some_and(|message| message.compressed);
        if compressed || config.delivery == Delivery::Streaming {
            return 0;
        }
        usize::try_from(self.left_of_data()).unwrap_or(usize::MAX)
    }

    /// What an end of the stream means here.
    pub(super) const fn at_eof(&self) -> How {
        if self.frame.is_some() || self.cut_len > 0 {
            How::EofInFrame
        } else if self.message.is_some() {
            How::EofInMessage
        } else {
            How::Eof
        }
    }

    /// Reads on until something is found.
    fn read(
        &mut self,
        incoming: &mut Incoming,
        config: &Config,
        masking: Masking,
        used: &mut Leniency,
    ) -> Result<Found, ProtocolError> {
        loop {
            let frame = match self.frame.take() {
                Some(frame) => frame,
                None => {
                    let Some(header) = self.read_header(incoming, masking)? else {
                        return Ok(Found::Nothing);
                    };
                    used.unmasked_frames |= is_forgiven(&header, masking);
                    let frame = Frame::new(&header);
                    if let Some(start) = self.begin_frame(&header, config)? {
                        self.frame = Some(frame);
                        return Ok(Found::Data(start));
                    }
                    frame
                }
            };
            let found = if frame.opcode.is_control() {
                self.read_control(frame, incoming)
            } else if self.message.is_some_and(|message| message.compressed) {
                self.read_compressed(frame, incoming, config)?
            } else if config.delivery == Delivery::Streaming {
                self.read_streaming(frame, incoming)?
            } else {
                self.read_assembling(frame, incoming, config)?
            };
            match found {
                Some(found) => return Ok(found),
                None => continue,
            }
        }
    }

    #[inline(always)]
    fn read_header(
        &mut self,
        incoming: &mut Incoming,
        masking: Masking,
    ) -> Result<Option<FrameHeader>, ProtocolError> {
        let compression = self.decompressor.is_some();
        let rules = HeaderRules { masking, in_message: self.message.is_some(), compression };
        if self.cut_len == 0
            && let Some(header) = self.read_plain_header(incoming, rules)
        {
            return Ok(Some(header));
        }
        self.read_any_header(incoming, rules)
    }

    /// One that needs no more than a look, without leaving the processor's registers.
    #[inline(always)]
    fn read_plain_header(
        &self,
        incoming: &mut Incoming,
        rules: HeaderRules,
    ) -> Option<FrameHeader> {
        let masked = rules.masking != Masking::Forbidden;
        let plain = PlainHeader::parse(incoming.unread(), masked, rules.compression)?;
        let PlainHeader { opcode, fin, compressed, key, size, len } = plain;
        if (opcode == OpCode::Continuation) != rules.in_message {
            return None;
        }
        incoming.consume(size);
        let mask = masked.then_some(key);
        Some(FrameHeader { fin, compressed, opcode, mask, len: len as u64 })
    }

    /// Any header, also one that the window's end cuts or cut.
    #[inline(never)]
    fn read_any_header(
        &mut self,
        incoming: &mut Incoming,
        rules: HeaderRules,
    ) -> Result<Option<FrameHeader>, ProtocolError> {
        let before = usize::from(self.cut_len);
        let unread = incoming.unread();
        let taken = unread.len().min(FrameHeader::MAX_LEN - before);
        self.cut[before..before + taken].copy_from_slice(&unread[..taken]);
        match FrameHeader::parse(&self.cut[..before + taken], rules)? {
            Some((header, size)) => {
                incoming.consume(size - before);
                self.cut_len = 0;
                Ok(Some(header))
            }
            None => {
                incoming.consume(taken);
                self.cut_len += taken as u8;
                Ok(None)
            }
        }
    }

    /// Takes the header in, and tells the start of a message where that is an event.
    fn begin_frame(
        &mut self,
        header: &FrameHeader,
        config: &Config,
    ) -> Result<Option<Delivered>, ProtocolError> {
        if header.opcode.is_control() {
            return Ok(None);
        }
        let begins = MessageKind::of(header.opcode);
        self.grow_message(begins, header.len, header.compressed, config)?;
        let streaming = config.delivery == Delivery::Streaming;
        Ok(begins.filter(|_| streaming).map(|kind| What::Start(kind).alone()))
    }

    /// Checks the limits as soon as a header is read (§10.4); `begins` for a first frame.
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
            self.begin_message(kind, compressed);
        }
        let inflated = self.inflated();
        let Some(message) = &mut self.message else {
            return Err(ProtocolError::UnexpectedContinuation);
        };
        if begins.is_none() && !message.may_grow(inflated, limits.fragments) {
            return Err(ProtocolError::TooManyFragments);
        }
        message.fragments = message.fragments.saturating_add(1);
        message.len = message.len.saturating_add(len);
        // What is compressed counts as it is inflated.
        if message.len > limits.message && !message.compressed {
            return Err(ProtocolError::MessageTooLong);
        }
        Ok(())
    }

    /// The length of the last compressed message so far.
    fn inflated(&self) -> u64 {
        self.decompressor.as_ref().map_or(0, |decompressor| decompressor.len())
    }

    fn begin_message(&mut self, kind: MessageKind, compressed: bool) {
        if let Some(decompressor) = self.decompressor.as_mut().filter(|_| compressed) {
            decompressor.begin();
        }
        self.message = Some(Message::new(kind, compressed));
    }

    fn read_control(&mut self, mut frame: Frame, incoming: &mut Incoming) -> Option<Found> {
        debug_assert!(frame.left <= MAX_CONTROL_PAYLOAD as u64);
        let left = frame.left as usize;
        if !incoming.has_control_part() && incoming.unread().len() >= left {
            let place = incoming.consume(left);
            frame.apply_mask(incoming.at(place));
            return Some(Found::Control(frame.opcode, place));
        }
        let (unread, control) = incoming.unread_and_control();
        let part = &unread[..unread.len().min(left)];
        mask::append(part, control, frame.key);
        frame.gathered += part.len() as u8;
        frame.advance(part.len());
        incoming.consume(left - frame.left as usize);
        if frame.left > 0 {
            self.frame = Some(frame);
            return Some(Found::Nothing);
        }
        Some(Found::Control(frame.opcode, incoming.control_place()))
    }

    fn read_streaming(
        &mut self,
        mut frame: Frame,
        incoming: &mut Incoming,
    ) -> Result<Option<Found>, ProtocolError> {
        if frame.left == 0 {
            return if frame.fin { self.finish_streaming().map(Some) } else { Ok(None) };
        }
        let len = at_hand(&frame, incoming.unread().len());
        if len == 0 {
            self.frame = Some(frame);
            return Ok(Some(Found::Nothing));
        }
        let place = incoming.consume(len);
        let part = incoming.at(place);
        frame.take_in(part);
        validate(&mut self.message, part)?;
        self.frame = Some(frame);
        Ok(Some(Found::Data(What::Chunk.at(place))))
    }

    /// The message is complete, unless its text ends inside a character.
    fn finish_streaming(&mut self) -> Result<Found, ProtocolError> {
        match self.message.take() {
            Some(message) if !message.utf8.is_complete() => Err(ProtocolError::InvalidUtf8),
            Some(_) | None => Ok(Found::Data(What::End.alone())),
        }
    }
}

/// Whether the frame passes by leniency alone (§5.1).
#[inline]
fn is_forgiven(header: &FrameHeader, masking: Masking) -> bool {
    header.mask.is_none() && masking == Masking::Optional
}

fn at_hand(frame: &Frame, unread: usize) -> usize {
    usize::try_from(frame.left).map_or(unread, |left| left.min(unread))
}
