use super::*;
use ProtocolError::{
    BadHeader, BadStatusLine, HeadTooLong, TlsRecord, UnofferedSubprotocol, UpgradeNotConfirmed,
    WrongAccept,
};

/// The nonce of the key in `REQUEST`.
const NONCE: [u8; 16] = *b"the sample nonce";

fn expected() -> Expected {
    let request = ClientRequest::new("ws://h/c").unwrap();
    request.subprotocol("a").unwrap().subprotocol("b").unwrap().encode(NONCE, &[], &mut Vec::new())
}

fn read_response_with(
    input: impl AsRef<[u8]>,
    config: &Config,
) -> Result<ResponseKind, ProtocolError> {
    let (head, ..) =
        read(&HeadReader::response(), input.as_ref(), config).expect("a whole head")?;
    check_response(&head, &expected())
}

fn read_response(input: impl AsRef<[u8]>) -> Result<ResponseKind, ProtocolError> {
    read_response_with(input, &Config::default())
}

#[track_caller]
fn opens(input: impl AsRef<[u8]>) {
    assert!(matches!(read_response(input), Ok(ResponseKind::Accepted(None))));
}

#[track_caller]
fn fails(input: impl AsRef<[u8]>, error: ProtocolError) {
    assert_eq!(read_response(input).map(drop).unwrap_err(), error);
}

#[test]
fn r01_the_response_and_frames_after_it() {
    opens(RESPONSE);
    let input = [RESPONSE.as_bytes(), b"\x81\x00"].concat();
    let read = read(&HeadReader::response(), &input, &Config::default());
    assert_eq!(read.unwrap().unwrap().1, RESPONSE.len());
}

#[test]
fn r02_r03_accept() {
    let accept = |lines: &str| replace(RESPONSE, "Sec-WebSocket-Accept", lines);
    let right = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    fails(accept(""), WrongAccept);
    fails(accept(&right.to_ascii_lowercase()), WrongAccept);
    fails(accept("Sec-WebSocket-Accept:"), WrongAccept);
    fails(with_lines(RESPONSE, right), WrongAccept);
    fails(accept(&format!("{right}, x")), WrongAccept);
    opens(accept("Sec-WebSocket-Accept:  \ts3pPLMBiTxaQ9kYGzzhZRbK+xOo= \t"));
    let other = String::from_utf8(accept_value("AAAAAAAAAAAAAAAAAAAAAA==").unwrap().into());
    fails(accept(&format!("Sec-WebSocket-Accept: {}", other.unwrap())), WrongAccept);
}

#[test]
fn r04_upgrade_and_connection() {
    for name in ["Upgrade", "Connection"] {
        fails(replace(RESPONSE, name, ""), UpgradeNotConfirmed);
        fails(replace(RESPONSE, name, &format!("{name}: other")), UpgradeNotConfirmed);
    }
    fails(replace(RESPONSE, "Upgrade", "Upgrade: websocket, h2c"), UpgradeNotConfirmed);
    opens(replace(RESPONSE, "Connection", "Connection: keep-alive, Upgrade"));
    opens(replace(RESPONSE, "Upgrade", "Upgrade: WEBSOCKET"));
}

#[test]
fn r05_other_statuses() {
    for line in ["200 OK", "204 No Content", "404 Not Found", "600 x"] {
        let input = format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n");
        assert!(matches!(read_response(input), Ok(ResponseKind::Refused(_))));
    }
    assert!(matches!(read_response("HTTP/1.0 404 x\r\n\r\n"), Ok(ResponseKind::Refused(_))));
    for status in [100, 102, 103, 199] {
        let input = format!("HTTP/1.1 {status} x\r\n\r\n{RESPONSE}");
        assert!(matches!(read_response(input), Ok(ResponseKind::Interim)));
    }
    fails(RESPONSE.replace("HTTP/1.1", "HTTP/1.0"), BadStatusLine);
    opens(RESPONSE.replace("HTTP/1.1", "HTTP/1.2"));
}

