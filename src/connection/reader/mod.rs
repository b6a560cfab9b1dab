//! Frames to messages (§5.4, §6.2): what has been read of the frame and the message under way.

mod compressed;

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::config::{Config, Delivery, Leniency};
use super::event::{How, MessageKind};
use crate::ProtocolError;
use crate::deflate::Decompressor;
use crate::frame::{FrameHeader, HeaderRules, MAX_CONTROL_PAYLOAD, MaskKey, Masking, OpCode, mask};
use crate::memory::{Delivered, Incoming, Place, What};
use crate::utf8::Utf8;

/// Reads frames from the window. Knows nothing of answers or of the connection's state.
#[derive(Debug)]
pub(super) struct Reader {
    /// A header that the end of the window cut.
    cut: [u8; FrameHeader::MAX_LEN],
    cut_len: u8,
    frame: Option<Frame>,
    message: Option<Message>,
    /// Where compression was agreed on.
    pub(super) decompressor: Option<Box<Decompressor>>,
}

/// The frame whose payload is being read.
#[derive(Clone, Copy, Debug)]
struct Frame {
    opcode: OpCode,
    fin: bool,
    /// Turned by what was read.
    key: Option<MaskKey>,
    left: u64,
}

/// The message that frames are adding to.
#[derive(Clone, Copy, Debug)]
struct Message {
    kind: MessageKind,
    compressed: bool,
    /// The length of its payload so far, the frame under way included.
    len: u64,
    /// The frames so far.
    fragments: u32,
    utf8: Utf8,
}

/// What was found in the window.
pub(super) enum Found {
    /// To be delivered as it is.
    Data(Delivered),
    /// A control frame, to be answered first.
    Control(OpCode, Place),
    /// Nothing whole: more bytes are needed.
    Nothing,
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

    /// The common case, at rest: a whole message in one frame that keeps all rules, delivered
    /// where it is. `None` leaves everything as it was for [`read`](Self::read).
    #[inline]
    pub(super) fn read_whole(
        incoming: &mut Incoming,
        config: &Config,
        masking: Masking,
    ) -> Option<Result<Delivered, ProtocolError>> {
        let unread = incoming.unread_mut();
        let rules = HeaderRules { masking, in_message: false, compression: false };
        let (header, size) = FrameHeader::parse(unread, rules).ok()??;
        let within_limits = header.len <= config.limits.frame.min(config.limits.message);
        if !header.fin || header.opcode.is_control() || !within_limits {
            return None;
        }
        let end = size.checked_add(usize::try_from(header.len).ok()?)?;
        let payload = unread.get_mut(size..end)?;
        if let Some(key) = header.mask {
            mask::apply(payload, key);
        }
        let text = header.opcode == OpCode::Text;
        if text && str::from_utf8(payload).is_err() {
            return Some(Err(ProtocolError::InvalidUtf8));
        }
        let place = incoming.consume(end).behind(size);
        Some(Ok(if text { What::Text } else { What::Binary }.at(place)))
    }

    /// Reads on until something is found.
    pub(super) fn read(
        &mut self,
        incoming: &mut Incoming,
        config: &Config,
        masking: Masking,
        used: &mut Leniency,
    ) -> Result<Found, ProtocolError> {
        loop {
            let Some(frame) = self.frame else {
                let Some(header) = self.read_header(incoming, masking)? else {
                    return Ok(Found::Nothing);
                };
                used.unmasked_frames |= is_forgiven(&header, masking);
                if let Some(start) = self.begin_frame(&header, config)? {
                    return Ok(Found::Data(start));
                }
                continue;
            };
            let found = if frame.opcode.is_control() {
                self.read_control(frame, incoming)
            } else if self.message.is_some_and(|message| message.compressed) {
                self.read_compressed(frame, incoming, config)?
            } else if config.delivery == Delivery::Streaming {
                self.read_streaming(frame, incoming)?
            } else {
                self.read_assembling(frame, incoming)?
            };
            match found {
                Some(found) => return Ok(found),
                None => continue,
            }
        }
    }

