//! What the connections do.

use crate::random::Random;

/// What a peer does on its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Plan {
    /// Sends messages one by one, each of which comes back, and closes.
    Talk,
    /// Sends many messages before it reads, and closes when all came back.
    Burst,
    /// Says nothing for longer than the keepalive, and closes.
    Idle,
    /// Reads what comes back slowly, and closes when all is there.
    ReadSlowly,
    /// Sends a few bytes of a message at a time, and closes when it came back.
    WriteSlowly,
    /// Talks, and has the server close.
    ClosedByServer,
    /// Talks, and ends the TCP connection without a Close frame.
    Leave,
    /// Talks, and resets the TCP connection.
    Reset,
    /// Opens a TCP connection and says nothing.
    NoHandshake,
    /// Stops in the middle of its request.
    HalfHandshake,
    /// Sends a request that is none for a WebSocket.
    NoUpgrade,
    /// Stops in the middle of a frame.
    HalfFrame,
    /// Asks for much and never reads.
    Deaf,
    /// Breaks the protocol.
    Break(Breach),
    /// Sends a compressed message, short on the wire, that is longer than the server takes.
    Bomb,
    /// Sends Pings without a pause, and closes.
    Pings,
    /// Sends a Close frame, and neither reads nor goes.
    CloseAndStay,
}

/// How a peer breaks the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Breach {
    ReservedBits,
    ReservedOpcode,
    Unmasked,
    InvalidUtf8,
    UnexpectedContinuation,
    BadCloseCode,
    /// A frame that is longer than the server takes, of which only the header is sent.
    TooLong,
}

const BREACHES: [Breach; 7] = [
    Breach::ReservedBits,
    Breach::ReservedOpcode,
    Breach::Unmasked,
    Breach::InvalidUtf8,
    Breach::UnexpectedContinuation,
    Breach::BadCloseCode,
    Breach::TooLong,
];

/// How often each comes in a hundred connections. Who says nothing or does not read stays longest. The
/// breach is chosen by the connection's number.
const SHARES: [(Plan, usize); 17] = [
    (Plan::Talk, 29),
    (Plan::Burst, 18),
    (Plan::Idle, 10),
    (Plan::ReadSlowly, 5),
    (Plan::WriteSlowly, 3),
    (Plan::ClosedByServer, 6),
    (Plan::Leave, 6),
    (Plan::Reset, 4),
    (Plan::NoHandshake, 1),
    (Plan::HalfHandshake, 1),
    (Plan::NoUpgrade, 1),
    (Plan::HalfFrame, 2),
    (Plan::Deaf, 2),
    (Plan::Break(BREACHES[0]), 7),
    (Plan::Bomb, 1),
    (Plan::Pings, 2),
    (Plan::CloseAndStay, 2),
];

impl Plan {
    /// The plan of a connection, and the numbers that it goes on with.
    pub(crate) fn of(seed: u64, connection: u64) -> (Self, Random) {
        let mut random = Random::new(seed, connection);
        let mut at = random.below(100);
        for (plan, share) in SHARES {
            if at < share {
                return match plan {
                    Self::Break(_) => (Self::Break(BREACHES[at]), random),
                    plan => (plan, random),
                };
            }
            at -= share;
        }
        unreachable!("the shares add up to a hundred")
    }

    /// Whether the peer is written with the crate. The others are written byte by byte.
    pub(crate) const fn is_by_crate(self) -> bool {
        matches!(
            self,
            Self::Talk
                | Self::Burst
                | Self::Idle
                | Self::ReadSlowly
                | Self::ClosedByServer
                | Self::Leave
                | Self::Reset
                | Self::Bomb
        )
    }

    /// Whether this connection is one over TLS.
    pub(crate) const fn is_over_tls(self, connection: u64) -> bool {
        // To reset what lies below TLS would leave it open which of both the server sees.
        self.is_by_crate() && !matches!(self, Self::Reset) && connection.is_multiple_of(5)
    }

    /// Whether both sides see the closing exchange to its end.
    pub(crate) const fn ends_cleanly(self) -> bool {
        matches!(
            self,
            Self::Talk
                | Self::Burst
                | Self::Idle
                | Self::ReadSlowly
                | Self::WriteSlowly
                | Self::ClosedByServer
                | Self::Pings
        )
    }

    /// Whether the peer goes in the midst of it, without waiting for the server.
    pub(crate) const fn leaves(self) -> bool {
        matches!(self, Self::Leave | Self::Reset)
    }

    /// Whether the server gets to know the connection's number.
    pub(crate) const fn opens(self) -> bool {
        !matches!(self, Self::NoHandshake | Self::HalfHandshake | Self::NoUpgrade)
    }

    /// What the server has to say of the ending, as the names of causes, and of what is in them.
    pub(crate) const fn causes(self) -> &'static [&'static str] {
        match self {
            Self::Talk | Self::Burst | Self::Idle | Self::ReadSlowly | Self::WriteSlowly => {
                &["clean"]
            }
            Self::ClosedByServer | Self::Pings | Self::CloseAndStay => &["clean"],
            Self::Leave => &["eof", "transport-failed"],
            Self::Reset => &["eof", "transport-failed", "eof-in-frame"],
            Self::NoHandshake | Self::HalfHandshake => &["timed-out handshake"],
            Self::NoUpgrade => &["failed not-an-upgrade"],
            Self::HalfFrame => &["timed-out pong"],
            Self::Deaf => &["timed-out write"],
            Self::Break(breach) => breach.causes(),
            Self::Bomb => &["failed message-too-long"],
        }
    }

    /// What else the server may say if it was shut down before.
    pub(crate) const fn causes_in_shutdown(self) -> &'static [&'static str] {
        match self {
            Self::Talk | Self::Burst | Self::Idle | Self::WriteSlowly | Self::ClosedByServer => {
                &["clean"]
            }
            Self::Bomb | Self::Pings | Self::CloseAndStay => &["clean"],
            Self::Leave | Self::Reset => &["clean", "eof-after-close"],
            _ => &["clean", "eof-after-close", "timed-out close", "timed-out write"],
        }
    }
}

impl Breach {
    /// The code of the Close frame with which the server answers (RFC 6455 §7.4.1).
    pub(crate) const fn close_code(self) -> u16 {
        match self {
            Self::InvalidUtf8 => 1007,
            Self::TooLong => 1009,
            _ => 1002,
        }
    }

    const fn causes(self) -> &'static [&'static str] {
        match self {
            Self::ReservedBits => &["failed reserved-bits"],
            Self::ReservedOpcode => &["failed reserved-opcode"],
            Self::Unmasked => &["failed unmasked"],
            Self::InvalidUtf8 => &["failed invalid-utf8"],
            Self::UnexpectedContinuation => &["failed unexpected-continuation"],
            Self::BadCloseCode => &["failed bad-close-code"],
            Self::TooLong => &["failed frame-too-long", "failed message-too-long"],
        }
    }
}
