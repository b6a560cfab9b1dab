use tokio::net::TcpStream;
use tokio_websockets::{Message, ServerBuilder};

use super::result::EchoResult;
use super::sink::{batched, one_by_one};
use crate::work::Work;

pub(super) async fn serve(stream: TcpStream, work: Work) -> EchoResult {
    one_by_one(ServerBuilder::new().serve(stream), work, data_len).await
}

pub(super) async fn serve_batched(stream: TcpStream, work: Work) -> EchoResult {
    batched(ServerBuilder::new().serve(stream), work, data_len).await
}

fn data_len(message: &Message) -> Option<usize> {
    (message.is_text() || message.is_binary()).then(|| message.as_payload().len())
}
