//! What the adapters count their times from.

use std::sync::OnceLock;
use std::time::Instant;

use crate::Time;

/// The moment that the [`Time`]s of all adapters are counted from: for whoever goes on with a
/// connection that was taken out of one by `into_parts`.
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

/// The time that `now` is.
pub(super) fn time_at(now: Instant) -> Time {
    Time::new(now.saturating_duration_since(origin()))
}
