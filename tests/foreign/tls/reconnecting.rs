//! Clients that connect again, over TLS.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use websocket_proto::backoff::Backoff;
use websocket_proto::handshake::{Acceptance, ClientRequest, Request};
use websocket_proto::io::tls::ServerTls;
use websocket_proto::io::{Error, Update, blocking, smol as for_smol, tokio as for_tokio};
use websocket_proto::{CloseCode, Config, Deadline, EndCause, Event};

use super::{GUARD, config, good, run};

/// How many messages are queued for a server that reads nothing, and how long each of them is.
const MESSAGES: u64 = 30_000;
const LEN: usize = 1_000;

fn client_config() -> Config {
    let mut config = config();
    config.limits.output = 64 << 20;
    config.write_timeout = Some(Duration::from_millis(500));
    config
}

fn backoff() -> Backoff {
    let mut backoff = Backoff::default();
    (backoff.first, backoff.longest) = (Duration::from_millis(1), Duration::from_millis(1));
    backoff
}

/// A server of two connections. It closes the first one after a message, and reads nothing of the
/// second one until it is told; then it returns how many messages arrived.
struct Server {
    address: SocketAddr,
    go_on: Sender<()>,
    thread: JoinHandle<u64>,
}

impl Server {
    fn start(tls: ServerTls) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, (go_on, wait)) = (listener.local_addr().unwrap(), channel());
        Self { address, go_on, thread: thread::spawn(move || serve(&listener, &tls, &wait)) }
    }

    fn request(&self) -> ClientRequest {
        let request = ClientRequest::new(&format!("wss://{}/", self.address)).unwrap();
        request.subprotocol("one").unwrap().subprotocol("two").unwrap()
    }

    /// Lets the server read, and checks that it receives what the client does not count as unsent.
    fn check(self, unsent: u64) {
        self.go_on.send(()).unwrap();
        let received = self.thread.join().unwrap();
        // What TLS or a thread had in its buffer counts, though a part of it has left.
        let missing = MESSAGES - received;
        let more = missing..=missing + (192 << 10) / LEN as u64 + 1;
        assert!(missing > 0 && more.contains(&unsent), "{received} received, {unsent} unsent");
    }
}

fn serve(listener: &TcpListener, tls: &ServerTls, wait: &Receiver<()>) -> u64 {
    let mut socket = accept(listener, tls);
    assert!(matches!(socket.receive(), Ok(Some((Event::Text("hello"), _)))));
    socket.close_with(CloseCode::SERVICE_RESTART, "").unwrap();
    let mut socket = accept(listener, tls);
    wait.recv().unwrap();
    let mut received = 0;
    while let Ok(Some((event, _))) = socket.receive() {
        received += u64::from(matches!(event, Event::Binary(_)));
    }
    received
}

fn accept(
    listener: &TcpListener,
    tls: &ServerTls,
) -> blocking::WebSocket<websocket_proto::io::MaybeTls<TcpStream>> {
    let stream = listener.accept().unwrap().0;
    let stream = blocking::tls_server(stream, tls, GUARD).unwrap();
    let decide = |_: &Request<'_>| {
        Acceptance::new().subprotocol("two")?.header("X-Server", "ours").map_err(Into::into)
    };
    blocking::accept_with(stream, config(), decide).unwrap()
}

#[test]
fn a_blocking_client() {
    let issued = good();
    let (server, tls) = (Server::start(issued.server()), issued.client());
    let (address, request) = (server.address, server.request());
    let dial = move || {
        let stream = TcpStream::connect(address)?;
        let stream = blocking::tls_client(stream, &tls, "127.0.0.1", GUARD)?;
        blocking::client(stream, &request, client_config())
    };
    let mut client = blocking::Reconnecting::with_dial(dial, backoff());
    let (sender, mut connections) = (client.sender(), 0);
    let ending = loop {
        match client.receive().unwrap() {
            Update::Connected(response, _) => {
                connections += 1;
                assert_eq!((response.status(), response.subprotocol()), (101, Some("two")));
                assert_eq!(response.headers().get("X-Server"), Some(&b"ours"[..]));
                if connections == 1 {
                    let sender = sender.clone();
                    thread::spawn(move || sender.send_text("hello").unwrap()).join().unwrap();
                } else {
                    (0..MESSAGES).for_each(|_| sender.feed_binary(&[7; LEN]).unwrap());
                }
            }
            Update::Lost(ending) if connections == 2 => break ending,
            _ => {}
        }
    };
    assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Write));
    let unsent = client.unsent();
    drop(client);
    server.check(unsent);
}

macro_rules! test_adapter {
    ($name:ident, $adapter:ident, $connect:path, $run:path) => {
        #[test]
        fn $name() {
            let issued = good();
            let (server, tls) = (Server::start(issued.server()), issued.client());
            let (address, request) = (server.address, server.request());
            let dial = move || {
                let (tls, request) = (tls.clone(), request.clone());
                async move {
                    let stream = $connect(address).await?;
                    let stream = $adapter::tls_client(stream, &tls, "127.0.0.1", GUARD).await?;
                    $adapter::client(stream, &request, client_config()).await
                }
            };
            let unsent = $run(async {
                let mut client = $adapter::Reconnecting::with_dial(dial, backoff());
                let (sender, mut connections) = (client.sender(), 0);
                let ending = loop {
                    match client.receive().await.unwrap() {
                        Update::Connected(response, _) => {
                            connections += 1;
                            assert_eq!(response.subprotocol(), Some("two"));
                            assert_eq!(response.headers().get("X-Server"), Some(&b"ours"[..]));
                            if connections == 1 {
                                sender.send_text("hello").await.unwrap();
                                continue;
                            }
                            for _ in 0..MESSAGES {
                                sender.feed_binary(&[7; LEN]).await.unwrap();
                            }
                        }
                        Update::Lost(ending) if connections == 2 => break ending,
                        _ => {}
                    }
                };
                assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Write));
                client.unsent()
            });
            server.check(unsent);
        }
    };
}

test_adapter!(a_client_on_tokio, for_tokio, tokio::net::TcpStream::connect, run);
test_adapter!(a_client_on_smol, for_smol, smol::net::TcpStream::connect, smol::block_on);

/// A certificate that is not trusted may be renewed: the table of advice says so.
#[test]
fn a_certificate_that_is_not_trusted_is_worth_another_attempt() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let stream = listener.accept().unwrap().0;
        assert!(blocking::tls_server(stream, &good().server(), GUARD).is_err());
    });
    let other = good().client();
    let dial = move || {
        let stream = TcpStream::connect(address)?;
        let stream = blocking::tls_client(stream, &other, "127.0.0.1", GUARD)?;
        blocking::client(stream, &ClientRequest::new("wss://127.0.0.1/")?, config())
    };
    let mut client = blocking::Reconnecting::with_dial(dial, backoff());
    assert!(matches!(client.receive(), Some(Update::Failed(Error::Io(_)))));
    assert!(matches!(client.receive(), Some(Update::Waiting(_))));
    server.join().unwrap();
}
