use bytes::Bytes;
use common::{MemoryStream, Side};
use websocket_proto::io::OsEntropy;
use websocket_proto::{Config, Connection, Event, Incoming, Outgoing, Progress, Role, Time};

use crate::peer::Peer;

/// The size of the window in bytes, which is that of the adapters. tungstenite reads 128 KiB at a
/// time, sockudo-ws 64 KiB, most others about 8 KiB.
const WINDOW: usize = 256 << 10;

/// The state machine in the smallest possible adapter, without a clock. Its events are borrowed.
pub(crate) struct Socket {
    stream: MemoryStream,
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
}

impl Peer for Socket {
    fn connect(stream: MemoryStream, side: Side) -> Self {
        let role = match side {
            Side::Server => Role::Server,
            Side::Client => Role::Client(&OsEntropy),
        };
        let connection = Connection::established(role, None, Config::default(), Time::ZERO);
        let mut incoming = Incoming::new();
        incoming.lend_window(vec![0; WINDOW]);
        Self { stream, connection, incoming, outgoing: Outgoing::new() }
    }

    fn receive(&mut self, messages: usize, mut see: impl FnMut(&[u8])) {
        let Self { stream, connection, incoming, outgoing } = self;
        let mut seen = 0;
        while seen < messages {
            match connection.receive(Time::ZERO, incoming, outgoing) {
                Ok(Progress::Event) => {
                    match incoming.event() {
                        Some(Event::Text(text)) => see(text.as_bytes()),
                        Some(Event::Binary(data)) => see(data),
                        other => panic!("{other:?}"),
                    }
                    seen += 1;
                }
                Ok(Progress::NeedBytes) => {
                    let len = stream.read(incoming.space());
                    incoming.commit(len);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn send(&mut self, messages: &[Bytes], batch: usize) {
        let Self { stream, connection, outgoing, .. } = self;
        for batch in messages.chunks(batch) {
            for message in batch {
                connection.send_binary(message, outgoing).expect("an open connection");
            }
            while !outgoing.is_empty() {
                let len = outgoing.first_piece().len();
                stream.write(outgoing.first_piece());
                outgoing.advance(len);
            }
        }
    }
}
