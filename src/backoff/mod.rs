//! When to connect again, and whether to.
//!
//! Pure: the caller brings the time that a connection was open and a random number, and waits as
//! told. The adapters' `Reconnecting` clients are loops around it.
//!
//! ```
//! use std::time::Duration;
//! use websocket_proto::backoff::{Backoff, Retry};
//!
//! let mut backoff = Backoff::default();
//! backoff.attempts = Some(10);
//! // A server that is restarted refuses, and asks for three seconds.
//! let random = 0x9e37_79b9_7f4a_7c15;
//! let Retry::After(delay) = backoff.after_refusal(503, Some(Duration::from_secs(3)), random) else {
//!     panic!("503 is worth another attempt");
//! };
//! assert!((3..=8).contains(&delay.as_secs()));
//! ```

mod worth;

#[cfg(test)]
mod tests;

use core::time::Duration;

pub use worth::{Cause, GiveUp, Worth};

use crate::Ending;

/// How long to wait before each attempt to connect: exponential, with jitter (§7.2.3).
///
/// The fields are the policy; start from [`Backoff::default`] and change them. What happens to
/// connections is told to the methods, which answer with a [`Retry`] and count.
///
/// The delay before attempt *n* in a row is drawn from up to `first * factor^(n-1)`, at most
/// `longest`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Backoff {
    /// The longest that the first delay can be. Default: 5 s, as §7.2.3 asks for, so that the
    /// clients of a server that goes down do not come back all at once.
    pub first: Duration,
    /// The same after [`Worth::Later`]. Default: 30 s.
    pub first_later: Duration,
    /// What a delay is multiplied by to get the next. Default: 2, the truncated binary backoff of
    /// §7.2.3; 1 keeps delays as they are.
    pub factor: u32,
    /// The longest delay, but for `Retry-After`. Default: 60 s; an hour's outage costs the server
    /// some hundred attempts of each client.
    pub longest: Duration,
    /// The longest `Retry-After` that is obeyed; longer ones are cut to it. Default: one hour.
    pub longest_retry_after: Duration,
    /// How much of a delay is random. Default: [`Jitter::Full`].
    pub jitter: Jitter,
    /// The most attempts in a row that lead to no steady connection. Default: no end.
    pub attempts: Option<u32>,
    /// A connection that was open for at least this long was a steady one: the next delay is a
    /// first one again. Default: 30 s; one that is dropped soon after each attempt does not count.
    pub steady: Duration,
    /// Which causes are worth another attempt. Default: [`Cause::worth`], which has the table.
    ///
    /// ```
    /// use websocket_proto::backoff::{Backoff, Cause, GiveUp, Worth};
    ///
    /// let mut backoff = Backoff::default();
    /// // This application's servers say 4001 to a client whose token has expired.
    /// backoff.worth = |cause| match cause {
    ///     Cause::Ended(ending) if ending.code().get() == 4001 => Worth::Never(GiveUp::Judged),
    ///     cause => cause.worth(),
    /// };
    /// # backoff.after_failure(0);
    /// ```
    pub worth: fn(Cause<'_>) -> Worth,
    /// Attempts since the last steady connection.
    made: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(5),
            first_later: Duration::from_secs(30),
            factor: 2,
            longest: Duration::from_secs(60),
            longest_retry_after: Duration::from_secs(3600),
            jitter: Jitter::Full,
            attempts: None,
            steady: Duration::from_secs(30),
            worth: |cause| cause.worth(),
            made: 0,
        }
    }
}

/// How much of a delay is random.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Jitter {
    /// All of it, from zero to the whole delay: spreads clients best. The default.
    #[default]
    Full,
    /// Half of it, from half of the delay to the whole: never close to zero.
    Equal,
    /// Nothing: for a single client, and for tests.
    None,
}

/// What to do after a connection, or an attempt to make one, has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third answer")]
pub enum Retry {
    /// Wait for so long, then connect again.
    After(Duration),
    /// Do not connect again.
    Never(GiveUp),
}

impl Backoff {
    /// After a connection has ended that was open for `up`; zero if it never was.
    ///
    /// `random` is any number, all of its values equally likely. It need not be unpredictable.
    pub fn after_ending(&mut self, ending: &Ending, up: Duration, random: u64) -> Retry {
        if up >= self.steady {
            self.reset();
        }
        self.after(Cause::Ended(ending), Duration::ZERO, random)
    }

    /// After the server has answered with `status` instead of opening a WebSocket.
    ///
    /// `retry_after` is what its `Retry-After` asks for
    /// ([`Response::retry_after`](crate::handshake::Response::retry_after)). The delay comes on
    /// top of it, so that the clients that were asked together do not come together.
    pub fn after_refusal(
        &mut self,
        status: u16,
        retry_after: Option<Duration>,
        random: u64,
    ) -> Retry {
        let least = retry_after.unwrap_or_default().min(self.longest_retry_after);
        self.after(Cause::Refused(status), least, random)
    }

    /// After the server could not be reached: no address, no connection, no TLS session.
    pub fn after_failure(&mut self, random: u64) -> Retry {
        self.after(Cause::Unreachable, Duration::ZERO, random)
    }

    /// Forgets the attempts made: the next delay is a first one.
    pub const fn reset(&mut self) {
        self.made = 0;
    }

    /// The attempts that were advised since the last steady connection.
    pub const fn made(&self) -> u32 {
        self.made
    }

    fn after(&mut self, cause: Cause<'_>, least: Duration, random: u64) -> Retry {
        let first = match (self.worth)(cause) {
            Worth::Retry => self.first,
            Worth::Later => self.first_later,
            Worth::Never(reason) => return Retry::Never(reason),
        };
        if self.attempts.is_some_and(|attempts| self.made >= attempts) {
            return Retry::Never(GiveUp::Attempts);
        }
        let delay = self.jitter.apply(self.grown(first), random);
        self.made = self.made.saturating_add(1);
        Retry::After(least.saturating_add(delay))
    }

    /// The delay after the attempts made, before jitter.
    fn grown(&self, first: Duration) -> Duration {
        let multiple = u128::from(self.factor).saturating_pow(self.made);
        let nanos = first.as_nanos().saturating_mul(multiple);
        from_nanos(nanos.min(self.longest.as_nanos()))
    }
}

impl Jitter {
    fn apply(self, delay: Duration, random: u64) -> Duration {
        match self {
            Self::Full => part(delay, random),
            Self::Equal => delay - part(delay / 2, random),
            Self::None => delay,
        }
    }
}

/// `delay * random / 2^64`, both ends included after rounding.
fn part(delay: Duration, random: u64) -> Duration {
    // Seconds of a `Duration` fill 64 bits, its nanoseconds 94: the product has to be made of two.
    let nanos = delay.as_nanos();
    let (high, low) = (nanos >> 64, nanos & u128::from(u64::MAX));
    let random = u128::from(random) + 1;
    from_nanos(high * random + ((low * random) >> 64))
}

/// At most [`Duration::MAX`].
fn from_nanos(nanos: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    match u64::try_from(nanos / SECOND) {
        Ok(seconds) => Duration::new(seconds, (nanos % SECOND) as u32),
        Err(_) => Duration::MAX,
    }
}
