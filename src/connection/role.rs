//! The two roles on a connection, client and server.

use crate::Entropy;

/// Which side of the connection this is.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_enums, reason = "§1.2 knows no third role")]
pub enum Role {
    /// The side that accepts the connection. It does not mask what it sends, and closes the
    /// transport first.
    Server,
    /// The side that makes the connection. It masks what it sends, with keys from this source.
    Client(&'static dyn Entropy),
}

impl core::fmt::Debug for Role {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Server => "Server",
            Self::Client(_) => "Client",
        })
    }
}
