//! What the reconnecting clients of all adapters share.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use super::{Error, OsEntropy};
use crate::backoff::{Backoff, GiveUp, Retry};
use crate::handshake::RequestError;
use crate::{EndCause, Ending, Entropy, Event, ProtocolError, SendError};

/// What a reconnecting client tells, in this order:
///
/// ```text
/// ┌─► Connected ─► Event, Event, … ─► Lost ─┐
/// │                                         ├─► Waiting ─┐
/// ├─► Failed ───────────────────────────────┘            │
/// └──────────────────────────────────────────────────────┘
/// ```
///
/// with [`GaveUp`](Self::GaveUp) in the place of `Waiting` if it is not worth another attempt.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "the states that an application has to know")]
pub enum Update<'a, W> {
    /// There is a connection: subscribe, and send again what may be lost.
    Connected,
    /// Something happened on the connection; the writer answers while the event is held.
    /// [`Event::Ended`] is never among these: it is [`Lost`](Self::Lost).
    Event(Event<'a>, &'a mut W),
    /// The connection has ended. Whether the peer received what was sent last is not known.
    Lost(Ending),
    /// An attempt to connect failed, or was refused ([`Error::Refused`]).
    Failed(Error),
    /// The delay before the next attempt.
    Waiting(Duration),
    /// There will be no further attempt; the last update.
    GaveUp(GiveUp),
}

/// An update without what it would borrow.
pub(super) enum Step {
    Connected,
    Event,
    Lost(Ending),
    Failed(Error),
    Waiting(Duration),
    GaveUp(GiveUp),
    Over,
}

impl Step {
    /// The update, with the event from `event` if it is one.
    pub(super) fn tell<'a, W>(
        self,
        event: impl FnOnce() -> Option<(Event<'a>, &'a mut W)>,
    ) -> Option<Update<'a, W>> {
        Some(match self {
            Self::Connected => Update::Connected,
            Self::Event => return event().map(|(event, writer)| Update::Event(event, writer)),
            Self::Lost(ending) => Update::Lost(ending),
            Self::Failed(error) => Update::Failed(error),
            Self::Waiting(delay) => Update::Waiting(delay),
            Self::GaveUp(reason) => Update::GaveUp(reason),
            Self::Over => return None,
        })
    }
}

/// Where a client is; `D` is an attempt under way, `S` a connection, `Z` a wait.
pub(super) enum State<D, S, Z> {
    Dialing(D),
    Open(Box<S>, Instant),
    /// The loss was told, what follows from it not yet.
    Lost(Retry),
    Waiting(Z),
    Over,
}

/// The steps between the states. All progress is here, never in a future that may be dropped.
pub(super) struct Course<D, S, Z> {
    pub(super) state: State<D, S, Z>,
    pub(super) backoff: Backoff,
    /// The application asked for the end.
    pub(super) closing: bool,
}

impl<D, S, Z> Course<D, S, Z> {
    pub(super) const fn new(dialing: D, backoff: Backoff) -> Self {
        Self { state: State::Dialing(dialing), backoff, closing: false }
    }

    /// The connection, if there is one.
    pub(super) fn socket(&mut self) -> Result<&mut S, Error> {
        if let State::Open(socket, _) = &mut self.state {
            Ok(socket)
        } else {
            Err(Error::Send(SendError::Disconnected))
        }
    }

    /// From here on there is no further attempt; one that is under way is dropped.
    pub(super) fn close(&mut self) {
        self.closing = true;
        if !matches!(self.state, State::Open(..)) {
            self.state = State::Over;
        }
    }

    /// An attempt has come to its end.
    pub(super) fn dialed(&mut self, result: Result<S, Error>) -> Step {
        match result {
            Ok(socket) => {
                self.state = State::Open(Box::new(socket), Instant::now());
                Step::Connected
            }
            Err(error) => {
                self.state = State::Lost(after_error(&mut self.backoff, &error));
                Step::Failed(error)
            }
        }
    }

    /// The connection has ended.
    pub(super) fn lost(&mut self, ending: Ending) -> Step {
        let up =
            if let State::Open(_, since) = &self.state { since.elapsed() } else { Duration::ZERO };
        self.state = if self.closing {
            State::Over
        } else {
            State::Lost(self.backoff.after_ending(&ending, up, random()))
        };
        Step::Lost(ending)
    }

    /// What follows from a loss.
    pub(super) fn advised(&mut self, retry: Retry, wait: impl FnOnce(Duration) -> Z) -> Step {
        match retry {
            Retry::After(delay) => {
                self.state = State::Waiting(wait(delay));
                Step::Waiting(delay)
            }
            Retry::Never(reason) => {
                self.state = State::Over;
                Step::GaveUp(reason)
            }
        }
    }
}

fn after_error(backoff: &mut Backoff, error: &Error) -> Retry {
    match error {
        Error::Refused(refused) => {
            let response = refused.response();
            let seconds = response.retry_after().map(|seconds| Duration::from_secs(seconds.into()));
            backoff.after_refusal(response.status(), seconds, random())
        }
        Error::Ended(ending) => backoff.after_ending(ending, Duration::ZERO, random()),
        Error::Protocol(error) => {
            backoff.after_ending(&violation(*error), Duration::ZERO, random())
        }
        Error::Io(error) if error.kind() == ErrorKind::Unsupported => {
            Retry::Never(GiveUp::Unsupported)
        }
        Error::Request(RequestError::Entropy) | Error::Io(_) => backoff.after_failure(random()),
        Error::Request(_)
        | Error::Answer(_)
        | Error::Send(_)
        | Error::NotWritten(_)
        | Error::StreamingDelivery => Retry::Never(GiveUp::Unsupported),
    }
}

/// The ending of a handshake that the server failed.
const fn violation(error: ProtocolError) -> Ending {
    Ending {
        cause: EndCause::Failed(error),
        initiator: None,
        sent: None,
        received: None,
        message_lost: false,
        stalled: Duration::ZERO,
    }
}

/// A random number; without any to be had, the one that asks for the longest full delay.
fn random() -> u64 {
    let mut bytes = [0; 8];
    OsEntropy.fill(&mut bytes).map_or(u64::MAX, |()| u64::from_ne_bytes(bytes))
}
