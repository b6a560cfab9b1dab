//! An echo server with compression (permessage-deflate, RFC 7692), on tokio.
//!
//! ```sh
//! cargo run --features tokio,deflate --example compression
//! ```
//!
//! It prints what it agreed to with each client. Browsers offer compression by themselves: try
//! `new WebSocket("ws://127.0.0.1:9001")` in the console of one.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use websocket_proto::handshake::Acceptance;
use websocket_proto::io::{Error, tokio::accept_with};
use websocket_proto::{Config, Deflate, Event};

const USAGE: &str = "usage: compression [ADDRESS]    where to listen [default: 127.0.0.1:9001]";

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listen = std::env::args().nth(1).unwrap_or("127.0.0.1:9001".into());
    if listen.starts_with('-') {
        println!("{USAGE}");
        return Ok(());
    }
    let listener = TcpListener::bind(listen).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    serve(listener).await;
    Ok(())
}

/// Serves whoever connects.
pub(crate) async fn serve(listener: TcpListener) {
    // The page of `Deflate` says what compression costs, and how to make it cost less.
    let mut config = Config::default();
    config.deflate = Some(Deflate::default());
    // One configuration for all connections.
    let config = Arc::new(config);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(echo(stream, config.clone()))),
            // For example, too many files are open, of which some will be closed.
            Err(error) => {
                eprintln!("compression: {error}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn echo(stream: TcpStream, config: Arc<Config>) -> Result<(), Error> {
    // Nagle's algorithm would delay short messages.
    stream.set_nodelay(true)?;
    let mut socket = accept_with(stream, config, async |_| Ok(Acceptance::new())).await?;
    match socket.connection().deflate() {
        Some(agreed) => println!("with compression: {agreed:?}"),
        None => println!("without compression, as the client did not offer it"),
    }
    // Messages are inflated when they arrive, and compressed when they are sent.
    while let Some((event, reply)) = socket.receive().await? {
        match event {
            Event::Text(text) => reply.send_text(text).await?,
            Event::Binary(data) => reply.send_binary(data).await?,
            Event::Ended(ending) => println!("{ending}"),
            _ => {}
        }
    }
    Ok(())
}
