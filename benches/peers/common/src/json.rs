//! Messages as applications send them: no two alike, and much of each in the others.

use bytes::Bytes;

use crate::dice::Dice;

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

/// A message, in the types in which peers want it.
#[derive(Clone, Debug)]
pub struct Text {
    /// The message.
    pub text: String,
    /// The same, shared.
    pub bytes: Bytes,
}

/// So many texts of `len` bytes each: lists of JSON records, cut to length. The same ones on
/// every call.
pub fn texts(len: usize, count: usize) -> Vec<Text> {
    let mut dice = Dice::new();
    let text = |_| {
        let text = text(len, &mut dice);
        let bytes = Bytes::from(text.clone());
        Text { text, bytes }
    };
    (0..count).map(text).collect()
}

fn text(len: usize, dice: &mut Dice) -> String {
    let mut text = String::from("[");
    while text.len() < len {
        text.push_str(&record(dice));
    }
    text.truncate(len);
    text
}

fn record(dice: &mut Dice) -> String {
    let (id, time) = (dice.roll(1 << 32), 1_767_225_600_000 + dice.roll(86_400_000));
    let (name, place) = (dice.pick(&NAMES), dice.pick(&PLACES));
    let (urgent, total) = (dice.roll(4) == 0, dice.roll(1_000_000) as f64 / 100.0);
    let words = (0..4 + dice.roll(12)).map(|_| dice.pick(&WORDS)).collect::<Vec<_>>().join(" ");
    format!(
        r#"{{"id":"{id:08x}","time":{time},"from":"{name}","room":"{place}","urgent":{urgent},"total":{total},"text":"{words}"}},"#
    )
}
