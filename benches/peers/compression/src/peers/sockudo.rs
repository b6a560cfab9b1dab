use common::{MemoryStream, Text};
use futures_util::{SinkExt, StreamExt};
use sockudo_ws::{CompressedWebSocketStream, Config, DeflateConfig, Message};

use crate::peer::{Peer, now};
use crate::workload::Settings;

/// A peer whose memory level is always 8. Without context takeover it flushes its compressor fully,
/// where yawc resets it.
pub(super) struct Server(CompressedWebSocketStream<MemoryStream>);

impl Server {
    pub(super) fn new(stream: MemoryStream, settings: Settings) -> Self {
        let config =
            Config::builder().max_payload_length(64 << 20).idle_timeout(0).auto_ping(false).build();
        let deflate = DeflateConfig {
            compression_level: settings.level.into(),
            compression_threshold: 0,
            server_no_context_takeover: !settings.takeover,
            client_no_context_takeover: !settings.takeover,
            ..DeflateConfig::default()
        };
        Self(CompressedWebSocketStream::server(stream, config, deflate))
    }
}

impl Peer for Server {
    fn receive(&mut self, messages: usize, see: &mut dyn FnMut(&[u8])) {
        for _ in 0..messages {
            match now(self.0.next()) {
                Some(Ok(Message::Text(text))) => see(&text),
                other => panic!("{other:?}"),
            }
        }
    }

    fn send(&mut self, messages: &[Text]) {
        for message in messages {
            let message = Message::Text(message.bytes.clone());
            now(self.0.send(message)).expect("an open connection");
        }
    }
}
