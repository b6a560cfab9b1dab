//! Messages that leave in fragments because they are longer than `Config::fragment_size` (§5.4).

mod support;

use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;
use support::{ManualConnection, ping, plain_entropy};
use websocket_proto::frame::{
    FrameHeader, HeaderRules, MAX_CONTROL_PAYLOAD, Masking, OpCode, mask,
};
use websocket_proto::handshake::DeflateParameters;
use websocket_proto::{
    Config, Connection, Deflate, EntropyError, Message, MessageKind, Outgoing, Prepared, Role,
    SendError, Time,
};

/// A configuration with this fragment size.
fn fragments_of(size: usize) -> Config {
    let mut config = Config::default();
    config.fragment_size = Some(size);
    config
}

/// An open connection, with compression or not.
fn open(role: Role, mut config: Config, compressed: bool) -> ManualConnection {
    let mut deflate = Deflate::default();
    deflate.minimum = 0;
    config.deflate = compressed.then_some(deflate);
    let agreed = compressed.then(DeflateParameters::default);
    ManualConnection::new(
        Connection::established(role, agreed, config, Time::ZERO),
        Outgoing::new(),
    )
}

/// Bytes that are no shorter when they are compressed.
fn noise(len: usize) -> Vec<u8> {
    let next = |state: &u64| {
        let state = state ^ state << 13;
        let state = state ^ state >> 7;
        Some(state ^ state << 17)
    };
    std::iter::successors(Some(1 << 40), next).map(|state| (state >> 24) as u8).take(len).collect()
}

const ROLES: [Role; 2] = [Role::Server, Role::Client(&plain_entropy)];

/// The frames in these bytes, with their payloads unmasked.
fn frames(mut bytes: &[u8], from_client: bool) -> Vec<(FrameHeader, Vec<u8>)> {
    let masking = if from_client { Masking::Required } else { Masking::Forbidden };
    let (mut frames, mut in_message) = (Vec::new(), false);
    while !bytes.is_empty() {
        let rules = HeaderRules { masking, in_message, compression: true };
        let (header, len) = FrameHeader::parse(bytes, rules).unwrap().unwrap();
        let (frame, rest) = bytes.split_at(len + usize::try_from(header.len).unwrap());
        let mut payload = frame[len..].to_vec();
        if let Some(key) = header.mask {
            mask::apply(&mut payload, key);
        }
        if !header.opcode.is_control() {
            in_message = !header.fin;
        }
        frames.push((header, payload));
        bytes = rest;
    }
    frames
}

/// Sends with a size in both roles; returns the frames, in the words of dialogues, if both roles
/// send the same.
#[track_caller]
fn sent(size: usize, send: impl Fn(&mut Connection, &mut Outgoing)) -> Vec<String> {
    let [server, client] = ROLES.map(|role| {
        let mut side = open(role, fragments_of(size), false);
        send(&mut side.connection, &mut side.outgoing);
        let sent = side.take_all_output();
        side.words(&sent)
    });
    assert_eq!(server, client);
    server
}

#[test]
fn rfc6455_5_4_a_longer_message_leaves_in_fragments() {
    let seven = sent(3 + 4, |it, out| it.send_text("Hello, you", out).unwrap());
    assert_eq!(seven, ["sends fragment text \"Hello, \"", "sends continuation \"you\""]);
    let four = sent(4, |it, out| it.send_binary(b"abcdefgh", out).unwrap());
    assert_eq!(four, ["sends fragment binary 61 62 63 64", "sends continuation \"efgh\""]);
    let fits = sent(8, |it, out| it.send_binary(b"abcdefgh", out).unwrap());
    assert_eq!(fits, ["sends binary 61 62 63 64 65 66 67 68"]);
    let owned = sent(4, |it, out| {
        it.send_message(Time::ZERO, &Message::text("abcdef"), out).unwrap();
        it.send_message(Time::ZERO, &Message::text(""), out).unwrap();
    });
    assert_eq!(
        owned,
        ["sends fragment text \"abcd\"", "sends continuation \"ef\"", "sends text \"\""]
    );
}

