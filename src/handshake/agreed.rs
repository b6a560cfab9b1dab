//! What the two sides of a handshake have agreed on.

use alloc::string::String;

use super::extensions::DeflateParameters;

/// What both sides of a handshake have agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Agreed {
    /// The subprotocol that the server chose, one of those offered; `None` if it chose none.
    pub subprotocol: Option<String>,
    /// The compression that the connection is made with; `None` if there is none.
    pub deflate: Option<DeflateParameters>,
}
