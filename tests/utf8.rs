//! §8.1: text is UTF-8, checked as it arrives (`U` rows of the catalogue).

mod support;

use std::iter;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use support::{CollectingConnection, Framer, both, masked, server};
use websocket_proto::ProtocolError::InvalidUtf8;
use websocket_proto::frame::OpCode;
use websocket_proto::{CloseCode, Config, Delivery, EndCause, Leniency, Message, Progress, Time};

/// U01: characters on both sides of every boundary, and non-characters.
const VALID: [char; 24] = [
    '\0',
    '\u{1}',
    '\u{7F}',
    '\u{80}',
    '\u{7FF}',
    '\u{800}',
    '\u{FFF}',
    '\u{1000}',
    '\u{CFFF}',
    '\u{D000}',
    '\u{D7FF}',
    '\u{E000}',
    '\u{FDD0}',
    '\u{FDEF}',
    '\u{FEFF}',
    '\u{FFFD}',
    '\u{FFFE}',
    '\u{FFFF}',
    '\u{10000}',
    '\u{1FFFF}',
    '\u{3FFFF}',
    '\u{40000}',
    '\u{100000}',
    '\u{10FFFF}',
];

/// U02–U05: invalid bytes, and after how many of them they must be refused.
const BAD: [(&[u8], usize); 35] = [
    // Overlong forms.
    (b"\xC0\x80", 1),
    (b"\xC1\xBF", 1),
    (b"\xE0\x80\x80", 2),
    (b"\xE0\x9F\xBF", 2),
    (b"\xF0\x80\x80\x80", 2),
    (b"\xF0\x8F\xBF\xBF", 2),
    // Surrogates, alone and in pairs.
    (b"\xED\xA0\x80", 2),
    (b"\xED\xAD\xBF", 2),
    (b"\xED\xAF\xBF", 2),
    (b"\xED\xB0\x80", 2),
    (b"\xED\xBF\xBF", 2),
    (b"\xED\xA0\x80\xED\xB0\x80", 2),
    (b"\xED\xAF\xBF\xED\xBF\xBF", 2),
    // Beyond U+10FFFF.
    (b"\xF4\x90\x80\x80", 2),
    (b"\xF4\xBF\xBF\xBF", 2),
    (b"\xF5\x80\x80\x80", 1),
    (b"\xF6\x80\x80\x80", 1),
    (b"\xF7\xBF\xBF\xBF", 1),
    (b"\xF8\x88\x80\x80\x80", 1),
    (b"\xFB\xBF\xBF\xBF\xBF", 1),
    (b"\xFC\x84\x80\x80\x80\x80", 1),
    (b"\xFD\xBF\xBF\xBF\xBF\xBF", 1),
    (b"\xFE", 1),
    (b"\xFF", 1),
    (b"\xFE\xFF", 1),
    // Continuation bytes that continue nothing, and missing ones.
    (b"\x80", 1),
    (b"\xBF", 1),
    (b"\xC3\xA9\xA9", 3),
    (b"\xC2\x41", 2),
    (b"\xC2\xC2", 2),
    (b"\xE2\x41", 2),
    (b"\xE2\x82\x41", 3),
    (b"\xF0\x9F\x41", 3),
    (b"\xF0\x9F\x98\x41", 4),
    (b"\xF0\x9F\x98\xF0", 4),
];

/// The length of the shortest beginning of the text that nothing can complete to UTF-8, by `std`.
fn first_impossible(bytes: &[u8]) -> Option<usize> {
    match str::from_utf8(bytes) {
        Ok(_) => None,
        Err(first) => (first.valid_up_to() + 1..=bytes.len()).find(|end| {
            str::from_utf8(&bytes[..*end]).is_err_and(|error| error.error_len().is_some())
        }),
    }
}

#[test]
fn the_table_says_what_std_says() {
    for (bytes, seen_at) in BAD {
        assert_eq!(first_impossible(bytes), Some(seen_at), "{bytes:02x?}");
    }
}

