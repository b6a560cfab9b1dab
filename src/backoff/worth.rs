//! Which ends are worth another attempt.

use core::fmt;

use crate::{CloseCode, Deadline, EndCause, Ending, ProtocolError, Side};

/// Why there is no connection.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Cause<'a> {
    /// A connection ended, or an opening handshake did without an answer.
    Ended(&'a Ending),
    /// The server answered with this HTTP status instead of opening a WebSocket.
    Refused(u16),
    /// The server could not be reached.
    Unreachable,
}

/// Whether a cause is worth another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "an answer for `Backoff` to act on")]
pub enum Worth {
    /// After the usual delay.
    Retry,
    /// After a longer one, which begins with
    /// [`Backoff::first_later`](super::Backoff::first_later).
    Later,
    /// Not at all.
    Never(GiveUp),
}

/// Why there is to be no further attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GiveUp {
    /// The peer closed because its purpose was fulfilled: 1000.
    Done,
    /// This side closed, aborted or rejected.
    ClosedHere,
    /// The peer closed with a code that says that the same would happen again.
    Closed(CloseCode),
    /// The server answered with a status that says that the same would happen again.
    Refused(u16),
    /// What the peer sends is over a bound of [`Limits`](crate::Limits).
    Limit(ProtocolError),
    /// [`Backoff::attempts`](super::Backoff::attempts) have been made.
    Attempts,
    /// The attempt asks for what cannot be done, such as TLS of an adapter that has none. For
    /// adapters to say; [`Cause::worth`] never does.
    Unsupported,
    /// The application's own [`Backoff::worth`](super::Backoff::worth) says so.
    Judged,
}

impl Cause<'_> {
    /// What this crate thinks of it:
    ///
    /// | cause | worth |
    /// |---|---|
    /// | this side closed, aborted or rejected, however that came out | never |
    /// | the peer closed with 1000 | never: it is done |
    /// | with 1002, 1003, 1007–1010, 3000 (unauthorized) or 3003 (forbidden) | never: the same client would be told the same |
    /// | with 1013 (try again later) | later |
    /// | with 1001, 1011, 1012, 1014, no code, or any other code | retry |
    /// | the stream ended or failed without a Close frame, a deadline passed, no random bytes, memories were mixed up | retry |
    /// | the peer broke the protocol | later: often a proxy or a release that will be mended, and a client that is gone for good needs a person |
    /// | the peer passed a limit | never: it would send the same again, and the limit is for this side to raise |
    /// | status 408, 425, 429, 500, 502, 503 or 504 | retry, after `Retry-After` |
    /// | any other status | never; follow redirects with [`ClientRequest::redirected`](crate::handshake::ClientRequest::redirected) |
    /// | [`EndCause::Refused`] without the status | later |
    /// | the server could not be reached | retry |
    pub fn worth(self) -> Worth {
        match self {
            Self::Ended(ending) => worth_of_ending(ending),
            Self::Refused(408 | 425 | 429 | 500 | 502..=504) | Self::Unreachable => Worth::Retry,
            Self::Refused(status) => Worth::Never(GiveUp::Refused(status)),
        }
    }
}

fn worth_of_ending(ending: &Ending) -> Worth {
    match ending.cause {
        EndCause::Failed(error) if error.is_limit() => Worth::Never(GiveUp::Limit(error)),
        EndCause::Failed(_) | EndCause::Refused => Worth::Later,
        // These may have sent a Close frame, which was no wish of the application's.
        EndCause::TimedOut(Deadline::Handshake | Deadline::Pong | Deadline::Message)
        | EndCause::EofInHandshake
        | EndCause::NoEntropy
        | EndCause::ForeignMemory => Worth::Retry,
        EndCause::Aborted | EndCause::Rejected => Worth::Never(GiveUp::ClosedHere),
        _ if ending.initiator == Some(Side::Local) => Worth::Never(GiveUp::ClosedHere),
        EndCause::Clean => worth_of_code(ending.code()),
        EndCause::Eof
        | EndCause::EofInMessage
        | EndCause::EofInFrame
        | EndCause::EofAfterClose
        | EndCause::TransportFailed
        | EndCause::TimedOut(Deadline::Write | Deadline::Close) => Worth::Retry,
    }
}

fn worth_of_code(code: CloseCode) -> Worth {
    match code.get() {
        1000 => Worth::Never(GiveUp::Done),
        1002 | 1003 | 1007..=1010 | 3000 | 3003 => Worth::Never(GiveUp::Closed(code)),
        1013 => Worth::Later,
        _ => Worth::Retry,
    }
}

impl fmt::Display for GiveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("the peer is done"),
            Self::ClosedHere => f.write_str("closed by this side"),
            Self::Closed(code) => write!(f, "closed by the peer for a lasting reason: {code}"),
            Self::Refused(status) => write!(f, "refused for a lasting reason: {status}"),
            Self::Limit(error) => write!(f, "raise the limit before connecting again: {error}"),
            Self::Attempts => f.write_str("no attempts left (Backoff::attempts)"),
            Self::Unsupported => f.write_str("such an attempt cannot succeed: see its error"),
            Self::Judged => f.write_str("not worth another attempt (Backoff::worth)"),
        }
    }
}
