//! A chat on axum: who connects to `/rooms/NAME` gets what anybody says in that room.
//!
//! ```sh
//! cargo run --features http,tokio --example axum
//! ```
//!
//! `http://127.0.0.1:9001/?lobby` is a page to chat on; open it twice. Ctrl-C closes all rooms. For
//! a chat as one would run it, see `examples/chat`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::{Html, Response};
use axum::routing::{any, get};
use axum::serve::ListenerExt;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::broadcast::{self, error::RecvError};
use websocket_proto::handshake::{Acceptance, OriginPolicy, Rejection, http};
use websocket_proto::io::Error;
use websocket_proto::io::tokio::{GracefulShutdown, WebSocket};
use websocket_proto::{CloseCode, Config, Event, Prepared, Role};

const USAGE: &str = "usage: axum [ADDRESS]    where to listen [default: 127.0.0.1:9001]";

const PAGE: &str = "<!doctype html><title>chat</title>
<form><input autofocus></form><pre></pre><script>
const socket = new WebSocket(`ws://${location.host}/rooms/${location.search.slice(1) || 'lobby'}`, 'chat')
socket.onmessage = (event) => document.querySelector('pre').append(event.data + '\\n')
document.querySelector('form').onsubmit = (event) => {
  event.preventDefault()
  socket.send(event.target[0].value)
  event.target.reset()
}
</script>";

/// The longest message in bytes. Longer ones are answered with 1009.
const MAX_MESSAGE: u64 = 1 << 16;

/// How many messages a member of a room may be behind.
const BACKLOG: usize = 16;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::args().nth(1).unwrap_or("127.0.0.1:9001".into());
    if listen.starts_with('-') {
        println!("{USAGE}");
        return Ok(());
    }
    let listener = TcpListener::bind(listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, async { drop(tokio::signal::ctrl_c().await) }).await
}

/// Serves until `stop` is done, and then closes all rooms.
pub(crate) async fn serve(
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> Result<(), Box<dyn std::error::Error>> {
    let rooms = Rooms::default();
    let routes = Router::new()
        .route("/", get(async || Html(PAGE)))
        .route("/rooms/{room}", any(join))
        .with_state(rooms.clone());
    // Nagle's algorithm would delay short messages.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    tokio::select! {
        result = async { axum::serve(listener, routes).await } => result?,
        () = stop => {}
    }
    let patience = tokio::time::sleep(Duration::from_secs(10));
    rooms.shutdown.close_all(CloseCode::GOING_AWAY, "the chat closes", patience).await?;
    Ok(())
}

#[derive(Clone, Default)]
struct Rooms {
    rooms: Arc<Mutex<HashMap<String, broadcast::Sender<Prepared>>>>,
    shutdown: GracefulShutdown,
}

impl Rooms {
    /// The room of this name. Rooms that everybody has left are forgotten.
    fn enter(&self, name: String) -> broadcast::Sender<Prepared> {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.retain(|_, room| room.receiver_count() > 0);
        rooms.entry(name).or_insert_with(|| broadcast::channel(BACKLOG).0).clone()
    }
}

async fn join(
    State(rooms): State<Rooms>,
    Path(name): Path<String>,
    mut request: Request,
) -> Result<Response, Response> {
    let upgrade = http::accept(&request)?;
    let asked = upgrade.request();
    // Browsers let any page connect, so a server has to look where a request is from.
    if !asked.is_origin_allowed(&OriginPolicy::SameHost) {
        return Err(Rejection::forbidden().text("not from this page\n").into());
    }
    let acceptance = Acceptance::new().choose_subprotocol(asked, &["chat"]);
    let response = upgrade.response_with(&acceptance)?;
    tokio::spawn(async move {
        match hyper::upgrade::on(&mut request).await {
            Ok(upgraded) => chat(upgraded, &rooms, name)
                .await
                .unwrap_or_else(|error| eprintln!("axum: {error}")),
            Err(error) => eprintln!("axum: {error}"),
        }
    });
    Ok(response)
}

async fn chat(upgraded: Upgraded, rooms: &Rooms, name: String) -> Result<(), Error> {
    let room = rooms.enter(name);
    let mut messages = room.subscribe();
    // `Upgraded` first hands out what was read after the request, so there are no leftover bytes.
    let stream = TokioIo::new(upgraded);
    let mut config = Config::default();
    config.limits.message = MAX_MESSAGE;
    let mut socket = WebSocket::established(stream, Role::Server, None, config, &[]);
    rooms.shutdown.watch(&mut socket);
    loop {
        // Both may be dropped at any time: nothing is lost.
        tokio::select! {
            received = socket.receive() => match received? {
                // Encoded once for all members, of whom we are one.
                Some((Event::Text(text), _)) => drop(room.send(Prepared::text(text))),
                Some(_) => {}
                None => return Ok(()),
            },
            message = messages.recv() => match message {
                Ok(message) => socket.feed_prepared(&message).await?,
                Err(RecvError::Lagged(_)) => {
                    socket.close_with(CloseCode::POLICY, "too slow").await?;
                    return Ok(());
                }
                Err(RecvError::Closed) => return Ok(()),
            }
        }
    }
}
