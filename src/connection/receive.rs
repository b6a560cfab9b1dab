//! Bytes to events and replies.

use super::event::How;
use super::reader::{Found, Reader};
use super::state::State;
use super::{Connection, Delivery, Role};
use crate::frame::{CloseCode, Masking, OpCode, parse_close};
use crate::memory::{Delivered, Place, What};
use crate::{Incoming, Outgoing, ProtocolError, Time};

/// What [`Connection::receive`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a loop has to know them all")]
#[must_use = "an event may be waiting"]
pub enum Progress {
    /// Something happened: look at [`Incoming::event`].
    Event,
    /// All input is used up. Write, wait and read.
    NeedBytes,
    /// [`Event::Ended`](crate::Event::Ended) was told before. There is nothing more to do.
    Ended,
}

/// Why no more bytes come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputEnd {
    Eof,
    Failure,
    /// Not the end, or nobody knows: what ends with the stream may go on.
    Cut,
}

impl Connection {
    /// Goes on to the next event in what was received. Answers that the protocol demands, a
    /// pong or a Close frame, are put into `outgoing`.
    ///
    /// The event before it is let go. `now` is the time at which the bytes were read; one
    /// reading of the clock serves for all of a batch.
    ///
    /// `incoming` is that of the call before, unless that is [at rest](Incoming::is_at_rest).
    /// Given another one, the connection does not find there what it left, sends 1011 (a server in
    /// the handshake 500) and ends as [`How::ForeignMemory`]. Nothing else is delivered then.
    ///
    /// # Errors
    ///
    /// The peer broke the protocol or passed a limit. All that was complete before has been
    /// delivered, nothing from the offending frame on will be, and the Close frame or HTTP
    /// status is in `outgoing`. Each connection tells this once; go on as before until
    /// [`Event::Ended`](crate::Event::Ended), so that the peer gets to read it.
    #[inline(always)]
    pub fn receive(
        &mut self,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Progress, ProtocolError> {
        loop {
            if let Some(progress) = self.receive_some(now, incoming, outgoing)? {
                return Ok(progress);
            }
        }
    }

    /// The same, but `None` when much was inflated and there is more at hand: for callers that
    /// others wait for.
    #[inline(always)]
    pub(crate) fn receive_some(
        &mut self,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Option<Progress>, ProtocolError> {
        incoming.forget_event();
        // Without branches: all three are at hand, and nearly always true.
        let plain = self.life.reads_frames()
            & self.reader.at_rest()
            & (self.config.delivery == Delivery::Whole);
        let masked = !self.is_client();
        if plain && let Some(whole) = Reader::read_whole(incoming, &self.config, masked) {
            return match whole {
                Ok(message) => {
                    incoming.deliver(message);
                    Ok(Some(Progress::Event))
                }
                Err(error) => Err(self.fail_in_frame(error, now, incoming, outgoing)),
            };
        }
        self.receive_any(now, incoming, outgoing)
    }

    /// Says that no byte will follow those that were received.
    pub fn receive_eof(&mut self) {
        self.input_end.get_or_insert(InputEnd::Eof);
    }

    /// The same where the transport cannot tell whether this is the end, as over TLS without its
    /// `close_notify`: a body of a refusal that ends with the stream is truncated then.
    #[cfg(feature = "std")]
    pub(crate) fn receive_cut(&mut self) {
        self.input_end.get_or_insert(InputEnd::Cut);
    }

    /// Says that reading or writing failed for good: drops output that waits, and takes no more.
    /// What was received before is still delivered.
    pub fn transport_failed(&mut self, outgoing: &mut Outgoing) {
        outgoing.clear();
        self.input_end = Some(InputEnd::Failure);
        self.life.silenced();
    }

    /// Whether what is sent would reach nobody: it would stand behind a part of a frame.
    pub(super) fn is_cut_off(&self) -> bool {
        self.input_end == Some(InputEnd::Failure)
    }

    #[inline(never)]
    fn receive_any(
        &mut self,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Option<Progress>, ProtocolError> {
        if !self.finds_its_own_head(incoming) {
            return Ok(self.refuse_memory(now, incoming, outgoing));
        }
        let delivered = match self.life.state() {
            State::AwaitingRequest(_) => self.receive_request(now, incoming, outgoing)?,
            State::AwaitingResponse(_) => self.receive_response(now, incoming, outgoing)?,
            State::ReadingRefusal(_) => self.receive_refusal(now, incoming),
            State::Open | State::Closing => {
                let found = self.read_frames(incoming);
                return self.receive_found(found, now, incoming, outgoing);
            }
            State::Draining => {
                incoming.discard_unread();
                None
            }
            State::Deciding(_) => None,
            State::Ended => return Ok(Some(self.tell_ending(incoming))),
        };
        Ok(Some(match delivered {
            Some(delivered) => told(delivered, incoming),
            None => self.used_up(now, incoming, outgoing),
        }))
    }

    /// Takes in what was found while frames are read; `None` for a pause.
    pub(super) fn receive_found(
        &mut self,
        found: Result<Found, ProtocolError>,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Option<Progress>, ProtocolError> {
        let found = match found {
            Ok(Found::Paused) => return Ok(None),
            Ok(Found::Foreign) => return Ok(self.refuse_memory(now, incoming, outgoing)),
            Ok(found) => found,
            Err(error) => return Err(self.fail_in_frame(error, now, incoming, outgoing)),
        };
        let delivered = self.answer(found, now, incoming, outgoing)?;
        Ok(Some(match delivered {
            Some(delivered) => told(delivered, incoming),
            None => self.used_up(now, incoming, outgoing),
        }))
    }

    /// Answers what was found, where that is due.
    fn answer(
        &mut self,
        found: Found,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Option<Delivered>, ProtocolError> {
        // A control frame that the window's end cut had begun the wait, too.
        if !self.reader.in_message() && !matches!(found, Found::Nothing) {
            self.deadlines.message_done();
        }
        match found {
            Found::Data(delivered) => Ok(Some(delivered)),
            Found::Control(OpCode::Close, place) => {
                match self.peer_closes(place, now, incoming, outgoing) {
                    Ok(delivered) => Ok(Some(delivered)),
                    Err(error) => Err(self.fail(error, now, incoming, outgoing)),
                }
            }
            Found::Control(OpCode::Ping, place) => {
                self.send_pong(incoming.bytes_at(place), now, outgoing);
                Ok(Some(What::Ping.at(place)))
            }
            Found::Control(_, place) => {
                let round_trip = self.deadlines.pong(now, incoming.bytes_at(place));
                incoming.note_round_trip(round_trip);
                Ok(Some(What::Pong.at(place)))
            }
            Found::Nothing | Found::Paused | Found::Foreign => Ok(None),
        }
    }

    /// Whether the memory is the one that a head, or the body of a refusal, was read into before.
    fn finds_its_own_head(&self, incoming: &mut Incoming) -> bool {
        let len = match self.life.state() {
            State::AwaitingRequest(reader) => reader.len(),
            State::AwaitingResponse(attempt) => attempt.reader.len(),
            State::ReadingRefusal(refusal) => refusal.len,
            State::Deciding(_) | State::Open | State::Closing | State::Draining | State::Ended => {
                return true;
            }
        };
        incoming.holds(len as u64, 0, 0)
    }

    /// Fails the connection, by the caller's mistake and not the peer's. There is an event, or more
    /// is needed, when it is asked again.
    #[cold]
    fn refuse_memory(
        &mut self,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Option<Progress> {
        if self.life.in_handshake() {
            self.give_up_handshake(How::ForeignMemory, now, outgoing);
        } else {
            self.send_close(CloseCode::INTERNAL_ERROR, "", outgoing);
            self.life.ending().message_lost = true;
            self.drain(How::ForeignMemory, now);
        }
        incoming.drop_all();
        None
    }

    fn read_frames(&mut self, incoming: &mut Incoming) -> Result<Found, ProtocolError> {
        let masking = self.masking();
        self.reader.read_frames(incoming, &self.config, masking, &mut self.leniency_used)
    }

    /// §5.5.1: a Close frame is answered with one, unless it is the answer to ours.
    fn peer_closes(
        &mut self,
        place: Place,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Delivered, ProtocolError> {
        let (code, reason) = parse_close(incoming.bytes_at(place))?;
        if let Some(code) = code {
            self.check_close_code(code)?;
        }
        let ours_is_due = self.life.ending().sent.is_none();
        self.life.close_received(code.unwrap_or(CloseCode::NO_STATUS), reason);
        self.deadlines.closing(now, self.config.close_timeout, false);
        if ours_is_due {
            self.answer_close(code, now, outgoing);
        }
        Ok(What::Close(code.unwrap_or(CloseCode::NO_STATUS)).at(place.behind(2)))
    }

    fn check_close_code(&mut self, code: CloseCode) -> Result<(), ProtocolError> {
        if code.is_sendable() {
            return Ok(());
        }
        if code.is_unassigned() && self.config.leniency.unassigned_close_codes {
            self.leniency_used.unassigned_close_codes = true;
            return Ok(());
        }
        Err(ProtocolError::BadCloseCode)
    }

    /// Fails the connection inside a frame. That one is lost, however it was cut.
    #[cold]
    fn fail_in_frame(
        &mut self,
        error: ProtocolError,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> ProtocolError {
        self.life.ending().message_lost = true;
        self.fail(error, now, incoming, outgoing)
    }

    /// Fails the connection (§7.1.7): queues the answer, delivers nothing more.
    pub(super) fn fail(
        &mut self,
        error: ProtocolError,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> ProtocolError {
        if self.life.in_handshake() {
            self.fail_handshake(error, now, outgoing);
        } else {
            let code = error.close_code().unwrap_or(CloseCode::PROTOCOL_ERROR);
            self.send_close(code, "", outgoing);
            self.drain(How::Failed(error), now);
        }
        incoming.discard_unread();
        incoming.drop_message();
        error
    }

    /// All input is used up: notes what that means for the deadlines, gives memory back, and
    /// takes the end of the stream in where it stands behind that input.
    fn used_up(&mut self, now: Time, incoming: &mut Incoming, outgoing: &mut Outgoing) -> Progress {
        if let Some(end) = self.input_end {
            self.end(self.at_input_end(end), now);
            return self.tell_ending(incoming);
        }
        let reads_frames = self.life.reads_frames();
        let under_way = reads_frames && !self.reader.at_rest();
        if incoming.take_heard() {
            self.deadlines.heard(now, &self.config);
        }
        self.deadlines.message(now, under_way, self.config.message_timeout);
        self.note_output(now, outgoing);
        let left = if reads_frames { self.reader.left_to_assemble(&self.config) } else { 0 };
        incoming.rest(under_way || self.life.in_handshake(), left);
        Progress::NeedBytes
    }

    fn at_input_end(&self, end: InputEnd) -> How {
        match self.life.state() {
            _ if end == InputEnd::Failure => How::TransportFailed,
            State::AwaitingRequest(_) | State::Deciding(_) | State::AwaitingResponse(_) => {
                How::EofInHandshake
            }
            State::ReadingRefusal(_) => How::Refused,
            State::Open => self.reader.at_eof(),
            State::Closing => How::EofAfterClose,
            // Settled before.
            State::Draining | State::Ended => How::Clean,
        }
    }

    fn tell_ending(&mut self, incoming: &mut Incoming) -> Progress {
        let Some(mut ending) = self.life.tell() else { return Progress::Ended };
        ending.stalled = self.deadlines.stalled();
        ending.message_lost |= !self.reader.at_rest();
        incoming.discard_unread();
        if ending.how != How::EofInHandshake {
            incoming.drop_message();
        }
        incoming.deliver_ending(ending);
        Progress::Event
    }

    pub(super) fn masking(&self) -> Masking {
        match self.masks {
            Role::Client(_) => Masking::Forbidden,
            Role::Server if self.config.leniency.unmasked_frames => Masking::Optional,
            Role::Server => Masking::Required,
        }
    }
}

fn told(delivered: Delivered, incoming: &mut Incoming) -> Progress {
    incoming.deliver(delivered);
    Progress::Event
}
