//! A message encoded once and sent to many connections.

#[cfg(feature = "std")]
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::fragment_size::CutAt;
use super::outgoing_frame::FrameFlags;
use crate::MessageKind;
use crate::deflate::{Settings, compress_alone};
use crate::frame::{FrameHeader, OpCode};

/// A message encoded once, for [`Connection::send_prepared`](crate::Connection::send_prepared) on
/// any number of connections.
///
/// All connections of a server share its bytes: a large message is not copied for each of them, and
/// a clone only counts references. It is compressed once for all connections that agreed on the
/// same compression (without `std`, once for each connection). Clients mask every frame with a key
/// of its own (§5.3), so for them it is a message like any other. So it is for a connection whose
/// [`Config::fragment_size`](crate::Config::fragment_size) it exceeds.
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
    frame: PreparedFrame,
    /// Compressed frames, each made for the first connection with its settings.
    #[cfg(feature = "std")]
    compressed: Arc<Mutex<Vec<(Settings, PreparedFrame)>>>,
}

/// A frame as a server sends it. Clones share its bytes.
#[derive(Clone, Debug)]
pub(super) struct PreparedFrame {
    flags: FrameFlags,
    bytes: Bytes,
    payload_start: usize,
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

    /// Whether it is a text or a binary message.
    pub const fn kind(&self) -> MessageKind {
        self.kind
    }

    /// The message without its frame.
    pub fn payload(&self) -> &[u8] {
        self.frame.payload()
    }

    fn new(kind: MessageKind, payload: &[u8]) -> Self {
        let frame = PreparedFrame::new(FrameFlags::whole(kind.opcode()), payload);
        Self {
            kind,
            frame,
            #[cfg(feature = "std")]
            compressed: Arc::default(),
        }
    }

    /// The frame for connections that compress with these settings. It refers to no other message,
    /// and is not compressed if that would make it longer.
    pub(super) fn compressed(&self, settings: Settings) -> PreparedFrame {
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

    fn compress(&self, settings: Settings) -> PreparedFrame {
        let flags = FrameFlags { compressed: true, ..FrameFlags::whole(self.opcode()) };
        let compressed = PreparedFrame::new(flags, &compress_alone(settings, self.payload()));
        let shorter = compressed.bytes().len() < self.frame.bytes().len();
        if shorter { compressed } else { self.frame.clone() }
    }

    pub(super) const fn opcode(&self) -> OpCode {
        self.kind.opcode()
    }

    pub(super) const fn frame(&self) -> &PreparedFrame {
        &self.frame
    }
}

impl PreparedFrame {
    fn new(flags: FrameFlags, payload: &[u8]) -> Self {
        let FrameFlags { fin, compressed, opcode } = flags;
        let header = FrameHeader { fin, compressed, opcode, mask: None, len: payload.len() as u64 };
        let bytes = Bytes::from([header.encode().as_bytes(), payload].concat());
        let payload_start = bytes.len() - payload.len();
        Self { flags, bytes, payload_start }
    }

    /// All of the frame.
    pub(super) const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub(super) fn payload(&self) -> &[u8] {
        &self.bytes[self.payload_start..]
    }

    pub(super) const fn flags(&self) -> FrameFlags {
        self.flags
    }

    /// Where the payload may be cut.
    pub(super) fn cut_at(&self) -> CutAt {
        let FrameFlags { compressed, opcode, .. } = self.flags;
        CutAt::for_text(!compressed && opcode == OpCode::Text)
    }
}
