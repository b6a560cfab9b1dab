//! Which offers a server accepts, and how (RFC 7692 §5.1, §7.1).

use super::offer::{DeflateOffer, DeflateResponse};
use super::window_bits::WindowBits;

/// What a server wants of permessage-deflate (RFC 7692 §7.1).
///
/// The default accepts every offer that can be kept and asks for nothing: what a client does not
/// ask to be smaller is 32 KiB a direction, kept from message to message. Start from it and change
/// fields.
///
/// The first acceptable offer in the client's order is accepted. An offer that has an unknown,
/// repeated or impossible parameter is not acceptable (RFC 7692 §7.1), nor is one with
/// `server_max_window_bits=8`: there is no deflater here that writes so small a window, and a
/// larger one must not be answered (RFC 7692 §7.1.2.1).
///
/// ```
/// use websocket_proto::handshake::{DeflatePolicy, WindowBits};
///
/// /// For a server of many connections, which keeps no window between messages.
/// fn frugal() -> DeflatePolicy {
///     let mut policy = DeflatePolicy::default();
///     policy.server_no_context_takeover = true;
///     policy.client_no_context_takeover = true;
///     policy.client_max_window_bits = WindowBits::new(12).unwrap_or_default();
///     policy
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DeflatePolicy {
    /// The server begins each message with an empty window, also if the client does not ask for
    /// it: less memory, and messages that are compressed less. Default: no, the client's choice.
    pub server_no_context_takeover: bool,
    /// The client has to begin each message with an empty window, which no client can decline
    /// (RFC 7692 §7.1.1.2). Default: no, the client's choice.
    pub client_no_context_takeover: bool,
    /// The largest window that the server compresses with; 8 counts as 9. Default: 15.
    pub server_max_window_bits: WindowBits,
    /// The largest window that the client is to compress with. It can be asked only of clients
    /// that offer `client_max_window_bits` (RFC 7692 §7.1.2.2), and zlib's cannot compress with 8.
    /// Default: 15.
    pub client_max_window_bits: WindowBits,
    /// Declines offers of clients that cannot be asked for
    /// [`client_max_window_bits`](Self::client_max_window_bits), if that is below 15. Default: no,
    /// these clients have up to 15.
    pub requires_client_max_window_bits: bool,
}

impl DeflatePolicy {
    /// The response that accepts the offer; `None` declines it.
    pub(in crate::handshake) fn answer(&self, offer: &DeflateOffer) -> Option<DeflateResponse> {
        let asked = offer.server_max_window_bits;
        let own = self.server_max_window_bits.max(WindowBits::SMALLEST_SENT);
        let server_window = own.min(asked.unwrap_or_default());
        if server_window < WindowBits::SMALLEST_SENT || self.misses_client_window(offer) {
            return None;
        }
        let promised = offer.client_max_window_bits;
        let client_window = promised.map(|bits| bits.min(self.client_max_window_bits));
        Some(DeflateResponse {
            server_no_context_takeover: self.server_no_context_takeover
                || offer.server_no_context_takeover,
            client_no_context_takeover: self.client_no_context_takeover
                || offer.client_no_context_takeover,
            // RFC 7692 §7.1.2.1: a window that was asked for is confirmed, of any size.
            server_max_window_bits: asked.and(Some(server_window)).or(said(server_window)),
            client_max_window_bits: client_window.and_then(said),
        })
    }

    fn misses_client_window(&self, offer: &DeflateOffer) -> bool {
        self.requires_client_max_window_bits
            && self.client_max_window_bits < WindowBits::MAX
            && offer.client_max_window_bits.is_none()
    }
}

/// A window that has to be told, as it is not the one that counts if nothing is said.
fn said(bits: WindowBits) -> Option<WindowBits> {
    (bits < WindowBits::MAX).then_some(bits)
}
