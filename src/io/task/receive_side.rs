//! The receiving side of a socket: from reads to events.

use std::io::ErrorKind;
use std::mem;
use std::task::{Context, Poll, ready};

use super::super::unreported::Unreported;
use super::allowance::Allowance;
use super::held::Held;
use super::{Error, Wire, Writer, contexts};
use crate::connection::Unhandled;
use crate::handshake::Response;
use crate::{Event, Incoming, Progress, ProtocolError, Transport};

/// What receiving needs besides the connection, which the sending side needs too.
#[derive(Debug)]
pub(super) struct ReceiveSide {
    memory: Held,
    /// What ends the connection and was not reported yet.
    pub(super) unreported: Unreported,
    /// The last event was reported.
    has_reported_end: bool,
    pub(super) allowance: Allowance,
}

impl ReceiveSide {
    pub(super) fn new(incoming: Incoming) -> Self {
        Self {
            memory: Held::Owned(Box::new(incoming)).reduced(),
            unreported: Unreported::default(),
            has_reported_end: false,
            allowance: Allowance::FULL,
        }
    }

    /// The event that was found last.
    #[inline(always)]
    pub(super) fn event(&mut self) -> Option<Event<'_>> {
        match &mut self.memory {
            Held::Partial(_) => None,
            Held::Owned(incoming) | Held::Borrowed(incoming) => incoming.event(),
        }
    }

    /// Forgets the event that was found last, and keeps no memory for it.
    pub(super) fn forget_event(&mut self) {
        self.incoming().forget_event();
        self.give_back_memory();
    }

    /// The server's response, if that is the event that was found last.
    pub(super) fn response(&mut self) -> Option<Response<'_>> {
        match self.event() {
            Some(Event::Open(response)) => Some(response),
            Some(_) | None => None,
        }
    }

    /// The receive memory.
    pub(super) fn incoming(&mut self) -> &mut Incoming {
        self.memory.incoming_or_new()
    }

    /// Reports first what a socket had found before it was taken apart.
    pub(super) fn report_first(&mut self, unreported: Unreported) {
        self.unreported = unreported;
        if !self.unreported.is_empty() {
            self.allowance.use_up();
        }
    }

    /// The receive memory without its borrowed window, and what was not reported yet.
    pub(super) fn into_parts(mut self) -> (Incoming, Unreported) {
        self.give_back_memory();
        (mem::take(self.incoming()), mem::take(&mut self.unreported))
    }

    /// Waits for an event, which is then in the receive memory; `false` after the last. This is
    /// not inlined, so that its callers are inlined and make the event where it is looked at.
    #[inline(never)]
    pub(super) fn poll_event<W: Wire>(
        &mut self,
        writer: &mut Writer<W>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<bool, Error>> {
        if self.reads_first(writer) {
            ready!(self.poll_io_once(writer, cx))?;
        }
        while self.allowance.spend_event() {
            let incoming = self.borrow_memory();
            let now = writer.receive_time(incoming);
            let Writer { connection, outgoing, .. } = writer;
            let progress = connection.receive_or_pause(now, incoming, outgoing);
            if let Ok(Some(Progress::Event)) = progress
                && incoming.has_message()
                && writer.shutdown_watch.is_none()
            {
                return Poll::Ready(Ok(true));
            }
            if let Some(has_event) = ready!(self.poll_progress(progress, writer, cx))? {
                return Poll::Ready(Ok(has_event));
            }
        }
        if self.unreported.is_empty() {
            self.give_way::<W>(cx);
            return Poll::Pending;
        }
        self.poll_unreported(writer, cx)
    }

    /// Whether only a read can bring something. Asking the connection before it costs as much as to
    /// receive a short message. Output that waits has a deadline, which the connection begins when it is
    /// asked.
    #[inline(always)]
    fn reads_first<W: Wire>(&self, writer: &Writer<W>) -> bool {
        let nothing_held = self.memory.is_empty() && self.unreported.is_empty();
        nothing_held && writer.connection.is_open() && writer.is_drained()
    }

    /// Goes one step towards an event. `unseen` was read apart from the connection, if anything
    /// was. Ready with `None` if more steps are needed; otherwise as
    /// [`poll_event`](Self::poll_event).
    pub(super) fn poll_towards_event<W: Wire>(
        &mut self,
        unseen: Option<Unhandled>,
        writer: &mut Writer<W>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<bool>, Error>> {
        if !self.unreported.is_empty() {
            return self.poll_unreported(writer, cx).map_ok(Some);
        }
        if unseen.is_none() && self.reads_first(writer) {
            return self.poll_io_once(writer, cx).map_ok(|()| None);
        }
        let incoming = self.borrow_memory();
        let now = writer.receive_time(incoming);
        let Writer { connection, outgoing, .. } = writer;
        let progress = match unseen {
            Some(unseen) => connection.receive_unhandled(unseen, now, incoming, outgoing),
            None => connection.receive_or_pause(now, incoming, outgoing),
        };
        self.poll_progress(progress, writer, cx)
    }

    /// Goes on from what was received: to an event that is reported, or to more input. The result
    /// is that of [`poll_towards_event`](Self::poll_towards_event).
    fn poll_progress<W: Wire>(
        &mut self,
        progress: Result<Option<Progress>, ProtocolError>,
        writer: &mut Writer<W>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<bool>, Error>> {
        match progress {
            Ok(Some(Progress::Event)) => {
                let is_withheld = self.withhold_event(writer, cx);
                Poll::Ready(Ok(if is_withheld { None } else { Some(true) }))
            }
            Ok(Some(Progress::NeedBytes)) => self.poll_io_once(writer, cx).map_ok(|()| None),
            Ok(Some(Progress::Ended)) => {
                self.has_reported_end = true;
                Poll::Ready(Ok(Some(false)))
            }
            Ok(None) => {
                self.allowance.spend_pause();
                Poll::Ready(Ok(None))
            }
            Err(error) => {
                let Self { memory, unreported, .. } = self;
                unreported.note_violation(error, memory.incoming_or_new());
                self.allowance.use_up();
                Poll::Ready(Ok(None))
            }
        }
    }

    /// Keeps the event that was found for later, or discards it. Returns `false` if it is to be
    /// reported now.
    fn withhold_event<W: Wire>(&mut self, writer: &mut Writer<W>, cx: &mut Context<'_>) -> bool {
        match self.event() {
            Some(event) if writer.discards(&event) => true,
            Some(Event::Ping(_)) if writer.connection.config().automatic_pong => {
                // Several pings in one read are answered one by one, while the stream takes the
                // answers.
                writer.try_write(cx);
                self.allowance.spend_write();
                false
            }
            Some(Event::Close { .. } | Event::Ended(_)) => {
                let Self { memory, unreported, .. } = self;
                unreported.note_event(memory.incoming_or_new());
                self.allowance.use_up();
                true
            }
            Some(_) | None => false,
        }
    }

    /// Reports what ends the connection, once the peer has received all that it is owed. The
    /// application may then drop the socket; if it had unread input, TCP would reset the
    /// connection, and the reset can overtake our Close frame. So everything is written first, and
    /// all input read.
    #[cold]
    #[inline(never)]
    fn poll_unreported<W: Wire>(
        &mut self,
        writer: &mut Writer<W>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<bool, Error>> {
        let received = self.poll_discard_until_end(writer, cx);
        // What is reported next was found already, so no event is received before it.
        self.allowance.use_up();
        ready!(received);
        if self.unreported.is_ended() {
            self.give_back_memory();
            ready!(writer.poll_finish(cx));
        }
        if let Some(ending) = self.unreported.settle_ending(writer.connection.end_cause()) {
            writer.note_ending(ending);
            writer.shutdown_watch = None;
        }
        self.report_next()
    }

    /// Receives and discards until the connection has ended. If the peer's Close frame is reported
    /// next, this stops earlier: when everything is written and only the peer has to end the stream.
    fn poll_discard_until_end<W: Wire>(
        &mut self,
        writer: &mut Writer<W>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        self.allowance.refill();
        while !self.unreported.is_ended() {
            if !self.allowance.spend_event() {
                self.give_way::<W>(cx);
                return Poll::Pending;
            }
            let incoming = self.borrow_memory();
            let now = writer.receive_time(incoming);
            match writer.connection.receive_or_pause(now, incoming, &mut writer.outgoing) {
                Ok(Some(Progress::Event)) => {
                    let Self { memory, unreported, .. } = self;
                    unreported.note_event(memory.incoming_or_new());
                }
                Ok(Some(Progress::NeedBytes)) => match self.poll_io_once(writer, cx) {
                    Poll::Ready(_) => {}
                    Poll::Pending if self.unreported.is_close() && writer.awaits_peer_end() => {
                        break;
                    }
                    Poll::Pending => return Poll::Pending,
                },
                Ok(Some(Progress::Ended)) => break,
                Ok(None) | Err(_) => {}
            }
        }
        Poll::Ready(())
    }

    /// Reports what comes first of what was kept.
    fn report_next(&mut self) -> Poll<Result<bool, Error>> {
        let Self { memory, unreported, .. } = self;
        let reported = unreported.report_next(memory.incoming_or_new());
        self.has_reported_end |= matches!(self.event(), Some(Event::Ended(_)));
        if self.unreported.is_empty() {
            self.allowance.refill();
        }
        Poll::Ready(reported)
    }

    /// Gives way to other tasks, after much was received without waiting.
    #[cold]
    pub(super) fn give_way<W: Wire>(&mut self, cx: &mut Context<'_>) {
        self.allowance.refill();
        W::give_way(cx);
    }

    /// Whether `Event::Ended` was reported.
    #[cfg(feature = "futures")]
    pub(super) const fn has_reported_end(&self) -> bool {
        self.has_reported_end
    }

    /// Writes what is queued, does what else the connection wants of the stream, and reads once.
    fn poll_io_once<W: Wire>(
        &mut self,
        writer: &mut Writer<W>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        if writer.obey_shutdown(cx) {
            return Poll::Ready(Ok(()));
        }
        // Everything that had arrived by the time of the last read has been received, so a deadline
        // that had passed by then is handled: a peer that never pauses must not hold up a deadline.
        let deadline = writer.connection.poll_timeout();
        if deadline.is_some_and(|at| at <= writer.read_at) {
            writer.handle_deadline();
            return Poll::Ready(Ok(()));
        }
        if writer.poll_write(cx)?.is_ready() {
            // The write failed, so nothing that is read now would count.
            if writer.connection.transport() == Transport::Close {
                return Poll::Ready(Ok(()));
            }
            writer.half_close_if_due(cx);
        }
        let incoming = self.memory_with_window();
        let Poll::Ready(result) = writer.wire.poll_read(cx, incoming.space()) else {
            self.allowance.refill();
            self.give_back_memory();
            contexts::take_back(&mut writer.connection);
            // Deadlines are handled only now that there is no input.
            return writer.poll_deadline(deadline, cx).map(Ok);
        };
        writer.read_at = writer.wire.now();
        match result {
            Ok(0) => writer.connection.receive_eof(),
            Ok(len) => {
                incoming.commit(len);
                contexts::lend(&mut writer.connection);
                self.allowance.spend_read(len);
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                writer.connection.receive_uncertain_eof();
            }
            Err(error) => writer.handle_failure(error)?,
        }
        Poll::Ready(Ok(()))
    }

    /// The receive memory with a borrowed window.
    fn memory_with_window(&mut self) -> &mut Incoming {
        self.memory = mem::take(&mut self.memory).with_window();
        self.borrow_memory()
    }

    /// The whole receive memory, borrowed from the thread's pool if only a part is held.
    #[inline(always)]
    pub(super) fn borrow_memory(&mut self) -> &mut Incoming {
        self.memory.incoming_or_borrowed()
    }

    /// Gives back to the thread's pool what was borrowed and holds nothing.
    pub(super) fn give_back_memory(&mut self) {
        self.memory = mem::take(&mut self.memory).reduced();
    }
}

impl Drop for ReceiveSide {
    fn drop(&mut self) {
        mem::take(&mut self.memory).abandon();
    }
}
