//! Tests of the handshake, named after the rows of the catalogue of inputs that they cover.

mod answers;
mod client_requests;
mod every_parameter;
mod extended_openings;
mod extension_lists;
mod health_checks;
#[cfg(feature = "http")]
mod http_client;
#[cfg(feature = "http")]
mod http_types;
mod in_place;
mod negotiation;
mod offers;
mod policies;
mod queries;
mod request_heads;
mod request_lines;
mod response_bodies;
mod responses;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

use super::head::HeadProgress;
use super::headers::check_headers;
use super::*;
use crate::{Config, Leniency, ProtocolError};

/// The request that all others are derived from.
const REQUEST: &str = "GET /c HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// The response to `REQUEST`, which all others are derived from.
const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
     Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// Checks a request without leniency.
fn check_request(
    head: &[u8],
    policy: Option<&DeflatePolicy>,
) -> Result<CheckedRequest, ProtocolError> {
    super::check_request(head, policy, Leniency::default(), &mut Leniency::default())
}

/// Checks a response without leniency.
fn check_response(head: &[u8], expected: &Expected) -> Result<ResponseKind, ProtocolError> {
    super::check_response(head, expected, Leniency::default(), &mut Leniency::default())
}

/// Checks a response about extensions without leniency.
fn check_answer(
    value: &str,
    offers: &[DeflateOffer],
) -> Result<Option<DeflateParameters>, ProtocolError> {
    let values = [value.as_bytes()].into_iter();
    extensions::check_answer(values, offers, Leniency::default(), &mut Leniency::default())
}

/// The head with more header lines at its end.
fn with_lines(head: &str, lines: &str) -> String {
    format!("{}{lines}\r\n\r\n", head.strip_suffix("\r\n").unwrap())
}

/// The head with the line that starts with `begin` replaced by `lines`, or removed if they are
/// empty.
fn replace(head: &str, begin: &str, lines: &str) -> String {
    assert!(head.contains(begin), "{begin}");
    let line_of = |line: &str| if line.starts_with(begin) { lines } else { line }.to_owned();
    let lines: Vec<String> = head.split("\r\n").map(line_of).collect();
    let (body, end) = lines.split_at(lines.len() - 2);
    let body = body.iter().filter(|line| !line.is_empty()).cloned();
    body.chain(end.iter().cloned()).collect::<Vec<_>>().join("\r\n")
}

/// `REQUEST` with another request line.
fn with_request_line(request_line: &str) -> String {
    replace(REQUEST, "GET", request_line)
}

/// The result of reading a head: its bytes, how many bytes were consumed, and the leniency used.
type HeadRead = Result<(Vec<u8>, usize, Leniency), ProtocolError>;

/// Reads a head from pieces of input. `None` if they do not contain its end.
fn read_pieces(mut reader: HeadReader, pieces: &[&[u8]], config: &Config) -> Option<HeadRead> {
    let (mut head, mut taken, mut used) = (Vec::new(), 0, Leniency::default());
    for piece in pieces {
        match reader.read(piece, &mut head, config.head_rules(), &mut used) {
            Ok(HeadProgress { consumed, complete }) => {
                taken += consumed;
                if complete {
                    return Some(Ok((head, taken, used)));
                }
                assert_eq!(consumed, piece.len());
            }
            Err(error) => return Some(Err(error)),
        }
    }
    None
}

/// Reads a head in one piece, byte by byte, and in two pieces cut at every place (long heads: at
/// some places). Panics unless all ways have the same result.
fn read(reader: &HeadReader, input: &[u8], config: &Config) -> Option<HeadRead> {
    let whole = read_pieces(reader.clone(), &[input], config);
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(read_pieces(reader.clone(), &bytes, config), whole);
    for cut in (0..=input.len()).step_by(input.len() / 512 + 1) {
        let (first, second) = input.split_at(cut);
        assert_eq!(read_pieces(reader.clone(), &[first, second], config), whole, "cut {cut}");
    }
    whole
}

/// The offset of the byte at which reading the head fails, and the error.
fn fails_at(mut reader: HeadReader, input: &[u8], config: &Config) -> (usize, ProtocolError) {
    let (mut head, mut used) = (Vec::new(), Leniency::default());
    for (at, byte) in input.chunks(1).enumerate() {
        if let Err(error) = reader.read(byte, &mut head, config.head_rules(), &mut used) {
            return (at, error);
        }
    }
    panic!("did not fail");
}

/// Reads a request and checks it.
fn read_request_with(
    input: impl AsRef<[u8]>,
    config: &Config,
) -> Result<CheckedRequest, ProtocolError> {
    let read = read(&HeadReader::request(), input.as_ref(), config);
    let (head, taken, _) = read.expect("a whole head")?;
    assert_eq!(taken, input.as_ref().len());
    super::check_request(&head, None, config.leniency, &mut Leniency::default())
}

fn read_request(input: impl AsRef<[u8]>) -> Result<CheckedRequest, ProtocolError> {
    read_request_with(input, &Config::default())
}

/// Panics unless the request is accepted.
#[track_caller]
fn accepts(input: impl AsRef<[u8]>) {
    assert_eq!(read_request(input).unwrap().accept, *b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

/// Panics unless the request fails with this error, which is answered with this status.
#[track_caller]
fn refuses(input: impl AsRef<[u8]>, error: ProtocolError, status: u16) {
    assert_eq!(read_request(input).map(drop), Err(error));
    let mut out = Vec::new();
    encode_error_response(error, false, &mut out);
    let out = String::from_utf8(out).unwrap();
    assert!(out.starts_with(&format!("HTTP/1.1 {status} ")), "{out}");
    assert!(out.contains("close\r\n"), "{out}");
}

/// `REQUEST` with more header lines at its end.
fn request_with(lines: &str) -> String {
    with_lines(REQUEST, lines)
}
