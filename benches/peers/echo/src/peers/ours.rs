use tokio::net::TcpStream;
use websocket_proto::Event;
use websocket_proto::io::tokio::accept;

use super::Ended;

/// The plain loop of the documentation, with its own handshake and keepalive.
pub(super) async fn echo(stream: TcpStream) -> Ended {
    let mut socket = accept(stream).await?;
    while let Some((event, reply)) = socket.next().await? {
        match event {
            Event::Text(text) => reply.send_text(text).await?,
            Event::Binary(data) => reply.send_binary(data).await?,
            _ => {}
        }
    }
    Ok(())
}
