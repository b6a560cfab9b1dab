use bytes::Bytes;
use common::{MemoryStream, Side};
use tokio::runtime::{Builder, Runtime};
use websocket_proto::io::OsEntropy;
use websocket_proto::io::tokio::WebSocket;
use websocket_proto::{Config, Event, Role};

use crate::peer::{Peer, now};

/// The adapter for tokio in its plain loop, with its window of 256 KiB, clock and timer. Its events
/// are borrowed.
pub(crate) struct Socket {
    pub(super) socket: WebSocket<MemoryStream>,
    /// The runtime of the socket's timer.
    pub(super) runtime: Runtime,
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
                match self.socket.receive().await.expect("what the protocol allows") {
                    Some((Event::Text(text), _)) => see(text.as_bytes()),
                    Some((Event::Binary(data), _)) => see(data),
                    _ => panic!("not a message"),
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
                    writer.feed_binary(message).await.expect("an open connection");
                }
                writer.flush().await.expect("an open connection");
            }
        });
    }
}