    fn read_header(
        &mut self,
        incoming: &mut Incoming,
        masking: Masking,
    ) -> Result<Option<FrameHeader>, ProtocolError> {
        let compression = self.decompressor.is_some();
        let rules = HeaderRules { masking, in_message: self.message.is_some(), compression };
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
        let start = match header.opcode {
            OpCode::Close | OpCode::Ping | OpCode::Pong => None,
            OpCode::Continuation => self.grow_message(None, header, config)?,
            OpCode::Text => self.grow_message(Some(MessageKind::Text), header, config)?,
            OpCode::Binary => self.grow_message(Some(MessageKind::Binary), header, config)?,
        };
        self.frame = Some(Frame {
            opcode: header.opcode,
            fin: header.fin,
            key: header.mask,
            left: header.len,
        });
        Ok(start)
    }

    /// Checks the limits as soon as a header is read (§10.4); `begins` for a first frame.
    fn grow_message(
        &mut self,
        begins: Option<MessageKind>,
        header: &FrameHeader,
        config: &Config,
    ) -> Result<Option<Delivered>, ProtocolError> {
        let limits = &config.limits;
        if header.len > limits.frame {
            return Err(ProtocolError::FrameTooLong);
        }
        let new = begins.map(|kind| self.begin_message(kind, header.compressed));
        let Some(mut message) = new.or(self.message) else {
            return Err(ProtocolError::UnexpectedContinuation);
        };
        if begins.is_none() && !within_fragments(&message, self.inflated(), limits.fragments) {
            return Err(ProtocolError::TooManyFragments);
        }
        message.fragments = message.fragments.saturating_add(1);
        message.len = message.len.saturating_add(header.len);
        // What is compressed counts as it is inflated.
        if message.len > limits.message && !message.compressed {
            return Err(ProtocolError::MessageTooLong);
        }
        self.message = Some(message);
        let streaming = config.delivery == Delivery::Streaming;
        Ok(begins.filter(|_| streaming).map(|kind| What::Start(kind).alone()))
    }

    /// The length of the last compressed message so far.
    fn inflated(&self) -> u64 {
        self.decompressor.as_ref().map_or(0, |decompressor| decompressor.len())
    }

    fn begin_message(&mut self, kind: MessageKind, compressed: bool) -> Message {
        if let Some(decompressor) = self.decompressor.as_mut().filter(|_| compressed) {
            decompressor.begin();
        }
        Message { kind, compressed, len: 0, fragments: 0, utf8: Utf8::default() }
    }

    fn read_control(&mut self, mut frame: Frame, incoming: &mut Incoming) -> Option<Found> {
        debug_assert!(frame.left <= MAX_CONTROL_PAYLOAD as u64);
        let left = frame.left as usize;
        if !incoming.has_control_part() && incoming.unread().len() >= left {
            let place = self.unmask_in_place(&mut frame, left, incoming);
            self.frame = None;
            return Some(Found::Control(frame.opcode, place));
        }
        let (unread, control) = incoming.unread_and_control();
        let part = &unread[..unread.len().min(left)];
        append(part, control, frame.key);
        self.advance(&mut frame, part.len());
        incoming.consume(left - frame.left as usize);
        if frame.left > 0 {
            return Some(Found::Nothing);
        }
        self.frame = None;
        Some(Found::Control(frame.opcode, incoming.control_place()))
    }

    fn read_streaming(
        &mut self,
        mut frame: Frame,
        incoming: &mut Incoming,
    ) -> Result<Option<Found>, ProtocolError> {
        if frame.left == 0 {
            self.frame = None;
            return if frame.fin { self.finish(What::End.alone()).map(Some) } else { Ok(None) };
        }
        let len = at_hand(&frame, incoming.unread().len());
        if len == 0 {
            return Ok(Some(Found::Nothing));
        }
        let place = self.unmask_in_place(&mut frame, len, incoming);
        self.validate(incoming.bytes_at(place))?;
        Ok(Some(Found::Data(What::Chunk.at(place))))
    }

