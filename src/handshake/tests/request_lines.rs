use super::*;
use ProtocolError::{
    BadHeader, BadRequestLine, BadTarget, MethodNotGet, TlsRecord, UnsupportedHttpVersion,
};

#[test]
fn h01_h02_the_request_in_all_cuts() {
    accepts(REQUEST);
    for first in 0..REQUEST.len() {
        for second in first..REQUEST.len() {
            let (a, rest) = REQUEST.as_bytes().split_at(first);
            let (b, c) = rest.split_at(second - first);
            let read = read_pieces(HeadReader::request(), &[a, b, c], &Config::default());
            assert_eq!(read.unwrap().unwrap().0, REQUEST.as_bytes());
        }
    }
}

#[test]
fn h13_versions() {
    refuses(with_request_line("GET /c HTTP/1.0"), UnsupportedHttpVersion, 505);
    accepts(with_request_line("GET /c HTTP/1.2"));
    for version in ["HTTP/2.0", "http/1.1", "HTTP/1.10", "HTTP/1.", "HTTP/11", "HTTP", "HTTP/0.9"] {
        refuses(with_request_line(&format!("GET /c {version}")), BadRequestLine, 400);
    }
    refuses(with_request_line("GET /c"), BadRequestLine, 400);
    refuses(with_request_line("GET"), BadRequestLine, 400);
    refuses(with_request_line("GET /c HTTP/1.1 "), BadRequestLine, 400);
}

#[test]
fn h14_methods() {
    for method in ["POST", "HEAD", "get", "GETT", "OPTIONS"] {
        refuses(with_request_line(&format!("{method} /c HTTP/1.1")), MethodNotGet, 405);
    }
    refuses(with_request_line("CONNECT h:80 HTTP/1.1"), MethodNotGet, 405);
    let no_method = fails_at(HeadReader::request(), b" /c HTTP/1.1\r\n", &Config::default());
    assert_eq!(no_method, (0, BadRequestLine));
    let mut out = Vec::new();
    encode_error_response(MethodNotGet, false, &mut out);
    assert!(String::from_utf8(out).unwrap().contains("\r\nAllow: GET\r\n"));
}

#[test]
fn h15_absolute_form() {
    for target in ["http://h/c", "http://other:81/c", "WS://h/c", "https://[::1]/c"] {
        accepts(with_request_line(&format!("GET {target} HTTP/1.1")));
    }
    let head = with_request_line("GET http://other:81/c?q HTTP/1.1");
    let request = Request::new(head.as_bytes());
    assert_eq!(request.authority(), "other:81");
    assert_eq!((request.path(), request.query()), ("/c", Some("q")));
    assert_eq!(request.target(), "http://other:81/c?q");
    assert_eq!(Request::new(with_request_line("GET http://o HTTP/1.1").as_bytes()).path(), "/");
    let request = Request::new(REQUEST.as_bytes());
    assert_eq!((request.authority(), request.path(), request.target()), ("h", "/c", "/c"));
}

#[test]
fn h16_targets() {
    let bad = ["", "c", "*", "h:80", "/c#frag", "/a b", "ftp://h/", "http:///c"];
    for target in bad.into_iter().chain(["http://u@h/c", "http://h:99999/", "http://a,b/"]) {
        refuses(with_request_line(&format!("GET {target} HTTP/1.1")), BadTarget, 400);
    }
    let config = Config::default();
    for byte in [0x80, 0xff, 0x7f, 0x01, b'\t'] {
        let input = [b"GET /", &[byte][..]].concat();
        assert_eq!(fails_at(HeadReader::request(), &input, &config), (5, BadTarget));
    }
    for target in ["/", "//x", "/%20", "/?a=[b]|\"{}\\", "/c?q"] {
        accepts(with_request_line(&format!("GET {target} HTTP/1.1")));
    }
}

