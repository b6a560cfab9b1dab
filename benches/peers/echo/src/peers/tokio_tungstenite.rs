use tokio_tungstenite::WebSocketStream;
use tungstenite::Message;
use tungstenite::protocol::Role;

use super::result::EchoResult;
use super::sink::{batched, one_by_one};
use super::transport::Transport;
use crate::work::Work;

pub(super) async fn serve<S: Transport>(stream: S, work: Work) -> EchoResult {
    one_by_one(open(stream).await, work, data_len).await
}

pub(super) async fn serve_batched<S: Transport>(stream: S, work: Work) -> EchoResult {
    batched(open(stream).await, work, data_len).await
}

pub(super) async fn open<S: Transport>(stream: S) -> WebSocketStream<S> {
    WebSocketStream::from_raw_socket(stream, Role::Server, None).await
}

pub(super) fn data_len(message: &Message) -> Option<usize> {
    (message.is_text() || message.is_binary()).then(|| message.len())
}
