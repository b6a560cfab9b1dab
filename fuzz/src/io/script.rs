//! What the application calls, and what the stream does.

use std::collections::VecDeque;
use std::io::ErrorKind;

/// One step of the application or of the peer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    /// Sends, and waits until it is written.
    Send(Content),
    /// Queues.
    Feed(Content),
    Flush,
    Receive,
    PeerSends(Content),
    PeerPings,
    PeerCloses,
    /// The next future is dropped when it has had to wait as often as this.
    DropAfter(u8),
}

/// The kind and the length of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Content {
    pub(crate) is_text: bool,
    pub(crate) len: usize,
}

impl Content {
    /// More than a window of the asynchronous adapters holds.
    pub(crate) const MAX_LEN: usize = 270_000;
}

impl Action {
    /// The actions, each in two bytes.
    pub(crate) fn all(bytes: &[u8]) -> impl Iterator<Item = Self> {
        bytes.as_chunks().0.iter().map(|[kind, amount]| Self::of(*kind, *amount))
    }

    fn of(kind: u8, amount: u8) -> Self {
        let len = match amount {
            ..200 => usize::from(amount),
            255 => Content::MAX_LEN,
            long => usize::from(long - 199) * 700,
        };
        let content = Content { is_text: kind & 16 == 0, len };
        match kind % 16 {
            0..=2 => Self::Send(content),
            3..=5 => Self::Feed(content),
            6 => Self::Flush,
            7..=10 => Self::Receive,
            11 => Self::DropAfter(amount % 8),
            12 | 13 => Self::PeerSends(content),
            14 => Self::PeerPings,
            _ if amount > 128 => Self::PeerCloses,
            _ => Self::Receive,
        }
    }
}

/// What the operations of a stream do, in their order. Once the script is over, they do all they can.
pub(crate) struct Script(VecDeque<u8>);

/// What an operation does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    /// It moves at most this many bytes.
    Moves(usize),
    /// It has to wait until the stream is unblocked.
    Waits,
    /// It fails, and others may not.
    FailsOnce(ErrorKind),
    /// It fails, and so do all that follow.
    Breaks(ErrorKind),
    /// No more bytes come from the peer.
    Ends,
}

impl Script {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(bytes.to_vec().into())
    }

    pub(crate) fn next(&mut self) -> Outcome {
        match self.0.pop_front() {
            None | Some(249..) => Outcome::Moves(usize::MAX),
            Some(byte @ 0..=99) => Outcome::Moves(1 + usize::from(byte)),
            Some(byte @ 100..=139) => Outcome::Moves(1 << ((byte - 100) / 2)),
            Some(140..=219) => Outcome::Waits,
            Some(220..=243) => Outcome::Moves(usize::MAX),
            Some(244) => Outcome::Breaks(ErrorKind::ConnectionReset),
            Some(245) => Outcome::Breaks(ErrorKind::BrokenPipe),
            Some(246) => Outcome::Ends,
            Some(247) => Outcome::Moves(0),
            Some(248) => Outcome::FailsOnce(ErrorKind::TimedOut),
        }
    }
}
