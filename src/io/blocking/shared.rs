//! What the two sides of a split socket share, and the lock that guards it.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use super::super::Error;
use super::super::looked_at::{LookedAt, forbid_while_looking};
use super::locked::Locked;
use super::shutdown::CHECK_INTERVAL;
use super::split_stream::SplitStream;
use super::waiting_calls::WaitFor;
use super::wire::MIN_TIMEOUT;
use super::writer::Writer;
use crate::{CloseCode, SendError};

/// How many pieces of output a call writes at most that has none of its own left.
const MAX_WRITES_FOR_OTHERS: usize = 32;

/// What the two sides of a split socket share.
///
/// The lock is held for moments: while bytes are moved, never while a thread waits for the socket,
/// nor while a message is put together or inflated. One thread at a time writes: it takes a piece
/// of the output and writes it without the lock.
#[derive(Debug)]
pub(super) struct Shared<S: SplitStream> {
    locked: Mutex<Locked<S>>,
    /// A second handle to the socket; `None` if the system had no more.
    pub(super) socket: Option<TcpStream>,
    /// Nothing but the end is delivered any more.
    settled: AtomicBool,
    next_sender_id: AtomicUsize,
}

impl<S: SplitStream> Shared<S> {
    pub(super) fn new(locked: Locked<S>, socket: Option<TcpStream>) -> Arc<Self> {
        Arc::new(Self {
            locked: Mutex::new(locked),
            socket,
            settled: AtomicBool::new(false),
            next_sender_id: AtomicUsize::new(Locked::<S>::FIRST_SENDER),
        })
    }

    /// The id of one more sender.
    pub(super) fn new_sender_id(&self) -> usize {
        self.next_sender_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether nothing but the end is delivered any more.
    pub(super) fn is_settled(&self) -> bool {
        self.settled.load(Ordering::Acquire)
    }

    /// Locks the socket. A lock that was poisoned is used all the same: a panic leaves the
    /// connection as it was between two calls.
    pub(super) fn lock(&self) -> Access<'_, S> {
        let locked = match self.locked.try_lock() {
            Ok(locked) => locked,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => self.wait_for_lock(),
        };
        Access { locked, settled: &self.settled }
    }

    #[cold]
    fn wait_for_lock(&self) -> MutexGuard<'_, Locked<S>> {
        forbid_while_looking(self);
        self.locked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the socket while the application looks at it.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Writer<S>) -> T) -> T {
        // Dropped after the lock is free again.
        let mut looked_at = LookedAt::new(|id| self.settle_dropped(id));
        let locked = self.lock();
        looked_at.note(self);
        look(&locked.writer)
    }

    /// Does what is to be done for a sender, or the receiver, that is dropped.
    pub(super) fn settle_dropped(&self, id: usize) {
        let mut locked = self.lock();
        if id == Locked::<S>::RECEIVER {
            locked.has_lost_receiver = true;
        } else if locked.message_owner == id && !locked.writer.connection.cancel_message() {
            // An unfinished message in fragments would hold up all other senders.
            let _ = locked.start_close(CloseCode::INTERNAL_ERROR, "unfinished message");
        }
        drop(locked);
        self.write_available();
    }

    /// Tries `attempt` until it is done, and waits in between. Meanwhile this writes what is
    /// queued, unless another call does.
    pub(super) fn wait_until_done<T>(
        &self,
        mut attempt: impl FnMut(&mut Locked<S>) -> Result<T, Blocked>,
    ) -> Result<T, Error> {
        let mut locked = self.lock();
        let mut id = None;
        loop {
            let wait = match attempt(&mut locked) {
                Ok(done) => return Ok(done),
                Err(Blocked::Failed(error)) => return Err(error),
                Err(Blocked::Waits(wait)) => wait,
            };
            if locked.can_begin_write() {
                locked = self.write_once(locked, CHECK_INTERVAL)?;
                continue;
            }
            let id = *id.get_or_insert_with(|| locked.waiting.new_id());
            locked.waiting.insert(id, wait);
            drop(locked);
            thread::park();
            locked = self.lock();
            locked.waiting.remove(id, wait);
        }
    }

    /// Waits until all output is written, or a deadline has ended the connection.
    pub(super) fn wait_until_drained(&self) -> Result<(), Error> {
        self.wait_until_done(|locked| match locked.is_drained() {
            true => Ok(()),
            false => Err(Blocked::Waits(WaitFor::Position(u64::MAX))),
        })
    }

    /// Writes what the socket takes without waiting, unless another call writes. A failure is not
    /// returned here: the receiver reports it.
    pub(super) fn write_available(&self) {
        let mut locked = self.lock();
        for _ in 0..MAX_WRITES_FOR_OTHERS {
            if !locked.can_begin_write() || locked.is_stuck() {
                return;
            }
            match self.write_once(locked, MIN_TIMEOUT) {
                Ok(again) => locked = again,
                Err(error) => {
                    self.lock().failure = Some(error);
                    return;
                }
            }
        }
    }

    /// Writes a piece of the output without the lock. This takes about as long as `wait` at most,
    /// and less if a deadline comes before.
    fn write_once<'a>(
        &'a self,
        mut locked: Access<'a, S>,
        wait: Duration,
    ) -> Result<Access<'a, S>, Error> {
        let mut write = locked.begin_write(wait)?;
        drop(locked);
        let result = match &self.socket {
            Some(socket) => write.perform(socket),
            None => Err(ErrorKind::NotConnected.into()),
        };
        let mut locked = self.lock();
        locked.end_write(write, result)?;
        Ok(locked)
    }
}

impl<S: SplitStream> Drop for Shared<S> {
    /// Writes the piece that had begun to leave, as far as that needs no waiting. The writer, which
    /// is dropped next, does the rest.
    fn drop(&mut self) {
        let locked = self.locked.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !locked.writer.owes_nothing() && !thread::panicking() {
            locked.finish_piece(self.socket.as_ref());
        }
    }
}

/// Why a call is not done.
pub(super) enum Blocked {
    Waits(WaitFor),
    Failed(Error),
}

impl From<Error> for Blocked {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<SendError> for Blocked {
    fn from(error: SendError) -> Self {
        Self::Failed(error.into())
    }
}

/// The lock of a split socket. When it is given back, the calls that can go on are woken.
pub(super) struct Access<'a, S: SplitStream> {
    locked: MutexGuard<'a, Locked<S>>,
    settled: &'a AtomicBool,
}

impl<S: SplitStream> Deref for Access<'_, S> {
    type Target = Locked<S>;

    fn deref(&self) -> &Locked<S> {
        &self.locked
    }
}

impl<S: SplitStream> DerefMut for Access<'_, S> {
    fn deref_mut(&mut self) -> &mut Locked<S> {
        &mut self.locked
    }
}

impl<S: SplitStream> Drop for Access<'_, S> {
    fn drop(&mut self) {
        let connection = &self.locked.writer.connection;
        self.settled.store(connection.is_settled(), Ordering::Release);
        self.locked.give_up_if_finished();
        self.locked.wake_waiting();
    }
}
