use super::*;

/// The result of reading a body: its bytes, how many bytes were consumed, whether it is complete,
/// and whether it is truncated.
type Read = (Vec<u8>, usize, bool, bool);

fn read_body(head: &str, pieces: &[&[u8]], limit: usize) -> Read {
    let expected = ClientRequest::new("ws://h").unwrap().encode([0; 16], &[], &mut Vec::new());
    let Ok(ResponseKind::Refused(mut reader)) = check_response(head.as_bytes(), &expected) else {
        panic!("{head}");
    };
    let (mut body, mut taken) = (Vec::new(), 0);
    for piece in pieces {
        taken += reader.read(piece, &mut body, limit).consumed;
    }
    let complete = reader.read(b"", &mut body, limit).complete;
    assert_eq!(complete, reader.is_complete());
    reader.end_with_stream();
    (body, taken, complete, reader.is_truncated())
}

/// Reads the body in one piece, byte by byte, and in two pieces cut at every place.
#[track_caller]
fn body(head: &str, input: &str, limit: usize) -> (String, usize, bool, bool) {
    let head = format!("HTTP/1.1 {head}\r\n\r\n");
    let whole = read_body(&head, &[input.as_bytes()], limit);
    let bytes: Vec<&[u8]> = input.as_bytes().chunks(1).collect();
    assert_eq!(read_body(&head, &bytes, limit), whole);
    for cut in 0..input.len() {
        let (first, second) = input.as_bytes().split_at(cut);
        assert_eq!(read_body(&head, &[first, second], limit), whole, "cut {cut}");
    }
    (String::from_utf8(whole.0).unwrap(), whole.1, whole.2, whole.3)
}

#[test]
fn r05_body_by_length() {
    let head = "200 OK\r\nContent-Length: 5";
    assert_eq!(body(head, "hellomore", 99), ("hello".into(), 5, true, false));
    assert_eq!(body(head, "hel", 99), ("hel".into(), 3, false, true));
    assert_eq!(body(head, "hello", 5), ("hello".into(), 5, true, false));
    assert_eq!(body(head, "hello", 4), ("hell".into(), 4, true, true));
    assert_eq!(body("200 OK\r\nContent-Length: 0", "x", 9), (String::new(), 0, true, false));
}

#[test]
fn r05_body_until_the_end() {
    assert_eq!(body("404 x", "hello", 99), ("hello".into(), 5, false, false));
    assert_eq!(body("404 x", "hello", 2), ("he".into(), 2, true, true));
    assert_eq!(body("404 x\r\nTransfer-Encoding: gzip", "hey", 9), ("hey".into(), 3, false, false));
}

#[test]
fn r05_no_body() {
    for head in ["204 x", "304 x\r\nContent-Length: 5", "200 x\r\nContent-Length: x"] {
        assert_eq!(body(head, "hello", 99), (String::new(), 0, true, false));
    }
    let twice = "200 x\r\nContent-Length: 5\r\nContent-Length: 6";
    assert_eq!(body(twice, "hello", 99), (String::new(), 0, true, false));
}

#[test]
fn r05_chunked_body() {
    let head = "500 x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked";
    let input = "5\r\nhello\r\nA ;x=y\r\n, world...\r\n0\r\n";
    let read = body(head, &format!("{input}X: trailer\r\n\r\n"), 99);
    assert_eq!(read, ("hello, world...".into(), input.len(), true, false));
    assert_eq!(body(head, input, 7).0, "hello, ");
    assert!(body(head, input, 7).3);
    assert_eq!(body(head, "5\r\nhel", 9), ("hel".into(), 6, false, true));
    assert_eq!(body(head, "0\r\n\r\n", 9), (String::new(), 3, true, false));
}

#[test]
fn r05_malformed_chunks_end_the_body() {
    let head = "500 x\r\nTransfer-Encoding: chunked";
    for bad in ["x\r\nhello", "5\nhello", "\r\nhello", "-1\r\nhello", "fffffffffffffffff\r\nhello"]
    {
        let (kept, _, complete, truncated) = body(head, bad, 99);
        assert_eq!((kept.as_str(), complete, truncated), ("", true, false), "{bad}");
    }
    assert!(body(head, &"1".repeat(100), 99).2);
    assert_eq!(body(head, "2\r\nheXX\r\n", 99).0, "he");
    assert_eq!(body(head, "2\r\nhe3\r\nabc\r\n", 99).0, "he");
    assert_eq!(body(head, "2\r\nhe\r\n\r\n2\r\nhe", 99).0, "he");
    assert!(!body(head, "ffffffffffffffff\r\nhello", 99).2);
}
