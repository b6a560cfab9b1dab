//! Which address of a host a client tries when (RFC 8305).

use std::net::SocketAddr;
use std::time::Duration;

use crate::Time;

/// How long an attempt goes on alone before the next one begins beside it (RFC 8305 §5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// The attempts to connect to the addresses of a host. The next one begins a little after the last
/// one, or at once when one has failed. It knows no sockets, and its clock is the caller's.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// The addresses that were not tried yet, the next one last.
    waiting: Vec<SocketAddr>,
    pending: Vec<SocketAddr>,
    /// When the next attempt begins though none has failed; `None` is at once.
    next_at: Option<Time>,
}

/// What a client that connects does next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Begins an attempt.
    Try(SocketAddr),
    /// Waits for the attempts, at most until this time.
    Wait(Option<Time>),
    /// All addresses have failed.
    GiveUp,
}

impl Schedule {
    pub(super) fn new(addresses: Vec<SocketAddr>) -> Self {
        let mut waiting = interleaved(addresses);
        waiting.reverse();
        Self { waiting, pending: Vec::new(), next_at: None }
    }

    pub(super) fn next(&mut self, now: Time) -> Step {
        let is_due = self.next_at.is_none_or(|at| at <= now);
        if is_due && let Some(address) = self.waiting.pop() {
            self.pending.push(address);
            self.next_at = Some(now.after(ATTEMPT_DELAY));
            return Step::Try(address);
        }
        if self.pending.is_empty() {
            return Step::GiveUp;
        }
        Step::Wait(self.next_at.filter(|_| !self.waiting.is_empty()))
    }

    /// Whether there is one attempt, and no other will begin beside it.
    pub(super) fn is_last(&self) -> bool {
        self.waiting.is_empty() && self.pending.len() == 1
    }

    /// Notes that an attempt has failed.
    pub(super) fn note_failure(&mut self, address: SocketAddr) {
        if let Some(at) = self.pending.iter().position(|pending| *pending == address) {
            self.pending.remove(at);
        }
        self.next_at = None;
    }

    /// Notes that an attempt has succeeded. It is the only one that stays.
    pub(super) fn note_success(&mut self, address: SocketAddr) {
        *self = Self { pending: vec![address], ..Self::default() };
    }

    /// The addresses that are being tried.
    pub(super) fn into_pending(self) -> Vec<SocketAddr> {
        self.pending
    }
}

/// The addresses with the two families by turns, beginning with that of the first one
/// (RFC 8305 §4).
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let is_first_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == is_first_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut mixed = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None; 2] {
            return mixed;
        }
        mixed.extend(pair.into_iter().flatten());
    }
}

#[cfg(test)]
#[path = "tests/schedule.rs"]
mod tests;
