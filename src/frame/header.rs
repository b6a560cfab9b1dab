//! Frame headers, and how they are read and written (§5.2).

use alloc::vec::Vec;

use super::OpCode;
use super::mask::MaskKey;
use crate::ProtocolError;

/// The longest payload of a control frame in bytes (§5.5).
pub const MAX_CONTROL_PAYLOAD: usize = 125;

/// The reserved bits of the first byte.
const RESERVED: u8 = 0x70;
const RSV1: u8 = 0x40;

/// The header of a frame: everything but the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the wire format is closed")]
pub struct FrameHeader {
    /// Whether this is the last fragment of a message, or all of it.
    pub fin: bool,
    /// Whether the message that begins here is compressed. This is the first reserved bit, which is
    /// used if permessage-deflate was agreed on (RFC 7692 §6).
    pub compressed: bool,
    /// What the frame is for.
    pub opcode: OpCode,
    /// The key that the payload is masked with. A client masks every frame, a server none.
    pub mask: Option<MaskKey>,
    /// The length of the payload in bytes.
    pub len: u64,
}

/// What decides, besides its bytes, whether a header is valid.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the rules are those of one RFC")]
pub struct HeaderRules {
    /// Whether the frame must be masked.
    pub masking: Masking,
    /// Whether a fragmented message is unfinished, so that a continuation is due.
    pub in_message: bool,
    /// Whether messages may be compressed, as the handshake agreed to it.
    pub compression: bool,
}

/// Whether frames must be masked (§5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no fifth case")]
pub enum Masking {
    /// They must be masked: frames from a client.
    Required,
    /// They must not be masked: frames from a server.
    Forbidden,
    /// They may be masked or not: frames from a client, with leniency.
    Optional,
    /// They may be masked or not: frames from a server, with leniency.
    Tolerated,
}

impl Masking {
    /// Whether frames are masked that keep the rules.
    #[inline]
    pub(crate) const fn is_usual(self) -> bool {
        matches!(self, Self::Required | Self::Optional)
    }

    /// Whether a frame that is masked, or is not, is accepted only because of leniency (§5.1).
    #[inline]
    pub(crate) const fn forgives(self, masked: bool) -> bool {
        match self {
            Self::Required | Self::Forbidden => false,
            Self::Optional => !masked,
            Self::Tolerated => masked,
        }
    }
}

impl FrameHeader {
    /// The longest header in bytes: 2 bytes, a length of 8 bytes and a mask of 4.
    pub const MAX_LEN: usize = 14;

    /// Reads the header at the start of `bytes`. Returns the header and its length in bytes, or
    /// `None` if it is incomplete.
    ///
    /// # Errors
    ///
    /// A [`ProtocolError`] for the first byte that breaks a rule of §5.1–5.5, whether or not the
    /// header is complete.
    #[inline]
    pub fn parse(bytes: &[u8], rules: HeaderRules) -> Result<Option<(Self, usize)>, ProtocolError> {
        let Some(&first) = bytes.first() else { return Ok(None) };
        let opcode = check_first_byte(first, rules)?;
        let Some(&second) = bytes.get(1) else { return Ok(None) };
        check_second_byte(second, opcode, rules.masking)?;
        let Some((len, mask_at)) = parse_len(second & 0x7F, bytes)? else { return Ok(None) };
        let (mask, header_len) = match second & 0x80 {
            0 => (None, mask_at),
            _ => match bytes.get(mask_at..).and_then(<[u8]>::first_chunk) {
                Some(key) => (Some(MaskKey::new(*key)), mask_at + 4),
                None => return Ok(None),
            },
        };
        let (fin, compressed) = (first & 0x80 != 0, first & RSV1 != 0);
        Ok(Some((Self { fin, compressed, opcode, mask, len }, header_len)))
    }

    /// Whether the frame ends a message.
    #[inline(always)]
    pub(crate) fn ends_message(&self) -> bool {
        self.fin && !self.opcode.is_control()
    }

    /// The header on the wire, of a frame without a mask and of at most 125 bytes. There are many of
    /// these, and two bytes are quickly made.
    #[inline(always)]
    pub(crate) const fn encode_shortest(&self) -> Option<[u8; 2]> {
        match (self.len, self.mask) {
            (len @ 0..=125, None) => Some([self.first_byte(), len as u8]),
            _ => None,
        }
    }

