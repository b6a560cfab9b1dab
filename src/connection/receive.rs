//! Turns received bytes into events and replies.

use super::Connection;
use super::input_end::InputEnd;
use super::reader::Found;
use super::role::Role;
use super::state::State;
use crate::event::{CurrentEvent, EventKind};
use crate::frame::{Masking, OpCode, parse_close};
use crate::memory::BufferRange;
use crate::{CloseCode, EndCause, Incoming, Outgoing, ProtocolError, Time};

/// How far [`Connection::receive`] got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a loop has to know them all")]
#[must_use = "an event may be waiting"]
pub enum Progress {
    /// Something happened: look at [`Incoming::event`].
    Event,
    /// All input was consumed. Write what is queued, then wait for more bytes.
    NeedBytes,
    /// [`Event::Ended`](crate::Event::Ended) was delivered before. There is nothing more to
    /// receive.
    Ended,
}

impl Connection {
    /// Advances to the next event in what was received. Answers that the protocol demands, a
    /// pong or a Close frame, are put into `outgoing`; no pong without
    /// [`Config::automatic_pong`](crate::Config::automatic_pong).
    ///
    /// The previous event is forgotten. `now` is the time at which the bytes were read; the clock
    /// need not be read again for each event.
    ///
    /// `incoming` must be the same as in the previous call, unless that one is
    /// [at rest](Incoming::is_at_rest). Given another one, the connection does not find what it left
    /// there. It then sends 1011 (500 from a server in the handshake), delivers nothing else, and
    /// ends with [`EndCause::ForeignMemory`].
    ///
    /// # Errors
    ///
    /// The peer broke the protocol or exceeded a limit. Everything that was complete before has
    /// been delivered, nothing from the offending frame on will be, and the Close frame or the HTTP
    /// response is in `outgoing`. A connection returns an error at most once. Go on as before until
    /// [`Event::Ended`](crate::Event::Ended), so that the answer reaches the peer.
    #[inline(always)]
    pub fn receive(
        &mut self,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Progress, ProtocolError> {
        loop {
            if let Some(progress) = self.receive_or_pause(now, incoming, outgoing)? {
                return Ok(progress);
            }
        }
    }

    /// The same as [`receive`](Self::receive), but returns `None` after much was inflated while there
    /// is more to inflate, so that the caller can let others run before calling it again.
    #[inline(always)]
    pub(crate) fn receive_or_pause(
        &mut self,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Option<Progress>, ProtocolError> {
        incoming.forget_event();
        let masked = !self.is_client();
        // In one branch: nearly always both are true.
        if self.life.reads_frames() & self.reader.at_rest()
            && let Some(whole) = self.reader.read_whole(&mut incoming.memory, masked)
        {
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

    /// Says that the stream ended: no byte will follow those that were received. What was received
    /// before is still delivered.
    pub fn receive_eof(&mut self) {
        self.input_end.get_or_insert(InputEnd::Eof);
    }

    /// The same as [`receive_eof`](Self::receive_eof) for a transport that cannot say whether the
    /// stream ended or was truncated, such as TLS without `close_notify`. The body of a refusal
    /// that ends with the stream then counts as truncated.
    #[cfg(feature = "std")]
    pub(crate) fn receive_uncertain_eof(&mut self) {
        self.input_end.get_or_insert(InputEnd::Uncertain);
    }

    /// Says that reading or writing failed for good. Output that waits is dropped, and no more is
    /// accepted. What was received before is still delivered.
    pub fn handle_transport_failure(&mut self, outgoing: &mut Outgoing) {
        self.drop_output(EndCause::TransportFailed, outgoing);
        self.input_end = Some(InputEnd::Failure);
        self.life.stop_sending();
    }

    /// Whether the transport failed. If so, nothing is sent, as it could follow a part of a frame.
    pub(super) fn has_lost_transport(&self) -> bool {
        self.input_end == Some(InputEnd::Failure)
    }

    #[inline(never)]
    fn receive_any(
        &mut self,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Option<Progress>, ProtocolError> {
        if !self.claim_head(incoming) {
            self.give_up(EndCause::ForeignMemory, now, incoming, outgoing);
            return Ok(None);
        }
        let event = match self.life.state() {
            State::AwaitingRequest(_) => self.receive_request(now, incoming, outgoing)?,
            State::AwaitingResponse(_) => self.receive_response(now, incoming, outgoing)?,
            State::ReadingRefusal(_) => self.receive_refusal(now, incoming),
            State::Open | State::Closing => {
                let found = self.read_frames(incoming);
                return self.receive_found(found, now, incoming, outgoing);
            }
            State::Draining => {
                incoming.memory.discard_unread();
                None
            }
            State::Deciding(_) => None,
            State::Ended => return Ok(Some(self.deliver_ending(incoming))),
        };
        Ok(match event {
            Some(event) => Some(deliver(event, incoming)),
            None => self.on_input_exhausted(now, incoming, outgoing),
        })
    }

    /// Handles what was found when reading frames. Returns `None` for a pause, and if the next call
    /// has to look for the end of the connection.
    pub(super) fn receive_found(
        &mut self,
        found: Result<Found, ProtocolError>,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Option<Progress>, ProtocolError> {
        let found = match found {
            Ok(Found::Paused) => return Ok(None),
            Ok(Found::ForeignMemory) => {
                self.give_up(EndCause::ForeignMemory, now, incoming, outgoing);
                return Ok(None);
            }
            Ok(Found::OutOfMemory) => {
                self.give_up(EndCause::OutOfMemory, now, incoming, outgoing);
                return Ok(None);
            }
            Ok(found) => found,
            Err(error) => return Err(self.fail_in_frame(error, now, incoming, outgoing)),
        };
        let event = self.answer(found, now, incoming, outgoing)?;
        Ok(match event {
            Some(event) => Some(deliver(event, incoming)),
            None => self.on_input_exhausted(now, incoming, outgoing),
        })
    }

    /// Answers what was found, where an answer is due.
    fn answer(
        &mut self,
        found: Found,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Option<CurrentEvent>, ProtocolError> {
        // Also after a control frame: the wait for its rest may have started the deadline.
        if !self.reader.in_message() && !matches!(found, Found::Nothing) {
            self.deadlines.note_message_done();
        }
        match found {
            Found::Data(event) => Ok(Some(event)),
            Found::Control(OpCode::Close, payload) => {
                match self.receive_close(payload, now, incoming, outgoing) {
                    Ok(event) => Ok(Some(event)),
                    Err(error) => Err(self.fail(error, now, incoming, outgoing)),
                }
            }
            Found::Control(OpCode::Ping, payload) => {
                if self.config.automatic_pong {
                    self.answer_ping(incoming.memory.bytes_at(payload), now, outgoing);
                }
                Ok(Some(EventKind::Ping.with_bytes(payload)))
            }
            Found::Control(_, payload) => {
                // What was written before the pong came.
                self.deadlines.note_output(now, outgoing);
                let round_trip = self.deadlines.note_pong(now, incoming.memory.bytes_at(payload));
                incoming.note_round_trip(round_trip);
                Ok(Some(EventKind::Pong.with_bytes(payload)))
            }
            Found::Nothing | Found::Paused | Found::ForeignMemory | Found::OutOfMemory => Ok(None),
        }
    }

    /// Claims the memory for what was read so far of a head or of the body of a refusal. Returns
    /// whether it holds just that; always true in other states.
    fn claim_head(&self, incoming: &mut Incoming) -> bool {
        let len = match self.life.state() {
            State::AwaitingRequest(reader) => reader.len(),
            State::AwaitingResponse(awaited) => awaited.reader.len(),
            State::ReadingRefusal(body) => body.len,
            State::Deciding(_) | State::Open | State::Closing | State::Draining | State::Ended => {
                return true;
            }
        };
        incoming.memory.claim(len as u64, 0, 0)
    }

    fn read_frames(&mut self, incoming: &mut Incoming) -> Result<Found, ProtocolError> {
        let masking = self.masking();
        self.reader.read_frames(
            &mut incoming.memory,
            &self.config,
            masking,
            &mut self.leniency_used,
        )
    }

    /// Receives a Close frame, and answers it unless it comes after ours (§5.5.1). If it does, the
    /// exchange is complete with it, whatever it contains.
    fn receive_close(
        &mut self,
        payload: BufferRange,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<CurrentEvent, ProtocolError> {
        let answer_is_due = self.life.ending_mut().sent.is_none();
        let (code, reason) = match parse_close(incoming.memory.bytes_at(payload)) {
            Err(fault) if self.life.note_fault_after_close(fault) => (None, ""),
            parsed => parsed?,
        };
        let code_or_none = code.unwrap_or(CloseCode::NO_STATUS);
        self.life.note_close_received(code_or_none, reason);
        if let Some(Err(fault)) = code.map(|code| self.check_close_code(code))
            && !self.life.note_fault_after_close(fault)
        {
            return Err(fault);
        }
        let reason = payload.skip(payload.len() - reason.len());
        if answer_is_due && self.has_lost_transport() {
            self.drain(EndCause::TransportFailed, now);
        } else {
            self.drain(EndCause::Clean, now);
            if answer_is_due {
                self.answer_close(code_or_none, now, outgoing);
            }
        }
        Ok(EventKind::Close(code_or_none).with_bytes(reason))
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

    /// Called when all input was consumed. Ends the connection if the stream ended after it.
    /// Otherwise notes what the input means for the deadlines, and frees memory. Returns `None` if
    /// there was no memory for more input, which fails the connection.
    fn on_input_exhausted(
        &mut self,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Option<Progress> {
        if incoming.memory.take_out_of_memory() && !self.is_settled() {
            self.give_up(EndCause::OutOfMemory, now, incoming, outgoing);
            return None;
        }
        if let Some(end) = self.input_end {
            self.end(self.cause_at_input_end(end), now);
            return Some(self.deliver_ending(incoming));
        }
        if self.count_input(incoming) > 0 {
            self.deadlines.note_input(now, &self.config);
        }
        let in_frames = self.life.reads_frames() && !self.reader.at_rest();
        if in_frames {
            self.deadlines.await_message(now, self.config.message_timeout);
        } else {
            self.deadlines.note_message_done();
        }
        self.deadlines.note_output(now, outgoing);
        if !in_frames && !self.life.in_handshake() {
            incoming.memory.drop_message();
        }
        let left = if in_frames { self.reader.direct_payload_left(&self.config) } else { 0 };
        incoming.memory.prepare_direct_read(left);
        incoming.memory.rewind_window();
        Some(Progress::NeedBytes)
    }

    fn cause_at_input_end(&self, end: InputEnd) -> EndCause {
        match self.life.state() {
            _ if end == InputEnd::Failure => EndCause::TransportFailed,
            State::AwaitingRequest(_) | State::Deciding(_) | State::AwaitingResponse(_) => {
                EndCause::EofInHandshake
            }
            State::ReadingRefusal(_) => EndCause::Refused,
            State::Open => self.reader.cause_at_eof(),
            State::Closing => EndCause::EofAfterClose,
            // The cause was settled before, and is kept.
            State::Draining | State::Ended => EndCause::Clean,
        }
    }

    fn deliver_ending(&mut self, incoming: &mut Incoming) -> Progress {
        let Some(mut ending) = self.life.take_ending() else { return Progress::Ended };
        self.count_input(incoming);
        // How much was read of a message that breaks a rule depends on how it was cut.
        if !matches!(ending.cause, EndCause::Failed(_)) {
            self.reader.count_unfinished(&self.config);
        }
        ending.stalled = self.deadlines.stalled();
        ending.message_lost |= !self.reader.at_rest();
        incoming.memory.discard_unread();
        if !ending.cause.leaves_head() {
            incoming.memory.drop_message();
        }
        incoming.deliver_ending(ending);
        Progress::Event
    }

    /// Counts the bytes that were received since this was called last, and returns how many.
    fn count_input(&mut self, incoming: &mut Incoming) -> usize {
        let received = incoming.memory.take_received_since_asked();
        self.received_wire_bytes += received as u64;
        self.reader.tally.settle();
        received
    }

    /// Whether the peer must mask its frames.
    pub(super) fn masking(&self) -> Masking {
        match self.role {
            Role::Client(_) if self.config.leniency.masked_frames => Masking::Tolerated,
            Role::Client(_) => Masking::Forbidden,
            Role::Server if self.config.leniency.unmasked_frames => Masking::Optional,
            Role::Server => Masking::Required,
        }
    }
}

/// Makes this the current event.
fn deliver(event: CurrentEvent, incoming: &mut Incoming) -> Progress {
    incoming.deliver(event);
    Progress::Event
}
