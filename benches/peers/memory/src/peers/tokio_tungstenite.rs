use bytes::Bytes;
use common::{MemoryStream, Side};
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::WebSocketStream;
use tungstenite::Message;

use super::tungstenite::role;
use crate::peer::{Peer, now};

pub(crate) struct Socket(WebSocketStream<MemoryStream>);

impl Peer for Socket {
    fn connect(stream: MemoryStream, side: Side) -> Self {
        Self(now(WebSocketStream::from_raw_socket(stream, role(side), None)))
    }

    fn receive(&mut self, messages: usize, mut see: impl FnMut(&[u8])) {
        now(async {
            for _ in 0..messages {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => see(text.as_bytes()),
                    Some(Ok(Message::Binary(data))) => see(&data),
                    other => panic!("{other:?}"),
                }
            }
        });
    }

    fn send(&mut self, messages: &[Bytes], batch: usize) {
        now(async {
            for batch in messages.chunks(batch) {
                for message in batch {
                    let message = Message::Binary(message.clone());
                    self.0.feed(message).await.expect("an open connection");
                }
                self.0.flush().await.expect("an open connection");
            }
        });
    }
}
