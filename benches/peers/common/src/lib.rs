//! What the comparisons share: messages, frames, a stream in memory, and rounds with their medians.

mod frames;
mod json;
mod memory;
mod rounds;

pub use frames::{Frames, MASKED, RSV1, push_frame};
pub use json::{Text, texts};
pub use memory::MemoryStream;
pub use rounds::{interleave, processor_time};
