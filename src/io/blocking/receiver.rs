//! The receiving side of a split socket.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::Error;
use super::super::clock::time_at;
use super::super::looked_at::settles_later;
use super::super::unreported::Unreported;
use super::locked::Locked;
use super::received::{Found, Received};
use super::sender::Sender;
use super::shared::Shared;
use super::split_stream::SplitStream;
use crate::connection::DetachedReader;
use crate::handshake::Response;
use crate::{Connection, Ending, Event, Incoming};

/// The receiving side of a split [`WebSocket`](super::WebSocket).
///
/// A thread has to be in [`receive`](Self::receive) most of the time, so that pings and Close
/// frames are answered and deadlines are kept. When the receiver is dropped, sending fails from
/// then on; calls that have begun go on. The last of the receiver and all senders that is dropped
/// does what dropping a [`WebSocket`](super::WebSocket) does.
#[derive(Debug)]
pub struct Receiver<S: SplitStream> {
    pub(super) incoming: Incoming,
    /// What ends the connection and was not reported yet.
    pub(super) unreported: Unreported,
    pub(super) apart: DetachedReader,
    /// Frames are read apart from the connection, without the lock.
    pub(super) reads_apart: bool,
    /// Messages are discarded, as the server shuts down.
    pub(super) discards_messages: bool,
    /// The socket has input.
    pub(super) has_input: bool,
    /// What was queued has been written, as far as possible, since the last wait.
    pub(super) has_written: bool,
    /// The timeout of reads that is set on the socket.
    pub(super) read_timeout: Option<Duration>,
    pub(super) shared: Arc<Shared<S>>,
}

impl<S: SplitStream> Receiver<S> {
    pub(super) fn new(
        incoming: Incoming,
        unreported: Unreported,
        apart: DetachedReader,
        shared: Arc<Shared<S>>,
    ) -> Self {
        Self {
            incoming,
            unreported,
            apart,
            reads_apart: false,
            discards_messages: false,
            has_input: false,
            has_written: false,
            read_timeout: None,
            shared,
        }
    }

    /// Waits for the next event. `None` after [`Event::Ended`]. What senders have left is written
    /// meanwhile.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::receive`](super::WebSocket::receive).
    #[inline(always)]
    pub fn receive(&mut self) -> Result<Option<Event<'_>>, Error> {
        match self.find_event(None)? {
            Found::Event => Ok(self.incoming.event()),
            Found::TimedOut | Found::Ended => Ok(None),
        }
    }

    /// Waits for the next event, but no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// As for [`receive`](Self::receive).
    pub fn receive_timeout(&mut self, timeout: Duration) -> Result<Received<Event<'_>>, Error> {
        Ok(match self.find_event(Some(time_at(Instant::now()).after(timeout)))? {
            Found::Event => self.incoming.event().map_or(Received::Ended, Received::Event),
            Found::TimedOut => Received::TimedOut,
            Found::Ended => Received::Ended,
        })
    }

    /// One more sender, for answers.
    pub fn sender(&self) -> Sender<S> {
        Sender::new(Arc::clone(&self.shared))
    }

    /// The receive memory, for [`take_payload`](Incoming::take_payload).
    pub fn incoming(&mut self) -> &mut Incoming {
        &mut self.incoming
    }

    /// The server's response, with the subprotocol that it chose. Only a client has it, and only
    /// until the first event is received.
    pub fn response(&mut self) -> Option<Response<'_>> {
        match self.incoming.event() {
            Some(Event::Open(response)) => Some(response),
            _ => None,
        }
    }

    /// Looks at the stream, as [`Sender::with_stream`] does.
    ///
    /// # Panics
    ///
    /// If `look` uses the same socket: such a call would wait for itself.
    pub fn with_stream<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        self.shared.look(|writer| look(writer.stream()))
    }

    /// Looks at the protocol state, as [`Sender::with_connection`] does.
    ///
    /// # Panics
    ///
    /// If `look` uses the same socket: such a call would wait for itself.
    pub fn with_connection<T>(&self, look: impl FnOnce(&Connection) -> T) -> T {
        self.shared.look(|writer| look(&writer.connection))
    }

    /// How the connection has ended, as soon as that is known: at the latest when
    /// [`Event::Ended`] has been received.
    pub fn ending(&self) -> Option<Ending> {
        self.shared.lock().writer.ending().cloned()
    }

    /// How many messages of all senders have not left; see
    /// [`WebSocket::unsent`](super::WebSocket::unsent).
    pub fn unsent(&self) -> u64 {
        self.shared.lock().writer.unsent()
    }
}

impl<S: SplitStream> Drop for Receiver<S> {
    fn drop(&mut self) {
        if !settles_later(&*self.shared, Locked::<S>::RECEIVER) {
            self.shared.settle_dropped(Locked::<S>::RECEIVER);
        }
    }
}
