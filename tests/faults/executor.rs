//! Futures polled by the test: a task is polled only once it was woken, and a future can be dropped
//! at any await.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::link::Link;

/// More rounds of polls than any run needs.
const MAX_ROUNDS: usize = 20_000;

/// When futures are dropped.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Drops {
    Never,
    /// At the await with this number, counted over all futures.
    At(usize),
    /// Each future at its own await with this number. Futures that open the connection are spared.
    After(usize),
}

/// Drives the futures of calls, and drops them at the awaits that [`Drops`] names.
pub(crate) struct ManualExecutor {
    drops: Drops,
    awaits: Cell<usize>,
}

impl ManualExecutor {
    pub(crate) fn new(drops: Drops) -> Self {
        Self { drops, awaits: Cell::new(0) }
    }

    /// How often a future had to wait so far.
    pub(crate) fn awaits(&self) -> usize {
        self.awaits.get()
    }

    /// Drives the future; `None` if it was dropped before it was ready.
    pub(crate) async fn drive<F: Future>(&self, future: F) -> Option<F::Output> {
        let drops = |of_all, of_future| match self.drops {
            Drops::Never => false,
            Drops::At(at) => of_all == at,
            Drops::After(awaits) => of_future >= awaits,
        };
        let output = self.drive_with(future, drops).await;
        if output.is_none() && matches!(self.drops, Drops::After(_)) {
            // The next call would be dropped as well, as long as the stream makes it wait.
            wait_for_unblock().await;
        }
        output
    }

    /// Drives a future that opens the connection, which [`Drops::After`] spares.
    pub(crate) async fn drive_opening<F: Future>(&self, future: F) -> Option<F::Output> {
        self.drive_with(future, |of_all, _| matches!(self.drops, Drops::At(at) if of_all == at))
            .await
    }

    /// Makes a call, and makes it again whenever its future was dropped, until one is ready.
    pub(crate) async fn retry_until_done<T>(&self, mut call: impl AsyncFnMut() -> T) -> T {
        loop {
            if let Some(output) = self.drive(call()).await {
                return output;
            }
        }
    }

    async fn drive_with<F: Future>(
        &self,
        future: F,
        drops: impl Fn(usize, usize) -> bool,
    ) -> Option<F::Output> {
        let (mut future, mut of_future) = (pin!(future), 0);
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => {
                of_future += 1;
                self.awaits.set(self.awaits.get() + 1);
                match drops(self.awaits.get(), of_future) {
                    true => Poll::Ready(None),
                    false => Poll::Pending,
                }
            }
        })
        .await
    }
}

thread_local! {
    /// The tasks that wait after a call of theirs was dropped: nobody else would wake them.
    static AWAITING_UNBLOCK: RefCell<Vec<Waker>> = const { RefCell::new(Vec::new()) };
}

/// Waits until the stream has been unblocked, or this task is woken for another reason.
async fn wait_for_unblock() {
    let mut polled = false;
    poll_fn(|cx| match std::mem::replace(&mut polled, true) {
        true => Poll::Ready(()),
        false => {
            AWAITING_UNBLOCK.with_borrow_mut(|waiting| waiting.push(cx.waker().clone()));
            Poll::Pending
        }
    })
    .await;
}

/// A task with its waker.
struct Task<'a> {
    future: Option<Pin<Box<dyn Future<Output = ()> + 'a>>>,
    woken: Arc<Woken>,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Task<'_> {
    /// Polls the task if it has been woken; whether it had been.
    fn poll_if_woken(&mut self) -> bool {
        let Some(future) = &mut self.future else { return false };
        if !self.woken.0.swap(false, Ordering::Relaxed) {
            return false;
        }
        let waker = Waker::from(self.woken.clone());
        if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            self.future = None;
        }
        true
    }
}

/// Runs tasks over a stream until all are done. The stream is unblocked only when no task was
/// woken, and then at least one task has to be.
pub(crate) fn run<'a>(link: &Link, tasks: Vec<Pin<Box<dyn Future<Output = ()> + 'a>>>, case: &str) {
    let task = |future| Task { future: Some(future), woken: Arc::new(Woken(true.into())) };
    let mut tasks: Vec<Task<'a>> = tasks.into_iter().map(task).collect();
    for _ in 0..MAX_ROUNDS {
        if tasks.iter().all(|task| task.future.is_none()) {
            return;
        }
        let polled = tasks.iter_mut().map(Task::poll_if_woken).filter(|polled| *polled).count();
        assert!(polled > 0 || link.unblock(), "nobody wakes a task, {case}");
        if polled == 0 {
            AWAITING_UNBLOCK.take().into_iter().for_each(Waker::wake);
        }
    }
    panic!("no end, {case}");
}
