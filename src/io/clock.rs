//! The moment from which the adapters count time.

use std::sync::OnceLock;
use std::time::Instant;

use crate::Time;

/// The moment from which the [`Time`]s of all adapters are counted. It is needed to go on with a
/// connection that was taken out of an adapter by `into_parts`.
///
/// ```
/// use websocket_proto::{Time, io::origin};
///
/// let now = Time::new(origin().elapsed());
/// # assert!(now >= Time::ZERO);
/// ```
pub fn origin() -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    *ORIGIN.get_or_init(Instant::now)
}

/// The present, unless a test has set the clock of its thread.
pub(super) fn now() -> Time {
    #[cfg(test)]
    if let Some(now) = scripted::NOW.get() {
        return now;
    }
    time_at(Instant::now())
}

/// The [`Time`] at an instant.
pub(super) fn time_at(instant: Instant) -> Time {
    Time::new(instant.saturating_duration_since(origin()))
}

/// A clock that a test sets.
#[cfg(test)]
pub(super) mod scripted {
    use std::cell::Cell;

    use crate::Time;

    thread_local! {
        pub(in crate::io) static NOW: Cell<Option<Time>> = const { Cell::new(None) };
    }
}
