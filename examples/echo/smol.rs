//! One task a connection, on smol.

use smol::net::{TcpListener, TcpStream};
use websocket_proto::handshake::Acceptance;
use websocket_proto::io::{Error, smol as adapter};
use websocket_proto::{Config, Event};

pub(crate) fn serve(listen: &str, config: Config) -> std::io::Result<()> {
    smol::block_on(async {
        let listener = TcpListener::bind(listen).await?;
        println!("listening on ws://{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            smol::spawn(async move {
                if let Err(error) = echo(stream, config).await {
                    eprintln!("echo: {error}");
                }
            })
            .detach();
        }
    })
}

async fn echo(stream: TcpStream, config: Config) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut socket = adapter::accept_with(stream, config, async |_| Ok(Acceptance::new())).await?;
    loop {
        match socket.next().await {
            Ok(Some((Event::Text(text), reply))) => reply.send_text(text).await?,
            Ok(Some((Event::Binary(data), reply))) => reply.send_binary(data).await?,
            Ok(Some(_)) => {}
            Ok(None) => return Ok(()),
            // The peer is owed a Close frame, which going on delivers.
            Err(Error::Protocol(error)) => eprintln!("echo: {error}"),
            Err(error) => return Err(error),
        }
    }
}
