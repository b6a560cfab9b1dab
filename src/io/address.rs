//! Where a request connects to.

use crate::handshake::ClientRequest;

/// Host and port to resolve.
pub(super) fn address(request: &ClientRequest) -> (&str, u16) {
    (request.uri().host(), request.uri().port())
}
