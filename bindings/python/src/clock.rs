//! Seconds as Python has them, and the moments and durations of the core.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use websocket_proto::Time;

use crate::errors::wrong_type;

/// A moment of `time.monotonic()`, as the clock of the standard library has it.
struct Origin {
    instant: Instant,
    monotonic: Duration,
}

static ORIGIN: OnceLock<Origin> = OnceLock::new();

/// Finds out how far Python's clock and the standard library's are apart, so that later the clock is
/// read without Python.
pub(crate) fn set_up(py: Python<'_>) -> PyResult<()> {
    let monotonic: f64 = py.import("time")?.getattr("monotonic")?.call0()?.extract()?;
    let monotonic = Duration::try_from_secs_f64(monotonic).unwrap_or_default();
    let _ = ORIGIN.set(Origin { instant: Instant::now(), monotonic });
    Ok(())
}

/// The time now, on the clock of `time.monotonic()`.
pub(crate) fn now() -> Time {
    ORIGIN.get().map_or(Time::ZERO, |origin| Time::new(origin.monotonic + origin.instant.elapsed()))
}

/// The moment of an argument `now`, in seconds of any monotonic clock. `None` reads the clock of
/// `time.monotonic()`.
pub(crate) fn moment(seconds: Option<f64>) -> PyResult<Time> {
    match seconds {
        None => Ok(now()),
        Some(seconds) => duration("now", seconds).map(Time::new),
    }
}

/// The seconds of a moment, as little later as a float makes it, so that a timer set to them is never
/// early. `None` for a moment that never comes.
pub(crate) fn seconds_of(time: Time) -> Option<f64> {
    if time >= Time::new(Duration::MAX) {
        return None;
    }
    let mut seconds = time.since_origin().as_secs_f64();
    while Duration::try_from_secs_f64(seconds).is_ok_and(|early| early < time.since_origin()) {
        seconds = seconds.next_up();
    }
    Some(seconds)
}

/// The duration of an option or argument in seconds.
pub(crate) fn duration(name: &str, seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        PyValueError::new_err(format!(
            "{name} is a number of seconds, finite and not negative, not {seconds}"
        ))
    })
}

/// The duration of an option in seconds, where `None` sets no limit.
pub(crate) fn optional_duration(
    name: &str,
    value: &Bound<'_, PyAny>,
) -> PyResult<Option<Duration>> {
    if value.is_none() {
        return Ok(None);
    }
    let wanted = || format!("{name} is a number of seconds or None");
    let seconds: f64 = value.extract().map_err(|_| wrong_type(&wanted(), value))?;
    duration(name, seconds).map(Some)
}
