//! A message encoded once and sent to many connections.

#[cfg(feature = "std")]
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::MessageKind;
use crate::deflate::{Settings, compress_alone};
use crate::frame::{FrameHeader, OpCode};

/// A message encoded once, for [`Connection::send_prepared`](crate::Connection::send_prepared) on
/// any number of connections.
///
/// Servers share its bytes: a large one is not copied for each connection, and cloning it counts
/// references. With compression it is compressed once for all connections that agreed on the same
/// (without `std`, once for each). Clients mask every frame with a key of its own (§5.3), so for them it is a message
/// like others.
///
/// ```
/// use websocket_proto::*;
///
/// let news = Prepared::text("it rains");
/// let mut outgoing = Outgoing::new();
/// let mut connection = Connection::established(Role::Server, None, Config::default(), Time::ZERO);
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
    /// The frames of connections that compress, made for the first of each kind.
    #[cfg(feature = "std")]
    compressed: Arc<Mutex<Vec<(Settings, Bytes)>>>,
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
        let frame = frame(kind, false, payload);
        let header = frame.len() - payload.len();
        Self {
            kind,
            frame,
            header,
            #[cfg(feature = "std")]
            compressed: Arc::default(),
        }
    }

    /// The frame of connections that compress with these settings. It refers to no other message.
    /// Not compressed if that makes it longer.
    pub(super) fn compressed(&self, settings: Settings) -> Bytes {
        #[cfg(feature = "std")]
        {
            let mut made = self.compressed.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, frame)) = made.iter().find(|(theirs, _)| *theirs == settings) {
                return frame.clone();
            }
            let frame = self.compress(settings);
            made.push((settings, frame.clone()));
            frame
        }
        #[cfg(not(feature = "std"))]
        self.compress(settings)
    }

    fn compress(&self, settings: Settings) -> Bytes {
        let compressed = frame(self.kind, true, &compress_alone(settings, self.payload()));
        if compressed.len() < self.frame.len() { compressed } else { self.frame.clone() }
    }

    pub(super) const fn opcode(&self) -> OpCode {
        self.kind.opcode()
    }

    pub(super) const fn frame(&self) -> &Bytes {
        &self.frame
    }
}

/// The message in one frame, as a server sends it.
fn frame(kind: MessageKind, compressed: bool, payload: &[u8]) -> Bytes {
    let (opcode, len) = (kind.opcode(), payload.len() as u64);
    let header = FrameHeader { fin: true, compressed, opcode, mask: None, len }.encode();
    Bytes::from([header.as_bytes(), payload].concat())
}
