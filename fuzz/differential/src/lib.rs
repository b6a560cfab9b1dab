//! Streams of frames, received by this crate and by two others: what the test `differential` does
//! with streams that it makes, for any bytes.

#[path = "../../../tests/foreign/differential/case.rs"]
mod case;
#[path = "../../../tests/foreign/differential/disagreements.rs"]
#[allow(dead_code, reason = "what is written about them is for the test")]
mod disagreements;
#[path = "../../../tests/foreign/differential/frames.rs"]
#[allow(dead_code, reason = "the frames that the test makes")]
mod frames;
#[path = "../../../tests/foreign/differential/ours.rs"]
mod ours;
#[path = "../../../tests/foreign/differential/source.rs"]
mod source;
#[path = "../../../tests/foreign/differential/tokio_websockets.rs"]
mod tokio_websockets;
#[path = "../../../tests/foreign/differential/trace.rs"]
mod trace;
#[path = "../../../tests/foreign/differential/tungstenite.rs"]
mod tungstenite;

use case::Case;
use disagreements::{DISAGREEMENTS, Disagreement, Peer};
use ours::Ours;
use trace::{Report, Stream};

/// Checks that all three report the same of a stream, except for the disagreements that are listed
/// in `conformance/DISAGREEMENTS.md`.
pub fn check(bytes: &[u8], client: bool, limit: usize) {
    let stream = Stream::new(bytes.to_vec(), client, limit);
    let ours = Ours::of(&stream, &stream.stops);
    let whole = Ours::of(&stream, &[bytes.len()]);
    assert!(whole.reports_the_same(&ours), "cuts change what is reported");
    check_against(Peer::Tungstenite, &tungstenite::play(&stream), &stream, &ours);
    check_against(Peer::TokioWebsockets, &tokio_websockets::play(&stream), &stream, &ours);
}

fn check_against(peer: Peer, theirs: &[Report], stream: &Stream, ours: &Ours) {
    let Some(case) = Case::of(stream, ours, theirs) else { return };
    let is = |entry: &Disagreement| entry.peers.contains(&peer) && (entry.is)(&case);
    assert!(DISAGREEMENTS.iter().any(is), "{peer:?} differs\n{case}");
}
