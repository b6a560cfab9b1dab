//! Responses that refuse a request, and those that the crate sends without asking the application.

use alloc::format;
use alloc::vec::Vec;

use crate::ProtocolError;

/// The header of a body that is plain text.
pub(super) const PLAIN_TEXT: &str = "Content-Type: text/plain; charset=utf-8\r\n";

/// Writes the response to a request that breaks a rule, or nothing if the error is not about a
/// request. The answer to HEAD has no body (RFC 9110 §9.3.2).
pub(crate) fn encode_error_response(error: ProtocolError, is_head: bool, out: &mut Vec<u8>) {
    let Some(status) = error.http_status() else { return };
    let header = if status == 405 {
        "Allow: GET\r\n"
    } else if error == ProtocolError::UnsupportedVersion {
        "Sec-WebSocket-Version: 13\r\n"
    } else {
        ""
    };
    let body = (!is_head).then(|| format!("{error}\n"));
    let body = body.as_deref().map(str::as_bytes);
    write_response(status, [header.as_bytes(), PLAIN_TEXT.as_bytes()], body, out);
}

/// Writes a response that is not about a mistake in the request: 408, 500 or 503.
pub(crate) fn encode_status_response(status: u16, out: &mut Vec<u8>) {
    write_response(status, [b"", b""], Some(b""), out);
}

/// Writes the status line, the header lines given, `Connection`, and `Content-Length` with the body, if
/// there is to be one.
pub(super) fn write_response(
    status: u16,
    headers: [&[u8]; 2],
    body: Option<&[u8]>,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(format!("HTTP/1.1 {status} {}\r\n", reason(status)).as_bytes());
    for lines in headers {
        out.extend_from_slice(lines);
    }
    // RFC 9110 §15.4.5: a 304 has no body.
    let body = body.filter(|_| status != 304);
    if let Some(body) = body {
        out.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
    }
    out.extend_from_slice(match status {
        // RFC 9110 §15.5.22: a 426 names the protocol to upgrade to.
        426 => b"Upgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n",
        _ => b"Connection: close\r\n\r\n",
    });
    out.extend_from_slice(body.unwrap_or_default());
}

/// The usual reason phrase of a status; empty for rare statuses (RFC 9110 §15, RFC 6585).
const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        413 => "Content Too Large",
        414 => "URI Too Long",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        425 => "Too Early",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}