/// Browsers leave a `%` alone, whatever follows it.
#[test]
fn targets_as_browsers_send_them() {
    for target in ["/?q=100%", "/%zz", "/%a", "/%", "/?%|{}^`[]'\"<>\\", "http://h/?q=100%"] {
        let head = with_request_line(&format!("GET {target} HTTP/1.1"));
        accepts(&head);
        assert_eq!(Request::new(head.as_bytes()).target(), target);
    }
    let head = with_request_line("GET /?q=100% HTTP/1.1");
    assert_eq!(Request::new(head.as_bytes()).query_parameter("q").as_deref(), Some("100%"));
}

#[test]
fn h16_long_target() {
    let input = [b"GET /", vec![b'a'; 16 << 10].as_slice()].concat();
    let (at, error) = fails_at(HeadReader::request(), &input, &Config::default());
    assert_eq!((at, error), (16 << 10, ProtocolError::TargetTooLong));
    assert_eq!(error.http_status(), Some(414));
}

#[test]
fn h20_line_ends() {
    refuses(REQUEST.replace("\r\n", "\n"), BadRequestLine, 400);
    refuses(REQUEST.replace("h\r\n", "h\n"), BadHeader, 400);
    let bare_cr = [
        request_with("X: a\rb"),
        request_with("X: a\r"),
        request_with("X: a\r\r\nY: b"),
        REQUEST.replace("\r\n\r\n", "\r\n\r\r\n"),
    ];
    let mut lenient = Config::default();
    lenient.leniency.bare_lf = true;
    for input in &bare_cr {
        refuses(input, BadHeader, 400);
        assert_eq!(read_request_with(input, &lenient).map(drop), Err(BadHeader));
    }
    for input in
        [REQUEST.replace("\r\n", "\n"), REQUEST.replace("h\r\n", "h\n"), format!("\n{REQUEST}")]
    {
        assert!(read_request_with(&input, &lenient).is_ok());
        let read = read(&HeadReader::request(), input.as_bytes(), &lenient);
        assert!(read.unwrap().unwrap().2.bare_lf);
    }
    let strict = read(&HeadReader::request(), REQUEST.as_bytes(), &lenient);
    assert!(!strict.unwrap().unwrap().2.bare_lf);
}

#[test]
fn h23_leading_empty_lines() {
    accepts(format!("\r\n{REQUEST}"));
    refuses(format!("\r\n\r\n{REQUEST}"), BadRequestLine, 400);
    refuses(format!(" {REQUEST}"), BadRequestLine, 400);
    let read =
        read(&HeadReader::request(), format!("\r\n{REQUEST}").as_bytes(), &Config::default());
    let (head, taken, _) = read.unwrap().unwrap();
    assert_eq!((head.as_slice(), taken), (REQUEST.as_bytes(), REQUEST.len() + 2));
}

#[test]
fn h34_other_protocols() {
    let first_byte: [(&[u8], _); 4] = [
        (b"\x16\x03\x01\x02\x00", TlsRecord),
        (&[0; 64], BadRequestLine),
        (b"\x80\x2e", BadRequestLine),
        (b"\xff", BadRequestLine),
    ];
    for (input, error) in first_byte {
        let failed = fails_at(HeadReader::request(), input, &Config::default());
        assert_eq!(failed, (0, error));
    }
    refuses("G\x16", BadRequestLine, 400);
    refuses("SSH-2.0-OpenSSH_9.6p1 Ubuntu-3\r\n", BadRequestLine, 400);
    refuses("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", BadRequestLine, 400);
}

#[test]
fn nothing_after_the_head_is_consumed() {
    let input = [REQUEST.as_bytes(), b"\x81\x80GET /admin HTTP/1.1\r\n\r\n"].concat();
    let read = read(&HeadReader::request(), &input, &Config::default());
    let (head, taken, _) = read.unwrap().unwrap();
    assert_eq!((head.as_slice(), taken), (REQUEST.as_bytes(), REQUEST.len()));
}
