//! Frames (§5.2–5.5): their headers, opcodes and masks, and the payload of Close frames. Nothing
//! here has a state.

mod close;
mod header;
pub mod mask;
mod opcode;

pub use close::{MAX_REASON, truncate_reason};
pub use header::{EncodedHeader, FrameHeader, HeaderRules, MAX_CONTROL_PAYLOAD, Masking};
pub use mask::MaskKey;
pub use opcode::OpCode;

pub(crate) use close::parse_close;
pub(crate) use header::{PlainHeader, encoded_len, ends_message};
