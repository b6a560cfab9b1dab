//! What becomes of a stream that was shut down and dropped before the peer has ended it.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use ::tokio::runtime::Handle;
use ::tokio::time::{Instant, sleep_until};

use super::super::lingering::linger;
use super::halves::Halves;

/// A stream that waits for the peer's end. When it is dropped, h2 resets the stream if the peer has
/// not ended it.
pub(super) struct Lingering {
    halves: Halves,
    until: Instant,
    runtime: Handle,
}

impl Lingering {
    pub(super) fn new(halves: Halves, linger: Duration, runtime: Handle) -> Self {
        let now = Instant::now();
        // Longer than any connection.
        let longest = Duration::from_secs(1 << 32);
        Self { halves, until: now + linger.min(longest), runtime }
    }

    /// Waits in a task, which then drops the stream and calls `after`.
    pub(super) fn spawn(self, after: impl FnOnce() + Send + 'static) {
        let runtime = self.runtime.clone();
        drop(runtime.spawn(async {
            self.wait().await;
            after();
        }));
    }

    async fn wait(mut self) {
        linger(sleep_until(self.until), |cx| self.halves.poll_discard(cx)).await;
    }
}

/// Where streams wait that were dropped, until the driver of their connection has sent what they
/// had written. If the runtime ends before that, the driver sends it in its last moment; a reset
/// would take its place.
#[derive(Default)]
pub(super) struct Parking(Mutex<Places>);

#[derive(Default)]
struct Places {
    parked: Vec<Lingering>,
    driver: Option<Waker>,
    is_closed: bool,
}

impl Parking {
    pub(super) fn park(&self, lingering: Lingering) {
        let mut places = self.lock();
        if places.is_closed {
            // Dropped unlocked.
            drop(places);
            return drop(lingering);
        }
        places.parked.push(lingering);
        drop(places);
        self.driver().wake();
    }

    /// What wakes the driver. It stays for others, who may be done at the same time: each of them has
    /// to wake the driver after the last thing that it did.
    pub(super) fn driver(&self) -> Waker {
        self.lock().driver.clone().unwrap_or_else(|| Waker::noop().clone())
    }

    /// Takes out what is parked, before the driver sends.
    pub(super) fn take(&self, driver: &Waker) -> Vec<Lingering> {
        let mut places = self.lock();
        let previous = places.driver.replace(driver.clone());
        let parked = mem::take(&mut places.parked);
        drop(places);
        drop(previous);
        parked
    }

    /// Parks nothing from now on.
    pub(super) fn close(&self) {
        let mut places = self.lock();
        places.is_closed = true;
        let rest = (mem::take(&mut places.parked), places.driver.take());
        drop(places);
        drop(rest);
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
