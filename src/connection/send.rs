//! Messages to frames.

use super::event::{How, MessageKind};
use super::prepared::Prepared;
use super::state::State;
use super::{Connection, Role, SendError};
use crate::frame::{CloseCode, FrameHeader, MAX_CONTROL_PAYLOAD, MAX_REASON, MaskKey, OpCode};
use crate::utf8::Utf8;
use crate::{EntropyError, Outgoing, Time};

/// A message being sent in fragments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sending {
    kind: MessageKind,
    compressed: bool,
    begun: bool,
    utf8: Utf8,
}

impl Sending {
    /// The next fragment.
    const fn frame(&self, fin: bool) -> Frame {
        if self.begun {
            Frame { fin, compressed: false, opcode: OpCode::Continuation }
        } else {
            Frame { fin, compressed: self.compressed, opcode: self.kind.opcode() }
        }
    }
}

/// What a frame's header says besides the payload.
#[derive(Clone, Copy)]
struct Frame {
    fin: bool,
    compressed: bool,
    opcode: OpCode,
}

impl Frame {
    /// A whole message, or a control frame.
    const fn whole(opcode: OpCode) -> Self {
        Self { fin: true, compressed: false, opcode }
    }
}

impl Connection {
    /// Sends a text message.
    ///
    /// # Errors
    ///
    /// [`NotOpen`](SendError::NotOpen), [`Closed`](SendError::Closed),
    /// [`MessageUnderWay`](SendError::MessageUnderWay), [`Full`](SendError::Full),
    /// [`NoEntropy`](SendError::NoEntropy).
    #[inline]
    pub fn send_text(&mut self, text: &str, outgoing: &mut Outgoing) -> Result<(), SendError> {
        self.send_whole(OpCode::Text, text.as_bytes(), outgoing)
    }

    /// Sends a binary message.
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    #[inline]
    pub fn send_binary(&mut self, data: &[u8], outgoing: &mut Outgoing) -> Result<(), SendError> {
        self.send_whole(OpCode::Binary, data, outgoing)
    }

