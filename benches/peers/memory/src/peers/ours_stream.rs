use bytes::Bytes;
use common::{MemoryStream, Side};
use futures_util::StreamExt;
use websocket_proto::Message;

use super::ours_tokio;
use crate::peer::{Peer, now};

/// The adapter for tokio as a `Stream` of owned messages.
pub(crate) struct Socket(ours_tokio::Socket);

impl Peer for Socket {
    fn connect(stream: MemoryStream, side: Side) -> Self {
        Self(ours_tokio::Socket::connect(stream, side))
    }

    fn receive(&mut self, messages: usize, mut see: impl FnMut(&[u8])) {
        let ours_tokio::Socket { socket, runtime } = &mut self.0;
        let _entered = runtime.enter();
        now(async {
            for _ in 0..messages {
                // The method `next` of the socket itself gives borrowed events.
                match socket.next().await {
                    Some(Ok(Message::Text(text))) => see(text.as_bytes()),
                    Some(Ok(Message::Binary(data))) => see(&data),
                    other => panic!("{other:?}"),
                }
            }
        });
    }

    fn send(&mut self, messages: &[Bytes], batch: usize) {
        self.0.send(messages, batch);
    }
}
