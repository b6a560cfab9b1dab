//! What clients send.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Number;

use super::{Content, Picture};

const LONGEST_TEXT: usize = 2_000;
const LONGEST_ALT: usize = 500;
const LARGEST_PICTURE: usize = 256 << 10;
const LONGEST_KEY: usize = 64;

#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    Said { key: String, content: Content },
    Ping { at: Number },
}

/// Why something is not passed on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What it was, if that could be read.
    pub(crate) key: Option<String>,
    pub(crate) why: &'static str,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Command {
    Say { key: String, text: String },
    Ping { at: Number },
}

/// What stands before a picture.
#[derive(Deserialize)]
struct Words {
    key: String,
    alt: String,
}

impl Heard {
    /// A text message: JSON, or what somebody types at a terminal, which is given a key.
    pub(crate) fn text(text: &str) -> Result<Self, Refusal> {
        if !text.starts_with('{') {
            // The same key twice would lose what is said under it.
            let key = getrandom::u64().map_err(|_| refuse(None, "no random bytes for a key"))?;
            return said(format!("{key:016x}"), text.to_owned());
        }
        match serde_json::from_str(text) {
            Ok(Command::Say { key, text }) => said(key, text),
            Ok(Command::Ping { at }) => Ok(Self::Ping { at }),
            Err(_) => Err(refuse(None, "no message of this protocol")),
        }
    }

    /// A binary message: a picture behind its words.
    pub(crate) fn picture(message: &[u8]) -> Result<Self, Refusal> {
        let parts = message
            .split_first_chunk()
            .and_then(|(len, rest)| rest.split_at_checked(usize::from(u16::from_be_bytes(*len))));
        let parsed = parts.map(|(words, data)| (serde_json::from_slice(words), data));
        let Some((Ok(Words { key, alt }), data)) = parsed else {
            return Err(refuse(None, "no picture of this protocol"));
        };
        let picture = Picture { alt, data: Bytes::copy_from_slice(data) };
        if picture.media().is_none() {
            return Err(refuse(Some(key), "not a PNG, JPEG, GIF or WebP"));
        }
        if data.len() > LARGEST_PICTURE {
            return Err(refuse(Some(key), "a picture has at most 256 KiB"));
        }
        if picture.alt.chars().count() > LONGEST_ALT {
            return Err(refuse(Some(key), "a picture has at most 500 characters of text"));
        }
        keyed(key, Content::Picture(picture))
    }
}

fn said(key: String, text: String) -> Result<Heard, Refusal> {
    match text.chars().count() {
        0 => Err(refuse(Some(key), "nothing was said")),
        1..=LONGEST_TEXT => keyed(key, Content::Text(text)),
        _ => Err(refuse(Some(key), "a message has at most 2,000 characters")),
    }
}

fn keyed(key: String, content: Content) -> Result<Heard, Refusal> {
    if is_word(&key, LONGEST_KEY) {
        Ok(Heard::Said { key, content })
    } else {
        Err(refuse(None, "a key has 1 to 64 letters, digits, - and _"))
    }
}

const fn refuse(key: Option<String>, why: &'static str) -> Refusal {
    Refusal { key, why }
}

/// Whether this may be a key, or the name of a room: letters, digits, `-` and `_`.
pub(crate) fn is_word(word: &str, longest: usize) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=longest).contains(&word.len()) && word.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(heard: Result<Heard, Refusal>) -> &'static str {
        heard.unwrap_err().why
    }

    fn picture(words: &str, data: &[u8]) -> Result<Heard, Refusal> {
        let len = (words.len() as u16).to_be_bytes();
        Heard::picture(&[&len, words.as_bytes(), data].concat())
    }

    #[test]
    fn what_is_said() {
        let heard = Heard::text(r#"{"type":"say","key":"a-1","text":"hi"}"#);
        let content = Content::Text("hi".into());
        assert_eq!(heard, Ok(Heard::Said { key: "a-1".into(), content }));
        assert_eq!(
            Heard::text(r#"{"type":"ping","at":1.5}"#),
            Ok(Heard::Ping { at: Number::from_f64(1.5).unwrap() })
        );
    }

    #[test]
    fn terminals_get_a_new_key_for_each_line() {
        let key = |line| match Heard::text(line) {
            Ok(Heard::Said { key, content: Content::Text(text) }) if text == line => key,
            other => panic!("{other:?}"),
        };
        assert_ne!(key("hello"), key("hello"));
    }

    #[test]
    fn limits() {
        assert!(Heard::text(&"ö".repeat(2_000)).is_ok());
        assert_eq!(why(Heard::text(&"ö".repeat(2_001))), "a message has at most 2,000 characters");
        assert_eq!(why(Heard::text("")), "nothing was said");
        let key = "k".repeat(65);
        let say = format!(r#"{{"type":"say","key":"{key}","text":"hi"}}"#);
        assert_eq!(why(Heard::text(&say)), "a key has 1 to 64 letters, digits, - and _");
        assert_eq!(why(Heard::text("{}")), "no message of this protocol");
        assert_eq!(why(Heard::text("{")), "no message of this protocol");
    }

    #[test]
    fn refusals_name_the_key() {
        let say = r#"{"type":"say","key":"k","text":""}"#;
        assert_eq!(Heard::text(say).unwrap_err().key.as_deref(), Some("k"));
    }

    #[test]
    fn pictures() {
        let words = r#"{"key":"k","alt":"a cat"}"#;
        for data in [&b"\x89PNG\r\n\x1a\n.."[..], b"\xff\xd8\xff\xe0", b"GIF87a", b"RIFF....WEBP"] {
            assert!(picture(words, data).is_ok(), "{data:?}");
        }
        for data in [&b"<svg/>"[..], b"", b"RIFF....WAVE", b"RIFF"] {
            assert_eq!(why(picture(words, data)), "not a PNG, JPEG, GIF or WebP");
        }
        let mut large = b"GIF89a".to_vec();
        large.resize(LARGEST_PICTURE, 0);
        assert!(picture(words, &large).is_ok());
        large.push(0);
        assert_eq!(why(picture(words, &large)), "a picture has at most 256 KiB");
    }

    #[test]
    fn every_cut_of_a_picture_is_refused_or_one() {
        let words = r#"{"key":"k","alt":"a cat"}"#;
        let len = (words.len() as u16).to_be_bytes();
        let whole = [&len, words.as_bytes(), b"GIF89a"].concat();
        for cut in 0..whole.len() {
            assert!(Heard::picture(&whole[..cut]).is_err());
        }
        assert!(Heard::picture(&whole).is_ok());
    }
}
