//! Both directions of permessage-deflate (RFC 7692), without any of the crates that are compared.

use flate2::{Compress, Compression, FlushCompress};
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush};

use crate::workload::Settings;

/// Payloads are raw DEFLATE.
const ZLIB_HEADER: bool = false;
/// The end of a compressed message, which its sender removes (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// A compressor that makes the messages that all peers receive.
pub(crate) struct Compressor {
    compress: Compress,
    takeover: bool,
}

impl Compressor {
    pub(crate) fn new(settings: Settings) -> Self {
        let level = Compression::new(settings.level.into());
        Self { compress: Compress::new(level, ZLIB_HEADER), takeover: settings.takeover }
    }

    pub(crate) fn compress(&mut self, message: &[u8]) -> Vec<u8> {
        let before = self.compress.total_in();
        // With this much room, one call compresses the whole message.
        let mut payload = Vec::with_capacity(message.len() + message.len() / 8 + 64);
        let status = self.compress.compress_vec(message, &mut payload, FlushCompress::Sync);
        assert!(status.is_ok() && payload.len() < payload.capacity());
        assert_eq!(self.compress.total_in() - before, message.len() as u64);
        assert!(payload.ends_with(&TAIL));
        payload.truncate(payload.len() - TAIL.len());
        if !self.takeover {
            self.compress.reset();
        }
        payload
    }
}

/// A check of the messages that peers send.
pub(crate) struct Verifier {
    state: Box<InflateState>,
    takeover: bool,
}

impl Verifier {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { state: InflateState::new_boxed(DataFormat::Raw), takeover: settings.takeover }
    }

    /// Panics if the payload is not `message`, compressed under the agreed parameters.
    pub(crate) fn verify(&mut self, payload: &[u8], message: &[u8]) {
        let mut inflated = vec![0; message.len() + 1];
        let mut len = 0;
        for mut input in [payload, &TAIL] {
            while !input.is_empty() {
                let step = inflate(&mut self.state, input, &mut inflated[len..], MZFlush::None);
                assert!(matches!(step.status, Ok(_) | Err(MZError::Buf)), "{:?}", step.status);
                assert!(step.bytes_consumed + step.bytes_written > 0, "more than the message");
                input = &input[step.bytes_consumed..];
                len += step.bytes_written;
            }
        }
        assert!(inflated[..len] == *message, "another message");
        if !self.takeover {
            self.state.reset(DataFormat::Raw);
        }
    }
}
