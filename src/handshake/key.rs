//! `Sec-WebSocket-Key` and `Sec-WebSocket-Accept` (§4.2.2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1_smol::Sha1;

/// The value of `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key` (§4.2.2), for applications that
/// answer the handshake with an HTTP library.
///
/// `None` if the key is not 16 bytes in base64 with padding and with trailing bits of zero
/// (RFC 4648 §3.5). Trim the spaces around the value of the header first.
///
/// ```
/// let accept = websocket_proto::handshake::accept_value("dGhlIHNhbXBsZSBub25jZQ==");
/// assert_eq!(accept.as_ref(), Some(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
/// ```
pub fn accept_value(key: &str) -> Option<[u8; 28]> {
    let mut nonce = [0; 18];
    let decoded = STANDARD.decode_slice(key, &mut nonce).ok()?;
    (decoded == 16).then(|| digest(key.as_bytes()))
}

/// The accept value for a key of any length. `None` if the key is empty or not base64.
pub(super) fn accept_value_of_any_length(key: &str) -> Option<[u8; 28]> {
    let nonce = STANDARD.decode(key).ok()?;
    (!nonce.is_empty()).then(|| digest(key.as_bytes()))
}

/// The key made of 16 random bytes, and the accept value that the server must answer with.
pub(super) fn encode_key(nonce: [u8; 16]) -> ([u8; 24], [u8; 28]) {
    let mut key = [0; 24];
    // 16 bytes are 24 characters of base64, so the slice is always long enough.
    let _ = STANDARD.encode_slice(nonce, &mut key);
    (key, digest(&key))
}

/// The accept value of a key.
fn digest(key: &[u8]) -> [u8; 28] {
    let mut sha1 = Sha1::new();
    sha1.update(key);
    sha1.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let mut accept = [0; 28];
    // 20 bytes are 28 characters of base64, so the slice is always long enough.
    let _ = STANDARD.encode_slice(sha1.digest().bytes(), &mut accept);
    accept
}
