//! What was agreed on for the messages of one side.

use crate::handshake::{DeflateParameters, WindowBits};

/// Whether messages may refer to earlier ones of the same side: context takeover (RFC 7692 §7.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takeover {
    On,
    Off,
}

impl Takeover {
    const fn new(no_context_takeover: bool) -> Self {
        if no_context_takeover { Self::Off } else { Self::On }
    }
}

/// How one side compresses its messages.
#[derive(Clone, Copy)]
pub(super) struct Direction {
    pub(super) window: WindowBits,
    pub(super) takeover: Takeover,
}

impl Direction {
    /// The messages that the client sends.
    pub(super) const fn from_client(agreed: DeflateParameters) -> Self {
        let takeover = Takeover::new(agreed.client_no_context_takeover);
        Self { window: agreed.client_max_window_bits, takeover }
    }

    /// The messages that the server sends.
    pub(super) const fn from_server(agreed: DeflateParameters) -> Self {
        let takeover = Takeover::new(agreed.server_no_context_takeover);
        Self { window: agreed.server_max_window_bits, takeover }
    }
}
