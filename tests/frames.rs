//! §5: frames, valid and invalid ones (`F` rows of the catalogue).

mod support;

use std::time::Duration;

use support::{
    CollectingConnection, Dialogue, both, client, close, continuation, frame, hex, masked, ping,
    pong, secs, server, text,
};
use websocket_proto::frame::{FrameHeader, HeaderRules, MaskKey, Masking, OpCode, mask};
use websocket_proto::{CloseCode, Config, EndCause, Incoming, ProtocolError};

const DATA: [OpCode; 3] = [OpCode::Continuation, OpCode::Text, OpCode::Binary];
const CONTROL: [OpCode; 3] = [OpCode::Close, OpCode::Ping, OpCode::Pong];

#[test]
fn hello_as_in_section_5_7() {
    server().receive(hex("81 85 37 fa 21 3d 7f 9f 4d 51 58")).expect(["text \"Hello\""]);
    server()
        .receive(hex("89 85 37 fa 21 3d 7f 9f 4d 51 58"))
        .expect(["ping \"Hello\"", "sends pong \"Hello\""]);
    client().receive(hex("81 05 48 65 6c 6c 6f")).expect(["text \"Hello\""]);
    client().receive(hex("01 03 48 65 6c 80 02 6c 6f")).expect(["text \"Hello\""]);
}

#[track_caller]
fn fails(dialogue: Dialogue, error: &str) {
    fails_with(dialogue, error, 1002);
}

#[track_caller]
fn fails_with(dialogue: Dialogue, error: &str, code: u16) {
    dialogue.eof().expect([
        &format!("failed {error}"),
        &format!("sends close {code} \"\""),
        &format!("ended Failed({error})"),
    ]);
}

/// The events to which an empty frame with this first byte leads, or the rule of §5.2, §5.4 or §5.5
/// that it breaks.
fn first_byte(byte: u8, in_message: bool) -> Result<&'static [&'static str], &'static str> {
    let fin = byte & 0x80 != 0;
    match byte & 0x0F {
        _ if byte & 0x70 != 0 => Err("ReservedBits"),
        0x3..=0x7 | 0xB..=0xF => Err("ReservedOpcode"),
        0x8..=0xA if !fin => Err("FragmentedControl"),
        0x0 if !in_message => Err("UnexpectedContinuation"),
        0x1 | 0x2 if in_message => Err("UnfinishedMessage"),
        0x0 if fin => Ok(&["text \"a\""]),
        0x1 if fin => Ok(&["text \"\""]),
        0x2 if fin => Ok(&["binary "]),
        0x8 => Ok(&["close 1005 \"\"", "sends close"]),
        0x9 => Ok(&["ping \"\"", "sends pong \"\""]),
        0xA => Ok(&["pong \"\""]),
        _ => Ok(&[]),
    }
}

#[test]
fn f01_all_first_bytes() {
    for (open, framed) in both() {
        for byte in 0..=255 {
            for in_message in [false, true] {
                let begun = framed(false, OpCode::Text, b"a");
                let lead = open.clone().receive(if in_message { &begun[..] } else { &[] });
                let rest = &framed(true, OpCode::Ping, b"")[1..];
                match first_byte(byte, in_message) {
                    Err(error) => fails(lead.receive([byte]), error),
                    Ok(events) => {
                        let played = lead.receive([byte]).receive(rest).play_all_ways();
                        assert_eq!(played, events, "{byte:02x} {in_message}");
                    }
                }
            }
        }
    }
}

/// The whole frame has arrived, so that the fast path for whole messages sees it.
#[test]
fn f01_bad_first_bytes_of_whole_frames() {
    for byte in 0..=255 {
        for in_message in [false, true] {
            let Err(error) = first_byte(byte, in_message) else { continue };
            for mut bare in CollectingConnection::both(Config::default()) {
                if in_message {
                    bare.receive(bare.framed(false, OpCode::Text, b"a")).unwrap();
                }
                let mut whole = bare.framed(true, OpCode::Binary, b"12345678");
                whole[0] = byte;
                let failed = bare.receive(whole).unwrap_err();
                assert_eq!(format!("{failed:?}"), error, "{byte:02x} {in_message}");
            }
        }
    }
}

#[test]
fn f02_reserved_bits_before_the_payload() {
    for (open, _) in both() {
        for bits in 1..8_u8 {
            for opcode in [OpCode::Text, OpCode::Binary, OpCode::Close, OpCode::Ping] {
                fails(open.clone().receive([0x80 | bits << 4 | opcode as u8]), "ReservedBits");
            }
        }
    }
}

#[test]
fn f03_reserved_opcodes_on_the_first_byte() {
    for (open, _) in both() {
        for opcode in (0x3..=0x7).chain(0xB..=0xF) {
            fails(open.clone().receive([0x80 | opcode]), "ReservedOpcode");
            fails(open.clone().receive([opcode]), "ReservedOpcode");
        }
    }
}

