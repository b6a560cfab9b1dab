//! Compressed messages that one side sends: the other side reads them, and so does zlib with the
//! agreed window.

use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;
use websocket_proto::frame::{FrameHeader, HeaderRules, Masking, OpCode, mask};
use websocket_proto::handshake::DeflateParameters;
use websocket_proto::{
    Config, Deflate, DeflateContexts, EntropyError, MessageKind, Outgoing, Prepared, Role,
    SendError, Time,
};

use crate::peer::{Receiver, Sender, noise, parameters, records};
use crate::support::{CollectingConnection, cases, plain_entropy, secs};

std::thread_local! {
    static FAILS: Cell<bool> = const { Cell::new(false) };
}

/// Masking keys that are all the same, unless the entropy is rotated off.
fn entropy(bytes: &mut [u8]) -> Result<(), EntropyError> {
    bytes.fill(0x5A);
    if FAILS.get() { Err(EntropyError::new()) } else { Ok(()) }
}

/// Something that an application does.
#[derive(Clone, Debug)]
enum Act {
    Send(Vec<u8>),
    Prepared(usize),
    /// Sends a message in fragments, each followed by a ping.
    Stream(MessageKind, Vec<Vec<u8>>),
    Compression(bool),
    /// Contexts are lent or given back.
    Contexts(Contexts),
}

/// A change of contexts, which may happen at any time.
#[derive(Clone, Copy, Debug)]
enum Contexts {
    Lent,
    TakenBack,
    /// A silence, after which the connection gives its contexts back.
    Released,
}

/// Two connections with the same parameters. The frames of the sender are kept.
struct Pair {
    near: CollectingConnection,
    far: CollectingConnection,
    frames: Vec<(FrameHeader, Vec<u8>)>,
    expected: Vec<Vec<u8>>,
}

impl Pair {
    fn new(near_is_client: bool, agreed: DeflateParameters, deflate: Deflate) -> Self {
        let mut config = Config::default();
        config.deflate = Some(deflate);
        let bare = |role| CollectingConnection::with_compression(role, Some(agreed), config);
        let (client, server) = (bare(Role::Client(&entropy)), bare(Role::Server));
        let (near, far) = if near_is_client { (client, server) } else { (server, client) };
        Self { near, far, frames: Vec::new(), expected: Vec::new() }
    }

    /// Delivers all output to the other side.
    fn deliver(&mut self) {
        let sent = self.near.take_all_output();
        self.far.receive(&sent).unwrap();
        let mut rest = &sent[..];
        while !rest.is_empty() {
            let (frame, after) = self.split_frame(rest);
            self.frames.push(frame);
            rest = after;
        }
    }

