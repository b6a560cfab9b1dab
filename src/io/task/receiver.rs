//! The receiving side of a socket in several tasks.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::line::{Party, Shared};
use super::receiving::Receiving;
use super::{Error, Sender, Wire, Writer};
use crate::connection::{Apart, Unseen};
use crate::{Event, Incoming};

/// The receiving side of a split [`WebSocket`](super::WebSocket).
///
/// It has to be polled for pings and Close frames to be answered and for deadlines to be kept.
#[derive(Debug)]
pub struct Receiver<W: Wire> {
    receiving: Receiving,
    apart: Apart,
    /// What comes next is read apart.
    reads: bool,
    /// Messages are dropped, as the server ends.
    drops: bool,
    shared: Arc<Shared<W>>,
}

impl<W: Wire> Receiver<W> {
    pub(super) fn split(receiving: Receiving, mut writer: Writer<W>) -> (Self, Sender<W>) {
        let reads = writer.connection.reads_frames() && receiving.untold.is_empty();
        let apart = writer.connection.take_apart();
        let shared = Shared::new(writer);
        let sender = Sender::new(Arc::clone(&shared));
        (Self { receiving, apart, reads, drops: false, shared }, sender)
    }

    /// Waits for the next event. `None` after [`Event::Ended`]. What senders have queued is
    /// written meanwhile.
    ///
    /// If the future is dropped, nothing is lost: the event that it would have told is told by
    /// the next call.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::next`](super::WebSocket::next).
    pub async fn next(&mut self) -> Result<Option<Event<'_>>, Error> {
        match poll_fn(|cx| self.poll_event(cx)).await? {
            true => Ok(self.receiving.event()),
            false => Ok(None),
        }
    }

    /// The receive memory, for [`take_payload`](Incoming::take_payload).
    pub fn incoming(&mut self) -> &mut Incoming {
        self.receiving.incoming()
    }

    /// What was found last.
    pub(super) fn event(&mut self) -> Option<Event<'_>> {
        self.receiving.event()
    }

    /// A sender, for answers.
    pub fn sender(&self) -> Sender<W> {
        Sender::new(Arc::clone(&self.shared))
    }

    #[cfg(feature = "futures")]
    pub(super) fn delivery(&self) -> crate::Delivery {
        self.shared.lock().writer.connection.config().delivery
    }

    #[cfg(feature = "futures")]
    pub(super) const fn is_over(&self) -> bool {
        self.receiving.is_over()
    }

    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        while self.receiving.spends_one() || !self.receiving.untold.is_empty() {
            let unseen = match self.read_apart() {
                Read::Event => return Poll::Ready(Ok(true)),
                Read::Dropped => continue,
                Read::Unseen(unseen) => Some(unseen),
                Read::Nothing => None,
            };
            if let Some(told) = ready!(self.poll_seen(unseen, cx))? {
                return Poll::Ready(Ok(told));
            }
        }
        self.receiving.give_way::<W>(cx);
        Poll::Pending
    }

    /// Reads what is at hand while others use the connection.
    fn read_apart(&mut self) -> Read {
        if !self.reads || self.shared.is_settled() {
            return Read::Nothing;
        }
        match self.apart.read(self.receiving.memory()) {
            Some(unseen) => Read::Unseen(unseen),
            None if self.drops => Read::Dropped,
            None => Read::Event,
        }
    }

    /// Has the connection see what was read, and goes on from there.
    fn poll_seen(
        &mut self,
        unseen: Option<Unseen>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<bool>, Error>> {
        let Self { receiving, apart, reads, drops, shared } = self;
        // Before the stream is polled: what happens then wakes this task.
        shared.waiters.receive(cx.waker());
        shared.act(Party::Receiver, |line, cx| {
            let writer = &mut line.writer;
            writer.connection.swap_reader(apart);
            let result = receiving.poll_unseen(unseen, writer, cx);
            *reads = writer.connection.reads_frames() && receiving.untold.is_empty();
            *drops = writer.member.as_ref().is_some_and(|member| member.leaves);
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

/// What reading apart came to.
enum Read {
    /// There is one.
    Event,
    /// There was one that is not told.
    Dropped,
    /// The connection is to see it.
    Unseen(Unseen),
    /// Nothing is read apart.
    Nothing,
}
