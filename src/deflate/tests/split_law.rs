//! The split law: the messages depend neither on where the input is cut, nor on the room for
//! output, nor on where contexts come from.

use proptest::collection::vec as vec_of;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::zlib::{FLUSHES, any_message, deflate_with_zlib};
use super::*;

/// How many bytes of output there is room for at a time.
const ROOMS: [usize; 6] = [1, 7, 100, 1000, 4096, 65_536];

/// A change to a payload that may make it corrupt.
#[derive(Clone, Debug)]
enum Damage {
    FlipBit(Index, u8),
    Truncate(Index),
    Insert(Index, Vec<u8>),
    Remove(Index),
}

impl Damage {
    fn apply(&self, payload: &mut Vec<u8>) {
        let len = payload.len();
        match self {
            Self::FlipBit(index, bit) => payload[index.index(len)] ^= 1 << bit,
            Self::Truncate(index) => payload.truncate(index.index(len)),
            Self::Insert(index, bytes) => {
                let index = index.index(len + 1);
                payload.splice(index..index, bytes.iter().copied());
            }
            Self::Remove(index) => drop(payload.remove(index.index(len))),
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<Index>(), 0..8_u8).prop_map(|(index, bit)| Damage::FlipBit(index, bit)),
        any::<Index>().prop_map(Damage::Truncate),
        (any::<Index>(), vec_of(any::<u8>(), 1..6))
            .prop_map(|(index, bytes)| Damage::Insert(index, bytes)),
        any::<Index>().prop_map(Damage::Remove),
    ]
}

/// The payloads of one connection; usually one of them is damaged.
fn payloads() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let damage = proptest::option::weighted(0.8, (any::<Index>(), damage()));
    let messages = vec_of(any_message(5000), 1..6);
    (messages, 0..=9_u8, 9..=15_u8, select(&FLUSHES[..]), damage).prop_map(
        |(messages, level, bits, flush, damage)| {
            let mut payloads = deflate_with_zlib(&messages, level, bits, flush);
            if let Some((index, damage)) = damage {
                damage.apply(&mut payloads[index.index(messages.len())]);
            }
            payloads
        },
    )
}

/// How a connection's payloads are fed.
struct Feed<'a> {
    /// The lengths of the pieces of each payload, repeated as often as needed.
    piece_lens: &'a [usize],
    /// How many bytes of output there is room for at a time.
    room: usize,
    /// Whether the context comes from a pool for each message and goes back. If not, it stays.
    pooled: bool,
}

impl Feed<'_> {
    /// Inflates all messages up to the first that is corrupt.
    fn inflate_all(&self, mut receiver: Inflater, payloads: &[Vec<u8>]) -> Vec<InflateResult> {
        let (mut pool, mut messages) = (None, Vec::new());
        for payload in payloads {
            receiver.lend_context(|| pool.take());
            let inflated = inflate(&mut receiver, self.pieces(payload), self.room);
            let corrupt = inflated.is_err();
            messages.push(inflated);
            if corrupt {
                break;
            }
            if self.pooled {
                pool = receiver.take_context();
            }
        }
        messages
    }

    fn pieces<'p>(&self, mut payload: &'p [u8]) -> impl Iterator<Item = &'p [u8]> {
        self.piece_lens.iter().cycle().chain([&usize::MAX]).map_while(move |len| {
            let (piece, rest) = payload.split_at_checked(*len).unwrap_or((payload, &[]));
            payload = rest;
            (!piece.is_empty()).then_some(piece)
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn same_messages_and_same_verdict(
        payloads in payloads(),
        bits in 8..=15_u8,
        takeover in select(&TAKEOVERS[..]),
        piece_lens in vec_of(prop_oneof![1..4_usize, 1..3000_usize], 1..5),
        room in select(&ROOMS[..]),
        pooled: bool,
    ) {
        let receiver = || Inflater::new(window(bits), takeover);
        let whole = Feed { piece_lens: &[usize::MAX], room: 1 << 20, pooled: !pooled };
        let expected = whole.inflate_all(receiver(), &payloads);
        let in_pieces = Feed { piece_lens: &piece_lens, room, pooled };
        let byte_by_byte = Feed { piece_lens: &[1], room: 1, pooled: false };
        prop_assert!(in_pieces.inflate_all(receiver(), &payloads) == expected);
        prop_assert!(byte_by_byte.inflate_all(receiver(), &payloads) == expected);
    }
}
