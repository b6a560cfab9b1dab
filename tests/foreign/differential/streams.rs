//! Streams of frames, received by three implementations.

use std::collections::BTreeSet;
use std::env;
use std::ops::Range;

use crate::case::Case;
use crate::dialogue::{Dialogue, LONG};
use crate::disagreements::{DISAGREEMENTS, Disagreement, Peer};
use crate::frames::Frame;
use crate::mutation::mutated;
use crate::ours::Ours;
use crate::random::Random;
use crate::trace::{Report, Stream};
use crate::{tokio_websockets, tungstenite};

/// How many streams are tried. The environment can set another number by `SEEDS`, or one stream by
/// `SEED`.
const SEEDS: u64 = 10_000;

type Play = fn(&Stream) -> Vec<Report>;

const PEERS: [(Peer, Play); 2] =
    [(Peer::Tungstenite, tungstenite::play), (Peer::TokioWebsockets, tokio_websockets::play)];

#[test]
fn reports_are_the_same_except_for_listed_disagreements() {
    let seeds = seeds();
    let differences: Vec<_> = seeds.clone().flat_map(differences).collect();
    let unlisted: Vec<_> = differences.iter().filter_map(|it| it.as_ref().err()).collect();
    let (all, some) = (unlisted.len(), unlisted.iter().take(5));
    assert!(all == 0, "{all} differences, like\n\n{}", some.copied().cloned().collect::<String>());
    if seeds.start == 0 && seeds.end >= SEEDS {
        every_entry_is_met(&differences.into_iter().flatten().collect());
    }
}

fn every_entry_is_met(met: &BTreeSet<(Peer, &str)>) {
    for Disagreement { name, peers, .. } in DISAGREEMENTS {
        for peer in peers {
            assert!(met.contains(&(*peer, name)), "{name}: {peer:?} does not do so");
        }
    }
}

/// Gives a stream to all implementations; returns how each differs from ours.
fn differences(seed: u64) -> Vec<Result<(Peer, &'static str), String>> {
    let stream = stream(seed);
    let ours = Ours::of(&stream, &stream.stops);
    let whole = Ours::of(&stream, &[stream.bytes.len()]);
    assert!(whole.reports_the_same(&ours), "seed {seed}: cuts change what is reported");
    let difference = |(peer, play): (Peer, Play)| {
        let theirs = play(&stream);
        let case = Case::of(&stream, &ours, &theirs)?;
        let unlisted = |names| format!("seed {seed}: {peer:?} differs, in {names:?}\n{case}\n\n");
        Some(name(peer, &case).map(|name| (peer, name)).map_err(unlisted))
    };
    PEERS.into_iter().filter_map(difference).collect()
}

/// The name of the one disagreement that a case is an instance of; otherwise the names that match.
fn name(peer: Peer, case: &Case<'_>) -> Result<&'static str, Vec<&'static str>> {
    let is = |entry: &&Disagreement| entry.peers.contains(&peer) && (entry.is)(case);
    let names: Vec<_> = DISAGREEMENTS.iter().filter(is).map(|it| it.name).collect();
    if let [name] = names[..] { Ok(name) } else { Err(names) }
}

fn seeds() -> Range<u64> {
    let number = |name| env::var(name).ok().map(|value| value.parse().expect("a number"));
    match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SEEDS").unwrap_or(SEEDS),
    }
}

fn stream(seed: u64) -> Stream {
    let mut random = Random::new(seed);
    let client = random.once_in(2);
    let limit = random.pick(&[200, 1000, 1000, LONG]);
    let frames = Dialogue::frames(&mut random, !client, limit);
    let bytes = match random.below(4) {
        0 => frames.iter().flat_map(Frame::encode).collect(),
        _ => mutated(&mut random, frames),
    };
    Stream::new(bytes, client, limit)
}
