//! Compressed messages that are received (`D` rows of the catalogue).

use websocket_proto::frame::OpCode;
use websocket_proto::handshake::DeflateParameters;
use websocket_proto::{Config, Role};

use crate::peer::{Sender, frames, frames_with, noise, parameters, records, stored};
use crate::support::{
    CollectingConnection, Dialogue, Framer, both, compressed, hex, plain_entropy, quoted, secs,
};

const HELLO: &str = "f2 48 cd c9 c9 07 00";
const AGAIN: &str = "f2 00 11 00 00";
const CORRUPT: [&str; 2] = ["failed BadDeflateData", "sends close 1007 \"\""];

/// Open connections of both roles with compression, each with the frames of its peer.
fn both_with(agreed: DeflateParameters) -> [(Dialogue, Framer); 2] {
    both().map(|(dialogue, frame)| (dialogue.agreed(agreed).lends_contexts(), frame))
}

/// Plays a dialogue in which text messages with these compressed payloads arrive.
#[track_caller]
fn expect<const N: usize>(takeover: bool, payloads: &[Vec<u8>], expected: [&str; N]) {
    for (dialogue, frame) in both_with(parameters(15, takeover)) {
        let receive = |dialogue: Dialogue, payload: &Vec<u8>| {
            dialogue.receive(frames(frame, OpCode::Text, &[payload]))
        };
        payloads.iter().fold(dialogue, receive).expect(expected);
    }
}

#[test]
fn d01_examples_of_the_rfc() {
    let two_blocks = "f2 48 05 00 00 00 ff ff ca c9 c9 07 00";
    for payload in
        [HELLO, "00 05 00 fa ff 48 65 6c 6c 6f 00", "f3 48 cd c9 c9 07 00 00", two_blocks]
    {
        expect(true, &[hex(payload)], ["text \"Hello\""]);
        for cut in 0..=hex(payload).len() {
            for (dialogue, frame) in both_with(parameters(15, true)) {
                let payload = hex(payload);
                let (first, second) = payload.split_at(cut);
                dialogue
                    .receive(frames(frame, OpCode::Text, &[first, second]))
                    .expect(["text \"Hello\""]);
            }
        }
    }
    expect(true, &[hex(HELLO), hex(AGAIN)], ["text \"Hello\"", "text \"Hello\""]);
}

#[test]
fn d02_no_reach_without_takeover() {
    expect(false, &[hex(HELLO), hex(AGAIN)], ["text \"Hello\"", CORRUPT[0], CORRUPT[1]]);
}

#[test]
fn d03_message_after_a_final_block() {
    let last = hex("f3 48 cd c9 c9 07 00 00");
    expect(true, &[last.clone(), hex(AGAIN)], ["text \"Hello\"", "text \"Hello\""]);
    expect(false, &[last, hex(AGAIN)], ["text \"Hello\"", CORRUPT[0], CORRUPT[1]]);
}

#[test]
fn d04_after_a_final_block() {
    let last = hex("f3 48 cd c9 c9 07 00");
    expect(true, &[[&last[..], &hex(AGAIN)].concat()], ["text \"HelloHello\""]);
    expect(true, &[[&last[..], &[0xFF; 9]].concat()], CORRUPT);
    // The output of zlib's `Z_FINISH`, without the zero byte that has to follow.
    expect(true, &[last.clone(), last], ["text \"Hello\"", "text \"Hello\""]);
}

/// The last byte has the end of the last match and that of the block. Output that finds no room
/// then must follow without more input.
#[test]
fn d04_a_match_up_to_the_last_byte() {
    // "a" and 6 × 258 repetitions of it, in a final block with the fixed codes.
    let payload = hex("4b 1c 05 a3 60 14 8c 82 51 30 0a 00");
    let told = format!("text {}", quoted(&[b'a'; 1549]));
    expect(true, &[payload.clone(), hex(HELLO), payload.clone()], [&told, "text \"Hello\"", &told]);
    for (dialogue, frame) in both_with(parameters(15, false)) {
        for (limit, expected) in [(1549, &told[..]), (1548, "failed MessageTooLong")] {
            let dialogue = dialogue.clone().config(|config| config.limits.message = limit);
            let played = dialogue.receive(frames(frame, OpCode::Text, &[&payload]));
            assert_eq!(played.play_all_ways()[0], expected);
        }
    }
}

