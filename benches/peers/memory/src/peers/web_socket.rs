use bytes::Bytes;
use common::{MemoryStream, Side};
use tokio::io::BufReader;
use web_socket::{DataType, Event, Stream, WebSocket};

use crate::peer::{Peer, now};

/// A peer that reads through a `BufReader`, as on its front page. It does not check UTF-8, hands
/// out fragments as they are, and writes each frame by itself.
pub(crate) struct Socket(WebSocket<BufReader<MemoryStream>>);

impl Peer for Socket {
    fn connect(stream: MemoryStream, side: Side) -> Self {
        let stream = BufReader::new(stream);
        let mut socket = match side {
            Side::Server => WebSocket::server(stream),
            Side::Client => WebSocket::client(stream),
        };
        socket.max_payload_len = 64 << 20;
        Self(socket)
    }

    fn receive(&mut self, messages: usize, mut see: impl FnMut(&[u8])) {
        let (mut seen, mut message) = (0, Vec::new());
        now(async {
            while seen < messages {
                match self.0.recv_event().await {
                    Ok(Event::Data { ty: DataType::Complete(_), data }) => {
                        see(&data);
                        seen += 1;
                    }
                    Ok(Event::Data { ty: DataType::Stream(part), data }) => {
                        message.extend_from_slice(&data);
                        if let Stream::End(_) = part {
                            see(&std::mem::take(&mut message));
                            seen += 1;
                        }
                    }
                    other => panic!("{other:?}"),
                }
            }
        });
    }

    fn send(&mut self, messages: &[Bytes], _: usize) {
        now(async {
            for message in messages {
                self.0.send(&message[..]).await.expect("an open connection");
            }
        });
    }
}
