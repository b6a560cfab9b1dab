//! The example `fresh_token`, with a server on tokio-tungstenite whose tokens expire.

#[path = "../../../examples/fresh_token.rs"]
#[expect(dead_code, reason = "its `main`")]
mod example;

use std::path::Path;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};
use websocket_proto::backoff::Backoff;

use super::within;

/// Waits for a client. One with another token than this is refused, and `None` is returned.
async fn accept(listener: &TcpListener, token: &str) -> Option<WebSocketStream<TcpStream>> {
    let (stream, _) = within(listener.accept()).await.unwrap();
    let expected = format!("Bearer {token}");
    #[expect(clippy::result_large_err, reason = "tungstenite's own")]
    let check = |request: &Request, response: Response| {
        if request.headers()["Authorization"] == expected {
            return Ok(response);
        }
        let mut refused = ErrorResponse::new(None);
        *refused.status_mut() = "401".parse().unwrap();
        Err(refused)
    };
    within(accept_hdr_async(stream, check)).await.ok()
}

/// Runs the client with short waits; returns the lines that it has printed.
async fn run(url: String, file: &Path) -> Vec<String> {
    let mut backoff = Backoff::default();
    (backoff.first, backoff.longest) = (Duration::from_millis(5), Duration::from_millis(20));
    let mut lines = Vec::new();
    example::follow(&url, file.into(), backoff, |line| lines.push(line.to_owned())).await;
    lines
}

#[tokio::test]
async fn each_attempt_has_the_token_of_its_time() {
    let file = std::env::temp_dir().join(format!("token-{}", std::process::id()));
    let _ = std::fs::remove_file(&file);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let client = tokio::spawn({
        let file = file.clone();
        async move { run(url, &file).await }
    });

    // There is no token at first.
    tokio::time::sleep(Duration::from_millis(50)).await;
    std::fs::write(&file, "first\n").unwrap();
    let mut peer = accept(&listener, "first").await.unwrap();
    peer.send(Message::text("one")).await.unwrap();
    drop(peer);

    // The token has expired, and the client learns it before there is another one.
    assert!(accept(&listener, "second").await.is_none());
    std::fs::write(&file, "second\n").unwrap();
    let mut peer = loop {
        if let Some(peer) = accept(&listener, "second").await {
            break peer;
        }
    };
    peer.send(Message::text("two")).await.unwrap();
    peer.close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() })).await.unwrap();
    while within(peer.next()).await.is_some() {}
    drop(peer);

    let mut lines = within(client).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    // How often it tries is a matter of time.
    lines.dedup();
    assert!(lines[0].starts_with("cannot connect: No such file"), "{lines:?}");
    assert!(lines[3].starts_with("lost the connection: "), "{lines:?}");
    assert_eq!(lines[1..3], ["connected", "one"]);
    assert_eq!(lines[4], "cannot connect: the server answered 401 Unauthorized");
    assert_eq!(lines[5..7], ["connected", "two"]);
    assert!(lines[8].starts_with("giving up: the peer closed normally"), "{lines:?}");
}
