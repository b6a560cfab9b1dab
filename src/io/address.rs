//! Where a request connects to.

use std::io;

use crate::handshake::ClientRequest;

/// Host and port to resolve, unless the request wants TLS.
pub(super) fn plain_address(request: &ClientRequest) -> io::Result<(&str, u16)> {
    let uri = request.uri();
    if uri.is_secure() {
        let hint = "wss:// needs TLS: open a TLS stream and pass it to `client`";
        return Err(io::Error::new(io::ErrorKind::Unsupported, hint));
    }
    // An IPv6 address stands in brackets in a URI, and without them in a name to resolve.
    Ok((uri.host().trim_start_matches('[').trim_end_matches(']'), uri.port()))
}
