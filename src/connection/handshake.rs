//! The opening handshake, as the first part of a connection's life.

use alloc::vec::Vec;
use core::time::Duration;

use super::Connection;
use super::input_end::InputEnd;
use super::state::{AwaitedResponse, RefusalBody, State};
use crate::event::{CurrentEvent, EventKind};
use crate::handshake::{
    self as http, Acceptance, AnswerError, DeflateParameters, HealthCheck, Rejection, ResponseKind,
};
use crate::{Deadline, EndCause, Incoming, Outgoing, ProtocolError, Time, deflate};

/// How long the body of a refusal may pause. Some servers send a status without the length of a body
/// and leave the connection open, and the status says more than the rest of such a body.
const LONGEST_PAUSE_IN_BODY: Duration = Duration::from_secs(1);

/// How many interim (1xx) responses a client accepts before the final one.
const MAX_INTERIM_RESPONSES: u8 = 8;

/// How many bytes of a bad response are kept from the one that breaks a rule on.
const MAX_KEPT_BEYOND: usize = 256;

const TIMED_OUT: EndCause = EndCause::TimedOut(Deadline::Handshake);

impl Connection {
    /// Server: answers [`Event::Request`](crate::Event::Request) with a WebSocket. Frames that
    /// the client sent too early are delivered from now on.
    ///
    /// # Errors
    ///
    /// [`AnswerError::NotAsked`] if there is no request for a WebSocket to answer, and
    /// [`AnswerError::UnofferedSubprotocol`] if the client did not offer the subprotocol; the
    /// request then still waits for an answer.
    pub fn accept(
        &mut self,
        now: Time,
        acceptance: &Acceptance,
        outgoing: &mut Outgoing,
    ) -> Result<(), AnswerError> {
        let State::Deciding(Some(request)) = self.life.state() else {
            return Err(AnswerError::NotAsked);
        };
        let (agreed, len) = outgoing.push_head(|head| acceptance.encode(request, head));
        let agreed = agreed?;
        self.note_answer(len, outgoing);
        self.set_up_compression(agreed);
        self.open(now);
        Ok(())
    }

    /// Server: answers [`Event::Request`](crate::Event::Request) with an HTTP response instead of a
    /// WebSocket. Whatever else the client sends is discarded.
    ///
    /// # Errors
    ///
    /// [`AnswerError::NotAsked`] if there is no request to answer, and [`AnswerError::BadStatus`] if a
    /// request for a WebSocket is answered with 200; it then still waits for an answer.
    pub fn reject(
        &mut self,
        now: Time,
        rejection: &Rejection,
        outgoing: &mut Outgoing,
    ) -> Result<(), AnswerError> {
        let State::Deciding(request) = self.life.state() else {
            return Err(AnswerError::NotAsked);
        };
        // RFC 9110 §15.3.1: 200 says that what was asked for is done.
        if request.is_some() && rejection.status() == 200 {
            return Err(AnswerError::BadStatus);
        }
        self.push_answer(outgoing, |head| rejection.encode(head));
        self.drain(EndCause::Rejected, now);
        Ok(())
    }

    /// Queues the HTTP response that `encode` appends.
    pub(super) fn push_answer(
        &mut self,
        outgoing: &mut Outgoing,
        encode: impl FnOnce(&mut Vec<u8>),
    ) {
        let ((), len) = outgoing.push_head(encode);
        self.note_answer(len, outgoing);
    }

    /// Notes that an answer was queued. Nobody gets it if the transport has failed.
    fn note_answer(&mut self, len: usize, outgoing: &mut Outgoing) {
        if self.has_lost_transport() {
            outgoing.clear();
        } else {
            self.sent.note_head(len);
        }
    }

    /// Opens the connection for messages; only for receiving them if the transport has failed.
    fn open(&mut self, now: Time) {
        self.life.open();
        self.deadlines.end_handshake();
        self.deadlines.start_keepalive(now);
        if self.has_lost_transport() {
            self.life.stop_sending();
        }
    }

    /// Makes the compressor and the decompressor, if compression was agreed on.
    pub(super) fn set_up_compression(&mut self, agreed: Option<DeflateParameters>) {
        if let Some(agreed) = agreed {
            let directions =
                if self.is_client() { deflate::for_client } else { deflate::for_server };
            (self.reader.decompressor, self.compressor) =
                directions(agreed, &self.config.deflate_or_default());
        }
    }

