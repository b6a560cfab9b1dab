//! Reads a head as its input arrives, and finds its end.

use alloc::vec::Vec;

use super::grammar::{count_while, is_tchar, is_value_byte};
use super::head_rules::HeadRules;
use super::start_line::{check_request_line, check_status_line};
use crate::{Leniency, ProtocolError};

/// How many bytes are reserved for a head at once, unless fewer were received.
const TYPICAL_HEAD: usize = 512;

/// The first bytes of TLS records: of a handshake, and of the alert that answers plain text
/// (RFC 8446 §5.1).
const TLS_RECORDS: [u8; 2] = [22, 21];

/// Reads the bytes of a head and stops after the empty line that ends it.
///
/// The reader goes byte by byte, but for what is plainly right, as nearly all is. It checks line
/// ends, control characters, limits and the whole first line, and finds each error at a definite
/// byte, so that the result does not depend on how the input is split. The grammar of the header
/// lines is checked later, when the head is complete.
#[derive(Clone, Debug)]
pub(crate) struct HeadReader {
    kind: Kind,
    section: Section,
    /// Whether the last byte was a CR.
    after_cr: bool,
    /// Whether the one empty line that may come before a request line was skipped.
    skipped_empty_line: bool,
    /// The number of headers so far.
    headers: u16,
    /// The length of the head so far, in bytes.
    len: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Request,
    Response,
}

/// The section of the head that the next byte is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    /// Nothing has been read but the empty line that may come before a request line.
    Begin,
    /// The method of a request line.
    Method,
    /// The rest of a request line, or a status line.
    FirstLine,
    /// The first byte of a header line or of the empty line that ends the head.
    HeaderStart,
    /// The rest of a header line.
    Header,
    /// The head is complete.
    End,
}

/// How far [`HeadReader::read`] got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeadProgress {
    /// How many bytes of the input belong to the head.
    pub(crate) consumed: usize,
    /// Whether the head is complete.
    pub(crate) complete: bool,
}

impl HeadReader {
    /// A reader for the head of a request.
    pub(crate) const fn request() -> Self {
        Self::new(Kind::Request)
    }

    /// A reader for the head of a response.
    pub(crate) const fn response() -> Self {
        Self::new(Kind::Response)
    }

    const fn new(kind: Kind) -> Self {
        Self {
            kind,
            section: Section::Begin,
            after_cr: false,
            skipped_empty_line: false,
            headers: 0,
            len: 0,
        }
    }

    /// The length of the head so far, in bytes.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Whether the head is complete.
    pub(crate) fn is_complete(&self) -> bool {
        self.section == Section::End
    }

    /// Moves the bytes of the head from `input` to `head`, which must be empty at the first call.
    /// An empty line before a request is consumed and dropped. `used` notes which leniencies the
    /// head needed.
    ///
    /// # Errors
    ///
    /// A [`ProtocolError`] at the first byte with which the head cannot be acceptable any more.
    pub(crate) fn read(
        &mut self,
        input: &[u8],
        head: &mut Vec<u8>,
        rules: HeadRules,
        used: &mut Leniency,
    ) -> Result<HeadProgress, ProtocolError> {
        head.reserve(input.len().min(TYPICAL_HEAD));
        let mut rest = input;
        while self.section != Section::End {
            if let Some((line, after)) = self.split_header(rest, head.len(), rules) {
                head.extend_from_slice(line);
                self.headers += 1;
                rest = after;
                continue;
            }
            let run = self.count_plain(rest, head.len(), rules);
            let Some((run, after)) = rest.split_at_checked(run) else { break };
            head.extend_from_slice(run);
            rest = after;
            let Some((byte, after)) = rest.split_first() else { break };
            self.step(*byte, head, rules, used)?;
            rest = after;
        }
        self.len = head.len();
        Ok(HeadProgress { consumed: input.len() - rest.len(), complete: self.is_complete() })
    }

