//! What one client may do to the server and to the others.

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
async fn what_breaks_a_limit_is_refused_with_its_key() {
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
async fn long_messages_end_the_connection() {
    let server = Server::start(&[]).await;
    let mut ann = server.join("Ann", "lobby").await;
    ann.send(Message::text("x".repeat((300 << 10) + 1))).await;
    assert_eq!(ann.close_frame().await.code, CloseCode::Size);
}

/// Sixty at once are more than may come at once: they are read slowly, and all of them.
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
async fn slow_readers_are_disconnected_and_told_why() {
    let server = Server::start(&[]).await;
    let mut bob = server.join("Bob", "lobby").await;
    bob.history().await;
    let mut ann = server.join("Ann", "lobby").await;
    ann.history().await;
    let data = [b"GIF89a".to_vec(), vec![7; 250_000]].concat();
    // 15 MB: 4 are kept, 1 waits to be written, and the sockets take what they take.
    for number in 0..60 {
        let key = number.to_string();
        ann.send(picture(&json!({ "key": key, "alt": "" }), &data)).await;
        while ann.next().await["key"] != key.as_str() {}
    }
    let frame = bob.close_frame().await;
    assert_eq!((frame.code, frame.reason.as_str()), (CloseCode::Policy, "too slow"));
    assert!(soon(bob.socket.next()).await.is_none());
}

/// Neither in the head of a request nor behind it: who does not finish is sent away.
#[tokio::test]
async fn nobody_is_waited_for_for_long() {
    let server = Server::start(&[]).await;
    let (head, body) =
        ("GET / HTTP/1.1\r\n", "POST /token HTTP/1.1\r\nContent-Length: 3\r\n\r\nAn");
    let sent_away = async |unfinished: &str| {
        let mut stream = TcpStream::connect(&server.address).await.unwrap();
        stream.write_all(unfinished.as_bytes()).await.unwrap();
        let mut answer = String::new();
        soon(stream.read_to_string(&mut answer)).await.unwrap();
        answer
    };
    let (nothing, head, body) = tokio::join!(sent_away(""), sent_away(head), sent_away(body));
    assert_eq!((nothing.as_str(), head.as_str()), ("", ""));
    assert!(body.starts_with("HTTP/1.1 408 "), "{body}");
}

/// Bob comes and goes as fast as he can, and Ann is told less often than if he talked.
#[tokio::test]
async fn a16_comings_and_goings_are_told_once_a_second() {
    let server = Server::start(&[]).await;
    let mut ann = server.join("Ann", "lobby").await;
    ann.history().await;
    let (start, token) = (Instant::now(), server.token("Bob").await);
    for _ in 0..40 {
        let request = server.request_with(&token, "lobby");
        let (mut bob, _) = soon(connect_async(request)).await.expect("it lets us in");
        soon(bob.close(None)).await.unwrap();
    }
    let _cleo = server.join("Cleo", "lobby").await;
    let mut told = 0;
    while ann.next_of_all().await["name"] != "Cleo" {
        told += 1;
    }
    let most = 1 + start.elapsed().as_secs();
    assert!(told <= most, "{told} in {most} seconds");
}

/// More answers than sockets hold, and nobody who reads them.
#[tokio::test]
async fn a14_connections_that_never_read_are_counted_and_ended() {
    let server = Server::start(&["--connections", "50"]).await;
    let requests = "GET /chat.css HTTP/1.1\r\nHost: chat\r\n\r\n".repeat(2_000);
    let mut streams = Vec::new();
    for _ in 0..50 {
        let mut stream = soon(TcpStream::connect(&server.address)).await.unwrap();
        // The server stops to read when it cannot write.
        let _ = timeout(Duration::from_millis(50), stream.write_all(requests.as_bytes())).await;
        streams.push(stream);
    }
    server.has_taken(50).await;
    assert_eq!(server.ask("GET", "/health", "").await.0, 503);
    server.has_taken(0).await;
    assert_eq!(server.ask("GET", "/health", "").await.0, 200);
}

/// Once it has asked for something, too.
#[tokio::test]
async fn a14_connections_that_ask_for_nothing_more_are_ended() {
    let server = Server::start(&[]).await;
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: chat\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.ends_with("ok"), "{answer}");
    server.has_taken(0).await;
}

/// The connections that find no open file wait in the queue of the system, and are served later.
#[tokio::test]
async fn out_of_open_files_it_says_so_and_goes_on() {
    let mut server = Server::start_with_files(40).await;
    let mut log = BufReader::new(server.process.stderr.take().expect("it is piped")).lines();
    let mut idle = Vec::new();
    for _ in 0..60 {
        idle.push(soon(TcpStream::connect(&server.address)).await.unwrap());
    }
    let start = Instant::now();
    for _ in 0..4 {
        while !soon(log.next_line()).await.unwrap().unwrap().contains("cannot accept") {}
    }
    assert!(start.elapsed() > Duration::from_secs(1), "tried without a pause");
    drop(idle);
    assert_eq!(server.ask("GET", "/health", "").await, (200, "ok".into()));
}
