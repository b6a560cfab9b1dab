//! What both ends of a connection send, and how they are configured.

use std::sync::OnceLock;
use std::time::Duration;

use websocket_proto::{Config, Deflate};

use super::support::quoted;

/// The peer's last message. Its echo is the last message of the adapter's side.
pub(crate) const LAST: &str = "last";

/// A deadline that never passes, so that it cannot end a wait that nothing else would end.
const NEVER: Duration = Duration::from_secs(1 << 20);

/// The role of the adapter's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) side: Side,
    pub(crate) deflate: bool,
    /// The limit of unwritten output is so low that sending often has to wait for room.
    pub(crate) small_output: bool,
    /// The peer begins the closing handshake; if false, the adapter's side does.
    pub(crate) peer_closes: bool,
    /// The length of the peer's large message.
    pub(crate) large_len: usize,
}

impl Scenario {
    /// A client with no option rotated on.
    pub(crate) const CLIENT: Self = Self {
        side: Side::Client,
        deflate: false,
        small_output: false,
        peer_closes: false,
        large_len: LARGE_LEN,
    };

    /// A server with every option rotated on.
    pub(crate) const SERVER: Self = Self {
        side: Side::Server,
        deflate: true,
        small_output: true,
        peer_closes: true,
        large_len: LARGE_LEN,
    };

    /// A message that is longer than the window and so read straight to the message memory.
    pub(crate) const LARGE: Self = Self { large_len: MAX_LARGE_LEN, ..Self::CLIENT };

    /// Eight scenarios that have every combination of any three of the four choices.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..8).map(|choice: u8| Self {
            side: if choice & 1 == 0 { Side::Client } else { Side::Server },
            deflate: choice & 2 != 0,
            small_output: choice & 4 != 0,
            peer_closes: choice.count_ones() % 2 == 1,
            large_len: LARGE_LEN,
        })
    }

    /// The configuration of the peer.
    pub(crate) fn config(self) -> Config {
        let mut config = Config::default();
        (config.handshake_timeout, config.close_timeout) = (NEVER, NEVER);
        (config.keepalive, config.write_timeout) = (None, None);
        config.deflate = self.deflate.then(Deflate::default);
        config
    }

    /// The configuration of the adapter's side.
    pub(crate) fn adapter_config(self) -> Config {
        let mut config = self.config();
        if self.small_output {
            config.limits.output = 10;
        }
        config
    }
}

/// A length that takes several reads and writes.
const LARGE_LEN: usize = 20_000;

/// More than a window of the asynchronous adapters holds.
const MAX_LARGE_LEN: usize = 300_000;

/// Bytes that cannot be compressed much.
pub(crate) fn noise(len: usize) -> &'static [u8] {
    static NOISE: OnceLock<Vec<u8>> = OnceLock::new();
    let mut state = 0x9e37_79b9_u32;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    &NOISE.get_or_init(|| std::iter::repeat_with(next).take(MAX_LARGE_LEN).collect())[..len]
}

/// A payload in words; [`noise`] is given by its length alone.
pub(crate) fn in_words(payload: &[u8]) -> String {
    match payload.len() {
        len @ 131..=MAX_LARGE_LEN if payload == noise(len) => format!("{len} bytes of noise"),
        _ => quoted(payload),
    }
}
