//! What a connection does when time has passed.

use super::Connection;
use super::deadlines::Due;
use crate::{CloseCode, Deadline, EndCause, Keepalive, Outgoing, Time, deflate};

/// What the caller waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    ForInput,
    /// Nothing is read meanwhile, so the silence says nothing about the peer.
    #[cfg(feature = "std")]
    ForOutput,
}

impl Connection {
    /// When [`handle_timeout`](Self::handle_timeout) is to be called next, if at all. It may
    /// change with every call of another method.
    pub fn poll_timeout(&self) -> Option<Time> {
        self.deadlines.next(&self.config, self.keepalive())
    }

    /// Does what is due at `now`: sends a ping, or ends a handshake, a closing exchange or the
    /// connection. Does nothing before the time of [`poll_timeout`](Self::poll_timeout). Call
    /// [`receive`](Self::receive) afterwards, which delivers what this led to.
    pub fn handle_timeout(&mut self, now: Time, outgoing: &mut Outgoing) {
        self.handle_due(now, Waiting::ForInput, outgoing);
    }

    /// [`poll_timeout`](Self::poll_timeout) for a caller that writes and does not read meanwhile:
    /// without the keepalive, as silence then says nothing about the peer.
    #[cfg(feature = "std")]
    pub(crate) fn poll_write_timeout(&self) -> Option<Time> {
        self.deadlines.next(&self.config, None)
    }

    /// [`handle_timeout`](Self::handle_timeout) for a caller that writes and does not read
    /// meanwhile.
    #[cfg(feature = "std")]
    pub(crate) fn handle_write_timeout(&mut self, now: Time, outgoing: &mut Outgoing) {
        self.handle_due(now, Waiting::ForOutput, outgoing);
    }

    /// Notes that some of the output that the transport held back has left it.
    #[cfg(feature = "std")]
    pub(crate) fn note_held_output_moved(&mut self, now: Time, outgoing: &Outgoing) {
        self.deadlines.forget_stuck_output();
        self.deadlines.note_output(now, outgoing);
    }

    fn handle_due(&mut self, now: Time, waiting: Waiting, outgoing: &mut Outgoing) {
        self.deadlines.note_output(now, outgoing);
        while let Some(due) = self.take_due(now, waiting) {
            match due {
                Due::Keepalive { ping, idle } => {
                    if idle {
                        let decompressor = self.reader.decompressor.as_deref_mut();
                        deflate::release_contexts(decompressor, self.compressor.as_deref_mut());
                    }
                    if let Some(payload) = ping {
                        self.send_keepalive(now, payload, outgoing);
                    }
                }
                Due::Deadline(Deadline::Handshake) => self.handshake_timed_out(now, outgoing),
                Due::Deadline(Deadline::Close) => self.close_timed_out(now, outgoing),
                Due::Deadline(Deadline::Write) => self.write_timed_out(now, outgoing),
                Due::Deadline(Deadline::Pong) => self.pong_timed_out(now, outgoing),
                Due::Deadline(Deadline::Message) => self.message_timed_out(now, outgoing),
            }
        }
    }

    /// The keepalive, while it is in force.
    fn keepalive(&self) -> Option<Keepalive> {
        let configured = self.config.keepalive.filter(|keepalive| !keepalive.interval.is_zero());
        configured.filter(|_| self.is_open())
    }

    fn take_due(&mut self, now: Time, waiting: Waiting) -> Option<Due> {
        let phase = if self.life.in_handshake() { Deadline::Handshake } else { Deadline::Close };
        let keepalive = self.keepalive().filter(|_| waiting == Waiting::ForInput);
        self.deadlines.take_due(now, phase, &self.config, keepalive)
    }

    fn close_timed_out(&mut self, now: Time, outgoing: &mut Outgoing) {
        let cause = EndCause::TimedOut(Deadline::Close);
        self.drop_output(cause, outgoing);
        self.end(cause, now);
        self.deadlines.clear();
    }

    fn write_timed_out(&mut self, now: Time, outgoing: &mut Outgoing) {
        let cause = EndCause::TimedOut(Deadline::Write);
        self.drop_output(cause, outgoing);
        self.end(cause, now);
        self.deadlines.clear();
    }

    fn message_timed_out(&mut self, now: Time, outgoing: &mut Outgoing) {
        self.send_close(CloseCode::POLICY, "message took too long", outgoing);
        self.drain(EndCause::TimedOut(Deadline::Message), now);
    }

    fn pong_timed_out(&mut self, now: Time, outgoing: &mut Outgoing) {
        let configured = self.config.keepalive.map(|keepalive| keepalive.close_code);
        let code =
            configured.filter(|code| code.is_sendable()).unwrap_or(CloseCode::INTERNAL_ERROR);
        self.send_close(code, "no answer to a ping", outgoing);
        self.end(EndCause::TimedOut(Deadline::Pong), now);
    }
}

#[cfg(all(test, feature = "std"))]
mod tests;
