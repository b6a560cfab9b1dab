//! The opening handshake as a part of the life of a connection.

use super::event::{Deadline, How};
use super::receive::InputEnd;
use super::state::{Refusal, State};
use super::{Connection, http};
use crate::deflate;
use crate::handshake::{Acceptance, AnswerError, DeflateParameters, Rejection, ResponseKind};
use crate::memory::{Delivered, What};
use crate::{Incoming, Outgoing, ProtocolError, Time};

/// The interim (1xx) responses that a client reads past.
const MAX_INTERIM_RESPONSES: u8 = 8;

const TIMED_OUT: How = How::TimedOut(Deadline::Handshake);

impl Connection {
    /// Server: answers [`Event::Request`](crate::Event::Request) with a WebSocket. Frames that
    /// the client sent too early are delivered from now on.
    ///
    /// # Errors
    ///
    /// [`AnswerError::NotAsked`] if there is no request to answer, and what is wrong with
    /// `acceptance`; then the request is still unanswered.
    pub fn accept(
        &mut self,
        now: Time,
        acceptance: &Acceptance,
        outgoing: &mut Outgoing,
    ) -> Result<(), AnswerError> {
        let State::Deciding(request) = self.life.state() else {
            return Err(AnswerError::NotAsked);
        };
        let agreed = outgoing.push_head(|head| acceptance.encode(request, head))?;
        self.agree(agreed);
        self.opened(now);
        Ok(())
    }

    /// Server: answers [`Event::Request`](crate::Event::Request) with an HTTP response. What
    /// else the client sent is discarded.
    ///
    /// # Errors
    ///
    /// [`AnswerError::NotAsked`] if there is no request to answer.
    pub fn reject(
        &mut self,
        now: Time,
        rejection: &Rejection,
        outgoing: &mut Outgoing,
    ) -> Result<(), AnswerError> {
        let State::Deciding(_) = self.life.state() else {
            return Err(AnswerError::NotAsked);
        };
        outgoing.push_head(|head| rejection.encode(head));
        self.drain(How::Rejected, now);
        Ok(())
    }

    /// Messages pass from now on, unless the transport has failed by then.
    fn opened(&mut self, now: Time) {
        self.life.opened();
        self.deadlines.opened(now);
        if self.is_cut_off() {
            self.life.silenced();
        }
    }

    /// Takes up what was agreed on.
    pub(super) fn agree(&mut self, agreed: Option<DeflateParameters>) {
        if let Some(agreed) = agreed {
            (self.reader.decompressor, self.compressor) =
                deflate::directions(agreed, self.is_client(), &self.config);
        }
    }

    /// Not inlined, like its likes below: the tables of headers are kilobytes of stack.
    #[inline(never)]
    pub(super) fn receive_request(
        &mut self,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Option<Delivered>, ProtocolError> {
        match self.read_request(incoming) {
            Ok(delivered) => Ok(delivered),
            Err(error) => Err(self.fail(error, now, incoming, outgoing)),
        }
    }

    fn read_request(
        &mut self,
        incoming: &mut Incoming,
    ) -> Result<Option<Delivered>, ProtocolError> {
        let State::AwaitingRequest(reader) = self.life.state_mut() else { return Ok(None) };
        let (unread, head) = incoming.unread_and_message();
        let progress = reader.read(unread, head, &self.config, &mut self.leniency_used)?;
        if !progress.complete {
            incoming.consume(progress.consumed);
            return Ok(None);
        }
        let request = http::check_request(head, deflate::policy(&self.config))?;
        incoming.consume(progress.consumed);
        self.life.request_read(request);
        Ok(Some(What::Request.alone()))
    }

    #[inline(never)]
    pub(super) fn receive_response(
        &mut self,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Option<Delivered>, ProtocolError> {
        match self.read_response(now, incoming) {
            Ok(delivered) => Ok(delivered),
            Err(error) => Err(self.fail(error, now, incoming, outgoing)),
        }
    }

    fn read_response(
        &mut self,
        now: Time,
        incoming: &mut Incoming,
    ) -> Result<Option<Delivered>, ProtocolError> {
        while let State::AwaitingResponse(attempt) = self.life.state_mut() {
            let (unread, head) = incoming.unread_and_message();
            let progress =
                attempt.reader.read(unread, head, &self.config, &mut self.leniency_used)?;
            incoming.consume(progress.consumed);
            if !progress.complete {
                return Ok(None);
            }
            let (_, head) = incoming.unread_and_message();
            match http::check_response(head, &attempt.expected)? {
                ResponseKind::Accepted(agreed) => {
                    self.agree(agreed);
                    self.opened(now);
                    return Ok(Some(What::Open.alone()));
                }
                ResponseKind::Refused(body) => {
                    let length = head.len();
                    self.life.refusal_begun(body, length);
                    return Ok(self.receive_refusal(now, incoming));
                }
                ResponseKind::Interim if attempt.interims == MAX_INTERIM_RESPONSES => {
                    return Err(ProtocolError::TooManyInterimResponses);
                }
                ResponseKind::Interim => {
                    attempt.interims += 1;
                    attempt.reader = http::HeadReader::response();
                    incoming.drop_message();
                }
            }
        }
        Ok(None)
    }

    /// Reads the body of a refusal, to its end or as far as it is kept.
    #[inline(never)]
    pub(super) fn receive_refusal(
        &mut self,
        now: Time,
        incoming: &mut Incoming,
    ) -> Option<Delivered> {
        let State::ReadingRefusal(refusal) = self.life.state_mut() else { return None };
        let Refusal { body, head, len } = &mut **refusal;
        let limit = head.saturating_add(self.config.limits.refusal_body as usize);
        let (unread, message) = incoming.unread_and_message();
        let progress = body.read(unread, message, limit);
        *len = message.len();
        if let Some(end) = self.input_end {
            match end {
                InputEnd::Eof => body.end_with_stream(),
                InputEnd::Failure | InputEnd::Cut => body.truncate(),
            }
        }
        let refused = What::Refused { truncated: body.is_truncated() };
        let head = *head;
        let complete = body.is_complete();
        incoming.consume(progress.consumed);
        if !complete {
            return None;
        }
        self.end(How::Refused, now);
        Some(refused.at(incoming.message_place(Some(head))))
    }

    /// A bad request is answered; a bad response is not.
    pub(super) fn fail_handshake(
        &mut self,
        error: ProtocolError,
        now: Time,
        outgoing: &mut Outgoing,
    ) {
        if self.is_client() {
            outgoing.clear();
            self.end(How::Failed(error), now);
        } else {
            outgoing.push_head(|head| http::encode_error_response(error, head));
            self.drain(How::Failed(error), now);
        }
    }

    /// The opening handshake cannot go on, through this side's fault.
    pub(super) fn give_up_handshake(&mut self, how: How, now: Time, outgoing: &mut Outgoing) {
        if self.is_client() {
            outgoing.clear();
            self.end(how, now);
        } else {
            outgoing.push_head(|head| http::encode_status_response(500, head));
            self.drain(how, now);
        }
    }

    pub(super) fn handshake_timed_out(&mut self, now: Time, outgoing: &mut Outgoing) {
        let status = match self.life.state() {
            State::AwaitingRequest(_) => 408,
            State::Deciding(_) => 503,
            // What there is of the body is told by the next `receive`.
            State::ReadingRefusal(_) => {
                self.input_end.get_or_insert(InputEnd::Cut);
                return self.deadlines.over();
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
        outgoing.push_head(|head| http::encode_status_response(status, head));
        self.drain(TIMED_OUT, now);
    }
}
