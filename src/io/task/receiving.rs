//! The receiving side: from reads to events.

use std::io::ErrorKind;
use std::mem;
use std::task::{Context, Poll, ready};

use super::super::unreported::Unreported;
use super::memory::Memory;
use super::{Error, Wire, Writer, contexts, window};
use crate::connection::Unseen;
use crate::{Event, Incoming, Progress, ProtocolError, Transport};

/// What receiving needs besides the connection, which it shares with sending.
#[derive(Debug)]
pub(super) struct Receiving {
    memory: Memory,
    /// How the connection ends, found and not told.
    pub(super) untold: Unreported,
    /// The last event was told.
    over: bool,
    /// How much may be done until it is the turn of others, in events or what costs as much.
    allowance: u32,
}

impl Receiving {
    /// With 256 bytes for an event, as many take about a millisecond, or a few in an application.
    const ALLOWANCE: u32 = 4096;

    /// What a pause in inflating stands for: a quarter of a megabyte.
    const PAUSE: u32 = 1024;

    /// What a write stands for.
    const WRITE: u32 = 16;

    pub(super) fn new(incoming: Incoming) -> Self {
        Self {
            memory: Memory::Own(Box::new(incoming)).reduced(),
            untold: Unreported::default(),
            over: false,
            allowance: Self::ALLOWANCE,
        }
    }

