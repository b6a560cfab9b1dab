use tokio::net::TcpStream;
use tokio_websockets::{Message, ServerBuilder};

use super::result::EchoResult;
use super::sink::{batched, one_by_one};

pub(super) async fn echo(stream: TcpStream) -> EchoResult {
    one_by_one(ServerBuilder::new().serve(stream), is_data).await
}

pub(super) async fn echo_batched(stream: TcpStream) -> EchoResult {
    batched(ServerBuilder::new().serve(stream), is_data).await
}

fn is_data(message: &Message) -> bool {
    message.is_text() || message.is_binary()
}
