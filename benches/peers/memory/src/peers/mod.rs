//! The crates that are compared, each over a stream in memory.

mod fastwebsockets;
mod limit;
mod ours;
mod ours_stream;
mod ours_tokio;
mod sockudo;
mod soketto;
mod tokio_tungstenite;
mod tokio_websockets;
mod tungstenite;
mod web_socket;
mod wtx;
mod yawc;

use common::{Kind, Round};

use crate::cell::Cell;
use crate::rounds::rounds;

/// A row of the tables.
#[derive(Clone, Copy)]
pub(crate) struct Contestant {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

const fn row(name: &'static str, kind: Kind) -> Contestant {
    Contestant { name, kind }
}

/// Lacking are those that do not check UTF-8.
pub(crate) const RECEIVERS: [Contestant; 13] = [
    row("copy, headers, unmask", Kind::Limit),
    row("websocket-proto", Kind::Ours),
    row("websocket-proto, tokio", Kind::Ours),
    row("websocket-proto, Stream", Kind::Ours),
    row("tungstenite", Kind::Peer),
    row("tokio-tungstenite", Kind::Peer),
    row("tokio-websockets", Kind::Peer),
    row("fastwebsockets", Kind::Peer),
    row("web-socket", Kind::Lacking),
    row("yawc", Kind::Peer),
    row("sockudo-ws", Kind::Peer),
    row("soketto", Kind::Lacking),
    row("wtx", Kind::Peer),
];

/// Lacking are those that write each message by itself, whatever they are asked for.
pub(crate) const SENDERS: [Contestant; 11] = [
    row("websocket-proto", Kind::Ours),
    row("websocket-proto, tokio", Kind::Ours),
    row("tungstenite", Kind::Peer),
    row("tokio-tungstenite", Kind::Peer),
    row("tokio-websockets", Kind::Peer),
    row("fastwebsockets", Kind::Lacking),
    row("web-socket", Kind::Lacking),
    row("yawc", Kind::Peer),
    row("sockudo-ws", Kind::Peer),
    row("soketto", Kind::Lacking),
    row("wtx", Kind::Lacking),
];

/// The rounds of the peer of this name.
pub(crate) fn rounds_of(name: &str, cell: Cell) -> Box<dyn FnMut() -> Round> {
    match name {
        "copy, headers, unmask" => rounds::<limit::Walker>(cell),
        "websocket-proto" => rounds::<ours::Socket>(cell),
        "websocket-proto, tokio" => rounds::<ours_tokio::Socket>(cell),
        "websocket-proto, Stream" => rounds::<ours_stream::Socket>(cell),
        "tungstenite" => rounds::<tungstenite::Socket>(cell),
        "tokio-tungstenite" => rounds::<tokio_tungstenite::Socket>(cell),
        "tokio-websockets" => rounds::<tokio_websockets::Socket>(cell),
        "fastwebsockets" => rounds::<fastwebsockets::Socket>(cell),
        "web-socket" => rounds::<web_socket::Socket>(cell),
        "yawc" => rounds::<yawc::Socket>(cell),
        "sockudo-ws" => rounds::<sockudo::Socket>(cell),
        "soketto" => rounds::<soketto::Socket>(cell),
        "wtx" => rounds::<wtx::Socket>(cell),
        other => panic!("no peer is called {other}"),
    }
}
