//! How connections end.

use alloc::boxed::Box;
use core::fmt;
use core::time::Duration;

use crate::{CloseCode, ProtocolError};

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ending {
    /// What ended the connection.
    pub cause: EndCause,
    /// Who sent the first Close frame, if there was one.
    pub initiator: Option<Side>,
    /// The Close frame that this side sent, or at least queued.
    pub sent: Option<CloseFrame>,
    /// The Close frame that the peer sent, also if its code must not be sent.
    pub received: Option<CloseFrame>,
    /// What was wrong with the Close frame that the peer sent after ours, if anything was: a code
    /// that must not be sent, say. The exchange is complete all the same.
    pub fault: Option<ProtocolError>,
    /// Whether the peer had begun a message or a frame that was not received to its end.
    pub message_lost: bool,
    /// The longest delay with which the caller handled a deadline of this connection: after a long
    /// one, the fault may be with this side and not with the peer.
    pub stalled: Duration,
}

impl Ending {
    /// The ending of a connection of which nothing is known but the cause.
    pub(crate) const fn of_cause(cause: EndCause) -> Self {
        Self {
            cause,
            initiator: None,
            sent: None,
            received: None,
            fault: None,
            message_lost: false,
            stalled: Duration::ZERO,
        }
    }

    /// The code of the peer's Close frame; [`CloseCode::ABNORMAL`] (1006) if it sent none
    /// (§7.1.5).
    pub fn code(&self) -> CloseCode {
        self.received.as_ref().map_or(CloseCode::ABNORMAL, |frame| frame.code)
    }

    /// Whether the closing exchange is complete (§7.1.4): both sides sent a Close frame, and this
    /// side not because of a violation or a deadline.
    pub fn is_clean(&self) -> bool {
        self.cause == EndCause::Clean
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cause)?;
        if let Some(CloseFrame { code, reason }) = &self.received {
            write!(f, ", the peer said {code} {reason:?}")?;
        }
        if let Some(CloseFrame { code, reason }) = &self.sent {
            write!(f, ", we said {code} {reason:?}")?;
        }
        if let Some(fault) = &self.fault {
            write!(f, ", which the peer answered against the protocol: {fault}")?;
        }
        Ok(())
    }
}

/// One of the two sides of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a connection has two sides")]
pub enum Side {
    /// This side.
    Local,
    /// The other side.
    Peer,
}

names_of_values! { Side:
    Local = 41, "local";
    Peer = 42, "peer";
}

/// The contents of a Close frame.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CloseFrame {
    /// The code; [`CloseCode::NO_STATUS`] if the frame had none, or [cannot be read](Ending::fault).
    pub code: CloseCode,
    /// The reason, at most 123 bytes.
    pub reason: Box<str>,
}

impl CloseFrame {
    pub(crate) fn new(code: CloseCode, reason: &str) -> Self {
        Self { code, reason: reason.into() }
    }
}

/// What ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndCause {
    /// Both sides sent a Close frame. Ours may still be in the [`Outgoing`](crate::Outgoing), to be
    /// written, if the peer ended the stream before it took it.
    Clean,
    /// The transport ended without a Close frame, between messages.
    Eof,
    /// The transport ended without a Close frame, between two fragments of a message.
    EofInMessage,
    /// The transport ended without a Close frame, inside a frame.
    EofInFrame,
    /// The transport ended after our Close frame, before the peer's.
    EofAfterClose,
    /// The transport ended before the opening handshake was complete.
    EofInHandshake,
    /// A server application rejected the request.
    Rejected,
    /// Server: the request was a health check for
    /// [`Config::health_check`](crate::Config::health_check), and was answered with 200.
    HealthCheck,
    /// The server refused the client's request.
    Refused,
    /// The peer broke the protocol or exceeded a limit.
    Failed(ProtocolError),
    /// A deadline passed.
    TimedOut(Deadline),
    /// The application called [`abort`](crate::Connection::abort).
    Aborted,
    /// The transport failed, as the caller reported with
    /// [`handle_transport_failure`](crate::Connection::handle_transport_failure), before both sides
    /// had sent a Close frame. One that still waited in the [`Outgoing`](crate::Outgoing) was not
    /// sent.
    TransportFailed,
    /// A frame had to be sent, and there were no random bytes to mask it with.
    NoEntropy,
    /// The caller mixed up the memory of two connections: the [`Incoming`](crate::Incoming) given
    /// to [`receive`](crate::Connection::receive) did not hold what this connection had left in its
    /// own.
    ForeignMemory,
    /// The allocator had no memory for the window or for a message. This side sent 1011 if it could,
    /// and what had arrived before was delivered.
    OutOfMemory,
}

