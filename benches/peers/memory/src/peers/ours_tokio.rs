use bytes::Bytes;
use common::MemoryStream;
use futures_util::StreamExt;
use tokio::runtime::{Builder, Runtime};
use websocket_proto::io::OsEntropy;
use websocket_proto::io::tokio::WebSocket;
use websocket_proto::{Config, Message, Role};

use super::{Peer, now};
use crate::cell::Side;

/// The adapter for tokio as a stream of owned messages, with its window of 256 KiB, clock and timer.
pub(crate) struct Socket {
    socket: WebSocket<MemoryStream>,
    /// For the timer.
    runtime: Runtime,
}

impl Peer for Socket {
    fn connect(stream: MemoryStream, side: Side) -> Self {
        let role = match side {
            Side::Server => Role::Server,
            Side::Client => Role::Client(&OsEntropy),
        };
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        Self { socket: WebSocket::established(stream, role, None, Config::default(), &[]), runtime }
    }

    fn receive(&mut self, messages: usize, mut see: impl FnMut(&[u8])) {
        let _entered = self.runtime.enter();
        now(async {
            for _ in 0..messages {
                // Its own `next` lends events.
                match StreamExt::next(&mut self.socket).await {
                    Some(Ok(Message::Text(text))) => see(text.as_bytes()),
                    Some(Ok(Message::Binary(data))) => see(&data),
                    other => panic!("{other:?}"),
                }
            }
        });
    }

    fn send(&mut self, messages: &[Bytes], batch: usize) {
        let _entered = self.runtime.enter();
        let writer = self.socket.writer();
        now(async {
            for batch in messages.chunks(batch) {
                for message in batch {
                    writer.send_binary(message).await.expect("an open connection");
                }
                writer.flush().await.expect("an open connection");
            }
        });
    }
}
