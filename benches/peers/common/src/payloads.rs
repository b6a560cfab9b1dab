//! Payloads of a given length, in the three kinds whose cost differs for a receiver.

use bytes::Bytes;

use crate::frames::{BINARY, TEXT};
use crate::json::texts;
use crate::random::Random;

/// Words in several scripts: sequences of two, three and four bytes between ASCII.
const WORDS: [&str; 16] = [
    "дорога ",
    "море ",
    "письмо ",
    "où ",
    "été ",
    "naïf ",
    "橋",
    "雨",
    "図書館",
    "ありがとう",
    "🌊",
    "🚲",
    "ok ",
    "42 ",
    "λόγος ",
    "한국어 ",
];

/// The kind of a message and of what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A binary message.
    Binary,
    /// A text message, JSON in ASCII.
    Ascii,
    /// A text message in many scripts.
    MultiByte,
}

impl Content {
    /// The opcode of the first frame of such a message.
    pub const fn opcode(self) -> u8 {
        match self {
            Self::Binary => BINARY,
            Self::Ascii | Self::MultiByte => TEXT,
        }
    }
}

/// Makes `count` payloads of exactly `len` bytes, most of them different. They are the same on
/// every call.
pub fn payloads(content: Content, len: usize, count: usize) -> Vec<Bytes> {
    let mut random = Random::new();
    match content {
        Content::Binary => (0..count).map(|_| random_bytes(len, &mut random)).collect(),
        Content::Ascii => texts(len, count).into_iter().map(|text| text.bytes).collect(),
        Content::MultiByte => (0..count).map(|_| words(len, &mut random)).collect(),
    }
}

fn random_bytes(len: usize, random: &mut Random) -> Bytes {
    (0..len).map(|_| random.below(256) as u8).collect()
}

fn words(len: usize, random: &mut Random) -> Bytes {
    let mut text = String::new();
    while text.len() < len {
        text.push_str(random.pick(&WORDS));
    }
    text.truncate(text.floor_char_boundary(len));
    // A character that would be cut leaves up to three bytes free.
    text.extend(std::iter::repeat_n('.', len - text.len()));
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_have_their_length_and_kind() {
        for len in [1, 16, 125, 4096] {
            for content in [Content::Binary, Content::Ascii, Content::MultiByte] {
                for payload in payloads(content, len, 5) {
                    assert_eq!(payload.len(), len);
                    let text = str::from_utf8(&payload);
                    assert!(content == Content::Binary || text.is_ok());
                    assert!(content != Content::Ascii || payload.is_ascii());
                }
            }
        }
        assert!(!payloads(Content::MultiByte, 125, 1)[0].is_ascii());
    }
}
