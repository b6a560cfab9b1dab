//! The extractor as clients see it: tungstenite over HTTP/1.1, and over HTTP/2 in a stream of hyper's.

mod clients;
mod ending;
mod opening;
mod refusing;
mod size;

use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use websocket_proto_axum::{Event, WebSocket};

/// Much longer than any test takes, so this only fails tests that hang.
async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("hangs")
}

/// Serves for the rest of the test; returns the address.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async { axum::serve(listener, router).await });
    address
}

/// Answers every message with itself.
async fn echo(mut socket: WebSocket) {
    while let Ok(Some((event, reply))) = socket.receive().await {
        let sent = match event {
            Event::Text(text) => reply.send_text(text).await,
            Event::Binary(data) => reply.send_binary(data).await,
            _ => Ok(()),
        };
        if sent.is_err() {
            return;
        }
    }
}
