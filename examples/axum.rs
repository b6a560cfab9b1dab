//! Serves a WebSocket echo at `/ws` of an axum application. It speaks a subprotocol if asked to.

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{any, get};
use axum::serve::ListenerExt;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use websocket_proto::handshake::{Acceptance, OriginPolicy, Rejection, http};
use websocket_proto::io::{Error, tokio::WebSocket};
use websocket_proto::{Config, Event, Role};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listen = std::env::args().nth(1);
    let listener = TcpListener::bind(listen.as_deref().unwrap_or("127.0.0.1:9001")).await?;
    println!("listening on ws://{}/ws", listener.local_addr()?);
    serve(listener).await
}

pub(crate) async fn serve(listener: TcpListener) -> std::io::Result<()> {
    let page = get(async || "connect to /ws");
    // Nagle's algorithm would delay short messages.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, Router::new().route("/", page).route("/ws", any(answer))).await
}

async fn answer(mut request: Request) -> Result<Response, Response> {
    let upgrade = http::accept(&request)?;
    let asked = upgrade.request();
    if !asked.is_origin_allowed(&OriginPolicy::SameHost) {
        return Err(Rejection::forbidden().text("not from this page\n").into());
    }
    let acceptance = Acceptance::new().choose_subprotocol(asked, &["echo"]);
    let response = upgrade.response_with(&acceptance)?;
    tokio::spawn(async move {
        match hyper::upgrade::on(&mut request).await.map(echo) {
            Ok(echo) => echo.await.unwrap_or_else(|error| eprintln!("axum: {error}")),
            Err(error) => eprintln!("axum: {error}"),
        }
    });
    Ok(response)
}

async fn echo(upgraded: Upgraded) -> Result<(), Error> {
    // `Upgraded` first hands out what was read after the request, so there are no leftover bytes.
    let stream = TokioIo::new(upgraded);
    let mut socket = WebSocket::established(stream, Role::Server, None, Config::default(), &[]);
    while let Some((event, reply)) = socket.receive().await? {
        match event {
            Event::Text(text) => reply.send_text(text).await?,
            Event::Binary(data) => reply.send_binary(data).await?,
            _ => {}
        }
    }
    Ok(())
}