    /// Not inlined, like the other readers of heads below: a connection needs them once.
    #[inline(never)]
    pub(super) fn receive_request(
        &mut self,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Option<CurrentEvent>, ProtocolError> {
        match self.read_request(now, incoming, outgoing) {
            Ok(event) => Ok(event),
            Err(error) => Err(self.fail(error, now, incoming, outgoing)),
        }
    }

    fn read_request(
        &mut self,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Option<CurrentEvent>, ProtocolError> {
        let Some(reader) = self.life.request_reader() else { return Ok(None) };
        let (unread, head) = incoming.memory.unread_and_message();
        let rules = self.config.head_rules();
        let progress = reader.read(unread, head, rules, &mut self.leniency_used)?;
        if !progress.complete {
            incoming.memory.consume(progress.consumed);
            return Ok(None);
        }
        if let Some(check) = HealthCheck::of_head(head, self.config.health_check)? {
            self.push_answer(outgoing, |head| check.encode_response(head));
            incoming.memory.discard_unread();
            self.drain(EndCause::HealthCheck, now);
            return Ok(None);
        }
        let (policy, leniency) = (self.config.deflate_policy(), self.config.leniency);
        let request = if self.config.other_requests && http::is_other_request(head)? {
            None
        } else {
            Some(http::check_request(head, policy, leniency, &mut self.leniency_used)?)
        };
        incoming.memory.consume(progress.consumed);
        self.life.await_decision(request);
        Ok(Some(EventKind::Request.without_bytes()))
    }

    #[inline(never)]
    pub(super) fn receive_response(
        &mut self,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Option<CurrentEvent>, ProtocolError> {
        match self.read_response(now, incoming) {
            Ok(event) => Ok(event),
            Err(error) => {
                self.keep_bad_response(incoming);
                Err(self.fail(error, now, incoming, outgoing))
            }
        }
    }

    /// Keeps what has arrived of a response that breaks a rule, beyond the byte that does, beside
    /// what was read of its head.
    fn keep_bad_response(&mut self, incoming: &mut Incoming) {
        let Some(AwaitedResponse { reader, .. }) = self.life.awaited_response() else { return };
        if reader.is_complete() {
            return;
        }
        let (unread, head) = incoming.memory.unread_and_message();
        let read = head.len().saturating_sub(reader.len());
        let rest = unread.get(read..).unwrap_or_default();
        head.extend_from_slice(rest.get(..MAX_KEPT_BEYOND).unwrap_or(rest));
    }

    fn read_response(
        &mut self,
        now: Time,
        incoming: &mut Incoming,
    ) -> Result<Option<CurrentEvent>, ProtocolError> {
        let rules = self.config.head_rules();
        while let Some(awaited) = self.life.awaited_response() {
            let (unread, head) = incoming.memory.unread_and_message();
            let progress = awaited.reader.read(unread, head, rules, &mut self.leniency_used)?;
            incoming.memory.consume(progress.consumed);
            if !progress.complete {
                return Ok(None);
            }
            let (_, head) = incoming.memory.unread_and_message();
            let (leniency, used) = (self.config.leniency, &mut self.leniency_used);
            match http::check_response(head, &awaited.expected, leniency, used)? {
                ResponseKind::Accepted(agreed) => {
                    self.set_up_compression(agreed);
                    self.open(now);
                    return Ok(Some(EventKind::Open.without_bytes()));
                }
                ResponseKind::Refused(body) => {
                    let head_len = head.len();
                    self.life.begin_refusal(body, head_len, self.deadlines.end_of_phase());
                    self.await_refusal_body(now);
                    return Ok(self.receive_refusal(now, incoming));
                }
                ResponseKind::Interim if awaited.interims == MAX_INTERIM_RESPONSES => {
                    return Err(ProtocolError::TooManyInterimResponses);
                }
                ResponseKind::Interim => {
                    awaited.interims += 1;
                    awaited.reader = http::HeadReader::response();
                    incoming.memory.drop_message();
                }
            }
        }
        Ok(None)
    }

    /// Begins to wait for the next bytes of the body of a refusal.
    fn await_refusal_body(&mut self, now: Time) {
        let latest_end = self.life.refusal_body().and_then(|body| body.latest_end);
        let end = now.after(LONGEST_PAUSE_IN_BODY);
        self.deadlines.end_handshake_at(latest_end.map_or(end, |latest| latest.min(end)));
    }

    /// Reads the body of a refusal, to its end or to the limit of what is kept.
    #[inline(never)]
    pub(super) fn receive_refusal(
        &mut self,
        now: Time,
        incoming: &mut Incoming,
    ) -> Option<CurrentEvent> {
        let RefusalBody { reader, head_len, len, .. } = self.life.refusal_body()?;
        let limit = head_len.saturating_add(self.config.limits.refusal_body as usize);
        let (unread, message) = incoming.memory.unread_and_message();
        let progress = reader.read(unread, message, limit);
        *len = message.len();
        match self.input_end {
            Some(InputEnd::Eof) => reader.end_with_stream(),
            Some(InputEnd::Failure | InputEnd::Uncertain) => reader.truncate(),
            None => {}
        }
        let refused = EventKind::Refused { truncated: reader.is_truncated() };
        let event = refused.with_bytes(incoming.memory.head_range(*head_len));
        let complete = reader.is_complete();
        incoming.memory.consume(progress.consumed);
        if progress.consumed > 0 {
            self.await_refusal_body(now);
        }
        if !complete {
            return None;
        }
        self.end(EndCause::Refused, now);
        Some(event)
    }

    pub(super) fn handshake_timed_out(&mut self, now: Time, outgoing: &mut Outgoing) {
        let status = match self.life.state() {
            State::AwaitingRequest(_) => 408,
            State::Deciding(_) => 503,
            // The next `receive` delivers the refusal, with what was received of the body.
            State::ReadingRefusal(_) => {
                self.input_end.get_or_insert(InputEnd::Uncertain);
                return self.deadlines.clear();
            }
            State::AwaitingResponse(_)
            | State::Open
            | State::Closing
            | State::Draining
            | State::Ended => {
                outgoing.clear();
                return self.end(TIMED_OUT, now);
            }
        };
        self.push_answer(outgoing, |head| http::encode_status_response(status, head));
        self.drain(TIMED_OUT, now);
    }
}