    fn split_frame<'b>(&self, bytes: &'b [u8]) -> ((FrameHeader, Vec<u8>), &'b [u8]) {
        let data = |(header, _): &&(FrameHeader, Vec<u8>)| !header.opcode.is_control();
        let in_message = self.frames.iter().rfind(data).is_some_and(|(header, _)| !header.fin);
        let client = self.near.connection.is_client();
        let masking = if client { Masking::Required } else { Masking::Forbidden };
        let rules = HeaderRules { masking, in_message, compression: true };
        let (header, size) = FrameHeader::parse(bytes, rules).unwrap().unwrap();
        let (frame, rest) = bytes.split_at(size + header.len as usize);
        let mut payload = frame[size..].to_vec();
        if let Some(key) = header.mask {
            mask::apply(&mut payload, key);
        }
        ((header, payload), rest)
    }

    /// Sends. A client tries without entropy first, which must have no effect.
    fn send(&mut self, send: impl Fn(&mut CollectingConnection) -> Result<(), SendError>) {
        if self.near.connection.is_client() {
            FAILS.set(true);
            let waiting = self.near.outgoing.len();
            let refused = send(&mut self.near);
            FAILS.set(false);
            assert_eq!(self.near.outgoing.len(), waiting);
            if refused.is_ok() {
                return; // Nothing had to be sent.
            }
            assert_eq!(refused, Err(SendError::NoEntropy));
        }
        send(&mut self.near).unwrap();
    }

    fn act(&mut self, act: &Act, prepared: &[Prepared], contexts: &mut DeflateContexts) {
        match act {
            Act::Send(data) => {
                self.send(|it| match str::from_utf8(data) {
                    Ok(text) => it.connection.send_text(text, &mut it.outgoing),
                    Err(_) => it.connection.send_binary(data, &mut it.outgoing),
                });
                self.expected.push(data.clone());
            }
            Act::Prepared(at) => {
                let prepared = &prepared[at % prepared.len()];
                self.send(|it| it.connection.send_prepared(prepared, &mut it.outgoing));
                self.expected.push(prepared.payload().to_vec());
            }
            Act::Stream(kind, pieces) => {
                self.near.connection.start_message(*kind).unwrap();
                for (at, piece) in pieces.iter().enumerate() {
                    match (at + piece.len()) % 5 {
                        0 => self.contexts(Contexts::Released, contexts),
                        1 => self.contexts(Contexts::TakenBack, contexts),
                        2 => self.contexts(Contexts::Lent, contexts),
                        _ => {}
                    }
                    self.send(|it| it.connection.send_fragment(piece, &mut it.outgoing));
                    self.send(|it| it.connection.send_ping(b"between", &mut it.outgoing));
                }
                self.send(|it| it.connection.send_last_fragment(b"", &mut it.outgoing));
                self.expected.push(pieces.concat());
            }
            Act::Compression(enabled) => self.near.connection.set_compression(*enabled),
            Act::Contexts(change) => self.contexts(*change, contexts),
        }
    }

    fn contexts(&mut self, change: Contexts, contexts: &mut DeflateContexts) {
        let it = &mut self.near;
        match change {
            Contexts::Lent => it.connection.lend_contexts(contexts),
            Contexts::TakenBack => it.connection.take_back_contexts(contexts),
            Contexts::Released => {
                it.connection.handle_timeout(Time::new(secs(31)), &mut it.outgoing);
            }
        }
    }

    /// Checks that what arrived is what was sent, and that zlib reads the same.
    fn check(mut self, bits: u8, takeover: bool) {
        self.deliver();
        assert_eq!(self.far.messages, self.expected);
        let mut zlib = Receiver::new(bits, takeover);
        let mut read = Vec::new();
        let mut frames = self.frames.iter().filter(|(header, _)| !header.opcode.is_control());
        while let Some((first, payload)) = frames.next() {
            let (mut fin, mut payload) = (first.fin, payload.clone());
            while !fin {
                let (header, more) = frames.next().unwrap();
                fin = header.fin;
                payload.extend(more);
            }
            read.push(if first.compressed { zlib.message(&payload) } else { payload });
        }
        assert_eq!(read, self.expected);
    }
}

