//! The example `feed`, with a server on tokio-tungstenite that dies and returns.

#[path = "../../../examples/feed.rs"]
#[expect(dead_code, reason = "its `main`")]
mod example;

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_async};
use websocket_proto::backoff::Backoff;

use super::{ctrl_c, within};

type Peer = WebSocketStream<TcpStream>;

/// Runs the client with short waits; the handle returns the lines that it has printed.
fn start(address: SocketAddr, stop: impl Future<Output = ()> + Send + 'static) -> Client {
    let mut backoff = Backoff::default();
    backoff.first = Duration::from_millis(20);
    backoff.longest = Duration::from_millis(20);
    tokio::spawn(async move {
        let symbols = ["EUR/USD", "GBP/USD"].map(str::to_owned);
        let mut lines = Vec::new();
        let print = |line: &str| lines.push(line.to_owned());
        example::follow(&format!("ws://{address}/"), &symbols, backoff, stop, print).await.unwrap();
        lines
    })
}

/// A price with the largest number.
const MAX: &str = "18446744073709551615 X 0";

type Client = JoinHandle<Vec<String>>;

/// Waits for a client, and for its subscriptions.
async fn accept(listener: &TcpListener) -> Peer {
    let (stream, _) = listener.accept().await.unwrap();
    let mut peer = accept_async(stream).await.unwrap();
    for expected in ["subscribe EUR/USD", "subscribe GBP/USD"] {
        assert_eq!(peer.next().await.unwrap().unwrap(), Message::text(expected));
    }
    peer
}

async fn send(peer: &mut Peer, lines: &[&str]) {
    for line in lines {
        peer.send(Message::text(*line)).await.unwrap();
    }
}

/// Waits until the client has read everything: it has answered a ping that was sent after that.
async fn ping(peer: &mut Peer) {
    peer.send(Message::Ping("all read?".into())).await.unwrap();
    assert_eq!(peer.next().await.unwrap().unwrap(), Message::Pong("all read?".into()));
}

#[tokio::test]
async fn the_server_dies_and_returns() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_press, stop) = ctrl_c();
    let client = start(address, stop);

    let mut peer = within(accept(&listener)).await;
    within(send(&mut peer, &["7 EUR/USD 1.09", "1 GBP/USD 1.27", "8 EUR/USD 1.10"])).await;
    within(ping(&mut peer)).await;
    // Killed: no Close frame, and whoever connects now is refused.
    drop(listener);
    peer.get_ref().set_zero_linger().unwrap();
    drop(peer);
    let listener = within(return_to(address)).await;

    let mut peer = within(accept(&listener)).await;
    within(send(
        &mut peer,
        &["12 EUR/USD 1.11", "13 EUR/USD 1.12", "2 GBP/USD 1.28", MAX, "1 X 0", "lunch"],
    ))
    .await;
    // A normal end: the feed is done, so the client is, too.
    let done = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    within(peer.close(Some(done))).await.unwrap();
    while within(peer.next()).await.is_some() {}
    drop(peer);

    let mut lines = within(client).await.unwrap();
    // How often it tries meanwhile is a matter of time.
    lines.retain(|line| !line.starts_with("next attempt") && !line.starts_with("cannot connect"));
    let expected = [
        "connected",
        "7 EUR/USD 1.09",
        "1 GBP/USD 1.27",
        "8 EUR/USD 1.10",
        "lost the connection: the transport failed",
        "connected",
        "12 EUR/USD 1.11 (missed 3 before)",
        "13 EUR/USD 1.12",
        "2 GBP/USD 1.28",
        MAX,
        "1 X 0",
        "not understood: \"lunch\"",
        "lost the connection: closed, the peer said 1000 \"\", we said 1000 \"\"",
    ];
    let last = lines.pop().unwrap();
    assert!(last.starts_with("giving up: "), "{last}");
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn a_connection_that_is_lost_before_the_subscription() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (press, stop) = ctrl_c();
    let client = start(listener.local_addr().unwrap(), stop);
    for _ in 0..3 {
        let (stream, _) = within(listener.accept()).await.unwrap();
        let peer = within(accept_async(stream)).await.unwrap();
        peer.get_ref().set_zero_linger().unwrap();
    }
    within(accept(&listener)).await;
    drop(press);
    let lines = within(client).await.unwrap();
    assert_eq!(lines.iter().filter(|line| *line == "connected").count(), 4, "{lines:?}");
}

/// Listens at the address again. A client that dials its own port might hold it for a moment.
async fn return_to(address: SocketAddr) -> TcpListener {
    loop {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        if socket.bind(address).is_ok() {
            return socket.listen(8).unwrap();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn ctrl_c_closes_the_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (press, stop) = ctrl_c();
    let client = start(listener.local_addr().unwrap(), stop);
    let mut peer = within(accept(&listener)).await;
    press.send(()).unwrap();
    let Some(Ok(Message::Close(Some(close)))) = within(peer.next()).await else { panic!() };
    assert_eq!(close.code, CloseCode::Normal);
    assert!(matches!(within(peer.next()).await, None | Some(Err(Error::ConnectionClosed))));
    drop(peer);
    assert_eq!(within(client).await.unwrap(), ["connected"]);
}

#[tokio::test]
async fn ctrl_c_ends_the_wait_for_a_server() {
    // Nobody listens there any more.
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (press, stop) = ctrl_c();
    let client = start(address, stop);
    press.send(()).unwrap();
    let lines = within(client).await.unwrap();
    assert!(!lines.contains(&"connected".to_owned()), "{lines:?}");
}
