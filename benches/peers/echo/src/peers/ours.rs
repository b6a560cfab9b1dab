use tokio::net::TcpStream;
use websocket_proto::Event;
use websocket_proto::io::tokio::accept;

use super::result::EchoResult;

/// The loop of the documentation that answers each read with one write, with the handshake and the
/// keepalive of the adapter.
pub(super) async fn echo(stream: TcpStream) -> EchoResult {
    let mut socket = accept(stream).await?;
    while let Some((event, reply)) = socket.receive().await? {
        match event {
            Event::Text(text) => reply.feed_text(text).await?,
            Event::Binary(data) => reply.feed_binary(data).await?,
            _ => {}
        }
    }
    Ok(())
}