    /// What was found last.
    #[inline(always)]
    pub(super) fn event(&mut self) -> Option<Event<'_>> {
        match &mut self.memory {
            Memory::Part(_) => None,
            Memory::Own(incoming) | Memory::Lent(incoming) => incoming.event(),
        }
    }

    /// The receive memory.
    pub(super) fn incoming(&mut self) -> &mut Incoming {
        self.memory.incoming(|| Memory::Own(Box::default()))
    }

    /// Begins with what another had found and not told.
    pub(super) fn tell_first(&mut self, untold: Unreported) {
        self.untold = untold;
        if !self.untold.is_empty() {
            self.allowance = 0;
        }
    }

    /// The receive memory without the window that was lent, and what is not told yet.
    pub(super) fn into_parts(mut self) -> (Incoming, Unreported) {
        self.take_back();
        (mem::take(self.incoming()), self.untold)
    }

    /// Whether there is an event, which then stands in `incoming`. Not inlined, so that its callers
    /// are, and make the event where it is looked at.
    #[inline(never)]
    pub(super) fn poll_event<W: Wire>(
        &mut self,
        writer: &mut Writer<W>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<bool, Error>> {
        while self.spends_one() {
            let incoming = self.memory();
            let now = writer.time_of(incoming);
            let Writer { connection, outgoing, .. } = writer;
            let progress = connection.receive_some(now, incoming, outgoing);
            if let Ok(Some(Progress::Event)) = progress
                && incoming.has_message()
                && writer.member.is_none()
            {
                return Poll::Ready(Ok(true));
            }
            if let Some(told) = ready!(self.poll_progress(progress, writer, cx))? {
                return Poll::Ready(Ok(told));
            }
        }
        if self.untold.is_empty() {
            self.give_way::<W>(cx);
            return Poll::Pending;
        }
        self.poll_owed(writer, cx)
    }

    /// The same for one step, where frames may have been read apart.
    pub(super) fn poll_unseen<W: Wire>(
        &mut self,
        unseen: Option<Unseen>,
        writer: &mut Writer<W>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<bool>, Error>> {
        if !self.untold.is_empty() {
            return self.poll_owed(writer, cx).map_ok(Some);
        }
        let incoming = self.memory();
        let now = writer.time_of(incoming);
        let Writer { connection, outgoing, .. } = writer;
        let progress = match unseen {
            Some(unseen) => connection.receive_unseen(unseen, now, incoming, outgoing),
            None => connection.receive_some(now, incoming, outgoing),
        };
        self.poll_progress(progress, writer, cx)
    }

    /// Goes on from what was received: to an event that is told, or to more input.
    fn poll_progress<W: Wire>(
        &mut self,
        progress: Result<Option<Progress>, ProtocolError>,
        writer: &mut Writer<W>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<bool>, Error>> {
        match progress {
            Ok(Some(Progress::Event)) => Poll::Ready(Ok(self.sort_event(writer, cx))),
            Ok(Some(Progress::NeedBytes)) => self.poll_turn(writer, cx).map_ok(|()| None),
            Ok(Some(Progress::Ended)) => {
                self.over = true;
                Poll::Ready(Ok(Some(false)))
            }
            Ok(None) => {
                self.allowance = self.allowance.saturating_sub(Self::PAUSE);
                Poll::Ready(Ok(None))
            }
            Err(error) => {
                self.untold.note_violation(error);
                self.allowance = 0;
                Poll::Ready(Ok(None))
            }
        }
    }

    /// Whether the event is told now.
    fn sort_event<W: Wire>(
        &mut self,
        writer: &mut Writer<W>,
        cx: &mut Context<'_>,
    ) -> Option<bool> {
        match self.event() {
            Some(event) if writer.drops(&event) => None,
            Some(Event::Ping(_)) => {
                // Several pings in a batch are answered one by one while the stream takes it.
                writer.write_in_passing(cx);
                self.allowance = self.allowance.saturating_sub(Self::WRITE);
                Some(true)
            }
            Some(Event::Close { .. } | Event::Ended(_)) => {
                let Self { memory, untold, .. } = self;
                untold.note_event(memory.incoming(|| Memory::Own(Box::default())));
                self.allowance = 0;
                None
            }
            Some(_) | None => Some(true),
        }
    }

    /// What was found ends the connection. Whoever is told may let go of the socket, and closing it
    /// with input unread makes TCP reset it, which can overtake our Close frame. So the peer first
    /// gets all it is owed: ours is the last to speak, and then nothing is unread.
    #[cold]
    #[inline(never)]
    fn poll_owed<W: Wire>(
        &mut self,
        writer: &mut Writer<W>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<bool, Error>> {
        let seen = self.poll_end(writer, cx);
        // What comes next is not received, but found already.
        self.allowance = 0;
        ready!(seen);
        if let Some(ending) = self.untold.ending() {
            writer.note_ending(ending);
            self.take_back();
            ready!(writer.poll_finish(cx));
            writer.member = None;
        }
        self.tell()
    }

    /// Receives, and drops, until the connection has ended; or for the peer's Close frame until it
    /// is the peer who ends it.
    fn poll_end<W: Wire>(&mut self, writer: &mut Writer<W>, cx: &mut Context<'_>) -> Poll<()> {
        self.allowance = Self::ALLOWANCE;
        while self.untold.ending().is_none() {
            if !self.spends_one() {
                self.give_way::<W>(cx);
                return Poll::Pending;
            }
            let incoming = self.memory();
            let now = writer.time_of(incoming);
            match writer.connection.receive_some(now, incoming, &mut writer.outgoing) {
                Ok(Some(Progress::Event)) => {
                    let Self { memory, untold, .. } = self;
                    untold.note_event(memory.incoming(|| Memory::Own(Box::default())));
                }
                Ok(Some(Progress::NeedBytes)) => match self.poll_turn(writer, cx) {
                    Poll::Ready(_) => {}
                    Poll::Pending if self.untold.is_close() && writer.waits_for_end() => break,
                    Poll::Pending => return Poll::Pending,
                },
                Ok(Some(Progress::Ended)) => break,
                Ok(None) | Err(_) => {}
            }
        }
        Poll::Ready(())
    }

    fn tell(&mut self) -> Poll<Result<bool, Error>> {
        let Self { memory, untold, .. } = self;
        let told = untold.report_next(memory.incoming(|| Memory::Own(Box::default())));
        self.over |= matches!(self.event(), Some(Event::Ended(_)));
        if self.untold.is_empty() {
            self.allowance = Self::ALLOWANCE;
        }
        Poll::Ready(told)
    }

    /// Whether there may be one event more before it is the turn of others.
    #[inline(always)]
    pub(super) fn spends_one(&mut self) -> bool {
        match self.allowance.checked_sub(1) {
            Some(left) => {
                self.allowance = left;
                true
            }
            None => false,
        }
    }

    /// It is the turn of others, after much was received without waiting.
    #[cold]
    pub(super) fn give_way<W: Wire>(&mut self, cx: &mut Context<'_>) {
        self.allowance = Self::ALLOWANCE;
        W::give_way(cx);
    }

    /// Whether `Event::Ended` was told.
    #[cfg(feature = "futures")]
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// Writes what waits, does what the connection wants of the stream, and reads once.
    fn poll_turn<W: Wire>(
        &mut self,
        writer: &mut Writer<W>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        if writer.heed_shutdown(cx) {
            return Poll::Ready(Ok(()));
        }
        // All that was at hand at that time has been received: a peer that never pauses holds up
        // no deadline.
        if writer.is_due() {
            writer.pass_deadline();
            return Poll::Ready(Ok(()));
        }
        if writer.poll_write(cx)?.is_ready() {
            // The write failed: nothing that is read now would count.
            if writer.connection.transport() == Transport::Close {
                return Poll::Ready(Ok(()));
            }
            writer.poll_half_close(cx);
        }
        let incoming = self.window();
        let Poll::Ready(result) = writer.wire.poll_read(cx, incoming.space()) else {
            self.allowance = Self::ALLOWANCE;
            self.take_back();
            contexts::take_back(&mut writer.connection);
            // Only now, with no input at hand, is it time for deadlines.
            return writer.poll_deadline(cx).map(Ok);
        };
        writer.batch = writer.wire.now();
        match result {
            Ok(0) => writer.connection.receive_eof(),
            Ok(len) => {
                incoming.filled(len);
                contexts::lend(&mut writer.connection);
                self.allowance = self.allowance.saturating_sub((len >> 8) as u32);
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                writer.connection.receive_uncertain_eof();
            }
            Err(error) => writer.failed(error)?,
        }
        Poll::Ready(Ok(()))
    }

    /// The receive memory with a window that was lent.
    fn window(&mut self) -> &mut Incoming {
        self.memory = match mem::take(&mut self.memory) {
            Memory::Own(mut incoming) => {
                incoming.lend(window::take().take_back());
                Memory::Lent(incoming)
            }
            memory @ (Memory::Part(_) | Memory::Lent(_)) => memory,
        };
        self.memory()
    }

    /// The receive memory, which is lent if there is none.
    #[inline(always)]
    pub(super) fn memory(&mut self) -> &mut Incoming {
        self.memory.incoming(|| Memory::Lent(window::take()))
    }

    /// Gives back to the thread's pool what was lent, as far as nothing stands in it.
    pub(super) fn take_back(&mut self) {
        self.memory = mem::take(&mut self.memory).reduced();
    }
}
