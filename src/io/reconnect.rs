//! The state machine of the clients that connect again, for all adapters.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use super::{Error, OsEntropy, trace};
use crate::backoff::{Backoff, GiveUp, Retry};
use crate::handshake::proxy::ProxyError;
use crate::handshake::{RequestError, Response};
use crate::{EndCause, Ending, Entropy, Event, ProtocolError, SendError};

/// What happens to a client that connects again, in this order:
///
/// ```text
/// ┌─► Connected ─► Event, Event, … ─► Lost ─┐
/// │                                         ├─► Waiting ─┐
/// ├─► Failed ───────────────────────────────┘            │
/// └──────────────────────────────────────────────────────┘
/// ```
///
/// [`GaveUp`](Self::GaveUp) takes the place of `Waiting` if another attempt is not worth while.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "the states that an application has to know")]
pub enum Update<'a, W> {
    /// There is a new connection: subscribe again, and send again what may have been lost. With the
    /// server's response, which has the subprotocol that it chose, and the writer.
    ///
    /// If sending fails because this connection is lost already, [`Lost`](Self::Lost) follows: a
    /// program that returns the error with `?` ends instead of connecting again.
    ///
    /// If the client's own `dial` has received events already, or somebody else did the handshake,
    /// the response is a plain 101 without headers.
    Connected(Response<'a>, &'a mut W),
    /// Something happened on the connection. The writer can answer while the event is held.
    /// [`Event::Ended`] never comes here; [`Lost`](Self::Lost) comes instead.
    Event(Event<'a>, &'a mut W),
    /// The connection has ended. How many messages have not even left, `unsent` of the client says;
    /// it is not known whether the peer received those that left before them.
    Lost(Ending),
    /// An attempt to connect failed, or the server refused it ([`Error::Refused`]).
    Failed(Error),
    /// The delay before the next attempt.
    Waiting(Duration),
    /// There will be no further attempt. This is the last update.
    GaveUp(GiveUp),
}

/// An [`Update`] without what it borrows from the connection.
pub(super) enum Step {
    Connected,
    Event,
    Lost(Ending),
    Failed(Error),
    Waiting(Duration),
    GaveUp(GiveUp),
    /// The last update was reported before.
    Ended,
}

impl Step {
    /// Turns the step into an update, with the event and the writer of the connection where the
    /// update has them. `None` after the last update.
    pub(super) fn into_update<'a, W>(
        self,
        current: impl FnOnce() -> Option<(Option<Event<'a>>, &'a mut W)>,
    ) -> Option<Update<'a, W>> {
        Some(match self {
            Self::Connected => {
                let (event, writer) = current()?;
                Update::Connected(response_of(event), writer)
            }
            Self::Event => {
                let (event, writer) = current()?;
                Update::Event(event?, writer)
            }
            Self::Lost(ending) => Update::Lost(ending),
            Self::Failed(error) => Update::Failed(error),
            Self::Waiting(delay) => Update::Waiting(delay),
            Self::GaveUp(reason) => Update::GaveUp(reason),
            Self::Ended => return None,
        })
    }
}

