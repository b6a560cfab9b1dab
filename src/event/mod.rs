//! What happened on a connection: events, messages and endings, and how they are looked at.

mod current;
mod ending;
mod for_connection;
mod incoming;
mod message;
mod taking;

use core::time::Duration;

use crate::CloseCode;
use crate::frame::OpCode;
use crate::handshake::{Request, Response};

pub use ending::{CloseFrame, Deadline, EndCause, Ending, Side};
pub use incoming::Incoming;
pub use message::Message;

pub(crate) use current::{CurrentEvent, EventKind};

/// Something that happened. It borrows only from [`Incoming`], so it can be answered through the
/// connection while it is held.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'b> {
    /// Server: a client asks for a WebSocket. Answer with
    /// [`accept`](crate::Connection::accept) or [`reject`](crate::Connection::reject), now or
    /// later, within [`Config::handshake_timeout`](crate::Config::handshake_timeout).
    Request(Request<'b>),
    /// Client: the server agreed, with this response. Messages can be sent from now on.
    Open(Response<'b>),
    /// Client: the server answered with something other than a WebSocket. The body, up to
    /// [`Limits::refusal_body`](crate::Limits::refusal_body) and to its first pause of a second, is
    /// with the response. [`Ended`](Self::Ended) follows.
    Refused(Response<'b>),
    /// A text message.
    Text(&'b str),
    /// A binary message. It may be changed in place: an echo or a proxy needs no copy. With
    /// [`Leniency::unchecked_text`](crate::Leniency::unchecked_text) it may also be a text.
    Binary(&'b mut [u8]),
    /// Streaming delivery: a message begins.
    MessageStart(MessageKind),
    /// Streaming delivery: the next bytes of the message, at least one. Those of a text are valid
    /// UTF-8 so far, unless it is [not checked](crate::Leniency::unchecked_text); a chunk may end
    /// inside a character.
    MessageChunk(&'b mut [u8]),
    /// Streaming delivery: the message is complete.
    MessageEnd,
    /// A ping with its payload of at most 125 bytes. The pong is already in
    /// [`Outgoing`](crate::Outgoing), unless
    /// [`Config::automatic_pong`](crate::Config::automatic_pong) is off: then answer it with
    /// [`send_pong`](crate::Connection::send_pong).
    Ping(&'b [u8]),
    /// A pong, whether or not it answers a ping.
    #[non_exhaustive]
    Pong {
        /// Its payload of at most 125 bytes.
        payload: &'b [u8],
        /// The time since the keepalive's last ping, if this is the first answer to it.
        round_trip: Option<Duration>,
    },
    /// The peer's Close frame. The answer to it, if one is due, is already in
    /// [`Outgoing`](crate::Outgoing).
    #[non_exhaustive]
    Close {
        /// The code; [`CloseCode::NO_STATUS`] if the frame had none. After this side's own Close
        /// frame it may be one that must not be sent, and `NO_STATUS` also stands for a frame that
        /// cannot be read: see [`Ending::fault`].
        code: CloseCode,
        /// The reason, at most 123 bytes.
        reason: &'b str,
    },
    /// The last event: nothing follows it. It comes exactly once.
    Ended(&'b Ending),
}

names_of_kinds! { Event<'_>:
    Request = 1, "request";
    Open = 2, "open";
    Refused = 3, "refused";
    Text = 4, "text";
    Binary = 5, "binary";
    MessageStart = 6, "message-start";
    MessageChunk = 7, "message-chunk";
    MessageEnd = 8, "message-end";
    Ping = 9, "ping";
    Pong = 10, "pong";
    Close = 11, "close";
    Ended = 12, "ended";
}

/// What a message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "§5.6 closes the space")]
pub enum MessageKind {
    /// Text in UTF-8.
    Text,
    /// Any bytes.
    Binary,
}

names_of_values! { MessageKind:
    Text = 31, "text";
    Binary = 32, "binary";
}

impl MessageKind {
    pub(crate) const fn opcode(self) -> OpCode {
        match self {
            Self::Text => OpCode::Text,
            Self::Binary => OpCode::Binary,
        }
    }

    /// The kind of the message that a frame with this opcode begins, if it begins one.
    pub(crate) const fn of(opcode: OpCode) -> Option<Self> {
        match opcode {
            OpCode::Text => Some(Self::Text),
            OpCode::Binary => Some(Self::Binary),
            OpCode::Continuation | OpCode::Close | OpCode::Ping | OpCode::Pong => None,
        }
    }
}
