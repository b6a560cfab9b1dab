use sockudo_ws::{Config, Message, WebSocketStream};
use tokio::net::TcpStream;

use super::result::EchoResult;
use super::sink::{batched, one_by_one};

pub(super) async fn echo(stream: TcpStream) -> EchoResult {
    one_by_one(open(stream), is_data).await
}

pub(super) async fn echo_batched(stream: TcpStream) -> EchoResult {
    batched(open(stream), is_data).await
}

fn open(stream: TcpStream) -> WebSocketStream<TcpStream> {
    let config =
        Config::builder().max_payload_length(64 << 20).idle_timeout(0).auto_ping(false).build();
    WebSocketStream::server(stream, config)
}

fn is_data(message: &Message) -> bool {
    message.is_text() || message.is_binary()
}
