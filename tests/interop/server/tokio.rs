//! One task a connection, on tokio.

use ::tokio::net::{TcpListener, TcpStream};
use websocket_proto::Config;
use websocket_proto::io::{Error, MaybeTls, tokio as adapter};

use crate::{LISTEN, Tls, Visit, announce, serve_visit};

#[::tokio::main]
pub(crate) async fn serve(config: Config, tls: Tls) -> std::io::Result<()> {
    let listener = TcpListener::bind(LISTEN).await?;
    announce(&tls, listener.local_addr()?);
    loop {
        let tls = tls.clone();
        let (stream, _) = listener.accept().await?;
        ::tokio::spawn(async move {
            visit(stream, config, &tls).await.map_err(|error| eprintln!("server: {error}"))
        });
    }
}

async fn visit(stream: TcpStream, config: Config, tls: &Tls) -> Result<(), Error> {
    let stream = match tls {
        Some(tls) => adapter::tls_server(stream, tls, config.handshake_timeout).await?,
        None => MaybeTls::plain(stream),
    };
    let mut visit = Visit::default();
    let mut socket =
        adapter::accept_with(stream, config, async |request| visit.decide(request)).await?;
    serve_visit!(socket.receive, visit, [.await])
}
