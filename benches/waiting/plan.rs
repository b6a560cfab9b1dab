//! How much is measured.

use std::time::Duration;

/// How much is measured.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// Calls of `try_send_prepared` to one peer.
    pub(crate) sends: usize,
    pub(crate) broadcasts: usize,
    /// Peers that a broadcast goes to.
    pub(crate) peers: usize,
    /// How long each flood lasts.
    pub(crate) flood_duration: Duration,
    /// How many tasks wait at one socket, in each row.
    pub(crate) waiting_tasks: &'static [usize],
}

impl Plan {
    pub(crate) const WHOLE: Self = Self {
        sends: 2000,
        broadcasts: 1000,
        peers: 1000,
        flood_duration: Duration::from_secs(1),
        waiting_tasks: &[1000, 2000, 4000, 8000, 16_000],
    };

    /// Short, to see that the benchmark works.
    pub(crate) const SMOKE_RUN: Self = Self {
        sends: 20,
        broadcasts: 5,
        peers: 10,
        flood_duration: Duration::from_millis(50),
        waiting_tasks: &[10, 200],
    };
}
