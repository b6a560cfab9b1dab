//! The split law: cuts of the input, room for output and the ways of contexts change nothing.

use proptest::collection::vec as vec_of;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::zlib::{deflate_with_zlib, message};
use super::*;

const STEPS: [usize; 6] = [1, 7, 100, 1000, 4096, 65_536];

/// A change to a payload that may make it corrupt.
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

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        any::<Index>().prop_map(Damage::Cut),
        (any::<Index>(), vec_of(any::<u8>(), 1..6)).prop_map(|(at, part)| Damage::Insert(at, part)),
        any::<Index>().prop_map(Damage::Remove),
    ]
}

/// Payloads of one connection, one of them damaged, or not.
fn payloads() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let damages = proptest::option::weighted(0.8, (any::<Index>(), damage()));
    let messages = vec_of(message(5000), 1..6);
    (messages, 0..=9_u8, 9..=15_u8, any::<bool>(), damages).prop_map(
        |(messages, level, bits, finishes, damaged)| {
            let mut payloads = deflate_with_zlib(&messages, level, bits, finishes);
            if let Some((at, damage)) = damaged {
                damage.apply(&mut payloads[at.index(messages.len())]);
            }
            payloads
        },
    )
}

/// How a connection's payloads are fed.
struct Feed<'a> {
    cuts: &'a [usize],
    step: usize,
    /// The context comes from a pool for each message and goes back, or it stays.
    pooled: bool,
}

impl Feed<'_> {
    /// All messages up to the first that is corrupt.
    fn play(&self, mut receiver: Inflater, payloads: &[Vec<u8>]) -> Vec<Inflated> {
        let (mut pool, mut messages) = (None, Vec::new());
        for payload in payloads {
            receiver.lend_context(|| pool.take());
            let inflated = inflate(&mut receiver, self.pieces(payload), self.step);
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
        self.cuts.iter().cycle().chain([&usize::MAX]).map_while(move |cut| {
            let (piece, rest) = payload.split_at_checked(*cut).unwrap_or((payload, &[]));
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
        takeover: bool,
        cuts in vec_of(prop_oneof![1..4_usize, 1..3000_usize], 1..5),
        step in select(&STEPS[..]),
        pooled: bool,
    ) {
        let receiver = || Inflater::new(window(bits), takeover);
        let whole = Feed { cuts: &[usize::MAX], step: 1 << 20, pooled: !pooled };
        let expected = whole.play(receiver(), &payloads);
        let cut = Feed { cuts: &cuts, step, pooled };
        let bytes = Feed { cuts: &[1], step: 1, pooled: false };
        prop_assert!(cut.play(receiver(), &payloads) == expected);
        prop_assert!(bytes.play(receiver(), &payloads) == expected);
    }
}