/// The response that a connection began with: the current event, unless it was received already.
fn response_of(event: Option<Event<'_>>) -> Response<'_> {
    match event {
        Some(Event::Open(response)) => response,
        Some(_) | None => Response::of_head(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
    }
}

/// What a client is doing. The adapter says what an attempt, a connection and a wait are.
pub(super) enum State<Attempt, Socket, Wait> {
    Dialing(Attempt),
    /// A connection, and the time from which it has been open.
    Open(Box<Socket>, Instant),
    /// A loss or a failure was reported, and what follows from it was not yet.
    Lost(Retry),
    Waiting(Wait),
    Ended,
}

/// The state of a client, and the steps from one state to the next. All progress is kept here and
/// never in a future, as a future may be dropped.
pub(super) struct ReconnectMachine<Attempt, Socket, Wait> {
    pub(super) state: State<Attempt, Socket, Wait>,
    pub(super) backoff: Backoff,
    /// The application has closed the client.
    pub(super) closing: bool,
    /// How the connection ended that was lost last.
    last_ending: Option<Box<Ending>>,
    /// How many of its messages have not left.
    last_unsent: u64,
}

impl<Attempt, Socket, Wait> ReconnectMachine<Attempt, Socket, Wait> {
    pub(super) const fn new(attempt: Attempt, backoff: Backoff) -> Self {
        let state = State::Dialing(attempt);
        Self { state, backoff, closing: false, last_ending: None, last_unsent: 0 }
    }

    /// The connection, or [`SendError::Disconnected`] if there is none.
    pub(super) fn socket(&mut self) -> Result<&mut Socket, Error> {
        if let State::Open(socket, _) = &mut self.state {
            Ok(socket)
        } else {
            Err(Error::Send(SendError::Disconnected))
        }
    }

    /// The connection, to look at.
    pub(super) fn current(&self) -> Option<&Socket> {
        if let State::Open(socket, _) = &self.state { Some(socket) } else { None }
    }

    /// How the connection ended that was lost last.
    pub(super) fn last_ending(&self) -> Option<&Ending> {
        self.last_ending.as_deref()
    }

    /// How many messages of that connection have not left.
    pub(super) const fn last_unsent(&self) -> u64 {
        self.last_unsent
    }

    /// Whether there will be no further connection.
    pub(super) const fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// Makes no further attempt, and drops one that has begun.
    pub(super) fn close(&mut self) {
        self.closing = true;
        if !matches!(self.state, State::Open(..)) {
            self.state = State::Ended;
        }
    }

    /// Goes on after an attempt has succeeded or failed.
    pub(super) fn on_dialed(&mut self, result: Result<Socket, Error>) -> Step {
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

    /// Goes on after the connection has ended, on which this many messages were queued and have not
    /// left.
    pub(super) fn on_lost(&mut self, ending: Ending, unsent: u64) -> Step {
        let open_for =
            if let State::Open(_, since) = &self.state { since.elapsed() } else { Duration::ZERO };
        self.state = if self.closing {
            State::Ended
        } else {
            State::Lost(self.backoff.after_ending(&ending, open_for, random()))
        };
        self.last_ending = Some(Box::new(ending.clone()));
        self.last_unsent = unsent;
        Step::Lost(ending)
    }

    /// Goes on after a loss or a failure as the backoff advised: waits, or gives up.
    pub(super) fn on_advice(&mut self, retry: Retry, wait: impl FnOnce(Duration) -> Wait) -> Step {
        match retry {
            Retry::After(delay) => {
                trace::waiting(self.backoff.attempts_made(), delay);
                self.state = State::Waiting(wait(delay));
                Step::Waiting(delay)
            }
            Retry::Never(reason) => {
                trace::gave_up(&reason);
                self.state = State::Ended;
                Step::GaveUp(reason)
            }
        }
    }
}

fn after_error(backoff: &mut Backoff, error: &Error) -> Retry {
    match error {
        Error::Refused(refused) => after_response(backoff, refused.response()),
        Error::Ended(ending) => backoff.after_ending(ending, Duration::ZERO, random()),
        Error::Protocol(error) => {
            backoff.after_ending(&ending_of_violation(*error), Duration::ZERO, random())
        }
        Error::BadResponse(response) => {
            backoff.after_ending(&ending_of_violation(response.error()), Duration::ZERO, random())
        }
        Error::Io(error) if error.kind() == ErrorKind::Unsupported => {
            Retry::Never(GiveUp::Unsupported)
        }
        Error::Connect(error) => match error.proxy_error() {
            Some(ProxyError::Refused(refusal)) => after_response(backoff, refusal.response()),
            Some(
                ProxyError::WrongCredentials
                | ProxyError::NoAcceptableMethod
                | ProxyError::HostTooLong,
            ) => Retry::Never(GiveUp::Unsupported),
            Some(_) | None => backoff.after_failure(random()),
        },
        Error::Request(RequestError::Entropy) | Error::Io(_) => backoff.after_failure(random()),
        Error::Request(_)
        | Error::Answer(_)
        | Error::NotText(_)
        | Error::Send(_)
        | Error::NotWritten(_)
        | Error::StreamingDelivery => Retry::Never(GiveUp::Unsupported),
    }
}

fn after_response(backoff: &mut Backoff, response: Response<'_>) -> Retry {
    let seconds = response.retry_after().map(|seconds| Duration::from_secs(seconds.into()));
    backoff.after_refusal(response.status(), seconds, random())
}

/// The ending of a handshake in which the server broke the protocol.
const fn ending_of_violation(error: ProtocolError) -> Ending {
    Ending::of_cause(EndCause::Failed(error))
}

/// A random number; if the system has none, the number that leads to the longest delay.
fn random() -> u64 {
    let mut bytes = [0; 8];
    OsEntropy.fill(&mut bytes).map_or(u64::MAX, |()| u64::from_ne_bytes(bytes))
}
