//! A connection and its memory, and random bytes that are none.

use websocket_proto::handshake::DeflateParameters;
use websocket_proto::{Config, Connection, EntropyError, Incoming, Outgoing, Role, Time};

/// One side of a connection.
pub(crate) struct Side {
    pub(crate) connection: Connection,
    pub(crate) incoming: Incoming,
    pub(crate) outgoing: Outgoing,
}

impl Side {
    pub(crate) fn new(connection: Connection, outgoing: Outgoing) -> Self {
        Self { connection, incoming: Incoming::new(), outgoing }
    }

    /// A side whose handshake is done.
    pub(crate) fn open(client: bool, agreed: Option<DeflateParameters>, config: Config) -> Self {
        let connection = Connection::established(role(client), agreed, config, Time::ZERO);
        Self::new(connection, Outgoing::new())
    }

    /// All that waits to be written, which is thereby.
    pub(crate) fn written(&mut self) -> Vec<u8> {
        let (len, mut written) = (self.outgoing.len(), Vec::new());
        while !self.outgoing.is_empty() {
            let pieces = self.outgoing.pending().concat();
            assert!(!pieces.is_empty(), "something waits, and nothing is shown");
            assert!(pieces.starts_with(self.outgoing.chunk()), "the first piece is not the first");
            self.outgoing.advance(pieces.len());
            written.extend(pieces);
        }
        assert_eq!((written.len(), self.outgoing.len()), (len, 0), "the length");
        written
    }
}

/// The role, with keys that are always the same.
pub(crate) fn role(client: bool) -> Role {
    if client { Role::Client(&same_bytes) } else { Role::Server }
}

/// The nonce of RFC 6455 §1.3 and the masking key of §5.7: what comes out can be compared.
pub(crate) fn same_bytes(bytes: &mut [u8]) -> Result<(), EntropyError> {
    match bytes.len() {
        16 => bytes.copy_from_slice(b"the sample nonce"),
        len => bytes.copy_from_slice(&[0x37, 0xfa, 0x21, 0x3d].repeat(len.div_ceil(4))[..len]),
    }
    Ok(())
}
