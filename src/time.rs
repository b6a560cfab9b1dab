//! Time, which the caller supplies.

use core::num::NonZeroU64;
use core::ops::{Add, AddAssign, Sub};
use core::time::Duration;

/// A moment: nanoseconds since an origin of the caller's choosing, the same for all calls on one
/// connection.
///
/// Any monotonic clock will do; the adapters use `std::time::Instant`. A clock that jumps or runs
/// backwards makes deadlines early or late and does no other harm. The last moment is 584 years
/// after the origin.
///
/// Arithmetic never overflows: it stops at the origin and at the last moment.
///
/// ```
/// use std::time::Duration;
/// use websocket_proto::Time;
///
/// let (start, second) = (Time::ZERO, Duration::from_secs(1));
/// assert_eq!(start + second - start, second);
/// assert_eq!(start - (start + second), Duration::ZERO);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(
    /// One more than the nanoseconds, so that `Option<Time>` is no larger.
    NonZeroU64,
);

impl Time {
    /// The origin.
    pub const ZERO: Self = Self(NonZeroU64::MIN);

    /// The moment `since_origin` after the origin.
    #[inline]
    pub const fn new(since_origin: Duration) -> Self {
        Self::ZERO.after(since_origin)
    }

    /// The time since the origin.
    pub const fn since_origin(self) -> Duration {
        Duration::from_nanos(self.0.get() - 1)
    }

    /// The time from `earlier` to this moment; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.get().saturating_sub(earlier.0.get()))
    }

    /// The moment when `duration` has passed since this one, or the last moment that can be
    /// represented.
    #[must_use]
    pub const fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }
}

/// The moment that long after the origin, as [`Time::new`] makes it.
impl From<Duration> for Time {
    fn from(since_origin: Duration) -> Self {
        Self::new(since_origin)
    }
}

/// The same as [`Time::after`]: at most the last moment.
impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self.after(duration)
    }
}

/// The same as [`Time::after`]: at most the last moment.
impl AddAssign<Duration> for Time {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

/// The same as [`Time::since`]: zero if the other moment is later.
impl Sub for Time {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

impl Default for Time {
    fn default() -> Self {
        Self::ZERO
    }
}

impl core::fmt::Debug for Time {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Time({:?})", self.since_origin())
    }
}

const fn nanos(duration: Duration) -> u64 {
    let nanos = duration.as_nanos();
    if nanos > u64::MAX as u128 { u64::MAX } else { nanos as u64 }
}
