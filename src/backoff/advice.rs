//! Whether to try again, depending on why there is no connection.

use core::fmt;

use crate::{CloseCode, Deadline, EndCause, Ending, ProtocolError, Side};

/// Why there is no connection.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Disconnect<'a> {
    /// A connection has ended, or an opening handshake has ended without a response.
    Ended(&'a Ending),
    /// The server answered with this HTTP status instead of opening a WebSocket, or a proxy instead
    /// of leading there.
    Refused(u16),
    /// The server could not be reached.
    Unreachable,
}

/// Whether to try again after a [`Disconnect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "`Backoff` acts on each of these")]
pub enum Advice {
    /// Try again after the usual delay.
    Retry,
    /// Try again after a longer delay, the first of which is
    /// [`Backoff::first_delay_when_later`](super::Backoff::first_delay_when_later).
    RetryLater,
    /// Do not try again.
    GiveUp(GiveUp),
}

/// Why the client should not connect again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GiveUp {
    /// The peer closed with 1000: the purpose of the connection is fulfilled (§7.4.1).
    ClosedNormally,
    /// This side closed or aborted the connection, or rejected the request, or answered a health
    /// check.
    ClosedHere,
    /// The peer closed with this code, which means that it would do so again.
    Closed(CloseCode),
    /// The server, or a proxy, answered with this HTTP status, which means that it would do so again.
    Refused(u16),
    /// The peer exceeded one of this side's [`Limits`](crate::Limits).
    Limit(ProtocolError),
    /// All [`Backoff::attempts`](super::Backoff::attempts) have been made.
    Attempts,
    /// The attempt asks for something impossible, such as TLS in a build without it. Adapters give
    /// this reason; [`Disconnect::default_advice`] never does.
    Unsupported,
    /// The application's own [`Backoff::advise`](super::Backoff::advise) decided so.
    ByApplication,
}

names_of_kinds! { GiveUp:
    ClosedNormally = 861, "closed-normally";
    ClosedHere = 862, "closed-here";
    Closed = 863, "closed";
    Refused = 864, "refused";
    Limit = 865, "limit";
    Attempts = 866, "attempts";
    Unsupported = 867, "unsupported";
    ByApplication = 868, "by-application";
}

impl Disconnect<'_> {
    /// The advice that this crate gives:
    ///
    #[doc = include_str!("default_advice.md")]
    pub fn default_advice(self) -> Advice {
        match self {
            Self::Ended(ending) => advice_after_ending(ending),
            // Those from 520 on are what proxies say that do not reach their server.
            Self::Refused(408 | 425 | 429 | 500 | 502..=504 | 520..=530) | Self::Unreachable => {
                Advice::Retry
            }
            Self::Refused(status) => Advice::GiveUp(GiveUp::Refused(status)),
        }
    }
}

fn advice_after_ending(ending: &Ending) -> Advice {
    match ending.cause {
        EndCause::Failed(error) if error.is_limit() => Advice::GiveUp(GiveUp::Limit(error)),
        // The peer did close, with a code that says nothing.
        EndCause::Failed(ProtocolError::BadCloseCode) => Advice::Retry,
        EndCause::Failed(_) | EndCause::Refused => Advice::RetryLater,
        // In these cases this side may have sent a Close frame, but the application did not ask for
        // it.
        EndCause::TimedOut(Deadline::Handshake | Deadline::Pong | Deadline::Message)
        | EndCause::EofInHandshake
        | EndCause::NoEntropy
        | EndCause::ForeignMemory
        | EndCause::OutOfMemory => Advice::Retry,
        EndCause::Aborted | EndCause::Rejected | EndCause::HealthCheck => {
            Advice::GiveUp(GiveUp::ClosedHere)
        }
        _ if ending.initiator == Some(Side::Local) => Advice::GiveUp(GiveUp::ClosedHere),
        EndCause::Clean => advice_after_close(ending.code()),
        // Our answer did not reach the peer, but it has closed.
        EndCause::TransportFailed | EndCause::TimedOut(Deadline::Write | Deadline::Close)
            if ending.received.is_some() =>
        {
            advice_after_close(ending.code())
        }
        EndCause::Eof
        | EndCause::EofInMessage
        | EndCause::EofInFrame
        | EndCause::EofAfterClose
        | EndCause::TransportFailed
        | EndCause::TimedOut(Deadline::Write | Deadline::Close) => Advice::Retry,
    }
}

fn advice_after_close(code: CloseCode) -> Advice {
    match code.get() {
        1000 => Advice::GiveUp(GiveUp::ClosedNormally),
        1002 | 1003 | 1007..=1010 | 3000 | 3003 => Advice::GiveUp(GiveUp::Closed(code)),
        1013 => Advice::RetryLater,
        _ => Advice::Retry,
    }
}

impl fmt::Display for GiveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClosedNormally => f.write_str("the peer closed normally, with 1000"),
            Self::ClosedHere => f.write_str("closed by this side"),
            Self::Closed(code) => write!(f, "closed by the peer for a lasting reason: {code}"),
            Self::Refused(status) => write!(f, "refused for a lasting reason: {status}"),
            Self::Limit(error) => write!(f, "raise the limit before connecting again: {error}"),
            Self::Attempts => f.write_str("no attempts left (Backoff::attempts)"),
            Self::Unsupported => f.write_str("such an attempt cannot succeed: see its error"),
            Self::ByApplication => f.write_str("not worth another attempt (Backoff::advise)"),
        }
    }
}