#[test]
fn f04_control_frame_not_final() {
    for (open, framed) in both() {
        for opcode in CONTROL {
            fails(open.clone().receive(framed(false, opcode, b"")), "FragmentedControl");
            let in_message = framed(false, OpCode::Text, b"");
            let in_message = open.clone().receive(in_message);
            fails(in_message.receive(framed(false, opcode, b"")), "FragmentedControl");
        }
    }
}

#[test]
fn f05_control_length_over_125() {
    for (open, mask) in [(server(), 0x80), (client(), 0)] {
        for opcode in CONTROL {
            for length in [126, 127] {
                let first = 0x80 | opcode as u8;
                fails(open.clone().receive([first, mask | length]), "ControlTooLong");
            }
        }
    }
}

#[test]
fn f05_control_length_125() {
    let payload = "x".repeat(125);
    for (open, framed) in both() {
        let played = open
            .receive(framed(true, OpCode::Ping, payload.as_bytes()))
            .receive(framed(true, OpCode::Pong, payload.as_bytes()))
            .receive(framed(true, OpCode::Close, &[&[3, 232], &payload.as_bytes()[2..]].concat()))
            .play_all_ways();
        let expected = [
            format!("ping {payload:?}"),
            format!("sends pong {payload:?}"),
            format!("pong {payload:?}"),
            format!("close 1000 {:?}", &payload[2..]),
            "sends close 1000 \"\"".into(),
        ];
        assert_eq!(played, expected);
    }
}

/// A header without mask bit, with `len` in the form that `short` announces.
fn long_header(first: u8, short: u8, len: u64) -> Vec<u8> {
    let len = len.to_be_bytes();
    [&[first, short][..], if short & 0x7F == 126 { &len[6..] } else { &len[..] }].concat()
}

#[test]
fn f06_all_lengths_that_are_not_minimal() {
    let verdict = |mask: u8, short: u8, len| {
        let mut bare =
            if mask == 0 { CollectingConnection::client } else { CollectingConnection::server }(
                Config::default(),
            );
        bare.receive(long_header(0x82, mask | short, len))
    };
    for mask in [0x80, 0] {
        for len in 0..126 {
            assert_eq!(verdict(mask, 126, len), Err(ProtocolError::BadLength), "{len}");
        }
        for len in 126..0x1_0000 {
            assert_eq!(verdict(mask, 126, len), Ok(()), "{len}");
        }
        for len in 0..0x1_0000 {
            assert_eq!(verdict(mask, 127, len), Err(ProtocolError::BadLength), "{len}");
        }
        assert_eq!(verdict(mask, 127, 0x1_0000), Ok(()));
    }
    fails(server().receive(long_header(0x81, 0xFF, 0xFFFF)), "BadLength");
    fails(client().receive(long_header(0x81, 0x7E, 125)), "BadLength");
}

/// The documentation of `FrameHeader::parse` promises this.
#[test]
fn f06_not_minimal_lengths_of_whole_frames() {
    for len in 0..126 {
        for mut bare in CollectingConnection::both(Config::default()) {
            let mut whole = bare.framed(true, OpCode::Binary, vec![0; len.into()]);
            whole[1] = whole[1] & 0x80 | 126;
            whole.splice(2..2, [0, len]);
            assert_eq!(bare.receive(whole), Err(ProtocolError::BadLength), "{len}");
        }
    }
}

#[test]
fn f06_not_minimal_fails_at_the_first_byte_that_shows_it() {
    let header = long_header(0x82, 0xFF, 0xFFFF);
    fails(server().receive(&header[..8]), "BadLength");
    server().receive(&header[..7]).eof().expect(["ended EofInFrame"]);
}

#[test]
fn f07_lengths_beyond_all_reason() {
    for (open, mask) in [(server(), 0x80), (client(), 0)] {
        for len in [1 << 63, 1 << 63 | 5, u64::MAX] {
            let header = long_header(0x82, mask | 127, len);
            fails(open.clone().receive(header), "BadLength");
        }
        for len in [i64::MAX as u64, 1 << 32, (1 << 32) + 5] {
            let header = long_header(0x82, mask | 127, len);
            let rest: &[u8] = if mask == 0 { b"" } else { b"mask" };
            let declared = open.clone().receive(header).receive(rest);
            fails_with(declared, "FrameTooLong", 1009);
        }
    }
}

/// The documentation of `FrameHeader::parse` promises this.
#[test]
fn f07_top_bit_fails_at_its_byte() {
    fails(server().receive(hex("82 ff 80")), "BadLength");
    fails(client().receive(hex("82 7f ff")), "BadLength");
}

#[test]
fn f07_longest_length_with_the_limits_raised() {
    let mut config = Config::default();
    (config.limits.frame, config.limits.message) = (u64::MAX, u64::MAX);
    let mut bare = CollectingConnection::client(config);
    bare.receive(long_header(0x82, 127, i64::MAX as u64)).unwrap();
    bare.receive(b"abc").unwrap();
    assert!(bare.incoming.heap() <= Incoming::DEFAULT_WINDOW + 16);
    assert_eq!(bare.eof().cause, EndCause::EofInFrame);
}

