//! The reconnecting client of the adapter for smol.

use std::time::Duration;

use smol::Timer;
use smol::future::{block_on, poll_once};
use websocket_proto::io::{Update, smol::Reconnecting};
use websocket_proto::{CloseCode, Config, EndCause};

use super::{LOCKED, PLAY, is_disconnected, long_backoff, server, short_backoff, words};

/// All updates until the end, in words. The client says hello after each connection, and every
/// future of `receive` is dropped where it waits.
async fn watch(client: &mut Reconnecting) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        match poll_once(client.receive()).await {
            Some(Some(update)) => {
                seen.push(words(&update));
                if matches!(update, Update::Connected(..)) {
                    client.send_text("hello").await.unwrap();
                }
            }
            Some(None) => break,
            None => _ = Timer::after(Duration::from_millis(1)).await,
        }
    }
    seen.push("none".into());
    seen
}

#[test]
fn the_play() {
    let (request, server) = server::start(server::play);
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    assert_eq!(block_on(watch(&mut client)), PLAY);
    server.join().unwrap();
}

#[test]
fn a_locked_server() {
    let (request, server) = server::start(server::lock);
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    assert_eq!(block_on(watch(&mut client)), LOCKED);
    server.join().unwrap();
}

#[test]
fn nothing_is_sent_without_a_connection() {
    let mut client = Reconnecting::new(server::nobody(), Config::default(), long_backoff());
    block_on(async {
        assert!(is_disconnected(client.send_text("early").await));
        assert!(matches!(client.receive().await, Some(Update::Failed(_))));
        assert!(matches!(client.receive().await, Some(Update::Waiting(_))));
        assert!(is_disconnected(client.send_binary(b"early").await));
        assert_eq!(client.close_with(CloseCode::NORMAL, "").await.unwrap(), None);
        assert!(client.receive().await.is_none());
    });
}

#[test]
fn closing_is_for_good() {
    let (request, server) = server::start(server::echo);
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    block_on(async {
        assert!(matches!(client.receive().await, Some(Update::Connected(..))));
        let ending = client.close_with(CloseCode::NORMAL, "bye").await.unwrap().unwrap();
        assert_eq!(ending.cause, EndCause::Clean);
        assert!(client.receive().await.is_none());
    });
    server.join().unwrap();
}
