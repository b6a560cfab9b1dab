//! What the two sides of a split socket share, and the lock that guards it.

#[cfg(feature = "futures")]
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, TryLockError};
use std::task::{Context, Poll, Waker, ready};

use super::super::looked_at::{LookedAt, forbid_while_looking};
use super::super::sync::{AtomicBool, Mutex, MutexGuard};
use super::waiters::{Call, Waiters};
use super::wake_ups::Worker;
use super::{Error, Wire, Writer, contexts};
#[cfg(feature = "futures")]
use crate::Message;
use crate::SendError;

/// What the two sides of a split socket share.
///
/// The lock is held for moments: while bytes are moved, never while a message is put together or
/// inflated, nor across an await.
#[derive(Debug)]
pub(super) struct Shared<W: Wire> {
    locked: Mutex<Locked<W>>,
    pub(super) waiters: Arc<Waiters>,
    /// The one waker that the stream knows: `waiters`.
    waker: Waker,
    /// Nothing but the end is delivered any more.
    settled: AtomicBool,
    next_sender_id: AtomicUsize,
}

/// What is locked: the connection, its output and the stream.
#[derive(Debug)]
pub(super) struct Locked<W: Wire> {
    pub(super) writer: Writer<W>,
    /// Messages that sinks have accepted, and that wait until another sender's message in fragments
    /// is finished.
    #[cfg(feature = "futures")]
    pub(super) deferred: VecDeque<Message>,
}

/// Who uses a split socket: the receiver, or the sender with an id.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Receiver,
    Sender(usize),
}

impl<W: Wire> Shared<W> {
    pub(super) fn new(writer: Writer<W>) -> Arc<Self> {
        let waiters = Arc::<Waiters>::default();
        Arc::new(Self {
            locked: Mutex::new(Locked {
                writer,
                #[cfg(feature = "futures")]
                deferred: VecDeque::new(),
            }),
            waker: Waker::from(Arc::clone(&waiters)),
            waiters,
            settled: AtomicBool::new(false),
            // The first sender goes on with a message in fragments that was begun before the split.
            next_sender_id: AtomicUsize::new(Writer::<W>::FIRST_SENDER),
        })
    }

    /// Whether nothing but the end is delivered any more.
    pub(super) fn is_settled(&self) -> bool {
        self.settled.load(Ordering::Acquire)
    }

    /// The id of one more sender.
    pub(super) fn new_sender_id(&self) -> usize {
        self.next_sender_id.fetch_add(1, Ordering::Relaxed)
    }

    /// A call that does not wait yet.
    pub(super) fn new_call(&self) -> Call {
        Call::new(Arc::clone(&self.waiters))
    }

    /// Polls a call of a sender once. The call gives up its place when it is ready.
    pub(super) fn poll_call<T>(
        &self,
        sender_id: usize,
        call: &mut Call,
        poll: impl FnOnce(&mut Locked<W>, &mut Call, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let result =
            self.access(Side::Sender(sender_id), |locked, stream_cx| poll(locked, call, stream_cx));
        if result.is_ready() {
            call.stop_waiting();
        }
        call.drop_old_wakers();
        result
    }

    /// Locks the socket for `work`, which polls the stream with the one waker that the stream
    /// knows, and wakes those who can go on after it.
    pub(super) fn access<T>(
        &self,
        side: Side,
        work: impl FnOnce(&mut Locked<W>, &mut Context<'_>) -> T,
    ) -> T {
        let mut locked = self.lock();
        let before = locked.writer.receiver_view();
        if let Side::Sender(sender_id) = side {
            locked.writer.current_sender = sender_id;
        }
        let result = work(&mut locked, &mut Context::from_waker(&self.waker));
        locked.queue_deferred();
        self.settled.store(locked.writer.connection.is_settled(), Ordering::Release);
        let wakers = locked.writer.take_ready(&self.waiters, side.worker(), &before);
        drop(locked);
        wakers.into_iter().for_each(Waker::wake);
        result
    }

    /// Locks the socket while the application looks at it.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Writer<W>) -> T) -> T {
        // Dropped after the lock is free again.
        let mut looked_at = LookedAt::new(|sender_id| self.abandon_message(sender_id));
        let locked = self.lock();
        looked_at.note(self);
        look(&locked.writer)
    }

    /// Abandons an unfinished message in fragments of a sender, which would hold up all others.
    pub(super) fn abandon_message(&self, sender_id: usize) {
        self.access(Side::Sender(sender_id), |locked, _| locked.writer.abandon_message());
    }

    /// Locks the socket without waking anybody. A lock that was poisoned is used all the same: a
    /// panic leaves the connection as it was between two calls.
    pub(super) fn lock(&self) -> MutexGuard<'_, Locked<W>> {
        match self.locked.try_lock() {
            Ok(locked) => locked,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => self.wait_for_lock(),
        }
    }

