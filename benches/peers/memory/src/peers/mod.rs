//! The crates that are compared, each over a stream in memory.

mod fastwebsockets;
mod ours;
mod ours_stream;
mod ours_tokio;
mod sockudo;
mod soketto;
mod tokio_tungstenite;
mod tokio_websockets;
pub(crate) mod tungstenite;
mod walker;
mod web_socket;
pub(crate) mod wtx;
mod yawc;

use common::{Kind, Round};

use crate::rounds::rounds;
use crate::workload::Workload;

/// A row of the tables: a peer, this crate in one of its forms, or the baseline.
#[derive(Clone, Copy)]
pub(crate) struct Contestant {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

pub(crate) const fn row(name: &'static str, kind: Kind) -> Contestant {
    Contestant { name, kind }
}

/// The rows of the tables of receiving. Peers that do not check UTF-8 are incomplete.
pub(crate) const RECEIVERS: [Contestant; 13] = [
    row("copy, headers, unmask", Kind::Baseline),
    row("websocket-proto", Kind::Ours),
    row("websocket-proto, tokio", Kind::Ours),
    row("websocket-proto, Stream", Kind::Ours),
    row("tungstenite", Kind::Peer),
    row("tokio-tungstenite", Kind::Peer),
    row("tokio-websockets", Kind::Peer),
    row("fastwebsockets", Kind::Peer),
    row("web-socket", Kind::Incomplete),
    row("yawc", Kind::Peer),
    row("sockudo-ws", Kind::Peer),
    row("soketto", Kind::Incomplete),
    row("wtx", Kind::Peer),
];

/// The rows of the tables of sending. Peers that cannot gather several messages in one write are
/// incomplete.
pub(crate) const SENDERS: [Contestant; 11] = [
    row("websocket-proto", Kind::Ours),
    row("websocket-proto, tokio", Kind::Ours),
    row("tungstenite", Kind::Peer),
    row("tokio-tungstenite", Kind::Peer),
    row("tokio-websockets", Kind::Peer),
    row("fastwebsockets", Kind::Incomplete),
    row("web-socket", Kind::Incomplete),
    row("yawc", Kind::Peer),
    row("sockudo-ws", Kind::Peer),
    row("soketto", Kind::Incomplete),
    row("wtx", Kind::Incomplete),
];

/// A function that runs a round of the contestant of this name at each call.
pub(crate) fn rounds_of(name: &str, workload: Workload) -> Box<dyn FnMut() -> Round> {
    match name {
        "copy, headers, unmask" => rounds::<walker::Walker>(workload),
        "websocket-proto" => rounds::<ours::Socket>(workload),
        "websocket-proto, tokio" => rounds::<ours_tokio::Socket>(workload),
        "websocket-proto, Stream" => rounds::<ours_stream::Socket>(workload),
        "tungstenite" => rounds::<tungstenite::Socket>(workload),
        "tokio-tungstenite" => rounds::<tokio_tungstenite::Socket>(workload),
        "tokio-websockets" => rounds::<tokio_websockets::Socket>(workload),
        "fastwebsockets" => rounds::<fastwebsockets::Socket>(workload),
        "web-socket" => rounds::<web_socket::Socket>(workload),
        "yawc" => rounds::<yawc::Socket>(workload),
        "sockudo-ws" => rounds::<sockudo::Socket>(workload),
        "soketto" => rounds::<soketto::Socket>(workload),
        "wtx" => rounds::<wtx::Socket>(workload),
        other => panic!("no peer is called {other}"),
    }
}
