//! What busy peers send without a pause.

use websocket_proto::handshake::DeflateParameters;
use websocket_proto::io::OsEntropy;
use websocket_proto::{Config, Connection, Outgoing, Role, Time};

/// Frames that a client sends again and again.
#[derive(Clone)]
pub(crate) struct Flood {
    pub(crate) name: &'static str,
    pub(crate) frames: Vec<u8>,
    /// The parameters of permessage-deflate; `None` for messages that are not compressed.
    pub(crate) agreed: Option<DeflateParameters>,
}

impl Flood {
    /// Messages that inflate to the longest that the default limits allow.
    pub(crate) fn bombs() -> Self {
        Self::compressed("66 KB that inflate to 64 MiB", 64 << 20)
    }

    pub(crate) fn all() -> [Self; 5] {
        [
            Self::plain("pings", |client, outgoing| client.send_ping(b"?", outgoing).is_ok()),
            Self::plain("tiny messages", |client, outgoing| {
                client.send_binary(b"tiny", outgoing).is_ok()
            }),
            Self::compressed("messages that inflate to 1 KB", 1000),
            Self::compressed("messages that inflate to 1 MiB", 1 << 20),
            Self::bombs(),
        ]
    }

    fn plain(
        name: &'static str,
        send: impl FnOnce(&mut Connection, &mut Outgoing) -> bool,
    ) -> Self {
        Self::new(name, None, send)
    }

    fn compressed(name: &'static str, len: usize) -> Self {
        let agreed = Some(DeflateParameters::default());
        Self::new(name, agreed, |client, outgoing| {
            client.send_binary(&vec![0; len], outgoing).is_ok()
        })
    }

    fn new(
        name: &'static str,
        agreed: Option<DeflateParameters>,
        send: impl FnOnce(&mut Connection, &mut Outgoing) -> bool,
    ) -> Self {
        let role = Role::Client(&OsEntropy);
        let mut client = Connection::established(role, agreed, Config::default(), Time::ZERO);
        let mut outgoing = Outgoing::new();
        assert!(send(&mut client, &mut outgoing), "an open connection");
        Self { name, frames: outgoing.pending().concat(), agreed }
    }
}
