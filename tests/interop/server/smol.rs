//! One task a connection, on smol.

use ::smol::net::{TcpListener, TcpStream};
use websocket_proto::Config;
use websocket_proto::io::{Error, MaybeTls, smol as adapter};

use crate::{LISTEN, Tls, Visit, announce, serve_visit};

pub(crate) fn serve(config: Config, tls: Tls) -> std::io::Result<()> {
    ::smol::block_on(listen(config, tls))
}

async fn listen(config: Config, tls: Tls) -> std::io::Result<()> {
    let listener = TcpListener::bind(LISTEN).await?;
    announce(&tls, listener.local_addr()?);
    loop {
        let tls = tls.clone();
        let (stream, _) = listener.accept().await?;
        ::smol::spawn(async move {
            visit(stream, config, &tls).await.map_err(|error| eprintln!("server: {error}"))
        })
        .detach();
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
