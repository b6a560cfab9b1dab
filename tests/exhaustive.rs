//! §5.2 to §5.5: every pair of first bytes, for both roles, inside and outside of a message, with
//! and without compression; and lengths at the edges of their forms.

mod support;

use support::{CollectingConnection, plain_entropy};
use websocket_proto::ProtocolError::{
    self, BadCloseCode, BadDeflateData, BadLength, CloseTooShort, ControlTooLong,
    FragmentedControl, FrameTooLong, Masked, ReservedBits, ReservedOpcode, UnexpectedContinuation,
    UnfinishedMessage, Unmasked,
};
use websocket_proto::frame::OpCode;
use websocket_proto::handshake::DeflateParameters;
use websocket_proto::{CloseCode, Config, Role};

/// The state in which two bytes arrive.
#[derive(Clone, Copy, Debug)]
struct Place {
    client: bool,
    compression: bool,
    in_message: bool,
}

impl Place {
    fn all() -> impl Iterator<Item = Self> {
        (0..8).map(|bits| Self {
            client: bits & 1 != 0,
            compression: bits & 2 != 0,
            in_message: bits & 4 != 0,
        })
    }

    /// A connection in this state.
    fn bare(self) -> CollectingConnection {
        let role = if self.client { Role::Client(&plain_entropy) } else { Role::Server };
        let agreed = self.compression.then(DeflateParameters::default);
        let mut bare = CollectingConnection::with_compression(role, agreed, Config::default());
        if self.in_message {
            bare.receive(bare.framed(false, OpCode::Binary, b"")).unwrap();
        }
        bare
    }

    /// The errors for the rules that these bytes break, any of which may be reported.
    fn broken(self, [first, second]: [u8; 2]) -> Vec<ProtocolError> {
        let (fin, rsv, opcode) = (first & 0x80 != 0, first >> 4 & 7, first & 0xF);
        let (masked, length) = (second & 0x80 != 0, second & 0x7F);
        let (control, begins) = (opcode >= 8, opcode == 1 || opcode == 2);
        // RFC 7692 §6: RSV1 is for the first frame of a message.
        let rsv_allowed = rsv == 0 || rsv == 4 && self.compression && begins;
        let rules = [
            (!rsv_allowed, ReservedBits),
            (matches!(opcode, 3..=7 | 0xB..=0xF), ReservedOpcode),
            (control && !fin, FragmentedControl),
            (control && length > 125, ControlTooLong),
            (opcode == 0 && !self.in_message, UnexpectedContinuation),
            (begins && self.in_message, UnfinishedMessage),
            (masked && self.client, Masked),
            (!masked && !self.client, Unmasked),
            // RFC 7692 §7.2.2: an empty payload has no block. The frame is complete if it has no
            // mask.
            (rsv == 4 && fin && length == 0 && self.client, BadDeflateData),
        ];
        rules.into_iter().filter(|(broken, _)| *broken).map(|(_, error)| error).collect()
    }
}

fn all_pairs() -> impl Iterator<Item = [u8; 2]> {
    (0..=u16::MAX).map(u16::to_be_bytes)
}

#[test]
fn every_two_bytes() {
    for place in Place::all() {
        let mut good = 0;
        for bytes in all_pairs() {
            let mut bare = place.bare();
            let broken = place.broken(bytes);
            match bare.receive(bytes) {
                Ok(()) => {
                    assert!(broken.is_empty(), "{place:?} {bytes:x?}: not {broken:?}");
                    assert!(bare.outgoing.is_empty() || bytes[0] & 0xF >= 8);
                    good += 1;
                }
                Err(error) => {
                    assert!(broken.contains(&error), "{place:?} {bytes:x?}: {error:?}");
                    let code = CloseCode::new(if error == BadDeflateData { 1007 } else { 1002 });
                    assert_eq!(error.close_code(), Some(code));
                }
            }
        }
        // Three control frames of up to 125 bytes, and 128 lengths for each first byte of data
        // frames.
        let data = if place.in_message { 2 } else { 4 };
        let compressed = if place.compression && !place.in_message { 4 } else { 0 };
        let empty = if compressed > 0 && place.client { 2 } else { 0 };
        assert_eq!(good, 3 * 126 + (data + compressed) * 128 - empty, "{place:?}");
    }
}

/// The result of a frame whose payload is all `a`s and not compressed.
fn outcome(opcode: u8, length: u8) -> Result<(), ProtocolError> {
    match (opcode, length) {
        (8, 1) => Err(CloseTooShort),
        // 0x6161 is no valid close code.
        (8, 2..) => Err(BadCloseCode),
        _ => Ok(()),
    }
}

#[test]
fn every_short_frame() {
    for place in Place::all() {
        for bytes in all_pairs() {
            let [opcode, length] = [bytes[0] & 0xF, bytes[1] & 0x7F];
            if length > 125 || bytes[0] & 0x40 != 0 || !place.broken(bytes).is_empty() {
                continue;
            }
            let mut bare = place.bare();
            let mask = if place.client { &[][..] } else { &[0; 4] };
            let payload = vec![b'a'; length.into()];
            let result = bare.receive([&bytes, mask, &payload].concat());
            assert_eq!(result, outcome(opcode, length), "{place:?} {bytes:x?}");
            let message = opcode < 8 && bytes[0] & 0x80 != 0;
            let expected: &[Vec<u8>] = if message { &[payload] } else { &[] };
            assert_eq!(bare.messages, expected, "{place:?} {bytes:x?}");
            let answered = matches!(opcode, 8 | 9);
            assert_eq!(!bare.outgoing.is_empty(), answered, "{place:?} {bytes:x?}");
        }
    }
}

/// Lengths in the forms that 126 and 127 announce, each with its error.
fn lengths() -> impl Iterator<Item = (u8, u64, Option<ProtocolError>)> {
    let limit = Config::default().limits.frame;
    let short = [(0, Some(BadLength)), (125, Some(BadLength)), (126, None), (0xFFFF, None)];
    let long = [
        (0, Some(BadLength)),
        (125, Some(BadLength)),
        (0xFFFF, Some(BadLength)),
        (0x1_0000, None),
        (limit, None),
        (limit + 1, Some(FrameTooLong)),
        (1 << 32, Some(FrameTooLong)),
        ((1 << 32) + 5, Some(FrameTooLong)),
        (i64::MAX as u64, Some(FrameTooLong)),
        (1 << 63, Some(BadLength)),
        (u64::MAX, Some(BadLength)),
    ];
    let short = short.into_iter().map(|(len, wrong)| (126, len, wrong));
    short.chain(long.into_iter().map(|(len, wrong)| (127, len, wrong)))
}

#[test]
fn every_longer_length_at_its_edges() {
    for place in Place::all() {
        for bytes in all_pairs().filter(|bytes| place.broken(*bytes).is_empty()) {
            for (form, len, wrong) in lengths().filter(|(form, ..)| bytes[1] & 0x7F == *form) {
                let length = len.to_be_bytes();
                let length = if form == 126 { &length[6..] } else { &length };
                let mask = if place.client { &[][..] } else { &[0; 4] };
                let result = place.bare().receive([&bytes, length, mask].concat());
                assert_eq!(result.err(), wrong, "{place:?} {bytes:x?} {len}");
            }
        }
    }
}
