//! Cuts, modes of delivery and lent contexts change nothing for compressed messages.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::Index;
use websocket_proto::frame::OpCode;

use crate::peer::{Sender, frames_with, noise, parameters, records};
use crate::support::{Dialogue, Framer, both, cases, secs};

/// Something that the peer sends.
#[derive(Clone, Debug)]
enum PeerInput {
    Message(PeerMessage),
    Control(OpCode),
    /// A compressed message with these bytes as its payload.
    Payload(Vec<u8>),
    Silence,
}

/// A message of the peer, and how it is sent.
#[derive(Clone, Debug)]
struct PeerMessage {
    text: bool,
    compressed: bool,
    data: Vec<u8>,
    /// Where the message is cut before it is compressed, and where the payload is cut into
    /// fragments.
    cut: Index,
    fragments: Vec<Index>,
    pinged: bool,
    damage: Option<Damage>,
}

/// A change of a payload that may make it corrupt.
#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Cut(Index),
    Insert(Index, Vec<u8>),
    Remove(Index),
}

impl Damage {
    fn apply(&self, payload: &mut Vec<u8>) {
        let len = payload.len();
        match self {
            _ if len == 0 => {}
            Self::Flip(at, bit) => payload[at.index(len)] ^= 1 << bit,
            Self::Cut(at) => payload.truncate(at.index(len)),
            Self::Insert(at, bytes) => {
                let at = at.index(len + 1);
                payload.splice(at..at, bytes.iter().copied());
            }
            Self::Remove(at) => drop(payload.remove(at.index(len))),
        }
    }
}

/// The settings of the peer's compression, and the agreed parameters.
#[derive(Clone, Debug)]
struct Settings {
    level: u32,
    bits: u8,
    agreed: u8,
    takeover: bool,
    finishes: bool,
}

impl PeerMessage {
    fn frames(&self, zlib: &mut Sender, frame: Framer) -> Vec<u8> {
        let opcode = if self.text { OpCode::Text } else { OpCode::Binary };
        let mut payload = self.data.clone();
        if self.compressed {
            let (first, second) = self.data.split_at(self.cut.index(self.data.len() + 1));
            payload = zlib.pieces(&[first, second]).concat();
        }
        if let Some(damage) = &self.damage {
            damage.apply(&mut payload);
        }
        let ping = if self.pinged { frame(true, OpCode::Ping, b"between") } else { Vec::new() };
        let mut bytes = frames_with(frame, opcode, &self.fragments(&payload), &ping);
        if !self.compressed {
            bytes[0] &= !0x40;
        }
        bytes
    }

    fn fragments<'p>(&self, mut payload: &'p [u8]) -> Vec<&'p [u8]> {
        let mut fragments = Vec::new();
        for at in &self.fragments {
            let (fragment, rest) = payload.split_at(at.index(payload.len() + 1));
            fragments.push(fragment);
            payload = rest;
        }
        fragments.push(payload);
        fragments
    }
}

fn peer_message() -> impl Strategy<Value = PeerMessage> {
    let damage = prop_oneof![
        (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        any::<Index>().prop_map(Damage::Cut),
        (any::<Index>(), vec(any::<u8>(), 1..6)).prop_map(|(at, part)| Damage::Insert(at, part)),
        any::<Index>().prop_map(Damage::Remove),
    ];
    let fragments = vec(any::<Index>(), 0..4);
    let flags = (any::<bool>(), prop::bool::weighted(0.8), any::<bool>());
    (data(), flags, any::<Index>(), fragments, weighted(0.1, damage)).prop_map(
        |((data, is_text), (text, compressed, pinged), cut, fragments, damage)| PeerMessage {
            text: text && is_text,
            compressed,
            data,
            cut,
            fragments,
            pinged,
            damage,
        },
    )
}

/// Data, and whether it may be sent as text. Some of the texts are not UTF-8.
fn data() -> impl Strategy<Value = (Vec<u8>, bool)> {
    let len = prop_oneof![3 => 0..40_usize, 3 => 0..600_usize, 1 => 0..3000_usize];
    prop_oneof![
        2 => (len.clone(), 0..1000_usize)
            .prop_map(|(len, from)| (noise(from + len).split_off(from), len % 50 == 0)),
        4 => len.clone().prop_map(|len| (records(len), true)),
        2 => (0..6000_usize, 0..128_u8).prop_map(|(len, byte)| (vec![byte; len], true)),
        1 => len.prop_map(|len| ("a😀é".repeat(len / 6).into_bytes(), true)),
    ]
}

fn peer_input() -> impl Strategy<Value = PeerInput> {
    let control = prop_oneof![Just(OpCode::Ping), Just(OpCode::Pong)];
    prop_oneof![
        20 => peer_message().prop_map(PeerInput::Message),
        2 => control.prop_map(PeerInput::Control),
        1 => vec(any::<u8>(), 0..20).prop_map(PeerInput::Payload),
        2 => Just(PeerInput::Silence),
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    let bits = (9..=15_u8, 8..=15_u8, prop::bool::weighted(0.8));
    (0..=9_u32, bits, any::<bool>(), prop::bool::weighted(0.2)).prop_map(
        |(level, (bits, agreed, keeps), takeover, finishes)| Settings {
            level,
            bits,
            agreed: if keeps { bits } else { agreed },
            takeover,
            finishes,
        },
    )
}

fn dialogue(
    mut dialogue: Dialogue,
    frame: Framer,
    settings: &Settings,
    inputs: &[PeerInput],
) -> Dialogue {
    let mut zlib = match settings.finishes {
        true => Sender::finishing(settings.level),
        false => Sender::new(settings.level, settings.bits, settings.takeover),
    };
    dialogue = dialogue.agreed(parameters(settings.agreed, settings.takeover));
    for input in inputs {
        dialogue = match input {
            PeerInput::Message(message) => dialogue.receive(message.frames(&mut zlib, frame)),
            PeerInput::Control(opcode) => dialogue.receive(frame(true, *opcode, b"control")),
            PeerInput::Payload(payload) => {
                dialogue.receive(frames_with(frame, OpCode::Binary, &[payload], &[]))
            }
            PeerInput::Silence => dialogue.passes(secs(31)),
        };
    }
    dialogue.eof()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(100),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn compressed_dialogues(
        inputs in vec(peer_input(), 1..8),
        settings in settings(),
        limit in prop_oneof![Just(u64::MAX), 0..6000_u64],
        mutation in weighted(0.1, (any::<Index>(), any::<u8>())),
    ) {
        for (it, frame) in both() {
            let it = it.config(|config| {
                config.limits.message = limit;
                config.limits.extra_fragments = 3;
            });
            let mut it = dialogue(it, frame, &settings, &inputs);
            if let Some((at, byte)) = mutation {
                it = it.mutated(|bytes| {
                    let len = bytes.len();
                    bytes[at.index(len)] = byte;
                });
            }
            let log = it.play_all_ways();
            prop_assert_eq!(&it.lends_contexts().play_all_ways(), &log);
            let failed = log.iter().any(|word| word.starts_with("failed"));
            let closes = log.iter().filter(|word| word.starts_with("sends close")).count();
            prop_assert!(closes >= usize::from(failed) && closes <= 1, "{:?}", log);
            prop_assert_eq!(log.iter().filter(|word| word.starts_with("ended")).count(), 1);
        }
    }
}
