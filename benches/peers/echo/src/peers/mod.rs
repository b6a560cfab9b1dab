//! The servers that are compared, all on tokio.

mod fastwebsockets;
mod hubs;
mod ours;
mod raw;
mod result;
mod sink;
mod sockudo;
mod soketto;
mod tokio_tungstenite;
mod tokio_websockets;
mod transport;
mod upgrade;
mod web_socket;
mod wtx;
mod yawc;

use common::Kind;
pub(crate) use hubs::spawner as broadcaster;
use result::EchoResult;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use transport::Transport;
use websocket_proto::io::tls::ServerTls;

use crate::over::Over;
use crate::traffic::Echo;
use crate::work::Work;

/// A server, which has a row in the tables.
#[derive(Clone, Copy)]
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

impl Server {
    /// What the server sends back: without a protocol, the bytes that it reads.
    pub(crate) fn echo(self) -> Echo {
        match self.kind {
            Kind::Baseline => Echo::Bytes,
            Kind::Ours | Kind::Peer | Kind::Incomplete => Echo::Messages,
        }
    }
}

/// All servers over TCP, or over TLS.
pub(crate) fn servers(over: Over) -> Vec<Server> {
    let baseline = match over {
        Over::Tcp => "raw TCP",
        Over::Tls => "raw TLS",
    };
    // wtx has traits of its own for streams.
    let others = SERVERS.into_iter().filter(|server| over == Over::Tcp || server.name != "wtx");
    [row(baseline, Kind::Baseline)].into_iter().chain(others).collect()
}

/// The servers without those that send in batches, which makes no difference to one that hardly sends.
pub(crate) fn plain_servers(over: Over) -> impl Iterator<Item = Server> {
    servers(over).into_iter().filter(|server| !server.name.ends_with("+ batch"))
}

const fn row(name: &'static str, kind: Kind) -> Server {
    Server { name, kind }
}

/// The servers that speak WebSocket.
const SERVERS: [Server; 14] = [
    row("websocket-proto", Kind::Ours),
    row("websocket-proto, Stream", Kind::Ours),
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

/// The servers that send to all. The others have no sink to keep.
pub(crate) const BROADCASTERS: [Server; 6] = [
    row("raw TCP", Kind::Baseline),
    row("websocket-proto", Kind::Ours),
    row("tokio-tungstenite", Kind::Peer),
    row("tokio-websockets", Kind::Peer),
    row("yawc", Kind::Peer),
    row("sockudo-ws", Kind::Peer),
];

/// Serves a connection in a task of its own, as the server of this name does.
pub(crate) fn spawn(name: &str, stream: TcpStream, work: Work) {
    match name {
        "raw TCP" => drop(tokio::spawn(raw::serve(stream, work))),
        "websocket-proto" => drop(tokio::spawn(ours::serve(stream, work))),
        "websocket-proto, Stream" => drop(tokio::spawn(ours::serve_owned(stream, work))),
        "wtx" => spawn_upgraded(stream, work, wtx::serve),
        other => spawn_peer(other, stream, work),
    }
}

/// The same over TLS, which all but this crate take from tokio-rustls.
pub(crate) fn spawn_over_tls(
    name: &str,
    stream: TcpStream,
    work: Work,
    tls: &ServerTls,
    acceptor: &TlsAcceptor,
) {
    match name {
        "websocket-proto" => drop(tokio::spawn(ours::serve_tls(stream, tls.clone(), work))),
        "websocket-proto, Stream" => {
            drop(tokio::spawn(ours::serve_tls_owned(stream, tls.clone(), work)));
        }
        _ => {
            let (name, accepted) = (name.to_owned(), acceptor.accept(stream));
            tokio::spawn(async move {
                let stream = accepted.await?;
                match &*name {
                    "raw TLS" => drop(tokio::spawn(raw::serve_tls(stream))),
                    name => spawn_peer(name, stream, work),
                }
                EchoResult::Ok(())
            });
        }
    }
}

fn spawn_peer<S: Transport>(name: &str, stream: S, work: Work) {
    match name {
        "tokio-tungstenite" => spawn_upgraded(stream, work, tokio_tungstenite::serve),
        "tokio-tungstenite + batch" => {
            spawn_upgraded(stream, work, tokio_tungstenite::serve_batched);
        }
        "tokio-websockets" => spawn_upgraded(stream, work, tokio_websockets::serve),
        "tokio-websockets + batch" => spawn_upgraded(stream, work, tokio_websockets::serve_batched),
        "fastwebsockets" => spawn_upgraded(stream, work, fastwebsockets::serve),
        "web-socket" => spawn_upgraded(stream, work, web_socket::serve),
        "yawc" => spawn_upgraded(stream, work, yawc::serve),
        "yawc + batch" => spawn_upgraded(stream, work, yawc::serve_batched),
        "sockudo-ws" => spawn_upgraded(stream, work, sockudo::serve),
        "sockudo-ws + batch" => spawn_upgraded(stream, work, sockudo::serve_batched),
        "soketto" => spawn_upgraded(stream, work, soketto::serve),
        other => panic!("no server is called {other}"),
    }
}

/// Serves a connection after a handshake that is the same few lines for all peers: most of them
/// leave it to an HTTP library.
fn spawn_upgraded<S, F>(mut stream: S, work: Work, serve: fn(S, Work) -> F)
where
    S: Transport,
    F: Future<Output = EchoResult> + Send + 'static,
{
    tokio::spawn(async move {
        upgrade::accept(&mut stream).await?;
        serve(stream, work).await
    });
}
