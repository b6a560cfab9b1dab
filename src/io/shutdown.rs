//! The shutdown of a server, for all adapters: which connections it watches, and what they are to
//! do.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use super::sync::{AtomicBool, Mutex, MutexGuard};
use super::waker_set::{Registration, WakerSet};
use crate::connection::check_close;
use crate::{CloseCode, Event, SendError};

/// How the connections of a server ended when it shut down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ShutdownSummary {
    /// How many connections ended with a Close frame from each side.
    pub clean: usize,
    /// How many connections ended otherwise: the peer had disconnected or did not answer in time,
    /// or the application dropped the socket.
    pub aborted: usize,
}

/// What a server shares with the connections that it watches.
#[derive(Debug, Default)]
pub(super) struct ShutdownState {
    /// Set when the shutdown begins.
    notice: OnceLock<CloseNotice>,
    /// Nobody waits any more for the connections that are still open: they are aborted.
    nobody_waits: AtomicBool,
    watched: Mutex<Watched>,
    /// The calls that wait for the shutdown to begin, or for the last connection to end.
    waiters: WakerSet,
}

/// What the connections are closed with.
#[derive(Debug)]
pub(super) struct CloseNotice {
    pub(super) code: CloseCode,
    pub(super) reason: Box<str>,
}

/// All connections that a server watches.
#[derive(Debug, Default)]
struct Watched {
    wakers: Vec<Weak<WakerSlot>>,
    /// How many of the connections have not ended.
    open: usize,
    summary: ShutdownSummary,
}

/// The waker of the task that waits on a connection.
type WakerSlot = Mutex<Option<Waker>>;

/// What a watched connection knows of its server. Dropped when the connection has ended.
#[derive(Debug)]
pub(super) struct WatchedConnection {
    state: Arc<ShutdownState>,
    waker: Arc<WakerSlot>,
    /// The connection has sent the Close frame that the server ordered.
    pub(super) close_sent: bool,
    /// The connection has ended with a Close frame from each side.
    pub(super) is_clean: bool,
}

/// What a connection is to do.
pub(super) enum ShutdownOrder<'a> {
    GoOn,
    Close(&'a CloseNotice),
    Abort,
}

impl ShutdownState {
    /// Watches one more connection.
    pub(super) fn watch(self: &Arc<Self>) -> Box<WatchedConnection> {
        let waker = Arc::default();
        self.watched().add(&waker);
        let state = Arc::clone(self);
        Box::new(WatchedConnection { state, waker, close_sent: false, is_clean: false })
    }

    pub(super) fn has_begun(&self) -> bool {
        self.notice.get().is_some()
    }

    /// Orders all connections to close. If this was called before, the code and the reason of that
    /// call stay.
    pub(super) fn begin(&self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        check_close(code, reason)?;
        self.notice.get_or_init(|| CloseNotice { code, reason: reason.into() });
        self.wake_connections();
        self.waiters.wake_all();
        Ok(())
    }

    /// Registers a call that may have to wait, in [`poll_begun`](Self::poll_begun) or
    /// [`poll_all_ended`](Self::poll_all_ended).
    pub(super) fn register(&self) -> Registration<'_> {
        self.waiters.register()
    }

    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(super) fn poll_begun(&self, registration: &Registration<'_>, cx: &Context<'_>) -> Poll<()> {
        registration.set_waker(cx.waker());
        if self.has_begun() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Ready when no connection is open any more.
    pub(super) fn poll_all_ended(
        &self,
        registration: &Registration<'_>,
        cx: &Context<'_>,
    ) -> Poll<ShutdownSummary> {
        registration.set_waker(cx.waker());
        let watched = self.watched();
        if watched.open == 0 { Poll::Ready(watched.summary) } else { Poll::Pending }
    }

    /// Orders all connections that are still open to abort, and counts them as if they had.
    pub(super) fn abort_all(&self) -> ShutdownSummary {
        self.nobody_waits.store(true, Ordering::Release);
        let Watched { open, summary, .. } = *self.watched();
        self.wake_connections();
        ShutdownSummary { aborted: summary.aborted + open, ..summary }
    }

    fn wake_connections(&self) {
        let slots: Vec<_> = self.watched().wakers.iter().filter_map(Weak::upgrade).collect();
        for slot in slots {
            let waker = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
            waker.into_iter().for_each(Waker::wake);
        }
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched {
    fn add(&mut self, waker: &Arc<WakerSlot>) {
        // Before the list would grow, connections that have ended are removed from it. Then it gets
        // room for as many again as it has entries, so that this happens seldom.
        if self.wakers.len() == self.wakers.capacity() {
            self.wakers.retain(|slot| slot.strong_count() > 0);
            self.wakers.reserve(self.wakers.len() + 1);
        }
        self.wakers.push(Arc::downgrade(waker));
        self.open += 1;
    }
}

impl WatchedConnection {
    /// What to do now. With a `waker`, its task is woken when the order changes.
    pub(super) fn order(&self, waker: Option<&Waker>) -> ShutdownOrder<'_> {
        if let Some(waker) = waker {
            self.set_waker(waker);
        }
        match self.state.notice.get() {
            None => ShutdownOrder::GoOn,
            Some(_) if self.state.nobody_waits.load(Ordering::Acquire) => ShutdownOrder::Abort,
            Some(notice) => ShutdownOrder::Close(notice),
        }
    }

    /// Whether an event is part of a message that arrived after our Close frame was sent, and so
    /// could not be answered.
    pub(super) fn discards(&self, event: &Event<'_>) -> bool {
        use Event::{Binary, MessageChunk, MessageEnd, MessageStart, Text};
        self.close_sent
            && matches!(event, Text(_) | Binary(_) | MessageStart(_) | MessageChunk(_) | MessageEnd)
    }

    fn set_waker(&self, waker: &Waker) {
        let mut slot = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        if !slot.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *slot = Some(waker.clone());
        }
    }
}

impl Drop for WatchedConnection {
    fn drop(&mut self) {
        let mut watched = self.state.watched();
        watched.open -= 1;
        if self.state.has_begun() {
            watched.summary.clean += usize::from(self.is_clean);
            watched.summary.aborted += usize::from(!self.is_clean);
        }
        if watched.open == 0 {
            drop(watched);
            self.state.waiters.wake_all();
        }
    }
}