#[test]
fn d05_empty_message() {
    expect(true, &[hex("00"), hex(HELLO), hex("00")], ["text \"\"", "text \"Hello\"", "text \"\""]);
}

#[test]
fn d06_no_payload_at_all() {
    for takeover in [true, false] {
        expect(takeover, &[Vec::new(), hex(HELLO)], CORRUPT);
        expect(takeover, &[hex(HELLO), Vec::new()], ["text \"Hello\"", CORRUPT[0], CORRUPT[1]]);
    }
    for (dialogue, frame) in both_with(parameters(15, true)) {
        dialogue.receive(frames(frame, OpCode::Text, &["", "", ""])).expect(CORRUPT);
    }
}

#[test]
fn d07_empty_fragments() {
    let hello = hex(HELLO);
    let all = hello.as_slice();
    for payloads in [vec![all, &[]], vec![&[], all], vec![&[], &[], all, &[], &[]]] {
        for (dialogue, frame) in both_with(parameters(15, true)) {
            dialogue
                .receive(frames(frame, OpCode::Text, &payloads))
                .receive(frames(frame, OpCode::Text, &[hex(AGAIN)]))
                .expect(["text \"Hello\"", "text \"Hello\""]);
        }
    }
}

#[test]
fn d08_corrupt() {
    for payload in [
        // Cut inside a block, and before the flush.
        "f2 48 cd",
        "f2 48 cd c9 c9 07",
        // A block of type 3.
        "07",
        // LEN and NLEN that do not match.
        "00 05 00 fa fe 48 65 6c 6c 6f 00",
        // Too many codes, and too many codes of one length.
        "fc ff ff ff ff ff ff",
        "04 00 fe ff ff ff ff ff",
        // A distance that is too far back.
        AGAIN,
    ] {
        expect(true, &[hex(payload), hex(HELLO)], CORRUPT);
    }
}

#[test]
fn d09_rsv1_where_it_has_no_meaning() {
    let reserved = ["failed ReservedBits", "sends close 1002 \"\""];
    for (dialogue, frame) in both_with(parameters(15, true)) {
        for opcode in [OpCode::Ping, OpCode::Pong, OpCode::Close] {
            let bytes = compressed(frame(true, opcode, &[0x03, 0xE8]));
            dialogue.clone().receive(bytes).expect(reserved);
        }
        for first in [compressed(frame(false, OpCode::Text, b"")), frame(false, OpCode::Text, b"")]
        {
            let continuation = compressed(frame(true, OpCode::Continuation, &hex(HELLO)));
            dialogue.clone().receive(first).receive(continuation).expect(reserved);
        }
        for bits in [0x60, 0x50, 0x70, 0x20, 0x10] {
            let mut bytes = frame(true, OpCode::Text, &hex(HELLO));
            bytes[0] |= bits;
            dialogue.clone().receive(bytes).expect(reserved);
        }
    }
}

#[test]
fn a08_rsv1_without_agreement() {
    for (dialogue, frame) in both() {
        let dialogue = dialogue.config(|config| config.deflate = Some(Default::default()));
        dialogue
            .receive(frames(frame, OpCode::Text, &[hex(HELLO)]))
            .expect(["failed ReservedBits", "sends close 1002 \"\""]);
    }
}

