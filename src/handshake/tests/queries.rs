use alloc::borrow::Cow;

use super::*;

fn parameter(query: &str, name: &str) -> Option<String> {
    let head = with_request_line(&format!("GET /room?{query} HTTP/1.1"));
    accepts(&head);
    Request::new(head.as_bytes()).query_parameter(name).map(Cow::into_owned)
}

#[test]
fn parameters_are_found_and_decoded() {
    for (query, name, value) in [
        ("token=x", "token", Some("x")),
        ("room=7&token=x&token=y", "token", Some("x")),
        ("token", "token", Some("")),
        ("token=", "token", Some("")),
        ("token=a=b?c", "token", Some("a=b?c")),
        ("a+b=c+d%2Be", "a b", Some("c d+e")),
        ("%74oken=%c3%a4%E2%82%AC%25%26", "token", Some("ä€%&")),
        ("token=%ff%00", "token", Some("\u{fffd}\0")),
        ("Token=x&tokens=y", "token", None),
        ("x=token", "token", None),
        ("&&=x&", "token", None),
        ("=x", "", Some("x")),
    ] {
        assert_eq!(parameter(query, name).as_deref(), value, "{query}");
    }
    let plain = Request::new(REQUEST.as_bytes());
    assert_eq!((plain.query(), plain.query_parameter("")), (None, None));
}

/// A request line has two digits after each `%`. Other targets may not.
#[test]
fn what_is_not_encoded_is_left_as_it_is() {
    for (text, decoded) in [("%", "%"), ("%4", "%4"), ("%zz%41", "%zzA"), ("%%41", "%A")] {
        assert_eq!(query::find_parameter(&format!("a={text}"), "a").unwrap(), decoded);
    }
}

#[test]
fn the_parts_of_a_uri() {
    for (uri, path, query) in [
        ("ws://h", "/", None),
        ("ws://h?a=b", "/", Some("a=b")),
        ("ws://h/c/d?", "/c/d", Some("")),
        ("ws://h/c?a?b", "/c", Some("a?b")),
    ] {
        let uri: Uri = uri.parse().unwrap();
        assert_eq!((uri.path(), uri.query()), (path, query));
    }
}
