//! Valid and invalid frames, and their places in a stream. Written without the crate, as it is
//! tested by them.

/// A frame on the wire, valid or not.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) fin: bool,
    /// RSV1 to RSV3, from 0 to 7.
    pub(crate) reserved: u8,
    pub(crate) opcode: u8,
    pub(crate) masked: bool,
    pub(crate) form: Form,
    /// The length to declare, if not that of the payload.
    pub(crate) declared: Option<u64>,
    pub(crate) payload: Vec<u8>,
}

/// How a length is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Shortest,
    Bits16,
    Bits64,
}

pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

const KEY: [u8; 4] = [0x9D, 0x01, 0x00, 0xE4];

impl Frame {
    pub(crate) fn new(fin: bool, opcode: u8, payload: impl Into<Vec<u8>>, masked: bool) -> Self {
        let (form, payload) = (Form::Shortest, payload.into());
        Self { fin, reserved: 0, opcode, masked, form, declared: None, payload }
    }

    pub(crate) fn is_control(&self) -> bool {
        self.opcode >= 8
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.fin) << 7 | self.reserved << 4 | self.opcode];
        let mask_bit = u8::from(self.masked) << 7;
        let len = self.declared.unwrap_or(self.payload.len() as u64);
        match self.form {
            Form::Shortest if len < 126 => bytes.push(mask_bit | len as u8),
            Form::Shortest | Form::Bits16 if len < 1 << 16 => {
                bytes.push(mask_bit | 126);
                bytes.extend((len as u16).to_be_bytes());
            }
            Form::Shortest | Form::Bits16 | Form::Bits64 => {
                bytes.push(mask_bit | 127);
                bytes.extend(len.to_be_bytes());
            }
        }
        bytes.extend(if self.masked { &KEY[..] } else { &[] });
        let key = KEY.iter().cycle().map(|byte| if self.masked { *byte } else { 0 });
        bytes.extend(self.payload.iter().zip(key).map(|(byte, key)| byte ^ key));
        bytes
    }
}

/// The place of a frame in a stream. Ends that the stream does not reach are beyond its length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) start: usize,
    /// Where the length ends in the header, and the masking key begins.
    pub(crate) key: usize,
    /// Where the header ends.
    pub(crate) head: usize,
    /// Where the payload ends.
    pub(crate) end: usize,
    pub(crate) opcode: u8,
    pub(crate) fin: bool,
    /// The declared length of the payload; 0 if the stream ends before it.
    pub(crate) len: u64,
    pub(crate) form: Form,
}

impl Span {
    /// The frame at `start`.
    pub(crate) fn at(start: usize, bytes: &[u8]) -> Self {
        let byte = |at: usize| bytes.get(start + at).copied().unwrap_or(0);
        let number = |len: usize| (2..2 + len).fold(0, |all, at| all << 8 | u64::from(byte(at)));
        let (len, size, form) = match byte(1) & 0x7F {
            126 => (number(2), 2, Form::Bits16),
            127 => (number(8), 8, Form::Bits64),
            len => (u64::from(len), 0, Form::Shortest),
        };
        let key = start + 2 + size;
        let head = key + usize::from(byte(1) >> 7) * 4;
        let end = head.saturating_add(usize::try_from(len).unwrap_or(usize::MAX));
        Self { start, key, head, end, opcode: byte(0) & 15, fin: byte(0) >> 7 != 0, len, form }
    }

    /// All frames of a stream.
    pub(crate) fn all(bytes: &[u8]) -> Vec<Self> {
        let mut spans: Vec<Self> = Vec::new();
        loop {
            let start = spans.last().map_or(0, |last| last.end);
            if start >= bytes.len() {
                return spans;
            }
            spans.push(Self::at(start, bytes));
        }
    }

    /// Whether the length would be shorter in another form.
    pub(crate) fn is_shortest(&self) -> bool {
        match self.form {
            Form::Shortest => true,
            Form::Bits16 => self.len >= 126,
            Form::Bits64 => self.len >= 1 << 16,
        }
    }
}
