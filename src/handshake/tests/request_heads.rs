use super::*;
use ProtocolError::{
    BadHeader, BadHost, BadKey, BadKeyLength, BadSubprotocolName, BadSubprotocols, BadVersion,
    HeadTooLong, NotAnUpgrade, TooManyHeaders, UnexpectedBody, UnsupportedVersion,
};

fn key(lines: &str) -> String {
    replace(REQUEST, "Sec-WebSocket-Key", lines)
}

fn offered(input: &str) -> Result<Vec<String>, ProtocolError> {
    Ok(read_request(input)?.subprotocols.iter().map(Into::into).collect())
}

#[test]
fn h03_two_keys() {
    let other = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";
    refuses(request_with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), BadKey, 400);
    refuses(request_with(other), BadKey, 400);
}

#[test]
fn h04_no_key() {
    refuses(key(""), BadKey, 400);
    refuses(key("Sec-WebSocket-Key:"), BadKey, 400);
}

#[test]
fn h05_bad_keys() {
    for value in ["AAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAAAA"] {
        refuses(key(&format!("Sec-WebSocket-Key: {value}")), BadKeyLength, 400);
        assert_eq!(accept_value(value), None);
    }
    let keys = [
        "====",
        "!!!!!!!!!!!!!!!!!!!!!!==",
        "-_AAAAAAAAAAAAAAAAAAAA==",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZQ=",
        "dGhlIHNhbXBs ZSBub25jZQ==",
        "dGhlIHNhbXBsZSBub25jZR==",
        "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
    ];
    for value in keys {
        refuses(key(&format!("Sec-WebSocket-Key: {value}")), BadKey, 400);
        assert_eq!(accept_value(value), None);
    }
}

/// Charging stations send 32 bytes, a library for telephones 8.
#[test]
fn keys_of_any_length() {
    let mut lenient = Config::default();
    lenient.leniency.any_key_length = true;
    let accept = |value: &str| {
        let checked = read_request_with(key(&format!("Sec-WebSocket-Key: {value}")), &lenient)?;
        Ok(String::from_utf8(checked.accept.to_vec()).unwrap())
    };
    let station = "JCMCrKJENqcrTU9erFxGoiP5P8JhjeocERQs9vgR/Y4=";
    assert_eq!(accept(station).as_deref(), Ok("39bC98Ih5nNosyABSNEhJAHQhco="));
    assert_eq!(accept("qjaovfzeqzo=").as_deref(), Ok("R4lRM4R/v2DqgnMNVmo/AKvCbGs="));
    for value in ["", "====", "x", "dGhlIHNhbXBsZSBub25jZR==", "-_AA", "AAAA, AAAA"] {
        assert_eq!(accept(value), Err(BadKey), "{value}");
    }
    refuses(key(&format!("Sec-WebSocket-Key: {station}")), BadKeyLength, 400);
}

#[test]
fn h06_spaces_around_the_key() {
    accepts(key("Sec-WebSocket-Key:  \t dGhlIHNhbXBsZSBub25jZQ== \t"));
}

#[test]
fn h07_versions() {
    let version = |lines: &str| replace(REQUEST, "Sec-WebSocket-Version", lines);
    for other in ["8", "0", "7", "255", "14"] {
        let input = version(&format!("Sec-WebSocket-Version: {other}"));
        refuses(input, UnsupportedVersion, 426);
    }
    for bad in ["013", "13, 8", "256", "", "x", "+13", "1 3", "00"] {
        refuses(version(&format!("Sec-WebSocket-Version: {bad}")), BadVersion, 400);
    }
    refuses(version(""), BadVersion, 400);
    refuses(request_with("Sec-WebSocket-Version: 13"), BadVersion, 400);
    let mut out = Vec::new();
    encode_error_response(UnsupportedVersion, false, &mut out);
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("\r\nSec-WebSocket-Version: 13\r\n"), "{out}");
    assert!(out.contains("\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n"), "{out}");
}

#[test]
fn h08_h09_upgrade_names_websocket() {
    for value in ["WebSocket", "WEBSOCKET", "h2c, websocket", ",websocket,"] {
        accepts(replace(REQUEST, "Upgrade", &format!("Upgrade: {value}")));
    }
    accepts(replace(REQUEST, "Upgrade", "Upgrade: h2c\r\nUpgrade: websocket"));
}