#[test]
fn rfc6455_5_6_a_text_is_cut_between_characters() {
    let euros = sent(4, |it, out| it.send_text("€€a", out).unwrap());
    assert_eq!(euros, ["sends fragment text \"€\"", "sends continuation \"€a\""]);
    // The longest characters need four bytes, so that is the least.
    for size in [0, 1, 3, 4] {
        let faces = sent(size, |it, out| it.send_text("😀é😀", out).unwrap());
        let rest = ["sends fragment continuation \"é\"", "sends continuation \"😀\""];
        assert_eq!(faces, ["sends fragment text \"😀\"", rest[0], rest[1]], "{size}");
    }
    // Bytes have no characters.
    let bytes = sent(4, |it, out| it.send_binary("€€".as_bytes(), out).unwrap());
    assert_eq!(bytes, ["sends fragment binary e2 82 ac e2", "sends continuation 82 ac"]);
}

#[test]
fn rfc6455_5_4_fragments_of_the_application_are_cut_as_well() {
    let words = sent(5, |it, out| {
        it.start_message(MessageKind::Text).unwrap();
        it.send_fragment(b"abcdefgh", out).unwrap();
        // The application may end a fragment inside a character. Its rest is sent as it is.
        it.send_fragment(&"€".as_bytes()[..1], out).unwrap();
        it.send_fragment(&["€".as_bytes()[1..].to_vec(), "é€".into()].concat(), out).unwrap();
        it.send_last_fragment("😀😀".as_bytes(), out).unwrap();
        it.start_message(MessageKind::Binary).unwrap();
        it.send_last_fragment(&[7; 6], out).unwrap();
    });
    assert_eq!(
        words,
        [
            "sends fragment text \"abcde\"",
            "sends fragment continuation \"fgh\"",
            "sends fragment continuation e2",
            "sends fragment continuation 82 ac c3 a9",
            "sends fragment continuation \"€\"",
            "sends fragment continuation \"😀\"",
            "sends continuation \"😀\"",
            "sends fragment binary 07 07 07 07 07",
            "sends continuation \"\\u{7}\"",
        ]
    );
}

#[test]
fn rfc6455_5_5_control_frames_are_never_cut() {
    let payload = [b'p'; MAX_CONTROL_PAYLOAD];
    let words = sent(4, |it, out| {
        it.send_ping(&payload, out).unwrap();
        it.send_pong(&payload, out).unwrap();
        it.start_close(Time::ZERO, 1000.into(), &"r".repeat(123), out).unwrap();
    });
    assert_eq!(words.len(), 3, "{words:?}");
}

#[test]
fn rfc6455_5_5_pongs_leave_between_the_fragments() {
    let mut server = open(Role::Server, fragments_of(10), false);
    server.connection.send_text(&"0123456789".repeat(5), &mut server.outgoing).unwrap();
    let mut sent = server.take_output(15);
    server.receive(ping("p"));
    sent.extend(server.take_all_output());
    let words = server.words(&sent);
    let fragment = |kind: &str| format!("sends {kind} \"0123456789\"");
    assert_eq!(
        words,
        [
            fragment("fragment text"),
            fragment("fragment continuation"),
            "sends pong \"p\"".into(),
            fragment("fragment continuation"),
            fragment("fragment continuation"),
            fragment("continuation"),
        ]
    );
}

#[test]
fn rfc7692_6_1_only_the_first_fragment_says_that_the_message_is_compressed() {
    let noise = noise(4000);
    for role in ROLES {
        let mut side = open(role, fragments_of(100), true);
        side.connection.send_binary(&noise, &mut side.outgoing).unwrap();
        let sent = side.take_all_output();
        let frames = frames(&sent, side.connection.is_client());
        assert!(frames.len() > 10, "{}", frames.len());
        for (at, (header, payload)) in frames.iter().enumerate() {
            assert_eq!(header.compressed, at == 0);
            assert_eq!(header.fin, at == frames.len() - 1);
            assert!(payload.len() == 100 || header.fin);
        }
    }
}

