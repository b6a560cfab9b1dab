use std::net::SocketAddr;
use std::ops::ControlFlow;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use axum::response::IntoResponse;
use axum::routing::any;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpListener;
use websocket_proto_axum::{CloseCode, Message, WebSocket, WebSocketUpgrade};

pub(crate) async fn serve(listener: TcpListener) {
    let app = Router::new().route("/ws", any(greet));
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).await.unwrap();
}

async fn greet(
    ws: WebSocketUpgrade,
    ConnectInfo(who): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> impl IntoResponse {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    println!("{who} connects with {}", agent.unwrap_or("an unknown browser"));
    ws.on_failed_upgrade(|error| println!("no WebSocket: {error}"))
        .on_upgrade(move |socket| converse(socket, who))
}

async fn converse(mut socket: WebSocket, who: SocketAddr) {
    if socket.send(Message::Ping(Bytes::from_static(&[1, 2, 3]))).await.is_err() {
        println!("{who} does not answer");
        return;
    }
    if let Some(message) = socket.recv().await {
        let Ok(message) = message else { return };
        if look_at(message, who).is_break() {
            return;
        }
    }
    for greeting in ["hello", "how are you?"] {
        if socket.send(Message::Text(greeting.into())).await.is_err() {
            return;
        }
    }
    let (mut sender, mut receiver) = socket.split();
    let sending = tokio::spawn(async move {
        for count in 0..20 {
            if sender.send(Message::Text(format!("message {count}").into())).await.is_err() {
                return count;
            }
        }
        let goodbye = sender.send(Message::close(CloseCode::NORMAL, "goodbye")).await;
        if let Err(error) = goodbye {
            println!("{who} heard no goodbye: {error}");
        }
        20
    });
    let receiving = tokio::spawn(async move {
        let mut count = 0;
        while let Some(Ok(message)) = receiver.next().await {
            count += 1;
            if look_at(message, who).is_break() {
                break;
            }
        }
        count
    });
    let (sent, received) = (sending.await.unwrap(), receiving.await.unwrap());
    println!("{who} was sent {sent} messages, and has sent {received}");
}

fn look_at(message: Message, who: SocketAddr) -> ControlFlow<()> {
    match message {
        Message::Text(text) => println!("{who} says {text:?}"),
        Message::Binary(data) => println!("{who} sends {} bytes: {data:?}", data.len()),
        Message::Close { code, reason, .. } => {
            if code != CloseCode::NO_STATUS {
                println!("{who} closes with {code} and {reason:?}");
            } else {
                println!("{who} closes without a code");
            }
            return ControlFlow::Break(());
        }
        Message::Ping(payload) => println!("{who} pings with {payload:?}"),
        Message::Pong(payload) => println!("{who} answers the ping with {payload:?}"),
        _ => {}
    }
    ControlFlow::Continue(())
}