#[test]
fn r07_headers_of_refusals() {
    let head = "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nRetry-After: 120\r\n\
         www-authenticate: Bearer\r\nSec-WebSocket-Version: 7, 8\r\nSec-WebSocket-Version: 13, x\r\n\
         Location: /l\r\nProxy-Authenticate: P\r\nSet-Cookie: secret\r\n\r\n";
    let bytes = [head.as_bytes(), b"body"].concat();
    let response = Response::of_refusal(&bytes, head.len() as u32, true);
    assert_eq!((response.status(), response.reason(), response.body()), (401, "No", &b"body"[..]));
    assert!(response.is_body_truncated());
    assert_eq!(response.challenges().collect::<Vec<_>>(), ["Basic realm=\"x\"", "Bearer"]);
    assert_eq!(response.supported_versions().collect::<Vec<_>>(), [7, 8, 13]);
    assert_eq!((response.retry_after(), response.location()), (Some(120), Some("/l")));
    assert_eq!((response.header("LOCATION"), response.subprotocol()), (Some("/l"), None));
    assert!(!format!("{response:?}").contains("secret"));
    let head = head.replace("401 No", "407 ").replace("120", "Fri, 31 Dec 1999 23:59:59 GMT");
    let response = Response::of_head(head.as_bytes());
    assert_eq!(response.challenges().collect::<Vec<_>>(), ["P"]);
    assert_eq!((response.retry_after(), response.reason()), (None, ""));
}

#[test]
fn r08_subprotocols() {
    let chosen = |value: &str| with_lines(RESPONSE, &format!("Sec-WebSocket-Protocol: {value}"));
    opens(chosen("a"));
    opens(chosen(" b "));
    for bad in ["c", "a, b", "A", "", "a,"] {
        fails(chosen(bad), UnofferedSubprotocol);
    }
    fails(with_lines(&chosen("a"), "Sec-WebSocket-Protocol: a"), UnofferedSubprotocol);
}

#[test]
fn r09_status_lines() {
    let status_line = |line: &str| replace(RESPONSE, "HTTP", line);
    opens(status_line("HTTP/1.1 101 "));
    opens(status_line("HTTP/1.1 101 a\tb \u{e9}"));
    let bad = ["HTTP/1.1  101", "101 OK", "HTTP/1.1 1010", "ICY 101", "HTTP/1.1 101\t", "HTTP/1.1"];
    let more =
        ["HTTP/2.0 101 x", "http/1.1 101 x", "HTTP/1.1 099 x", "HTTP/1.1 +10 x", "HTTP/1.10 101 x"];
    for line in bad.iter().chain(&more) {
        fails(status_line(line), BadStatusLine);
    }
    fails(format!("\r\n{RESPONSE}"), BadStatusLine);
    let short = status_line("HTTP/1.1 101");
    fails(&short, BadStatusLine);
    let mut lenient = Config::default();
    lenient.leniency.missing_reason = true;
    assert!(matches!(read_response_with(&short, &lenient), Ok(ResponseKind::Accepted(None))));
    let used = |input: &str| read(&HeadReader::response(), input.as_bytes(), &lenient).unwrap();
    assert!(used(&short).unwrap().2.missing_reason);
    assert!(!used(RESPONSE).unwrap().2.missing_reason);
    let failed = fails_at(HeadReader::response(), b"HTTQ", &lenient);
    assert_eq!(failed, (3, BadStatusLine));
    // The alert that a server sends if it expects TLS.
    let failed = fails_at(HeadReader::response(), b"\x15\x03\x03\0\x02\x02\x0a", &lenient);
    assert_eq!(failed, (0, TlsRecord));
}

#[test]
fn r10_header_lines() {
    for bad in ["X: a\r\n b", "X: \0", "X : a", "X: a\nY: b", "X: a\rb", ": a", "X"] {
        fails(with_lines(RESPONSE, bad), BadHeader);
    }
    let endless = with_lines(RESPONSE, &format!("X: {}", "a".repeat(17 << 10)));
    let failed = fails_at(HeadReader::response(), endless.as_bytes(), &Config::default());
    assert_eq!(failed, (16 << 10, HeadTooLong));
    let endless = format!("HTTP/1.1 101 {}", "a".repeat(17 << 10));
    let failed = fails_at(HeadReader::response(), endless.as_bytes(), &Config::default());
    assert_eq!(failed, (16 << 10, HeadTooLong));
}

#[test]
fn r11_body_headers_on_a_101() {
    opens(with_lines(RESPONSE, "Transfer-Encoding: chunked"));
    opens(with_lines(RESPONSE, "Content-Length: 10"));
}