/// `limits.rs` has more tests of limits.
#[test]
fn f08_limit_passed_at_the_header() {
    for (open, framed) in both() {
        let open = open.config(|config| config.limits.message = 1000);
        let header = |first: usize| {
            let frame = framed(true, OpCode::Binary, &vec![0; first]);
            frame[..frame.len() - first].to_vec()
        };
        let played = open.clone().receive(header(1000)).play_all_ways();
        assert!(played.is_empty(), "{played:?}");
        fails_with(open.clone().receive(header(1001)), "MessageTooLong", 1009);

        let begun = open.receive(framed(false, OpCode::Binary, &[0; 600]));
        let mut header = header(401);
        header[0] = 0x80;
        fails_with(begun.receive(header), "MessageTooLong", 1009);
    }
}

#[test]
fn f09_unmasked_frames_to_a_server() {
    for opcode in [DATA.as_slice(), &CONTROL].concat() {
        let open = match opcode {
            OpCode::Continuation => server().receive(masked(false, OpCode::Text, "a")),
            _ => server(),
        };
        for payload in ["", "hello"] {
            fails(open.clone().receive(frame(true, opcode, payload)), "Unmasked");
        }
        fails(open.receive(&frame(true, opcode, "hello")[..2]), "Unmasked");
    }
}

#[test]
fn f09_unmasked_frames_forgiven() {
    server()
        .config(|config| config.leniency.unmasked_frames = true)
        .receive(frame(true, OpCode::Text, "plain"))
        .receive(frame(false, OpCode::Text, "one, "))
        .receive(frame(true, OpCode::Ping, "x"))
        .receive(continuation(false, "two, "))
        .receive(frame(true, OpCode::Continuation, "three"))
        .receive(text("masked"))
        .receive(frame(true, OpCode::Close, ""))
        .expect([
            "text \"plain\"",
            "ping \"x\"",
            "sends pong \"x\"",
            "text \"one, two, three\"",
            "text \"masked\"",
            "close 1005 \"\"",
            "sends close",
        ]);
}

#[test]
fn f09_used_leniency_is_reported() {
    let mut config = Config::default();
    config.leniency.unmasked_frames = true;
    for opcode in [OpCode::Text, OpCode::Ping, OpCode::Close] {
        for payload in ["", "\u{3}\u{e8}hello"] {
            for size in [1, 100] {
                let payload = if opcode == OpCode::Close { "" } else { payload };
                let mut bare = CollectingConnection::server(config);
                bare.receive_in_parts(size, &masked(true, OpCode::Text, "masked")).unwrap();
                assert!(!bare.connection.leniency_used().unmasked_frames);
                bare.receive_in_parts(size, &frame(true, opcode, payload)).unwrap();
                let used = bare.connection.leniency_used();
                assert!(used.unmasked_frames, "{opcode:?} {payload:?} by {size}");
                assert!(!used.unassigned_close_codes && !used.bare_lf && !used.missing_reason);
            }
        }
    }
}

#[test]
fn f09_leniency_is_not_for_clients() {
    let open = client().config(|config| config.leniency.unmasked_frames = true);
    fails(open.clone().receive(text("a")), "Masked");
    open.receive(frame(true, OpCode::Text, "a")).expect(["text \"a\""]);
}

#[test]
fn f10_masked_frames_to_a_client() {
    for opcode in [DATA.as_slice(), &CONTROL].concat() {
        let open = match opcode {
            OpCode::Continuation => client().receive(frame(false, OpCode::Text, "a")),
            _ => client(),
        };
        for payload in ["", "hello"] {
            fails(open.clone().receive(masked(true, opcode, payload)), "Masked");
        }
        fails(open.clone().receive([0x80 | opcode as u8, 0x80]), "Masked");
        fails(open.receive([0x80 | opcode as u8, 0x80, 0, 0, 0, 0]), "Masked");
    }
}

#[test]
fn f11_mask_keys_of_zeros_and_of_ones() {
    server().receive(hex("81 82 00000000 6869")).expect(["text \"hi\""]);
    server().receive(hex("81 82 ffffffff 9796")).expect(["text \"hi\""]);
    server().receive(hex("81 80 ffffffff")).expect(["text \"\""]);
}

#[test]
fn f12_eof_after_each_byte_of_a_header() {
    for (open, framed) in both() {
        for len in [0, 1, 125, 126, 0xFFFF, 0x1_0000] {
            let frame = framed(true, OpCode::Binary, &vec![7; len]);
            for cut in 1..frame.len() - len + usize::from(len > 0) {
                open.clone().receive(&frame[..cut]).eof().expect(["ended EofInFrame"]);
            }
            open.clone().receive(&frame[..0]).eof().expect(["ended Eof"]);
        }
        for opcode in CONTROL {
            let frame = framed(true, opcode, &[3, 232]);
            for cut in 1..frame.len() {
                open.clone().receive(&frame[..cut]).eof().expect(["ended EofInFrame"]);
            }
        }
    }
}

