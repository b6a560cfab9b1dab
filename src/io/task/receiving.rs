//! The receiving side: from reads to events.

use std::task::{Context, Poll, ready};

use super::{Error, Wire, Writer, window};
use crate::{Event, Incoming, Progress};

/// What receiving needs besides the connection, which it shares with sending.
#[derive(Debug)]
pub(super) struct Receiving {
    pub(super) incoming: Incoming,
    /// A window is lent to `incoming`.
    lent: bool,
    /// `Event::Ended` was found and is told when the stream has been shut down.
    ending: bool,
    /// It was told.
    over: bool,
}

impl Receiving {
    pub(super) const fn new(incoming: Incoming) -> Self {
        Self { incoming, lent: false, ending: false, over: false }
    }

    /// Whether there is an event, which then stands in `incoming`.
    pub(super) fn poll_event<W: Wire>(
        &mut self,
        writer: &mut Writer<W>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<bool, Error>> {
        while !self.ending {
            let now = writer.time_of(&self.incoming);
            let Writer { connection, outgoing, .. } = writer;
            match connection.receive(now, &mut self.incoming, outgoing)? {
                Progress::Event => match self.incoming.event() {
                    Some(Event::Ended(_)) => self.ending = true,
                    Some(Event::Ping(_)) => {
                        // Several pings in a batch are answered one by one while the stream
                        // takes it.
                        writer.write_in_passing(cx);
                        return Poll::Ready(Ok(true));
                    }
                    Some(_) | None => return Poll::Ready(Ok(true)),
                },
                Progress::NeedBytes => ready!(self.poll_turn(writer, cx))?,
                Progress::Ended => return Poll::Ready(Ok(false)),
            }
        }
        self.take_back();
        ready!(writer.poll_finish(cx));
        (self.ending, self.over) = (false, true);
        Poll::Ready(Ok(true))
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
        // All that was at hand at that time has been received: a peer that never pauses holds up
        // no deadline.
        if writer.is_due() {
            writer.pass_deadline();
            return Poll::Ready(Ok(()));
        }
        if writer.poll_write(cx)?.is_ready() {
            writer.poll_half_close(cx);
        }
        if !self.lent {
            self.incoming.lend(window::take());
            self.lent = true;
        }
        let Poll::Ready(result) = writer.wire.poll_read(cx, self.incoming.space()) else {
            self.take_back();
            // Only now, with no input at hand, is it time for deadlines.
            return writer.poll_deadline(cx).map(Ok);
        };
        writer.batch = writer.wire.now();
        match result {
            Ok(0) => writer.connection.receive_eof(),
            Ok(len) => self.incoming.filled(len),
            Err(error) => writer.failed(error)?,
        }
        Poll::Ready(Ok(()))
    }

    /// Gives the window back to the thread's pool.
    pub(super) fn take_back(&mut self) {
        if self.lent {
            window::give_back(self.incoming.take_back());
            self.lent = false;
        }
    }
}