/// The function of SECURITY.md: three times the message with the headers of its fragments.
#[test]
fn memory_is_that_of_the_frames() {
    for role in ROLES {
        for compressed in [false, true] {
            let mut side = open(role, fragments_of(100), compressed);
            side.connection.send_binary(&noise(1 << 20), &mut side.outgoing).unwrap();
            let (heap, len) = (side.outgoing.heap(), side.outgoing.len());
            assert!(len > 1 << 20 && heap < 3 * len, "{heap} for {len}");
        }
    }
}

#[test]
fn a_compressed_message_is_measured_as_it_is_sent() {
    let mut server = open(Role::Server, fragments_of(100), true);
    server.connection.send_text(&"again ".repeat(1000), &mut server.outgoing).unwrap();
    let sent = server.take_all_output();
    assert_eq!(frames(&sent, false).len(), 1);
}

#[test]
fn prepared_messages_are_shared_if_they_fit_and_cut_if_not() {
    let text = "€".repeat(1000);
    for prepared in [Prepared::text(&text), Prepared::binary(text.as_bytes())] {
        for compressed in [false, true] {
            let mut shares = open(Role::Server, fragments_of(3000), compressed);
            shares.connection.send_prepared(&prepared, &mut shares.outgoing).unwrap();
            assert!(shares.outgoing.heap() < 1024, "{}", shares.outgoing.heap());
            for role in ROLES {
                let mut cuts = open(role, fragments_of(25), compressed);
                cuts.connection.send_prepared(&prepared, &mut cuts.outgoing).unwrap();
                // What follows does not refer to what was compressed apart.
                cuts.connection.send_text("€€€€", &mut cuts.outgoing).unwrap();
                let client = cuts.connection.is_client();
                let sent = cuts.take_all_output();
                let longest = frames(&sent, client).iter().map(|(_, it)| it.len()).max();
                assert!(longest <= Some(25), "{longest:?}");
                let whole = match prepared.kind() {
                    MessageKind::Text => support::quoted(text.as_bytes()),
                    MessageKind::Binary => support::spaced(text.as_bytes()),
                };
                let mut peer = open(ROLES[usize::from(!client)], Config::default(), compressed);
                let received = peer.receive(&sent);
                let kind = if prepared.kind() == MessageKind::Text { "text" } else { "binary" };
                assert_eq!(received, [format!("{kind} {whole}"), "text \"€€€€\"".into()]);
            }
        }
    }
}

std::thread_local! {
    /// How many more masking keys there are.
    static KEYS: Cell<u32> = const { Cell::new(u32::MAX) };
}

/// Entropy that runs out.
fn scarce(bytes: &mut [u8]) -> Result<(), EntropyError> {
    let left = KEYS.get().checked_sub(1).ok_or_else(EntropyError::new)?;
    KEYS.set(left);
    bytes.fill(left as u8);
    Ok(())
}

/// §5.3: each fragment has a key of its own, and a message of which not all can be masked is not
/// sent at all.
#[test]
fn rfc6455_5_3_nothing_is_sent_of_a_message_that_runs_out_of_keys() {
    let noise = noise(600);
    for compressed in [false, true] {
        for keys in 0..6 {
            KEYS.set(u32::MAX);
            let mut client = open(Role::Client(&scarce), fragments_of(100), compressed);
            client.connection.send_binary(b"before", &mut client.outgoing).unwrap();
            let before = client.outgoing.len();
            KEYS.set(keys);
            let refused = client.connection.send_binary(&noise, &mut client.outgoing);
            assert_eq!(refused, Err(SendError::NoEntropy), "{keys} keys");
            assert_eq!(client.outgoing.len(), before);
            client.connection.start_message(MessageKind::Binary).unwrap();
            KEYS.set(keys);
            let refused = client.connection.send_fragment(&noise, &mut client.outgoing);
            assert_eq!(refused, Err(SendError::NoEntropy), "{keys} keys");
            assert_eq!(client.outgoing.len(), before);
            KEYS.set(100);
            client.connection.send_fragment(&noise, &mut client.outgoing).unwrap();
            client.connection.send_last_fragment(b"after", &mut client.outgoing).unwrap();
            let sent = client.take_all_output();
            let keys: Vec<_> = frames(&sent, true).iter().map(|(it, _)| it.mask).collect();
            assert!(keys.windows(2).all(|pair| pair[0] != pair[1]), "{keys:?}");
            let mut server = open(Role::Server, Config::default(), compressed);
            let whole = support::spaced(&[&noise[..], b"after"].concat());
            let first = support::spaced(b"before");
            assert_eq!(
                server.receive(&sent),
                [format!("binary {first}"), format!("binary {whole}")]
            );
        }
    }
}

