use common::{MemoryStream, Text};
use futures_util::SinkExt;
use yawc::{CompressionLevel, Frame, Options, Role, WebSocket};

use crate::peer::{Peer, now};
use crate::workload::Settings;

/// A peer whose windows always have 15 bits, and whose memory level is always 8.
pub(super) struct Server(WebSocket<MemoryStream>);

impl Server {
    pub(super) fn new(stream: MemoryStream, settings: Settings) -> Self {
        let options = Options::default()
            .with_limits(64 << 20, 64 << 20)
            .with_utf8()
            .with_compression_level(CompressionLevel::new(settings.level.into()));
        let agreed = if settings.takeover {
            "permessage-deflate"
        } else {
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        };
        let socket =
            WebSocket::from_stream_with_extensions(stream, Role::Server, Some(agreed), options);
        Self(socket.expect("both sides agree"))
    }
}

impl Peer for Server {
    fn receive(&mut self, messages: usize, see: &mut dyn FnMut(&[u8])) {
        for _ in 0..messages {
            see(now(self.0.next_frame()).expect("a message").payload());
        }
    }

    fn send(&mut self, messages: &[Text]) {
        for message in messages {
            now(self.0.send(Frame::text(message.bytes.clone()))).expect("an open connection");
        }
    }
}
