//! The example for hyper, with our client and that of tungstenite. The one for axum is in `programs/`.
#![cfg(feature = "hyper")]

#[path = "../../../examples/hyper_upgrade.rs"]
#[expect(dead_code, reason = "its `main`")]
mod hyper_example;

use std::time::Duration;

use ::axum::{self, extract::Request, response::Response, routing::any};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::{self, Message};
use websocket_proto::handshake::{ClientRequest, Rejection, http::accept};
use websocket_proto::io::tokio as adapter;
use websocket_proto::{CloseCode, Config, Event, ProtocolError};

/// A request with a frame right after it: a masked "hi".
const EAGER: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\
    \x81\x82\0\0\0\0hi";

async fn within<T>(future: impl Future<Output = T>) -> T {
    // Much longer than any test takes, so this only fails tests that hang.
    tokio::time::timeout(Duration::from_secs(20), future).await.unwrap()
}

/// Starts the example for hyper; returns its address.
async fn hyper() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(hyper_example::serve(listener));
    address.to_string()
}

async fn speak_our_client(url: &str) {
    let mut socket = adapter::connect(url).await.unwrap();
    let long = "long ".repeat(100_000);
    for text in ["é€😀", &long] {
        socket.send_text(text).await.unwrap();
        let Some((Event::Text(echoed), _)) = socket.receive().await.unwrap() else { panic!() };
        assert_eq!(echoed, text);
    }
    socket.send_binary(&[0, 1]).await.unwrap();
    let Some((Event::Binary([0, 1]), _)) = socket.receive().await.unwrap() else { panic!() };
    assert!(socket.close_with(CloseCode::NORMAL, "").await.unwrap().is_clean());
}

async fn speak_tungstenite(url: &str) {
    let (mut socket, response) = tokio_tungstenite::connect_async(url).await.unwrap();
    assert_eq!(response.status(), 101);
    for message in [Message::text("é€😀"), Message::binary(vec![7; 300_000])] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), message);
    }
    socket.close(None).await.unwrap();
    assert!(socket.next().await.unwrap().unwrap().is_close());
    assert!(socket.next().await.is_none());
}

/// Sends bytes in one write; returns the answer up to `end`.
async fn answer_to(address: &str, bytes: &[u8], end: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(end) {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "{}", answer.escape_ascii());
    }
    answer
}

#[tokio::test]
async fn clients_of_hyper() {
    let url = format!("ws://{}/", hyper().await);
    within(speak_our_client(&url)).await;
    within(speak_tungstenite(&url)).await;
}

#[tokio::test]
async fn bytes_read_after_the_request() {
    let answer = within(answer_to(&hyper().await, EAGER, b"\x81\x02hi")).await;
    assert!(answer.starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
}

#[tokio::test]
async fn no_websocket_was_asked_for() {
    let plain = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    let line = format!("\r\n\r\n{}\n", ProtocolError::NotAnUpgrade);
    let answer = within(answer_to(&hyper().await, plain, line.as_bytes())).await;
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{answer}");
    assert!(answer.contains("upgrade: websocket\r\n"), "{answer}");
}

async fn ask_who(mut request: Request) -> Result<Response, Response> {
    let upgrade = accept(&request)?;
    let asked = upgrade.request();
    let (path, query) = (asked.path().to_owned(), asked.query_parameter("to"));
    if asked.bearer_token().is_none() {
        let challenge = format!("Bearer realm=\"{path} {}\"", query.unwrap_or_default());
        return Err(Rejection::unauthorized(&challenge)?.text("log in").into());
    }
    let upgrading = hyper::upgrade::on(&mut request);
    tokio::spawn(async move { drop(upgrading.await) });
    Ok(upgrade.response())
}

/// What a person with curl sees of a rejection behind axum: its status, its headers and its body.
#[tokio::test]
async fn a_rejection_in_an_axum_handler() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().route("/ws", any(ask_who));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let url = format!("ws://{address}/ws?to=a+b");
    let Err(tungstenite::Error::Http(refused)) =
        within(tokio_tungstenite::connect_async(&url)).await
    else {
        panic!()
    };
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()["www-authenticate"], "Bearer realm=\"/ws a b\"");
    assert_eq!(refused.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(refused.headers()["content-length"], "6");
    assert_eq!(refused.body().as_deref(), Some(&b"log in"[..]));
    let request = ClientRequest::new(&url).unwrap().bearer("token").unwrap();
    within(adapter::connect_with(&request, Config::default())).await.unwrap();
}
