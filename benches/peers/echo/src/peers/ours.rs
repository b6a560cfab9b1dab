use tokio::net::TcpStream;
use websocket_proto::io::tokio::accept;
use websocket_proto::{Event, Message};

use super::result::EchoResult;
use super::sink::one_by_one;
use crate::work::Work;

/// The loop of the documentation that answers each read with one write, with the handshake and the
/// keepalive of the adapter.
pub(super) async fn serve(stream: TcpStream, work: Work) -> EchoResult {
    let mut socket = accept(stream).await?;
    while let Some((event, reply)) = socket.receive().await? {
        match event {
            Event::Text(text) if work.answers(text.len()) => reply.feed_text(text).await?,
            Event::Binary(data) if work.answers(data.len()) => reply.feed_binary(data).await?,
            _ => {}
        }
    }
    Ok(())
}

/// The loop over messages of its own, as a stream and a sink.
pub(super) async fn serve_owned(stream: TcpStream, work: Work) -> EchoResult {
    one_by_one(accept(stream).await?, work, data_len).await
}

fn data_len(message: &Message) -> Option<usize> {
    match message {
        Message::Text(text) => Some(text.len()),
        Message::Binary(data) => Some(data.len()),
        _ => None,
    }
}
