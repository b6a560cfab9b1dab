//! What the asynchronous adapters share: everything but the runtime's own stream and timer.

mod handshake;
mod window;
mod wire;
mod writer;

use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::Instant;

pub use wire::Wire;
pub use writer::Writer;

pub(super) use handshake::{accept_with, client};

use super::Error;
use crate::{
    CloseCode, Config, Connection, Ending, Event, Incoming, Outgoing, Progress, Role, SendError,
};

/// A WebSocket over an asynchronous stream.
///
/// Every future of its methods may be dropped at any await: all progress is kept here, and the
/// next call goes on from it.
#[derive(Debug)]
pub struct WebSocket<W> {
    incoming: Incoming,
    writer: Writer<W>,
    /// A window is lent to `incoming`.
    lent: bool,
    /// `Event::Ended` was found and is told when the stream has been shut down.
    ending: bool,
}

/// The parts of a [`WebSocket`]: what was read and not consumed is in `incoming`, what was sent
/// and not written in `outgoing`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts<S> {
    /// The stream.
    pub stream: S,
    /// The protocol state.
    pub connection: Connection,
    /// The receive memory.
    pub incoming: Incoming,
    /// The send memory.
    pub outgoing: Outgoing,
    /// The origin of the times told to `connection`.
    pub origin: Instant,
}

impl<W: Wire> WebSocket<W> {
    /// Waits for the next event, and gives the means to answer it while it is held. `None` after
    /// [`Event::Ended`].
    ///
    /// What was sent before leaves in one write before this waits, so the plain loop of receiving
    /// and answering costs one write for each read, however many messages it brought.
    ///
    /// If the future is dropped, nothing is lost: the event that it would have told is told by
    /// the next call.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] if the peer broke the protocol, [`Error::Io`] if the stream failed.
    /// Call on: [`Event::Ended`] is still to come, after what the peer is owed has been written.
    pub async fn next(&mut self) -> Result<Option<(Event<'_>, &mut Writer<W>)>, Error> {
        match poll_fn(|cx| self.poll_event(cx)).await? {
            true => Ok(self.incoming.event().map(|event| (event, &mut self.writer))),
            false => Ok(None),
        }
    }

    /// Sends a text message, and waits until it is written.
    ///
    /// If the future is dropped before it is done, the message may have been taken; it is then
    /// written by a later call.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if it cannot be sent now, [`Error::Io`].
    pub async fn send_text(&mut self, text: &str) -> Result<(), Error> {
        self.writer.send_text(text).await?;
        self.writer.flush().await
    }

    /// Sends a binary message, and waits until it is written.
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text), and the same if the future is dropped.
    pub async fn send_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        self.writer.send_binary(data).await?;
        self.writer.flush().await
    }

    /// Closes the connection: sends a Close frame, unless the peer began to close, waits for the
    /// peer's and for the end of the stream, at most [`Config::close_timeout`]. Messages that
    /// still arrive are dropped; to see them, use [`Writer::close`] and go on with
    /// [`next`](Self::next).
    ///
    /// If the future is dropped, the Close frame may have been queued; calling again, or `next`,
    /// goes on.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if the code or the reason cannot be sent, or the end was told before. What
    /// goes wrong later is in the [`Ending`].
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<Ending, Error> {
        match self.writer.close(code, reason) {
            Ok(()) | Err(Error::Send(SendError::Closed)) => self.see_through().await,
            Err(error) => Err(error),
        }
    }

    /// The sending side, for messages in fragments, pings, and several messages in one write.
    pub fn writer(&mut self) -> &mut Writer<W> {
        &mut self.writer
    }

    /// The receive memory, for [`take_payload`](Incoming::take_payload).
    pub fn incoming(&mut self) -> &mut Incoming {
        &mut self.incoming
    }

    pub(super) fn assemble(
        wire: W,
        connection: Connection,
        incoming: Incoming,
        outgoing: Outgoing,
    ) -> Self {
        let batch = wire.now();
        let writer = Writer { wire, connection, outgoing, batch };
        Self { incoming, writer, lent: false, ending: false }
    }

    pub(super) fn new_established(wire: W, role: Role, config: Config, leftover: &[u8]) -> Self {
        let connection = Connection::established(role, config, wire.now());
        let mut incoming = Incoming::new();
        incoming.push(leftover);
        Self::assemble(wire, connection, incoming, Outgoing::new())
    }

    pub(super) fn disassemble(mut self) -> (W, Connection, Incoming, Outgoing) {
        self.take_back();
        (self.writer.wire, self.writer.connection, self.incoming, self.writer.outgoing)
    }

    /// Receives until the connection has ended.
    async fn see_through(&mut self) -> Result<Ending, Error> {
        loop {
            match self.next().await {
                Ok(Some((Event::Ended(ending), _))) => return Ok(ending.clone()),
                Ok(Some(_)) | Err(Error::Protocol(_) | Error::Io(_)) => {}
                Ok(None) => return Err(Error::Send(SendError::Closed)),
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether there is an event, which then stands in `incoming`.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        while !self.ending {
            let now = self.writer.time_of(&self.incoming);
            let Writer { connection, outgoing, .. } = &mut self.writer;
            match connection.receive(now, &mut self.incoming, outgoing)? {
                Progress::Event => match self.incoming.event() {
                    Some(Event::Ended(_)) => self.ending = true,
                    Some(Event::Ping(_)) => {
                        // Several pings in a batch are answered one by one while the stream takes it.
                        self.writer.write_in_passing(cx);
                        return Poll::Ready(Ok(true));
                    }
                    Some(_) | None => return Poll::Ready(Ok(true)),
                },
                Progress::NeedBytes => ready!(self.poll_turn(cx))?,
                Progress::Ended => return Poll::Ready(Ok(false)),
            }
        }
        ready!(self.writer.poll_finish(cx));
        self.ending = false;
        self.take_back();
        Poll::Ready(Ok(true))
    }

    /// Writes what waits, does what the connection wants of the stream, and reads once.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        // All that was at hand at that time has been received: a peer that never pauses holds up
        // no deadline.
        if self.writer.is_due() {
            self.writer.pass_deadline();
            return Poll::Ready(Ok(()));
        }
        if self.writer.poll_write(cx)?.is_ready() {
            self.writer.poll_half_close(cx);
        }
        if !self.lent {
            self.incoming.lend(window::take());
            self.lent = true;
        }
        let read = self.writer.wire.poll_read(cx, self.incoming.space());
        let Poll::Ready(result) = read else {
            self.take_back();
            // Only now, with no input at hand, is it time for deadlines.
            return self.writer.poll_deadline(cx).map(Ok);
        };
        self.writer.batch = self.writer.wire.now();
        match result {
            Ok(0) => self.writer.connection.receive_eof(),
            Ok(len) => self.incoming.filled(len),
            Err(error) => self.writer.failed(error)?,
        }
        Poll::Ready(Ok(()))
    }

    fn take_back(&mut self) {
        if self.lent {
            window::give_back(self.incoming.take_back());
            self.lent = false;
        }
    }
}
