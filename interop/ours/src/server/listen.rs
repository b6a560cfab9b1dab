//! Listening, on each adapter.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::thread;

use websocket_proto::io::{Error, MaybeTls, blocking, smol as on_smol, tokio as on_tokio};

use super::open::Counted;
use super::visit::Visit;
use super::{LISTEN, announce};
use crate::settings::Settings;

pub(super) fn with_threads(settings: Settings) -> io::Result<()> {
    let listener = TcpListener::bind(LISTEN)?;
    announce(&settings, listener.local_addr()?);
    for stream in blocking::incoming(&listener) {
        let (settings, counted) = (settings.clone(), Counted::new());
        thread::spawn(move || tell(smol::block_on(serve_blocking(stream, settings)), counted));
    }
    Ok(())
}

async fn serve_blocking(stream: TcpStream, settings: Settings) -> Result<(), Error> {
    let Settings { config, tls, .. } = settings;
    let stream = match tls {
        Some(tls) => blocking::tls_server(stream, &tls, config.handshake_timeout)?,
        None => MaybeTls::plain(stream),
    };
    let mut visit = Visit::default();
    let socket = blocking::accept_with(stream, config, |request| visit.decide(request));
    visit.serve(socket).await
}

#[tokio::main]
pub(super) async fn on_tokio(settings: Settings) -> io::Result<()> {
    let listener = tokio::net::TcpListener::bind(LISTEN).await?;
    announce(&settings, listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let (settings, counted) = (settings.clone(), Counted::new());
        tokio::spawn(async move { tell(serve_tokio(stream, settings).await, counted) });
    }
}

async fn serve_tokio(stream: tokio::net::TcpStream, settings: Settings) -> Result<(), Error> {
    let Settings { config, tls, .. } = settings;
    stream.set_nodelay(true)?;
    let stream = match tls {
        Some(tls) => on_tokio::tls_server(stream, &tls, config.handshake_timeout).await?,
        None => MaybeTls::plain(stream),
    };
    let mut visit = Visit::default();
    let socket = on_tokio::accept_with(stream, config, async |request| visit.decide(request)).await;
    visit.serve(socket).await
}

pub(super) async fn on_smol(settings: Settings) -> io::Result<()> {
    let listener = smol::net::TcpListener::bind(LISTEN).await?;
    announce(&settings, listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let (settings, counted) = (settings.clone(), Counted::new());
        smol::spawn(async move { tell(serve_smol(stream, settings).await, counted) }).detach();
    }
}

async fn serve_smol(stream: smol::net::TcpStream, settings: Settings) -> Result<(), Error> {
    let Settings { config, tls, .. } = settings;
    stream.set_nodelay(true)?;
    let stream = match tls {
        Some(tls) => on_smol::tls_server(stream, &tls, config.handshake_timeout).await?,
        None => MaybeTls::plain(stream),
    };
    let mut visit = Visit::default();
    let socket = on_smol::accept_with(stream, config, async |request| visit.decide(request)).await;
    visit.serve(socket).await
}

/// Says what went wrong, when the connection has ended.
fn tell(result: Result<(), Error>, counted: Counted) {
    if let Err(error) = result {
        eprintln!("server: {error}");
    }
    drop(counted);
}