    /// Sends a message that was encoded before; see [`Prepared`].
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
        self.check_open()?;
        self.check_no_message()?;
        self.check_room(outgoing)?;
        match &mut self.compressor {
            Some(compressor) if compressor.wants(message.payload().len()) => {
                // It is no part of the window that the next message may refer to.
                compressor.forget();
                outgoing.push_shared(&message.compressed(compressor.settings()));
            }
            Some(_) | None => outgoing.push_shared(message.frame()),
        }
        Ok(())
    }

    /// Starts a message in fragments (§5.4), for a stream of unknown length or one larger than
    /// memory. Pings, and the answers to the peer's, go out between the fragments.
    ///
    /// # Errors
    ///
    /// [`NotOpen`](SendError::NotOpen), [`Closed`](SendError::Closed),
    /// [`MessageUnderWay`](SendError::MessageUnderWay).
    pub fn start_message(&mut self, kind: MessageKind) -> Result<(), SendError> {
        self.check_open()?;
        self.check_no_message()?;
        let compressed = self.compresses(usize::MAX);
        self.sending = Some(Sending { kind, compressed, begun: false, utf8: Utf8::default() });
        Ok(())
    }

    /// Sends the next fragment of the message; nothing if `data` is empty. The fragments of a
    /// text may be cut anywhere.
    ///
    /// # Errors
    ///
    /// [`NoMessageUnderWay`](SendError::NoMessageUnderWay),
    /// [`NotUtf8`](SendError::NotUtf8) if `data` cannot continue the text,
    /// [`Closed`](SendError::Closed), [`Full`](SendError::Full),
    /// [`NoEntropy`](SendError::NoEntropy); the message can be gone on with.
    pub fn send_fragment(&mut self, data: &[u8], outgoing: &mut Outgoing) -> Result<(), SendError> {
        let sending = self.check_fragment(data, outgoing)?;
        if !data.is_empty() {
            self.push_fragment(&sending, false, data, outgoing)?;
            self.sending = Some(Sending { begun: true, ..sending });
        }
        Ok(())
    }

    /// Sends the last fragment of the message, which may be empty.
    ///
    /// # Errors
    ///
    /// As for [`send_fragment`](Self::send_fragment), and [`NotUtf8`](SendError::NotUtf8) if
    /// the text would end inside a character.
    pub fn finish_message(
        &mut self,
        data: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        let sending = self.check_fragment(data, outgoing)?;
        if !sending.utf8.is_complete() {
            return Err(SendError::NotUtf8);
        }
        self.push_fragment(&sending, true, data, outgoing)?;
        self.sending = None;
        Ok(())
    }

    /// Takes back a message in fragments of which nothing has been sent. Whether that can be.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(crate) fn cancel_message(&mut self) -> bool {
        let begun = self.sending.is_some_and(|sending| sending.begun);
        self.sending.take_if(|sending| !sending.begun);
        !begun
    }

    /// Sends a ping of the application's own. The keepalive sends others by itself.
    ///
    /// # Errors
    ///
    /// [`PingTooLong`](SendError::PingTooLong), [`NotOpen`](SendError::NotOpen),
    /// [`Closed`](SendError::Closed), [`Full`](SendError::Full),
    /// [`NoEntropy`](SendError::NoEntropy).
    pub fn ping(&mut self, payload: &[u8], outgoing: &mut Outgoing) -> Result<(), SendError> {
        self.send_control(OpCode::Ping, payload, outgoing)
    }

    /// Sends a pong that nobody asked for, as a sign of life that needs no answer (§5.5.3). Pings
    /// are answered without it.
    ///
    /// # Errors
    ///
    /// As for [`ping`](Self::ping).
    pub fn pong(&mut self, payload: &[u8], outgoing: &mut Outgoing) -> Result<(), SendError> {
        self.send_control(OpCode::Pong, payload, outgoing)
    }

    /// Begins the closing exchange (§7.1.2): what was sent before goes out, then the Close
    /// frame, then nothing. The peer's messages are still delivered, until its own Close frame.
    /// All of it takes at most [`Config::close_timeout`](crate::Config::close_timeout) from now.
    ///
    /// # Errors
    ///
    /// [`BadCloseCode`](SendError::BadCloseCode), [`ReasonTooLong`](SendError::ReasonTooLong),
    /// [`NotOpen`](SendError::NotOpen), [`Closed`](SendError::Closed),
    /// [`NoEntropy`](SendError::NoEntropy).
    pub fn close(
        &mut self,
        now: Time,
        code: CloseCode,
        reason: &str,
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        self.check_open()?;
        if !code.is_sendable() {
            return Err(SendError::BadCloseCode);
        }
        if reason.len() > MAX_REASON {
            return Err(SendError::ReasonTooLong);
        }
        self.push_close(Some(code), reason, outgoing)?;
        self.life.close_sent(code, reason);
        self.deadlines.closing(now, self.config.close_timeout, false);
        Ok(())
    }

    fn send_whole(
        &mut self,
        opcode: OpCode,
        payload: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        self.check_open()?;
        self.check_no_message()?;
        self.check_room(outgoing)?;
        if self.compresses(payload.len()) {
            let frame = Frame { compressed: true, ..Frame::whole(opcode) };
            return self.push_compressed(frame, payload, outgoing);
        }
        self.push_frame(Frame::whole(opcode), payload, outgoing)
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
        self.push_frame(Frame::whole(opcode), payload, outgoing)
    }

    #[inline]
    fn check_open(&self) -> Result<(), SendError> {
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
    fn check_no_message(&self) -> Result<(), SendError> {
        if self.sending.is_some() { Err(SendError::MessageUnderWay) } else { Ok(()) }
    }

    #[inline]
    fn check_room(&self, outgoing: &Outgoing) -> Result<(), SendError> {
        let full = outgoing.len() > self.config.limits.output && !outgoing.has_promised();
        if full { Err(SendError::Full) } else { Ok(()) }
    }

    /// The message under way as it will be with `data` behind it.
    fn check_fragment(&self, data: &[u8], outgoing: &Outgoing) -> Result<Sending, SendError> {
        self.check_open()?;
        let mut sending = self.sending.ok_or(SendError::NoMessageUnderWay)?;
        self.check_room(outgoing)?;
        if sending.kind == MessageKind::Text {
            sending.utf8.push(data).map_err(|_| SendError::NotUtf8)?;
        }
        Ok(sending)
    }

    /// Whether a message of this length is to be compressed.
    #[inline]
    fn compresses(&self, len: usize) -> bool {
        self.compressor.as_ref().is_some_and(|compressor| compressor.wants(len))
    }

    fn push_fragment(
        &mut self,
        sending: &Sending,
        fin: bool,
        data: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        let frame = sending.frame(fin);
        if sending.compressed {
            self.push_compressed(frame, data, outgoing)
        } else {
            self.push_frame(frame, data, outgoing)
        }
    }

    #[inline]
    fn push_frame(
        &self,
        frame: Frame,
        payload: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        outgoing.push_frame(header(self.masks, frame, payload.len())?, payload);
        Ok(())
    }

    #[inline(never)]
    fn push_compressed(
        &mut self,
        frame: Frame,
        data: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        let Some(compressor) = &mut self.compressor else { return Err(SendError::Closed) };
        let masks = self.masks;
        let pushed = outgoing.push_made_frame(
            |payload| compressor.compress(data, frame.fin, payload),
            |len| header(masks, frame, len),
        );
        pushed.map_err(|error| {
            compressor.forget();
            error.into()
        })
    }

    fn push_close(
        &self,
        code: Option<CloseCode>,
        reason: &str,
        outgoing: &mut Outgoing,
    ) -> Result<(), EntropyError> {
        let mut payload = [0; MAX_CONTROL_PAYLOAD];
        let mut len = 0;
        if let Some(code) = code {
            len = 2 + reason.len();
            payload[..2].copy_from_slice(&code.get().to_be_bytes());
            payload[2..len].copy_from_slice(reason.as_bytes());
        }
        let header = header(self.masks, Frame::whole(OpCode::Close), len)?;
        outgoing.push_last_frame(header, &payload[..len]);
        Ok(())
    }
}

