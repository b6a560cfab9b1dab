use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tungstenite::Message;
use tungstenite::protocol::Role;

use super::result::EchoResult;
use super::sink::{batched, one_by_one};

pub(super) async fn echo(stream: TcpStream) -> EchoResult {
    one_by_one(open(stream).await, is_data).await
}

pub(super) async fn echo_batched(stream: TcpStream) -> EchoResult {
    batched(open(stream).await, is_data).await
}

async fn open(stream: TcpStream) -> WebSocketStream<TcpStream> {
    WebSocketStream::from_raw_socket(stream, Role::Server, None).await
}

fn is_data(message: &Message) -> bool {
    message.is_text() || message.is_binary()
}