fn some_bytes(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 31 + at / 256) as u8).collect()
}

/// Masks as §5.3 defines it.
fn masked_one_by_one(payload: &[u8], key: [u8; 4]) -> Vec<u8> {
    payload.iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]).collect()
}

#[test]
fn f13_masks_of_all_lengths_phases_and_alignments() {
    const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];
    for len in 0..=64 {
        let payload = some_bytes(len);
        for (phase, first) in KEY.into_iter().enumerate() {
            let key = MaskKey::new(KEY).rotated(phase);
            let expected = masked_one_by_one(&payload, key.bytes());
            assert_eq!(key.bytes()[0], first);
            for lead in 0..64 {
                let mut place = [vec![0xA5; lead], payload.clone(), vec![0xA5; 3]].concat();
                mask::apply(&mut place[lead..lead + len], key);
                assert_eq!(place[lead..lead + len], expected, "{len} {phase} {lead}");
                assert!(place[..lead].iter().chain(&place[lead + len..]).all(|it| *it == 0xA5));

                let mut target = vec![0xA5; lead];
                mask::append(&payload, &mut target, key);
                assert!(target[..lead].iter().all(|it| *it == 0xA5));
                assert_eq!(target[lead..], expected, "{len} {phase} {lead}");
            }
        }
    }
}

#[test]
fn f13_masks_in_two_parts() {
    let key = MaskKey::new([1, 2, 4, 8]);
    for len in [64, 8191, 8192, 8193, 20_001] {
        let payload = some_bytes(len);
        let expected = masked_one_by_one(&payload, key.bytes());
        for cut in (0..=64).chain(len - 64..=len) {
            let (first, second) = payload.split_at(cut);
            let mut target = Vec::new();
            mask::append(first, &mut target, key);
            mask::append(second, &mut target, key.rotated(cut));
            assert!(target == expected, "{len} cut at {cut}");
            mask::apply(&mut target[..cut], key);
            mask::apply(&mut target[cut..], key.rotated(cut));
            assert!(target == payload, "{len} cut at {cut}");
        }
    }
}

#[test]
fn f13_payload_in_all_cuts() {
    for (client, framed) in [(false, both()[0].1), (true, both()[1].1)] {
        for len in 0..=64 {
            let payload = some_bytes(len);
            let whole = framed(true, OpCode::Binary, &payload);
            let head = whole.len() - len;
            for cut in 0..=len {
                for second in cut..=len {
                    let mut bare = if client {
                        CollectingConnection::client
                    } else {
                        CollectingConnection::server
                    }(Config::default());
                    bare.receive(&whole[..head + cut]).unwrap();
                    bare.receive(&whole[head + cut..head + second]).unwrap();
                    bare.receive(&whole[head + second..]).unwrap();
                    assert_eq!(bare.messages, [&payload[..]], "{len} cut at {cut} and {second}");
                }
            }
        }
    }
}

/// Messages of other lengths precede it in the same read, so that it lies at every alignment.
#[test]
fn f13_payload_at_all_alignments() {
    for lead in 0..64 {
        let mut server = CollectingConnection::server(Config::default());
        let payload = some_bytes(100);
        let frames = [support::binary(vec![1; lead]), support::binary(&payload)].concat();
        server.receive(frames).unwrap();
        assert_eq!(server.messages, [vec![1; lead], payload]);
    }
}

#[test]
fn f14_continuation_of_nothing() {
    for (open, framed) in both() {
        for fin in [false, true] {
            for payload in [&b""[..], b"a"] {
                let stray = framed(fin, OpCode::Continuation, payload);
                fails(open.clone().receive(&stray), "UnexpectedContinuation");
                open.clone().receive(framed(true, OpCode::Text, b"done")).receive(stray).expect([
                    "text \"done\"",
                    "failed UnexpectedContinuation",
                    "sends close 1002 \"\"",
                ]);
            }
        }
    }
}

#[test]
fn f15_new_message_inside_a_fragmented_one() {
    for (open, framed) in both() {
        for (begun, new) in [(OpCode::Text, OpCode::Binary), (OpCode::Binary, OpCode::Text)] {
            for fin in [false, true] {
                let open = open.clone().receive(framed(false, begun, b"a"));
                fails(open.clone().receive(framed(fin, new, b"")), "UnfinishedMessage");
                fails(open.receive(framed(fin, begun, b"b")), "UnfinishedMessage");
            }
        }
    }
}

#[test]
fn f16_pings_and_pongs_between_fragments() {
    for (open, framed) in both() {
        open.receive(framed(false, OpCode::Text, b"a"))
            .receive(framed(true, OpCode::Ping, b"1"))
            .receive(framed(false, OpCode::Continuation, b"b"))
            .receive(framed(true, OpCode::Pong, b"2"))
            .receive(framed(true, OpCode::Ping, b""))
            .receive(framed(true, OpCode::Continuation, b"c"))
            .receive(framed(true, OpCode::Ping, b"3"))
            .receive(framed(true, OpCode::Text, b"d"))
            .expect([
                "ping \"1\"",
                "sends pong \"1\"",
                "pong \"2\"",
                "ping \"\"",
                "sends pong \"\"",
                "text \"abc\"",
                "ping \"3\"",
                "sends pong \"3\"",
                "text \"d\"",
            ]);
    }
}

