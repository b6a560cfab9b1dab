//! The end of a server, for all adapters: who is connected, and what they are told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use super::waiting::{Place, Waiting};
use crate::frame::MAX_REASON;
use crate::{CloseCode, Event, SendError};

/// What became of the connections of a server that has shut down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Closed {
    /// So many ended with a Close frame from each side.
    pub clean: usize,
    /// So many did not: the peer was gone or did not answer in time, or the application let go of
    /// the socket.
    pub cut: usize,
}

/// What a server shares with its connections.
#[derive(Debug, Default)]
pub(super) struct Plan {
    notice: OnceLock<Notice>,
    /// Nobody waits any longer.
    is_over: AtomicBool,
    members: Mutex<Members>,
    /// Those who wait for the beginning or for the last connection.
    waiting: Waiting,
}

/// What the connections are closed with.
#[derive(Debug)]
pub(super) struct Notice {
    pub(super) code: CloseCode,
    pub(super) reason: Box<str>,
}

#[derive(Debug, Default)]
struct Members {
    bells: Vec<Weak<Bell>>,
    /// How many connections there are.
    open: usize,
    closed: Closed,
}

/// The task that waits on a connection.
type Bell = Mutex<Option<Waker>>;

/// A connection's place among those that end with the server.
#[derive(Debug)]
pub(super) struct Member {
    plan: Arc<Plan>,
    bell: Arc<Bell>,
    /// It sent the Close frame that it was told to send.
    pub(super) leaves: bool,
    /// It has ended so.
    pub(super) is_clean: bool,
}

/// What a connection is to do.
pub(super) enum Order<'a> {
    GoOn,
    Close(&'a Notice),
    End,
}

impl Plan {
    pub(super) fn join(self: &Arc<Self>) -> Box<Member> {
        let bell = Arc::default();
        self.members().add(&bell);
        let plan = Arc::clone(self);
        Box::new(Member { plan, bell, leaves: false, is_clean: false })
    }

    pub(super) fn has_begun(&self) -> bool {
        self.notice.get().is_some()
    }

    /// Tells everybody to close. What was said first stands.
    pub(super) fn begin(&self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        if !code.is_sendable() {
            return Err(SendError::BadCloseCode);
        }
        if reason.len() > MAX_REASON {
            return Err(SendError::ReasonTooLong);
        }
        self.notice.get_or_init(|| Notice { code, reason: reason.into() });
        self.ring();
        self.waiting.wake_all();
        Ok(())
    }

    /// A place among those who wait for the beginning or for the last connection.
    pub(super) fn place(&self) -> Place<'_> {
        self.waiting.place()
    }

    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(super) fn poll_begun(&self, place: &Place<'_>, cx: &Context<'_>) -> Poll<()> {
        place.wait(cx.waker());
        if self.has_begun() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Ready when there is no connection any more.
    pub(super) fn poll_closed(&self, place: &Place<'_>, cx: &Context<'_>) -> Poll<Closed> {
        place.wait(cx.waker());
        let members = self.members();
        if members.open == 0 { Poll::Ready(members.closed) } else { Poll::Pending }
    }

    /// Ends those that are left.
    pub(super) fn cut(&self) -> Closed {
        self.is_over.store(true, Ordering::Release);
        let Members { open, closed, .. } = *self.members();
        self.ring();
        Closed { cut: closed.cut + open, ..closed }
    }

    fn ring(&self) {
        let bells: Vec<_> = self.members().bells.iter().filter_map(Weak::upgrade).collect();
        for bell in bells {
            let waker = bell.lock().unwrap_or_else(PoisonError::into_inner).take();
            waker.into_iter().for_each(Waker::wake);
        }
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Members {
    fn add(&mut self, bell: &Arc<Bell>) {
        // Where the list would grow, those that have ended make room; with as much to spare, so
        // that this is seldom.
        if self.bells.len() == self.bells.capacity() {
            self.bells.retain(|bell| bell.strong_count() > 0);
            self.bells.reserve(self.bells.len() + 1);
        }
        self.bells.push(Arc::downgrade(bell));
        self.open += 1;
    }
}

impl Member {
    /// What to do now. A task that goes on is woken when that changes.
    pub(super) fn order(&self, waker: Option<&Waker>) -> Order<'_> {
        if let Some(waker) = waker {
            self.wake_later(waker);
        }
        match self.plan.notice.get() {
            None => Order::GoOn,
            Some(_) if self.plan.is_over.load(Ordering::Acquire) => Order::End,
            Some(notice) => Order::Close(notice),
        }
    }

    /// Whether an event is a part of a message behind our Close frame, which could not be answered.
    pub(super) fn drops(&self, event: &Event<'_>) -> bool {
        use Event::{Binary, MessageChunk, MessageEnd, MessageStart, Text};
        self.leaves
            && matches!(event, Text(_) | Binary(_) | MessageStart(_) | MessageChunk(_) | MessageEnd)
    }

    fn wake_later(&self, waker: &Waker) {
        let mut bell = self.bell.lock().unwrap_or_else(PoisonError::into_inner);
        if !bell.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *bell = Some(waker.clone());
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut members = self.plan.members();
        members.open -= 1;
        if self.plan.has_begun() {
            members.closed.clean += usize::from(self.is_clean);
            members.closed.cut += usize::from(!self.is_clean);
        }
        if members.open == 0 {
            drop(members);
            self.plan.waiting.wake_all();
        }
    }
}
