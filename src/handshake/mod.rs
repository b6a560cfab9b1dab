//! The opening handshake (§4).
