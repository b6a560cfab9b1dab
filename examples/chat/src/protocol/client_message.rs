//! The messages that clients send, parsed and checked.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Number;

use super::room_message::{Content, Picture};

/// In characters.
const MAX_TEXT_LEN: usize = 2_000;

/// In characters.
const MAX_ALT_LEN: usize = 500;

/// In bytes.
const MAX_PICTURE_LEN: usize = 256 << 10;

const MAX_KEY_LEN: usize = 64;

/// A message from a client that keeps to the protocol and its limits.

#[derive(Debug, PartialEq)]
pub(crate) enum ClientMessage {
    Post { key: String, content: Content },
    Ping { at: Number },
}

/// Why a message from a client is not accepted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The key of the message, if that could be read.
    pub(crate) key: Option<String>,
    pub(crate) why: &'static str,
}

/// A text message in JSON.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum JsonMessage {
    Say { key: String, text: String },
    Ping { at: Number },
}

/// The JSON object that precedes a picture in its message.
#[derive(Deserialize)]
struct PictureHeader {
    key: String,
    alt: String,
}

impl ClientMessage {
    /// Parses a text message: JSON, or a line that somebody typed at a terminal, which gets a
    /// random key.
    pub(crate) fn parse_text(text: &str) -> Result<Self, Refusal> {
        if !text.starts_with('{') {
            // A message whose key was used before would be dropped.
            let key = getrandom::u64().map_err(|_| refuse(None, "no random bytes for a key"))?;
            return post_text(format!("{key:016x}"), text.to_owned());
        }
        match serde_json::from_str(text) {
            Ok(JsonMessage::Say { key, text }) => post_text(key, text),
            Ok(JsonMessage::Ping { at }) => Ok(Self::Ping { at }),
            Err(_) => Err(refuse(None, "no message of this protocol")),
        }
    }

    /// Parses a binary message: a picture after its header.
    pub(crate) fn parse_picture(message: &[u8]) -> Result<Self, Refusal> {
        let parts = message
            .split_first_chunk()
            .and_then(|(len, rest)| rest.split_at_checked(usize::from(u16::from_be_bytes(*len))));
        let parsed = parts.map(|(header, data)| (serde_json::from_slice(header), data));
        let Some((Ok(PictureHeader { key, alt }), data)) = parsed else {
            return Err(refuse(None, "no picture of this protocol"));
        };
        let picture = Picture { alt, data: Bytes::copy_from_slice(data) };
        if picture.media_type().is_none() {
            return Err(refuse(Some(key), "not a PNG, JPEG, GIF or WebP"));
        }
        if data.len() > MAX_PICTURE_LEN {
            return Err(refuse(Some(key), "a picture has at most 256 KiB"));
        }
        if picture.alt.chars().count() > MAX_ALT_LEN {
            return Err(refuse(Some(key), "a picture has at most 500 characters of text"));
        }
        post(key, Content::Picture(picture))
    }
}

fn post_text(key: String, text: String) -> Result<ClientMessage, Refusal> {
    match text.chars().count() {
        0 => Err(refuse(Some(key), "nothing was said")),
        1..=MAX_TEXT_LEN => post(key, Content::Text(text)),
        _ => Err(refuse(Some(key), "a message has at most 2,000 characters")),
    }
}

fn post(key: String, content: Content) -> Result<ClientMessage, Refusal> {
    if is_word(&key, MAX_KEY_LEN) {
        Ok(ClientMessage::Post { key, content })
    } else {
        Err(refuse(None, "a key has 1 to 64 letters, digits, - and _"))
    }
}

/// A refusal of the message with this key, if that is known.
const fn refuse(key: Option<String>, why: &'static str) -> Refusal {
    Refusal { key, why }
}

/// Whether a text may be a key or the name of a room: 1 to `max_len` letters, digits, `-` and `_`.
pub(crate) fn is_word(text: &str, max_len: usize) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=max_len).contains(&text.len()) && text.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(parsed: Result<ClientMessage, Refusal>) -> &'static str {
        parsed.unwrap_err().why
    }

    fn picture(header: &str, data: &[u8]) -> Result<ClientMessage, Refusal> {
        let len = (header.len() as u16).to_be_bytes();
        ClientMessage::parse_picture(&[&len, header.as_bytes(), data].concat())
    }

    #[test]
    fn posts_and_pings() {
        let parsed = ClientMessage::parse_text(r#"{"type":"say","key":"a-1","text":"hi"}"#);
        let content = Content::Text("hi".into());
        assert_eq!(parsed, Ok(ClientMessage::Post { key: "a-1".into(), content }));
        assert_eq!(
            ClientMessage::parse_text(r#"{"type":"ping","at":1.5}"#),
            Ok(ClientMessage::Ping { at: Number::from_f64(1.5).unwrap() })
        );
    }

    #[test]
    fn terminals_get_a_new_key_for_each_line() {
        let key = |line| match ClientMessage::parse_text(line) {
            Ok(ClientMessage::Post { key, content: Content::Text(text) }) if text == line => key,
            other => panic!("{other:?}"),
        };
        assert_ne!(key("hello"), key("hello"));
    }

    #[test]
    fn texts_and_keys_have_limits() {
        assert!(ClientMessage::parse_text(&"ö".repeat(2_000)).is_ok());
        assert_eq!(
            why(ClientMessage::parse_text(&"ö".repeat(2_001))),
            "a message has at most 2,000 characters"
        );
        assert_eq!(why(ClientMessage::parse_text("")), "nothing was said");
        let key = "k".repeat(65);
        let say = format!(r#"{{"type":"say","key":"{key}","text":"hi"}}"#);
        assert_eq!(
            why(ClientMessage::parse_text(&say)),
            "a key has 1 to 64 letters, digits, - and _"
        );
        assert_eq!(why(ClientMessage::parse_text("{}")), "no message of this protocol");
        assert_eq!(why(ClientMessage::parse_text("{")), "no message of this protocol");
    }

    #[test]
    fn a_refusal_contains_the_key() {
        let say = r#"{"type":"say","key":"k","text":""}"#;
        assert_eq!(ClientMessage::parse_text(say).unwrap_err().key.as_deref(), Some("k"));
    }

    #[test]
    fn pictures_have_a_known_type_and_a_limited_size() {
        let header = r#"{"key":"k","alt":"a cat"}"#;
        for data in [&b"\x89PNG\r\n\x1a\n.."[..], b"\xff\xd8\xff\xe0", b"GIF87a", b"RIFF....WEBP"] {
            assert!(picture(header, data).is_ok(), "{data:?}");
        }
        for data in [&b"<svg/>"[..], b"", b"RIFF....WAVE", b"RIFF"] {
            assert_eq!(why(picture(header, data)), "not a PNG, JPEG, GIF or WebP");
        }
        let mut large = b"GIF89a".to_vec();
        large.resize(MAX_PICTURE_LEN, 0);
        assert!(picture(header, &large).is_ok());
        large.push(0);
        assert_eq!(why(picture(header, &large)), "a picture has at most 256 KiB");
    }

    #[test]
    fn every_truncated_picture_message_is_refused() {
        let header = r#"{"key":"k","alt":"a cat"}"#;
        let len = (header.len() as u16).to_be_bytes();
        let whole = [&len, header.as_bytes(), b"GIF89a"].concat();
        for len in 0..whole.len() {
            assert!(ClientMessage::parse_picture(&whole[..len]).is_err());
        }
        assert!(ClientMessage::parse_picture(&whole).is_ok());
    }
}
