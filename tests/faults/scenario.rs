//! What both ends do.

use std::sync::OnceLock;
use std::time::Duration;

use websocket_proto::{Config, Deflate};

use super::support::quoted;

/// The peer's last message; the echo of it is this side's.
pub(crate) const LAST: &str = "last";

/// Ample, so that no deadline passes and whoever waits in vain is found out.
const NEVER: Duration = Duration::from_secs(1 << 20);

/// Which end the adapter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) side: Side,
    pub(crate) deflate: bool,
    /// Sending often has to wait for room.
    pub(crate) tight: bool,
    /// The peer begins to close, or this side does.
    pub(crate) peer_closes: bool,
    /// The length of the peer's large message.
    pub(crate) large: usize,
}

impl Scenario {
    /// A client, and nothing special.
    pub(crate) const CLIENT: Self =
        Self { side: Side::Client, deflate: false, tight: false, peer_closes: false, large: LONG };

    /// A server, and all that is special.
    pub(crate) const SERVER: Self =
        Self { side: Side::Server, deflate: true, tight: true, peer_closes: true, large: LONG };

    /// A message that is read straight to where it is put together.
    pub(crate) const LARGE: Self = Self { large: LARGEST, ..Self::CLIENT };

    /// Any three of the choices in all combinations.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..8).map(|choice: u8| Self {
            side: if choice & 1 == 0 { Side::Client } else { Side::Server },
            deflate: choice & 2 != 0,
            tight: choice & 4 != 0,
            peer_closes: choice.count_ones() % 2 == 1,
            large: LONG,
        })
    }

    pub(crate) fn config(self) -> Config {
        let mut config = Config::default();
        (config.handshake_timeout, config.close_timeout) = (NEVER, NEVER);
        (config.keepalive, config.write_timeout) = (None, None);
        config.deflate = self.deflate.then(Deflate::default);
        config
    }

    /// The same for the end that the adapter is.
    pub(crate) fn own_config(self) -> Config {
        let mut config = self.config();
        if self.tight {
            config.limits.output = 10;
        }
        config
    }
}

/// Several reads and writes.
const LONG: usize = 20_000;

/// More than a window of the asynchronous adapters holds.
const LARGEST: usize = 300_000;

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
    &NOISE.get_or_init(|| std::iter::repeat_with(next).take(LARGEST).collect())[..len]
}

/// A payload in words, noise by its length.
pub(crate) fn in_words(payload: &[u8]) -> String {
    match payload.len() {
        len @ 131..=LARGEST if payload == noise(len) => format!("{len} bytes of noise"),
        _ => quoted(payload),
    }
}
