use tokio_websockets::{Message, ServerBuilder, WebSocketStream};

use super::result::EchoResult;
use super::sink::{batched, one_by_one};
use super::transport::Transport;
use crate::work::Work;

pub(super) async fn serve<S: Transport>(stream: S, work: Work) -> EchoResult {
    one_by_one(open(stream), work, data_len).await
}

pub(super) async fn serve_batched<S: Transport>(stream: S, work: Work) -> EchoResult {
    batched(open(stream), work, data_len).await
}

pub(super) fn open<S: Transport>(stream: S) -> WebSocketStream<S> {
    ServerBuilder::new().serve(stream)
}

pub(super) fn data_len(message: &Message) -> Option<usize> {
    (message.is_text() || message.is_binary()).then(|| message.as_payload().len())
}