#[test]
fn h10_upgrade_names_something_else() {
    for value in ["h2c", "websocket/13", "websockets", "web socket", "", "\"websocket\""] {
        refuses(replace(REQUEST, "Upgrade", &format!("Upgrade: {value}")), NotAnUpgrade, 426);
    }
    refuses(replace(REQUEST, "Upgrade", ""), NotAnUpgrade, 426);
}

#[test]
fn h11_connection_names_upgrade() {
    for value in ["keep-alive, Upgrade", "upgrade", ",,Upgrade,", "keep-alive ,\tUPGRADE"] {
        accepts(replace(REQUEST, "Connection", &format!("Connection: {value}")));
    }
    accepts(replace(REQUEST, "Connection", "Connection: keep-alive\r\nConnection: Upgrade"));
}

#[test]
fn h12_connection_names_something_else() {
    for value in ["Upgraded", "no-upgrade", "keep-alive", "", "keep-alive Upgrade"] {
        refuses(replace(REQUEST, "Connection", &format!("Connection: {value}")), NotAnUpgrade, 426);
    }
    refuses(replace(REQUEST, "Connection", ""), NotAnUpgrade, 426);
}

#[test]
fn h17_hosts() {
    let host = |value: &str| replace(REQUEST, "Host", &format!("Host: {value}"));
    for bad in
        ["", "u@h", "u:p@h", "a,b", "a b", "h:x", "h:65536", "h:+1", "::1", "[::1", "[x]", "h/"]
    {
        refuses(host(bad), BadHost, 400);
    }
    for good in ["h:80", "h:", "[::1]:80", "[::1]", "127.0.0.1", "a_b.example.", "H"] {
        accepts(host(good));
    }
    refuses(replace(REQUEST, "Host", ""), BadHost, 400);
    refuses(request_with("Host: h"), BadHost, 400);
    refuses(replace(&with_request_line("GET http://h/c HTTP/1.1"), "Host", ""), BadHost, 400);
}

#[test]
fn h18_h19_header_lines() {
    for bad in ["X : a", "X(: a", ": a", "X", "X\u{e9}: a", "X: a\r\n b", "X: a\r\n\tb", " X: a"] {
        refuses(request_with(bad), BadHeader, 400);
    }
    refuses(replace(REQUEST, "Upgrade", "Upgrade : websocket"), BadHeader, 400);
    refuses(replace(REQUEST, "Host", " Host: h"), BadHeader, 400);
}

#[test]
fn h21_control_characters() {
    for byte in (0..0x20u8).chain([0x7f]).filter(|byte| !b"\t\r\n".contains(byte)) {
        let (value, name) = (
            request_with(&format!("X: a{}b", byte as char)),
            request_with(&format!("X{}: a", byte as char)),
        );
        refuses(value, BadHeader, 400);
        refuses(name, BadHeader, 400);
    }
    accepts(request_with("X: a\tb"));
}

#[test]
fn h19_h20_h21_fail_at_the_byte() {
    let lines = [("X: a", "\0"), ("X: a", "\u{7f}"), ("X: a", "\n"), ("X: a\r", "b")];
    for (good, bad) in lines.into_iter().chain([("X: a\r\n", "\tb"), ("", ":"), ("", " X: a")]) {
        let input = request_with(&format!("{good}{bad}"));
        let failed = fails_at(HeadReader::request(), input.as_bytes(), &Config::default());
        assert_eq!(failed, (REQUEST.len() - 2 + good.len(), BadHeader), "{good:?} {bad:?}");
    }
}

#[test]
fn h22_bytes_above_ascii() {
    let mut input = request_with("X: ?!").into_bytes();
    let at = input.iter().rposition(|byte| *byte == b'?').unwrap();
    (input[at], input[at + 1]) = (0x80, 0xff);
    accepts(&input);
    let request = Request::new(&input);
    assert_eq!(request.headers().get("x"), Some(&[0x80, 0xff][..]));
    assert_eq!(request.header("X"), None);
}

#[test]
fn h24_number_of_headers() {
    let more = |count: usize| request_with(&vec!["X: a"; count].join("\r\n"));
    accepts(more(128 - 5));
    refuses(more(128 - 4), TooManyHeaders, 431);
    let at = more(128 - 4).len() - "X: a\r\n\r\n".len();
    let failed = fails_at(HeadReader::request(), more(200).as_bytes(), &Config::default());
    assert_eq!(failed, (at, TooManyHeaders));
    let mut config = Config::default();
    config.limits.headers = 1000;
    assert!(read_request_with(more(1000 - 5), &config).is_ok());
    assert_eq!(read_request_with(more(1000 - 4), &config).map(drop), Err(TooManyHeaders));
}

