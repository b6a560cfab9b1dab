//! The end of a head, found as its bytes arrive.

use alloc::vec::Vec;

use super::grammar::{is_tchar, is_value_byte};
use super::head_rules::HeadRules;
use super::start_line::{check_request_line, check_status_line};
use crate::{Leniency, ProtocolError};

/// The most headers that can be had, whatever [`Limits::headers`](crate::Limits::headers) says.
pub(super) const MAX_HEADERS: u16 = 128;

/// The room in bytes that is made for a head at once, if as much was received.
const TYPICAL: usize = 512;

/// What a record of TLS begins with if it is a handshake's or the alert that answers plain text
/// (RFC 8446 §5.1).
const TLS: [u8; 2] = [22, 21];

/// Takes the bytes of a head one by one and stops behind its empty line.
///
/// Line ends, control characters, bounds and the whole first line are checked here, each at a
/// byte of its own, so that no verdict depends on how the input is cut. The grammar of the
/// header lines is checked when the head is complete.
#[derive(Clone, Debug)]
pub(crate) struct HeadReader {
    kind: Kind,
    place: Place,
    after_cr: bool,
    /// The empty line that may stand before a request line was there.
    empty_line: bool,
    headers: u16,
    /// The length of the head so far.
    len: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Request,
    Response,
}

/// Where in the head the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Begin,
    Method,
    FirstLine,
    LineStart,
    Line,
    End,
}

/// What [`HeadReader::read`] took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeadProgress {
    /// The bytes of the input that belong to the head.
    pub(crate) consumed: usize,
    /// Whether the last of them was the end of the head.
    pub(crate) complete: bool,
}

impl HeadReader {
    /// Reads a request.
    pub(crate) const fn request() -> Self {
        Self::new(Kind::Request)
    }

    /// Reads a response.
    pub(crate) const fn response() -> Self {
        Self::new(Kind::Response)
    }

    const fn new(kind: Kind) -> Self {
        Self { kind, place: Place::Begin, after_cr: false, empty_line: false, headers: 0, len: 0 }
    }

    /// The length of the head so far.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Moves the bytes of the head from `input` to `head`, which starts empty; an empty line
    /// before the head is taken and dropped.
    ///
    /// # Errors
    ///
    /// At the first byte that no acceptable head can have there.
    pub(crate) fn read(
        &mut self,
        input: &[u8],
        head: &mut Vec<u8>,
        rules: HeadRules,
        used: &mut Leniency,
    ) -> Result<HeadProgress, ProtocolError> {
        let mut consumed = 0;
        head.reserve(input.len().min(TYPICAL));
        for byte in input {
            if self.place == Place::End {
                break;
            }
            self.step(*byte, head, rules, used)?;
            consumed += 1;
        }
        self.len = head.len();
        Ok(HeadProgress { consumed, complete: self.place == Place::End })
    }

    fn step(
        &mut self,
        byte: u8,
        head: &mut Vec<u8>,
        rules: HeadRules,
        used: &mut Leniency,
    ) -> Result<(), ProtocolError> {
        if head.len() >= rules.max_len as usize {
            return Err(self.too_long());
        }
        match byte {
            b'\n' => return self.end_line(head, rules, used),
            // RFC 9112 §2.2: a CR that is not before LF is invalid, leniency or not.
            _ if self.after_cr => return Err(self.malformed()),
            b'\r' => self.after_cr = true,
            _ => self.place = self.place_after(byte, head.len(), rules)?,
        }
        head.push(byte);
        Ok(())
    }

    fn end_line(
        &mut self,
        head: &mut Vec<u8>,
        rules: HeadRules,
        used: &mut Leniency,
    ) -> Result<(), ProtocolError> {
        if !self.after_cr {
            self.allow_bare_lf(rules, used)?;
        }
        let line_len = head.len().saturating_sub(usize::from(self.after_cr));
        head.push(b'\n');
        self.after_cr = false;
        self.place = match self.place {
            Place::Begin => return self.skip_empty_line(head),
            Place::Method | Place::FirstLine => {
                self.check_first_line(head.get(..line_len).unwrap_or_default(), rules, used)?;
                Place::LineStart
            }
            Place::Line => Place::LineStart,
            Place::LineStart | Place::End => Place::End,
        };
        Ok(())
    }

