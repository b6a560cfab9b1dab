//! The reconnecting client of the adapter for tokio.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use websocket_proto::io::{Update, tokio::Reconnecting};
use websocket_proto::{CloseCode, Config, EndCause};

use super::{LOCKED, PLAY, is_disconnected, long_backoff, server, short_backoff, words};

/// All updates until the end, in words. The client says hello after each connection.
async fn watch(client: &mut Reconnecting) -> Vec<String> {
    let mut seen = Vec::new();
    while let Some(update) = client.receive().await {
        seen.push(words(&update));
        if matches!(update, Update::Connected(..)) {
            client.send_text("hello").await.unwrap();
        }
    }
    seen.push("none".into());
    seen
}

/// The output of a future if it is ready at the first poll. Otherwise the future is dropped.
async fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Like [`watch`], with every future of `receive` dropped where it waits.
async fn watch_dropping_futures(client: &mut Reconnecting) -> Vec<String> {
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
            None => sleep(Duration::from_millis(1)).await,
        }
    }
    seen.push("none".into());
    seen
}

/// The output of a future, which fails if it hangs.
async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), future).await.unwrap()
}

#[tokio::test]
async fn the_play() {
    let (request, server) = server::start(server::play);
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    assert_eq!(within(watch(&mut client)).await, PLAY);
    server.join().unwrap();
}

#[tokio::test]
async fn the_play_with_every_future_dropped() {
    let (request, server) = server::start(server::play);
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    assert_eq!(within(watch_dropping_futures(&mut client)).await, PLAY);
    server.join().unwrap();
}

#[tokio::test]
async fn a_locked_server() {
    let (request, server) = server::start(server::lock);
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    assert_eq!(within(watch(&mut client)).await, LOCKED);
    server.join().unwrap();
}

#[tokio::test]
async fn nothing_is_sent_without_a_connection() {
    let mut client = Reconnecting::new(server::nobody(), Config::default(), long_backoff());
    assert!(is_disconnected(client.send_text("early").await));
    assert!(matches!(within(client.receive()).await, Some(Update::Failed(_))));
    assert!(matches!(within(client.receive()).await, Some(Update::Waiting(_))));
    assert!(poll_once(client.receive()).await.is_none());
    assert!(is_disconnected(client.send_binary(b"early").await));
    assert_eq!(client.close_with(CloseCode::NORMAL, "").await.unwrap(), None);
    assert!(client.receive().await.is_none());
}

#[tokio::test]
async fn closing_is_for_good() {
    let (request, server) = server::start(server::echo);
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    assert!(matches!(within(client.receive()).await, Some(Update::Connected(..))));
    // The future is dropped where it waits for the peer, and the connection closes all the same.
    assert!(poll_once(client.close_with(CloseCode::NORMAL, "bye")).await.is_none());
    let ending = within(client.close_with(CloseCode::NORMAL, "")).await.unwrap().unwrap();
    assert_eq!((ending.cause, &*ending.sent.unwrap().reason), (EndCause::Clean, "bye"));
    assert!(client.receive().await.is_none());
    server.join().unwrap();
}

#[tokio::test]
async fn can_be_spawned() {
    let (request, server) = server::start(server::play);
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    let seen = tokio::spawn(async move { watch(&mut client).await });
    assert_eq!(within(seen).await.unwrap(), PLAY);
    server.join().unwrap();
}
