//! What the server tells.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Number;
use websocket_proto::Prepared;

use super::{Content, Id, Picture, Said};

/// All that is not said by somebody.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum Told<'a> {
    Welcome {
        room: &'a str,
        name: &'a str,
        you: &'a str,
        here: &'a BTreeSet<String>,
        complete: bool,
    },
    Ready {
        id: String,
    },
    Joined {
        name: &'a str,
    },
    Left {
        name: &'a str,
    },
    Refused {
        key: Option<&'a str>,
        why: &'a str,
    },
    Pong {
        at: Number,
    },
}

impl Told<'_> {
    pub(crate) fn to_json(&self) -> String {
        json(self)
    }
}

/// The message that tells a room what was said, encoded once for everybody.
pub(crate) fn encode(id: Id, said: &Said) -> Prepared {
    let what = |kind, text, alt, media| {
        let (from, by, key) = (&said.from, &said.by, &said.key);
        json(&Encoded { kind, id: id.to_string(), at: id.at, from, by, key, text, alt, media })
    };
    match &said.content {
        Content::Text(text) => Prepared::text(&what("said", Some(text), None, None)),
        Content::Picture(picture) => {
            let words = what("pictured", None, Some(&picture.alt), picture.media());
            Prepared::binary(&with_words(&words, picture))
        }
    }
}

#[derive(Serialize)]
struct Encoded<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    id: String,
    at: u64,
    from: &'a str,
    by: &'a str,
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alt: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<&'a str>,
}

/// Names, keys and alternative texts are short, so two bytes hold the length of the words.
fn with_words(words: &str, picture: &Picture) -> Vec<u8> {
    [&(words.len() as u16).to_be_bytes(), words.as_bytes(), &picture.data].concat()
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and numbers have a form in JSON")
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn told(content: Content) -> Prepared {
        let said = Said { from: "Ann".into(), by: "00ff".into(), key: "k1".into(), content };
        encode("1700000000000-3".parse().unwrap(), &said)
    }

    #[test]
    fn texts() {
        let message = told(Content::Text("\"hi\"\n".into()));
        assert_eq!(
            str::from_utf8(message.payload()).unwrap(),
            r#"{"type":"said","id":"1700000000000-3","at":1700000000000,"from":"Ann","by":"00ff","key":"k1","text":"\"hi\"\n"}"#
        );
    }

    #[test]
    fn pictures() {
        let picture = Picture { alt: "a cat".into(), data: Bytes::from_static(b"GIF89a...") };
        let message = told(Content::Picture(picture));
        let (len, rest) = message.payload().split_first_chunk().unwrap();
        let (words, data) = rest.split_at(u16::from_be_bytes(*len).into());
        assert_eq!(
            str::from_utf8(words).unwrap(),
            r#"{"type":"pictured","id":"1700000000000-3","at":1700000000000,"from":"Ann","by":"00ff","key":"k1","alt":"a cat","media":"image/gif"}"#
        );
        assert_eq!(data, b"GIF89a...");
    }

    #[test]
    fn the_rest() {
        let here = BTreeSet::from(["Ann".to_owned(), "Bob".to_owned()]);
        let welcome =
            Told::Welcome { room: "lobby", name: "Ann", you: "00ff", here: &here, complete: true };
        assert_eq!(
            welcome.to_json(),
            r#"{"type":"welcome","room":"lobby","name":"Ann","you":"00ff","here":["Ann","Bob"],"complete":true}"#
        );
        let ready = Told::Ready { id: "1-0".into() };
        assert_eq!(ready.to_json(), r#"{"type":"ready","id":"1-0"}"#);
        let refused = Told::Refused { key: None, why: "no" };
        assert_eq!(refused.to_json(), r#"{"type":"refused","key":null,"why":"no"}"#);
    }
}
