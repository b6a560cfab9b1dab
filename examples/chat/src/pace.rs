//! How fast one connection may talk.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How many messages may come at once.
const BURST: u32 = 20;

/// In the long run, one message in this time.
const INTERVAL: Duration = Duration::from_millis(100);

/// Slows down whoever talks too fast: who is not read from cannot send, and loses nothing.
pub(crate) struct Pace {
    /// When all that was said so far would have been said at the allowed rate.
    even: Instant,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { even: Instant::now() }
    }

    /// Waits until one more message is allowed.
    pub(crate) async fn keep(&mut self) {
        let now = Instant::now();
        self.even = self.even.max(now) + INTERVAL;
        let early = (self.even - now).saturating_sub(INTERVAL * BURST);
        if !early.is_zero() {
            sleep(early).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_a_flood_is_slowed_down() {
        let start = Instant::now();
        let mut pace = Pace::new();
        for _ in 0..BURST {
            pace.keep().await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..50 {
            pace.keep().await;
        }
        assert_eq!(start.elapsed(), INTERVAL * 50);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_not_saved_up() {
        let mut pace = Pace::new();
        sleep(Duration::from_secs(3600)).await;
        let start = Instant::now();
        for _ in 0..BURST + 1 {
            pace.keep().await;
        }
        assert_eq!(start.elapsed(), INTERVAL);
    }
}