    #[cold]
    fn wait_for_lock(&self) -> MutexGuard<'_, Locked<W>> {
        forbid_while_looking(self);
        self.locked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Side {
    const fn worker(self) -> Worker {
        match self {
            Self::Receiver => Worker::Receiver,
            Self::Sender(_) => Worker::Sender,
        }
    }
}

impl<W: Wire> Locked<W> {
    /// Queues a message, after waiting for room if there is none. `cx` is the caller's; the stream
    /// is polled with `stream_cx`.
    pub(super) fn poll_feed(
        &mut self,
        len: usize,
        queue: &mut impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
        call: &mut Call,
        stream_cx: &mut Context<'_>,
        cx: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            contexts::lend(&mut self.writer.connection);
            match queue(&mut self.writer) {
                Err(SendError::Full) => call.wait_for_room(len, cx.waker()),
                Err(SendError::MessageInProgress) if self.writer.is_message_of_another() => {
                    return self.poll_until_other_message_ends(len, call, stream_cx, cx);
                }
                result => return Poll::Ready(result.map_err(Error::from)),
            }
            ready!(self.writer.poll_room(stream_cx))?;
        }
    }

    /// Waits until another sender's message in fragments is finished, and writes meanwhile.
    pub(super) fn poll_until_other_message_ends<T>(
        &mut self,
        len: usize,
        call: &mut Call,
        stream_cx: &mut Context<'_>,
        cx: &Context<'_>,
    ) -> Poll<Result<T, Error>> {
        call.wait_for_message_end(len, cx.waker());
        match self.writer.poll_write(stream_cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
        }
    }

    /// How many messages were accepted and are not known to have left.
    pub(super) fn unsent(&self) -> u64 {
        let unsent = self.writer.unsent();
        #[cfg(feature = "futures")]
        let unsent = unsent + self.deferred.len() as u64;
        unsent
    }

    /// Waits until everything before a position is flushed. Without a position, the first poll sets
    /// it to the end of the output.
    pub(super) fn poll_flush(
        &mut self,
        position: &mut Option<u64>,
        call: &mut Call,
        stream_cx: &mut Context<'_>,
        cx: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let position = *position.get_or_insert(self.writer.outgoing.queued_position());
        // Most messages are flushed at once, and their calls take no place among those that wait.
        if let Poll::Ready(result) = self.writer.poll_until_flushed(position, stream_cx) {
            return Poll::Ready(result);
        }
        call.wait_for_position(position, cx.waker());
        self.writer.note_awaited(position);
        self.writer.poll_until_flushed(position, stream_cx)
    }

    /// Queues the messages that have waited until one in fragments was finished. Those that cannot
    /// be sent any more stay here, which makes the next flush fail.
    fn queue_deferred(&mut self) {
        #[cfg(feature = "futures")]
        while !self.writer.has_unfinished_message()
            && let Some(message) = self.deferred.front()
            && self.writer.queue_promised(message).is_ok()
        {
            self.deferred.pop_front();
        }
    }
}
