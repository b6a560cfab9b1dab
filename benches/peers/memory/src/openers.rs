//! The crates whose opening handshakes are compared. fastwebsockets, web-socket and yawc leave the
//! handshake to an HTTP library or to their user.

use std::sync::Arc;

use common::{Kind, MemoryStream, Round};
use sockudo_ws::WebSocketStream;
use sockudo_ws::handshake::server_handshake;
use soketto::handshake::Server;
use soketto::handshake::server::Response;
use tokio::runtime::{Builder, Runtime};
use tokio_util::compat::TokioAsyncReadCompatExt;
use tokio_websockets::ServerBuilder;
use websocket_proto::handshake::Acceptance;
use websocket_proto::io::tokio::accept;
use websocket_proto::{Config, Connection, Event, Incoming, Outgoing, Progress, Time};
use wtx::web_socket::{WebSocketAcceptor, WebSocketBuffer};

use crate::handshakes::{Opener, rounds};
use crate::peer::now;
use crate::peers::tungstenite::Blocking;
use crate::peers::wtx::Transport;
use crate::peers::{Contestant, row};
use crate::workload::Workload;

/// The rows of the table.
pub(crate) const OPENERS: [Contestant; 8] = [
    row("websocket-proto", Kind::Ours),
    row("websocket-proto, tokio", Kind::Ours),
    row("tungstenite", Kind::Peer),
    row("tokio-tungstenite", Kind::Peer),
    row("tokio-websockets", Kind::Peer),
    row("sockudo-ws", Kind::Peer),
    row("soketto", Kind::Peer),
    row("wtx", Kind::Peer),
];

/// A function that runs a round of the opener of this name at each call.
pub(crate) fn rounds_of(name: &str, workload: Workload) -> Box<dyn FnMut() -> Round> {
    match name {
        "websocket-proto" => rounds::<Ours>(workload),
        "websocket-proto, tokio" => rounds::<OursOnTokio>(workload),
        "tungstenite" => rounds::<Tungstenite>(workload),
        "tokio-tungstenite" => rounds::<TokioTungstenite>(workload),
        "tokio-websockets" => rounds::<TokioWebsockets>(workload),
        "sockudo-ws" => rounds::<Sockudo>(workload),
        "soketto" => rounds::<Soketto>(workload),
        "wtx" => rounds::<Wtx>(workload),
        other => panic!("no opener is called {other}"),
    }
}

/// The state machine in the smallest possible adapter.
struct Ours {
    config: Arc<Config>,
    window: Vec<u8>,
}

impl Opener for Ours {
    fn new() -> Self {
        Self { config: Arc::new(Config::default()), window: vec![0; 64 << 10] }
    }

    fn open(&mut self, stream: &MemoryStream) {
        let mut connection = Connection::server(Arc::clone(&self.config), Time::ZERO);
        let (mut incoming, mut outgoing) = (Incoming::new(), Outgoing::new());
        incoming.lend_window(std::mem::take(&mut self.window));
        loop {
            match connection.receive(Time::ZERO, &mut incoming, &mut outgoing) {
                Ok(Progress::NeedBytes) => {
                    let len = stream.read(incoming.space());
                    incoming.commit(len);
                }
                Ok(Progress::Event) => break,
                other => panic!("{other:?}"),
            }
        }
        let Some(Event::Request(_)) = incoming.event() else { panic!("no request") };
        connection.accept(Time::ZERO, &Acceptance::new(), &mut outgoing).expect("a valid answer");
        let len = outgoing.first_piece().len();
        stream.write(outgoing.first_piece());
        outgoing.advance(len);
        self.window = incoming.take_back_window();
    }
}

struct OursOnTokio(Runtime);

impl Opener for OursOnTokio {
    fn new() -> Self {
        Self(Builder::new_current_thread().enable_time().build().expect("a runtime"))
    }

    fn open(&mut self, stream: &MemoryStream) {
        let _entered = self.0.enter();
        now(accept(stream.clone())).expect("a valid request");
    }
}

struct Tungstenite;

impl Opener for Tungstenite {
    fn new() -> Self {
        Self
    }

    fn open(&mut self, stream: &MemoryStream) {
        tungstenite::accept(Blocking(stream.clone())).expect("a valid request");
    }
}

struct TokioTungstenite;

impl Opener for TokioTungstenite {
    fn new() -> Self {
        Self
    }

    fn open(&mut self, stream: &MemoryStream) {
        now(tokio_tungstenite::accept_async(stream.clone())).expect("a valid request");
    }
}

struct TokioWebsockets;

impl Opener for TokioWebsockets {
    fn new() -> Self {
        Self
    }

    fn open(&mut self, stream: &MemoryStream) {
        now(ServerBuilder::new().accept(stream.clone())).expect("a valid request");
    }
}

struct Sockudo;

impl Opener for Sockudo {
    fn new() -> Self {
        Self
    }

    fn open(&mut self, stream: &MemoryStream) {
        let config = sockudo_ws::Config::builder().idle_timeout(0).auto_ping(false).build();
        let mut stream = stream.clone();
        now(server_handshake(&mut stream)).expect("a valid request");
        drop(WebSocketStream::server(stream, config));
    }
}

struct Soketto;

impl Opener for Soketto {
    fn new() -> Self {
        Self
    }

    fn open(&mut self, stream: &MemoryStream) {
        now(async {
            let mut server = Server::new(stream.clone().compat());
            let key = server.receive_request().await.expect("a valid request").key();
            let response = Response::Accept { key, protocol: None };
            server.send_response(&response).await.expect("a valid response");
            server.into_builder().finish()
        });
    }
}

struct Wtx;

impl Opener for Wtx {
    fn new() -> Self {
        Self
    }

    fn open(&mut self, stream: &MemoryStream) {
        let acceptor = WebSocketAcceptor::default().buffer(WebSocketBuffer::new());
        now(acceptor.accept(Transport(stream.clone()))).expect("a valid request");
    }
}