#[test]
fn d10_compressed_and_not_in_turn() {
    for takeover in [true, false] {
        for (dialogue, frame) in both_with(parameters(15, takeover)) {
            let mut zlib = Sender::new(6, 15, takeover);
            let ping = frame(true, OpCode::Ping, b"between");
            let plain = [
                frame(false, OpCode::Text, b"pl"),
                ping.clone(),
                frame(true, OpCode::Continuation, b"ain"),
            ]
            .concat();
            let words = ["ping \"between\"", "sends pong \"between\"", "text \"plain\""];
            let first = zlib.message("compressed");
            let pieces = zlib.pieces(&[b"compressed ", b"", b"in pieces"]);
            dialogue
                .receive(frames(frame, OpCode::Text, &[first]))
                .receive(frame(true, OpCode::Text, b"not"))
                .receive(frames_with(frame, OpCode::Text, &pieces, &ping))
                .receive(&plain)
                .receive(frames(frame, OpCode::Binary, &[zlib.message("compressed again")]))
                .receive(&plain)
                .receive(frames(frame, OpCode::Text, &[zlib.message("")]))
                .expect([
                    "text \"compressed\"",
                    "text \"not\"",
                    words[0],
                    words[1],
                    words[0],
                    words[1],
                    "text \"compressed in pieces\"",
                    words[0],
                    words[1],
                    words[2],
                    "binary 63 6f 6d 70 72 65 73 73 65 64 20 61 67 61 69 6e",
                    words[0],
                    words[1],
                    words[2],
                    "text \"\"",
                ]);
        }
    }
}

#[test]
fn d10_close_inside_a_compressed_message() {
    for (dialogue, frame) in both_with(parameters(15, true)) {
        let close = frame(true, OpCode::Close, &[0x03, 0xE8]);
        let pieces = Sender::new(6, 15, true).pieces(&[b"never ", b"finished"]);
        dialogue.receive(frames_with(frame, OpCode::Text, &pieces, &close)).eof().expect([
            "close 1000 \"\"",
            "sends close 1000 \"\"",
            "ended Clean",
        ]);
    }
}

/// References reach back 32 KiB within a message, and into earlier ones as far as the agreed
/// window.
#[test]
fn d14_reach_beyond_the_window() {
    let (before, part) = (noise(20_000), &noise(20_000)[..1000]);
    let mut wide = Sender::new(6, 15, true);
    let within = wide.message([&before, part].concat());
    let told = format!("binary {}", quoted(&[&before, part].concat()));
    let mut wide = Sender::new(6, 15, true);
    let (first, second) = (wide.message(&before), wide.message(part));
    for (dialogue, frame) in both_with(parameters(9, true)) {
        let binary = |payload: &Vec<u8>| frames(frame, OpCode::Binary, &[payload]);
        dialogue.clone().receive(binary(&within)).expect([&told]);
        dialogue.receive(binary(&first)).receive(binary(&second)).expect([
            &format!("binary {}", quoted(&before)),
            CORRUPT[0],
            CORRUPT[1],
        ]);
    }
    for (dialogue, frame) in both_with(parameters(15, true)) {
        let binary = |payload: &Vec<u8>| frames(frame, OpCode::Binary, &[payload]);
        dialogue
            .receive(binary(&first))
            .receive(binary(&second))
            .expect([&format!("binary {}", quoted(&before)), &format!("binary {}", quoted(part))]);
    }
}

#[test]
fn d15_windows_from_8_bits() {
    for bits in 8..=15 {
        for (dialogue, frame) in both_with(parameters(bits, true)) {
            let mut zlib = Sender::new(9, bits, true);
            let text = records(3000);
            let told = format!("text {}", quoted(&text));
            let payloads = [zlib.message(&text), zlib.message(&text)];
            let bytes = payloads.map(|payload| frames(frame, OpCode::Text, &[payload])).concat();
            dialogue.receive(bytes).expect([&told, &told]);
        }
    }
}

