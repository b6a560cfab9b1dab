//! The grammar of `Sec-WebSocket-Extensions` on its own, and the work that parsing takes.

use proptest::prelude::*;

use super::extensions::{DeflateResponse, Extensions, answer_offers};
use super::*;

/// The elements of the list with their parameters, whose values are unescaped.
fn parsed(value: &[u8]) -> Result<Vec<String>, ProtocolError> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let elements = Extensions::new(value).map(|extension| {
        let extension = extension?;
        let parameters = extension.parameters().map(|parameter| {
            let value = parameter.value.map(|value| format!("={}", text(value.bytes().collect())));
            format!(";{}{}", text(parameter.name.to_vec()), value.unwrap_or_default())
        });
        Ok(text(extension.name.to_vec()) + &parameters.collect::<String>())
    });
    elements.collect()
}

#[test]
fn elements_and_parameters() {
    let list = br#" a ;b;c=d ; e="f\"\\;,g" ,,	h; i = j; k=; l="" ,"#;
    assert_eq!(parsed(list).unwrap(), ["a;b;c=d;e=f\"\\;,g", "h;i=;k=;l="]);
    assert_eq!(parsed(b"").unwrap(), [""; 0]);
    assert_eq!(parsed(b"a, b;").map(drop), Err(ProtocolError::BadExtensions));
}

#[test]
fn nothing_follows_an_error() {
    let items: Vec<bool> = Extensions::new(b"a, b c, d").map(|item| item.is_ok()).collect();
    assert_eq!(items, [true, false]);
}

/// The number of extensions and parameters that iterating over the list yields, and their length in
/// bytes.
fn work(list: &[u8]) -> (usize, usize) {
    let (mut steps, mut bytes) = (0, 0);
    for extension in Extensions::new(list).map_while(Result::ok) {
        (steps, bytes) = (steps + 1, bytes + extension.name.len());
        for parameter in extension.parameters() {
            let value = parameter.value.map_or(0, |value| value.bytes().count());
            (steps, bytes) = (steps + 1, bytes + parameter.name.len() + value);
        }
    }
    (steps, bytes)
}

#[test]
fn e12_work_is_linear() {
    let times = |text: &str, count: usize| text.repeat(count);
    for (list, expected) in [
        (times("a", 4096), (1, 4096)),
        (format!("a{}", times("; b=c", 10_000)), (10_001, 20_001)),
        (format!("a; b=\"{}\"", times("\\a", 30_000)), (2, 30_002)),
        (format!("a; b=\"{}", times("\\a", 30_000)), (0, 0)),
        (times(",", 30_000), (0, 0)),
        (times("a,", 30_000), (30_000, 30_000)),
        (format!("a{}", times(" ", 30_000)), (1, 1)),
        (format!("a{}b", times(";", 30_000)), (0, 0)),
        (format!("{}b;", times("a;b;c,", 10_000)), (0, 0)),
    ] {
        let (steps, bytes) = work(list.as_bytes());
        assert!(steps <= list.len() && bytes <= list.len());
        if expected != (0, 0) {
            assert_eq!((steps, bytes), expected);
        }
    }
}

/// The response to the offers in several headers.
fn answer(values: &[&str]) -> Result<Option<DeflateResponse>, ProtocolError> {
    let values = values.iter().map(|value| value.as_bytes());
    answer_offers(values, Some(&DeflatePolicy::default()))
}

/// Lists put together from valid, invalid and incomplete pieces.
fn lists() -> impl Strategy<Value = String> {
    let pieces = [
        "permessage-deflate",
        "x",
        ";",
        ",",
        "=",
        "\"",
        "\\",
        " ",
        "\t",
        "10",
        "8",
        "; server_max_window_bits=",
        "; client_max_window_bits",
        "; server_no_context_takeover",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..12)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn e11_several_headers_are_one_list(first in lists(), second in lists()) {
        if let Ok(response) = answer(&[&first, &second]) {
            prop_assert_eq!(answer(&[&format!("{first},{second}")]), Ok(response));
        }
    }

    #[test]
    fn a_header_is_good_or_bad_with_any_policy(list in lists()) {
        let without = answer_offers([list.as_bytes()].into_iter(), None);
        prop_assert_eq!(without.map(drop), answer(&[&list]).map(drop));
    }

    #[test]
    fn parsing_any_bytes_ends(list in proptest::collection::vec(any::<u8>(), 0..64)) {
        let (steps, bytes) = work(&list);
        prop_assert!(steps <= list.len() && bytes <= list.len());
    }
}
