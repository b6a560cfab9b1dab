//! A message encoded once and sent to many connections.

use alloc::alloc::{Layout, handle_alloc_error};
use alloc::collections::TryReserveError;
#[cfg(feature = "std")]
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::fragment_size::CutAt;
use super::outgoing_frame::FrameFlags;
use crate::MessageKind;
use crate::deflate::{Settings, compress_alone};
use crate::frame::{FrameHeader, OpCode};
use crate::memory::{NoMemory, try_copy};

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
        or_abort(Self::try_text(text))
    }

    /// A binary message.
    pub fn binary(data: &[u8]) -> Self {
        or_abort(Self::try_binary(data))
    }

    /// The same as [`text`](Self::text), but where there is no memory for the message, this is an
    /// error.
    ///
    /// # Errors
    ///
    /// That of the allocator.
    pub fn try_text(text: &str) -> Result<Self, TryReserveError> {
        Self::try_new(MessageKind::Text, text.as_bytes())
    }

    /// The same as [`binary`](Self::binary), but where there is no memory for the message, this is
    /// an error.
    ///
    /// # Errors
    ///
    /// That of the allocator.
    pub fn try_binary(data: &[u8]) -> Result<Self, TryReserveError> {
        Self::try_new(MessageKind::Binary, data)
    }

    /// Whether it is a text or a binary message.
    pub const fn kind(&self) -> MessageKind {
        self.kind
    }

    /// The message without its frame.
    pub fn payload(&self) -> &[u8] {
        self.frame.payload()
    }

    fn try_new(kind: MessageKind, payload: &[u8]) -> Result<Self, TryReserveError> {
        let frame = PreparedFrame::new(FrameFlags::whole(kind.opcode()), payload)?;
        Ok(Self {
            kind,
            frame,
            #[cfg(feature = "std")]
            compressed: Arc::default(),
        })
    }

    /// The frame for connections that compress with these settings. It refers to no other message,
    /// and is not compressed if that would make it longer, or there is no memory for it now.
    pub(super) fn compressed(&self, settings: Settings) -> PreparedFrame {
        #[cfg(feature = "std")]
        {
            let mut made = self.compressed.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, frame)) = made.iter().find(|(theirs, _)| *theirs == settings) {
                return frame.clone();
            }
            let Ok(frame) = self.compress(settings) else { return self.frame.clone() };
            made.push((settings, frame.clone()));
            frame
        }
        #[cfg(not(feature = "std"))]
        self.compress(settings).unwrap_or_else(|_| self.frame.clone())
    }

    fn compress(&self, settings: Settings) -> Result<PreparedFrame, NoMemory> {
        let flags = FrameFlags { compressed: true, ..FrameFlags::whole(self.opcode()) };
        let compressed = PreparedFrame::new(flags, &compress_alone(settings, self.payload())?)?;
        let shorter = compressed.bytes().len() < self.frame.bytes().len();
        Ok(if shorter { compressed } else { self.frame.clone() })
    }

    pub(super) const fn opcode(&self) -> OpCode {
        self.kind.opcode()
    }

    pub(super) const fn frame(&self) -> &PreparedFrame {
        &self.frame
    }
}

impl PreparedFrame {
    fn new(flags: FrameFlags, payload: &[u8]) -> Result<Self, TryReserveError> {
        let FrameFlags { fin, compressed, opcode } = flags;
        let header = FrameHeader { fin, compressed, opcode, mask: None, len: payload.len() as u64 };
        let bytes = Bytes::from(try_copy(&[header.encode().as_bytes(), payload])?);
        let payload_start = bytes.len() - payload.len();
        Ok(Self { flags, bytes, payload_start })
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

/// What the standard library does where there is no memory.
fn or_abort(prepared: Result<Prepared, TryReserveError>) -> Prepared {
    prepared.unwrap_or_else(|_| handle_alloc_error(Layout::new::<Prepared>()))
}