    /// Splits off a header line that is whole and right, as nearly all are: the same as reading its
    /// bytes one by one. `len` is the length of the head so far.
    fn split_header<'i>(
        &self,
        input: &'i [u8],
        len: usize,
        rules: HeadRules,
    ) -> Option<(&'i [u8], &'i [u8])> {
        if self.section != Section::HeaderStart || self.after_cr {
            return None;
        }
        let room = (rules.max_len as usize).saturating_sub(len);
        let field = count_while(input.get(..room).unwrap_or(input), is_value_byte);
        let (line, after) = input.split_at_checked(field + 2)?;
        let is_right = line.first().copied().is_some_and(is_tchar)
            && line.ends_with(b"\r\n")
            && line.len() <= room
            && self.headers < rules.max_headers;
        is_right.then_some((line, after))
    }

    /// How many bytes the input begins with for which [`step`](Self::step) would do nothing but append
    /// them. `len` is the length of the head so far.
    fn count_plain(&self, input: &[u8], len: usize, rules: HeadRules) -> usize {
        let room = (rules.max_len as usize).saturating_sub(len);
        let input = input.get(..room).unwrap_or(input);
        let is_request = self.kind == Kind::Request;
        if self.after_cr {
            0
        } else if self.section == Section::Header {
            count_while(input, is_value_byte)
        } else if self.section == Section::FirstLine && is_request {
            count_while(input, is_target_byte)
        } else {
            0
        }
    }

    /// Reads one byte.
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
            // RFC 9112 §2.2: a CR without an LF after it is invalid, even with leniency.
            _ if self.after_cr => return Err(self.malformed()),
            b'\r' => self.after_cr = true,
            _ => self.section = self.section_after(byte, head.len(), rules)?,
        }
        head.push(byte);
        Ok(())
    }

    /// Reads the LF that ends a line.
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
        self.section = match self.section {
            Section::Begin => return self.skip_empty_line(head),
            Section::Method | Section::FirstLine => {
                self.check_first_line(head.get(..line_len).unwrap_or_default(), rules, used)?;
                Section::HeaderStart
            }
            Section::Header => Section::HeaderStart,
            Section::HeaderStart | Section::End => Section::End,
        };
        Ok(())
    }

    fn allow_bare_lf(&self, rules: HeadRules, used: &mut Leniency) -> Result<(), ProtocolError> {
        used.bare_lf |= rules.leniency.bare_lf;
        if rules.leniency.bare_lf { Ok(()) } else { Err(self.malformed()) }
    }

    /// RFC 9112 §2.2: a server ignores at least one empty line before the request line. This one
    /// ignores exactly one.
    fn skip_empty_line(&mut self, head: &mut Vec<u8>) -> Result<(), ProtocolError> {
        if self.skipped_empty_line || self.kind == Kind::Response {
            return Err(self.malformed());
        }
        self.skipped_empty_line = true;
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
            Kind::Request => check_request_line(line, rules.health_check),
            Kind::Response => check_status_line(line, rules, used),
        }
    }

    /// Checks a byte that is not part of a line end, and returns the section that follows it. `at`
    /// is the offset of the byte in the head.
    fn section_after(
        &mut self,
        byte: u8,
        at: usize,
        rules: HeadRules,
    ) -> Result<Section, ProtocolError> {
        match self.section {
            Section::Begin if TLS_RECORDS.contains(&byte) => Err(ProtocolError::TlsRecord),
            Section::Begin | Section::Method | Section::FirstLine => match self.kind {
                Kind::Request => section_in_request_line(self.section, byte),
                Kind::Response => section_in_status_line(byte, at),
            },
            Section::HeaderStart => self.begin_header(byte, rules),
            Section::Header | Section::End if is_value_byte(byte) => Ok(Section::Header),
            Section::Header | Section::End => Err(ProtocolError::BadHeader),
        }
    }

    fn begin_header(&mut self, byte: u8, rules: HeadRules) -> Result<Section, ProtocolError> {
        // RFC 9112 §5.2: a line that begins with a space would continue the previous one.
        if !is_tchar(byte) {
            return Err(ProtocolError::BadHeader);
        }
        if self.headers >= rules.max_headers {
            return Err(ProtocolError::TooManyHeaders);
        }
        self.headers += 1;
        Ok(Section::Header)
    }

    const fn is_in_first_line(&self) -> bool {
        matches!(self.section, Section::Begin | Section::Method | Section::FirstLine)
    }

    /// The error for a head that exceeds the limit.
    const fn too_long(&self) -> ProtocolError {
        match self.kind {
            Kind::Request if self.is_in_first_line() => ProtocolError::TargetTooLong,
            Kind::Request | Kind::Response => ProtocolError::HeadTooLong,
        }
    }

    /// The error for a byte that the grammar does not allow.
    const fn malformed(&self) -> ProtocolError {
        match self.kind {
            Kind::Request if self.is_in_first_line() => ProtocolError::BadRequestLine,
            Kind::Response if self.is_in_first_line() => ProtocolError::BadStatusLine,
            Kind::Request | Kind::Response => ProtocolError::BadHeader,
        }
    }
}

/// Whether a byte may follow the method in a request line.
const fn is_target_byte(byte: u8) -> bool {
    (byte >= b' ') & (byte < 0x7f)
}

fn section_in_request_line(section: Section, byte: u8) -> Result<Section, ProtocolError> {
    match byte {
        _ if section == Section::FirstLine && is_target_byte(byte) => Ok(Section::FirstLine),
        b' ' if section == Section::Method => Ok(Section::FirstLine),
        _ if section == Section::FirstLine => Err(ProtocolError::BadTarget),
        _ if is_tchar(byte) => Ok(Section::Method),
        _ => Err(ProtocolError::BadRequestLine),
    }
}

fn section_in_status_line(byte: u8, at: usize) -> Result<Section, ProtocolError> {
    let is_expected = match b"HTTP/".get(at) {
        Some(letter) => byte == *letter,
        None => is_value_byte(byte),
    };
    if is_expected { Ok(Section::FirstLine) } else { Err(ProtocolError::BadStatusLine) }
}
