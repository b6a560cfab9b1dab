use bytes::Bytes;
use common::{MemoryStream, Side};
use futures_util::SinkExt;
use yawc::{Frame, Options, Role, WebSocket};

use crate::peer::{Peer, now};

pub(crate) struct Socket(WebSocket<MemoryStream>);

impl Peer for Socket {
    fn connect(stream: MemoryStream, side: Side) -> Self {
        let role = match side {
            Side::Server => Role::Server,
            Side::Client => Role::Client,
        };
        let options = Options::default().with_limits(64 << 20, 128 << 20).with_utf8();
        Self(WebSocket::from_stream(stream, role, options).expect("no extension is asked for"))
    }

    fn receive(&mut self, messages: usize, mut see: impl FnMut(&[u8])) {
        now(async {
            for _ in 0..messages {
                see(self.0.next_frame().await.expect("a message").payload());
            }
        });
    }

    fn send(&mut self, messages: &[Bytes], batch: usize) {
        now(async {
            for batch in messages.chunks(batch) {
                for message in batch {
                    let frame = Frame::binary(message.clone());
                    self.0.feed(frame).await.expect("an open connection");
                }
                self.0.flush().await.expect("an open connection");
            }
        });
    }
}
