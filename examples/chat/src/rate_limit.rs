//! How many messages one connection may send.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How many messages may arrive at once without a delay.
const BURST: u32 = 20;

/// The time per message that the allowed average rate gives.
const INTERVAL: Duration = Duration::from_millis(100);

/// Slows down a client that sends too fast. While it waits, nothing more is read from the
/// connection, so the client cannot send either; no message is lost.
pub(crate) struct RateLimit {
    /// When the last message would have arrived if all had come at exactly the allowed rate.
    theoretical_arrival: Instant,
}

impl RateLimit {
    pub(crate) fn new() -> Self {
        Self { theoretical_arrival: Instant::now() }
    }

    /// Waits until one more message is allowed.
    pub(crate) async fn wait(&mut self) {
        let now = Instant::now();
        self.theoretical_arrival = self.theoretical_arrival.max(now) + INTERVAL;
        let early = (self.theoretical_arrival - now).saturating_sub(INTERVAL * BURST);
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
        let mut rate_limit = RateLimit::new();
        for _ in 0..BURST {
            rate_limit.wait().await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..50 {
            rate_limit.wait().await;
        }
        assert_eq!(start.elapsed(), INTERVAL * 50);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_does_not_allow_a_larger_burst() {
        let mut rate_limit = RateLimit::new();
        sleep(Duration::from_secs(3600)).await;
        let start = Instant::now();
        for _ in 0..BURST + 1 {
            rate_limit.wait().await;
        }
        assert_eq!(start.elapsed(), INTERVAL);
    }
}
