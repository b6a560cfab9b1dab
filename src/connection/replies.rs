//! Frames that a connection sends without being asked to by the application.

use super::Connection;
use super::outgoing_frame::FrameFlags;
use super::send_error::SendError;
use crate::frame::OpCode;
use crate::memory::QueuedPong;
use crate::{CloseCode, EndCause, Outgoing, Time};

impl Connection {
    /// Answers a ping (§5.5.3). `Outgoing` drops a pong that would follow our Close frame: no
    /// answer is owed after it.
    pub(super) fn answer_ping(&mut self, payload: &[u8], now: Time, outgoing: &mut Outgoing) {
        if self.has_lost_transport() {
            return;
        }
        let flags = FrameFlags::whole(OpCode::Pong);
        match flags.header(self.role, payload.len()) {
            Ok(header) => {
                // An open connection has queued no Close frame, so one that is noted there is that
                // of another connection, which used the memory before.
                if self.is_open() {
                    outgoing.forget_last_frame();
                }
                match outgoing.push_pong(header, payload) {
                    QueuedPong::Added(len) => self.note_sent(flags, payload.len(), len),
                    QueuedPong::Replaced(other, len) => self.note_replaced(other, payload, len),
                    QueuedPong::Dropped => {}
                }
            }
            Err(_) => self.end(EndCause::NoEntropy, now),
        }
    }

    /// Counts a pong of `len` bytes instead of another one of `replaced` bytes, which is not sent.
    /// The headers of two pongs are of the same length. (If the other one is that of another
    /// connection, which used the memory before, this comes out too low.)
    fn note_replaced(&mut self, replaced: usize, payload: &[u8], len: usize) {
        let header_len = len - payload.len();
        self.sent.replace_payload(replaced.saturating_sub(header_len), payload.len());
        self.sent.replace_frame(replaced, len);
    }

    /// Sends the keepalive's ping.
    pub(super) fn send_keepalive(&mut self, now: Time, payload: [u8; 8], outgoing: &mut Outgoing) {
        let waiting = outgoing.len() as u64;
        match self.push_frame(FrameFlags::whole(OpCode::Ping), &payload, outgoing) {
            Ok(()) => {
                self.deadlines.note_ping(waiting, outgoing.written() + outgoing.len() as u64);
            }
            Err(error) => self.end(cause_of(error), now),
        }
    }

    /// Answers the peer's Close frame with the same code, or without one if it had none (§5.5.1).
    pub(super) fn answer_close(&mut self, code: CloseCode, now: Time, outgoing: &mut Outgoing) {
        match self.push_close(code, "", outgoing) {
            Ok(()) => self.life.note_close_sent(code, ""),
            Err(error) => {
                // The connection drains with the cause `Clean`, which `end` would keep.
                self.life.drain(cause_of(error));
                self.end(cause_of(error), now);
            }
        }
    }

    /// Sends the Close frame of a connection that fails, unless one was sent before or there are
    /// no random bytes to mask it with, or no memory to queue it in.
    pub(super) fn send_close(&mut self, code: CloseCode, reason: &str, outgoing: &mut Outgoing) {
        if self.is_open() && self.push_close(code, reason, outgoing).is_ok() {
            self.life.note_close_sent(code, reason);
        }
    }
}

/// Why a connection ends that cannot send what it must.
fn cause_of(error: SendError) -> EndCause {
    if error == SendError::OutOfMemory { EndCause::OutOfMemory } else { EndCause::NoEntropy }
}
