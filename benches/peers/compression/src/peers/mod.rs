//! The crates that are compared: servers at the same settings, each over a stream in memory.

mod ours;
mod sockudo;
mod yawc;

use common::{MemoryStream, Text};
use futures_util::FutureExt;

use crate::cell::Settings;

/// A connection behind its handshake.
pub(crate) trait Peer {
    /// Reads so many text messages and shows each to `see`.
    fn receive(&mut self, messages: usize, see: &mut dyn FnMut(&[u8]));

    /// Sends the messages one by one: each is written before the next is begun.
    fn send(&mut self, messages: &[Text]);
}

/// The first is ours.
pub(crate) const NAMES: [&str; 3] = ["websocket-proto", "yawc", "sockudo-ws"];

pub(crate) fn connect(name: &str, stream: MemoryStream, settings: Settings) -> Box<dyn Peer> {
    match name {
        "websocket-proto" => Box::new(ours::Server::new(stream, settings)),
        "yawc" => Box::new(yawc::Server::new(stream, settings)),
        "sockudo-ws" => Box::new(sockudo::Server::new(stream, settings)),
        other => panic!("no peer is called {other}"),
    }
}

/// The output of a future that has nothing to wait for.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("in memory nothing waits")
}
