//! The parameters of permessage-deflate (RFC 7692 §7.1) as C programs have them: `wsp_deflate`.

use websocket_proto::handshake::{DeflateParameters as Agreed, WindowBits};

use crate::code::Failure;

/// Flags are 0 or 1, and windows 8 to 15, or 0 for what the header says.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct DeflateParameters {
    pub(crate) server_no_context_takeover: u8,
    pub(crate) client_no_context_takeover: u8,
    pub(crate) server_max_window_bits: u8,
    pub(crate) client_max_window_bits: u8,
    pub(crate) requires_client_max_window_bits: u8,
    pub(crate) reserved: [u8; 3],
}

impl DeflateParameters {
    pub(crate) fn agreed(self) -> Result<Agreed, Failure> {
        let mut agreed = Agreed::default();
        agreed.server_no_context_takeover = self.server_no_context_takeover != 0;
        agreed.client_no_context_takeover = self.client_no_context_takeover != 0;
        agreed.server_max_window_bits = window(self.server_max_window_bits)?.unwrap_or_default();
        agreed.client_max_window_bits = window(self.client_max_window_bits)?.unwrap_or_default();
        Ok(agreed)
    }
}

impl From<Agreed> for DeflateParameters {
    fn from(agreed: Agreed) -> Self {
        Self {
            server_no_context_takeover: agreed.server_no_context_takeover.into(),
            client_no_context_takeover: agreed.client_no_context_takeover.into(),
            server_max_window_bits: agreed.server_max_window_bits.bits(),
            client_max_window_bits: agreed.client_max_window_bits.bits(),
            ..Self::default()
        }
    }
}

/// The window of so many bits; `None` for 0.
pub(crate) fn window(bits: u8) -> Result<Option<WindowBits>, Failure> {
    match bits {
        0 => Ok(None),
        _ => WindowBits::new(bits).map(Some).ok_or(Failure::BadValue),
    }
}
