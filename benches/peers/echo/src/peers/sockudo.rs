use sockudo_ws::{Config, Message, WebSocketStream};

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
    let config =
        Config::builder().max_payload_length(64 << 20).idle_timeout(0).auto_ping(false).build();
    WebSocketStream::server(stream, config)
}

pub(super) fn data_len(message: &Message) -> Option<usize> {
    (message.is_text() || message.is_binary()).then(|| message.as_bytes().len())
}
