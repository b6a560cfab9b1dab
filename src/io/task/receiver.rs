//! The receiving side of a split socket.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::receive_side::ReceiveSide;
use super::shared::{Shared, Side};
use super::{Error, Sender, Wire, Writer};
use crate::connection::{DetachedReader, Unhandled};
use crate::{Event, Incoming};

/// The receiving side of a split [`WebSocket`](super::WebSocket).
///
/// It has to be polled, so that pings and Close frames are answered and deadlines are kept.
#[derive(Debug)]
pub struct Receiver<W: Wire> {
    pub(super) receive_side: ReceiveSide,
    apart: DetachedReader,
    /// Frames are read apart from the connection, without the lock.
    reads_apart: bool,
    /// Messages are discarded, as the server shuts down.
    discards_messages: bool,
    pub(super) shared: Arc<Shared<W>>,
}

impl<W: Wire> Receiver<W> {
    /// Splits a socket into its first sender and its receiving side.
    pub(super) fn split(receive_side: ReceiveSide, mut writer: Writer<W>) -> (Sender<W>, Self) {
        let reads_apart = writer.connection.reads_frames() && receive_side.unreported.is_empty();
        let apart = writer.connection.detach_reader();
        let shared = Shared::new(writer);
        let sender = Sender::new(Arc::clone(&shared));
        (sender, Self { receive_side, apart, reads_apart, discards_messages: false, shared })
    }

    /// Waits for the next event. `None` after [`Event::Ended`]. What senders have queued is
    /// written meanwhile.
    ///
    /// If the future is dropped, nothing is lost: the next call returns the event.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::receive`](super::WebSocket::receive).
    pub async fn receive(&mut self) -> Result<Option<Event<'_>>, Error> {
        match poll_fn(|cx| self.poll_event(cx)).await? {
            true => Ok(self.receive_side.event()),
            false => Ok(None),
        }
    }

    /// The receive memory, for [`take_payload`](Incoming::take_payload).
    pub fn incoming(&mut self) -> &mut Incoming {
        self.receive_side.incoming()
    }

    /// The event that was found last.
    pub(super) fn event(&mut self) -> Option<Event<'_>> {
        self.receive_side.event()
    }

    /// One more sender, for answers.
    pub fn sender(&self) -> Sender<W> {
        Sender::new(Arc::clone(&self.shared))
    }

    #[cfg(feature = "futures")]
    pub(super) fn delivery(&self) -> crate::Delivery {
        self.shared.lock().writer.connection.config().delivery
    }

    #[cfg(feature = "futures")]
    pub(super) const fn has_reported_end(&self) -> bool {
        self.receive_side.has_reported_end()
    }

    /// Waits for an event, which is then in the receive memory; `false` after the last.
    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        while self.receive_side.allowance.spend_event() || !self.receive_side.unreported.is_empty()
        {
            let unhandled = match self.read_apart() {
                ReadApart::Event => return Poll::Ready(Ok(true)),
                ReadApart::Discarded => continue,
                ReadApart::Unhandled(unhandled) => Some(unhandled),
                ReadApart::Nothing => None,
            };
            if let Some(has_event) = ready!(self.poll_connection(unhandled, cx))? {
                return Poll::Ready(Ok(has_event));
            }
        }
        self.receive_side.give_way::<W>(cx);
        Poll::Pending
    }

    /// Reads a frame that has arrived, without the lock: others may use the connection meanwhile.
    fn read_apart(&mut self) -> ReadApart {
        if !self.reads_apart || self.shared.is_settled() {
            return ReadApart::Nothing;
        }
        match self.apart.read(self.receive_side.borrow_memory()) {
            Some(unhandled) => ReadApart::Unhandled(unhandled),
            None if self.discards_messages => ReadApart::Discarded,
            None => ReadApart::Event,
        }
    }

    /// Shows the connection what was read apart and concerns it, and goes one step on from there.
    fn poll_connection(
        &mut self,
        unhandled: Option<Unhandled>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<bool>, Error>> {
        let Self { receive_side, apart, reads_apart, discards_messages, shared } = self;
        // This comes before the stream is polled, so that whatever happens from then on wakes this
        // task.
        shared.waiters.set_receiver(cx.waker());
        shared.access(Side::Receiver, |locked, cx| {
            let writer = &mut locked.writer;
            writer.connection.swap_reader(apart);
            let result = receive_side.poll_towards_event(unhandled, writer, cx);
            *reads_apart = writer.connection.reads_frames() && receive_side.unreported.is_empty();
            *discards_messages =
                writer.shutdown_watch.as_ref().is_some_and(|watch| watch.close_sent);
            writer.connection.swap_reader(apart);
            result
        })
    }
}

impl<W: Wire> Drop for Receiver<W> {
    fn drop(&mut self) {
        self.shared.waiters.forget_receiver();
    }
}

/// The result of reading apart from the connection.
enum ReadApart {
    /// There is an event.
    Event,
    /// There was an event, which is not reported.
    Discarded,
    /// Something was read that the connection has to see.
    Unhandled(Unhandled),
    /// Nothing may be read apart now.
    Nothing,
}
