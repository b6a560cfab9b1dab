//! Serves a WebSocket echo on hyper: hyper reads and writes the HTTP, the upgraded stream is ours.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper::{Request, Response, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use websocket_proto::handshake::http::accept;
use websocket_proto::io::tokio::WebSocket;
use websocket_proto::{Config, Event, Role};

type Error = Box<dyn std::error::Error + Send + Sync>;

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

async fn serve_http(stream: TcpStream) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
    Ok(serving.with_upgrades().await?)
}

async fn answer(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let response = match accept(&request) {
        Ok(upgrade) => {
            tokio::spawn(async move {
                let echoed = match hyper::upgrade::on(&mut request).await {
                    Ok(upgraded) => echo(upgraded).await,
                    Err(error) => Err(error.into()),
                };
                if let Err(error) = echoed {
                    eprintln!("hyper_upgrade: {error}");
                }
            });
            upgrade.response()
        }
        Err(error) => error.into(),
    };
    Ok(response)
}

async fn echo(upgraded: Upgraded) -> Result<(), Error> {
    // The stream itself, and the frames that hyper has read after the request.
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().map_err(|_| "not over TCP")?;
    let stream = parts.io.into_inner();
    let config = Config::default();
    let mut socket = WebSocket::established(stream, Role::Server, None, config, &parts.read_buf);
    while let Some((event, reply)) = socket.receive().await? {
        match event {
            Event::Text(text) => reply.send_text(text).await?,
            Event::Binary(data) => reply.send_binary(data).await?,
            _ => {}
        }
    }
    Ok(())
}
