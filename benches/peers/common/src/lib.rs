//! What the comparisons share: messages, frames, a stream in memory, processes that run rounds, and
//! tables of the medians.

pub mod cores;
mod frames;
mod json;
mod memory_stream;
mod payloads;
mod progress;
mod random;
mod rounds;
mod table;
mod worker;

pub use frames::{BINARY, FINAL, Frames, RSV1, Side, TEXT, push_fragments, push_frame};
pub use json::{Text, texts};
pub use memory_stream::MemoryStream;
pub use payloads::{Content, payloads};
pub use progress::Progress;
pub use rounds::{interleave, median, processor_time};
pub use table::{Better, Kind, Row, Table, format_length};
pub use worker::{Round, Worker, job, serve_rounds, worker_command};
