use bytes::Bytes;
use common::{MemoryStream, Side};
use futures_util::{SinkExt, StreamExt};
use sockudo_ws::{Config, Message, WebSocketStream};

use crate::peer::{Peer, now};

pub(crate) struct Socket(WebSocketStream<MemoryStream>);

impl Peer for Socket {
    fn connect(stream: MemoryStream, side: Side) -> Self {
        let config =
            Config::builder().max_payload_length(64 << 20).idle_timeout(0).auto_ping(false).build();
        Self(match side {
            Side::Server => WebSocketStream::server(stream, config),
            Side::Client => WebSocketStream::client(stream, config),
        })
    }

    fn receive(&mut self, messages: usize, mut see: impl FnMut(&[u8])) {
        now(async {
            for _ in 0..messages {
                match self.0.next().await {
                    Some(Ok(message)) => see(message.as_bytes()),
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
