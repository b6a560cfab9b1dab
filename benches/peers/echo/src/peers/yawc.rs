use futures_util::StreamExt;
use yawc::frame::OpCode;
use yawc::{Frame, Options, Result, Role, WebSocket};

use super::result::EchoResult;
use super::sink::{batched, one_by_one};
use super::transport::Transport;
use crate::work::Work;

pub(super) async fn serve<S: Transport>(stream: S, work: Work) -> EchoResult {
    one_by_one(open(stream)?.map(Ok), work, data_len).await
}

pub(super) async fn serve_batched<S: Transport>(stream: S, work: Work) -> EchoResult {
    batched(open(stream)?.map(Ok), work, data_len).await
}

pub(super) fn open<S: Transport>(stream: S) -> Result<WebSocket<S>> {
    let options = Options::default().with_limits(64 << 20, 128 << 20).with_utf8();
    WebSocket::from_stream(stream, Role::Server, options)
}

pub(super) fn data_len(frame: &Frame) -> Option<usize> {
    matches!(frame.opcode(), OpCode::Text | OpCode::Binary).then(|| frame.payload().len())
}
