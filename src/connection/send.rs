//! Messages and control frames that the application sends.

use bytes::Bytes;

use super::Connection;
use super::fragment_size::CutAt;
use super::outgoing_frame::FrameFlags;
use super::prepared::{Prepared, PreparedFrame};
use super::send_error::SendError;
use super::state::State;
use crate::frame::{MAX_CONTROL_PAYLOAD, MAX_REASON, OpCode};
use crate::{CloseCode, Message, Outgoing, Time};

/// From this length on, in bytes, a payload costs less as a piece of its own in a vectored write than as a
/// copy.
const SHARED_FROM: usize = 16 << 10;

impl Connection {
    /// Sends a message of any kind. A server that does not compress it shares the bytes of a long one
    /// with `message` until they are written, in place of a copy: from 16 KiB on, where
    /// [`Config::fragment_size`](crate::Config::fragment_size) does not cut it.
    ///
    /// # Errors
    ///
    /// Those of [`send_text`](Self::send_text), [`send_ping`](Self::send_ping) and
    /// [`start_close`](Self::start_close).
    pub fn send_message(
        &mut self,
        now: Time,
        message: &Message,
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        match message {
            Message::Text(text) => self.send_shareable(OpCode::Text, text.as_bytes(), outgoing),
            Message::Binary(data) => self.send_shareable(OpCode::Binary, data, outgoing),
            Message::Ping(payload) => self.send_ping(payload, outgoing),
            Message::Pong(payload) => self.send_pong(payload, outgoing),
            Message::Close { code, reason } => self.start_close(now, *code, reason, outgoing),
        }
    }

    /// Sends a text message, in one frame or, if it is longer than
    /// [`Config::fragment_size`](crate::Config::fragment_size), in several.
    ///
    /// # Errors
    ///
    /// [`NotOpen`](SendError::NotOpen), [`Closed`](SendError::Closed),
    /// [`MessageInProgress`](SendError::MessageInProgress), [`Full`](SendError::Full),
    /// [`NoEntropy`](SendError::NoEntropy), [`OutOfMemory`](SendError::OutOfMemory).
    #[inline]
    pub fn send_text(&mut self, text: &str, outgoing: &mut Outgoing) -> Result<(), SendError> {
        self.send_whole(OpCode::Text, text.as_bytes(), outgoing)
    }

    /// Sends a binary message, in as many frames as [`send_text`](Self::send_text) would.
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    #[inline]
    pub fn send_binary(&mut self, data: &[u8], outgoing: &mut Outgoing) -> Result<(), SendError> {
        self.send_whole(OpCode::Binary, data, outgoing)
    }

    /// Sends a message that was encoded beforehand; see [`Prepared`].
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    pub fn send_prepared(
        &mut self,
        message: &Prepared,
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        if self.is_client() {
            return self.send_whole(message.opcode(), message.payload(), outgoing);
        }
        self.check_new_message(outgoing)?;
        match &mut self.compressor {
            Some(compressor) if compressor.should_compress(message.payload().len()) => {
                // The prepared message is not in the history that the next message may refer to.
                compressor.forget_history();
                let frame = message.compressed(compressor.settings());
                self.push_prepared(&frame, message, outgoing)
            }
            Some(_) | None => self.push_prepared(message.frame(), message, outgoing),
        }
    }

    /// Sends a ping. Those of the keepalive are sent automatically.
    ///
    /// # Errors
    ///
    /// [`PingTooLong`](SendError::PingTooLong), [`NotOpen`](SendError::NotOpen),
    /// [`Closed`](SendError::Closed), [`Full`](SendError::Full),
    /// [`NoEntropy`](SendError::NoEntropy), [`OutOfMemory`](SendError::OutOfMemory).
    pub fn send_ping(&mut self, payload: &[u8], outgoing: &mut Outgoing) -> Result<(), SendError> {
        self.send_control(OpCode::Ping, payload, outgoing)
    }

    /// Sends a pong. Pings are answered automatically, so this is an unsolicited one, a sign of life
    /// that needs no answer (§5.5.3). Without
    /// [`Config::automatic_pong`](crate::Config::automatic_pong) it answers a ping, whose payload it
    /// has to repeat; it then leaves after what was queued before, and is refused while too much
    /// output waits.
    ///
    /// # Errors
    ///
    /// As for [`send_ping`](Self::send_ping).
    pub fn send_pong(&mut self, payload: &[u8], outgoing: &mut Outgoing) -> Result<(), SendError> {
        self.send_control(OpCode::Pong, payload, outgoing)
    }

    /// Begins the closing exchange (§7.1.2): this side sends what was queued before, then the Close
    /// frame, then nothing more. The peer's messages are still delivered, until its own Close
    /// frame. The whole exchange takes at most
    /// [`Config::close_timeout`](crate::Config::close_timeout) from now.
    ///
    /// With [`CloseCode::NO_STATUS`] and an empty reason the frame is empty (§5.5.1), like that of a
    /// browser's `socket.close()`.
    ///
    /// # Errors
    ///
    /// [`BadCloseCode`](SendError::BadCloseCode), [`ReasonTooLong`](SendError::ReasonTooLong),
    /// [`NotOpen`](SendError::NotOpen), [`Closed`](SendError::Closed),
    /// [`NoEntropy`](SendError::NoEntropy), [`OutOfMemory`](SendError::OutOfMemory).
    pub fn start_close(
        &mut self,
        now: Time,
        code: CloseCode,
        reason: &str,
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        self.check_open()?;
        check_close(code, reason)?;
        self.push_close(code, reason, outgoing)?;
        self.life.note_close_sent(code, reason);
        self.deadlines.begin_closing(now, self.config.close_timeout);
        Ok(())
    }

