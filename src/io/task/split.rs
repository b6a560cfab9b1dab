//! One socket in several tasks.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::super::waiting::Waiting;
use super::receiving::Receiving;
use super::{Error, Wire, Writer};
use crate::{CloseCode, Connection, Event, Incoming, Message, Outgoing, Prepared, SendError};

/// The receiving side of a split [`WebSocket`](super::WebSocket).
///
/// It has to be polled for pings and Close frames to be answered and for deadlines to be kept.
#[derive(Debug)]
pub struct Receiver<W> {
    receiving: Receiving,
    shared: Arc<Shared<W>>,
}

/// The sending side of a split [`WebSocket`](super::WebSocket): clone it for every task that
/// sends.
///
/// What may wait to be written is bounded by [`Limits::output`](crate::Limits::output) for all of
/// them together; above it, sending waits. Messages of one task keep their order. Messages in
/// fragments are left out, as those of two tasks would mix: send them before splitting.
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
pub struct Sender<W> {
    shared: Arc<Shared<W>>,
}

/// The lock is held for the time of a poll, never across an await.
#[derive(Debug)]
struct Shared<W> {
    writer: Mutex<Writer<W>>,
    /// The tasks that wait for the stream or the timer, which know one waker each: this one.
    waiting: Arc<Waiting>,
}

pub(super) fn split<W: Wire>(receiving: Receiving, writer: Writer<W>) -> (Receiver<W>, Sender<W>) {
    let shared = Arc::new(Shared { writer: Mutex::new(writer), waiting: Arc::default() });
    (Receiver { receiving, shared: Arc::clone(&shared) }, Sender { shared })
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

    /// A sender, for answers.
    pub fn sender(&self) -> Sender<W> {
        Sender { shared: Arc::clone(&self.shared) }
    }

    #[cfg(feature = "futures")]
    pub(super) fn delivery(&self) -> crate::Delivery {
        self.shared.lock().connection.config().delivery
    }

    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        let receiving = &mut self.receiving;
        self.shared.poll(cx, |writer, cx| receiving.poll_event(writer, cx))
    }
}

impl<W: Wire> Sender<W> {
    /// Sends a message, and waits until it is written.
    ///
    /// If the future is dropped, the message may have been taken; it is then written all the
    /// same.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if it cannot be sent now, [`Error::Io`].
    pub async fn send(&self, message: &Message) -> Result<(), Error> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Sends a text message, and waits until it is written; as [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub async fn send_text(&self, text: &str) -> Result<(), Error> {
        self.queue(|connection, outgoing| connection.send_text(text, outgoing)).await?;
        self.flush().await
    }

    /// Sends a binary message, and waits until it is written; as [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub async fn send_binary(&self, data: &[u8]) -> Result<(), Error> {
        self.queue(|connection, outgoing| connection.send_binary(data, outgoing)).await?;
        self.flush().await
    }

    /// Sends a message that was encoded before, and waits until it is written; as
    /// [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub async fn send_prepared(&self, message: &Prepared) -> Result<(), Error> {
        self.feed_prepared(message).await?;
        self.flush().await
    }

    /// Queues a message, after waiting for room if there is none. It leaves when somebody
    /// [flushes](Self::flush) or the receiver is next polled: for several messages in one write.
    ///
    /// If the future is dropped, the message was not taken.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub async fn feed(&self, message: &Message) -> Result<(), Error> {
        let now = self.shared.lock().wire.now();
        self.queue(|connection, outgoing| connection.send(now, message, outgoing)).await
    }

    /// Queues a message that was encoded before; as [`feed`](Self::feed).
    ///
    /// If the future is dropped, the message was not taken.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub async fn feed_prepared(&self, message: &Prepared) -> Result<(), Error> {
        self.queue(|connection, outgoing| connection.send_prepared(message, outgoing)).await
    }

    /// Queues a message if there is room for it now, and writes what the stream takes.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] if there is no room, and as for [`Connection::send`].
    pub fn try_send(&self, message: &Message) -> Result<(), SendError> {
        let now = self.shared.lock().wire.now();
        self.shared.try_queue(|connection, outgoing| connection.send(now, message, outgoing))
    }

    /// Queues a message that was encoded before if there is room for it now, and writes what the
    /// stream takes.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] if there is no room, and as for [`Connection::send_prepared`].
    pub fn try_send_prepared(&self, message: &Prepared) -> Result<(), SendError> {
        self.shared.try_queue(|connection, outgoing| connection.send_prepared(message, outgoing))
    }

    /// Waits until everything is written that was queued so far, or a deadline has ended the
    /// connection.
    ///
    /// If the future is dropped, the rest is written all the same.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub async fn flush(&self) -> Result<(), Error> {
        let mut target = None;
        poll_fn(|cx| {
            self.shared.poll(cx, |writer, cx| {
                let written = writer.outgoing.written();
                let target = *target.get_or_insert(written + writer.outgoing.len() as u64);
                writer.poll_flush_to(target, cx)
            })
        })
        .await
    }

    /// Begins the closing exchange, which the receiver sees through.
    ///
    /// # Errors
    ///
    /// As for [`Connection::close`].
    pub fn close(&self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        let now = self.shared.lock().wire.now();
        self.shared.try_queue(|connection, outgoing| connection.close(now, code, reason, outgoing))
    }

    /// Ends the connection without a word; see [`Connection::abort`].
    pub fn abort(&self) {
        self.shared.lock().abort();
        self.shared.waiting.wake_all();
    }

    #[cfg(feature = "futures")]
    pub(super) fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Writer<W>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.shared.poll(cx, poll)
    }

    /// Does something that waits for nothing, and lets the others look at what it did. Where it did
    /// nothing nobody is woken: this task may be among those that wait.
    #[cfg(feature = "futures")]
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut Writer<W>) -> T) -> T {
        let mut writer = self.shared.lock();
        let before = (writer.outgoing.len(), writer.connection.poll_timeout());
        let result = act(&mut writer);
        let after = (writer.outgoing.len(), writer.connection.poll_timeout());
        drop(writer);
        if before != after {
            self.shared.waiting.wake_all();
        }
        result
    }

    async fn queue(
        &self,
        mut send: impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        poll_fn(|cx| self.shared.poll(cx, |writer, cx| writer.poll_send(&mut send, cx))).await
    }
}

impl<W> Clone for Sender<W> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<W: Wire> Shared<W> {
    /// Polls the socket on behalf of all its tasks: each is woken when it can go on.
    fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Writer<W>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        // Registered first: what happens during the poll wakes this task, too.
        self.waiting.add(cx.waker());
        let waker = Waker::from(Arc::clone(&self.waiting));
        let mut writer = self.lock();
        let before = (writer.outgoing.written(), writer.connection.poll_timeout());
        let result = poll(&mut writer, &mut Context::from_waker(&waker));
        let after = (writer.outgoing.written(), writer.connection.poll_timeout());
        drop(writer);
        // There may be room for another sender, or an earlier deadline for the receiver.
        if result.is_ready() && before != after {
            self.waiting.wake_all();
        }
        result
    }

    fn try_queue(
        &self,
        send: impl FnOnce(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        let mut writer = self.lock();
        let Writer { connection, outgoing, .. } = &mut *writer;
        send(connection, outgoing)?;
        let waker = Waker::from(Arc::clone(&self.waiting));
        writer.write_in_passing(&mut Context::from_waker(&waker));
        drop(writer);
        self.waiting.wake_all();
        Ok(())
    }

    /// A panic elsewhere leaves the connection as it was between two calls.
    fn lock(&self) -> MutexGuard<'_, Writer<W>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
