//! One socket in several tasks.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::line::{Line, Party, Shared};
use super::receiving::Receiving;
use super::vocabulary::vocabulary;
use super::{Error, Wire, Writer};
use crate::connection::{Apart, Unseen};
use crate::{CloseCode, Event, Incoming, Message, MessageKind, Prepared, SendError};

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

/// The sending side of a split [`WebSocket`](super::WebSocket): clone it for every task that
/// sends.
///
/// What may wait to be written is bounded by [`Limits::output`](crate::Limits::output) for all of
/// them together; above it, sending waits. Messages of one task keep their order. While one sends a
/// message in fragments, the messages of the others wait.
///
/// ```
/// use websocket_proto::io::task::{Sender, Wire};
/// use websocket_proto::{CloseCode, Prepared, SendError};
///
/// /// Sends to everybody, and closes those that have no room: they read too slowly.
/// fn broadcast<W: Wire>(news: &str, everybody: &[Sender<W>]) {
///     let news = Prepared::text(news);
///     for sender in everybody {
///         if let Err(SendError::Full) = sender.try_send_prepared(&news) {
///             let _ = sender.close(CloseCode::POLICY, "too slow");
///         }
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Sender<W: Wire> {
    pub(super) shared: Arc<Shared<W>>,
    /// Among the senders of this socket.
    pub(super) number: usize,
    /// Something was queued otherwise since the sink was flushed last.
    #[cfg(feature = "futures")]
    pub(super) queues: std::sync::atomic::AtomicBool,
    #[cfg(feature = "futures")]
    pub(super) sinking: super::streams::Sinking,
}

pub(super) fn split<W: Wire>(
    receiving: Receiving,
    mut writer: Writer<W>,
) -> (Receiver<W>, Sender<W>) {
    let reads = writer.connection.reads_frames() && receiving.untold.is_empty();
    let apart = writer.connection.take_apart();
    let shared = Shared::new(writer);
    let sender = Sender::new(Arc::clone(&shared));
    (Receiver { receiving, apart, reads, drops: false, shared }, sender)
}

impl<W: Wire> Receiver<W> {
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
            *drops = writer.member.as_ref().is_some_and(|member| member.close_sent);
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

impl<W: Wire> Sender<W> {
    vocabulary!(self: &Self);

    fn new(shared: Arc<Shared<W>>) -> Self {
        Self {
            #[cfg(feature = "futures")]
            queues: std::sync::atomic::AtomicBool::new(false),
            #[cfg(feature = "futures")]
            sinking: super::streams::Sinking::new(&shared),
            number: shared.next_number(),
            shared,
        }
    }

    /// Waits until everything is written that was queued before, by anybody.
    ///
    /// If the future is dropped, the rest is written all the same.
    ///
    /// # Errors
    ///
    /// [`Error::NotWritten`] if the connection ended before, [`Error::Io`] if the stream fails in
    /// this call.
    pub async fn flush(&self) -> Result<(), Error> {
        let mut call = self.shared.call();
        let mut position = None;
        poll_fn(|cx| {
            self.shared.poll_call(self.number, &mut call, |line, call, of_stream| {
                line.poll_flush(&mut position, call, of_stream, cx)
            })
        })
        .await
    }

    /// Begins the closing exchange, which the receiver sees through. The Close frame leaves behind
    /// what was queued before, and at once if the stream takes it.
    ///
    /// # Errors
    ///
    /// As for [`Connection::close`](crate::Connection::close).
    pub fn close(&self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        self.trying(|writer| writer.close(code, reason))
    }

    /// Ends the connection without a word; see [`Connection::abort`](crate::Connection::abort).
    pub fn abort(&self) {
        self.act(|line, _| line.writer.abort());
    }

    /// Whether messages are compressed from the next on, where that was agreed on; see
    /// [`Connection::set_compression`](crate::Connection::set_compression).
    #[cfg(feature = "deflate")]
    pub fn set_compression(&self, enabled: bool) {
        self.shared.lock().writer.connection.set_compression(enabled);
    }

    /// Whether the other sends on the same connection.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    pub(super) fn feeding(
        &self,
        len: usize,
        mut push: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        self.note_queuing();
        let mut call = self.shared.call();
        poll_fn(move |cx| {
            self.shared.poll_call(self.number, &mut call, |line, call, of_stream| {
                line.poll_feed(len, &mut push, call, of_stream, cx)
            })
        })
    }

    pub(super) fn sending(
        &self,
        len: usize,
        mut push: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        let mut call = self.shared.call();
        let mut position = None;
        poll_fn(move |cx| {
            self.shared.poll_call(self.number, &mut call, |line, call, of_stream| {
                if position.is_none() {
                    ready!(line.poll_feed(len, &mut push, call, of_stream, cx))?;
                }
                line.poll_flush(&mut position, call, of_stream, cx)
            })
        })
    }

    pub(super) fn trying(
        &self,
        push: impl FnOnce(&mut Writer<W>) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        self.note_queuing();
        self.act(|line, cx| {
            push(&mut line.writer)?;
            line.writer.write_in_passing(cx);
            Ok(())
        })
    }

    pub(super) fn starting(&self, kind: MessageKind) -> Result<(), SendError> {
        self.act(|line, _| line.writer.starting(kind))
    }

    /// What a flush of the sink would wait for is more than before.
    fn note_queuing(&self) {
        #[cfg(feature = "futures")]
        self.queues.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    fn act<T>(&self, work: impl FnOnce(&mut Line<W>, &mut Context<'_>) -> T) -> T {
        self.shared.act(Party::Sender(self.number), work)
    }
}

impl<W: Wire> Drop for Sender<W> {
    /// A message in fragments that nobody will finish is in the way of all others.
    fn drop(&mut self) {
        self.shared.act(Party::Sender(self.number), |line, _| line.writer.abandon_message());
    }
}

impl<W: Wire> Clone for Sender<W> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.shared))
    }
}