    /// Queues a frame of a message that was encoded beforehand: its shared bytes, or, if it is too
    /// long, what it holds in several frames.
    fn push_prepared(
        &mut self,
        frame: &PreparedFrame,
        message: &Prepared,
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        let (payload, len) = (frame.payload(), message.payload().len());
        if self.exceeds_fragment_size(payload.len()) {
            self.push_cut(frame.flags(), payload, frame.cut_at(), outgoing)?;
            self.sent.replace_payload(payload.len(), len);
        } else {
            let frame_len = outgoing.push_shared(frame.bytes())?;
            self.note_sent(frame.flags(), len, frame_len);
        }
        Ok(())
    }

    /// Queues a message whose bytes can be shared.
    fn send_shareable(
        &mut self,
        opcode: OpCode,
        payload: &Bytes,
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        if payload.len() < SHARED_FROM || !self.sends_as_it_is(payload.len()) {
            return self.send_whole(opcode, payload, outgoing);
        }
        self.check_new_message(outgoing)?;
        let header = FrameFlags::whole(opcode).unmasked_header(payload.len());
        let frame_len = outgoing.push_shared_payload(header, payload)?;
        self.sent.note_whole(payload.len(), frame_len);
        Ok(())
    }

    /// Whether a payload of this length leaves in one frame, not masked and not compressed.
    fn sends_as_it_is(&self, len: usize) -> bool {
        let compressor = self.compressor.as_ref();
        let compresses = compressor.is_some_and(|compressor| compressor.should_compress(len));
        !(self.is_client() || compresses || self.exceeds_fragment_size(len))
    }

    fn send_whole(
        &mut self,
        opcode: OpCode,
        payload: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        self.check_new_message(outgoing)?;
        // In one branch: mostly both are false.
        if self.compressor.is_some() | self.config.fragment_size.is_some() {
            return self.push_message(opcode, payload, outgoing);
        }
        self.push_whole(opcode, payload, outgoing)
    }

    /// Queues a message that may have to be compressed or cut.
    #[inline(never)]
    fn push_message(
        &mut self,
        opcode: OpCode,
        payload: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        let flags = FrameFlags::whole(opcode);
        if self.prepare_compression(payload.len()) {
            return self.push_compressed(
                FrameFlags { compressed: true, ..flags },
                payload,
                outgoing,
            );
        }
        self.push_frames(flags, payload, CutAt::for_text(opcode == OpCode::Text), outgoing)
    }

    fn send_control(
        &mut self,
        opcode: OpCode,
        payload: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        self.check_open()?;
        self.check_room(outgoing)?;
        if payload.len() > MAX_CONTROL_PAYLOAD {
            return Err(SendError::PingTooLong);
        }
        self.push_frame(FrameFlags::whole(opcode), payload, outgoing)
    }

    /// Whether a whole message can be queued now.
    #[inline]
    fn check_new_message(&self, outgoing: &Outgoing) -> Result<(), SendError> {
        self.check_open()?;
        self.check_no_message()?;
        self.check_room(outgoing)
    }

    #[inline]
    pub(super) fn check_open(&self) -> Result<(), SendError> {
        match self.life.state() {
            State::Open => Ok(()),
            State::Closing | State::Draining | State::Ended => Err(SendError::Closed),
            State::AwaitingRequest(_)
            | State::Deciding(_)
            | State::AwaitingResponse(_)
            | State::ReadingRefusal(_) => Err(SendError::NotOpen),
        }
    }

    #[inline]
    pub(super) fn check_no_message(&self) -> Result<(), SendError> {
        if self.sending.is_some() { Err(SendError::MessageInProgress) } else { Ok(()) }
    }

    #[inline]
    pub(super) fn check_room(&self, outgoing: &Outgoing) -> Result<(), SendError> {
        let full = outgoing.len() > self.config.limits.output && !outgoing.has_promised_room();
        if full { Err(SendError::Full) } else { Ok(()) }
    }

    /// Takes the memory to compress a message of this length. Returns false if it is not to be
    /// compressed, or there is no memory for it.
    #[inline]
    pub(super) fn prepare_compression(&mut self, len: usize) -> bool {
        self.compressor
            .as_mut()
            .is_some_and(|compressor| compressor.should_compress(len) && compressor.try_prepare())
    }
}

/// Checks what a Close frame of the application says.
pub(crate) fn check_close(code: CloseCode, reason: &str) -> Result<(), SendError> {
    // §5.5.1: the reason follows the code, so there is none without a code.
    let is_empty = code == CloseCode::NO_STATUS && reason.is_empty();
    if !code.is_sendable() && !is_empty {
        return Err(SendError::BadCloseCode);
    }
    if reason.len() > MAX_REASON { Err(SendError::ReasonTooLong) } else { Ok(()) }
}
