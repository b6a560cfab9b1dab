//! How a connection fails: because of the peer's input, or because of a mistake of the caller.

use super::Connection;
use crate::handshake as http;
use crate::{CloseCode, EndCause, Incoming, Outgoing, ProtocolError, Time};

impl Connection {
    /// Fails the connection because of an error inside a frame, whose message is lost.
    #[cold]
    pub(super) fn fail_in_frame(
        &mut self,
        error: ProtocolError,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> ProtocolError {
        self.life.ending_mut().message_lost = true;
        self.fail(error, now, incoming, outgoing)
    }

    /// Fails the connection (§7.1.7): queues the answer, and delivers nothing more but the end.
    pub(super) fn fail(
        &mut self,
        error: ProtocolError,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> ProtocolError {
        // A bad response can be looked at until the end is reported.
        let keeps_head = self.is_client() && self.life.in_handshake();
        if self.life.in_handshake() {
            let (_, head) = incoming.memory.unread_and_message();
            let is_head = head.starts_with(b"HEAD ");
            self.fail_handshake(error, is_head, now, outgoing);
        } else {
            let code = error.close_code().unwrap_or(CloseCode::PROTOCOL_ERROR);
            self.send_close(code, "", outgoing);
            self.drain(EndCause::Failed(error), now);
        }
        incoming.memory.discard_unread();
        if !keeps_head {
            incoming.memory.drop_message();
        }
        error
    }

    /// Fails the connection for something that is not the peer's fault: the caller gave it the
    /// memory of another one, or there is none.
    #[cold]
    pub(super) fn give_up(
        &mut self,
        cause: EndCause,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) {
        // Leaves memory for the answer.
        incoming.drop_all();
        if self.life.in_handshake() {
            self.give_up_handshake(cause, now, outgoing);
        } else {
            self.send_close(CloseCode::INTERNAL_ERROR, "", outgoing);
            self.life.ending_mut().message_lost = true;
            self.drain(cause, now);
        }
    }

    /// Fails the handshake. A bad request is answered, a bad response is not. `is_head` says whether the
    /// method of the request is HEAD.
    fn fail_handshake(
        &mut self,
        error: ProtocolError,
        is_head: bool,
        now: Time,
        outgoing: &mut Outgoing,
    ) {
        if self.is_client() {
            outgoing.clear();
            self.end(EndCause::Failed(error), now);
        } else {
            self.push_answer(outgoing, |head| http::encode_error_response(error, is_head, head));
            self.drain(EndCause::Failed(error), now);
        }
    }

    /// Ends the handshake because of a mistake of this side.
    fn give_up_handshake(&mut self, cause: EndCause, now: Time, outgoing: &mut Outgoing) {
        if self.is_client() {
            outgoing.clear();
            self.end(cause, now);
        } else {
            self.push_answer(outgoing, |head| http::encode_status_response(500, head));
            self.drain(cause, now);
        }
    }
}
