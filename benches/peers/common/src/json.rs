//! Text messages like those of applications: no two are equal, but they have much in common.

use bytes::Bytes;

use crate::random::Random;

const NAMES: [&str; 12] = [
    "amelia", "bogdan", "chidi", "dilnoza", "eirik", "fatima", "goran", "hana", "imre", "jun",
    "keiko", "lucia",
];
const PLACES: [&str; 6] = ["lobby", "support", "harbour", "north-gate", "kitchen", "archive"];
const WORDS: [&str; 32] = [
    "the",
    "a",
    "second",
    "delivery",
    "arrived",
    "before",
    "noon",
    "and",
    "nobody",
    "signed",
    "for",
    "it",
    "please",
    "check",
    "whether",
    "pallets",
    "are",
    "still",
    "behind",
    "door",
    "seven",
    "or",
    "call",
    "back",
    "when",
    "invoice",
    "has",
    "been",
    "corrected",
    "by",
    "last",
    "week",
];

/// A text message, in the types that the peers take.
#[derive(Clone, Debug)]
pub struct Text {
    /// The message as a string.
    pub text: String,
    /// The same message as shared bytes.
    pub bytes: Bytes,
}

/// Makes `count` texts of `len` bytes each: lists of JSON records, cut to length. They are the same
/// on every call.
pub fn texts(len: usize, count: usize) -> Vec<Text> {
    let mut random = Random::new();
    let text = |_| {
        let text = text(len, &mut random);
        let bytes = Bytes::from(text.clone());
        Text { text, bytes }
    };
    (0..count).map(text).collect()
}

fn text(len: usize, random: &mut Random) -> String {
    let mut text = String::from("[");
    while text.len() < len {
        text.push_str(&record(random));
    }
    text.truncate(len);
    text
}

fn record(random: &mut Random) -> String {
    let (id, time) = (random.below(1 << 32), 1_767_225_600_000 + random.below(86_400_000));
    let (name, place) = (random.pick(&NAMES), random.pick(&PLACES));
    let (urgent, total) = (random.below(4) == 0, random.below(1_000_000) as f64 / 100.0);
    let words =
        (0..4 + random.below(12)).map(|_| random.pick(&WORDS)).collect::<Vec<_>>().join(" ");
    format!(
        r#"{{"id":"{id:08x}","time":{time},"from":"{name}","room":"{place}","urgent":{urgent},"total":{total},"text":"{words}"}},"#
    )
}
