use bytes::Bytes;
use common::{MemoryStream, Side};
use fastwebsockets::{FragmentCollector, Frame, Payload, Role, WebSocket};

use crate::peer::{Peer, now};

/// A peer that writes each frame by itself.
pub(crate) struct Socket(FragmentCollector<MemoryStream>);

impl Peer for Socket {
    fn connect(stream: MemoryStream, side: Side) -> Self {
        let role = match side {
            Side::Server => Role::Server,
            Side::Client => Role::Client,
        };
        Self(FragmentCollector::new(WebSocket::after_handshake(stream, role)))
    }

    fn receive(&mut self, messages: usize, mut see: impl FnMut(&[u8])) {
        now(async {
            for _ in 0..messages {
                see(&self.0.read_frame().await.expect("a message").payload);
            }
        });
    }

    fn send(&mut self, messages: &[Bytes], _: usize) {
        now(async {
            for message in messages {
                let frame = Frame::binary(Payload::Borrowed(message));
                self.0.write_frame(frame).await.expect("an open connection");
            }
        });
    }
}
