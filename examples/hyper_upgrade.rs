//! Serves a WebSocket echo on hyper, over HTTP/1.1 and HTTP/2: hyper reads and writes the HTTP, what
//! it upgrades is ours.
//!
//! ```sh
//! cargo run --features hyper --example hyper_upgrade
//! ```

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::{Request, Response, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use websocket_proto::handshake::Acceptance;
use websocket_proto::io::Error;
use websocket_proto::io::hyper::{Upgrading, accept};
use websocket_proto::{Config, Event};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listen = std::env::args().nth(1);
    let listener = TcpListener::bind(listen.as_deref().unwrap_or("127.0.0.1:9001")).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    serve(listener).await
}

pub(crate) async fn serve(listener: TcpListener) -> std::io::Result<()> {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(async move {
                if let Err(error) = serve_http(stream).await {
                    eprintln!("hyper_upgrade: {error}");
                }
            })),
            // For example, too many files are open, of which some will be closed.
            Err(error) => {
                eprintln!("hyper_upgrade: {error}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve_http(stream: TcpStream) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    stream.set_nodelay(true)?;
    let mut http = auto::Builder::new(TokioExecutor::new());
    // Otherwise, clients open no WebSockets over HTTP/2.
    http.http2().enable_connect_protocol();
    http.serve_connection_with_upgrades(TokioIo::new(stream), service_fn(answer)).await
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(open(request).await.unwrap_or_else(|refusal| refusal))
}

async fn open(
    mut request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Response<Full<Bytes>>> {
    let offer = accept(&mut request)?;
    let (response, upgrading) = offer.respond(&Acceptance::new(), Config::default())?;
    tokio::spawn(async {
        if let Err(error) = echo(upgrading).await {
            eprintln!("hyper_upgrade: {error}");
        }
    });
    Ok(response)
}

async fn echo(upgrading: Upgrading) -> Result<(), Error> {
    let mut socket = upgrading.await?;
    while let Some((event, reply)) = socket.receive().await? {
        match event {
            Event::Text(text) => reply.send_text(text).await?,
            Event::Binary(data) => reply.send_binary(data).await?,
            _ => {}
        }
    }
    Ok(())
}
