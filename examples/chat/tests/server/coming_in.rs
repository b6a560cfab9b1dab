//! Tokens, origins, and what else a request is refused for.

use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::Server;

#[tokio::test]
async fn names_are_issued_tokens() {
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
async fn nobody_comes_in_without_a_good_token() {
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
    assert!(tokio_tungstenite::connect_async(bearer).await.is_ok());
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
            None => assert!(tokio_tungstenite::connect_async(request).await.is_ok(), "{origin}"),
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
    assert!(tokio_tungstenite::connect_async(request).await.is_ok());
}

#[tokio::test]
async fn rooms_and_ids_are_checked() {
    let server = Server::start(&[]).await;
    for room in ["", "a/b", "a%20b", &"x".repeat(33), "lobby&after=x", "lobby&after=1"] {
        let request = server.request("Ann", room).await;
        assert_eq!(server.refusal(request).await, 400, "{room}");
    }
}

#[tokio::test]
async fn one_too_many_waits() {
    let server = Server::start(&["--connections", "1"]).await;
    let ann = server.join("Ann", "lobby").await;
    let request = server.request("Bob", "lobby").await;
    assert_eq!(server.refusal(request).await, 503);
    drop(ann);
    // It takes a moment until the server knows.
    for _ in 0..200 {
        let request = server.request("Bob", "lobby").await;
        if tokio_tungstenite::connect_async(request).await.is_ok() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the place of who has left is not given away");
}