    #[inline(always)]
    const fn first_byte(&self) -> u8 {
        let rsv1 = if self.compressed { RSV1 } else { 0 };
        (self.fin as u8) << 7 | rsv1 | self.opcode as u8
    }

    /// The header as it is on the wire, with the length in its shortest form.
    #[inline]
    pub fn encode(&self) -> EncodedHeader {
        let first = self.first_byte();
        let (short_len, long_len, mask_at) = match self.len {
            len @ 0..=125 => (len as u8, 0, 2),
            len @ 126..=0xFFFF => (126, u16::from_le_bytes((len as u16).to_be_bytes()).into(), 4),
            len => (127, u64::from_le_bytes(len.to_be_bytes()), 10),
        };
        let mask_bit = u8::from(self.mask.is_some()) << 7;
        let start = u16::from_le_bytes([first, short_len | mask_bit]);
        // One number, so that it is made in registers: reading as words what was written as bytes
        // stalls.
        let mut bytes = u128::from(long_len) << 16 | u128::from(start);
        let mut len = mask_at;
        if let Some(key) = self.mask {
            bytes |= u128::from(u32::from_le_bytes(key.bytes())) << (8 * mask_at);
            len += 4;
        }
        EncodedHeader { bytes: bytes.to_le_bytes(), len }
    }
}

/// The header of a message or a fragment of at most 65,535 bytes, which nearly all frames are.
#[derive(Clone, Copy)]
pub(crate) struct PlainHeader {
    pub(crate) opcode: OpCode,
    pub(crate) fin: bool,
    pub(crate) compressed: bool,
    /// Zero if the payload is not masked: a key that changes nothing.
    pub(crate) key: MaskKey,
    pub(crate) header_len: usize,
    pub(crate) payload_len: usize,
}

impl PlainHeader {
    /// Reads such a header. `masked` says whether it must have a mask, and `compression` whether
    /// the message may be compressed. Returns `None` for any other header, for one that breaks a
    /// rule or is incomplete, and for the shortest frames if nothing follows them. These are left
    /// to [`FrameHeader::parse`].
    #[inline(always)]
    pub(crate) fn parse(bytes: &[u8], masked: bool, compression: bool) -> Option<Self> {
        let [first, second, after @ ..] = *bytes.first_chunk::<8>()?;
        let [len_high, len_low, key_after_long_len @ ..] = after;
        let [key_after_short_len @ .., _, _] = after;
        let compressed = compression && begins_compressed(first);
        let opcode = match first & if compressed { 0x3F } else { 0x7F } {
            0 => OpCode::Continuation,
            1 => OpCode::Text,
            2 => OpCode::Binary,
            _ => return None,
        };
        if (second & 0x80 != 0) != masked {
            return None;
        }
        let (payload_len, key, mask_at) = match second & 0x7F {
            127 => return None,
            126 => (u16::from_be_bytes([len_high, len_low]).into(), key_after_long_len, 4),
            len => (usize::from(len), key_after_short_len, 2),
        };
        // §5.2: the shortest form.
        if mask_at == 4 && payload_len < 126 {
            return None;
        }
        let (key, header_len) = if masked { (key, mask_at + 4) } else { ([0; 4], mask_at) };
        let (fin, key) = (first & 0x80 != 0, MaskKey::new(key));
        Some(Self { opcode, fin, compressed, key, header_len, payload_len })
    }
}

/// A frame header as bytes.
#[derive(Clone, Copy, Debug)]
pub struct EncodedHeader {
    /// The header, followed by zeros.
    bytes: [u8; Self::ROOM],
    len: u8,
}

impl EncodedHeader {
    /// Enough for any header, and a whole number of words.
    pub(crate) const ROOM: usize = 16;

    /// The bytes.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Appends the bytes. The zeros are copied, too, and removed again, which costs less than
    /// copying a number of bytes that is only known at run time.
    #[inline]
    pub(crate) fn append_to(&self, target: &mut Vec<u8>) {
        let end = target.len() + usize::from(self.len);
        target.extend_from_slice(&self.bytes);
        target.truncate(end);
    }
}

