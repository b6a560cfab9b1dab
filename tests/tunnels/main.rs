//! Tunnels: a client's stream of bytes passes through a WebSocket server to a plain echo and back,
//! copied by what the runtimes have for it.

mod smol;
mod tokio;

use websocket_proto::{Config, Delivery};

/// How many bytes pass each way.
const LONG: u64 = 100 << 20;
/// How many bytes pass each way where less shows it.
const SHORT: u64 = 10 << 20;

/// Streaming delivery without limits, as a tunnel wants it.
fn streaming() -> Config {
    let mut config = Config::default();
    config.delivery = Delivery::Streaming;
    (config.limits.message, config.limits.frame) = (u64::MAX, u64::MAX);
    config
}

/// Bytes that are not the same again anywhere near.
struct Pattern {
    block: Vec<u8>,
    position: u64,
}

impl Pattern {
    fn new() -> Self {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as u8
        };
        Self { block: (0..1_000_003).map(|_| next()).collect(), position: 0 }
    }

    /// The next bytes, at most `most` of them.
    fn next(&mut self, most: u64) -> &[u8] {
        let begin = (self.position % self.block.len() as u64) as usize;
        let end = self.block.len().min(begin.saturating_add(most.try_into().unwrap()));
        self.position += (end - begin) as u64;
        &self.block[begin..end]
    }

    /// Checks that these bytes come next.
    #[track_caller]
    fn expect(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let position = self.position;
            let expected = self.next(bytes.len() as u64);
            assert!(bytes.starts_with(expected), "other bytes after {position}");
            bytes = &bytes[expected.len()..];
        }
    }
}
