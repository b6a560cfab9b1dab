//! What the comparisons share: messages, frames, a stream in memory, processes that run rounds,
//! their medians, and tables of them.

pub mod cores;
mod dice;
mod frames;
mod json;
mod memory;
mod payloads;
mod progress;
mod rounds;
mod table;
mod worker;

pub use frames::{BINARY, FINAL, Frames, MASKED, RSV1, TEXT, push_fragments, push_frame};
pub use json::{Text, texts};
pub use memory::MemoryStream;
pub use payloads::{Content, payloads};
pub use progress::Progress;
pub use rounds::{interleave, median, processor_time};
pub use table::{Kind, Row, Table, length};
pub use worker::{Round, Worker, job, serve_rounds, worker};