#[test]
fn f16_ping_is_delivered_before_the_next_fragment_comes() {
    server()
        .receive(masked(false, OpCode::Text, "a"))
        .receive(ping("now"))
        .expect(["ping \"now\"", "sends pong \"now\""]);
}

#[test]
fn f16_thousand_pings_between_two_fragments() {
    for (open, framed) in both() {
        let pings = framed(true, OpCode::Ping, b"x").repeat(1000);
        let played = open
            .receive(framed(false, OpCode::Text, b"a"))
            .receive(pings)
            .receive(framed(true, OpCode::Continuation, b"b"))
            .play_all_ways();
        let mut expected = ["ping \"x\"", "sends pong \"x\""].repeat(1000);
        expected.push("text \"ab\"");
        assert_eq!(played, expected);
    }
}

#[test]
fn f17_close_between_fragments() {
    for (open, framed) in both() {
        open.receive(framed(false, OpCode::Text, b"half"))
            .receive(framed(true, OpCode::Close, b"\x03\xe9gone"))
            .receive(framed(true, OpCode::Continuation, b" more"))
            .eof()
            .expect(["close 1001 \"gone\"", "sends close 1001 \"\"", "ended Clean"]);
    }
    for mut bare in CollectingConnection::both(Config::default()) {
        bare.receive(bare.framed(false, OpCode::Text, "half")).unwrap();
        bare.receive(bare.framed(true, OpCode::Close, b"\x03\xe9")).unwrap();
        assert!(bare.eof().message_lost);
    }
}

#[test]
fn f18_empty_fragments() {
    let lists: [&[&str]; 8] = [
        &[""],
        &["", "a", "b"],
        &["a", "", "b"],
        &["a", "b", ""],
        &["", ""],
        &["", "", "", ""],
        &["", "a", ""],
        &["a", "", "", ""],
    ];
    for (open, framed) in both() {
        for fragments in lists {
            for (kind, word) in [(OpCode::Text, "text"), (OpCode::Binary, "binary")] {
                let mut dialogue = open.clone();
                for (at, fragment) in fragments.iter().enumerate() {
                    let opcode = if at == 0 { kind } else { OpCode::Continuation };
                    let fin = at + 1 == fragments.len();
                    dialogue = dialogue.receive(framed(fin, opcode, fragment.as_bytes()));
                }
                let played = dialogue.receive(framed(true, OpCode::Text, b"next")).play_all_ways();
                let whole = fragments.concat();
                let expected = match (word, &*whole) {
                    ("binary", "") => "binary ".into(),
                    ("binary", "a") => "binary 61".into(),
                    ("binary", _) => "binary 61 62".into(),
                    _ => format!("text {whole:?}"),
                };
                assert_eq!(played, [&*expected, "text \"next\""], "{fragments:?}");
            }
        }
    }
}

#[test]
fn f19_flood_of_empty_fragments() {
    for with_pings in [false, true] {
        for mut bare in CollectingConnection::both(Config::default()) {
            bare.receive(bare.framed(false, OpCode::Text, "")).unwrap();
            let mut next = bare.framed(false, OpCode::Continuation, "");
            if with_pings {
                next.extend(bare.framed(true, OpCode::Ping, "x"));
            }
            let passed = (1..1_000_000).find(|_| bare.receive(&next).is_err());
            assert_eq!(passed, Some(1024), "the first fragment and 1,023 more pass");
            let ending = bare.eof();
            assert_eq!(ending.cause, EndCause::Failed(ProtocolError::TooManyFragments));
            assert_eq!(ending.sent.as_ref().unwrap().code, CloseCode::POLICY);
        }
    }
}

#[test]
fn f19_fragments_allowed_by_the_configuration() {
    for (open, framed) in both() {
        let open = open.config(|config| config.limits.extra_fragments = 3);
        let three = open
            .receive(framed(false, OpCode::Text, b"a"))
            .receive(framed(false, OpCode::Continuation, b""))
            .receive(framed(true, OpCode::Ping, b""));
        let events = ["ping \"\"", "sends pong \"\""];
        let done = three.clone().receive(framed(true, OpCode::Continuation, b"b"));
        assert_eq!(done.play_all_ways(), [events[0], events[1], "text \"ab\""]);
        three
            .receive(framed(false, OpCode::Continuation, b"b"))
            .receive(framed(true, OpCode::Continuation, b"c"))
            .expect([events[0], events[1], "failed TooManyFragments", "sends close 1008 \"\""]);
    }
}