/// Data that one connection leaves in lent contexts does not affect others, even if a silence gave
/// the contexts back.
#[test]
fn d18_contexts_of_other_connections() {
    for (dialogue, frame) in both_with(parameters(15, true)) {
        let failed = [&hex(HELLO)[..3], &[0xFF; 20]].concat();
        let text = |payload: &[u8]| frames(frame, OpCode::Text, &[payload]);
        dialogue.clone().receive(text(&failed)).play_all_ways();
        dialogue
            .clone()
            .receive(compressed(frame(false, OpCode::Text, &hex(HELLO)[..4])))
            .expect([]);
        dialogue
            .clone()
            .receive(text(&hex(HELLO)))
            .passes(secs(40))
            .receive(text(&hex(AGAIN)))
            .expect([
                "text \"Hello\"",
                "sends ping \"\\0\\0\\0\\0\\0\\0\\0\\u{1}\"",
                "text \"Hello\"",
            ]);
        dialogue.receive(text(&hex(AGAIN))).expect(CORRUPT);
    }
}

#[test]
fn d19_text_split_inside_characters() {
    let text = "aé€😀".repeat(5);
    let told = format!("text {text:?}");
    for cut in 0..=text.len() {
        let (first, second) = text.as_bytes().split_at(cut);
        for mut zlib in [Sender::new(6, 15, true), Sender::new(0, 15, true), Sender::finishing(6)] {
            let pieces = zlib.pieces(&[first, second]);
            for (dialogue, frame) in both_with(parameters(15, true)) {
                let ping = frame(true, OpCode::Ping, b"");
                dialogue.receive(frames_with(frame, OpCode::Text, &pieces, &ping)).expect([
                    "ping \"\"",
                    "sends pong \"\"",
                    &told,
                ]);
            }
        }
    }
}

const NOT_UTF8: [&str; 2] = ["failed InvalidUtf8", "sends close 1007 \"\""];

#[test]
fn u09_invalid_utf8_after_inflating() {
    for text in [&b"ab\xFFcd"[..], b"\xC3", b"a\xE2\x82", b"\xED\xA0\x80", b"\xF4\x90\x80\x80"] {
        for level in [0, 6] {
            let payload = Sender::new(level, 15, true).message(text);
            expect(true, &[payload.clone(), hex(HELLO)], NOT_UTF8);
            for (dialogue, frame) in both_with(parameters(15, true)) {
                let told = format!("binary {}", crate::support::spaced(text));
                dialogue.receive(frames(frame, OpCode::Binary, &[&payload])).expect([&told]);
            }
        }
    }
}

/// The first invalid byte counts, whether it is invalid before inflating or after.
#[test]
fn u09_order_of_verdicts() {
    let invalid = stored(b"ab\xFF");
    let valid = stored(b"ab");
    let corrupt = [0x07];
    expect(true, &[[&invalid[..], &corrupt].concat()], NOT_UTF8);
    expect(true, &[[&valid[..], &corrupt].concat()], CORRUPT);
    expect(true, &[[&valid[..], &corrupt, &invalid].concat()], CORRUPT);
    // Inside a character the text may still become valid, but the payload cannot.
    expect(true, &[[&stored(b"\xC3")[..], &corrupt].concat()], CORRUPT);
    for (dialogue, frame) in both_with(parameters(15, true)) {
        let bytes = [
            compressed(frame(false, OpCode::Text, &valid)),
            frame(false, OpCode::Continuation, &invalid),
            frame(true, OpCode::Text, b"a message inside another"),
        ];
        dialogue.clone().receive(bytes.concat()).expect(NOT_UTF8);
        let bytes = [&bytes[0], &bytes[2]].map(Vec::as_slice).concat();
        dialogue.receive(bytes).expect(["failed UnfinishedMessage", "sends close 1002 \"\""]);
    }
}

/// A frame is read completely, though it has more than is inflated at once.
#[test]
fn a_long_frame_in_one_read() {
    let message = noise(150_000);
    let payload = Sender::new(6, 15, true).message(&message);
    for role in [Role::Server, Role::Client(&plain_entropy)] {
        let mut bare = CollectingConnection::with_compression(
            role,
            Some(parameters(15, true)),
            Config::default(),
        );
        bare.receive(compressed(bare.framed(true, OpCode::Binary, &payload))).unwrap();
        assert!(bare.messages == [&message[..]]);
    }
}
