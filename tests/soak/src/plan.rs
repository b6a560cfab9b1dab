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
    /// Talks, and ends the TCP connection without a Close frame.
    Leave,
    /// Talks, and resets the TCP connection.
    Reset,
    /// Opens a TCP connection and says nothing.
    NoHandshake,
    /// Stops in the middle of a frame.
    HalfFrame,
    /// Asks for much and never reads.
    Deaf,
    /// Breaks the protocol.
    BadFrame,
    /// Sends Pings without a pause, and closes.
    Pings,
    /// Sends a Close frame, and neither reads nor goes.
    CloseAndStay,
}

/// How often each comes in a hundred connections. Who says nothing or does not read stays longest.
const SHARES: [(Plan, usize); 12] = [
    (Plan::Talk, 34),
    (Plan::Burst, 20),
    (Plan::Idle, 10),
    (Plan::ReadSlowly, 6),
    (Plan::Leave, 7),
    (Plan::Reset, 5),
    (Plan::NoHandshake, 2),
    (Plan::HalfFrame, 3),
    (Plan::Deaf, 2),
    (Plan::BadFrame, 4),
    (Plan::Pings, 4),
    (Plan::CloseAndStay, 3),
];

impl Plan {
    /// The plan of a connection, and the numbers that it goes on with.
    pub(crate) fn of(seed: u64, connection: u64) -> (Self, Random) {
        let mut random = Random::new(seed, connection);
        let mut at = random.below(100);
        for (plan, share) in SHARES {
            if at < share {
                return (plan, random);
            }
            at -= share;
        }
        unreachable!("the shares add up to a hundred")
    }

    /// Whether this connection is one over TLS. Those that break the protocol are not.
    pub(crate) const fn is_over_tls(self, connection: u64) -> bool {
        let keeps_to_protocol = matches!(self, Self::Leave) || self.ends_cleanly();
        keeps_to_protocol && !matches!(self, Self::Pings) && connection.is_multiple_of(5)
    }

    /// Whether both sides see the closing exchange to its end.
    pub(crate) const fn ends_cleanly(self) -> bool {
        matches!(self, Self::Talk | Self::Burst | Self::Idle | Self::ReadSlowly | Self::Pings)
    }

    /// Whether the server gets to know the connection's number.
    pub(crate) const fn opens(self) -> bool {
        !matches!(self, Self::NoHandshake)
    }

    /// What the server has to say of the ending, as the names of causes, and of what is in them.
    pub(crate) const fn causes(self) -> &'static [&'static str] {
        match self {
            Self::Talk | Self::Burst | Self::Idle | Self::ReadSlowly => &["clean"],
            Self::Pings | Self::CloseAndStay => &["clean"],
            Self::Leave => &["eof", "transport-failed"],
            Self::Reset => &["eof", "transport-failed", "eof-in-frame"],
            Self::NoHandshake => &["timed-out handshake"],
            Self::HalfFrame => &["timed-out pong"],
            Self::Deaf => &["timed-out write"],
            Self::BadFrame => &["failed reserved-bits"],
        }
    }
}
