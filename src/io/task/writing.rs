//! What a writer does with its stream: it writes, keeps the deadlines and ends the stream.

use std::io::{self, ErrorKind};
use std::task::{Context, Poll, ready};

use super::super::with_pieces;
use super::{Error, Wire, Writer, contexts, queue_pool};
use crate::{Incoming, Time, Transport};

impl<W: Wire> Writer<W> {
    /// Waits until everything is flushed, pongs included.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while self.poll_write(cx)?.is_pending() && !self.is_drained() {
            ready!(self.poll_while_stuck(cx));
        }
        contexts::take_back(&mut self.connection);
        Poll::Ready(self.flush_result(self.outgoing.queued_position()))
    }

    /// Waits until there is room for a message.
    pub(super) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while self.room().is_none()
            && self.connection.is_open()
            && self.poll_write(cx)?.is_pending()
        {
            ready!(self.poll_while_stuck(cx));
        }
        Poll::Ready(Ok(()))
    }

    /// Waits until everything before a position is flushed, or until that cannot happen any more.
    pub(super) fn poll_until_flushed(
        &mut self,
        position: u64,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            let written = self.poll_write(cx)?;
            if self.flushed >= position || self.is_drained() {
                // The contexts go back here, as nobody may be receiving.
                contexts::take_back(&mut self.connection);
                return Poll::Ready(self.flush_result(position));
            }
            if written.is_pending() {
                ready!(self.poll_while_stuck(cx));
            }
        }
    }

    /// What came of the output before a position, once it was flushed or nothing waits any more.
    fn flush_result(&self, position: u64) -> Result<(), Error> {
        if self.flushed >= position {
            Ok(())
        } else {
            Err(Error::NotWritten(self.connection.end_cause()))
        }
    }

    /// Whether no output waits to be written, here or in the buffers of the stream.
    pub(super) fn is_drained(&self) -> bool {
        !self.outgoing.has_unsent_output()
    }

    /// Whether everything is written, and only the peer still has to end the stream.
    pub(super) fn awaits_peer_end(&self) -> bool {
        self.is_drained() && self.connection.transport() == Transport::Keep
    }

    /// How many bytes the next messages may have; `None` if the next one has to wait.
    pub(super) fn room(&self) -> Option<usize> {
        self.connection.config().limits.output.checked_sub(self.outgoing.len())
    }

    /// Waits while the stream takes nothing. Ready after a deadline has passed, or if no output
    /// remains. The deadline is handled here, as nobody may be receiving.
    fn poll_while_stuck(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.handle_write_deadline();
        self.obey_abort(cx);
        if self.is_drained() {
            return Poll::Ready(());
        }
        self.poll_until_retry(self.connection.poll_write_timeout(), cx)
    }

    /// Waits until the time `at`, or until a write that waits is to be tried again.
    fn poll_until_retry(&mut self, at: Option<Time>, cx: &mut Context<'_>) -> Poll<()> {
        let retry = W::RETRY_INTERVAL.filter(|_| !self.is_drained());
        let retry_at = retry.map(|interval| self.wire.now().after(interval));
        let earlier = at.into_iter().chain(retry_at).min();
        self.wire.poll_until(cx, earlier)
    }

    /// Writes what can be written now. A failure is not reported here: the next write meets it
    /// again and reports it.
    pub(super) fn try_write(&mut self, cx: &mut Context<'_>) {
        let written = self.poll_write_now(cx);
        self.has_unreported_failure = matches!(written, Poll::Ready(Err(_)));
    }

    /// Writes until everything is written or the stream takes no more.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.is_drained() && self.outgoing.has_no_queue() {
            self.stream_wakes = false;
            return Poll::Ready(Ok(()));
        }
        match ready!(self.poll_write_now(cx)) {
            Ok(()) => Poll::Ready(Ok(())),
            Err(error) => Poll::Ready(self.handle_failure(error)),
        }
    }

    /// Writes until everything is written or the stream takes no more, and gives back the memory of what
    /// was written.
    fn poll_write_now(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let written = self.poll_write_all(cx);
        self.stream_wakes = written.is_pending();
        queue_pool::take_back(&mut self.outgoing);
        written
    }

    fn poll_write_all(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            if self.must_flush_first() {
                ready!(self.poll_flush_stream(cx))?;
            }
            let wire = &mut self.wire;
            match with_pieces(&self.outgoing, |pieces| wire.poll_write(cx, pieces)) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(len)) => self.note_written(len),
                Poll::Ready(Err(error)) => {
                    // What was written before still reaches the peer, if the stream can be flushed.
                    let _ = self.poll_flush_stream(cx);
                    return Poll::Ready(Err(error));
                }
                Poll::Pending if !self.outgoing.is_held() => return Poll::Pending,
                // After the flush the stream is asked to write again: some streams forget whom to
                // wake for a write when another operation has succeeded since.
                Poll::Pending => ready!(self.poll_flush_stream(cx))?,
            }
        }
        self.poll_flush_stream(cx)
    }

    /// Notes that somebody waits until everything before a position is flushed.
    pub(super) fn note_awaited(&mut self, position: u64) {
        self.awaited_position =
            Some(self.awaited_position.map_or(position, |first| first.min(position)));
    }

    /// Whether somebody waits for output that the stream holds in its buffers. Then the stream has
    /// to be flushed before more is written: where others never stop sending, it would never be
    /// flushed otherwise.
    fn must_flush_first(&self) -> bool {
        self.awaited_position
            .is_some_and(|first| self.flushed < first && first <= self.outgoing.taken_position())
    }

    /// Has the stream write what it holds in its buffers.
    fn poll_flush_stream(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.outgoing.is_held() {
            ready!(self.wire.poll_flush(cx))?;
            self.outgoing.note_flushed();
            self.flushed = self.outgoing.taken_position();
        }
        Poll::Ready(Ok(()))
    }

    /// Notes that bytes went to the stream, which may hold them in its buffers.
    fn note_written(&mut self, len: usize) {
        self.outgoing.advance(len);
        self.outgoing.set_held(true);
    }

    /// Shuts down the writing direction if the connection asks for that. Call this only when
    /// everything is written.
    pub(super) fn half_close_if_due(&mut self, cx: &mut Context<'_>) {
        if self.connection.transport() == Transport::ShutdownWrite {
            // This fails only if it was done before, or the stream has ended, which reading
            // reports.
            let _ = self.wire.poll_shutdown(cx);
        }
    }

    /// Ends the stream of a connection that has ended: writes the remaining output if it can be
    /// written, and shuts down the stream. A stream that hangs is given up at the last deadline.
    pub(super) fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let _ = ready!(self.poll_flush(cx));
        while self.wire.poll_shutdown(cx).is_pending() {
            self.obey_abort(cx);
            if self.is_finished() {
                break;
            }
            ready!(self.wire.poll_until(cx, self.connection.poll_write_timeout()));
            self.handle_write_deadline();
        }
        Poll::Ready(())
    }

    /// Waits for `deadline`, the connection's next one, and has it handled.
    pub(super) fn poll_deadline(
        &mut self,
        deadline: Option<Time>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        ready!(self.poll_until_retry(deadline, cx));
        self.handle_deadline();
        Poll::Ready(())
    }

    /// Has the connection handle the deadlines that have passed.
    pub(super) fn handle_deadline(&mut self) {
        let now = self.wire.now();
        self.connection.handle_timeout(now, &mut self.outgoing);
        self.give_up_held_if_finished();
    }

    fn handle_write_deadline(&mut self) {
        let now = self.wire.now();
        self.connection.handle_write_timeout(now, &mut self.outgoing);
        self.give_up_held_if_finished();
    }

    /// Gives up what the stream holds in its buffers, if the last deadline has passed.
    fn give_up_held_if_finished(&mut self) {
        if self.is_finished() {
            self.outgoing.set_held(false);
        }
    }

    /// Whether the connection has ended and its last deadline has passed.
    fn is_finished(&self) -> bool {
        self.connection.transport() == Transport::Close && self.connection.poll_timeout().is_none()
    }

    /// The time at which input is received: that of the read while its bytes are being received, so
    /// that the clock is asked once for all of them. After them it is the present, as the
    /// application may have taken long to handle them.
    pub(super) fn receive_time(&self, incoming: &Incoming) -> Time {
        if incoming.memory.is_exhausted() { self.wire.now() } else { self.read_at }
    }

    /// Informs the connection that the stream failed. This is an error, unless it was settled
    /// before how the connection ends; then it is an end like others.
    pub(super) fn handle_failure(&mut self, error: io::Error) -> Result<(), Error> {
        let settled = self.connection.is_settled();
        self.connection.handle_transport_failure(&mut self.outgoing);
        // What the stream holds is given up, so that the failure is reported once.
        self.outgoing.set_held(false);
        if settled { Ok(()) } else { Err(error.into()) }
    }
}

