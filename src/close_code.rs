//! Close codes (§7.4).

use core::fmt;

/// The status code of a Close frame (§7.4).
///
/// Any number can be a `CloseCode`; [`is_sendable`](Self::is_sendable) says whether it may be on
/// the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: the purpose of the connection has been fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// 1001: a server goes down, or a browser leaves the page.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the peer broke the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: the kind of data cannot be accepted (say, binary instead of text).
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1005: stands for a Close frame without a code, in what is received and in what is sent. The
    /// number itself is never on the wire.
    pub const NO_STATUS: Self = Self(1005);
    /// 1006: stands for a connection that ended without a Close frame. Never on the wire.
    pub const ABNORMAL: Self = Self(1006);
    /// 1007: a message whose content contradicts its type (text that is not UTF-8).
    pub const INVALID_DATA: Self = Self(1007);
    /// 1008: a message that breaks a policy, or any other reason without a code of its own.
    pub const POLICY: Self = Self(1008);
    /// 1009: a message too big to process.
    pub const TOO_BIG: Self = Self(1009);
    /// 1010: the server did not agree to an extension that the client needs.
    pub const EXTENSION_REQUIRED: Self = Self(1010);
    /// 1011: a server met a condition that it did not expect.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the service restarts; reconnecting is welcome (IANA registry).
    pub const SERVICE_RESTART: Self = Self(1012);
    /// 1013: try again later (IANA registry).
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// 1014: a gateway got a bad answer from its upstream (IANA registry).
    pub const BAD_GATEWAY: Self = Self(1014);
    /// 1015: stands for a TLS handshake that failed. Never on the wire.
    pub const TLS_FAILURE: Self = Self(1015);

    /// The code with this number, which may be any.
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Whether the code may be on the wire: 1000–1003, 1007–1014, and 3000–4999 (§7.4.1, §7.4.2
    /// and the IANA registry).
    pub const fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }

    /// Whether the code is reserved for later versions of the protocol and unassigned today:
    /// 1016–2999 (§7.4.2).
    pub(crate) const fn is_unassigned(self) -> bool {
        matches!(self.0, 1016..=2999)
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CloseCode({})", self.0)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<u16> for CloseCode {
    fn from(code: u16) -> Self {
        Self(code)
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.0
    }
}
