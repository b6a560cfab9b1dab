//! Node's `http2` as the server. Where there is no Node, nothing is tested.

use std::io::{BufRead, BufReader, ErrorKind};
use std::process::{Child, Command, Stdio};

use tokio::net::TcpStream;
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::Error;
use websocket_proto::io::h2::Client;
use websocket_proto::{CloseCode, EndCause, Event};

use super::echo::next;
use super::{guarded, patient};

/// The server, which ends with this.
struct Node(Child);

impl Node {
    fn start() -> Option<(Self, u16)> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/h2/node_server.js");
        let mut node = Command::new("node");
        let started = node.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(error) => {
                eprintln!("no Node: {error}");
                return None;
            }
        };
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Some((Self(child), port.trim().parse().unwrap()))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

fn request(path: &str) -> ClientRequest {
    ClientRequest::new(&format!("ws://localhost{path}")).unwrap().subprotocol("echo").unwrap()
}

async fn talk(client: Client) {
    let mut sockets = Vec::new();
    for _ in 0..4 {
        sockets.push(client.connect(&request("/echo"), patient()).await.unwrap());
    }
    for socket in &mut sockets {
        assert_eq!(socket.response().unwrap().subprotocol(), Some("echo"));
        for len in [0, 1, 126, 70_000, 1 << 20] {
            let message = vec![b'x'; len];
            socket.send_binary(&message).await.unwrap();
            assert!(next(socket).await == message, "{len}");
        }
    }
    let mut cancelled = sockets.pop().unwrap();
    cancelled.send_text("cancel").await.unwrap();
    // Node ends a stream before it resets it.
    let (event, _) = cancelled.receive().await.unwrap().unwrap();
    let Event::Ended(ending) = event else { panic!("{event:?}") };
    assert_eq!(ending.cause, EndCause::Eof);
    for mut socket in sockets {
        let ending = socket.close_with(CloseCode::NORMAL, "bye").await.unwrap();
        assert!(ending.is_clean() && ending.code() == CloseCode::NORMAL, "{ending}");
    }
}

async fn be_refused(client: Client) {
    let error = client.connect(&request("/other"), patient()).await.unwrap_err();
    let Error::Refused(refused) = error else { panic!("{error}") };
    let response = refused.response();
    assert_eq!((response.status(), response.body()), (404, b"not here\n".as_slice()));
    for (path, kind) in [("/busy", ErrorKind::ConnectionRefused), ("/old", ErrorKind::Unsupported)]
    {
        let error = client.connect(&request(path), patient()).await.unwrap_err();
        let Error::Io(error) = error else { panic!("{error}") };
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn node_is_the_server() {
    let Some((_node, port)) = Node::start() else { return };
    guarded(async {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let (client, driver) = Client::handshake(stream).await.unwrap();
        let driving = tokio::spawn(driver);
        talk(client.clone()).await;
        be_refused(client).await;
        driving.await.unwrap().unwrap();
    })
    .await;
}
