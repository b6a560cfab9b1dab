//! Whether and when a client should connect again.
//!
//! The module computes and does not wait: the caller supplies a random number and how long a
//! connection was open, and gets the delay to wait for. The `Reconnecting` clients of the adapters
//! are loops around it.
//!
//! - A [`Disconnect`] says why there is no connection.
//! - [`Backoff::advise`] turns it into an [`Advice`]: retry, retry later, or give up. An
//!   application can replace this function; the default is [`Disconnect::default_advice`].
//! - [`Backoff`] has the delays and counts the attempts. Its methods follow the advice as long as
//!   attempts are left, and return a [`Retry`]: connect again after a delay, or never.
//! - A [`GiveUp`] is the reason not to connect again, both in an `Advice` and in a `Retry`.
//!
//! ```
//! use std::time::Duration;
//! use websocket_proto::backoff::{Backoff, Retry};
//!
//! let mut backoff = Backoff::default();
//! backoff.attempts = Some(10);
//! // A server that is being restarted refuses, and asks the client to wait for three seconds.
//! let random = 0x9e37_79b9_7f4a_7c15;
//! let Retry::After(delay) = backoff.after_refusal(503, Some(Duration::from_secs(3)), random) else {
//!     panic!("503 is worth another attempt");
//! };
//! assert!((3..=8).contains(&delay.as_secs()));
//! ```

mod advice;

#[cfg(test)]
mod tests;

use core::time::Duration;

pub use advice::{Advice, Disconnect, GiveUp};

use crate::Ending;

/// How long to wait before each attempt to connect: exponential, with jitter (§7.2.3).
///
/// The fields are the policy: start from [`Backoff::default`] and change them. Report what happens
/// to connections with the `after_…` methods, which count the attempts and return a [`Retry`].
///
/// The delay before attempt *n* in a row is at most `first * factor^(n-1)`, and never more than
/// `longest`. [`jitter`](Self::jitter) says how much of it is random.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Backoff {
    /// The longest possible first delay. Default: 5 s, as §7.2.3 suggests, so that the clients of a
    /// server that went down do not all come back at once.
    pub first: Duration,
    /// The longest possible first delay after [`Advice::RetryLater`], in place of `first`.
    /// Default: 30 s.
    pub first_delay_when_later: Duration,
    /// The factor between one delay and the next. Default: 2, which is the truncated binary
    /// exponential backoff of §7.2.3. With 1, all delays are the same.
    pub factor: u32,
    /// The longest delay, not counting `Retry-After`. Default: 60 s, with which an outage of an
    /// hour costs the server some hundred attempts of each client.
    pub longest: Duration,
    /// The longest `Retry-After` that is obeyed. A longer one is reduced to this. Default: one
    /// hour.
    pub longest_retry_after: Duration,
    /// How much of a delay is random. Default: [`Jitter::Full`].
    pub jitter: Jitter,
    /// The maximum number of attempts in a row without a steady connection. Default: `None`, which
    /// means no limit.
    pub attempts: Option<u32>,
    /// A connection that was open for at least this long counts as steady: after it, attempts are
    /// counted from zero and the next delay is a first one. Default: 30 s, so that a server which
    /// accepts connections and drops them soon does not reset the delays.
    pub steady: Duration,
    /// Decides whether to try again after a [`Disconnect`]. Default:
    /// [`Disconnect::default_advice`], whose documentation has the table.
    ///
    /// ```
    /// use websocket_proto::backoff::{Advice, Backoff, Disconnect, GiveUp};
    ///
    /// let mut backoff = Backoff::default();
    /// // This application's servers close with 4001 if the client's token has expired.
    /// backoff.advise = |disconnect| match disconnect {
    ///     Disconnect::Ended(ending) if ending.code().get() == 4001 => {
    ///         Advice::GiveUp(GiveUp::ByApplication)
    ///     }
    ///     other => other.default_advice(),
    /// };
    /// # backoff.after_failure(0);
    /// ```
    pub advise: fn(Disconnect<'_>) -> Advice,
    /// The number of attempts since the last steady connection.
    attempts_made: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(5),
            first_delay_when_later: Duration::from_secs(30),
            factor: 2,
            longest: Duration::from_secs(60),
            longest_retry_after: Duration::from_secs(3600),
            jitter: Jitter::Full,
            attempts: None,
            steady: Duration::from_secs(30),
            advise: |disconnect| disconnect.default_advice(),
            attempts_made: 0,
        }
    }
}