names_of_kinds! { EndCause:
    Clean = 801, "clean";
    Eof = 802, "eof";
    EofInMessage = 803, "eof-in-message";
    EofInFrame = 804, "eof-in-frame";
    EofAfterClose = 805, "eof-after-close";
    EofInHandshake = 806, "eof-in-handshake";
    Rejected = 807, "rejected";
    HealthCheck = 808, "health-check";
    Refused = 809, "refused";
    Failed = 810, "failed";
    TimedOut = 811, "timed-out";
    Aborted = 812, "aborted";
    TransportFailed = 813, "transport-failed";
    NoEntropy = 814, "no-entropy";
    ForeignMemory = 815, "foreign-memory";
    OutOfMemory = 816, "out-of-memory";
}

impl EndCause {
    /// Whether what was received of an HTTP head can be looked at with the last event.
    pub(crate) fn leaves_head(self) -> bool {
        let failed_in_head = matches!(self, Self::Failed(error) if error.close_code().is_none());
        failed_in_head || self == Self::EofInHandshake
    }
}

impl fmt::Display for EndCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clean => "closed",
            Self::Eof => "the peer ended the stream without a Close frame",
            Self::EofInMessage => "the peer ended the stream inside a message",
            Self::EofInFrame => "the peer ended the stream inside a frame",
            Self::EofAfterClose => "the peer ended the stream without answering our Close frame",
            Self::EofInHandshake => "the peer ended the stream inside the opening handshake",
            Self::Rejected => "the application rejected the request",
            Self::HealthCheck => "a health check was answered",
            Self::Refused => "the server refused the request",
            Self::Failed(error) if error.is_limit() => {
                return write!(f, "the peer exceeded a limit of this side: {error}");
            }
            Self::Failed(error) => return write!(f, "the peer broke the protocol: {error}"),
            Self::TimedOut(Deadline::Handshake) => "the opening handshake took too long",
            Self::TimedOut(Deadline::Close) => "the closing exchange took too long",
            Self::TimedOut(Deadline::Pong) => "the peer answered no ping in time",
            Self::TimedOut(Deadline::Write) => "the transport took no output for too long",
            Self::TimedOut(Deadline::Message) => "a message took too long to arrive",
            Self::Aborted => "this side aborted the connection",
            Self::TransportFailed => "the transport failed",
            Self::NoEntropy => "no random bytes to mask a frame with",
            Self::ForeignMemory => "received into the memory of another connection",
            Self::OutOfMemory => "no memory to receive into",
        })
    }
}

/// The deadlines of a connection, each an option of [`Config`](crate::Config).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Deadline {
    /// That of the opening handshake, set by
    /// [`Config::handshake_timeout`](crate::Config::handshake_timeout).
    Handshake,
    /// That of the closing exchange, set by
    /// [`Config::close_timeout`](crate::Config::close_timeout).
    Close,
    /// That of the answer to a keepalive's ping, set by
    /// [`Keepalive::timeout`](crate::Keepalive::timeout).
    Pong,
    /// That of waiting output, set by [`Config::write_timeout`](crate::Config::write_timeout).
    Write,
    /// That of a message being received, set by
    /// [`Config::message_timeout`](crate::Config::message_timeout).
    Message,
}

names_of_values! { Deadline:
    Handshake = 841, "handshake";
    Close = 842, "close";
    Pong = 843, "pong";
    Write = 844, "write";
    Message = 845, "message";
}