/// Nothing is written while the pings arrive.
#[test]
fn f20_floods_of_empty_frames_take_no_memory() {
    for opcode in [OpCode::Text, OpCode::Ping, OpCode::Pong] {
        for mut bare in CollectingConnection::both(Config::default()) {
            let flood = bare.framed(true, opcode, "").repeat(10_000);
            for _ in 0..100 {
                bare.receive(&flood).unwrap();
                bare.messages.clear();
            }
            assert_eq!(bare.incoming.heap(), Incoming::DEFAULT_WINDOW);
            assert!(bare.outgoing.heap() < 200, "{}", bare.outgoing.heap());
        }
    }
}

#[test]
fn f21_pong_echoes_exactly() {
    for (open, framed) in both() {
        let all_bytes: Vec<u8> = (0..=255).collect();
        for payload in [&b""[..], b"\0", &[0xFF; 125], &all_bytes[..125], &all_bytes[131..]] {
            let played = open.clone().receive(framed(true, OpCode::Ping, payload)).play_all_ways();
            assert_eq!(played.len(), 2);
            assert_eq!(played[1], format!("sends pong {}", &played[0]["ping ".len()..]));
        }
    }
    for mut bare in CollectingConnection::both(Config::default()) {
        let payload: Vec<u8> = (100..225).collect();
        bare.receive(bare.framed(true, OpCode::Ping, &payload)).unwrap();
        let sent = bare.take_all_output();
        assert_eq!(sent[sent.len() - 125..], payload);
    }
}

/// A frame as this side sends it. The masking keys of a client are all zero here.
fn sends(bare: &CollectingConnection, opcode: OpCode, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let mask = bare.connection.is_client().then(|| MaskKey::new([0; 4]));
    let len = payload.as_ref().len() as u64;
    let header = FrameHeader { fin: true, compressed: false, opcode, mask, len }.encode();
    [header.as_bytes(), payload.as_ref()].concat()
}

#[test]
fn f21_only_the_newest_pong_is_owed() {
    for mut bare in CollectingConnection::both(Config::default()) {
        for payload in ["first", "second", "third"] {
            bare.receive(bare.framed(true, OpCode::Ping, payload)).unwrap();
        }
        assert_eq!(bare.take_all_output(), sends(&bare, OpCode::Pong, "third"));
    }
}

/// Pings that the application has to answer cost nothing until it does, and its pongs are refused
/// where they would pile up.
#[test]
fn f21_pings_that_the_application_answers_are_bounded_as_well() {
    let mut config = Config::default();
    config.automatic_pong = false;
    config.limits.output = 1000;
    for mut bare in CollectingConnection::both(config) {
        bare.receive(bare.framed(true, OpCode::Ping, [7; 125]).repeat(10_000)).unwrap();
        assert_eq!((bare.outgoing.len(), bare.outgoing.heap()), (0, 0));
        let send = || bare.connection.send_pong(&[7; 125], &mut bare.outgoing);
        let sent = std::iter::repeat_with(send).take_while(Result::is_ok).count();
        assert!((7..9).contains(&sent), "{sent}");
        let whole = sends(&bare, OpCode::Pong, [7; 125]).repeat(sent);
        assert_eq!(bare.take_all_output(), whole);
    }
}

#[test]
fn f21_pong_that_begun_to_leave_is_finished() {
    let whole =
        sends(&CollectingConnection::client(Config::default()), OpCode::Pong, "first").len();
    for cut in 1..whole {
        for mut bare in CollectingConnection::both(Config::default()) {
            let first = sends(&bare, OpCode::Pong, "first");
            if cut >= first.len() {
                continue;
            }
            bare.receive(bare.framed(true, OpCode::Ping, "first")).unwrap();
            let begun = bare.take_output(cut);
            for payload in ["second", "third"] {
                bare.receive(bare.framed(true, OpCode::Ping, payload)).unwrap();
            }
            let sent = [begun, bare.take_all_output()].concat();
            assert_eq!(sent, [first, sends(&bare, OpCode::Pong, "third")].concat());
        }
    }
}

/// The pong leaves at the next end of a frame, whatever is queued after it.
#[test]
fn f21_pong_goes_out_between_queued_frames() {
    for [first, second] in [["one", "two"], ["one", ""], ["", "two"]] {
        let most =
            sends(&CollectingConnection::client(Config::default()), OpCode::Text, first).len();
        for cut in 0..=most {
            for mut bare in CollectingConnection::both(Config::default()) {
                let frames = [first, second].map(|text| sends(&bare, OpCode::Text, text));
                let cut = cut.min(frames[0].len());
                for text in [first, second] {
                    bare.connection.send_text(text, &mut bare.outgoing).unwrap();
                }
                let begun = bare.take_output(cut);
                for payload in ["old", "new"] {
                    bare.receive(bare.framed(true, OpCode::Ping, payload)).unwrap();
                }
                let pong = sends(&bare, OpCode::Pong, "new");
                let [first, second] = frames;
                let expected = match cut {
                    0 => [pong, first, second].concat(),
                    _ => [first, pong, second].concat(),
                };
                assert_eq!([begun, bare.take_all_output()].concat(), expected, "cut at {cut}");
            }
        }
    }
}

