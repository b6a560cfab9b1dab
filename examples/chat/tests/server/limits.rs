//! The limits on what one client can do to the server and to other clients.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::support::{Server, picture, soon};

#[tokio::test]
async fn a_message_over_a_limit_is_refused_with_its_key() {
    let server = Server::start(&[]).await;
    let mut ann = server.join("Ann", "lobby").await;
    ann.history().await;
    ann.say("long", &"x".repeat(2001)).await;
    let why = "a message has at most 2,000 characters";
    assert_eq!(ann.next().await, json!({ "type": "refused", "key": "long", "why": why }));
    ann.send(picture(&json!({ "key": "svg", "alt": "" }), b"<svg/>")).await;
    assert_eq!(ann.next().await["key"], "svg");
    ann.send(Message::text("{")).await;
    assert_eq!(ann.next().await["key"], json!(null));
    ann.send(Message::text(r#"{"type":"ping","at":1234.5}"#)).await;
    assert_eq!(ann.next().await, json!({ "type": "pong", "at": 1234.5 }));
}

#[tokio::test]
async fn a_message_over_300_kib_ends_the_connection() {
    let server = Server::start(&[]).await;
    let mut ann = server.join("Ann", "lobby").await;
    ann.send(Message::text("x".repeat((300 << 10) + 1))).await;
    assert_eq!(ann.close_frame().await.code, CloseCode::Size);
}

/// Sixty messages at once are more than the rate limit allows: they are read slowly, but none is
/// lost.
#[tokio::test]
async fn floods_are_slowed_down_and_lose_nothing() {
    let server = Server::start(&[]).await;
    let mut ann = server.join("Ann", "lobby").await;
    ann.history().await;
    for number in 0..60 {
        let say = json!({ "type": "say", "key": format!("k{number}"), "text": "hi" });
        soon(ann.socket.feed(Message::text(say.to_string()))).await.unwrap();
    }
    soon(ann.socket.flush()).await.unwrap();
    for number in 0..60 {
        assert_eq!(ann.next().await["key"], format!("k{number}"));
    }
}

/// Bob reads nothing while Ann fills more than the server keeps for him.
#[tokio::test]
async fn slow_readers_are_disconnected_with_a_reason() {
    let server = Server::start(&[]).await;
    let mut bob = server.join("Bob", "lobby").await;
    bob.history().await;
    let mut ann = server.join("Ann", "lobby").await;
    ann.history().await;
    let data = [b"GIF89a".to_vec(), vec![7; 250_000]].concat();
    // 15 MB: the room keeps 4, the send queue takes 1, and the buffers of the sockets an unknown
    // part.
    for number in 0..60 {
        let key = number.to_string();
        ann.send(picture(&json!({ "key": key, "alt": "" }), &data)).await;
        while ann.next().await["key"] != key.as_str() {}
    }
    let frame = bob.close_frame().await;
    assert_eq!((frame.code, frame.reason.as_str()), (CloseCode::Policy, "too slow"));
    assert!(soon(bob.socket.next()).await.is_none());
}

/// Whether the head or the body is missing, or all of it.
#[tokio::test]
async fn unfinished_requests_are_ended() {
    let server = Server::start(&[]).await;
    let (head, body) =
        ("GET / HTTP/1.1\r\n", "POST /token HTTP/1.1\r\nContent-Length: 3\r\n\r\nAn");
    let answer_to = async |unfinished: &str| {
        let mut stream = TcpStream::connect(&server.address).await.unwrap();
        stream.write_all(unfinished.as_bytes()).await.unwrap();
        let mut answer = String::new();
        soon(stream.read_to_string(&mut answer)).await.unwrap();
        answer
    };
    let (nothing, head, body) = tokio::join!(answer_to(""), answer_to(head), answer_to(body));
    assert_eq!((nothing.as_str(), head.as_str()), ("", ""));
    assert!(body.starts_with("HTTP/1.1 408 "), "{body}");
}

/// Bob joins and leaves as fast as he can. Ann receives less than she would if he sent messages.
#[tokio::test]
async fn joining_and_leaving_is_announced_once_a_second() {
    let server = Server::start(&[]).await;
    let mut ann = server.join("Ann", "lobby").await;
    ann.history().await;
    let (start, token) = (Instant::now(), server.token("Bob").await);
    for _ in 0..40 {
        let request = server.request_with(&token, "lobby");
        let (mut bob, _) =
            soon(connect_async(request)).await.expect("the server accepts the WebSocket");
        soon(bob.close(None)).await.unwrap();
    }
    let _cleo = server.join("Cleo", "lobby").await;
    let mut received = 0;
    while ann.next_of_any_type().await["name"] != "Cleo" {
        received += 1;
    }
    let seconds = 1 + start.elapsed().as_secs();
    assert!(received <= seconds, "{received} in {seconds} seconds");
}

/// The answers are more than the buffers of the sockets hold, and nobody reads them.
#[tokio::test]
async fn connections_that_never_read_are_counted_and_ended() {
    let server = Server::start(&["--connections", "50"]).await;
    let requests = "GET /chat.css HTTP/1.1\r\nHost: chat\r\n\r\n".repeat(2_000);
    let mut streams = Vec::new();
    for _ in 0..50 {
        let mut stream = soon(TcpStream::connect(&server.address)).await.unwrap();
        // The server stops reading when it cannot write.
        let _ = timeout(Duration::from_millis(50), stream.write_all(requests.as_bytes())).await;
        streams.push(stream);
    }
    server.wait_for_connections(50).await;
    assert_eq!(server.ask("GET", "/health", "").await.0, 503);
    server.wait_for_connections(0).await;
    assert_eq!(server.ask("GET", "/health", "").await.0, 200);
}

/// A connection is ended as well if it is idle after a request.
#[tokio::test]
async fn idle_connections_are_ended() {
    let server = Server::start(&[]).await;
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: chat\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.ends_with("ok"), "{answer}");
    server.wait_for_connections(0).await;
}

/// Connections for which there is no open file wait in a queue of the system, and are served later.
#[tokio::test]
async fn without_open_files_the_server_logs_that_and_goes_on() {
    let mut server = Server::start_with_file_limit(40).await;
    let mut log = BufReader::new(server.process.stderr.take().expect("a pipe")).lines();
    let mut idle = Vec::new();
    for _ in 0..60 {
        idle.push(soon(TcpStream::connect(&server.address)).await.unwrap());
    }
    let start = Instant::now();
    for _ in 0..4 {
        while !soon(log.next_line()).await.unwrap().unwrap().contains("cannot accept") {}
    }
    assert!(start.elapsed() > Duration::from_secs(1), "the server tries again without a pause");
    drop(idle);
    assert_eq!(server.ask("GET", "/health", "").await, (200, "ok".into()));
}
