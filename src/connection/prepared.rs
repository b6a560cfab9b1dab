//! A message encoded once and sent to many connections.

use bytes::Bytes;

use super::event::MessageKind;
use crate::frame::{FrameHeader, OpCode};

/// A message encoded once, for [`Connection::send_prepared`](crate::Connection::send_prepared) on
/// any number of connections.
///
/// Servers share its bytes: a large one is not copied for each connection, and cloning it counts
/// a reference. Clients mask every frame with a key of its own (§5.3), so for them it is a message
/// like others.
///
/// ```
/// use websocket_proto::*;
///
/// let news = Prepared::text("it rains");
/// let mut outgoing = Outgoing::new();
/// let mut connection = Connection::established(Role::Server, Config::default(), Time::ZERO);
/// connection.send_prepared(&news, &mut outgoing)?;
/// # Ok::<(), SendError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Prepared {
    kind: MessageKind,
    /// The frame as a server sends it.
    frame: Bytes,
    /// Where the payload begins.
    header: usize,
}

impl Prepared {
    /// A text message.
    pub fn text(text: &str) -> Self {
        Self::new(MessageKind::Text, text.as_bytes())
    }

    /// A binary message.
    pub fn binary(data: &[u8]) -> Self {
        Self::new(MessageKind::Binary, data)
    }

    /// What the message holds.
    pub const fn kind(&self) -> MessageKind {
        self.kind
    }

    /// The message without its frame.
    pub fn payload(&self) -> &[u8] {
        &self.frame[self.header..]
    }

    fn new(kind: MessageKind, payload: &[u8]) -> Self {
        let len = payload.len() as u64;
        let header = FrameHeader { fin: true, opcode: kind.opcode(), mask: None, len }.encode();
        let header = header.as_bytes();
        let frame = Bytes::from([header, payload].concat());
        Self { kind, frame, header: header.len() }
    }

    pub(super) const fn opcode(&self) -> OpCode {
        self.kind.opcode()
    }

    pub(super) const fn frame(&self) -> &Bytes {
        &self.frame
    }
}
