//! A limit for the time that several calls take together.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use super::super::connect_error::Reason;

/// The time that connecting may take.
pub(super) struct Limit {
    start: Instant,
    limit: Duration,
}

impl Limit {
    pub(super) fn new(limit: Duration) -> Self {
        Self { start: Instant::now(), limit }
    }

    pub(super) fn remaining(&self) -> Duration {
        self.limit.saturating_sub(self.start.elapsed())
    }

    /// The reason to give up because of this error: that the time is up, or the one that `otherwise`
    /// makes.
    pub(super) fn reason(
        &self,
        error: io::Error,
        otherwise: impl FnOnce(io::Error) -> Reason,
    ) -> Reason {
        let is_late = matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock);
        if is_late && self.remaining().is_zero() { self.passed() } else { otherwise(error) }
    }

    pub(super) const fn passed(&self) -> Reason {
        Reason::TimedOut(self.limit)
    }
}
