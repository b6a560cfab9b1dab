//! Frames that the connection sends by itself.

use super::Connection;
use super::outgoing_frame::FrameFlags;
use crate::frame::OpCode;
use crate::{CloseCode, EndCause, Outgoing, Time};

impl Connection {
    /// Answers a ping (§5.5.3). After our Close frame no answer is owed any more.
    pub(super) fn answer_ping(&mut self, payload: &[u8], now: Time, outgoing: &mut Outgoing) {
        if self.has_lost_transport() {
            return;
        }
        match FrameFlags::whole(OpCode::Pong).header(self.role, payload.len()) {
            Ok(header) => {
                // While open it has queued no Close frame itself.
                if self.is_open() {
                    outgoing.forget_last_frame();
                }
                outgoing.push_pong(header, payload);
            }
            Err(_) => self.end(EndCause::NoEntropy, now),
        }
    }

    /// Sends the keepalive's ping.
    pub(super) fn send_keepalive(&mut self, now: Time, payload: [u8; 8], outgoing: &mut Outgoing) {
        match self.push_frame(FrameFlags::whole(OpCode::Ping), &payload, outgoing) {
            Ok(()) => self.deadlines.note_ping(outgoing.written() + outgoing.len() as u64),
            Err(_) => self.end(EndCause::NoEntropy, now),
        }
    }

    /// Echoes the peer's code (§5.5.1), or the lack of one.
    pub(super) fn answer_close(
        &mut self,
        code: Option<CloseCode>,
        now: Time,
        outgoing: &mut Outgoing,
    ) {
        let pushed =
            if self.has_lost_transport() { Ok(()) } else { self.push_close(code, "", outgoing) };
        match pushed {
            Ok(()) => self.life.note_close_sent(code.unwrap_or(CloseCode::NO_STATUS), ""),
            Err(_) => {
                // `end` keeps the cause of a connection that drains, which would be the clean one.
                self.life.drain(EndCause::NoEntropy);
                self.end(EndCause::NoEntropy, now);
            }
        }
    }

    /// Sends the Close frame of a connection that fails, unless one was sent before or there are
    /// no random bytes to mask it with.
    pub(super) fn send_close(&mut self, code: CloseCode, reason: &str, outgoing: &mut Outgoing) {
        if self.is_open() && self.push_close(Some(code), reason, outgoing).is_ok() {
            self.life.note_close_sent(code, reason);
        }
    }
}