/// A message in fragments that end after the bytes whose bits in `cuts` are set, with pings in
/// between.
fn in_fragments(framed: Framer, kind: OpCode, payload: &[u8], cuts: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut opcode = kind;
    let mut begin = 0;
    for end in (1..payload.len()).filter(|end| cuts >> (end - 1) & 1 != 0) {
        bytes.extend(framed(false, opcode, &payload[begin..end]));
        bytes.extend(framed(true, OpCode::Ping, &[b'0' + end as u8]));
        (opcode, begin) = (OpCode::Continuation, end);
    }
    bytes.extend(framed(true, opcode, &payload[begin..]));
    bytes
}

/// The words for [`in_fragments`]: the pings before the end or failure, and `last`.
fn with_pings(last: &[&str], payload: &[u8], cuts: usize, fails_at: Option<usize>) -> Vec<String> {
    let ends = (1..payload.len()).filter(|end| cuts >> (end - 1) & 1 != 0);
    let read = ends.filter(|end| fails_at.is_none_or(|at| *end < at));
    let pings = read.flat_map(|end| [format!("ping \"{end}\""), format!("sends pong \"{end}\"")]);
    pings.chain(last.iter().map(|line| line.to_string())).collect()
}

const FAILED: [&str; 2] = ["failed InvalidUtf8", "sends close 1007 \"\""];

/// Plays `payload` as a text, fragmented in all ways.
fn play_text(payload: &[u8], last: &[&str], fails_at: Option<usize>) {
    assert!(payload.len() < 10);
    for (open, framed) in both() {
        for cuts in 0..1 << payload.len().saturating_sub(1) {
            let frames = in_fragments(framed, OpCode::Text, payload, cuts);
            let played = open.clone().receive(frames).play_all_ways();
            let expected = with_pings(last, payload, cuts, fails_at);
            assert_eq!(played, expected, "{payload:02x?} cut at {cuts:b}");
        }
    }
}

#[test]
fn u01_valid_boundaries() {
    for char in VALID {
        let text = char.to_string();
        play_text(text.as_bytes(), &[&format!("text {text:?}")], None);
        let text = format!("a{char}é");
        play_text(text.as_bytes(), &[&format!("text {text:?}")], None);
    }
}

#[test]
fn u01_all_code_points_there_and_back() {
    let text: String = ('\0'..=char::MAX).collect();
    let (mut client, mut server) = (
        CollectingConnection::client(Config::default()),
        CollectingConnection::server(Config::default()),
    );
    client.connection.send_text(&text, &mut client.outgoing).unwrap();
    server.receive_in_parts(1009, &client.take_all_output()).unwrap();
    assert!(server.messages[0] == text.as_bytes());
    server.connection.send_text(&text, &mut server.outgoing).unwrap();
    client.receive(server.take_all_output()).unwrap();
    assert!(client.messages[0] == text.as_bytes());
}

#[test]
fn u01_all_code_points_byte_by_byte() {
    let text: String = ('\0'..=char::MAX).collect();
    for delivery in [Delivery::Whole, Delivery::Streaming] {
        let mut config = Config::default();
        config.delivery = delivery;
        let mut server = CollectingConnection::server(config);
        server.receive_in_parts(1, &support::text(&text)).unwrap();
        assert!(server.messages[0] == text.as_bytes());
    }
}

#[test]
fn u02_u03_u04_u05_bad_bytes_in_all_fragmentations() {
    for (bytes, seen_at) in BAD {
        play_text(bytes, &FAILED, Some(seen_at));
    }
}

#[test]
fn u02_u03_u04_u05_bad_bytes_after_and_before_good_ones() {
    for (bytes, seen_at) in BAD {
        for lead in ["a", "é", "€", "😀"] {
            let payload = [lead.as_bytes(), bytes, b"ok"].concat();
            for (open, framed) in both() {
                let lead = lead.len();
                for cuts in iter::once(0).chain((0..payload.len() - 1).map(|at| 1 << at)) {
                    let frames = in_fragments(framed, OpCode::Text, &payload, cuts);
                    let played = open.clone().receive(frames).play_all_ways();
                    let expected = with_pings(&FAILED, &payload, cuts, Some(lead + seen_at));
                    assert_eq!(played, expected, "{payload:02x?} cut at {cuts:b}");
                }
            }
        }
    }
}

