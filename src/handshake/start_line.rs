//! The first line of a head: a request line or a status line (RFC 9112 §3, §4).

use super::grammar::{count_while, is_resource, is_token, parse_number, split_authority_with_zone};
use super::head_rules::HeadRules;
use super::query::split_query;
use crate::{Leniency, ProtocolError};

/// The first line of a head, without its line end, and everything after it.
pub(super) fn split_first_line(head: &[u8]) -> (&[u8], &[u8]) {
    let lf = count_while(head, |byte| byte != b'\n');
    let (line, rest) = head.split_at_checked(lf + 1).unwrap_or((head, &[]));
    (trim_line_end(line), rest)
}

/// The line without its CR LF or LF.
pub(super) fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Checks a request line: first its form, then the version, the method and the target. In this
/// order the preface of HTTP/2, `PRI * HTTP/2.0`, is a malformed line rather than an unknown
/// method.
/// What could be a health check is accepted as well; the rest of the head decides.
pub(super) fn check_request_line(
    line: &[u8],
    health_check: Option<&str>,
) -> Result<(), ProtocolError> {
    let (method, target, version) =
        split_request_line(line).ok_or(ProtocolError::BadRequestLine)?;
    if health_check.and_then(|path| HealthCheck::of_line(line, path)).is_some() {
        return Ok(());
    }
    check_version(version)?;
    // §4.1: the method must be GET. Methods are case-sensitive.
    if method != b"GET" {
        return Err(ProtocolError::MethodNotGet);
    }
    Target::parse(target).map(drop).ok_or(ProtocolError::BadTarget)
}

/// A request line that is that of a health check, unless the request asks for an upgrade.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HealthCheck {
    /// Whether the response has no body, as the method is HEAD.
    pub(super) is_head: bool,
    /// Whether the version is HTTP/1.0, which needs no `Host`.
    pub(super) is_http_1_0: bool,
}

impl HealthCheck {
    /// The health check in the request line; `None` if it is none. The slash at the beginning of
    /// `path` may be missing.
    pub(super) fn of_line(line: &[u8], path: &str) -> Option<Self> {
        let (method, target, version) = split_request_line(line)?;
        let is_head = method == b"HEAD";
        let minor = version.strip_prefix(b"HTTP/1.").filter(|minor| is_digit(minor))?;
        let (asked, _) = split_query(Target::parse(target)?.resource);
        let is_asked = asked.strip_prefix('/') == Some(path.strip_prefix('/').unwrap_or(path));
        (is_asked && (is_head || method == b"GET"))
            .then_some(Self { is_head, is_http_1_0: minor == b"0" })
    }
}

/// The method, the target and the version. A target may contain spaces here, and is refused later.
fn split_request_line(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let first = line.iter().position(|byte| *byte == b' ')?;
    let last = line.iter().rposition(|byte| *byte == b' ')?;
    let target = line.get(first + 1..last)?;
    let method = line.get(..first).filter(|method| is_token(method))?;
    Some((method, target, line.get(last + 1..)?))
}

const fn is_digit(text: &[u8]) -> bool {
    matches!(text, [b'0'..=b'9'])
}

/// RFC 9110 §2.5: HTTP/1.1 is required, and a higher minor version is compatible with it.
fn check_version(version: &[u8]) -> Result<(), ProtocolError> {
    match version.strip_prefix(b"HTTP/1.") {
        Some(b"0") => Err(ProtocolError::UnsupportedHttpVersion),
        Some([b'1'..=b'9']) => Ok(()),
        Some(_) | None => Err(ProtocolError::BadRequestLine),
    }
}

/// A request target in origin form or absolute form (RFC 9112 §3.2).
#[derive(Clone, Copy)]
pub(super) struct Target<'b> {
    /// The target as it was sent.
    pub(super) text: &'b str,
    /// Host and port, in absolute form only.
    pub(super) authority: Option<&'b str>,
    /// The path and query.
    pub(super) resource: &'b str,
}

impl<'b> Target<'b> {
    /// Stands for the target of a head that was not checked, which never occurs.
    const NONE: Self = Self { text: "", authority: None, resource: "" };

    /// The target of a complete head that passed the checks.
    pub(super) fn of_head(head: &'b [u8]) -> Self {
        let parts = split_request_line(split_first_line(head).0);
        parts.and_then(|(_, target, _)| Self::parse(target)).unwrap_or(Self::NONE)
    }

    fn parse(target: &'b [u8]) -> Option<Self> {
        let text = str::from_utf8(target).ok().filter(|text| is_resource(text))?;
        if text.starts_with('/') {
            return Some(Self { text, authority: None, resource: text });
        }
        let (scheme, rest) = text.split_once("://")?;
        ["http", "https", "ws", "wss"].iter().find(|known| known.eq_ignore_ascii_case(scheme))?;
        let (authority, resource) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        split_authority_with_zone(authority)?;
        let resource = if resource.is_empty() { "/" } else { resource };
        Some(Self { text, authority: Some(authority), resource })
    }
}

/// Checks a status line: `HTTP/1.x SP 3DIGIT SP reason` (RFC 9112 §4). With leniency, the second
/// space may be missing.
pub(super) fn check_status_line(
    line: &[u8],
    rules: HeadRules,
    used: &mut Leniency,
) -> Result<(), ProtocolError> {
    let StatusLine { status, reason_with_space, .. } =
        StatusLine::parse(line).ok_or(ProtocolError::BadStatusLine)?;
    match reason_with_space {
        _ if status < 100 => Err(ProtocolError::BadStatusLine),
        [b' ', ..] => Ok(()),
        [] if rules.leniency.missing_reason => {
            used.missing_reason = true;
            Ok(())
        }
        _ => Err(ProtocolError::BadStatusLine),
    }
}

/// A status line, in parts.
#[derive(Clone, Copy)]
pub(super) struct StatusLine<'b> {
    pub(super) minor_version: u8,
    pub(super) status: u16,
    /// The reason phrase with the space before it; empty if both are missing.
    reason_with_space: &'b [u8],
}

impl<'b> StatusLine<'b> {
    /// Stands for the status line of a head that was not checked, which never occurs.
    const NONE: Self = Self { minor_version: 0, status: 0, reason_with_space: &[] };

    /// The status line of a complete head that passed the checks.
    pub(super) fn of_head(head: &'b [u8]) -> Self {
        Self::parse(split_first_line(head).0).unwrap_or(Self::NONE)
    }

    pub(super) fn parse(line: &'b [u8]) -> Option<Self> {
        let (version, rest) = line.strip_prefix(b"HTTP/1.")?.split_first()?;
        let (status, reason_with_space) = rest.strip_prefix(b" ")?.split_at_checked(3)?;
        let minor_version = version.is_ascii_digit().then(|| version - b'0')?;
        Some(Self { minor_version, status: parse_number(status)?, reason_with_space })
    }

    /// The reason phrase, if it is UTF-8.
    pub(super) fn reason(&self) -> Option<&'b str> {
        str::from_utf8(self.reason_with_space.strip_prefix(b" ").unwrap_or_default()).ok()
    }
}
