use futures_util::StreamExt;
use tokio::net::TcpStream;
use yawc::frame::OpCode;
use yawc::{Frame, Options, Result, Role, WebSocket};

use super::result::EchoResult;
use super::sink::{batched, one_by_one};

pub(super) async fn echo(stream: TcpStream) -> EchoResult {
    one_by_one(open(stream)?.map(Ok), is_data).await
}

pub(super) async fn echo_batched(stream: TcpStream) -> EchoResult {
    batched(open(stream)?.map(Ok), is_data).await
}

fn open(stream: TcpStream) -> Result<WebSocket<TcpStream>> {
    let options = Options::default().with_limits(64 << 20, 128 << 20).with_utf8();
    WebSocket::from_stream(stream, Role::Server, options)
}

fn is_data(frame: &Frame) -> bool {
    matches!(frame.opcode(), OpCode::Text | OpCode::Binary)
}