#[test]
fn the_highest_limit_on_headers() {
    let more = |count: usize| request_with(&vec!["a:"; count].join("\r\n"));
    let mut config = Config::default();
    (config.limits.head, config.limits.headers) = (1 << 20, u16::MAX);
    let head = more(65_535 - 5);
    let read = read_pieces(HeadReader::request(), &[head.as_bytes()], &config);
    let mut seen = 0;
    check_headers(&read.unwrap().unwrap().0, |_| seen += 1).unwrap();
    assert_eq!(seen, 65_535);
    let head = more(65_536 - 5);
    let failed = fails_at(HeadReader::request(), head.as_bytes(), &config);
    assert_eq!(failed, (head.len() - "a:\r\n\r\n".len(), TooManyHeaders));
}

/// The lines of a long head are good one by one exactly if the whole head is good.
#[test]
fn lines_are_parsed_as_the_whole_head_is() {
    let bytes = *b"a:; \t\r\n\x01\x7f\xe9";
    let mut lines = vec![Vec::new()];
    for length in 1..=4 {
        let longer = |line: &Vec<u8>| bytes.map(|byte| [line.as_slice(), &[byte]].concat());
        let longest: Vec<_> = lines.iter().filter(|line| line.len() + 1 == length).collect();
        let longest: Vec<Vec<u8>> = longest.into_iter().flat_map(longer).collect();
        lines.extend(longest);
    }
    for line in lines {
        for (start, end) in [("", "\r\n\r\n"), ("X: y\r\n", "\r\nZ:\r\n\r\n"), ("b:", "\n\n")] {
            let text = [start.as_bytes(), &line, end.as_bytes()].concat();
            let mut parsed = [httparse::EMPTY_HEADER; 8];
            let whole = httparse::parse_headers(&text, &mut parsed);
            let whole =
                matches!(whole, Ok(httparse::Status::Complete((len, _))) if len == text.len());
            for others in [0, 40] {
                let others = "c: d\r\n".repeat(others);
                let head = [b"GET / HTTP/1.1\r\n", others.as_bytes(), &text].concat();
                let mut seen = Vec::new();
                let result = check_headers(&head, |header| seen.push(header));
                assert_eq!(result.is_ok(), whole, "{:?}", text.escape_ascii());
                if let Ok(headers) = result {
                    assert_eq!(seen, headers.iter().collect::<Vec<_>>());
                }
            }
        }
    }
}

#[test]
fn h24_length_of_the_head() {
    let padded = |len: usize| request_with(&format!("X: {}", "a".repeat(len - REQUEST.len() - 5)));
    assert_eq!(padded(1000).len(), 1000);
    accepts(padded(16 << 10));
    refuses(padded((16 << 10) + 1), HeadTooLong, 431);
    let failed = fails_at(HeadReader::request(), padded(20 << 10).as_bytes(), &Config::default());
    assert_eq!(failed, (16 << 10, HeadTooLong));
}

#[test]
fn h25_long_lists() {
    let mut config = Config::default();
    config.limits.head = 1 << 20;
    let list = |value: &str| {
        read_request_with(request_with(&format!("Sec-WebSocket-Protocol: {value}")), &config)
    };
    assert_eq!(list(&" ".repeat(64 << 10)).map(drop), Err(BadSubprotocols));
    assert_eq!(list(&",".repeat(30_000)).map(drop), Err(BadSubprotocols));
    let names = |count: usize| (0..count).map(|i| format!("p{i}")).collect::<Vec<_>>().join(",");
    assert_eq!(list(&names(10_000)).map(drop), Err(BadSubprotocols));
    assert_eq!(list(&names(129)).map(drop), Err(BadSubprotocols));
    assert_eq!(list(&names(128)).unwrap().subprotocols.iter().count(), 128);
}

