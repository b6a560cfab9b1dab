//! Messages, texts and times as values: what they are made of, compared with and turned into.

use std::borrow::{Borrow, Cow};
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use websocket_proto::{CloseCode, Message, Time, Utf8Bytes};

/// One message of each kind, with this text as its payload or reason.
fn of_each_kind(text: &str) -> [Message; 5] {
    [
        Message::text(text),
        Message::binary(text.to_owned()),
        Message::Ping(text.to_owned().into()),
        Message::Pong(text.to_owned().into()),
        Message::close(CloseCode::NORMAL, text),
    ]
}

#[test]
fn texts_and_bytes_convert_into_messages() {
    let borrowed = String::from("Hello");
    let text = Message::Text("Hello".into());
    for same in [
        Message::from("Hello"),
        "Hello".into(),
        String::from("Hello").into(),
        Utf8Bytes::from("Hello").into(),
        Message::text("Hello"),
        Message::text(&borrowed),
    ] {
        assert_eq!(same, text);
    }
    let data = Message::Binary(vec![1, 2].into());
    for same in [
        Message::from(vec![1, 2]),
        [1, 2][..].into(),
        Bytes::from_static(&[1, 2]).into(),
        Message::binary(vec![1, 2]),
    ] {
        assert_eq!(same, data);
    }
}

#[test]
fn each_kind_of_message_is_told_from_the_others() {
    let is = [
        Message::is_text,
        Message::is_binary,
        Message::is_ping,
        Message::is_pong,
        Message::is_close,
    ];
    for (kind, message) in of_each_kind("x").iter().enumerate() {
        let answers = is.map(|is| is(message));
        assert_eq!(answers, std::array::from_fn(|asked| asked == kind), "{message:?}");
    }
}

#[test]
fn payloads_are_looked_at_and_taken() {
    for message in of_each_kind("Grüße") {
        assert_eq!((message.len(), message.is_empty()), (7, false));
        assert_eq!(message.as_bytes(), "Grüße".as_bytes());
        assert_eq!(message.to_text(), Ok("Grüße"));
        assert_eq!(message.as_text(), message.is_text().then_some("Grüße"));
        assert_eq!(message.to_string(), "Grüße");
        assert_eq!(message.clone().into_text().unwrap(), "Grüße");
        assert_eq!(Bytes::from(message.clone()), message.into_data());
    }
    for message in of_each_kind("") {
        assert!(message.is_empty() && message.into_data().is_empty());
    }
}

#[test]
fn a_payload_that_is_not_text_is_none() {
    for message in [Message::from(vec![b'a', 0xff]), Message::Ping(vec![b'a', 0xff].into())] {
        assert_eq!(message.to_text().unwrap_err().valid_up_to(), 1);
        assert_eq!((message.as_text(), message.to_string()), (None, "(2 bytes)".into()));
        assert_eq!(message.into_text().unwrap_err().valid_up_to(), 1);
    }
}

#[test]
fn a_payload_is_taken_without_a_copy() {
    let payload = Bytes::from(vec![b'x'; 100]);
    let at = payload.as_ptr();
    let text = Message::from(payload).into_text().unwrap();
    assert_eq!(text.as_ptr(), at);
    let data = Message::from(text).into_data();
    assert_eq!(data.as_ptr(), at);
    let string = String::from(Utf8Bytes::try_from(data).unwrap());
    assert_eq!((string.as_ptr(), string.len()), (at, 100));
}

/// The program of somebody who comes from tungstenite.
#[cfg(feature = "std")]
#[test]
fn asking_for_text_takes_a_question_mark() {
    use websocket_proto::io::Error;

    fn shout(message: Message) -> Result<String, Error> {
        if message.is_text() || message.is_binary() {
            let first = message.to_text()?.to_uppercase();
            return Ok(first + &message.into_text()?);
        }
        Ok(String::new())
    }
    assert_eq!(shout("a".into()).unwrap(), "Aa");
    assert_eq!(shout(vec![b'b'].into()).unwrap(), "Bb");
    let error = shout(vec![0xff].into()).unwrap_err();
    assert!(matches!(error, Error::NotText(_)), "{error:?}");
    assert_eq!(error.to_string(), "the payload of this message is not text");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("utf-8"), "{source}");
}