#[test]
fn f22_pong_unasked_for() {
    for (open, framed) in both() {
        open.receive(framed(true, OpCode::Pong, b""))
            .receive(framed(true, OpCode::Pong, b"why"))
            .receive(framed(true, OpCode::Pong, &1_u64.to_be_bytes()))
            .expect(["pong \"\"", "pong \"why\"", "pong \"\\0\\0\\0\\0\\0\\0\\0\\u{1}\""]);
    }
}

#[test]
fn f22_round_trip_from_the_first_match_only() {
    let ping = "\"\\0\\0\\0\\0\\0\\0\\0\\u{1}\"";
    for (open, framed) in both() {
        open.passes(secs(30))
            .passes(Duration::from_millis(20))
            .receive(framed(true, OpCode::Pong, b"\0\0\0\0\0\0\0\x02"))
            .receive(framed(true, OpCode::Pong, b"\0\0\0\0\0\0\x01"))
            .receive(framed(true, OpCode::Pong, b"\0\0\0\0\0\0\0\x01\0"))
            .receive(framed(true, OpCode::Pong, &1_u64.to_be_bytes()))
            .passes(Duration::from_millis(20))
            .receive(framed(true, OpCode::Pong, &1_u64.to_be_bytes()))
            .expect([
                &format!("sends ping {ping}"),
                "pong \"\\0\\0\\0\\0\\0\\0\\0\\u{2}\"",
                "pong \"\\0\\0\\0\\0\\0\\0\\u{1}\"",
                "pong \"\\0\\0\\0\\0\\0\\0\\0\\u{1}\\0\"",
                &format!("pong {ping} after 20ms"),
                &format!("pong {ping}"),
            ]);
    }
}

#[test]
fn f23_ping_after_their_close() {
    for (open, framed) in both() {
        open.receive(framed(true, OpCode::Close, b"\x03\xe8bye"))
            .receive(framed(true, OpCode::Ping, b"late"))
            .does(|_, _, _| Ok(()))
            .receive(framed(true, OpCode::Ping, b"later"))
            .eof()
            .expect(["close 1000 \"bye\"", "sends close 1000 \"\"", "ended Clean"]);
    }
}

#[test]
fn f24_data_after_their_close() {
    for (open, framed) in both() {
        open.receive(framed(true, OpCode::Close, b"\x03\xe8"))
            .receive(framed(true, OpCode::Text, b"in the same read"))
            .receive([0xFF; 20])
            .does(|_, _, _| Ok(()))
            .receive(framed(true, OpCode::Binary, b"and later"))
            .receive(framed(false, OpCode::Text, b"and half"))
            .eof()
            .expect(["close 1000 \"\"", "sends close 1000 \"\"", "ended Clean"]);
    }
}

fn closing(open: Dialogue) -> Dialogue {
    open.does(|it, now, outgoing| it.start_close(now, CloseCode::NORMAL, "bye", outgoing))
}

#[test]
fn f25_data_after_our_close() {
    for (open, framed) in both() {
        closing(open)
            .receive(framed(true, OpCode::Text, b"still"))
            .receive(framed(false, OpCode::Text, b"here"))
            .receive(framed(true, OpCode::Ping, b"no pong to this"))
            .receive(framed(true, OpCode::Continuation, b" I am"))
            .receive(framed(true, OpCode::Close, b"\x03\xe8ok"))
            .receive(framed(true, OpCode::Text, b"too late"))
            .eof()
            .expect([
                "sends close 1000 \"bye\"",
                "text \"still\"",
                "ping \"no pong to this\"",
                "text \"here I am\"",
                "close 1000 \"ok\"",
                "ended Clean",
            ]);
    }
}

#[test]
fn f26_second_close_from_the_peer() {
    for (open, framed) in both() {
        open.receive(framed(true, OpCode::Close, b"\x03\xe8"))
            .receive(framed(true, OpCode::Close, b"\x03\xe9"))
            .does(|_, _, _| Ok(()))
            .receive(framed(true, OpCode::Close, b"x"))
            .eof()
            .expect(["close 1000 \"\"", "sends close 1000 \"\"", "ended Clean"]);
    }
}

/// An answer to our Close frame and one that crossed it look the same.
#[test]
fn f26_close_in_answer_to_ours() {
    for (open, framed) in both() {
        closing(open)
            .receive(framed(true, OpCode::Close, b"\x03\xe9me too"))
            .receive(framed(true, OpCode::Close, b"\x03\xe8"))
            .does(|it, now, outgoing| it.start_close(now, CloseCode::NORMAL, "again", outgoing))
            .eof()
            .expect([
                "sends close 1000 \"bye\"",
                "close 1001 \"me too\"",
                "refuses Closed",
                "ended Clean",
            ]);
    }
}

