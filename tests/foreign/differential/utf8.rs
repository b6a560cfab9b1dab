//! Texts, compared with the standard library, wherever reads and frames end.

use std::ops::RangeInclusive;

use websocket_proto::Config;
use websocket_proto::ProtocolError::{self, InvalidUtf8};
use websocket_proto::frame::OpCode;

use crate::support::CollectingConnection;

const ALL: RangeInclusive<u8> = 0..=0xFF;

/// All continuation bytes.
const INSIDE: RangeInclusive<u8> = 0x80..=0xBF;

/// Bytes at the edges of continuation bytes, inside and outside.
const EDGES: [u8; 4] = [0x41, 0x80, 0xBF, 0xC2];

/// All sequences with one of the first bytes, then one of the second, and so on.
fn sequences<const N: usize>(bytes: [&[u8]; N]) -> Vec<[u8; N]> {
    let mut sequences = vec![[0; N]];
    for (at, among) in bytes.into_iter().enumerate() {
        let with = |mut sequence: [u8; N], byte| {
            sequence[at] = byte;
            sequence
        };
        let longer = |it| among.iter().map(move |byte| with(it, *byte));
        sequences = sequences.into_iter().flat_map(longer).collect();
    }
    sequences
}

fn range(bytes: RangeInclusive<u8>) -> Vec<u8> {
    bytes.collect()
}

fn verdict(text: &[u8]) -> Result<(), ProtocolError> {
    str::from_utf8(text).map(drop).map_err(|_| InvalidUtf8)
}

/// Fails if no bytes that follow can make the text valid UTF-8.
fn impossible(text: &[u8]) -> Result<(), ProtocolError> {
    match str::from_utf8(text) {
        Err(error) if error.error_len().is_some() => Err(InvalidUtf8),
        _ => Ok(()),
    }
}

/// Receives a text cut into reads in all ways, each by one of the two roles. It must fail in the
/// read that makes it impossible, or at its end.
fn check_cuts(text: &[u8]) {
    for cuts in 0..1 << (text.len() - 1) {
        let client = (cuts + usize::from(text[1])).is_multiple_of(2);
        let side = if client { CollectingConnection::client } else { CollectingConnection::server }(
            Config::default(),
        );
        check_cut(text, cuts, side);
    }
}

/// Receives a text with a read that ends after each byte whose bit in `cuts` is set.
fn check_cut(text: &[u8], cuts: usize, mut side: CollectingConnection) {
    let frame = side.framed(true, OpCode::Text, text);
    let head = frame.len() - text.len();
    let mut begin = 0;
    for end in (1..=text.len()).filter(|end| *end == text.len() || cuts >> (end - 1) & 1 != 0) {
        let verdict = if end == text.len() { verdict(text) } else { impossible(&text[..end]) };
        let read = side.receive(&frame[begin..head + end]);
        assert_eq!(read, verdict, "{text:02x?} up to {end}, cut at {cuts:b}");
        if read.is_err() {
            return;
        }
        begin = head + end;
    }
    assert_eq!(side.messages, [text]);
}

/// Receives a sequence in one read after different numbers of ASCII characters, as a validator
/// reads many bytes at a time.
fn check_inside(sequence: &[u8], many: &[usize]) {
    for around in many.iter().copied() {
        let ascii = vec![b'a'; around];
        let text = [&ascii, sequence, &ascii].concat();
        let mut server = CollectingConnection::server(Config::default());
        let frame = server.framed(true, OpCode::Text, &text);
        assert_eq!(server.receive(frame), verdict(&text), "{sequence:02x?} inside {around}");
    }
}

#[test]
fn all_pairs_of_bytes() {
    let pairs = sequences([&range(ALL), &range(ALL)]);
    assert_eq!(pairs.iter().filter(|pair| verdict(*pair).is_ok()).count(), 128 * 128 + 30 * 64);
    for pair in pairs {
        check_cuts(&pair);
        check_inside(&pair, &[0, 61, 150]);
    }
}

#[test]
fn sequences_of_three() {
    for sequence in sequences([&range(0xE0..=0xFF), &range(ALL), &EDGES]) {
        check_cuts(&sequence);
        check_inside(&sequence, &[0, 61, 150]);
    }
}

#[test]
fn sequences_of_four() {
    for sequence in sequences([&range(0xF0..=0xFF), &range(ALL), &EDGES, &EDGES]) {
        check_cuts(&sequence);
    }
}

#[test]
fn all_surrogates() {
    let surrogates = sequences([&[0xED], &range(0xA0..=0xBF), &range(INSIDE)]);
    assert_eq!(surrogates.len(), 0x800);
    for sequence in surrogates {
        assert!(verdict(&sequence).is_err());
        check_cuts(&sequence);
        check_inside(&sequence, &[0, 61, 150]);
    }
}

#[test]
fn all_overlong_forms() {
    let inside = range(INSIDE);
    for sequence in sequences([&[0xE0], &range(0x80..=0x9F), &inside]) {
        assert!(verdict(&sequence).is_err());
        check_cuts(&sequence);
    }
    for sequence in sequences([&[0xF0], &range(0x80..=0x8F), &inside, &inside]) {
        assert!(verdict(&sequence).is_err());
        check_inside(&sequence, &[61]);
    }
}

#[test]
fn all_beyond_the_last_code_point_that_begin_as_it() {
    let inside = range(INSIDE);
    for sequence in sequences([&[0xF4], &range(0x90..=0xBF), &inside, &inside]) {
        assert!(verdict(&sequence).is_err());
        check_inside(&sequence, &[61]);
    }
}

/// Reads end inside each character, after the same number of its bytes.
#[test]
fn all_code_points_at_all_cuts() {
    for len in 2..=4 {
        let chars: String = ('\0'..=char::MAX).filter(|char| char.len_utf8() == len).collect();
        for cut in 1..len {
            let mut server = CollectingConnection::server(Config::default());
            let frame = server.framed(true, OpCode::Text, &chars);
            let (before, after) = frame.split_at(frame.len() - chars.len() + cut);
            server.receive(before).unwrap();
            server.receive_in_parts(len, after).unwrap();
            assert!(server.messages == [chars.as_bytes()], "{len} bytes cut at {cut}");
        }
    }
}

/// Fragments end inside each character, with a ping between them.
#[test]
fn code_points_of_one_plane_in_fragments() {
    for len in 2..=4 {
        let chars: Vec<char> = ('\0'..='\u{1FFFF}').filter(|char| char.len_utf8() == len).collect();
        for cut in 1..len {
            let text: String = chars.iter().step_by(7).collect();
            let (first, rest) = text.as_bytes().split_at(cut);
            let mut config = Config::default();
            config.limits.extra_fragments = u32::MAX;
            let mut client = CollectingConnection::client(config);
            client.receive(client.framed(false, OpCode::Text, first)).unwrap();
            for part in rest.chunks(len) {
                client.receive(client.framed(true, OpCode::Ping, b"between")).unwrap();
                client
                    .receive(client.framed(part.len() < len, OpCode::Continuation, part))
                    .unwrap();
            }
            assert!(client.messages == [text.as_bytes()], "{len} bytes cut at {cut}");
        }
    }
}
