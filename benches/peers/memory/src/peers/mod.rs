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

use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use common::{Kind, MemoryStream, Round};

use crate::cell::{Cell, Side};
use crate::contestant::contestant as run;

/// A connection behind its handshake.
pub(crate) trait Peer {
    /// Else parts of them.
    const WHOLE_MESSAGES: bool = true;

    fn connect(stream: MemoryStream, side: Side) -> Self;

    /// Reads so many messages and shows each to `see`.
    fn receive(&mut self, messages: usize, see: impl FnMut(&[u8]));

    /// Sends binary messages and leaves them as they are. They are flushed when there are so many
    /// of them, and all of them in the end.
    fn send(&mut self, messages: &[Bytes], batch: usize);
}

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

pub(crate) fn contestant(name: &str, cell: Cell) -> Box<dyn FnMut() -> Round> {
    match name {
        "copy, headers, unmask" => run::<limit::Walker>(cell),
        "websocket-proto" => run::<ours::Socket>(cell),
        "websocket-proto, tokio" => run::<ours_tokio::Socket>(cell),
        "websocket-proto, Stream" => run::<ours_stream::Socket>(cell),
        "tungstenite" => run::<tungstenite::Socket>(cell),
        "tokio-tungstenite" => run::<tokio_tungstenite::Socket>(cell),
        "tokio-websockets" => run::<tokio_websockets::Socket>(cell),
        "fastwebsockets" => run::<fastwebsockets::Socket>(cell),
        "web-socket" => run::<web_socket::Socket>(cell),
        "yawc" => run::<yawc::Socket>(cell),
        "sockudo-ws" => run::<sockudo::Socket>(cell),
        "soketto" => run::<soketto::Socket>(cell),
        "wtx" => run::<wtx::Socket>(cell),
        other => panic!("no peer is called {other}"),
    }
}

/// The output of a future that has nothing to wait for, but may give way to others now and then.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("in memory nothing waits");
}
