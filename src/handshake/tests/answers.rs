use super::*;

fn encoded(answer: &Acceptance, input: &str) -> Result<String, AnswerError> {
    let mut out = Vec::new();
    answer.encode(&read_request(input).unwrap(), &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn rejected(rejection: &Rejection) -> String {
    let mut out = Vec::new();
    rejection.encode(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn h01_h27_acceptance() {
    assert_eq!(encoded(&Acceptance::new(), REQUEST).unwrap(), RESPONSE);
    assert_eq!(
        encoded(&Acceptance::new(), &request_with("Sec-WebSocket-Protocol: a")).unwrap(),
        RESPONSE
    );
    let answer = Acceptance::new().header("X-Id", "7").unwrap().subprotocol("b").unwrap();
    let expected = with_lines(RESPONSE, "Sec-WebSocket-Protocol: b\r\nX-Id: 7");
    assert_eq!(encoded(&answer, &request_with("Sec-WebSocket-Protocol: a, b")).unwrap(), expected);
}

#[test]
fn subprotocol_that_was_not_offered() {
    for name in ["b", "A", "a,b"] {
        let answer = Acceptance::new().subprotocol(name);
        let result =
            answer.and_then(|answer| encoded(&answer, &request_with("Sec-WebSocket-Protocol: a")));
        let comma = name.contains(',');
        let error =
            if comma { AnswerError::BadSubprotocol } else { AnswerError::UnofferedSubprotocol };
        assert_eq!(result, Err(error));
    }
}

/// The server's order decides, and the client's does not.
#[test]
fn the_servers_first_subprotocol_that_is_offered_wins() {
    for (offered, chosen) in [
        ("Sec-WebSocket-Protocol: c, b, a", Some("a")),
        ("Sec-WebSocket-Protocol: d, b\r\nSec-WebSocket-Protocol: c", Some("b")),
        ("Sec-WebSocket-Protocol: A, d", None),
        ("X-Id: 7", None),
    ] {
        let head = request_with(offered);
        let answer =
            Acceptance::new().choose_subprotocol(Request::new(head.as_bytes()), &["a", "b", "c"]);
        let line =
            chosen.map(|name| with_lines(RESPONSE, &format!("Sec-WebSocket-Protocol: {name}")));
        assert_eq!(encoded(&answer, &head).unwrap(), line.unwrap_or_else(|| RESPONSE.into()));
    }
}

#[test]
fn h39_rejections() {
    let rejection = Rejection::new(401).unwrap();
    let rejection = rejection.header("WWW-Authenticate", "Basic realm=\"x\"").unwrap().text("no");
    assert_eq!(
        rejected(&rejection),
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\
         Connection: close\r\n\r\nno"
    );
    let rejection = Rejection::new(302).unwrap().header("Location", "/x").unwrap();
    assert_eq!(
        rejected(&rejection),
        "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let json = Rejection::new(503).unwrap().header("content-type", "application/json").unwrap();
    assert_eq!(
        rejected(&json.header("Retry-After", "5").unwrap().text("{}")),
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nRetry-After: 5\r\n\
         Content-Length: 2\r\nConnection: close\r\n\r\n{}"
    );
    assert!(rejected(&Rejection::new(599).unwrap()).starts_with("HTTP/1.1 599 \r\n"));
    assert!(rejected(&Rejection::new(304).unwrap().bytes("x")).ends_with("close\r\n\r\n"));
    assert!(rejected(&Rejection::new(426).unwrap()).contains("Upgrade: websocket\r\n"));
    for status in [300, 404, 599] {
        assert_eq!(Rejection::new(status).unwrap().status(), status);
    }
    for status in [0, 100, 101, 200, 299, 600, 999] {
        assert_eq!(Rejection::new(status).map(drop), Err(AnswerError::BadStatus));
    }
}

#[test]
fn rejections_by_name() {
    let unauthorized = Rejection::unauthorized("Bearer").unwrap().text("who?");
    assert_eq!(unauthorized.headers().get("www-authenticate"), Some(&b"Bearer"[..]));
    assert_eq!(unauthorized.body(), b"who?");
    let forged = Rejection::unauthorized("Basic\r\nX: y").map(drop);
    assert_eq!(forged, Err(AnswerError::BadHeaderValue));
    for (rejection, line) in [
        (Rejection::bad_request(), "400 Bad Request"),
        (unauthorized, "401 Unauthorized"),
        (Rejection::forbidden(), "403 Forbidden"),
        (Rejection::not_found(), "404 Not Found"),
        (Rejection::too_many_requests(), "429 Too Many Requests"),
        (Rejection::service_unavailable(), "503 Service Unavailable"),
        (AnswerError::BadStatus.into(), "500 Internal Server Error"),
    ] {
        assert!(rejected(&rejection).starts_with(&format!("HTTP/1.1 {line}\r\n")), "{line}");
        let is_mistake = rejection.status() == 500;
        assert_eq!(rejection.error(), is_mistake.then_some(AnswerError::BadStatus));
    }
}

#[test]
fn h40_headers_refused_at_the_call() {
    use AnswerError::*;
    let cases = [
        ("Sec-WebSocket-Accept", "x", ReservedHeader),
        ("upgrade", "x", ReservedHeader),
        ("CONNECTION", "x", ReservedHeader),
        ("Sec-WebSocket-Protocol", "x", ReservedHeader),
        ("Sec-WebSocket-Extensions", "x", ReservedHeader),
        ("Sec-WebSocket-Key", "x", ReservedHeader),
        ("Sec-WebSocket-Version", "x", ReservedHeader),
        ("Content-Length", "0", ReservedHeader),
        ("Transfer-Encoding", "x", ReservedHeader),
        ("X", "a\r\nSet-Cookie: b", BadHeaderValue),
        ("X", "a\n", BadHeaderValue),
        ("X", "a\0", BadHeaderValue),
        ("X", "a\u{7f}", BadHeaderValue),
        ("X:", "a", BadHeaderName),
        ("X Y", "a", BadHeaderName),
        ("", "a", BadHeaderName),
        ("X\r\n", "a", BadHeaderName),
    ];
    for (name, value, error) in cases {
        assert_eq!(Acceptance::new().header(name, value).map(drop), Err(error), "{name}");
        assert_eq!(Rejection::new(400).unwrap().header(name, value).map(drop), Err(error));
    }
    assert!(Acceptance::new().header("X", "\u{e9}\tz").is_ok());
}

#[test]
fn responses_that_the_crate_sends_itself() {
    for (status, reason) in [(408, "Request Timeout"), (503, "Service Unavailable")] {
        let mut out = Vec::new();
        encode_status_response(status, &mut out);
        let line = format!("HTTP/1.1 {status} {reason}\r\n");
        assert_eq!(out, format!("{line}Content-Length: 0\r\nConnection: close\r\n\r\n").as_bytes());
    }
    let mut out = Vec::new();
    encode_error_response(ProtocolError::BadKey, false, &mut out);
    let body = format!("{}\n", ProtocolError::BadKey);
    let end = format!("Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    assert!(out.ends_with(end.as_bytes()));
    out.clear();
    encode_error_response(ProtocolError::MethodNotGet, true, &mut out);
    assert!(out.ends_with(b"charset=utf-8\r\nConnection: close\r\n\r\n"));
    out.clear();
    encode_error_response(ProtocolError::WrongAccept, false, &mut out);
    assert!(out.is_empty());
}

#[test]
fn debug_forms_hide_cookies() {
    let answer = Acceptance::new().header("Set-Cookie", "secret").unwrap();
    assert!(!format!("{answer:?}").contains("secret"));
}
