//! Frames of HTTP/2 (RFC 9113 §4, §6) and of WebSocket, as far as the client by hand needs them.

/// A type of frame (RFC 9113 §11.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Data = 0,
    Headers = 1,
    Reset = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Other = 255,
}

/// The end of a stream in one direction, of DATA and HEADERS.
pub(crate) const END_STREAM: u8 = 1;
/// The acknowledgement of SETTINGS or PING.
pub(crate) const ACK: u8 = 1;
/// The header list is complete.
pub(crate) const END_HEADERS: u8 = 4;

/// Reasons for a reset (RFC 9113 §7).
pub(crate) const NO_ERROR: u32 = 0;
pub(crate) const INTERNAL_ERROR: u32 = 2;
pub(crate) const STREAM_CLOSED: u32 = 5;
pub(crate) const REFUSED_STREAM: u32 = 7;
pub(crate) const CANCEL: u32 = 8;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    pub(crate) fn new(kind: Kind, flags: u8, stream: u32, payload: &[u8]) -> Self {
        Self { kind, flags, stream, payload: payload.to_vec() }
    }

    pub(crate) fn encoded(&self) -> Vec<u8> {
        let len = u32::try_from(self.payload.len()).unwrap();
        let head = [&len.to_be_bytes()[1..], &[self.kind as u8, self.flags]].concat();
        [&head, &self.stream.to_be_bytes()[..], &self.payload].concat()
    }

    /// Takes the first frame out of what was received, if all of it is there.
    pub(crate) fn take(received: &mut Vec<u8>) -> Option<Self> {
        let head: [u8; 9] = received.get(..9)?.try_into().unwrap();
        let len = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let payload = received.get(9..9 + len)?.to_vec();
        received.drain(..9 + len);
        let stream = u32::from_be_bytes(head[5..].try_into().unwrap());
        Some(Self { kind: Kind::of(head[3]), flags: head[4], stream, payload })
    }

    pub(crate) fn ends_stream(&self) -> bool {
        matches!(self.kind, Kind::Data | Kind::Headers) && self.flags & END_STREAM != 0
    }

    /// The reason of a reset.
    pub(crate) fn reason(&self) -> u32 {
        u32::from_be_bytes(self.payload[..4].try_into().unwrap())
    }
}

impl Kind {
    fn of(number: u8) -> Self {
        let known = [
            Self::Data,
            Self::Headers,
            Self::Reset,
            Self::Settings,
            Self::Ping,
            Self::GoAway,
            Self::WindowUpdate,
        ];
        known.into_iter().find(|kind| *kind as u8 == number).unwrap_or(Self::Other)
    }
}

/// A header list without compression: literal fields that are not indexed (RFC 7541 §6.2.2).
pub(crate) fn header_list(fields: &[(&str, &str)]) -> Vec<u8> {
    let string = |text: &str| [&[u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat();
    fields
        .iter()
        .flat_map(|(name, value)| [vec![0], string(name), string(value)].concat())
        .collect()
}

/// A WebSocket frame of a client, with a mask of zeros.
pub(crate) fn from_client(opcode: u8, payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() < 126);
    let len = u8::try_from(payload.len()).unwrap();
    [&[0x80 | opcode, 0x80 | len, 0, 0, 0, 0], payload].concat()
}

/// A WebSocket frame of a server.
pub(crate) fn from_server(opcode: u8, payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() < 126);
    [&[0x80 | opcode, u8::try_from(payload.len()).unwrap()], payload].concat()
}

/// The payload of a Close frame with the code 1000.
pub(crate) const NORMAL: &[u8] = &[0x03, 0xe8];

pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
