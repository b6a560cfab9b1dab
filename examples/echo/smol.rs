//! One task a connection, on smol.

use std::time::Duration;

use smol::Timer;
use smol::net::{TcpListener, TcpStream};
use websocket_proto::handshake::Acceptance;
use websocket_proto::io::{Error, MaybeTls, smol as adapter};
use websocket_proto::{Config, Event};

use crate::tls::{Tls, announce};

pub(crate) fn serve(listen: &str, config: Config, tls: &Tls) -> std::io::Result<()> {
    smol::block_on(async {
        let listener = TcpListener::bind(listen).await?;
        announce(tls, listener.local_addr())?;
        loop {
            let stream = next_client(&listener).await;
            let tls = tls.clone();
            smol::spawn(async move {
                if let Err(error) = echo(stream, config, &tls).await {
                    eprintln!("echo: {error}");
                }
            })
            .detach();
        }
    })
}

/// It is no reason to stop that too many files are open, or that a client has gone again.
async fn next_client(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => eprintln!("echo: {error}"),
        }
        Timer::after(Duration::from_millis(100)).await;
    }
}

pub(crate) async fn echo(stream: TcpStream, config: Config, tls: &Tls) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let stream = start(stream, tls, config).await?;
    let mut socket = adapter::accept_with(stream, config, async |_| Ok(Acceptance::new())).await?;
    while let Some((event, reply)) = socket.next().await? {
        match event {
            // All that one read brought is answered in one write.
            Event::Text(text) => reply.feed_text(text).await?,
            Event::Binary(data) => reply.feed_binary(data).await?,
            _ => {}
        }
    }
    Ok(())
}

/// The stream as it is, or with TLS around it.
async fn start(
    stream: TcpStream,
    tls: &Tls,
    config: Config,
) -> std::io::Result<MaybeTls<TcpStream>> {
    match (tls, config.handshake_timeout) {
        (None, _) => Ok(MaybeTls::plain(stream)),
        #[cfg(feature = "tls")]
        (Some(tls), timeout) => adapter::tls_server(stream, tls, timeout).await,
        #[cfg(not(feature = "tls"))]
        (Some(tls), _) => match *tls {},
    }
}