fn data() -> impl Strategy<Value = Vec<u8>> {
    let len = prop_oneof![0..40_usize, 0..4000_usize];
    prop_oneof![
        (len.clone(), 0..1000_usize).prop_map(|(len, from)| noise(from + len).split_off(from)),
        len.clone().prop_map(records),
        (len, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let binary = vec(data(), 0..5).prop_map(|pieces| Act::Stream(MessageKind::Binary, pieces));
    let text = (0..3000_usize, 4..700_usize).prop_map(|(len, piece)| {
        let pieces = records(len).chunks(piece).map(<[u8]>::to_vec).collect();
        Act::Stream(MessageKind::Text, pieces)
    });
    prop_oneof![
        6 => data().prop_map(Act::Send),
        2 => (0..4_usize).prop_map(Act::Prepared),
        2 => binary,
        2 => text,
        1 => any::<bool>().prop_map(Act::Compression),
        2 => prop_oneof![
            Just(Contexts::Lent),
            Just(Contexts::TakenBack),
            Just(Contexts::Released),
        ]
        .prop_map(Act::Contexts),
    ]
}

fn settings() -> impl Strategy<Value = Deflate> {
    let numbers = (0..=10_u8, 0..=10_u8, prop_oneof![Just(0), Just(128), 0..2000_usize]);
    (numbers, any::<bool>()).prop_map(|((level, memory_level, minimum), keep_contexts)| {
        let mut deflate = Deflate::default();
        (deflate.level, deflate.memory_level) = (level, memory_level);
        (deflate.minimum, deflate.keep_contexts) = (minimum, keep_contexts);
        deflate
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(200),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn d16_what_is_sent_is_read(
        acts in vec((act(), any::<bool>()), 1..12),
        client in any::<bool>(),
        bits in 8..=15_u8,
        takeover in any::<bool>(),
        deflate in settings(),
    ) {
        let prepared = [records(3000), vec![b'x'; 300], b"short".to_vec()];
        let mut prepared = prepared.map(|text| Prepared::text(str::from_utf8(&text).unwrap())).to_vec();
        prepared.push(Prepared::binary(&noise(1000)));
        let mut contexts = DeflateContexts::new();
        let mut pair = Pair::new(client, parameters(bits, takeover), deflate);
        for (act, deliver) in acts {
            pair.act(&act, &prepared, &mut contexts);
            if deliver {
                pair.deliver();
            }
        }
        pair.check(bits, takeover);
    }
}

/// The frames that both roles send, in order.
fn sent(
    change: impl Fn(&mut Deflate),
    send: impl Fn(&mut CollectingConnection),
) -> [Vec<(FrameHeader, Vec<u8>)>; 2] {
    [false, true].map(|client| {
        let mut deflate = Deflate::default();
        change(&mut deflate);
        let mut pair = Pair::new(client, DeflateParameters::default(), deflate);
        send(&mut pair.near);
        pair.deliver();
        pair.frames
    })
}

fn text(bare: &mut CollectingConnection, text: impl AsRef<str>) {
    bare.connection.send_text(text.as_ref(), &mut bare.outgoing).unwrap();
}

#[test]
fn minimum_is_the_shortest_that_is_compressed() {
    for minimum in [0, 1, 2, 128, 5000] {
        for frames in sent(
            |deflate| deflate.minimum = minimum,
            |bare| {
                (minimum.saturating_sub(1)..=minimum).for_each(|len| text(bare, "x".repeat(len)))
            },
        ) {
            let compressed: Vec<_> = frames.iter().map(|(header, _)| header.compressed).collect();
            let expected = if minimum == 0 { &[true][..] } else { &[false, true] };
            assert_eq!(compressed, expected, "{minimum}");
        }
    }
}

/// 0 does not compress, and 9 gives the smallest messages.
#[test]
fn levels() {
    let news = String::from_utf8(records(20_000)).unwrap();
    let [stored, fast, small] = [0, 1, 9].map(|level| {
        sent(|deflate| deflate.level = level, |bare| text(bare, &news))
            .map(|frames| frames[0].1.len())
    });
    for role in [0, 1] {
        assert!(stored[role] > news.len() && news.len() > fast[role] && fast[role] > small[role]);
    }
}

/// A message in fragments has no known length, so it is compressed.
#[test]
fn d17_empty_messages() {
    for frames in sent(
        |deflate| deflate.minimum = 0,
        |bare| {
            text(bare, "");
            bare.connection.start_message(MessageKind::Text).unwrap();
            bare.connection.send_last_fragment(b"", &mut bare.outgoing).unwrap();
            text(bare, "");
        },
    ) {
        assert_eq!(frames.len(), 3);
        assert!(frames.iter().all(|(header, payload)| header.compressed && payload == &[0]));
    }
}

/// RFC 7692 §6: RSV1 is set on the first fragment alone.
#[test]
fn d09_rsv1_is_on_first_fragments() {
    for frames in sent(
        |_| (),
        |bare| {
            bare.connection.start_message(MessageKind::Text).unwrap();
            bare.connection.set_compression(false);
            for _ in 0..3 {
                bare.connection.send_fragment(b"a fragment", &mut bare.outgoing).unwrap();
                bare.connection.send_ping(b"", &mut bare.outgoing).unwrap();
            }
            bare.connection.send_last_fragment(b"!", &mut bare.outgoing).unwrap();
            bare.connection.start_message(MessageKind::Text).unwrap();
            bare.connection.set_compression(true);
            bare.connection.send_fragment(b"not compressed", &mut bare.outgoing).unwrap();
            bare.connection.send_last_fragment(b"!", &mut bare.outgoing).unwrap();
        },
    ) {
        let compressed: Vec<_> = frames.iter().map(|(header, _)| header.compressed).collect();
        assert!(compressed[0] && !compressed[1..].contains(&true), "{compressed:?}");
        assert_eq!(frames[7].1, b"not compressed");
    }
}

/// With takeover a repeated message costs little, unless a prepared message has interrupted the
/// context.
#[test]
fn prepared_messages_interrupt_takeover() {
    let news = String::from_utf8(records(3000)).unwrap();
    let prepared = Prepared::text(&news);
    for frames in sent(
        |_| (),
        |bare| {
            text(bare, &news);
            text(bare, &news);
            bare.connection.send_prepared(&prepared, &mut bare.outgoing).unwrap();
            text(bare, &news);
            text(bare, &news);
        },
    ) {
        let lengths: Vec<_> = frames.iter().map(|(_, payload)| payload.len()).collect();
        let client = frames[0].0.mask.is_some();
        let short = lengths.iter().map(|len| *len < 100);
        let expected = [false, true, client, client, true];
        assert!(short.eq(expected), "{lengths:?}");
        assert!(frames.iter().all(|(header, _)| header.compressed));
    }
}

/// A prepared message is compressed once for all connections with the same parameters.
#[test]
fn prepared_messages_are_shared() {
    let prepared = Prepared::binary(&records(100_000));
    let mut frames = Vec::new();
    for bits in [15, 15, 12, 15, 12] {
        let mut pair = Pair::new(false, parameters(bits, true), Deflate::default());
        pair.near.connection.send_prepared(&prepared, &mut pair.near.outgoing).unwrap();
        let shared = pair.near.outgoing.first_piece();
        frames.push((bits, shared.as_ptr(), shared.len()));
    }
    assert_eq!([frames[0], frames[2]], [frames[1], frames[4]]);
    assert_eq!(frames[0], frames[3]);
    assert_ne!(frames[0].1, frames[2].1);
}

/// A prepared message that cannot be compressed is sent uncompressed.
#[test]
fn prepared_noise_is_not_compressed() {
    let noise = noise(10_000);
    for frames in sent(
        |_| (),
        |bare| {
            let prepared = Prepared::binary(&noise);
            bare.connection.send_prepared(&prepared, &mut bare.outgoing).unwrap();
        },
    ) {
        let server = frames[0].0.mask.is_none();
        assert_eq!(frames[0].0.compressed, !server);
        assert!(!server || frames[0].1 == noise);
    }
}

#[test]
fn minimum_is_for_prepared_messages_too() {
    for frames in sent(
        |deflate| deflate.minimum = 100,
        |bare| {
            for len in [99, 100] {
                let prepared = Prepared::text(&"x".repeat(len));
                bare.connection.send_prepared(&prepared, &mut bare.outgoing).unwrap();
            }
        },
    ) {
        let compressed: Vec<_> = frames.iter().map(|(header, _)| header.compressed).collect();
        assert_eq!(compressed, [false, true]);
    }
}

/// A fragment that fails for lack of entropy is not sent, and the text goes on without a gap.
#[test]
fn no_entropy_inside_a_message() {
    for takeover in [true, false] {
        let agreed = parameters(15, takeover);
        let mut pair = Pair::new(true, agreed, Deflate::default());
        let pieces = [&b"some text, "[..], b"\xC3", b"\xA9", b" some text"].map(<[u8]>::to_vec);
        let stream = Act::Stream(MessageKind::Text, pieces.to_vec());
        let mut contexts = DeflateContexts::new();
        for act in [&stream, &Act::Send(records(500)), &stream, &Act::Send(records(500))] {
            pair.act(act, &[], &mut contexts);
        }
        pair.check(15, takeover);
    }
}

#[test]
fn full_output_inside_a_message() {
    let mut config = Config::default();
    config.limits.output = 10;
    let agreed = Some(DeflateParameters::default());
    let mut client =
        CollectingConnection::with_compression(Role::Client(&plain_entropy), agreed, config);
    let mut server = CollectingConnection::with_compression(Role::Server, agreed, config);
    let (it, outgoing): (_, &mut Outgoing) = (&mut client.connection, &mut client.outgoing);
    it.start_message(MessageKind::Text).unwrap();
    it.send_fragment(b"some text, some text, ", outgoing).unwrap();
    assert_eq!(it.send_fragment(b"\xC3", outgoing), Err(SendError::Full));
    assert_eq!(it.send_last_fragment(b"\xC3", outgoing), Err(SendError::Full));
    server.receive(client.take_all_output()).unwrap();
    let (it, outgoing) = (&mut client.connection, &mut client.outgoing);
    it.send_fragment(b"\xC3", outgoing).unwrap();
    assert_eq!(it.send_last_fragment(b"", outgoing), Err(SendError::Full));
    server.receive(client.take_all_output()).unwrap();
    let (it, outgoing) = (&mut client.connection, &mut client.outgoing);
    assert_eq!(it.send_last_fragment(b"", outgoing), Err(SendError::NotUtf8));
    it.send_last_fragment(b"\xA9", outgoing).unwrap();
    server.receive(client.take_all_output()).unwrap();
    assert_eq!(server.messages, ["some text, some text, é".as_bytes()]);
}

/// The directions of one connection do not affect each other.
#[test]
fn both_directions_at_once() {
    let agreed = Some(parameters(10, true));
    let mut client = CollectingConnection::with_compression(
        Role::Client(&plain_entropy),
        agreed,
        Config::default(),
    );
    let mut server =
        CollectingConnection::with_compression(Role::Server, agreed, Config::default());
    let mut zlib = Sender::new(6, 10, true);
    for at in 0..20 {
        let said = String::from_utf8(records(300 + at)).unwrap();
        text(&mut client, &said);
        text(&mut server, &said);
        let frame = client.framed(true, OpCode::Text, zlib.message(&said));
        assert!(server.outgoing.len() <= frame.len() + 100);
        server.receive(client.take_all_output()).unwrap();
        client.receive(server.take_all_output()).unwrap();
    }
    assert_eq!(client.messages.len(), 20);
    assert_eq!(client.messages, server.messages);
}

/// Contexts are given back after a silence, and not with the pings of a connection that is busy.
#[test]
fn a_ping_while_the_peer_sends_keeps_the_contexts() {
    for is_busy in [true, false] {
        let mut config = Config::default();
        config.keepalive.as_mut().unwrap().when_busy = true;
        let agreed = Some(DeflateParameters::default());
        let mut server = CollectingConnection::with_compression(Role::Server, agreed, config);
        let said = String::from_utf8(records(2000)).unwrap();
        text(&mut server, &said);
        let first = server.take_all_output().len();
        if is_busy {
            let CollectingConnection { connection, incoming, outgoing, .. } = &mut server;
            incoming.push(&crate::support::text("busy"));
            let _ = connection.receive(Time::new(secs(25)), incoming, outgoing).unwrap();
            let _ = connection.receive(Time::new(secs(25)), incoming, outgoing).unwrap();
        }
        server.connection.handle_timeout(Time::new(secs(30)), &mut server.outgoing);
        assert_eq!(server.take_all_output().len(), 10, "a ping");
        text(&mut server, &said);
        let again = server.take_all_output().len();
        assert_eq!(again < first / 4, is_busy, "{again} of {first}");
    }
}