/// Whether a frame ends a message, by its first byte, which this crate has encoded.
pub(crate) const fn ends_message(first: u8) -> bool {
    // §5.2: FIN is set. §5.5: the highest bit of a control frame's opcode is set.
    first & 0x88 == 0x80
}

/// The length on the wire of the frame at the start of `bytes`, which this crate has encoded.
pub(crate) fn encoded_len(bytes: &[u8]) -> usize {
    let Some(&second) = bytes.get(1) else { return bytes.len() };
    let mask = usize::from(second >> 7) * 4;
    match parse_len(second & 0x7F, bytes) {
        Ok(Some((len, mask_at))) => mask_at + mask + len as usize,
        Ok(None) | Err(_) => bytes.len(),
    }
}

#[inline]
fn check_first_byte(first: u8, rules: HeaderRules) -> Result<OpCode, ProtocolError> {
    let HeaderRules { in_message, compression, .. } = rules;
    // §5.2: the reserved bits are zero unless an extension gave them a meaning.
    if first & RESERVED != 0 && !(compression && begins_compressed(first)) {
        return Err(ProtocolError::ReservedBits);
    }
    let opcode = OpCode::from_first_byte(first).ok_or(ProtocolError::ReservedOpcode)?;
    let continues = opcode == OpCode::Continuation;
    if opcode.is_control() {
        // §5.5: control frames are never fragmented.
        if first & 0x80 == 0 { Err(ProtocolError::FragmentedControl) } else { Ok(opcode) }
    } else if continues == in_message {
        Ok(opcode)
    } else if continues {
        // §5.4: a continuation follows a first fragment, and no other message does before the last.
        Err(ProtocolError::UnexpectedContinuation)
    } else {
        Err(ProtocolError::UnfinishedMessage)
    }
}

/// Whether the byte begins a compressed message: the only reserved bit that is set is the first,
/// and the frame is the first of a message (RFC 7692 §6).
#[inline]
fn begins_compressed(first: u8) -> bool {
    let opcode = OpCode::from_first_byte(first);
    first & RESERVED == RSV1 && matches!(opcode, Some(OpCode::Text | OpCode::Binary))
}

#[inline]
fn check_second_byte(second: u8, opcode: OpCode, masking: Masking) -> Result<(), ProtocolError> {
    match (masking, second & 0x80 != 0) {
        (Masking::Required, false) => return Err(ProtocolError::Unmasked),
        (Masking::Forbidden, true) => return Err(ProtocolError::Masked),
        _ => {}
    }
    if opcode.is_control() && usize::from(second & 0x7F) > MAX_CONTROL_PAYLOAD {
        return Err(ProtocolError::ControlTooLong);
    }
    Ok(())
}

/// Checks the first bytes of a 64-bit length. Returns `None` if they can become a valid one.
#[cold]
fn check_partial_len<T>(partial: &[u8]) -> Result<Option<T>, ProtocolError> {
    let top_bit = partial.first().is_some_and(|first| first & 0x80 != 0);
    if top_bit || partial.starts_with(&[0; 6]) { Err(ProtocolError::BadLength) } else { Ok(None) }
}

/// The length of the payload, and where in the header it ends; `None` if it is incomplete. `short`
/// is the length in the second byte.
#[inline]
fn parse_len(short: u8, bytes: &[u8]) -> Result<Option<(u64, usize)>, ProtocolError> {
    let (len, minimum, end) = match short {
        126 => match bytes.get(2..4).and_then(<[u8]>::first_chunk) {
            Some(len) => (u64::from(u16::from_be_bytes(*len)), 126, 4),
            None => return Ok(None),
        },
        127 => match bytes.get(2..10).and_then(<[u8]>::first_chunk) {
            Some(len) => (u64::from_be_bytes(*len), 0x1_0000, 10),
            None => return check_partial_len(bytes.get(2..).unwrap_or_default()),
        },
        len => (u64::from(len), 0, 2),
    };
    // §5.2: the shortest form, and the top bit of the longest is zero.
    if len < minimum || len >> 63 != 0 {
        return Err(ProtocolError::BadLength);
    }
    Ok(Some((len, end)))
}
