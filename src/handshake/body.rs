//! The body of a refusal (RFC 9112 §6, §7.1).

use alloc::vec::Vec;

use super::grammar::{lists, parse_number};
use super::headers::Headers;

/// Reads the body of a refusal as far as it is kept. What is malformed ends it.
#[derive(Clone, Debug)]
pub(crate) struct BodyReader {
    framing: Framing,
    truncated: bool,
}

/// How the rest of the body is framed.
#[derive(Clone, Debug)]
enum Framing {
    /// So many bytes are to come.
    Length(u64),
    /// Everything until the end of the stream.
    Eof,
    /// The line with the size of a chunk, or the line end after the chunk before.
    ChunkLine(ChunkLine),
    /// So many bytes of a chunk are to come.
    Chunk(u64),
    Complete,
}

/// What [`BodyReader::read`] took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BodyProgress {
    /// The bytes of the input that belong to the body and its framing.
    pub(crate) consumed: usize,
    /// Whether nothing more will be taken.
    pub(crate) complete: bool,
}

impl BodyReader {
    /// A reader for the body that these headers frame (RFC 9112 §6.3).
    pub(super) fn new(status: u16, headers: Headers<'_>) -> Self {
        let framing = match status {
            100..=199 | 204 | 304 => Framing::Complete,
            _ => Framing::of(headers),
        };
        Self { framing: framing.or_complete(), truncated: false }
    }

    /// Appends the part of `input` that is body to `body`, until that has `limit` bytes.
    pub(crate) fn read(&mut self, input: &[u8], body: &mut Vec<u8>, limit: usize) -> BodyProgress {
        let mut rest = input;
        while !rest.is_empty() && !self.is_complete() {
            rest = match self.framing {
                Framing::ChunkLine(ref mut line) => {
                    let (framing, taken) = line.read(rest);
                    if let Some(framing) = framing {
                        self.framing = framing;
                    }
                    rest.get(taken..).unwrap_or_default()
                }
                Framing::Length(_) | Framing::Chunk(_) | Framing::Eof | Framing::Complete => {
                    self.read_data(rest, body, limit)
                }
            };
        }
        BodyProgress { consumed: input.len() - rest.len(), complete: self.is_complete() }
    }

    /// Nothing more comes, which cuts a body unless it is complete or this is the end `of_stream`
    /// that it goes on to.
    pub(crate) fn end(&mut self, of_stream: bool) {
        self.truncated |= match self.framing {
            Framing::Complete => false,
            Framing::Eof => !of_stream,
            Framing::Length(_) | Framing::ChunkLine(_) | Framing::Chunk(_) => true,
        };
        self.framing = Framing::Complete;
    }

    /// Whether the body is read, or read as far as it is kept. True from the start if there is
    /// none.
    pub(crate) const fn is_complete(&self) -> bool {
        matches!(self.framing, Framing::Complete)
    }

    /// Whether there was more of the body than was kept.
    pub(crate) const fn truncated(&self) -> bool {
        self.truncated
    }

    /// Takes bytes that are body and gives back the rest.
    fn read_data<'i>(&mut self, input: &'i [u8], body: &mut Vec<u8>, limit: usize) -> &'i [u8] {
        let room = limit.saturating_sub(body.len());
        if room == 0 {
            self.truncated = true;
            self.framing = Framing::Complete;
            return input;
        }
        let (data, rest) = split_at_most(input, self.framing.left().min(room as u64));
        body.extend_from_slice(data);
        self.framing.advance(data.len() as u64);
        rest
    }
}

impl Framing {
    /// `Transfer-Encoding` goes before `Content-Length`; without both, EOF is the end.
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

    fn or_complete(self) -> Self {
        if self.left() == 0 { Self::Complete } else { self }
    }

    /// The bytes of body before the framing changes.
    const fn left(&self) -> u64 {
        match self {
            Self::Length(left) | Self::Chunk(left) => *left,
            Self::Eof | Self::ChunkLine(_) => u64::MAX,
            Self::Complete => 0,
        }
    }

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

/// The longest line with the size of a chunk, extensions included. Longer ones end the body.
const MAX_CHUNK_LINE: usize = 64;

/// The line with the size of a chunk, as far as it has arrived.
#[derive(Clone, Debug)]
struct ChunkLine {
    bytes: [u8; MAX_CHUNK_LINE],
    len: usize,
    /// The line end of the chunk before is still to come.
    after_chunk: bool,
}

impl ChunkLine {
    const FIRST: Self = Self { bytes: [0; MAX_CHUNK_LINE], len: 0, after_chunk: false };
    const NEXT: Self = Self { after_chunk: true, ..Self::FIRST };

    /// Takes bytes up to the end of the line; tells what follows it, and how many were taken.
    fn read(&mut self, input: &[u8]) -> (Option<Framing>, usize) {
        for (at, byte) in input.iter().enumerate() {
            let Some(place) = self.bytes.get_mut(self.len) else {
                return (Some(Framing::Complete), at);
            };
            *place = *byte;
            self.len += 1;
            if *byte == b'\n' {
                return (Some(self.end()), at + 1);
            }
        }
        (None, input.len())
    }

    fn end(&self) -> Framing {
        let line = self.bytes.get(..self.len).unwrap_or_default();
        match httparse::parse_chunk_size(line) {
            _ if self.after_chunk && line == b"\r\n" => Framing::ChunkLine(Self::FIRST),
            _ if self.after_chunk || line == b"\r\n" => Framing::Complete,
            // The last chunk has no bytes; what follows are trailers, which nobody reads.
            Ok(httparse::Status::Complete((_, size))) => Framing::Chunk(size).or_complete(),
            Ok(httparse::Status::Partial) | Err(_) => Framing::Complete,
        }
    }
}

/// The first bytes of the input, `most` at the most, and the others.
fn split_at_most(input: &[u8], most: u64) -> (&[u8], &[u8]) {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    input.split_at_checked(most).unwrap_or((input, &[]))
}
