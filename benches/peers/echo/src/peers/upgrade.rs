//! The handshake of a server (RFC 6455 §4.2), without its checks.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::result::EchoResult;
use super::transport::Transport;

/// The response to the key of the clients here, which is that of RFC 6455 §1.3.
const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// Reads the request and writes the response.
pub(super) async fn accept<S: Transport>(stream: &mut S) -> EchoResult {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            return Err("no request".into());
        }
    }
    Ok(stream.write_all(RESPONSE.as_bytes()).await?)
}
