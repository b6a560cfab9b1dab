//! What the server serves over HTTP.

use crate::support::Server;

#[tokio::test]
async fn all_files_that_the_page_loads_exist() {
    let server = Server::start(&[]).await;
    let (status, page) = server.ask("GET", "/", "").await;
    assert_eq!(status, 200);
    let sources = page.split('"').filter(|part| part.starts_with('/') && part.contains('.'));
    let sources: Vec<_> = sources.collect();
    assert!(sources.iter().any(|source| source.ends_with(".js")), "{sources:?}");
    for source in sources {
        assert_eq!(server.ask("GET", source, "").await.0, 200, "{source}");
    }
    assert_eq!(server.ask("GET", "/nothing", "").await.0, 404);
    assert_eq!(server.ask("GET", "/ws?room=lobby", "").await.0, 426);
}

#[tokio::test]
async fn metrics_count_what_happened() {
    let server = Server::start(&[]).await;
    let mut ann = server.join("Ann", "lobby").await;
    ann.history().await;
    ann.say("k", "hi").await;
    ann.next().await;
    server.refusal(server.request("Ann", "a/b").await).await;
    let (status, text) = server.metrics.ask("GET", "/metrics", "").await;
    assert_eq!(status, 200);
    for line in [
        "chat_connections 1",
        "chat_rooms 1",
        "chat_messages_received_total 1",
        "chat_messages_sent_total 3",
        "chat_refused_total{status=\"400\"} 1",
    ] {
        assert!(text.lines().any(|present| present == line), "{line} is not in\n{text}");
    }
    assert_eq!(server.ask("GET", "/health", "").await, (200, "ok".into()));
}

/// How many people there are, and what goes wrong, is only for those who run the server.
#[tokio::test]
async fn metrics_are_served_only_at_their_own_address() {
    let server = Server::start(&[]).await;
    assert_eq!(server.ask("GET", "/metrics", "").await.0, 404);
    assert_eq!(server.metrics.ask("GET", "/metrics", "").await.0, 200);
    assert_eq!(server.metrics.ask("GET", "/", "").await.0, 404);
}
