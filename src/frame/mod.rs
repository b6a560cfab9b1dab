//! Frames (§5.2–5.5): bytes to headers and back, opcodes, masks, close codes. Remembers nothing.

mod close;

pub(crate) use close::parse_close;
pub use close::{CloseCode, MAX_REASON};
