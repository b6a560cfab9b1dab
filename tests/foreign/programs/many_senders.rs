//! The example `many_senders`, with a server on tokio-tungstenite.

#[path = "../../../examples/many_senders.rs"]
#[expect(dead_code, reason = "its `main`")]
mod example;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{WebSocketStream, accept_async};
use websocket_proto::io::Error;

use super::{ctrl_c, within};

const CLOSED: &str = "the connection has ended: closed, the peer said 1000 \"\", we said 1000 \"\"";

type Peer = WebSocketStream<TcpStream>;

/// Runs the client, whose handle returns what it has printed and its result, and accepts it.
async fn meet(
    sensors: u32,
    readings: u32,
    stop: impl Future<Output = ()> + Send + 'static,
) -> (Peer, JoinHandle<(Vec<String>, Result<(), Error>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let client = tokio::spawn(async move {
        let mut lines = Vec::new();
        let print = |line: &str| lines.push(line.to_owned());
        let result = example::run(&url, sensors, readings, stop, print).await;
        (lines, result)
    });
    let (stream, _) = within(listener.accept()).await.unwrap();
    (within(accept_async(stream)).await.unwrap(), client)
}

#[tokio::test]
async fn all_readings_arrive_and_all_answers_are_printed() {
    let (_press, stop) = ctrl_c();
    let (mut peer, client) = meet(8, 25, stop).await;
    let mut received = Vec::new();
    loop {
        match within(peer.next()).await.unwrap().unwrap() {
            Message::Text(text) => {
                within(peer.send(Message::text(format!("got {text}")))).await.unwrap();
                received.push(text.to_string());
            }
            Message::Close(Some(close)) => break assert_eq!(close.code, CloseCode::Normal),
            message => panic!("{message:?}"),
        }
    }
    while within(peer.next()).await.is_some() {}
    drop(peer);
    let (printed, result) = within(client).await.unwrap();
    result.unwrap();
    let mut expected: Vec<_> = received.iter().map(|text| format!("got {text}")).collect();
    expected.push(CLOSED.to_owned());
    assert_eq!(printed, expected);
    for sensor in 1..=8 {
        let prefix = format!("sensor {sensor} ");
        let of_sensor: Vec<_> = received.iter().filter(|text| text.starts_with(&prefix)).collect();
        let expected: Vec<_> = (1..=25).map(|number| format!("{prefix}reading {number}")).collect();
        assert_eq!(of_sensor, expected.iter().collect::<Vec<_>>(), "in order");
    }
    assert_eq!(received.len(), 8 * 25);
}

#[tokio::test]
async fn ctrl_c_closes_while_others_send() {
    let (press, stop) = ctrl_c();
    let (mut peer, client) = meet(3, u32::MAX, stop).await;
    assert!(within(peer.next()).await.unwrap().unwrap().is_text());
    press.send(()).unwrap();
    // What was sent before still arrives.
    loop {
        match within(peer.next()).await.unwrap().unwrap() {
            Message::Text(_) => {}
            Message::Close(Some(close)) => break assert_eq!(close.code, CloseCode::Normal),
            message => panic!("{message:?}"),
        }
    }
    while within(peer.next()).await.is_some() {}
    drop(peer);
    let (printed, result) = within(client).await.unwrap();
    result.unwrap();
    assert_eq!(printed, [CLOSED]);
}

#[tokio::test]
async fn a_server_that_dies_ends_the_program() {
    let (_press, stop) = ctrl_c();
    let (mut peer, client) = meet(3, u32::MAX, stop).await;
    assert!(within(peer.next()).await.unwrap().unwrap().is_text());
    drop(peer);
    // A stream that ends while readings are on their way is reset, which is an error of who meets it
    // first: of the program, or of a sensor.
    const ENDS: [&str; 2] = ["without a Close frame", "the transport failed"];
    match within(client).await.unwrap() {
        (printed, Ok(())) => {
            assert!(ENDS.iter().any(|end| printed[0].contains(end)), "{printed:?}");
        }
        (printed, Err(error)) => assert!(printed.is_empty(), "{printed:?}, {error}"),
    }
}
