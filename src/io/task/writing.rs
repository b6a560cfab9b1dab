//! What an asynchronous WebSocket does with its stream besides reading.

use std::io::{self, ErrorKind};
use std::task::{Context, Poll, ready};

use super::super::pieces;
use super::{Error, Wire, Writer, contexts};
use crate::{Incoming, Time, Transport};

impl<W: Wire> Writer<W> {
    /// Waits until all has left, pongs too.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while self.poll_write(cx)?.is_pending() && !self.is_drained() {
            ready!(self.poll_stuck(cx));
        }
        self.poll_left(self.outgoing.end(), cx)
    }

    /// Waits until a message would not be refused for want of room.
    pub(super) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while self.room().is_none()
            && self.connection.is_open()
            && self.poll_write(cx)?.is_pending()
        {
            ready!(self.poll_stuck(cx));
        }
        Poll::Ready(Ok(()))
    }

    /// Waits until all before a position has left, or never will.
    pub(super) fn poll_left(
        &mut self,
        position: u64,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            let written = self.poll_write(cx)?;
            if let Some(fate) = self.fate(position) {
                // Nobody may be receiving, and turn idle.
                contexts::take_back(&mut self.connection);
                return Poll::Ready(fate);
            }
            if written.is_pending() {
                ready!(self.poll_stuck(cx));
            }
        }
    }

    /// What became of the output before a position, if that is known.
    fn fate(&self, position: u64) -> Option<Result<(), Error>> {
        if self.flushed >= position {
            Some(Ok(()))
        } else if self.is_drained() {
            Some(Err(Error::NotWritten(self.connection.end_cause())))
        } else {
            None
        }
    }

    /// Whether nothing waits to leave any more.
    pub(super) fn is_drained(&self) -> bool {
        !self.outgoing.waits()
    }

    /// Whether all is said and written, and the stream is the peer's to end.
    pub(super) fn waits_for_end(&self) -> bool {
        self.is_drained() && self.connection.transport() == Transport::Keep
    }

    /// How many bytes the next messages may have; `None` if it has to wait.
    pub(super) fn room(&self) -> Option<usize> {
        self.connection.config().limits.output.checked_sub(self.outgoing.len())
    }

    /// The stream takes nothing. Ready if a deadline that is over has changed that; nobody may be
    /// receiving, who would show the connection that output waits.
    fn poll_stuck(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.pass_write_deadline();
        self.heed_cut(cx);
        if self.is_drained() {
            return Poll::Ready(());
        }
        self.wire.poll_until(cx, self.connection.poll_write_timeout())
    }

    /// Writes what can be written; a failure is met again, and told, by the next write.
    pub(super) fn write_in_passing(&mut self, cx: &mut Context<'_>) {
        let written = self.poll_out(cx);
        self.waits = written.is_pending();
        self.fails = matches!(written, Poll::Ready(Err(_)));
    }

    /// Writes until all is written or the stream takes no more.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let written = self.poll_out(cx);
        self.waits = written.is_pending();
        match ready!(written) {
            Ok(()) => {
                self.outgoing.shrink();
                Poll::Ready(Ok(()))
            }
            Err(error) => Poll::Ready(self.failed(error)),
        }
    }

    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            if self.awaits_stream() {
                ready!(self.poll_hold(cx))?;
            }
            let (pieces, held) = pieces(&self.outgoing);
            match self.wire.poll_write(cx, &pieces[..held]) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(len)) => self.wrote(len),
                Poll::Ready(Err(error)) => {
                    // What had left by now did, if the stream holds none of it.
                    let _ = self.poll_hold(cx);
                    return Poll::Ready(Err(error));
                }
                Poll::Pending if !self.outgoing.is_held() => return Poll::Pending,
                // The stream is asked again then: some wake nobody for a write that waited when
                // another has succeeded since.
                Poll::Pending => ready!(self.poll_hold(cx))?,
            }
        }
        self.poll_hold(cx)
    }

    /// Somebody waits for what was queued before a position to leave.
    pub(super) fn await_position(&mut self, position: u64) {
        self.awaited = Some(self.awaited.map_or(position, |at| at.min(position)));
    }

    /// Whether somebody waits for what the stream holds. Where others never cease to send, that
    /// would not leave its buffers by itself.
    fn awaits_stream(&self) -> bool {
        self.awaited.is_some_and(|at| self.flushed < at && at <= self.outgoing.left())
    }

    /// Has the stream let go of what it holds.
    fn poll_hold(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.outgoing.is_held() {
            ready!(self.wire.poll_flush(cx))?;
            self.outgoing.hold(false);
            self.flushed = self.outgoing.left();
        }
        Poll::Ready(Ok(()))
    }

    fn wrote(&mut self, len: usize) {
        self.outgoing.advance(len);
        self.outgoing.hold(true);
    }

    /// Everything is written; ends the writing direction if it is time to.
    pub(super) fn poll_half_close(&mut self, cx: &mut Context<'_>) {
        if self.connection.transport() == Transport::ShutdownWrite {
            // Fails only if the stream has ended, which reading tells.
            let _ = self.wire.poll_shutdown(cx);
        }
    }

    /// The connection has ended: what is left of the output is written if it can be, and the
    /// stream is shut down, unless it hangs until the last deadline.
    pub(super) fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let _ = ready!(self.poll_flush(cx));
        while self.wire.poll_shutdown(cx).is_pending() {
            self.heed_cut(cx);
            if self.is_over() {
                break;
            }
            ready!(self.wire.poll_until(cx, self.connection.poll_write_timeout()));
            self.pass_write_deadline();
        }
        Poll::Ready(())
    }

    /// Ready after a deadline has passed and done what it does.
    pub(super) fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        ready!(self.wire.poll_until(cx, self.connection.poll_timeout()));
        self.pass_deadline();
        Poll::Ready(())
    }

    /// Whether a deadline had passed when the last read brought something.
    pub(super) fn is_due(&self) -> bool {
        self.connection.poll_timeout().is_some_and(|at| at <= self.batch)
    }

    pub(super) fn pass_deadline(&mut self) {
        let now = self.wire.now();
        self.connection.handle_timeout(now, &mut self.outgoing);
        self.give_up_held();
    }

    fn pass_write_deadline(&mut self) {
        let now = self.wire.now();
        self.connection.handle_write_timeout(now, &mut self.outgoing);
        self.give_up_held();
    }

    /// A stream that hangs holds up the end until the last deadline, and no longer.
    fn give_up_held(&mut self) {
        if self.is_over() {
            self.outgoing.hold(false);
        }
    }

    /// Whether the connection has ended, and the time for what it leaves behind has too.
    fn is_over(&self) -> bool {
        self.connection.transport() == Transport::Close && self.connection.poll_timeout().is_none()
    }

    /// The time to receive at: that of the read while its bytes are being received, one look at
    /// the clock for all of them. Behind them it is now, as handling them may have taken long.
    pub(super) fn time_of(&self, incoming: &Incoming) -> Time {
        if incoming.memory.is_exhausted() { self.wire.now() } else { self.batch }
    }

    /// A failure of the stream is an error while it matters; once all is said it is an end.
    pub(super) fn failed(&mut self, error: io::Error) -> Result<(), Error> {
        // What the stream holds back is given up: the failure is told once.
        self.outgoing.hold(false);
        let settled = self.connection.is_settled();
        self.connection.transport_failed(&mut self.outgoing);
        if settled { Ok(()) } else { Err(error.into()) }
    }
}

impl<W: Wire> Drop for Writer<W> {
    /// What was gathered leaves, as far as the stream takes it without waiting. What has come and
    /// was not read is read away, as TCP would else reset the connection, and drop what is on its
    /// way to the peer.
    fn drop(&mut self) {
        if self.connection.transport() != Transport::Close {
            W::poll_last(|cx| self.leave(cx));
        }
    }
}

impl<W: Wire> Writer<W> {
    fn leave(&mut self, cx: &mut Context<'_>) {
        if let Poll::Ready(Ok(())) = self.poll_write(cx) {
            let _ = self.wire.poll_shutdown(cx);
        }
        let mut unread = [0; 16 << 10];
        for _ in 0..256 {
            let Poll::Ready(Ok(1..)) = self.wire.poll_read(cx, &mut unread) else { return };
        }
    }
}