/// How much of a delay is random.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Jitter {
    /// All of it: the delay is anything from zero to its maximum. This spreads clients best and is
    /// the default.
    #[default]
    Full,
    /// Half of it: the delay is anything from half of its maximum to its maximum.
    Equal,
    /// None of it: the delay is its maximum. This is for single clients and for tests.
    None,
}

/// What to do after a connection has ended or an attempt to connect has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third possibility")]
pub enum Retry {
    /// Wait for this delay, then connect again.
    After(Duration),
    /// Do not connect again.
    Never(GiveUp),
}

impl Backoff {
    /// What to do after a connection has ended. `time_open` is how long it was open: zero if it
    /// never was.
    ///
    /// `random` is a random number. All values of `u64` should be equally likely, but they need not
    /// be unpredictable.
    pub fn after_ending(&mut self, ending: &Ending, time_open: Duration, random: u64) -> Retry {
        if time_open >= self.steady {
            self.reset();
        }
        self.after(Disconnect::Ended(ending), Duration::ZERO, random)
    }

    /// What to do after the server has answered with `status` instead of opening a WebSocket.
    ///
    /// `retry_after` is the time in the `Retry-After` header of the response
    /// ([`Response::retry_after`](crate::handshake::Response::retry_after)). The usual delay is
    /// added to it, so that clients that were told the same time do not come back at the same time.
    /// For `random` see [`after_ending`](Self::after_ending).
    pub fn after_refusal(
        &mut self,
        status: u16,
        retry_after: Option<Duration>,
        random: u64,
    ) -> Retry {
        let minimum = retry_after.unwrap_or_default().min(self.longest_retry_after);
        self.after(Disconnect::Refused(status), minimum, random)
    }

    /// What to do if the server could not be reached: its name has no address, or there is no
    /// connection or no TLS session. For `random` see [`after_ending`](Self::after_ending).
    pub fn after_failure(&mut self, random: u64) -> Retry {
        self.after(Disconnect::Unreachable, Duration::ZERO, random)
    }

    /// Counts attempts from zero again, so that the next delay is a first one.
    pub const fn reset(&mut self) {
        self.attempts_made = 0;
    }

    /// The number of attempts since the last steady connection. An attempt is counted when a method
    /// returns [`Retry::After`].
    pub const fn attempts_made(&self) -> u32 {
        self.attempts_made
    }

    fn after(&mut self, disconnect: Disconnect<'_>, minimum: Duration, random: u64) -> Retry {
        let first = match (self.advise)(disconnect) {
            Advice::Retry => self.first,
            Advice::RetryLater => self.first_delay_when_later,
            Advice::GiveUp(reason) => return Retry::Never(reason),
        };
        if self.attempts.is_some_and(|attempts| self.attempts_made >= attempts) {
            return Retry::Never(GiveUp::Attempts);
        }
        let delay = self.jitter.apply(self.maximum_delay(first), random);
        self.attempts_made = self.attempts_made.saturating_add(1);
        Retry::After(minimum.saturating_add(delay))
    }

    /// The longest possible delay after the attempts made so far.
    fn maximum_delay(&self, first: Duration) -> Duration {
        let multiple = u128::from(self.factor).saturating_pow(self.attempts_made);
        let nanos = first.as_nanos().saturating_mul(multiple);
        from_nanos(nanos.min(self.longest.as_nanos()))
    }
}

impl Jitter {
    /// Draws a delay; `delay` is the longest possible one.
    fn apply(self, delay: Duration, random: u64) -> Duration {
        match self {
            Self::Full => fraction(delay, random),
            Self::Equal => delay - fraction(delay / 2, random),
            Self::None => delay,
        }
    }
}

/// `delay * random / 2^64`, scaled so that both zero and the whole delay are possible.
fn fraction(delay: Duration, random: u64) -> Duration {
    // A `Duration` in nanoseconds has up to 94 bits, and `random` has 64. So that the product fits
    // into 128 bits, the upper and the lower half of the nanoseconds are multiplied separately.
    let nanos = delay.as_nanos();
    let (high, low) = (nanos >> 64, nanos & u128::from(u64::MAX));
    let random = u128::from(random) + 1;
    from_nanos(high * random + ((low * random) >> 64))
}

/// The duration in nanoseconds, or [`Duration::MAX`] if it is longer.
fn from_nanos(nanos: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    match u64::try_from(nanos / SECOND) {
        Ok(seconds) => Duration::new(seconds, (nanos % SECOND) as u32),
        Err(_) => Duration::MAX,
    }
}
