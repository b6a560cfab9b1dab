//! The receiving side: from reads to events.

use std::mem;
use std::task::{Context, Poll, ready};

use super::{Error, Wire, Writer, contexts, window};
use crate::{Event, Incoming, Progress};

/// What receiving needs besides the connection, which it shares with sending.
#[derive(Debug)]
pub(super) struct Receiving {
    /// None of its own while nothing is being received.
    incoming: Option<Box<Incoming>>,
    /// A window is lent to `incoming`, or all of it is.
    lent: bool,
    /// `Event::Ended` was found and is told when the stream has been shut down.
    pub(super) ending: bool,
    /// It was told.
    over: bool,
}

impl Receiving {
    pub(super) fn new(incoming: Incoming) -> Self {
        let incoming = (!incoming.is_at_rest()).then(|| Box::new(incoming));
        Self { incoming, lent: false, ending: false, over: false }
    }

    /// What was found last.
    pub(super) fn event(&mut self) -> Option<Event<'_>> {
        self.incoming.as_mut()?.event()
    }

    /// The receive memory.
    pub(super) fn incoming(&mut self) -> &mut Incoming {
        self.incoming.get_or_insert_default()
    }

    /// The receive memory without the window that was lent.
    pub(super) fn into_incoming(mut self) -> Incoming {
        self.take_back();
        self.incoming.map_or_else(Incoming::new, |incoming| *incoming)
    }

    /// Whether there is an event, which then stands in `incoming`.
    pub(super) fn poll_event<W: Wire>(
        &mut self,
        writer: &mut Writer<W>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<bool, Error>> {
        while !self.ending {
            let incoming = self.memory();
            let now = writer.time_of(incoming);
            let Writer { connection, outgoing, .. } = writer;
            match connection.receive(now, incoming, outgoing)? {
                Progress::Event => match incoming.event() {
                    Some(event) if writer.drops(&event) => {}
                    Some(Event::Ended(ending)) => {
                        writer.note_ending(ending);
                        self.ending = true;
                    }
                    Some(Event::Ping(_)) => {
                        // Several pings in a batch are answered one by one while the stream
                        // takes it.
                        writer.write_in_passing(cx);
                        return Poll::Ready(Ok(true));
                    }
                    Some(_) | None => return Poll::Ready(Ok(true)),
                },
                Progress::NeedBytes => ready!(self.poll_turn(writer, cx))?,
                Progress::Ended => {
                    self.over = true;
                    return Poll::Ready(Ok(false));
                }
            }
        }
        self.take_back();
        ready!(writer.poll_finish(cx));
        writer.member = None;
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
            writer.poll_half_close(cx);
        }
        let incoming = self.window();
        let Poll::Ready(result) = writer.wire.poll_read(cx, incoming.space()) else {
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
            }
            Err(error) => writer.failed(error)?,
        }
        Poll::Ready(Ok(()))
    }

    /// The receive memory, which is lent if there is none.
    fn memory(&mut self) -> &mut Incoming {
        self.incoming.get_or_insert_with(|| {
            self.lent = true;
            window::take()
        })
    }

    /// The receive memory with a window that was lent.
    fn window(&mut self) -> &mut Incoming {
        if !self.lent {
            self.lent = true;
            match &mut self.incoming {
                None => self.incoming = Some(window::take()),
                Some(incoming) => incoming.lend(window::take().take_back()),
            }
        }
        self.incoming()
    }

    /// Gives back to the thread's pool what was lent, as far as nothing stands in it.
    pub(super) fn take_back(&mut self) {
        if !mem::take(&mut self.lent) {
            return;
        }
        if let Some(incoming) = self.incoming.take_if(|incoming| incoming.is_at_rest()) {
            window::give_back(incoming);
        } else if let Some(incoming) = &mut self.incoming {
            window::give_back_window(incoming.take_back());
        }
    }
}
