use fastwebsockets::{FragmentCollector, OpCode, Role, WebSocket};

use super::result::EchoResult;
use super::transport::Transport;
use crate::work::Work;

/// The loop of a peer that cannot gather frames: it writes each one by itself.
pub(super) async fn serve<S: Transport>(stream: S, work: Work) -> EchoResult {
    let mut socket = FragmentCollector::new(WebSocket::after_handshake(stream, Role::Server));
    loop {
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Text | OpCode::Binary if work.answers(frame.payload.len()) => {
                socket.write_frame(frame).await?;
            }
            OpCode::Close => return Ok(()),
            _ => {}
        }
    }
}
