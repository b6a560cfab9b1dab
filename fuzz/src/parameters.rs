//! Parameters, offers and policies of compression, made from the fuzzer's bytes.

use arbitrary::Arbitrary;
use websocket_proto::handshake::{DeflateOffer, DeflateParameters, DeflatePolicy, WindowBits};

/// Parameters of permessage-deflate in two bytes.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) struct Parameters {
    flags: u8,
    /// The window of the server in the low four bits, that of the client in the high four.
    windows: u8,
}

impl Parameters {
    /// Parameters that are the same for both sides, so that the sides can be compared. `None` if
    /// the fuzzer chose no compression.
    pub(crate) fn agreed_both_ways(self) -> Option<DeflateParameters> {
        self.flag(0).then(|| {
            let mut agreed = self.parameters();
            agreed.client_no_context_takeover = agreed.server_no_context_takeover;
            agreed.client_max_window_bits = agreed.server_max_window_bits;
            agreed
        })
    }

    /// A flag for whatever the target needs, such as long payloads: this bit says nothing about
    /// compression.
    pub(crate) const fn has_free_flag(self) -> bool {
        self.flag(7)
    }

    /// Bits that have nothing to do with compression, for other choices.
    pub(crate) const fn spare(self) -> [bool; 2] {
        [self.flag(6), self.flag(7)]
    }

    /// The same parameters, with compression in any case.
    pub(crate) const fn with_compression(self) -> Self {
        Self { flags: self.flags | 1, ..self }
    }

    pub(crate) fn parameters(self) -> DeflateParameters {
        let mut agreed = DeflateParameters::default();
        agreed.server_no_context_takeover = self.flag(1);
        agreed.client_no_context_takeover = self.flag(2);
        agreed.server_max_window_bits = self.server();
        agreed.client_max_window_bits = self.client();
        agreed
    }

    pub(crate) fn offer(self) -> DeflateOffer {
        let mut offer = DeflateOffer::default();
        offer.server_no_context_takeover = self.flag(1);
        offer.client_no_context_takeover = self.flag(2);
        offer.server_max_window_bits = self.flag(3).then(|| self.server());
        offer.client_max_window_bits = self.flag(4).then(|| self.client());
        offer
    }

    pub(crate) fn policy(self) -> DeflatePolicy {
        let agreed = self.parameters();
        let mut policy = DeflatePolicy::default();
        policy.server_no_context_takeover = agreed.server_no_context_takeover;
        policy.client_no_context_takeover = agreed.client_no_context_takeover;
        policy.server_max_window_bits = agreed.server_max_window_bits;
        policy.client_max_window_bits = agreed.client_max_window_bits;
        policy.requires_client_max_window_bits = self.flag(5);
        policy
    }

    const fn flag(self, at: u8) -> bool {
        self.flags >> at & 1 == 1
    }

    fn server(self) -> WindowBits {
        window(self.windows)
    }

    fn client(self) -> WindowBits {
        window(self.windows >> 4)
    }
}

/// A window of 8 to 15 bits, from the lowest three bits.
fn window(bits: u8) -> WindowBits {
    WindowBits::new(8 + (bits & 7)).expect("a window")
}