/// What the connection sends by itself.
impl Connection {
    /// §5.5.3. Nothing of it is owed any more behind our Close frame.
    pub(super) fn send_pong(&mut self, payload: &[u8], now: Time, outgoing: &mut Outgoing) {
        if self.is_cut_off() {
            return;
        }
        match header(self.masks, Frame::whole(OpCode::Pong), payload.len()) {
            Ok(header) => outgoing.push_pong(header, payload, self.is_open()),
            Err(_) => self.end(How::NoEntropy, now),
        }
    }

    pub(super) fn send_keepalive(&mut self, now: Time, payload: [u8; 8], outgoing: &mut Outgoing) {
        match self.push_frame(Frame::whole(OpCode::Ping), &payload, outgoing) {
            Ok(()) => self.deadlines.pinged(outgoing.written() + outgoing.len() as u64),
            Err(_) => self.end(How::NoEntropy, now),
        }
    }

    /// Echoes the peer's code (§5.5.1), or the lack of one.
    pub(super) fn answer_close(
        &mut self,
        code: Option<CloseCode>,
        now: Time,
        outgoing: &mut Outgoing,
    ) {
        let pushed = if self.is_cut_off() { Ok(()) } else { self.push_close(code, "", outgoing) };
        match pushed {
            Ok(()) => self.life.close_sent(code.unwrap_or(CloseCode::NO_STATUS), ""),
            Err(_) => {
                self.life.drain(How::NoEntropy);
                self.end(How::NoEntropy, now);
            }
        }
    }

    /// Sends the Close frame of a connection that fails, unless one was sent. Without random
    /// bytes it fails without.
    pub(super) fn send_close(&mut self, code: CloseCode, reason: &str, outgoing: &mut Outgoing) {
        if self.is_open() && self.push_close(Some(code), reason, outgoing).is_ok() {
            self.life.close_sent(code, reason);
        }
    }
}

/// A header with a fresh masking key, if it is from a client (§5.3).
#[inline]
fn header(masks: Role, frame: Frame, len: usize) -> Result<FrameHeader, EntropyError> {
    let mask = match masks {
        Role::Server => None,
        Role::Client(entropy) => {
            let mut key = [0; 4];
            entropy.fill(&mut key)?;
            Some(MaskKey::new(key))
        }
    };
    let Frame { fin, compressed, opcode } = frame;
    Ok(FrameHeader { fin, compressed, opcode, mask, len: len as u64 })
}