#[test]
fn texts_are_keys_of_maps() {
    let hashed = HashMap::from([(Utf8Bytes::from("ä"), 1), (Utf8Bytes::from(""), 2)]);
    assert_eq!((hashed.get("ä"), hashed.get(""), hashed.get("a")), (Some(&1), Some(&2), None));
    let ordered = BTreeMap::from([(Utf8Bytes::from("b"), 1), (Utf8Bytes::from("a"), 2)]);
    assert_eq!((ordered.get("a"), ordered.get("b"), ordered.get("")), (Some(&2), Some(&1), None));
}

fn hash_of(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

proptest! {
    /// What `Borrow` demands, and comparison from either side with all that holds text.
    #[test]
    fn texts_are_equal_ordered_and_hashed_as_str(a: String, b: String, same: bool) {
        let b = if same { a.clone() } else { b };
        let [x, y] = [Utf8Bytes::from(&a), Utf8Bytes::from(b.clone())];
        let cow = Cow::from(&b);
        let borrowed: &str = x.borrow();
        prop_assert_eq!(borrowed, &a);
        prop_assert_eq!(hash_of(&x), hash_of(borrowed));
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        prop_assert_eq!(x.partial_cmp(&y), a.partial_cmp(&b));
        for equal in [
            x == y, x == b, x == *b, x == b.as_str(), x == cow,
            b == x, *b == x, b.as_str() == x, cow == x,
        ] {
            prop_assert_eq!(equal, a == b);
        }
    }

    #[test]
    fn texts_survive_all_conversions(text: String) {
        let shared = Utf8Bytes::from(text.clone());
        prop_assert_eq!(AsRef::<str>::as_ref(&shared), &text);
        prop_assert_eq!(AsRef::<[u8]>::as_ref(&shared), text.as_bytes());
        prop_assert_eq!(String::from(shared.clone()), &*text);
        prop_assert_eq!(&Bytes::from(shared.clone()), text.as_bytes());
        prop_assert_eq!(Utf8Bytes::try_from(text.clone().into_bytes()), Ok(shared.clone()));
        prop_assert_eq!(Utf8Bytes::try_from(Bytes::from(text.clone())), Ok(shared));
    }

    #[test]
    fn bytes_are_text_where_the_standard_library_says_so(bytes: Vec<u8>) {
        let expected = str::from_utf8(&bytes).map(Utf8Bytes::from);
        prop_assert_eq!(Utf8Bytes::try_from(bytes.clone()), expected.clone());
        prop_assert_eq!(Message::from(bytes).into_text(), expected);
    }

    #[test]
    fn time_is_counted_in_both_directions(from: u64, nanos: u64) {
        let (from, duration) = (Duration::from_nanos(from / 2), Duration::from_nanos(nanos / 2));
        let start = Time::from(from);
        prop_assert_eq!(start.since_origin(), from);
        let mut end = start + duration;
        prop_assert_eq!(end, start.after(duration));
        prop_assert_eq!(end - start, duration);
        prop_assert_eq!(start - end, Duration::ZERO);
        end += duration;
        prop_assert_eq!(end, start + duration + duration);
    }
}

#[test]
fn time_stops_at_its_last_moment() {
    let last = Time::new(Duration::MAX);
    assert_eq!(last.since_origin(), Duration::from_nanos(u64::MAX - 1));
    let mut later = last;
    later += Duration::from_secs(1);
    assert_eq!((later, last + Duration::MAX, Time::from(Duration::MAX)), (last, last, last));
    assert_eq!(Time::ZERO - last, Duration::ZERO);
}
