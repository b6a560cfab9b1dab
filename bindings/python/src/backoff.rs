//! Whether and when a client connects again.

use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use websocket_proto::Entropy;
use websocket_proto::backoff::{self as core, Jitter, Retry};
use websocket_proto::io::OsEntropy;

use crate::clock::duration;
use crate::ending::Ending;

/// How long to wait before each attempt to connect: exponential, with jitter (§7.2.3).
///
/// - `first`: the longest possible first delay, in seconds.
/// - `first_delay_when_later`: the same after what lasts longer, such as a close with 1013.
/// - `factor`: between one delay and the next.
/// - `longest`: the longest delay, without `Retry-After`.
/// - `longest_retry_after`: the longest `Retry-After` that is obeyed.
/// - `jitter`: how much of a delay is random: `"full"`, `"equal"` (half of it) or `"none"`.
/// - `attempts`: how many attempts in a row are made; `None` sets no limit.
/// - `steady`: how long a connection has to be open so that the next delay is a first one.
#[pyclass(module = "websocket_proto")]
pub(crate) struct Backoff {
    backoff: core::Backoff,
}

#[pymethods]
impl Backoff {
    #[new]
    #[pyo3(signature = (*, first = 5.0, first_delay_when_later = 30.0, factor = 2, longest = 60.0,
        longest_retry_after = 3600.0, jitter = "full", attempts = None, steady = 30.0))]
    #[expect(clippy::too_many_arguments, reason = "the fields of a policy, all by their names")]
    fn new(
        first: f64,
        first_delay_when_later: f64,
        factor: u32,
        longest: f64,
        longest_retry_after: f64,
        jitter: &str,
        attempts: Option<u32>,
        steady: f64,
    ) -> PyResult<Self> {
        let mut backoff = core::Backoff::default();
        backoff.first = duration("first", first)?;
        backoff.first_delay_when_later =
            duration("first_delay_when_later", first_delay_when_later)?;
        backoff.factor = factor;
        backoff.longest = duration("longest", longest)?;
        backoff.longest_retry_after = duration("longest_retry_after", longest_retry_after)?;
        backoff.jitter = jitter_named(jitter)?;
        backoff.attempts = attempts;
        backoff.steady = duration("steady", steady)?;
        Ok(Self { backoff })
    }

    /// The same policy, before the first attempt.
    fn fresh(&self) -> Self {
        let mut backoff = self.backoff.clone();
        backoff.reset();
        Self { backoff }
    }

    /// What to do after a connection has ended that was open for this long: the seconds to wait,
    /// or why not to connect again. `random` has 64 bits; by default, the system draws it.
    #[pyo3(signature = (ending, time_open = 0.0, *, random = None))]
    fn after_ending(
        &mut self,
        ending: &Ending,
        time_open: f64,
        random: Option<u64>,
    ) -> PyResult<Answer> {
        let time_open = duration("time_open", time_open)?;
        let random = random.unwrap_or_else(draw);
        Ok(answer(&self.backoff.after_ending(ending.core(), time_open, random)))
    }

    /// What to do after the server, or a proxy, has answered with this status, and perhaps with
    /// `Retry-After` in seconds.
    #[pyo3(signature = (status, retry_after = None, *, random = None))]
    fn after_refusal(
        &mut self,
        status: u16,
        retry_after: Option<u32>,
        random: Option<u64>,
    ) -> Answer {
        let retry_after = retry_after.map(|seconds| Duration::from_secs(seconds.into()));
        let random = random.unwrap_or_else(draw);
        answer(&self.backoff.after_refusal(status, retry_after, random))
    }

    /// What to do if the server cannot be reached.
    #[pyo3(signature = (*, random = None))]
    fn after_failure(&mut self, random: Option<u64>) -> Answer {
        answer(&self.backoff.after_failure(random.unwrap_or_else(draw)))
    }

    /// Counts attempts from zero again.
    const fn reset(&mut self) {
        self.backoff.reset();
    }

    /// How many attempts were made since the last steady connection.
    #[getter]
    const fn attempts_made(&self) -> u32 {
        self.backoff.attempts_made()
    }

    /// After how many seconds a connection counts as steady.
    #[getter]
    const fn steady(&self) -> f64 {
        self.backoff.steady.as_secs_f64()
    }
}

/// Why a client does not connect again. `str` of it is a sentence for a log.
#[pyclass(frozen, eq, module = "websocket_proto")]
#[derive(PartialEq)]
pub(crate) struct GiveUp {
    reason: core::GiveUp,
}

#[pymethods]
impl GiveUp {
    #[classattr]
    #[expect(non_upper_case_globals, reason = "the attribute that `match` looks at")]
    const __match_args__: (&'static str,) = ("name",);

    /// Which reason it is, for programs.
    #[getter]
    const fn name(&self) -> &'static str {
        self.reason.name()
    }

    /// The number of the reason in all languages.
    #[getter]
    const fn code(&self) -> u16 {
        self.reason.code()
    }

    fn __str__(&self) -> String {
        self.reason.to_string()
    }

    fn __repr__(&self) -> String {
        format!("GiveUp({:?})", self.reason.name())
    }
}

/// How long to wait before the next attempt, in seconds, or why there is none.
#[derive(IntoPyObject)]
pub(crate) enum Answer {
    After(f64),
    Never(GiveUp),
}

fn answer(retry: &Retry) -> Answer {
    match retry {
        Retry::After(delay) => Answer::After(delay.as_secs_f64()),
        Retry::Never(reason) => Answer::Never(GiveUp { reason: *reason }),
    }
}

fn jitter_named(name: &str) -> PyResult<Jitter> {
    match name {
        "full" => Ok(Jitter::Full),
        "equal" => Ok(Jitter::Equal),
        "none" => Ok(Jitter::None),
        _ => Err(PyValueError::new_err("jitter is \"full\", \"equal\" or \"none\"")),
    }
}

/// A random number; if the system has none, the number that leads to the longest delay.
fn draw() -> u64 {
    let mut bytes = [0; 8];
    OsEntropy.fill(&mut bytes).map_or(u64::MAX, |()| u64::from_ne_bytes(bytes))
}
