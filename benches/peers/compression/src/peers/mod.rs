//! The crates that are compared: servers with the same settings, each over a stream in memory.

mod ours;
mod sockudo;
mod yawc;

use common::MemoryStream;

use crate::peer::Peer;
use crate::workload::Settings;

/// The names of the peers, with this crate first.
pub(crate) const NAMES: [&str; 3] = ["websocket-proto", "yawc", "sockudo-ws"];

/// Makes a connection of the peer of this name.
pub(crate) fn connect(name: &str, stream: MemoryStream, settings: Settings) -> Box<dyn Peer> {
    match name {
        "websocket-proto" => Box::new(ours::Server::new(stream, settings)),
        "yawc" => Box::new(yawc::Server::new(stream, settings)),
        "sockudo-ws" => Box::new(sockudo::Server::new(stream, settings)),
        other => panic!("no peer is called {other}"),
    }
}
