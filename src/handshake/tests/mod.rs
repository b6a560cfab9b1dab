//! The rows of the catalogue of inputs, by their numbers, as far as they are decided here.

mod answers;
mod client_requests;
mod every_parameter;
mod extension_lists;
#[cfg(feature = "http")]
mod http_types;
mod negotiation;
mod offers;
mod policies;
mod request_heads;
mod request_lines;
mod response_bodies;
mod responses;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

use super::head::HeadProgress;
use super::*;
use crate::{Config, Leniency, ProtocolError};

/// The request that all others are changes of.
const G: &str = "GET /c HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// The answer to it, and the response that all others are changes of.
const A: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
     Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// The head with more header lines at its end.
fn with(head: &str, lines: &str) -> String {
    format!("{}{lines}\r\n\r\n", head.strip_suffix("\r\n").unwrap())
}

/// The head with the line that begins so replaced by others; without it if they are empty.
fn replace(head: &str, begin: &str, lines: &str) -> String {
    assert!(head.contains(begin), "{begin}");
    let line_of = |line: &str| if line.starts_with(begin) { lines } else { line }.to_owned();
    let lines: Vec<String> = head.split("\r\n").map(line_of).collect();
    let (body, end) = lines.split_at(lines.len() - 2);
    let body = body.iter().filter(|line| !line.is_empty()).cloned();
    body.chain(end.iter().cloned()).collect::<Vec<_>>().join("\r\n")
}

/// G with this request line.
fn line(request_line: &str) -> String {
    replace(G, "GET", request_line)
}

/// What reading one head leads to: its bytes, how many were taken, and the leniency used.
type HeadRead = Result<(Vec<u8>, usize, Leniency), ProtocolError>;

/// Reads one head from pieces of input; `None` if it does not end in them.
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

/// Reads one head whole, byte by byte, and at every 2-cut (of long ones at some), and demands
/// one result of all ways.
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

/// The offset of the byte at which a head fails, and the error.
fn fails_at(mut reader: HeadReader, input: &[u8], config: &Config) -> (usize, ProtocolError) {
    let (mut head, mut used) = (Vec::new(), Leniency::default());
    for (at, byte) in input.chunks(1).enumerate() {
        if let Err(error) = reader.read(byte, &mut head, config.head_rules(), &mut used) {
            return (at, error);
        }
    }
    panic!("did not fail");
}

fn request_with(input: impl AsRef<[u8]>, config: &Config) -> Result<Upgrade, ProtocolError> {
    let read = read(&HeadReader::request(), input.as_ref(), config);
    let (head, taken, _) = read.expect("a whole head")?;
    assert_eq!(taken, input.as_ref().len());
    check_request(&head, None)
}

fn request(input: impl AsRef<[u8]>) -> Result<Upgrade, ProtocolError> {
    request_with(input, &Config::default())
}

#[track_caller]
fn accepts(input: impl AsRef<[u8]>) {
    assert_eq!(request(input).unwrap().accept, *b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

/// Demands this error, and that the answer to it has this status.
#[track_caller]
fn refuses(input: impl AsRef<[u8]>, error: ProtocolError, status: u16) {
    assert_eq!(request(input).map(drop), Err(error));
    let mut out = Vec::new();
    encode_refusal(error, &mut out);
    let out = String::from_utf8(out).unwrap();
    assert!(out.starts_with(&format!("HTTP/1.1 {status} ")), "{out}");
    assert!(out.contains("close\r\n"), "{out}");
}

/// G with more header lines at its end.
fn g(lines: &str) -> String {
    with(G, lines)
}