#[test]
fn u05_truncated_at_the_end_of_the_message() {
    for char in VALID.into_iter().filter(|char| char.len_utf8() > 1) {
        let whole = char.to_string();
        for len in 1..whole.len() {
            play_text(&whole.as_bytes()[..len], &FAILED, None);
            play_text(&[b"ab", &whole.as_bytes()[..len]].concat(), &FAILED, None);
        }
    }
}

/// A cut character fails at the end of the message, not at its last byte.
#[test]
fn u05_truncated_before_an_empty_last_fragment() {
    for (open, framed) in both() {
        let begun = open.receive(framed(false, OpCode::Text, b"a\xE2\x82"));
        assert!(begun.clone().play_all_ways().is_empty());
        begun.receive(framed(true, OpCode::Continuation, b"")).expect(FAILED);
    }
}

/// Validation begins anew with the next text.
#[test]
fn u05_sequence_is_not_continued_in_the_next_message() {
    server().receive(support::text("é")).receive(support::text(b"\xA9")).expect([
        "text \"é\"",
        FAILED[0],
        FAILED[1],
    ]);
}

/// The text is refused before the rest of the frame arrives.
#[test]
fn u06_fails_at_the_first_impossible_byte() {
    for (bytes, seen_at) in BAD {
        for lead in ["", "x", "é", "a longer text that fills more than a word or two: 😀"] {
            let payload = [lead.as_bytes(), bytes, &[b'z'; 1000]].concat();
            for (open, framed) in both() {
                let frame = framed(true, OpCode::Text, &payload);
                let head = frame.len() - payload.len();
                let until = |len: usize| open.clone().receive(&frame[..head + lead.len() + len]);
                let played = until(seen_at - 1).play_all_ways();
                assert!(played.is_empty(), "{bytes:02x?} before {seen_at}: {played:?}");
                until(seen_at).expect(FAILED);
            }
        }
    }
}

#[test]
fn u06_fails_at_the_first_impossible_byte_after_a_cut() {
    for (bytes, seen_at) in BAD {
        for cut in 1..seen_at {
            for (open, framed) in both() {
                let frame = framed(true, OpCode::Continuation, &[&bytes[cut..], &[0; 99]].concat());
                let head = frame.len() - (bytes.len() - cut) - 99;
                let begun = open
                    .receive(framed(false, OpCode::Text, &bytes[..cut]))
                    .receive(framed(true, OpCode::Pong, b"between"))
                    .receive(&frame[..head + seen_at - cut]);
                begun.expect(["pong \"between\"", FAILED[0], FAILED[1]]);
            }
        }
    }
}

#[test]
fn u07_character_completed_in_the_next_fragments() {
    for (open, framed) in both() {
        open.receive(framed(false, OpCode::Text, b"1\xF0"))
            .receive(framed(false, OpCode::Continuation, b""))
            .receive(framed(false, OpCode::Continuation, b"\x9F"))
            .receive(framed(true, OpCode::Ping, b"\xFF"))
            .receive(framed(false, OpCode::Continuation, b"\x98"))
            .receive(framed(true, OpCode::Continuation, b"\x802"))
            .expect(["ping ff", "sends pong ff", "text \"1😀2\""]);
    }
}

#[test]
fn u08_binary_takes_the_same_bytes() {
    let truncated = [(&b"\xE2\x82"[..], 0), (b"a\xF0\x9F\x98", 0)];
    for (bytes, _) in BAD.into_iter().chain(truncated) {
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let event = format!("binary {}", hex.join(" "));
        for (open, framed) in both() {
            for cuts in 0..1 << (bytes.len() - 1) {
                let frames = in_fragments(framed, OpCode::Binary, bytes, cuts);
                let played = open.clone().receive(frames).play_all_ways();
                assert_eq!(played, with_pings(&[&event], bytes, cuts, None));
            }
        }
    }
}

