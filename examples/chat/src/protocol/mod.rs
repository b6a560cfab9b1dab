//! The messages on the WebSocket, as PROTOCOL.md describes them.

mod client_message;
mod message_id;
mod room_message;
mod server_message;

pub(crate) use client_message::{ClientMessage, Refusal, is_word};
pub(crate) use message_id::MessageId;
pub(crate) use room_message::{Content, Picture, RoomMessage};
pub(crate) use server_message::{ServerMessage, encode};

/// The name of the subprotocol (RFC 6455 §1.9).
pub(crate) const SUBPROTOCOL: &str = "chat";

/// The longest message that the server reads, in bytes: a picture and its header.
pub(crate) const MAX_MESSAGE_LEN: u64 = 300 << 10;
