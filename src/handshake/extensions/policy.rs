//! Which offers of permessage-deflate a server accepts, and how (RFC 7692 §5.1, §7.1).

use super::offer::{DeflateOffer, DeflateResponse};
use super::window_bits::WindowBits;

/// The conditions under which a server agrees to permessage-deflate (RFC 7692 §7.1).
///
/// The default accepts every offer that the server can keep, and asks for nothing: unless the
/// client asks for less, the windows are 32 KiB per direction and are kept from message to message.
/// Start from the default and change fields.
///
/// The server accepts the first acceptable offer in the client's order. An offer with an unknown,
/// repeated or invalid parameter is not acceptable (RFC 7692 §7.1). Neither is one with
/// `server_max_window_bits=8`, because this crate cannot compress with so small a window and must
/// not answer with a larger one (RFC 7692 §7.1.2.1).
///
/// ```
/// use websocket_proto::handshake::{DeflatePolicy, WindowBits};
///
/// /// For a server with many connections, which keeps no window of its own between messages, and
/// /// small ones of its clients.
/// fn frugal() -> DeflatePolicy {
///     let mut policy = DeflatePolicy::default();
///     policy.server_no_context_takeover = true;
///     // Not `client_no_context_takeover`: Safari 15 would agree, and break the connection.
///     policy.client_max_window_bits = WindowBits::new(12).unwrap_or_default();
///     policy
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DeflatePolicy {
    /// The server begins each message with an empty window even if the client does not ask for it.
    /// This takes less memory and compresses less. Default: `false`, which leaves the choice to the
    /// client.
    pub server_no_context_takeover: bool,
    /// The client must begin each message with an empty window, which no client can decline
    /// (RFC 7692 §7.1.1.2). Safari 15 and the web views of its time agree and refer to earlier
    /// messages all the same, which fails the connection with 1007: where browsers connect, ask for
    /// a small [`client_max_window_bits`](Self::client_max_window_bits) instead. Default: `false`,
    /// which leaves the choice to the client.
    pub client_no_context_takeover: bool,
    /// The largest window that the server compresses with; 8 is treated as 9. Default: 15.
    pub server_max_window_bits: WindowBits,
    /// The largest window that the client may compress with. The server can ask this only of
    /// clients that offer `client_max_window_bits` (RFC 7692 §7.1.2.2). Clients that use zlib
    /// cannot compress with 8. Default: 15.
    pub client_max_window_bits: WindowBits,
    /// Declines offers that do not let the server ask for
    /// [`client_max_window_bits`](Self::client_max_window_bits), if that is below 15. Default:
    /// `false`, which lets these clients use windows of up to 15 bits.
    pub requires_client_max_window_bits: bool,
}

impl DeflatePolicy {
    /// The response that accepts the offer; `None` if the policy declines it.
    pub(in crate::handshake) fn answer(&self, offer: &DeflateOffer) -> Option<DeflateResponse> {
        let asked = offer.server_max_window_bits;
        let own = self.server_max_window_bits.max(WindowBits::SMALLEST_SENT);
        let server_window = own.min(asked.unwrap_or_default());
        if server_window < WindowBits::SMALLEST_SENT || self.lacks_client_window(offer) {
            return None;
        }
        let promised = offer.client_max_window_bits;
        let client_window = promised.map(|bits| bits.min(self.client_max_window_bits));
        Some(DeflateResponse {
            server_no_context_takeover: self.server_no_context_takeover
                || offer.server_no_context_takeover,
            client_no_context_takeover: self.client_no_context_takeover
                || offer.client_no_context_takeover,
            // RFC 7692 §7.1.2.1: if the offer asks for a window, the response confirms it, even the
            // default.
            server_max_window_bits: asked
                .and(Some(server_window))
                .or(unless_default(server_window)),
            client_max_window_bits: client_window.and_then(unless_default),
        })
    }

    /// Whether the policy requires a window that the offer does not let the server ask for.
    fn lacks_client_window(&self, offer: &DeflateOffer) -> bool {
        self.requires_client_max_window_bits
            && self.client_max_window_bits < WindowBits::MAX
            && offer.client_max_window_bits.is_none()
    }
}

/// The window if the response has to state it; `None` if it is the default.
fn unless_default(bits: WindowBits) -> Option<WindowBits> {
    (bits < WindowBits::MAX).then_some(bits)
}
