//! Receiving: from reads to the events that the application sees.

use std::io::ErrorKind;
use std::time::Duration;

use super::super::Error;
use super::super::unreported::Unreported;
use super::received::{Found, Received, Report};
use super::stream::Stream;
use super::web_socket::WebSocket;
use super::writer::Writer;
use crate::{Ending, Event, Incoming, Progress, SendError, Time};

impl<S: Stream> WebSocket<S> {
    /// Waits for the next event, and returns it with the writer that can answer it while the event
    /// is held. `None` after [`Event::Ended`].
    ///
    /// What was fed before is written in one write before this waits. So a plain loop that receives
    /// and [feeds](Writer::feed_message) its answers costs one write for each read, however many
    /// messages the read brought.
    ///
    /// What ends the connection is reported when the peer has received what it is owed, so that the
    /// application may drop the socket then. A violation is reported after our Close frame has been
    /// written and the peer has ended the stream. The peer's Close frame is reported after the
    /// answer has been written, and for a server after the stream has ended. All of this takes at
    /// most [`Config::close_timeout`](crate::Config::close_timeout).
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] if the peer broke the protocol, [`Error::Io`] if the stream failed;
    /// [`Event::Ended`] follows. With [`WouldBlock`](ErrorKind::WouldBlock) from a
    /// non-blocking stream nothing is lost: call again when the stream is ready.
    #[inline(always)]
    pub fn receive(&mut self) -> Result<Option<(Event<'_>, &mut Writer<S>)>, Error> {
        match self.find_event(None)? {
            Found::Event => Ok(self.incoming.event().map(|event| (event, &mut self.writer))),
            Found::TimedOut | Found::Ended => Ok(None),
        }
    }

    /// Waits for the next event, but no longer than `timeout`. On a stream without timeouts, such
    /// as [`Untimed`](super::Untimed), this waits as long as the stream does.
    ///
    /// The deadlines of the connection are kept meanwhile.
    ///
    /// # Errors
    ///
    /// As for [`receive`](Self::receive).
    pub fn receive_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<Received<(Event<'_>, &mut Writer<S>)>, Error> {
        self.receive_until(Some(self.writer.now().after(timeout)))
    }

    pub(super) fn receive_until(
        &mut self,
        wait_until: Option<Time>,
    ) -> Result<Received<(Event<'_>, &mut Writer<S>)>, Error> {
        Ok(match self.find_event(wait_until)? {
            Found::Event => match self.incoming.event() {
                Some(event) => Received::Event((event, &mut self.writer)),
                None => Received::Ended,
            },
            Found::TimedOut => Received::TimedOut,
            Found::Ended => Received::Ended,
        })
    }

    /// Waits for an event, which is then in the receive memory. This is not inlined, so that
    /// its callers are inlined and make the event where it is looked at.
    #[inline(never)]
    fn find_event(&mut self, wait_until: Option<Time>) -> Result<Found, Error> {
        loop {
            let writer = &mut self.writer;
            let now = writer.wire.receive_time(&self.incoming);
            let progress = writer.connection.receive(now, &mut self.incoming, &mut writer.outgoing);
            match progress {
                Ok(Progress::Event) if self.withhold_event() => {}
                Ok(Progress::Event) => return Ok(Found::Event),
                Ok(Progress::NeedBytes) => {
                    if let Some(found) = self.await_input(wait_until)? {
                        return Ok(found);
                    }
                }
                Ok(Progress::Ended) => return self.report_end(),
                // This is reported when the peer has received our Close frame.
                Err(violation) => self.unreported.note_violation(violation, &mut self.incoming),
            }
        }
    }

    /// Writes what is queued, and waits for input. Returns what is to be reported if no more input
    /// is to be waited for.
    fn await_input(&mut self, wait_until: Option<Time>) -> Result<Option<Found>, Error> {
        let Self { incoming, writer, unreported } = self;
        if unreported.is_close() && writer.peer_ends_stream() {
            let has_read = writer.read_available(incoming)?;
            return if has_read { Ok(None) } else { self.report_next().map(Some) };
        }
        Ok(if writer.do_io_once(incoming, wait_until)? { None } else { Some(Found::TimedOut) })
    }

    /// Keeps the event that was found for later, or discards it. Returns `false` if it is to be
    /// reported now.
    fn withhold_event(&mut self) -> bool {
        let Self { incoming, writer, unreported } = self;
        if incoming.has_message() && writer.shutdown_watch.is_none() {
            return false;
        }
        match writer.sort_event(incoming, unreported) {
            Report::Now => false,
            // Several pings in one read are answered one by one while the stream takes it.
            Report::AfterAnswer => {
                writer.write_available();
                false
            }
            Report::NotNow => true,
        }
    }

    fn report_end(&mut self) -> Result<Found, Error> {
        if !self.unreported.is_empty() {
            self.writer.finish()?;
            self.writer.settle_ending(&mut self.unreported);
        }
        self.report_next()
    }

    fn report_next(&mut self) -> Result<Found, Error> {
        let has_event = self.unreported.report_next(&mut self.incoming)?;
        Ok(if has_event { Found::Event } else { Found::Ended })
    }

    /// Receives, and drops all events, until the connection has ended.
    pub(super) fn receive_until_ended(&mut self) -> Result<Ending, Error> {
        loop {
            match self.receive() {
                Ok(Some((Event::Ended(ending), _))) => return Ok(ending.clone()),
                Ok(Some(_)) | Err(Error::Protocol(_)) => {}
                Ok(None) => return Err(Error::Send(SendError::Closed)),
                Err(Error::Io(error)) if error.kind() != ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl<S: Stream> Writer<S> {
    /// Keeps the event that was found for later or discards it, if it is one of those.
    pub(super) fn sort_event(
        &mut self,
        incoming: &mut Incoming,
        unreported: &mut Unreported,
    ) -> Report {
        match incoming.event() {
            Some(event) if self.discards(&event) => Report::NotNow,
            // Without automatic pongs there is nothing to write yet.
            Some(Event::Ping(_)) if self.connection.config().automatic_pong => Report::AfterAnswer,
            Some(Event::Close { .. } | Event::Ended(_)) => {
                unreported.note_event(incoming);
                Report::NotNow
            }
            Some(_) | None => Report::Now,
        }
    }
}
