use tokio::io::BufReader;
use web_socket::{DataType, Event, MessageType, WebSocket};

use super::result::EchoResult;
use super::transport::Transport;
use crate::work::Work;

/// The loop of a peer that cannot gather frames: it writes each one by itself.
pub(super) async fn serve<S: Transport>(stream: S, work: Work) -> EchoResult {
    let mut socket = WebSocket::server(BufReader::new(stream));
    socket.max_payload_len = 64 << 20;
    loop {
        match socket.recv_event().await? {
            Event::Data { ty: DataType::Complete(_), data } if !work.answers(data.len()) => {}
            Event::Data { ty: DataType::Complete(MessageType::Text), data } => {
                socket.send(str::from_utf8(&data)?).await?;
            }
            Event::Data { ty: DataType::Complete(MessageType::Binary), data } => {
                socket.send(&data[..]).await?;
            }
            Event::Close { .. } | Event::Error(_) => return Ok(()),
            _ => {}
        }
    }
}
