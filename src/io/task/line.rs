//! What the halves of a split socket share, and how it is worked at.

#[cfg(feature = "futures")]
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use super::sync::{AtomicBool, Mutex, MutexGuard};
use super::waiters::{Call, Standing, Waiters};
use super::{Error, Wire, Writer, contexts};
#[cfg(feature = "futures")]
use crate::Message;
use crate::{SendError, Time, Transport};

/// The lock is held for moments: while bytes are moved, never while a message is put together or
/// inflated, nor across an await.
#[derive(Debug)]
pub(super) struct Shared<W: Wire> {
    line: Mutex<Line<W>>,
    pub(super) waiters: Arc<Waiters>,
    /// The one waker that the stream knows.
    waker: Waker,
    /// Nothing is delivered any more but the end.
    settled: AtomicBool,
    senders: AtomicUsize,
}

/// What is locked.
#[derive(Debug)]
pub(super) struct Line<W: Wire> {
    pub(super) writer: Writer<W>,
    /// Messages that were promised to be taken, behind one in fragments.
    #[cfg(feature = "futures")]
    pub(super) deferred: VecDeque<Message>,
}

/// Who works at a socket.
#[derive(Clone, Copy)]
pub(super) enum Party {
    Receiver,
    Sender(usize),
}

impl<W: Wire> Shared<W> {
    pub(super) fn new(writer: Writer<W>) -> Arc<Self> {
        let waiters = Arc::<Waiters>::default();
        Arc::new(Self {
            line: Mutex::new(Line {
                writer,
                #[cfg(feature = "futures")]
                deferred: VecDeque::new(),
            }),
            waker: Waker::from(Arc::clone(&waiters)),
            waiters,
            settled: AtomicBool::new(false),
            // The first goes on with a message in fragments that was begun before.
            senders: AtomicUsize::new(Writer::<W>::UNSPLIT),
        })
    }

    /// Whether nothing is delivered any more but the end.
    pub(super) fn is_settled(&self) -> bool {
        self.settled.load(Ordering::Acquire)
    }

    /// For one more sender.
    pub(super) fn next_number(&self) -> usize {
        self.senders.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn call(&self) -> Call {
        Call::new(Arc::clone(&self.waiters))
    }

    /// One poll of a call, which has its place until it is done.
    pub(super) fn poll_call<T>(
        &self,
        number: usize,
        call: &mut Call,
        poll: impl FnOnce(&mut Line<W>, &mut Call, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let result = self.act(Party::Sender(number), |line, of_stream| poll(line, call, of_stream));
        if result.is_ready() {
            call.done();
        }
        call.tidy();
        result
    }

    /// Works at the socket, with the waker that the stream knows, and wakes those who can go on
    /// then.
    pub(super) fn act<T>(
        &self,
        party: Party,
        work: impl FnOnce(&mut Line<W>, &mut Context<'_>) -> T,
    ) -> T {
        let mut line = self.lock();
        let before = line.outlook();
        if let Party::Sender(number) = party {
            line.writer.number = number;
        }
        let result = work(&mut line, &mut Context::from_waker(&self.waker));
        line.take_deferred();
        let mut standing = line.standing();
        let receives = matches!(party, Party::Receiver);
        standing.receiver = !receives && line.concerns_receiver(&before);
        self.settled.store(line.writer.connection.is_settled(), Ordering::Release);
        let (wakers, awaited) = self.waiters.advance(&standing);
        line.writer.awaited = awaited;
        drop(line);
        wakers.into_iter().for_each(Waker::wake);
        result
    }

    /// A panic elsewhere leaves the connection as it was between two calls.
    pub(super) fn lock(&self) -> MutexGuard<'_, Line<W>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the receiver goes by while it waits.
struct Outlook {
    deadline: Option<Time>,
    transport: Transport,
    drained: bool,
}

impl Outlook {
    fn is_nearer_than(&self, before: &Self) -> bool {
        let earlier = match (self.deadline, before.deadline) {
            (Some(now), Some(before)) => now < before,
            (now, None) => now.is_some(),
            (None, Some(_)) => false,
        };
        let ends = self.transport != Transport::Keep;
        earlier || self.transport != before.transport || (ends && self.drained != before.drained)
    }
}

impl<W: Wire> Line<W> {
    /// Queues a message, after waiting for room if there is none. The stream is polled with a waker
    /// of its own.
    pub(super) fn poll_feed(
        &mut self,
        len: usize,
        push: &mut impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
        call: &mut Call,
        of_stream: &mut Context<'_>,
        cx: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            contexts::lend(&mut self.writer.connection);
            match push(&mut self.writer) {
                Err(SendError::Full) => call.wait_for_room(len, cx.waker()),
                Err(SendError::MessageInProgress) if self.writer.is_others_turn() => {
                    return self.wait_for_turn(len, call, of_stream, cx);
                }
                result => return Poll::Ready(result.map_err(Error::from)),
            }
            ready!(self.writer.poll_room(of_stream))?;
        }
    }

    /// Waits until a message in fragments is finished, and sees to the stream meanwhile.
    pub(super) fn wait_for_turn<T>(
        &mut self,
        len: usize,
        call: &mut Call,
        of_stream: &mut Context<'_>,
        cx: &Context<'_>,
    ) -> Poll<Result<T, Error>> {
        call.wait_for_room(len, cx.waker());
        match self.writer.poll_write(of_stream) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
        }
    }

    /// Waits until all before a position has left: before the end at the first poll, if there is
    /// none yet.
    pub(super) fn poll_flush(
        &mut self,
        position: &mut Option<u64>,
        call: &mut Call,
        of_stream: &mut Context<'_>,
        cx: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let position = *position.get_or_insert(self.writer.outgoing.end());
        // Most messages leave at once, and take no place among those that wait.
        if let Poll::Ready(result) = self.writer.poll_left(position, of_stream) {
            return Poll::Ready(result);
        }
        call.wait_to_leave(position, cx.waker());
        self.writer.await_position(position);
        self.writer.poll_left(position, of_stream)
    }

    /// Whether the receiver has more to do than before, or earlier.
    fn concerns_receiver(&mut self, before: &Outlook) -> bool {
        std::mem::take(&mut self.writer.fails) || self.outlook().is_nearer_than(before)
    }

    fn outlook(&self) -> Outlook {
        Outlook {
            deadline: self.writer.connection.poll_timeout(),
            transport: self.writer.connection.transport(),
            drained: self.writer.is_drained(),
        }
    }

    /// Takes the messages that waited for one in fragments to be finished. Those that cannot be sent
    /// any more stay, which whoever flushes is told.
    fn take_deferred(&mut self) {
        #[cfg(feature = "futures")]
        while !self.writer.is_in_message()
            && let Some(message) = self.deferred.front()
            && self.writer.push_promised(message).is_ok()
        {
            self.deferred.pop_front();
        }
    }

    fn standing(&self) -> Standing {
        let writer = &self.writer;
        Standing {
            left: writer.flushed,
            drained: writer.is_drained(),
            room: writer.room().filter(|_| !writer.is_in_message()),
            open: writer.connection.is_open(),
            idle: !writer.is_drained() && !writer.waits,
            receiver: false,
        }
    }
}
