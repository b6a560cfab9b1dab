//! One task for each connection, on tokio.

use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use websocket_proto::handshake::Acceptance;
use websocket_proto::io::task::{WebSocket, Wire};
use websocket_proto::io::{Error, tokio as adapter};
use websocket_proto::{Config, Event};

use crate::tls::{Tls, announce, start_tls_on_tokio};

/// Accepts a WebSocket on the stream, and sends every message back.
pub(crate) async fn echo(stream: TcpStream, config: Config, tls: &Tls) -> Result<(), Error> {
    // Nagle's algorithm would delay short messages.
    stream.set_nodelay(true)?;
    let stream = start_tls_on_tokio(stream, tls, config.handshake_timeout).await?;
    answer(adapter::accept_with(stream, config, async |_| Ok(Acceptance::new())).await?).await
}

/// Sends every message back.
pub(crate) async fn answer<W: Wire>(mut socket: WebSocket<W>) -> Result<(), Error> {
    while let Some((event, reply)) = socket.receive().await? {
        match event {
            // The answers to everything that one read brought are written in one write.
            Event::Text(text) => reply.feed_text(text).await?,
            Event::Binary(data) => reply.feed_binary(data).await?,
            _ => {}
        }
    }
    Ok(())
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
            if let Err(error) = echo(stream, config, &tls).await {
                eprintln!("echo: {error}");
            }
        });
    }
}

/// The next connection. Errors are no reason to stop: for example, too many files are open, or the
/// client has already disconnected.
pub(crate) async fn next_client(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => eprintln!("echo: {error}"),
        }
        sleep(Duration::from_millis(100)).await;
    }
}
