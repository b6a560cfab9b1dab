//! What keeps the reader from reading on.

use crate::ProtocolError;
use crate::memory::NoMemory;

/// Why no more can be read.
pub(super) enum ReadError {
    Protocol(ProtocolError),
    NoMemory,
}

impl From<ProtocolError> for ReadError {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

impl From<NoMemory> for ReadError {
    fn from(_: NoMemory) -> Self {
        Self::NoMemory
    }
}
