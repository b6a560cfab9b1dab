//! What happens on a connection, as objects.

mod bytes;
mod control;
mod life;
mod message;
mod shown;

pub(crate) use bytes::{Binary, Chunk, Ping};
pub(crate) use control::{Close, Pong};
pub(crate) use life::{Ended, Failed, Open, Refused};
pub(crate) use message::{End, Start, Text};
pub(crate) use shown::{shown_bytes, shown_text};
