//! The crates that are compared: servers at the same settings, each over a stream in memory.

mod ours;
mod sockudo;
mod yawc;

use common::MemoryStream;

use crate::cell::Settings;
use crate::peer::Peer;

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