/// How a message is sent.
#[derive(Clone, Copy, Debug)]
enum Way {
    Whole,
    Owned,
    Prepared,
    /// In fragments of this length.
    Fragments(usize),
}

fn ways() -> impl Strategy<Value = Way> {
    prop_oneof![
        Just(Way::Whole),
        Just(Way::Owned),
        Just(Way::Prepared),
        (1..80_usize).prop_map(Way::Fragments)
    ]
}

/// Text with characters of all lengths.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![Just("a"), Just("é"), Just("€"), Just("😀"), Just("plain ascii ")];
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn send(side: &mut ManualConnection, kind: MessageKind, text: &str, way: Way) {
    let (connection, out) = (&mut side.connection, &mut side.outgoing);
    let data = text.as_bytes();
    match (way, kind) {
        (Way::Whole, MessageKind::Text) => connection.send_text(text, out),
        (Way::Whole, MessageKind::Binary) => connection.send_binary(data, out),
        (Way::Owned, MessageKind::Text) => {
            connection.send_message(Time::ZERO, &Message::text(text), out)
        }
        (Way::Owned, MessageKind::Binary) => {
            connection.send_message(Time::ZERO, &Message::binary(data.to_vec()), out)
        }
        (Way::Prepared, MessageKind::Text) => connection.send_prepared(&Prepared::text(text), out),
        (Way::Prepared, MessageKind::Binary) => {
            connection.send_prepared(&Prepared::binary(data), out)
        }
        (Way::Fragments(len), _) => {
            connection.start_message(kind).unwrap();
            for fragment in data.chunks(len) {
                connection.send_fragment(fragment, out).unwrap();
            }
            connection.send_last_fragment(b"", out)
        }
    }
    .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(support::cases(300)))]

    /// The size changes nothing in what the other side receives, and everything in the frames.
    #[test]
    fn the_size_changes_only_the_frames(
        messages in vec((texts(), any::<bool>(), ways()), 1..6),
        size in 0..120_usize,
        client: bool,
        compressed: bool,
    ) {
        let [mut cut, mut whole] = [fragments_of(size), Config::default()]
            .map(|config| open(ROLES[usize::from(client)], config, compressed));
        for (text, is_text, way) in &messages {
            let kind = if *is_text { MessageKind::Text } else { MessageKind::Binary };
            send(&mut cut, kind, text, *way);
            send(&mut whole, kind, text, *way);
        }
        let (cut, whole) = (cut.take_all_output(), whole.take_all_output());
        let cut_by_us = messages.iter().all(|(_, _, way)| !matches!(way, Way::Fragments(_)));
        let mut kind = OpCode::Binary;
        for (header, payload) in frames(&cut, client) {
            prop_assert!(payload.len() <= size.max(4));
            if header.opcode != OpCode::Continuation {
                kind = header.opcode;
            }
            prop_assert!(
                compressed || !cut_by_us || kind != OpCode::Text || str::from_utf8(&payload).is_ok()
            );
        }
        let mut config = Config::default();
        config.limits.extra_fragments = 10_000;
        let receive = |bytes: &[u8]| open(ROLES[usize::from(!client)], config, compressed).receive(bytes);
        let received = receive(&cut);
        prop_assert_eq!(received.len(), messages.len());
        prop_assert_eq!(received, receive(&whole));
    }
}
