//! Why no more bytes will be received.

/// Why no more bytes will be received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputEnd {
    /// The stream ended.
    Eof,
    /// The transport failed.
    Failure,
    /// The stream ended or was truncated, and nobody can say which.
    Uncertain,
}
