use common::{MemoryStream, Text};
use websocket_proto::handshake::DeflateParameters;
use websocket_proto::{
    Config, Connection, Deflate, Event, Incoming, Outgoing, Progress, Role, Time,
};

use crate::peer::Peer;
use crate::workload::Settings;

/// The state machine in the smallest possible adapter: a window of 256 KiB, as the asynchronous
/// adapters have, and no clock.
pub(super) struct Server {
    stream: MemoryStream,
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
}

impl Server {
    pub(super) fn new(stream: MemoryStream, settings: Settings) -> Self {
        let mut deflate = Deflate::default();
        deflate.level = settings.level;
        deflate.memory_level = settings.memory_level;
        deflate.minimum = 0;
        let mut config = Config::default();
        config.deflate = Some(deflate);
        let mut agreed = DeflateParameters::default();
        agreed.server_no_context_takeover = !settings.takeover;
        agreed.client_no_context_takeover = !settings.takeover;
        let connection = Connection::established(Role::Server, Some(agreed), config, Time::ZERO);
        let mut incoming = Incoming::new();
        incoming.lend_window(vec![0; 256 << 10]);
        Self { stream, connection, incoming, outgoing: Outgoing::new() }
    }
}

impl Peer for Server {
    fn receive(&mut self, messages: usize, see: &mut dyn FnMut(&[u8])) {
        let Self { stream, connection, incoming, outgoing } = self;
        let mut seen = 0;
        while seen < messages {
            match connection.receive(Time::ZERO, incoming, outgoing) {
                Ok(Progress::Event) => match incoming.event() {
                    Some(Event::Text(text)) => see(text.as_bytes()),
                    other => panic!("{other:?}"),
                },
                Ok(Progress::NeedBytes) => {
                    let len = stream.read(incoming.space());
                    incoming.commit(len);
                    continue;
                }
                other => panic!("{other:?}"),
            }
            seen += 1;
        }
    }

    fn send(&mut self, messages: &[Text]) {
        let Self { stream, connection, outgoing, .. } = self;
        for message in messages {
            connection.send_text(&message.text, outgoing).expect("an open connection");
            while !outgoing.is_empty() {
                let len = outgoing.first_piece().len();
                stream.write(outgoing.first_piece());
                outgoing.advance(len);
            }
        }
    }
}