/// Invalid bytes are found at every place in the words and vectors that a validator reads.
#[test]
fn u10_one_bad_byte_in_a_mebibyte() {
    const LEN: usize = 1 << 20;
    for at in [0, 15, 16, 31, 63, 64, LEN - 1] {
        for bad in [0x80, 0xC0, 0xFF] {
            let mut payload = vec![b'a'; LEN];
            payload[at] = bad;
            let frame = masked(true, OpCode::Text, &payload);
            let end = frame.len() - LEN + at + 1;
            for size in [1 << 21, 1 << 16, 1009] {
                let mut whole = CollectingConnection::server(Config::default());
                assert_eq!(
                    whole.receive_in_parts(size, &frame),
                    Err(InvalidUtf8),
                    "{bad:02x} at {at}"
                );
                let mut before = CollectingConnection::server(Config::default());
                assert_eq!(before.receive_in_parts(size, &frame[..end - 1]), Ok(()));
                assert_eq!(before.receive(&frame[end - 1..end]), Err(InvalidUtf8));
                let ending = before.eof();
                assert_eq!(ending.cause, EndCause::Failed(InvalidUtf8));
                assert_eq!(ending.sent.as_ref().unwrap().code, CloseCode::INVALID_DATA);
                assert!(before.messages.is_empty());
            }
        }
    }
}

/// Short texts are validated word by word. Neither a valid word nor one with the same byte at the
/// same place may hide an invalid byte.
#[test]
fn u10_bad_bytes_at_all_places_of_short_texts() {
    for len in 1..=136 {
        for (bad, words) in [(0x80, 1), (0xFF, 1), (0xFF, 2), (0x80, usize::MAX)] {
            for at in 0..len {
                let mut text = vec![b'a'; len];
                text[at..].iter_mut().step_by(8).take(words).for_each(|byte| *byte = bad);
                is_refused(&text);
            }
            is_refused(&vec![bad; len]);
        }
    }
}

/// Receives frames with texts unchecked; returns the events that hold messages or chunks of them.
fn receive_unchecked(
    delivery: Delivery,
    is_client: bool,
    window: usize,
    bytes: &[u8],
) -> Vec<String> {
    let mut config = Config::default();
    config.delivery = delivery;
    config.leniency.unchecked_text = true;
    let [server, client] = CollectingConnection::both(config);
    let CollectingConnection { mut connection, mut incoming, mut outgoing, .. } =
        if is_client { client } else { server };
    let mut events = Vec::new();
    for part in bytes.chunks(window) {
        incoming.lend_window(vec![0; window]);
        incoming.push(part);
        while let Progress::Event =
            connection.receive(Time::ZERO, &mut incoming, &mut outgoing).unwrap()
        {
            let shown = format!("{:?}", incoming.event().unwrap());
            let taken = incoming.take_message();
            if let Some(message) = &taken {
                assert!(matches!(message, Message::Binary(_)), "{message:?}");
            }
            events.push(shown);
        }
    }
    assert!(connection.leniency_used() == Leniency::default());
    events
}

fn is_refused(text: &[u8]) {
    let mut bare = CollectingConnection::client(Config::default());
    let frame = bare.framed(true, OpCode::Text, text);
    assert_eq!(bare.receive(frame), Err(InvalidUtf8), "{text:02x?}");
}

