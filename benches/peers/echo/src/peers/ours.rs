use std::time::Duration;

use tokio::net::TcpStream;
use websocket_proto::io::tls::ServerTls;
use websocket_proto::io::tokio::{WebSocket, accept, tls_server};
use websocket_proto::{Event, Message};

use super::result::EchoResult;
use super::sink::one_by_one;
use super::transport::Transport;
use crate::work::Work;

const TLS_TIMEOUT: Duration = Duration::from_secs(30);

/// The loop of the documentation that answers each read with one write, with the handshake and the
/// keepalive of the adapter.
pub(super) async fn serve(stream: TcpStream, work: Work) -> EchoResult {
    echo(accept(stream).await?, work).await
}

/// The same with the adapter's own TLS.
pub(super) async fn serve_tls(stream: TcpStream, tls: ServerTls, work: Work) -> EchoResult {
    echo(accept(tls_server(stream, &tls, TLS_TIMEOUT).await?).await?, work).await
}

async fn echo<S: Transport>(mut socket: WebSocket<S>, work: Work) -> EchoResult {
    while let Some((event, reply)) = socket.receive().await? {
        match event {
            Event::Text(text) if work.answers(text.len()) => reply.feed_text(text).await?,
            Event::Binary(data) if work.answers(data.len()) => reply.feed_binary(data).await?,
            _ => {}
        }
    }
    Ok(())
}

/// The loop over messages of its own, as a stream and a sink, with the adapter's own TLS.
pub(super) async fn serve_tls_owned(stream: TcpStream, tls: ServerTls, work: Work) -> EchoResult {
    one_by_one(accept(tls_server(stream, &tls, TLS_TIMEOUT).await?).await?, work, data_len).await
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
