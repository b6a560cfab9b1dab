use tokio::net::TcpStream;
use wtx::collection::Vector;
use wtx::rng::Xorshift64;
use wtx::web_socket::{OpCode, WebSocket, WebSocketBuffer, WebSocketOwned, WebSocketPayloadOrigin};

use super::result::EchoResult;
use crate::work::Work;

/// The loop of a peer that cannot gather frames: it writes each one by itself.
pub(super) async fn serve(stream: TcpStream, work: Work) -> EchoResult {
    let (no_masking, random, buffer) = (false, Xorshift64::from(7), WebSocketBuffer::new());
    let mut socket: WebSocketOwned<(), Xorshift64, TcpStream, false> =
        WebSocket::new((), no_masking, random, stream, buffer);
    socket.set_max_payload_len(64 << 20);
    let (mut common, mut reader, mut writer) = socket.split_mut();
    let mut buffer = Vector::new();
    loop {
        let origin = WebSocketPayloadOrigin::Adaptive;
        let mut frame = reader.read_frame(&mut buffer, &mut common, origin).await?;
        match frame.op_code() {
            OpCode::Text | OpCode::Binary if work.answers(frame.payload().len()) => {
                writer.write_frame(&mut common, &mut frame).await?;
            }
            OpCode::Close => return Ok(()),
            _ => {}
        }
    }
}