/// Bytes made of characters, invalid sequences and single bytes, with long valid runs.
fn some_text() -> impl Strategy<Value = Vec<u8>> {
    let char = any::<char>().prop_map(|char| char.to_string().into_bytes());
    let ascii = "[a-z]{0,40}".prop_map(String::into_bytes);
    let bad = select(BAD.to_vec()).prop_map(|(bytes, _)| bytes.to_vec());
    let byte = any::<u8>().prop_map(|byte| vec![byte]);
    let piece = prop_oneof![8 => char, 4 => ascii, 1 => bad, 1 => byte];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// U06: a text is refused if `std` refuses it, and at the same byte.
    #[test]
    fn u06_result_and_byte_are_those_of_std(
        payload in some_text(),
        cuts in vec(1..20_usize, 1..4),
        is_client in any::<bool>(),
    ) {
        let [server, client] = CollectingConnection::both(Config::default());
        let mut bare = if is_client { client } else { server };
        let frame = bare.framed(true, OpCode::Text, &payload);
        let head = frame.len() - payload.len();
        match first_impossible(&payload) {
            Some(end) => {
                prop_assert_eq!(bare.receive_in_parts(cuts[0], &frame[..head + end - 1]), Ok(()));
                prop_assert_eq!(bare.receive(&frame[head + end - 1..head + end]), Err(InvalidUtf8));
            }
            None => {
                let verdict = str::from_utf8(&payload).map(drop).map_err(|_| InvalidUtf8);
                prop_assert_eq!(bare.receive_in_parts(cuts[0], &frame), verdict);
                prop_assert_eq!(bare.messages.len(), usize::from(verdict.is_ok()));
            }
        }
    }

    /// U11: texts that are not checked arrive as the same bytes do in binary messages.
    #[test]
    fn u11_any_bytes_are_delivered_as_they_are(
        payload in some_text(),
        times in select(vec![1, 1, 1, 1, 1, 500_usize]),
        cut in any::<prop::sample::Index>(),
        window in select(vec![1, 3, 64, 5000, 1 << 20_usize]),
        is_client in any::<bool>(),
    ) {
        // Byte by byte, a long message takes long.
        let payload = payload.repeat(if window < 64 { 1 } else { times });
        let (first, rest) = payload.split_at(cut.index(payload.len() + 1));
        let framed = |opcode| {
            let bare = CollectingConnection::both(Config::default());
            let bare = &bare[usize::from(is_client)];
            let frames = [
                bare.framed(true, opcode, &payload),
                bare.framed(false, opcode, first),
                bare.framed(true, OpCode::Continuation, rest),
            ];
            frames.concat()
        };
        let [text, binary] = [OpCode::Text, OpCode::Binary].map(framed);
        for delivery in [Delivery::Whole, Delivery::Streaming] {
            let receive = |bytes| receive_unchecked(delivery, is_client, window, bytes);
            let (text, binary) = (receive(&text), receive(&binary));
            let as_binary = |event: &String| event.replace("MessageStart(Text)", "MessageStart(Binary)");
            prop_assert_eq!(text.iter().map(as_binary).collect::<Vec<_>>(), binary);
            let starts = text.iter().filter(|event| *event == "MessageStart(Text)").count();
            prop_assert_eq!(starts, if delivery == Delivery::Streaming { 2 } else { 0 });
        }
    }

    /// U06: the same holds for a text in fragments of any lengths.
    #[test]
    fn u06_fragments_do_not_change_the_verdict(
        payload in some_text(),
        sizes in vec(0..9_usize, 1..9),
        streaming in any::<bool>(),
    ) {
        let mut config = Config::default();
        config.delivery = if streaming { Delivery::Streaming } else { Delivery::Whole };
        let mut bare = CollectingConnection::server(config);
        let mut rest = &payload[..];
        let mut opcode = OpCode::Text;
        let mut verdict = Ok(());
        for size in sizes {
            let (part, after) = rest.split_at(size.min(rest.len()));
            verdict = verdict.and(bare.receive(masked(false, opcode, part)));
            let read = payload.len() - after.len();
            let impossible = first_impossible(&payload[..read]).is_some();
            prop_assert_eq!(verdict, if impossible { Err(InvalidUtf8) } else { Ok(()) });
            (rest, opcode) = (after, OpCode::Continuation);
        }
        verdict = verdict.and(bare.receive(masked(true, opcode, rest)));
        prop_assert_eq!(verdict, str::from_utf8(&payload).map(drop).map_err(|_| InvalidUtf8));
        if verdict.is_ok() {
            prop_assert_eq!(&bare.messages, &[payload]);
        }
    }
}
