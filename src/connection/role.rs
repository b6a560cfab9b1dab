//! The two roles of RFC 6455.

use crate::Entropy;

/// Which side of the connection this is.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_enums, reason = "§1.2 knows no third role")]
pub enum Role {
    /// The side that was connected to; it sends unmasked and closes the transport first.
    Server,
    /// The side that connected; it masks what it sends with keys from here.
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
