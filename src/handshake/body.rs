//! The body of a refusal, which is a response other than 101 (RFC 9112 §6, §7.1).

use alloc::vec::Vec;

use super::grammar::{lists, parse_number};
use super::headers::Headers;

/// Reads the body of a refusal, up to the length that is kept. Malformed framing ends the body.
#[derive(Clone, Debug)]
pub(crate) struct BodyReader {
    framing: Framing,
    truncated: bool,
}

/// How the end of the body is found, from the next byte on.
#[derive(Clone, Debug)]
enum Framing {
    /// The body has this many more bytes.
    Length(u64),
    /// The body ends with the stream.
    Eof,
    /// Next is the line with the size of a chunk, or the line end after the previous chunk.
    ChunkLine(ChunkLine),
    /// The current chunk has this many more bytes.
    Chunk(u64),
    /// Nothing of the body follows, or nothing that is read.
    Complete,
}

/// How far [`BodyReader::read`] got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BodyProgress {
    /// How many bytes of the input belong to the body and its framing.
    pub(crate) consumed: usize,
    /// Whether the reader will consume nothing more.
    pub(crate) complete: bool,
}

impl BodyReader {
    /// A reader for the body of a response with this status and these headers (RFC 9112 §6.3).
    pub(super) fn new(status: u16, headers: Headers<'_>) -> Self {
        let framing = match status {
            100..=199 | 204 | 304 => Framing::Complete,
            _ => Framing::of(headers),
        };
        Self { framing: framing.complete_if_empty(), truncated: false }
    }

    /// Moves the bytes of the body from `input` to `body`, until `body` has `limit` bytes.
    pub(crate) fn read(&mut self, input: &[u8], body: &mut Vec<u8>, limit: usize) -> BodyProgress {
        let mut rest = input;
        while !rest.is_empty() && !self.is_complete() {
            rest = match self.framing {
                Framing::ChunkLine(ref mut line) => {
                    let (next, consumed) = line.read(rest);
                    if let Some(next) = next {
                        self.framing = next;
                    }
                    rest.get(consumed..).unwrap_or_default()
                }
                Framing::Length(_) | Framing::Chunk(_) | Framing::Eof | Framing::Complete => {
                    self.read_data(rest, body, limit)
                }
            };
        }
        BodyProgress { consumed: input.len() - rest.len(), complete: self.is_complete() }
    }

    /// Ends the body because the stream has ended, which truncates it unless it is complete or
    /// was to end with the stream.
    pub(crate) fn end_with_stream(&mut self) {
        if let Framing::Eof = self.framing {
            self.framing = Framing::Complete;
        }
        self.truncate();
    }

    /// Ends the body before its end, because the stream failed or a deadline passed. A body that is
    /// complete stays so.
    pub(crate) fn truncate(&mut self) {
        self.truncated |= !self.is_complete();
        self.framing = Framing::Complete;
    }

    /// Whether the body was read, to its end or up to the length that is kept. Always true if there
    /// is no body.
    pub(crate) const fn is_complete(&self) -> bool {
        matches!(self.framing, Framing::Complete)
    }

    /// Whether a part of the body is missing from what was kept.
    pub(crate) const fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// Moves bytes of the body from `input` to `body` and returns what follows them in `input`.
    fn read_data<'i>(&mut self, input: &'i [u8], body: &mut Vec<u8>, limit: usize) -> &'i [u8] {
        let room = limit.saturating_sub(body.len());
        if room == 0 {
            self.truncated = true;
            self.framing = Framing::Complete;
            return input;
        }
        let (data, rest) = split_at_most(input, self.framing.remaining().min(room as u64));
        body.extend_from_slice(data);
        self.framing.advance(data.len() as u64);
        rest
    }
}

impl Framing {
    /// RFC 9112 §6.3: `Transfer-Encoding` overrides `Content-Length`; without either, the body ends
    /// with the stream.
    fn of(headers: Headers<'_>) -> Self {
        let mut encodings = headers.get_all("Transfer-Encoding").peekable();
        if encodings.peek().is_some() {
            let chunked = lists(encodings, "chunked");
            return if chunked { Self::ChunkLine(ChunkLine::FIRST) } else { Self::Eof };
        }
        match (headers.get("Content-Length"), headers.only("Content-Length")) {
            (None, _) => Self::Eof,
            (_, Some(length)) => parse_number(length).map_or(Self::Complete, Self::Length),
            (Some(_), None) => Self::Complete,
        }
    }

    fn complete_if_empty(self) -> Self {
        if self.remaining() == 0 { Self::Complete } else { self }
    }

    /// How many bytes of the body come before the framing changes.
    const fn remaining(&self) -> u64 {
        match self {
            Self::Length(left) | Self::Chunk(left) => *left,
            Self::Eof | Self::ChunkLine(_) => u64::MAX,
            Self::Complete => 0,
        }
    }

    /// Counts `len` bytes of the body as read.
    fn advance(&mut self, len: u64) {
        match self {
            Self::Length(left) | Self::Chunk(left) => *left = left.saturating_sub(len),
            Self::Eof | Self::ChunkLine(_) | Self::Complete => {}
        }
        match self {
            Self::Length(0) => *self = Self::Complete,
            Self::Chunk(0) => *self = Self::ChunkLine(ChunkLine::NEXT),
            Self::Length(_) | Self::Chunk(_) | Self::Eof | Self::ChunkLine(_) | Self::Complete => {}
        }
    }
}

/// The maximum length of a line with the size of a chunk, extensions included, in bytes. A longer
/// line ends the body.
const MAX_CHUNK_LINE: usize = 64;

/// The part of a line with the size of a chunk that has arrived.
#[derive(Clone, Debug)]
struct ChunkLine {
    bytes: [u8; MAX_CHUNK_LINE],
    len: usize,
    /// Whether this is the line end after the data of a chunk, not a size.
    after_chunk: bool,
}

impl ChunkLine {
    const FIRST: Self = Self { bytes: [0; MAX_CHUNK_LINE], len: 0, after_chunk: false };
    const NEXT: Self = Self { after_chunk: true, ..Self::FIRST };

    /// Reads up to the end of the line. Returns what follows the line, if it has ended, and how
    /// many bytes were consumed.
    fn read(&mut self, input: &[u8]) -> (Option<Framing>, usize) {
        for (at, byte) in input.iter().enumerate() {
            let Some(place) = self.bytes.get_mut(self.len) else {
                return (Some(Framing::Complete), at);
            };
            *place = *byte;
            self.len += 1;
            if *byte == b'\n' {
                return (Some(self.framing_after()), at + 1);
            }
        }
        (None, input.len())
    }

    /// What follows the complete line.
    fn framing_after(&self) -> Framing {
        let line = self.bytes.get(..self.len).unwrap_or_default();
        match httparse::parse_chunk_size(line) {
            _ if self.after_chunk && line == b"\r\n" => Framing::ChunkLine(Self::FIRST),
            _ if self.after_chunk || line == b"\r\n" => Framing::Complete,
            // The last chunk has size 0. Trailers may follow, which are not read.
            Ok(httparse::Status::Complete((_, size))) => Framing::Chunk(size).complete_if_empty(),
            Ok(httparse::Status::Partial) | Err(_) => Framing::Complete,
        }
    }
}

/// Splits off the first `max` bytes of the input, or all of it if it is shorter.
fn split_at_most(input: &[u8], max: u64) -> (&[u8], &[u8]) {
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    input.split_at_checked(max).unwrap_or((input, &[]))
}
