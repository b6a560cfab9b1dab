use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse};
use axum::routing::{any, get};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use websocket_proto_axum::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};

struct Chat {
    names: Mutex<HashSet<String>>,
    messages: broadcast::Sender<String>,
}

pub(crate) async fn serve(listener: TcpListener) {
    let chat = Chat { names: Mutex::default(), messages: broadcast::channel(100).0 };
    let app = Router::new()
        .route("/", get(async || Html("<h1>chat</h1>")))
        .route("/ws", any(join))
        .with_state(Arc::new(chat));
    axum::serve(listener, app).await.unwrap();
}

async fn join(ws: WebSocketUpgrade, State(chat): State<Arc<Chat>>) -> impl IntoResponse {
    ws.on_upgrade(|socket| talk(socket, chat))
}

async fn talk(socket: WebSocket, chat: Arc<Chat>) {
    let (mut sender, mut receiver) = socket.split();
    let mut name = String::new();
    while let Some(Ok(message)) = receiver.next().await {
        if let Message::Text(wanted) = message {
            if chat.names.lock().unwrap().insert(wanted.to_string()) {
                name.push_str(&wanted);
                break;
            }
            let taken = Utf8Bytes::from_static("somebody else has this name");
            let _ = sender.send(Message::Text(taken)).await;
            return;
        }
    }
    let mut messages = chat.messages.subscribe();
    let _ = chat.messages.send(format!("{name} has come"));
    let mut sending = tokio::spawn(async move {
        while let Ok(message) = messages.recv().await {
            if sender.send(Message::text(message)).await.is_err() {
                break;
            }
        }
    });
    let mut receiving = tokio::spawn({
        let (messages, name) = (chat.messages.clone(), name.clone());
        async move {
            while let Some(Ok(Message::Text(text))) = receiver.next().await {
                let _ = messages.send(format!("{name}: {text}"));
            }
        }
    });
    tokio::select! {
        _ = &mut sending => receiving.abort(),
        _ = &mut receiving => sending.abort(),
    }
    let _ = chat.messages.send(format!("{name} has left"));
    chat.names.lock().unwrap().remove(&name);
}
