//! Heads as this crate writes them, and as an HTTP library has them.

use std::io::Write;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, Version};

use super::super::head::HeadReader;
use super::super::head_rules::HeadRules;
use super::super::headers::Headers;
use crate::{Leniency, ProtocolError};

/// The parts of a request that are its head.
#[derive(Clone, Copy)]
pub(crate) struct RequestHead<'r> {
    pub(crate) method: &'r Method,
    pub(crate) uri: &'r Uri,
    pub(crate) version: Version,
    pub(crate) headers: &'r HeaderMap,
}

impl<'r> RequestHead<'r> {
    pub(super) fn of<B>(request: &'r Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            version: request.version(),
            headers: request.headers(),
        }
    }
}

/// Writes the head of the request as HTTP/1.1, so that it can be checked like one that was
/// received.
pub(super) fn write_request(request: RequestHead<'_>) -> Result<Vec<u8>, ProtocolError> {
    if request.version != Version::HTTP_11 {
        return Err(ProtocolError::UnsupportedHttpVersion);
    }
    let mut head = Vec::new();
    // Writing to a vector cannot fail.
    let _ = write!(head, "{} {} HTTP/1.1\r\n", request.method, request.uri);
    write_headers(request.headers, &mut head);
    Ok(head)
}

/// Writes the head of a response as HTTP/1.1 or 1.0, for the same purpose. Later versions have no
/// status 101 (RFC 9113 §8.6).
pub(super) fn write_response(
    version: Version,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Vec<u8>, ProtocolError> {
    let minor = match version {
        Version::HTTP_11 => 1,
        Version::HTTP_10 => 0,
        _ => return Err(ProtocolError::BadStatusLine),
    };
    let mut head = Vec::new();
    // As above.
    let _ = write!(head, "HTTP/1.{minor} {} \r\n", status.as_str());
    write_headers(headers, &mut head);
    Ok(head)
}

fn write_headers(headers: &HeaderMap, head: &mut Vec<u8>) {
    for (name, value) in headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.extend_from_slice(b"\r\n");
}

/// Reads a head that was written by a function above.
pub(super) fn read_head(mut reader: HeadReader, bytes: &[u8]) -> Result<Vec<u8>, ProtocolError> {
    let leniency = Leniency::default();
    let (max_len, max_headers) = (u32::MAX, u16::MAX);
    let rules = HeadRules { max_len, max_headers, health_check: None, leniency };
    let mut head = Vec::with_capacity(bytes.len());
    let progress = reader.read(bytes, &mut head, rules, &mut Leniency::default())?;
    // A target with a line end in it, for example, would end the head early.
    let whole = progress.complete && progress.consumed == bytes.len();
    if whole { Ok(head) } else { Err(ProtocolError::BadHeader) }
}

/// Parses the headers of a head that this crate wrote, and marks those with secrets as sensitive.
pub(super) fn parse_headers(headers: Headers<'_>) -> HeaderMap {
    let mut map = HeaderMap::new();
    for header in headers {
        let name = HeaderName::from_bytes(header.name().as_bytes());
        if let (Ok(name), Ok(mut value)) = (name, HeaderValue::from_bytes(header.value())) {
            value.set_sensitive(header.is_secret());
            // A map takes 32,768 headers, and no server as many.
            let _ = map.try_append(name, value);
        }
    }
    map
}