    fn allow_bare_lf(&self, rules: HeadRules, used: &mut Leniency) -> Result<(), ProtocolError> {
        used.bare_lf |= rules.leniency.bare_lf;
        if rules.leniency.bare_lf { Ok(()) } else { Err(self.malformed()) }
    }

    /// RFC 9112 §2.2: a server ignores at least one empty line before the request line.
    fn skip_empty_line(&mut self, head: &mut Vec<u8>) -> Result<(), ProtocolError> {
        if self.empty_line || self.kind == Kind::Response {
            return Err(self.malformed());
        }
        self.empty_line = true;
        head.clear();
        Ok(())
    }

    fn check_first_line(
        &self,
        line: &[u8],
        rules: HeadRules,
        used: &mut Leniency,
    ) -> Result<(), ProtocolError> {
        match self.kind {
            Kind::Request => check_request_line(line),
            Kind::Response => check_status_line(line, rules, used),
        }
    }

    /// Checks one byte that is not of a line end; `at` is its offset in the head.
    fn place_after(
        &mut self,
        byte: u8,
        at: usize,
        rules: HeadRules,
    ) -> Result<Place, ProtocolError> {
        match self.place {
            Place::Begin if TLS.contains(&byte) => Err(ProtocolError::TlsRecord),
            Place::Begin | Place::Method | Place::FirstLine => match self.kind {
                Kind::Request => place_in_request_line(self.place, byte),
                Kind::Response => place_in_status_line(byte, at),
            },
            Place::LineStart => self.begin_header(byte, rules),
            Place::Line | Place::End if is_value_byte(byte) => Ok(Place::Line),
            Place::Line | Place::End => Err(ProtocolError::BadHeader),
        }
    }

    fn begin_header(&mut self, byte: u8, rules: HeadRules) -> Result<Place, ProtocolError> {
        // RFC 9112 §5.2: a line that begins with a space would continue the one before.
        if !is_tchar(byte) {
            return Err(ProtocolError::BadHeader);
        }
        if self.headers >= rules.max_headers.min(MAX_HEADERS) {
            return Err(ProtocolError::TooManyHeaders);
        }
        self.headers += 1;
        Ok(Place::Line)
    }

    const fn is_in_first_line(&self) -> bool {
        matches!(self.place, Place::Begin | Place::Method | Place::FirstLine)
    }

    const fn too_long(&self) -> ProtocolError {
        match self.kind {
            Kind::Request if self.is_in_first_line() => ProtocolError::TargetTooLong,
            Kind::Request | Kind::Response => ProtocolError::HeadTooLong,
        }
    }

    const fn malformed(&self) -> ProtocolError {
        match self.kind {
            Kind::Request if self.is_in_first_line() => ProtocolError::BadRequestLine,
            Kind::Response if self.is_in_first_line() => ProtocolError::BadStatusLine,
            Kind::Request | Kind::Response => ProtocolError::BadHeader,
        }
    }
}

fn place_in_request_line(place: Place, byte: u8) -> Result<Place, ProtocolError> {
    match byte {
        b' ' if place != Place::Begin => Ok(Place::FirstLine),
        _ if place == Place::FirstLine && byte.is_ascii_graphic() => Ok(Place::FirstLine),
        _ if place == Place::FirstLine => Err(ProtocolError::BadTarget),
        _ if is_tchar(byte) => Ok(Place::Method),
        _ => Err(ProtocolError::BadRequestLine),
    }
}

fn place_in_status_line(byte: u8, at: usize) -> Result<Place, ProtocolError> {
    let expected = match b"HTTP/".get(at) {
        Some(letter) => byte == *letter,
        None => is_value_byte(byte),
    };
    if expected { Ok(Place::FirstLine) } else { Err(ProtocolError::BadStatusLine) }
}
