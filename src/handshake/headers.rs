//! Header fields, as views into the head that was received.

use core::fmt;

use httparse::Status;

use super::grammar::trim;
use super::start_line::split_first_line;
use crate::ProtocolError;

/// How many headers are parsed at once; few heads have more.
const TYPICAL_HEADERS: usize = 32;

/// One header field of a request or response (RFC 9110 §5).
///
/// The [`Debug`](fmt::Debug) form hides the value of `Authorization`, `Cookie`,
/// `Proxy-Authorization` and `Set-Cookie`, and the query of `Location`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Header<'b> {
    name: &'b str,
    value: &'b [u8],
}

impl<'b> Header<'b> {
    /// The name as it was sent. Compare it with [`str::eq_ignore_ascii_case`].
    pub const fn name(&self) -> &'b str {
        self.name
    }

    /// The bytes of the value as they were sent, without the spaces and tabs around them.
    pub const fn value(&self) -> &'b [u8] {
        self.value
    }

    /// The value, if it is UTF-8.
    pub const fn value_str(&self) -> Option<&'b str> {
        match str::from_utf8(self.value) {
            Ok(text) => Some(text),
            Err(_) => None,
        }
    }

    fn of_parsed(parsed: &httparse::Header<'b>) -> Self {
        Self { name: parsed.name, value: trim(parsed.value) }
    }

    fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether the value is usually a secret.
    pub(super) fn is_secret(&self) -> bool {
        ["authorization", "cookie", "proxy-authorization", "set-cookie"]
            .iter()
            .any(|name| self.is_named(name))
    }
}

impl fmt::Debug for Header<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_secret() {
            return write!(f, "{}: (hidden)", self.name);
        }
        // Servers repeat the query of a request where they redirect it.
        let ends = |byte: &u8| self.is_named("location") && matches!(byte, b'?' | b'#');
        let shown = self.value.split(ends).next().unwrap_or_default();
        write!(f, "{}: {}", self.name, shown.escape_ascii())
    }
}

/// The header fields of a request or response, in order.
///
/// A view into the head that is as cheap to copy as a slice. Lines are split while iterating.
#[derive(Clone, Copy)]
pub struct Headers<'b> {
    lines: &'b [u8],
}

impl<'b> Headers<'b> {
    /// The headers of a complete head.
    pub(super) fn of_head(head: &'b [u8]) -> Self {
        Self { lines: split_first_line(head).1 }
    }

    /// The headers in `lines`, which do not begin with a request line or status line.
    pub(super) const fn of_lines(lines: &'b [u8]) -> Self {
        Self { lines }
    }

    /// The headers in the order in which they were sent.
    pub const fn iter(&self) -> HeadersIter<'b> {
        HeadersIter { lines: self.lines }
    }

    /// The header at a cursor, and the cursor of the next one; `None` at the end, and for a number
    /// that is no cursor of these headers. The first cursor is 0.
    ///
    /// This is for callers that can keep a number and no iterator, such as programs in other
    /// languages. A step costs what a step of [`iter`](Self::iter) does.
    ///
    /// ```
    /// # use websocket_proto::handshake::{AnswerError, Rejection};
    /// let rejection = Rejection::forbidden().header("X-A", "1")?.header("X-B", "2")?;
    /// let (headers, mut cursor, mut names) = (rejection.headers(), 0, vec![]);
    /// while let Some((header, next)) = headers.next_at(cursor) {
    ///     names.push(header.name());
    ///     cursor = next;
    /// }
    /// assert_eq!(names, ["X-A", "X-B"]);
    /// # Ok::<(), AnswerError>(())
    /// ```
    pub fn next_at(&self, cursor: usize) -> Option<(Header<'b>, usize)> {
        let (before, lines) = self.lines.split_at_checked(cursor)?;
        let begins_line = before.last().is_none_or(|byte| *byte == b'\n');
        let mut rest = HeadersIter { lines };
        let header = rest.next().filter(|_| begins_line)?;
        Some((header, self.lines.len() - rest.lines.len()))
    }

    /// The value of the first header of this name, compared without case.
    pub fn get(&self, name: &str) -> Option<&'b [u8]> {
        self.get_all(name).next()
    }

    /// The values of all headers of this name, compared without case, in order.
    pub fn get_all<'n>(&self, name: &'n str) -> impl Iterator<Item = &'b [u8]> + use<'b, 'n> {
        self.iter().filter(move |header| header.is_named(name)).map(|header| header.value)
    }

    /// The value of the only header of this name; `None` if there is none or several.
    pub(super) fn only(&self, name: &str) -> Option<&'b [u8]> {
        let mut values = self.get_all(name);
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }

    /// The value of the first header of this name, if it is UTF-8.
    pub(super) fn text(&self, name: &str) -> Option<&'b str> {
        str::from_utf8(self.get(name)?).ok()
    }
}

impl<'b> IntoIterator for Headers<'b> {
    type Item = Header<'b>;
    type IntoIter = HeadersIter<'b>;

    fn into_iter(self) -> HeadersIter<'b> {
        self.iter()
    }
}

impl<'b> IntoIterator for &Headers<'b> {
    type Item = Header<'b>;
    type IntoIter = HeadersIter<'b>;

    fn into_iter(self) -> HeadersIter<'b> {
        self.iter()
    }
}

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

/// An iterator over [`Headers`], in order.
#[derive(Clone)]
pub struct HeadersIter<'b> {
    lines: &'b [u8],
}

impl<'b> Iterator for HeadersIter<'b> {
    type Item = Header<'b>;

    fn next(&mut self) -> Option<Header<'b>> {
        let (line, rest) = split_first_line(self.lines);
        self.lines = rest;
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = str::from_utf8(line.get(..colon)?).ok()?;
        Some(Header { name, value: trim(line.get(colon + 1..)?) })
    }
}

impl fmt::Debug for HeadersIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Headers { lines: self.lines }.fmt(f)
    }
}

/// Checks the grammar of the header lines of a complete head, and shows each header to `look`.
pub(super) fn check_headers<'b>(
    head: &'b [u8],
    look: impl FnMut(Header<'b>),
) -> Result<Headers<'b>, ProtocolError> {
    let headers = Headers::of_head(head);
    let mut table = [httparse::EMPTY_HEADER; TYPICAL_HEADERS];
    match httparse::parse_headers(headers.lines, &mut table) {
        Ok(Status::Complete((len, parsed))) if len == headers.lines.len() => {
            parsed.iter().map(Header::of_parsed).for_each(look);
        }
        Err(httparse::Error::TooManyHeaders) if are_headers(headers.lines) => {
            headers.iter().for_each(look);
        }
        Ok(_) | Err(_) => return Err(ProtocolError::BadHeader),
    }
    Ok(headers)
}

/// Whether these are the header lines of a complete head. They are parsed one by one, which needs no
/// table whose size would depend on how many there are.
fn are_headers(lines: &[u8]) -> bool {
    let mut lines = lines.split_inclusive(|byte| *byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        let is_last = lines.peek().is_none();
        if is_end_of_head(line) != Some(is_last) {
            return false;
        }
    }
    true
}

/// Whether the line, which has its line end, is the empty one that ends a head. `None` if it is
/// neither that nor a header line.
fn is_end_of_head(line: &[u8]) -> Option<bool> {
    let mut header = [httparse::EMPTY_HEADER];
    httparse::parse_headers(line, &mut header).ok().map(|status| status.is_complete())
}
