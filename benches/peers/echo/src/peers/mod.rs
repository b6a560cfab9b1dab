//! The servers that are compared, all on tokio.

mod fastwebsockets;
mod ours;
mod raw;
mod result;
mod sink;
mod sockudo;
mod soketto;
mod tokio_tungstenite;
mod tokio_websockets;
mod upgrade;
mod web_socket;
mod wtx;
mod yawc;

use common::Kind;
use result::EchoResult;
use tokio::net::TcpStream;

/// A row of the tables.
#[derive(Clone, Copy)]
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

impl Server {
    /// Whether it knows no protocol.
    pub(crate) fn is_raw(self) -> bool {
        self.kind == Kind::Limit
    }
}

const fn row(name: &'static str, kind: Kind) -> Server {
    Server { name, kind }
}

pub(crate) const SERVERS: [Server; 14] = [
    row("raw TCP", Kind::Limit),
    row("websocket-proto", Kind::Ours),
    row("tokio-tungstenite", Kind::Peer),
    row("tokio-tungstenite + batch", Kind::Peer),
    row("tokio-websockets", Kind::Peer),
    row("tokio-websockets + batch", Kind::Peer),
    row("fastwebsockets", Kind::Peer),
    row("web-socket", Kind::Peer),
    row("yawc", Kind::Peer),
    row("yawc + batch", Kind::Peer),
    row("sockudo-ws", Kind::Peer),
    row("sockudo-ws + batch", Kind::Peer),
    row("soketto", Kind::Peer),
    row("wtx", Kind::Peer),
];

/// Serves a connection in a task of its own.
pub(crate) fn spawn(name: &str, stream: TcpStream) {
    match name {
        "raw TCP" => drop(tokio::spawn(raw::echo(stream))),
        "websocket-proto" => drop(tokio::spawn(ours::echo(stream))),
        "tokio-tungstenite" => upgraded(stream, tokio_tungstenite::echo),
        "tokio-tungstenite + batch" => upgraded(stream, tokio_tungstenite::echo_batched),
        "tokio-websockets" => upgraded(stream, tokio_websockets::echo),
        "tokio-websockets + batch" => upgraded(stream, tokio_websockets::echo_batched),
        "fastwebsockets" => upgraded(stream, fastwebsockets::echo),
        "web-socket" => upgraded(stream, web_socket::echo),
        "yawc" => upgraded(stream, yawc::echo),
        "yawc + batch" => upgraded(stream, yawc::echo_batched),
        "sockudo-ws" => upgraded(stream, sockudo::echo),
        "sockudo-ws + batch" => upgraded(stream, sockudo::echo_batched),
        "soketto" => upgraded(stream, soketto::echo),
        "wtx" => upgraded(stream, wtx::echo),
        other => panic!("no server is called {other}"),
    }
}

/// The handshake is the same few lines for all: most of them leave it to an HTTP library.
fn upgraded<F>(mut stream: TcpStream, echo: fn(TcpStream) -> F)
where
    F: Future<Output = EchoResult> + Send + 'static,
{
    tokio::spawn(async move {
        upgrade::accept(&mut stream).await?;
        echo(stream).await
    });
}
