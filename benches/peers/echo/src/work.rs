//! What servers do with the messages that they receive.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// The length of the message that is answered when messages are only received, in bytes. No other
/// message is as short.
pub(crate) const MARK_LEN: usize = 3;

/// What a server does with the messages that it receives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Work {
    /// Sends each of them back.
    Echo,
    /// Sends the last of several back, which is [`MARK_LEN`] bytes long.
    Receive {
        /// The length of these messages on the wire, in bytes.
        len: usize,
    },
    /// Sends each of them to all connections.
    Broadcast,
}

impl Work {
    /// Whether a message of this length is sent back.
    pub(crate) const fn answers(self, len: usize) -> bool {
        match self {
            Self::Echo | Self::Broadcast => true,
            Self::Receive { .. } => len == MARK_LEN,
        }
    }
}

impl Display for Work {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Echo => formatter.write_str("echo"),
            Self::Broadcast => formatter.write_str("broadcast"),
            Self::Receive { len } => write!(formatter, "receive-{len}"),
        }
    }
}

impl FromStr for Work {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let len = text.strip_prefix("receive-").map(str::parse);
        match len {
            Some(Ok(len)) => Ok(Self::Receive { len }),
            None if text == "echo" => Ok(Self::Echo),
            None if text == "broadcast" => Ok(Self::Broadcast),
            _ => Err("no such work"),
        }
    }
}
