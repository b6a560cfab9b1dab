//! One task for each connection, on hyper: over HTTP/1.1 and HTTP/2.

use std::convert::Infallible;
use std::error::Error;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::{Request, Response, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::Config;
use websocket_proto::handshake::Acceptance;
use websocket_proto::io;
use websocket_proto::io::hyper::{Upgrading, accept};

use crate::tls::{Tls, announce, start_tls_on_tokio};
use crate::tokio::next_client;

/// Sends every message back on the WebSocket that opens.
async fn echo(upgrading: Upgrading) -> Result<(), io::Error> {
    crate::tokio::answer(upgrading.await?).await
}

/// Accepts connections, each in a task of its own.
#[tokio::main]
pub(crate) async fn serve(listen: &str, config: Config, tls: &Tls) -> std::io::Result<()> {
    let listener = TcpListener::bind(listen).await?;
    announce(tls, listener.local_addr())?;
    loop {
        let stream = next_client(&listener).await;
        let tls = tls.clone();
        tokio::spawn(async move {
            if let Err(error) = serve_http(stream, config, &tls).await {
                eprintln!("echo: {error}");
            }
        });
    }
}

async fn serve_http(
    stream: TcpStream,
    config: Config,
    tls: &Tls,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    stream.set_nodelay(true)?;
    let stream = start_tls_on_tokio(stream, tls, config.handshake_timeout).await?;
    let answer = service_fn(move |request| answer(request, config));
    let mut http = auto::Builder::new(TokioExecutor::new());
    // Otherwise, clients open no WebSockets over HTTP/2.
    http.http2().enable_connect_protocol();
    http.serve_connection_with_upgrades(TokioIo::new(stream), answer).await
}

async fn answer(
    request: Request<Incoming>,
    config: Config,
) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(open(request, config).await.unwrap_or_else(|refusal| refusal))
}

async fn open(
    mut request: Request<Incoming>,
    config: Config,
) -> Result<Response<Full<Bytes>>, Response<Full<Bytes>>> {
    let offer = accept(&mut request)?;
    let (response, upgrading) = offer.respond(&Acceptance::new(), config)?;
    tokio::spawn(async {
        if let Err(error) = echo(upgrading).await {
            eprintln!("echo: {error}");
        }
    });
    Ok(response)
}
