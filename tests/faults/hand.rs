//! Futures driven by hand: who waits has to be woken, and may be dropped where it waits.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::link::Link;

/// More polls than any play takes.
const MANY: usize = 20_000;

/// When futures are dropped.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Drops {
    Never,
    /// The one that waits at the await with this number.
    At(usize),
    /// Each after so many awaits; those that open the connection are left alone.
    After(usize),
}

/// Makes calls, and drops their futures as it is told to.
pub(crate) struct Hand {
    drops: Drops,
    awaits: Cell<usize>,
}

impl Hand {
    pub(crate) fn new(drops: Drops) -> Self {
        Self { drops, awaits: Cell::new(0) }
    }

    /// The awaits so far.
    pub(crate) fn awaits(&self) -> usize {
        self.awaits.get()
    }

    /// What the future comes to; `None` if it was dropped.
    pub(crate) async fn once<F: Future>(&self, future: F) -> Option<F::Output> {
        let drops = |of_all, of_future| match self.drops {
            Drops::Never => false,
            Drops::At(at) => of_all == at,
            Drops::After(awaits) => of_future >= awaits,
        };
        let output = self.drive(future, drops).await;
        if output.is_none() && matches!(self.drops, Drops::After(_)) {
            // The next call would be dropped as well, until the stream can go on.
            nudged().await;
        }
        output
    }

    /// The same of what opens the connection.
    pub(crate) async fn opening<F: Future>(&self, future: F) -> Option<F::Output> {
        self.drive(future, |of_all, _| matches!(self.drops, Drops::At(at) if of_all == at)).await
    }

    /// What a call comes to that is made anew whenever its future was dropped.
    pub(crate) async fn insist<T>(&self, mut call: impl AsyncFnMut() -> T) -> T {
        loop {
            if let Some(output) = self.once(call()).await {
                return output;
            }
        }
    }

    async fn drive<F: Future>(
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
    /// Those whose calls were dropped: nobody else would wake them.
    static NUDGED: RefCell<Vec<Waker>> = const { RefCell::new(Vec::new()) };
}

/// Waits until the stream has been nudged, or this task is woken otherwise.
async fn nudged() {
    let mut polled = false;
    poll_fn(|cx| match std::mem::replace(&mut polled, true) {
        true => Poll::Ready(()),
        false => {
            NUDGED.with_borrow_mut(|nudged| nudged.push(cx.waker().clone()));
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
    /// Whether it had been woken, and was polled.
    fn step(&mut self) -> bool {
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

/// Runs tasks over a stream to their end. It is nudged only when nobody can go on; then somebody
/// has to be able to.
pub(crate) fn run<'a>(link: &Link, tasks: Vec<Pin<Box<dyn Future<Output = ()> + 'a>>>, how: &str) {
    let task = |future| Task { future: Some(future), woken: Arc::new(Woken(true.into())) };
    let mut tasks: Vec<Task<'a>> = tasks.into_iter().map(task).collect();
    for _ in 0..MANY {
        if tasks.iter().all(|task| task.future.is_none()) {
            return;
        }
        let stepped = tasks.iter_mut().map(Task::step).filter(|stepped| *stepped).count();
        assert!(stepped > 0 || link.nudge(), "nobody wakes a task, {how}");
        if stepped == 0 {
            NUDGED.take().into_iter().for_each(Waker::wake);
        }
    }
    panic!("no end, {how}");
}
