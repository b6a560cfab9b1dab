use futures_util::StreamExt;
use tokio::net::TcpStream;
use yawc::frame::OpCode;
use yawc::{Frame, Options, Result, Role, WebSocket};

use super::result::EchoResult;
use super::sink::{batched, one_by_one};
use crate::work::Work;

pub(super) async fn serve(stream: TcpStream, work: Work) -> EchoResult {
    one_by_one(open(stream)?.map(Ok), work, data_len).await
}

pub(super) async fn serve_batched(stream: TcpStream, work: Work) -> EchoResult {
    batched(open(stream)?.map(Ok), work, data_len).await
}

fn open(stream: TcpStream) -> Result<WebSocket<TcpStream>> {
    let options = Options::default().with_limits(64 << 20, 128 << 20).with_utf8();
    WebSocket::from_stream(stream, Role::Server, options)
}

fn data_len(frame: &Frame) -> Option<usize> {
    matches!(frame.opcode(), OpCode::Text | OpCode::Binary).then(|| frame.payload().len())
}