#[test]
fn h26_h28_subprotocols() {
    let list = |value: &str| offered(&request_with(&format!("Sec-WebSocket-Protocol: {value}")));
    assert_eq!(list("a,,b").unwrap(), ["a", "b"]);
    assert_eq!(list("a , A").unwrap(), ["a", "A"]);
    for bad in ["a b", "a, a", "\u{e9}", "a:b, a:b"] {
        refuses(request_with(&format!("Sec-WebSocket-Protocol: {bad}")), BadSubprotocols, 400);
    }
    for bad in ["\"a\"", "a/b", "a;q=1", "a, b.v1:compact"] {
        refuses(request_with(&format!("Sec-WebSocket-Protocol: {bad}")), BadSubprotocolName, 400);
    }
    let two = request_with("Sec-WebSocket-Protocol: a\r\nX: y\r\nsec-websocket-protocol: b, c");
    assert_eq!(offered(&two).unwrap(), ["a", "b", "c"]);
    let seen: Vec<&str> = Request::new(two.as_bytes()).subprotocols().collect();
    assert_eq!(seen, ["a", "b", "c"]);
    refuses(
        request_with("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a"),
        BadSubprotocols,
        400,
    );
}

#[test]
fn subprotocols_that_are_no_tokens() {
    let mut lenient = Config::default();
    lenient.leniency.any_subprotocol = true;
    let list = |value: &str| {
        let head = request_with(&format!("Sec-WebSocket-Protocol: {value}"));
        let checked = read_request_with(head, &lenient)?;
        Ok(checked.subprotocols.iter().map(Into::into).collect::<Vec<String>>())
    };
    assert_eq!(list("ogmios.v1:compact, a/b,c").unwrap(), ["ogmios.v1:compact", "a/b", "c"]);
    for bad in ["a b", "a:b, a:b", "\u{e9}"] {
        assert_eq!(list(bad), Err(BadSubprotocols), "{bad}");
    }
    let head = request_with("Sec-WebSocket-Protocol: a:b");
    let request = Request::new(head.as_bytes());
    let checked = read_request_with(&head, &lenient).unwrap();
    for answer in [
        Acceptance::new().subprotocol("a:b").unwrap(),
        Acceptance::new().choose_subprotocol(request, &["c", "a:b"]),
    ] {
        let mut out = Vec::new();
        answer.encode(&checked, &mut out).unwrap();
        assert!(str::from_utf8(&out).unwrap().contains("\r\nSec-WebSocket-Protocol: a:b\r\n"));
    }
    assert!(matches!(Acceptance::new().subprotocol("a,b"), Err(AnswerError::BadSubprotocol)));
}

#[test]
fn h29_h30_bodies() {
    accepts(request_with("Content-Length: 0"));
    accepts(request_with("Expect: 100-continue"));
    let bad = ["5", "5, 5", "0, 0", "", "-0", "x"].map(|value| format!("Content-Length: {value}"));
    let more = ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"].map(Into::into);
    let both = "Content-Length: 0\r\nTransfer-Encoding: chunked";
    for lines in bad
        .into_iter()
        .chain(more)
        .chain([both, "Content-Length: 0\r\nContent-Length: 0"].map(Into::into))
    {
        refuses(request_with(&lines), UnexpectedBody, 400);
    }
}

#[test]
fn h38_names_in_any_case() {
    let lower = REQUEST.replace("Host", "hOST").replace("Upgrade: w", "upgrade: w");
    accepts(
        lower.replace("Sec-WebSocket-K", "sec-websocket-k").replace("Connection", "CONNECTION"),
    );
}

#[test]
fn headers_are_views_in_order() {
    let head = request_with("A:\r\nB: \t 1 : 2 \r\na: 3");
    let headers = Request::new(head.as_bytes()).headers();
    let names: Vec<&str> = headers.iter().map(|header| header.name()).collect();
    let sec = ["Sec-WebSocket-Key", "Sec-WebSocket-Version"];
    assert_eq!(names, [&["Host", "Upgrade", "Connection"][..], &sec, &["A", "B", "a"]].concat());
    assert_eq!(headers.get("b"), Some(&b"1 : 2"[..]));
    assert_eq!(headers.get_all("a").collect::<Vec<_>>(), [&b""[..], b"3"]);
    assert_eq!(headers.into_iter().last().unwrap().value_str(), Some("3"));
}

#[test]
fn a_cursor_walks_as_the_iterator_does() {
    let head = request_with("A:\r\nB: \t 1 : 2 \r\na: 3");
    let headers = Request::new(head.as_bytes()).headers();
    let mut cursors = vec![0];
    for expected in headers {
        let (header, next) = headers.next_at(*cursors.last().unwrap()).unwrap();
        assert_eq!(header, expected);
        cursors.push(next);
    }
    let end = cursors.pop().unwrap();
    assert_eq!(headers.next_at(end), None);
    for number in (0..head.len() + 2).chain([usize::MAX]) {
        assert_eq!(headers.next_at(number).is_some(), cursors.contains(&number), "{number}");
    }
}
