//! The messages that the server sends.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Number;
use websocket_proto::Prepared;

use super::message_id::MessageId;
use super::room_message::{Content, Picture, RoomMessage};

/// A message from the server itself, as opposed to one that somebody posted to the room.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum ServerMessage<'a> {
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

impl ServerMessage<'_> {
    pub(crate) fn to_json(&self) -> String {
        json(self)
    }
}

/// Encodes a message that was posted to a room, once for all who are in the room.
pub(crate) fn encode(id: MessageId, message: &RoomMessage) -> Prepared {
    let RoomMessage { sender_name: from, sender_id: by, key, content } = message;
    let encode = |kind, text, alt, media| {
        json(&Posted { kind, id: id.to_string(), at: id.time, from, by, key, text, alt, media })
    };
    match content {
        Content::Text(text) => Prepared::text(&encode("said", Some(text), None, None)),
        Content::Picture(picture) => {
            let header = encode("pictured", None, Some(&picture.alt), picture.media_type());
            Prepared::binary(&with_header(&header, picture))
        }
    }
}

/// The JSON of a message that was posted to a room.
#[derive(Serialize)]
struct Posted<'a> {
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

/// The header with its length before it, and the picture after it. Names, keys and alternative
/// texts are short, so two bytes hold the length.
fn with_header(header: &str, picture: &Picture) -> Vec<u8> {
    [&(header.len() as u16).to_be_bytes(), header.as_bytes(), &picture.data].concat()
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and numbers can be written as JSON")
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn encoded(content: Content) -> Prepared {
        let (sender_name, sender_id, key) = ("Ann".into(), "00ff".into(), "k1".into());
        let message = RoomMessage { sender_name, sender_id, key, content };
        encode("1700000000000-3".parse().unwrap(), &message)
    }

    #[test]
    fn texts() {
        let message = encoded(Content::Text("\"hi\"\n".into()));
        assert_eq!(
            str::from_utf8(message.payload()).unwrap(),
            r#"{"type":"said","id":"1700000000000-3","at":1700000000000,"from":"Ann","by":"00ff","key":"k1","text":"\"hi\"\n"}"#
        );
    }

    #[test]
    fn pictures() {
        let picture = Picture { alt: "a cat".into(), data: Bytes::from_static(b"GIF89a...") };
        let message = encoded(Content::Picture(picture));
        let (len, rest) = message.payload().split_first_chunk().unwrap();
        let (header, data) = rest.split_at(u16::from_be_bytes(*len).into());
        assert_eq!(
            str::from_utf8(header).unwrap(),
            r#"{"type":"pictured","id":"1700000000000-3","at":1700000000000,"from":"Ann","by":"00ff","key":"k1","alt":"a cat","media":"image/gif"}"#
        );
        assert_eq!(data, b"GIF89a...");
    }

    #[test]
    fn messages_of_the_server() {
        let here = BTreeSet::from(["Ann".to_owned(), "Bob".to_owned()]);
        let welcome = ServerMessage::Welcome {
            room: "lobby",
            name: "Ann",
            you: "00ff",
            here: &here,
            complete: true,
        };
        assert_eq!(
            welcome.to_json(),
            r#"{"type":"welcome","room":"lobby","name":"Ann","you":"00ff","here":["Ann","Bob"],"complete":true}"#
        );
        let ready = ServerMessage::Ready { id: "1-0".into() };
        assert_eq!(ready.to_json(), r#"{"type":"ready","id":"1-0"}"#);
        let refused = ServerMessage::Refused { key: None, why: "no" };
        assert_eq!(refused.to_json(), r#"{"type":"refused","key":null,"why":"no"}"#);
    }
}