    fn read_assembling(
        &mut self,
        mut frame: Frame,
        incoming: &mut Incoming,
    ) -> Result<Option<Found>, ProtocolError> {
        let len = at_hand(&frame, incoming.unread().len());
        let whole = frame.fin && len as u64 == frame.left && incoming.message_len() == 0;
        let place = if whole {
            let place = self.unmask_in_place(&mut frame, len, incoming);
            self.validate(incoming.bytes_at(place))?;
            place
        } else {
            self.assemble(&mut frame, len, incoming)?;
            incoming.message_place(None)
        };
        if frame.left > 0 {
            return Ok(Some(Found::Nothing));
        }
        self.frame = None;
        match self.message {
            Some(Message { kind: MessageKind::Text, .. }) if frame.fin => {
                self.finish(What::Text.at(place)).map(Some)
            }
            Some(_) if frame.fin => self.finish(What::Binary.at(place)).map(Some),
            Some(_) | None => Ok(None),
        }
    }

    /// Moves the next `len` payload bytes to the message.
    fn assemble(
        &mut self,
        frame: &mut Frame,
        len: usize,
        incoming: &mut Incoming,
    ) -> Result<(), ProtocolError> {
        let (unread, message) = incoming.unread_and_message();
        let before = message.len();
        make_room(message, len, frame.left);
        append(&unread[..len], message, frame.key);
        self.validate(&message[before..])?;
        incoming.consume(len);
        self.advance(frame, len);
        Ok(())
    }

    fn unmask_in_place(&mut self, frame: &mut Frame, len: usize, incoming: &mut Incoming) -> Place {
        let place = incoming.consume(len);
        if let Some(key) = frame.key {
            mask::apply(incoming.bytes_at(place), key);
        }
        self.advance(frame, len);
        place
    }

    fn advance(&mut self, frame: &mut Frame, len: usize) {
        frame.left -= len as u64;
        frame.key = frame.key.map(|key| key.turned(len));
        self.frame = Some(*frame);
    }

    /// §8.1, as the bytes arrive.
    fn validate(&mut self, part: &[u8]) -> Result<(), ProtocolError> {
        match &mut self.message {
            Some(Message { kind: MessageKind::Text, utf8, .. }) => utf8.push(part),
            Some(_) | None => Ok(()),
        }
    }

    /// The message is complete, unless its text ends inside a character.
    fn finish(&mut self, delivered: Delivered) -> Result<Found, ProtocolError> {
        match self.message.take() {
            Some(message) if !message.utf8.is_complete() => Err(ProtocolError::InvalidUtf8),
            Some(_) | None => Ok(Found::Data(delivered)),
        }
    }
}

/// Whether the frame passes by leniency alone (§5.1).
#[inline]
fn is_forgiven(header: &FrameHeader, masking: Masking) -> bool {
    header.mask.is_none() && masking == Masking::Optional
}

/// Whether one more fragment is allowed: beyond `allowance`, one for every 16 bytes so far, on the
/// wire or inflated.
fn within_fragments(message: &Message, inflated: u64, allowance: u32) -> bool {
    let len = if message.compressed { message.len.max(inflated) } else { message.len };
    u64::from(message.fragments) < u64::from(allowance) + len / 16
}

fn at_hand(frame: &Frame, unread: usize) -> usize {
    usize::try_from(frame.left).map_or(unread, |left| left.min(unread))
}

/// Room for `len` bytes and, as far as that is no more than has come, for the rest of the frame:
/// most frames that are cut are then put together without moving.
fn make_room(message: &mut Vec<u8>, len: usize, frame_left: u64) {
    if message.capacity() - message.len() < len {
        let come = message.len() + len;
        let rest = usize::try_from(frame_left).map_or(usize::MAX, |left| left - len);
        message.reserve(len + rest.min(come));
    }
}

fn append(part: &[u8], target: &mut Vec<u8>, key: Option<MaskKey>) {
    match key {
        Some(key) => mask::append(part, target, key),
        None => target.extend_from_slice(part),
    }
}
