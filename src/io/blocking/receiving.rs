//! Receiving: from reads to the events that the application sees.

use std::io::ErrorKind;
use std::time::Duration;

use super::super::Error;
use super::stream::Stream;
use super::web_socket::WebSocket;
use super::writer::Writer;
use crate::{Ending, Event, Progress, SendError, Time};

/// The result of [`WebSocket::receive_timeout`].
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a loop has to know them all")]
pub enum Received<'a, S: Stream> {
    /// Something happened. The writer can answer while the event is held.
    Event(Event<'a>, &'a mut Writer<S>),
    /// Nothing happened before the timeout.
    TimedOut,
    /// Nothing more will happen: [`Event::Ended`] was reported before.
    Ended,
}

/// A [`Received`] without what it borrows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Event,
    TimedOut,
    Ended,
}

impl<S: Stream> WebSocket<S> {
    /// Waits for the next event, and returns it with a writer that can answer while the event is
    /// held. `None` after [`Event::Ended`].
    ///
    /// What was sent before is written in one write before this call waits, so the plain loop of
    /// receiving and answering costs one write for each read, however many messages it brought.
    ///
    /// The end of the connection is reported when the peer has received what it is owed, so that
    /// the socket may be dropped then. [`Event::Close`] is reported when everything is written,
    /// including the answer, and on a server when the peer has ended the stream; an error of the
    /// protocol when the Close frame is written and the peer has ended the stream; both within
    /// [`Config::close_timeout`](crate::Config::close_timeout).
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] if the peer broke the protocol, [`Error::Io`] if the stream failed;
    /// [`Event::Ended`] is still to come. With [`WouldBlock`](ErrorKind::WouldBlock) from a
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
    /// The deadlines of the connection are kept meanwhile. [Sending from other
    /// threads](super#sending-from-other-threads) has an example.
    ///
    /// # Errors
    ///
    /// As for [`receive`](Self::receive).
    pub fn receive_timeout(&mut self, timeout: Duration) -> Result<Received<'_, S>, Error> {
        let wait_until = self.writer.wire.now().after(timeout);
        Ok(match self.find_event(Some(wait_until))? {
            Found::Event => match self.incoming.event() {
                Some(event) => Received::Event(event, &mut self.writer),
                None => Received::Ended,
            },
            Found::TimedOut => Received::TimedOut,
            Found::Ended => Received::Ended,
        })
    }

    /// Waits until `incoming` has an event to report. Apart from [`receive`](Self::receive), so
    /// that the event is made where it is looked at and does not move through memory.
    #[inline(never)]
    fn find_event(&mut self, wait_until: Option<Time>) -> Result<Found, Error> {
        loop {
            let writer = &mut self.writer;
            let now = writer.wire.time_of(&self.incoming);
            let progress = writer.connection.receive(now, &mut self.incoming, &mut writer.outgoing);
            match progress {
                Ok(Progress::Event) if self.withhold_event() => {}
                Ok(Progress::Event) => return Ok(Found::Event),
                Ok(Progress::NeedBytes) => {
                    if let Some(found) = self.do_io(wait_until)? {
                        return Ok(found);
                    }
                }
                Ok(Progress::Ended) => return self.report_end(),
                // Reported when the peer has our Close frame.
                Err(violation) => self.unreported.note_violation(violation),
            }
        }
    }

    /// Writes and reads. Returns what to report, unless something may still be found.
    fn do_io(&mut self, wait_until: Option<Time>) -> Result<Option<Found>, Error> {
        let Self { incoming, writer, unreported } = self;
        if unreported.is_close() && writer.awaits_peer_end() {
            let has_read = writer.read_available(incoming)?;
            return if has_read { Ok(None) } else { self.report_next().map(Some) };
        }
        Ok(if writer.do_io_once(incoming, wait_until)? { None } else { Some(Found::TimedOut) })
    }

    /// Keeps the event that was found until the peer has received what it is owed, or discards it.
    /// Returns `false` if the event is to be reported at once.
    fn withhold_event(&mut self) -> bool {
        let writer = &mut self.writer;
        if self.incoming.has_message() && writer.shutdown_watch.is_none() {
            return false;
        }
        match self.incoming.event() {
            Some(event) if writer.discards(&event) => return true,
            // Several pings in one read are answered one by one while the stream takes it.
            Some(Event::Ping(_)) => writer.try_flush(),
            Some(Event::Ended(ending)) => {
                writer.note_ending(ending);
                self.unreported.note_event(&mut self.incoming);
                return true;
            }
            Some(Event::Close { .. }) => {
                self.unreported.note_event(&mut self.incoming);
                return true;
            }
            Some(_) | None => {}
        }
        false
    }

    fn report_end(&mut self) -> Result<Found, Error> {
        if !self.unreported.is_empty() {
            self.writer.finish()?;
        }
        self.report_next()
    }

    fn report_next(&mut self) -> Result<Found, Error> {
        let has_event = self.unreported.report_next(&mut self.incoming)?;
        Ok(if has_event { Found::Event } else { Found::Ended })
    }

    /// Receives until the connection has ended, and discards what still arrives.
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
