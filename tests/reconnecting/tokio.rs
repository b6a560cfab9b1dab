//! tokio.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use websocket_proto::io::{Update, tokio::Reconnecting};
use websocket_proto::{CloseCode, Config, EndCause};

use super::{LOCKED, PLAY, hasty, is_disconnected, patient, server, words};

/// What happens up to the end, with a hello after each connection.
async fn watch(client: &mut Reconnecting) -> Vec<String> {
    let mut seen = Vec::new();
    while let Some(update) = client.next().await {
        seen.push(words(&update));
        if matches!(update, Update::Connected) {
            client.send_text("hello").await.unwrap();
        }
    }
    seen.push("none".into());
    seen
}

/// What a future comes to if it is polled once; it is dropped if it would wait.
async fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// The same as [`watch`], with every future of `next` dropped where it waits.
async fn watch_impatiently(client: &mut Reconnecting) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        match at_once(client.next()).await {
            Some(Some(update)) => {
                seen.push(words(&update));
                if matches!(update, Update::Connected) {
                    client.send_text("hello").await.unwrap();
                }
            }
            Some(None) => break,
            None => sleep(Duration::from_millis(1)).await,
        }
    }
    seen.push("none".into());
    seen
}

/// A guard against hanging and nothing else.
async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), future).await.unwrap()
}

#[tokio::test]
async fn the_play() {
    let (request, server) = server::start(server::play);
    let mut client = Reconnecting::new(request, Config::default(), hasty());
    assert_eq!(within(watch(&mut client)).await, PLAY);
    server.join().unwrap();
}

#[tokio::test]
async fn the_play_with_every_future_dropped() {
    let (request, server) = server::start(server::play);
    let mut client = Reconnecting::new(request, Config::default(), hasty());
    assert_eq!(within(watch_impatiently(&mut client)).await, PLAY);
    server.join().unwrap();
}

#[tokio::test]
async fn a_locked_server() {
    let (request, server) = server::start(server::lock);
    let mut client = Reconnecting::new(request, Config::default(), hasty());
    assert_eq!(within(watch(&mut client)).await, LOCKED);
    server.join().unwrap();
}

#[tokio::test]
async fn nothing_is_sent_without_a_connection() {
    let mut client = Reconnecting::new(server::nobody(), Config::default(), patient());
    assert!(is_disconnected(client.send_text("early").await));
    assert!(matches!(within(client.next()).await, Some(Update::Failed(_))));
    assert!(matches!(within(client.next()).await, Some(Update::Waiting(_))));
    assert!(at_once(client.next()).await.is_none());
    assert!(is_disconnected(client.send_binary(b"early").await));
    assert_eq!(client.close(CloseCode::NORMAL, "").await.unwrap(), None);
    assert!(client.next().await.is_none());
}

#[tokio::test]
async fn closing_is_for_good() {
    let (request, server) = server::start(server::echo);
    let mut client = Reconnecting::new(request, Config::default(), hasty());
    assert!(matches!(within(client.next()).await, Some(Update::Connected)));
    // Dropped where it waits for the peer, it is still the end.
    assert!(at_once(client.close(CloseCode::NORMAL, "bye")).await.is_none());
    let ending = within(client.close(CloseCode::NORMAL, "")).await.unwrap().unwrap();
    assert_eq!((ending.cause, &*ending.sent.unwrap().reason), (EndCause::Clean, "bye"));
    assert!(client.next().await.is_none());
    server.join().unwrap();
}

#[tokio::test]
async fn can_be_spawned() {
    let (request, server) = server::start(server::play);
    let mut client = Reconnecting::new(request, Config::default(), hasty());
    let seen = tokio::spawn(async move { watch(&mut client).await });
    assert_eq!(within(seen).await.unwrap(), PLAY);
    server.join().unwrap();
}
