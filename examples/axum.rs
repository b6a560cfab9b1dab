//! A chat on axum: who opens `http://127.0.0.1:9001/?ROOM` gets what anybody says in that room.
use std::{collections::HashMap, sync::Arc, sync::Mutex};

use axum::response::{Html, Response, Result};
use axum::{Router, extract::Path, extract::State, routing::any, routing::get, serve::ListenerExt};
use tokio::{net::TcpListener, sync::broadcast};
use websocket_proto::{CloseCode, Deflate, Event, Prepared, io::Error};
use websocket_proto_axum::{OriginPolicy, WebSocket, WebSocketUpgrade};

type Rooms = Arc<Mutex<HashMap<String, broadcast::Sender<Prepared>>>>;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:9001").await?;
    axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), routes()).await
}

pub(crate) fn routes() -> Router {
    let page = get(Html(include_str!("axum.html")));
    Router::new().route("/", page).route("/rooms/{room}", any(join)).with_state(Rooms::default())
}

async fn join(rooms: State<Rooms>, name: Path<String>, ws: WebSocketUpgrade) -> Result<Response> {
    let ws = ws.origin(&OriginPolicy::SameHost)?.protocols(["chat"]).deflate(Deflate::default());
    let mut rooms = rooms.lock().unwrap();
    rooms.retain(|_, room| room.receiver_count() > 0);
    let room = rooms.entry(name.0).or_insert_with(|| broadcast::channel(16).0).clone();
    Ok(ws.max_message_size(1 << 16).on_upgrade(async |socket| drop(talk(socket, room).await)))
}

async fn talk(mut socket: WebSocket, room: broadcast::Sender<Prepared>) -> Result<(), Error> {
    let mut messages = room.subscribe();
    while socket.ending().is_none() {
        tokio::select! {
            said = socket.receive() => if let Some((Event::Text(text), _)) = said? {
                drop(room.send(Prepared::text(text))); // compressed once for all members
            },
            message = messages.recv() => match message {
                Ok(message) => socket.feed_prepared(&message).await?,
                Err(_) => drop(socket.close_with(CloseCode::POLICY, "too slow").await?),
            },
        }
    }
    Ok(())
}
