//! Tokens, origins, and the other reasons to refuse a request.

use tokio::net::TcpStream;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::{Server, soon};

#[tokio::test]
async fn a_token_is_issued_for_a_valid_name() {
    let server = Server::start(&[]).await;
    assert_eq!(server.ask("POST", "/token", "").await, (400, "say who you are".into()));
    let long = "x".repeat(33);
    assert_eq!(server.ask("POST", "/token", &long).await.0, 400);
    assert_eq!(server.ask("POST", "/token", &"x".repeat(10_000)).await.0, 413);
    assert_eq!(server.ask("GET", "/token", "").await.0, 405);
    let mut ann = server.join("  Ann Ångström ", "lobby").await;
    assert_eq!(ann.next().await["name"], "Ann Ångström");
}

#[tokio::test]
async fn a_websocket_needs_a_good_token() {
    let server = Server::start(&[]).await;
    let other = Server::start(&[]).await;
    let plain = || format!("ws://{}/ws?room=lobby", server.address).into_client_request().unwrap();
    assert_eq!(server.refusal(plain()).await, 401);
    let mut forged = plain();
    let foreign = format!("chat, token.{}", other.token("Ann").await);
    forged.headers_mut().insert("Sec-WebSocket-Protocol", foreign.parse().unwrap());
    assert_eq!(server.refusal(forged).await, 401);
    let mut bearer = plain();
    let token = format!("Bearer {}", server.token("Ann").await);
    bearer.headers_mut().insert("Authorization", token.parse().unwrap());
    assert!(connect_async(bearer).await.is_ok());
}

#[tokio::test]
async fn pages_of_other_origins_are_refused() {
    let server = Server::start(&[]).await;
    let own = format!("http://{}", server.address);
    for (origin, status) in
        [(own.as_str(), None), ("http://evil.example", Some(403)), ("null", Some(403))]
    {
        let mut request = server.request("Ann", "lobby").await;
        request.headers_mut().insert("Origin", origin.parse().unwrap());
        match status {
            Some(status) => assert_eq!(server.refusal(request).await, status, "{origin}"),
            None => assert!(connect_async(request).await.is_ok(), "{origin}"),
        }
    }
}

#[tokio::test]
async fn origins_can_be_listed() {
    let listed = ["--origin", "https://chat.example.com", "--origin", "https://example.com"];
    let server = Server::start(&listed).await;
    let mut request = server.request("Ann", "lobby").await;
    let own = format!("http://{}", server.address);
    request.headers_mut().insert("Origin", own.parse().unwrap());
    assert_eq!(server.refusal(request).await, 403);
    let mut request = server.request("Ann", "lobby").await;
    request.headers_mut().insert("Origin", "https://example.com".parse().unwrap());
    assert!(connect_async(request).await.is_ok());
}

#[tokio::test]
async fn rooms_and_ids_are_checked() {
    let server = Server::start(&[]).await;
    for room in ["", "a/b", "a%20b", &"x".repeat(33), "lobby&after=x", "lobby&after=1"] {
        let request = server.request("Ann", room).await;
        assert_eq!(server.refusal(request).await, 400, "{room}");
    }
}

/// Even if the other connection has not asked for anything.
#[tokio::test]
async fn one_connection_too_many_is_refused_with_503() {
    let server = Server::start(&["--connections", "1"]).await;
    let token = server.token("Bob").await;
    server.wait_for_connections(0).await;
    let idle = TcpStream::connect(&server.address).await.unwrap();
    server.wait_for_connections(1).await;
    assert_eq!(server.refusal(server.request_with(&token, "lobby")).await, 503);
    drop(idle);
    server.wait_for_connections(0).await;
    let bob = soon(connect_async(server.request_with(&token, "lobby"))).await.unwrap();
    let full = (503, "too many connections".into());
    assert_eq!(server.ask("POST", "/token", "Ann").await, full);
    drop(bob);
    server.wait_for_connections(0).await;
    server.token("Ann").await;
}

/// Browsers do not tell a page why its WebSocket was refused.
#[tokio::test]
async fn a_page_can_ask_why_it_was_refused() {
    let server = Server::start(&["--origin", "https://chat.example.com"]).await;
    let (token, own) = (server.token("Ann").await, "https://chat.example.com");
    for (room, token, origin, status, why) in [
        ("lobby", &token[..], own, 204, ""),
        ("lobby", &token[..], "https://example.com", 403, "a page of another origin"),
        ("lobby", "AA.AA", own, 401, "no token, or one that is no longer good"),
        ("a/b", &token[..], own, 400, "a room has 1 to 32 letters, digits, - and _"),
    ] {
        let headers = format!("Authorization: Bearer {token}\r\nOrigin: {origin}\r\n");
        let path = format!("/ws?room={room}");
        let answer = server.ask_with("POST", &path, &headers, "").await;
        assert_eq!(answer, (status, why.to_owned()));
    }
}