#[test]
fn f27_one_byte_fragments_in_linear_work() {
    const LEN: usize = 1 << 20;
    let mut config = Config::default();
    config.limits.extra_fragments = u32::MAX;
    for mut bare in CollectingConnection::both(config) {
        bare.receive(bare.framed(false, OpCode::Binary, "x")).unwrap();
        let many = bare.framed(false, OpCode::Continuation, "x").repeat(1 << 10);
        for _ in 0..LEN >> 10 {
            bare.receive(&many).unwrap();
        }
        assert_eq!(
            bare.receive_calls,
            1 + (LEN >> 10),
            "one call a read: nothing was found in them"
        );
        // And a few bytes for what follows a message that waits in an adapter.
        assert!(bare.incoming.heap() <= Incoming::DEFAULT_WINDOW + 2 * (LEN + 1) + 16);
        bare.receive(bare.framed(true, OpCode::Continuation, "")).unwrap();
        assert_eq!(bare.messages, [vec![b'x'; LEN + 1]]);
    }
}

#[test]
fn f27_one_byte_reads_in_linear_work() {
    let payload = some_bytes(64 << 10);
    for mut bare in CollectingConnection::both(Config::default()) {
        let frame = bare.framed(true, OpCode::Binary, &payload);
        bare.receive_in_parts(1, &frame).unwrap();
        assert_eq!(bare.receive_calls, frame.len() + 1, "one call a byte, one for the event");
        assert_eq!(bare.messages, [&payload[..]]);
    }
}

#[test]
fn f28_memory_follows_bytes_received() {
    for declared in [16 << 20, 64 << 20] {
        for mut bare in CollectingConnection::both(Config::default()) {
            let frame = bare.framed(true, OpCode::Binary, vec![7; declared]);
            let header = frame.len() - declared;
            bare.incoming.lend_window(vec![0; 4096]);
            bare.receive(&frame[..header]).unwrap();
            bare.incoming.take_back_window();
            assert_eq!(bare.incoming.heap(), 0);
            let mut received = 0;
            for part in [1, 2, 10, 1000, 4000] {
                bare.incoming.lend_window(vec![0; 4096]);
                bare.receive(&frame[header + received..][..part]).unwrap();
                bare.incoming.take_back_window();
                received += part;
                assert!(bare.incoming.heap() <= 2 * received + 16, "{received}");
            }
        }
    }
}

#[test]
fn f28_many_silent_peers() {
    let header = long_header(0x82, 127, 16 << 20);
    let mut peers: Vec<CollectingConnection> =
        (0..10_000).map(|_| CollectingConnection::client(Config::default())).collect();
    let mut window = vec![0; 4096];
    for peer in &mut peers {
        peer.incoming.lend_window(window);
        peer.receive([&header[..], b"x"].concat()).unwrap();
        window = peer.incoming.take_back_window();
    }
    assert_eq!(window.len(), 4096);
    let held: usize = peers.iter().map(|peer| peer.incoming.heap() + peer.outgoing.heap()).sum();
    assert!(held <= 10_000 * 16, "{held}");
}

#[test]
fn f29_valid_frame_before_an_invalid_one() {
    for (open, framed) in both() {
        open.echoes()
            .receive(framed(true, OpCode::Text, b"a"))
            .receive([0x83])
            .receive(framed(true, OpCode::Text, b"b"))
            .eof()
            .expect([
                "text \"a\"",
                "sends text \"a\"",
                "failed ReservedOpcode",
                "sends close 1002 \"\"",
                "ended Failed(ReservedOpcode)",
            ]);
    }
}

#[test]
fn f29_all_that_was_complete_before_the_violation() {
    server()
        .receive(text("a"))
        .receive(ping("b"))
        .receive(masked(false, OpCode::Binary, [1]))
        .receive(pong("c"))
        .receive(continuation(true, [2]))
        .receive(masked(false, OpCode::Text, "lost"))
        .receive(close(1004, ""))
        .receive(ping("ignored"))
        .eof()
        .expect([
            "text \"a\"",
            "ping \"b\"",
            "sends pong \"b\"",
            "pong \"c\"",
            "binary 01 02",
            "failed BadCloseCode",
            "sends close 1002 \"\"",
            "ended Failed(BadCloseCode)",
        ]);
}

/// The parser on its own finds what the connection finds.
#[test]
fn headers_come_back_as_they_were_encoded() {
    for len in [0, 1, 125, 126, 127, 0xFFFF, 0x1_0000, i64::MAX as u64] {
        for (mask, masking) in [
            (None, Masking::Forbidden),
            (Some(MaskKey::new([1, 2, 3, 4])), Masking::Required),
            (None, Masking::Optional),
        ] {
            let header =
                FrameHeader { fin: true, compressed: false, opcode: OpCode::Binary, mask, len };
            let encoded = header.encode();
            let rules = HeaderRules { masking, in_message: false, compression: false };
            let bytes = encoded.as_bytes();
            assert_eq!(FrameHeader::parse(bytes, rules), Ok(Some((header, bytes.len()))));
            for cut in 0..bytes.len() {
                assert_eq!(FrameHeader::parse(&bytes[..cut], rules), Ok(None));
            }
        }
    }
}
