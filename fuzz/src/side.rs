//! A connection with its memory, and entropy that always gives the same bytes.

use websocket_proto::handshake::DeflateParameters;
use websocket_proto::{Config, Connection, EntropyError, Incoming, Outgoing, Role, Time};

/// Which side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Party {
    Client,
    Server,
}

impl Party {
    /// The other side.
    pub(crate) const fn peer(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// The role for a connection, with masking keys that are always the same.
    fn role(self) -> Role {
        match self {
            Self::Client => Role::Client(&same_bytes),
            Self::Server => Role::Server,
        }
    }
}

/// One side of a connection, with its memory.
pub(crate) struct Side {
    pub(crate) connection: Connection,
    pub(crate) incoming: Incoming,
    pub(crate) outgoing: Outgoing,
}

impl Side {
    pub(crate) fn new(connection: Connection, outgoing: Outgoing) -> Self {
        Self { connection, incoming: Incoming::new(), outgoing }
    }

    /// A side whose opening handshake is done.
    pub(crate) fn open(party: Party, agreed: Option<DeflateParameters>, config: Config) -> Self {
        let connection = Connection::established(party.role(), agreed, config, Time::ZERO);
        Self::new(connection, Outgoing::new())
    }

    /// Removes all output, as a transport that writes all of it.
    pub(crate) fn take_output(&mut self) -> Vec<u8> {
        let (len, mut output) = (self.outgoing.len(), Vec::new());
        while !self.outgoing.is_empty() {
            let pieces = self.outgoing.pending().concat();
            assert!(!pieces.is_empty(), "output waits, and none is shown");
            assert!(
                pieces.starts_with(self.outgoing.first_piece()),
                "`chunk` is not the beginning of `pending`"
            );
            self.outgoing.advance(pieces.len());
            output.extend(pieces);
        }
        assert_eq!((output.len(), self.outgoing.len()), (len, 0), "the length");
        output
    }
}

/// Entropy that always gives the nonce of RFC 6455 §1.3 and the masking key of §5.7, so that output
/// can be compared.
pub(crate) fn same_bytes(bytes: &mut [u8]) -> Result<(), EntropyError> {
    match bytes.len() {
        16 => bytes.copy_from_slice(b"the sample nonce"),
        len => bytes.copy_from_slice(&[0x37, 0xfa, 0x21, 0x3d].repeat(len.div_ceil(4))[..len]),
    }
    Ok(())
}
