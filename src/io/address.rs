//! The address that a request is sent to.

use crate::handshake::ClientRequest;

/// The host to resolve, and the port to connect to.
pub(super) fn address(request: &ClientRequest) -> (&str, u16) {
    (request.uri().host(), request.uri().port())
}