impl<W: Wire> Drop for Writer<W> {
    /// Writes what was queued, as far as the stream takes it without waiting. Then reads and
    /// discards what has arrived, as otherwise TCP would reset the connection, and drop what is on
    /// its way to the peer.
    fn drop(&mut self) {
        contexts::take_back(&mut self.connection);
        self.trace.note_dropped(self.connection.end_cause(), &self.connection);
        if self.connection.transport() != Transport::Close {
            W::poll_last(|cx| self.finish_without_waiting(cx));
        }
    }
}

impl<W: Wire> Writer<W> {
    fn finish_without_waiting(&mut self, cx: &mut Context<'_>) {
        if let Poll::Ready(Ok(())) = self.poll_write(cx) {
            let _ = self.wire.poll_shutdown(cx);
        }
        // Mostly nothing has arrived, and no long buffer has to be cleared for it.
        if let Poll::Ready(Ok(1..)) = self.wire.poll_read(cx, &mut [0; 64]) {
            self.discard_unread(cx);
        }
    }

    #[cold]
    fn discard_unread(&mut self, cx: &mut Context<'_>) {
        let mut unread = [0; 16 << 10];
        for _ in 0..256 {
            let Poll::Ready(Ok(1..)) = self.wire.poll_read(cx, &mut unread) else { return };
        }
    }
}
