//! Departures from the protocol that can be allowed.

/// Departures from the protocol that are known from the field. All are refused by default.
///
/// Which ones a peer made use of, [`Connection::leniency_used`](crate::Connection::leniency_used)
/// tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leniency {
    /// A server takes frames that are not masked (§5.1 tells it to close).
    pub unmasked_frames: bool,
    /// Close codes 1016–2999 are taken, which are reserved and unassigned (§7.4.2). The answer
    /// repeats the code, which a strict peer would not take from us.
    pub unassigned_close_codes: bool,
    /// Lines of an HTTP head may end in LF without CR (RFC 9112 §2.2 lets a recipient do so).
    pub bare_lf: bool,
    /// A status line may end after the status code, its second space left out (RFC 9112 §4).
    pub missing_reason: bool,
}
