//! Programs for `axum::extract::ws` that moved here: a client cannot tell the two apart, and little
//! of them has changed.

mod difference;
mod people;

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::net::TcpListener;

#[path = "websockets/after.rs"]
mod new_websockets;
#[path = "websockets/before.rs"]
mod old_websockets;

#[path = "chat/after.rs"]
mod new_chat;
#[path = "chat/before.rs"]
mod old_chat;

type Serve = fn(TcpListener) -> BoxFuture<'static, ()>;

/// What a client of a program saw and heard; it ends when the script does.
async fn transcript(serve: Serve, script: impl AsyncFnOnce(&str) -> Vec<String>) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/ws", listener.local_addr().unwrap());
    tokio::spawn(serve(listener));
    // Much longer than a script takes, so this only ends one that hangs.
    tokio::time::timeout(Duration::from_secs(20), script(&url)).await.expect("hangs")
}

#[tokio::test]
async fn the_conversation_is_the_same() {
    let old = transcript(|on| Box::pin(old_websockets::serve(on)), people::one_converses).await;
    let new = transcript(|on| Box::pin(new_websockets::serve(on)), people::one_converses).await;
    assert_eq!(old, new);
    assert!(new.contains(&"message 19".to_owned()), "{new:?}");
    assert_eq!(new.last().map(String::as_str), Some("close 1000 goodbye"));
}

#[tokio::test]
async fn the_chat_is_the_same() {
    let old = transcript(|on| Box::pin(old_chat::serve(on)), people::two_chat).await;
    let new = transcript(|on| Box::pin(new_chat::serve(on)), people::two_chat).await;
    assert_eq!(old, new);
    assert!(new.contains(&"Ada hears Bob: hello".to_owned()), "{new:?}");
}
