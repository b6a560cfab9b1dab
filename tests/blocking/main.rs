//! The adapter for blocking streams, over scripted streams and over loopback TCP.

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/bytes.rs"]
mod byte_cases;

mod byte_halves;
mod bytes;
mod scripted;
mod scripted_stream;
mod shutdown;
mod tcp;
mod time;

/// A valid request, with the key of RFC 6455 §1.3.
const REQUEST: &str = "GET /c HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// The response to [`REQUEST`].
const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
     Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
