//! The rules of the handshake, applied through the types of the http crate.

use ::http::{HeaderMap, Method, Request, Response, StatusCode, Version};

use super::http::{accept, accept_extended, accept_with};
use super::*;

/// The head as an HTTP library parses it.
fn parsed(head: &str) -> Request<()> {
    let mut lines = head.split("\r\n").filter(|line| !line.is_empty());
    let first: Vec<_> = lines.next().unwrap().split(' ').collect();
    let version = if first[2] == "HTTP/1.0" { Version::HTTP_10 } else { Version::HTTP_11 };
    let mut request = Request::builder().method(first[0]).uri(first[1]).version(version);
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    request.body(()).unwrap()
}

fn header<'r, B>(response: &'r Response<B>, name: &str) -> Option<&'r str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[test]
fn h01_accepts() {
    let upgrade = accept(&parsed(REQUEST)).unwrap();
    assert_eq!((upgrade.request().path(), upgrade.request().authority()), ("/c", "h"));
    let response = upgrade.response::<()>();
    assert_eq!((response.status().as_u16(), response.headers().len()), (101, 3));
    assert_eq!(header(&response, "upgrade"), Some("websocket"));
    assert_eq!(header(&response, "connection"), Some("Upgrade"));
    let key = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    assert_eq!(header(&response, "sec-websocket-accept"), Some(key));
    assert!(accept(&parsed(&with_request_line("GET http://h/c?d HTTP/1.1"))).is_ok());
}

#[test]
fn targets_as_browsers_send_them() {
    let upgrade = accept(&parsed(&with_request_line("GET /%zz?q=100%|{}^` HTTP/1.1"))).unwrap();
    assert_eq!(upgrade.request().target(), "/%zz?q=100%|{}^`");
}

#[test]
fn lenient_rules_apply_to_types_of_http() {
    let station = "Sec-WebSocket-Key: JCMCrKJENqcrTU9erFxGoiP5P8JhjeocERQs9vgR/Y4=";
    let head =
        with_lines(&replace(REQUEST, "Sec-WebSocket-Key", station), "Sec-WebSocket-Protocol: a:b");
    assert_eq!(accept(&parsed(&head)).map(drop), Err(ProtocolError::BadKeyLength));
    let mut leniency = Leniency { any_key_length: true, ..Leniency::default() };
    let refused = accept_with(&parsed(&head), leniency).map(drop);
    assert_eq!(refused, Err(ProtocolError::BadSubprotocolName));
    leniency.any_subprotocol = true;
    let upgrade = accept_with(&parsed(&head), leniency).unwrap();
    let response = upgrade.response::<()>();
    let accept = header(&response, "sec-websocket-accept");
    assert_eq!(accept, Some("39bC98Ih5nNosyABSNEhJAHQhco="));
}

#[test]
fn h27_subprotocols_and_headers() {
    let upgrade = accept(&parsed(&request_with("Sec-WebSocket-Protocol: a, b"))).unwrap();
    assert_eq!(upgrade.request().subprotocols().collect::<Vec<_>>(), ["a", "b"]);
    let acceptance = Acceptance::new().header("X-Id", "7").unwrap();
    let response: Response<()> =
        upgrade.response_with(&acceptance.clone().subprotocol("b").unwrap()).unwrap();
    assert_eq!(header(&response, "sec-websocket-protocol"), Some("b"));
    assert_eq!(header(&response, "x-id"), Some("7"));
    let unoffered = upgrade.response_with::<()>(&acceptance.subprotocol("c").unwrap());
    assert_eq!(unoffered.map(drop), Err(AnswerError::UnofferedSubprotocol));
}

/// The type of the body is up to the library, and handlers use `?`.
#[test]
fn responses_have_the_body_that_is_wanted() {
    #[expect(clippy::result_large_err, reason = "the responses of libraries are large")]
    fn answer(
        request: &Request<()>,
        subprotocol: &str,
    ) -> Result<Response<Vec<u8>>, Response<Vec<u8>>> {
        let upgrade = accept(request)?;
        Ok(upgrade.response_with(&Acceptance::new().subprotocol(subprotocol)?)?)
    }
    let status = |head: &str, subprotocol| match answer(&parsed(head), subprotocol) {
        Ok(response) | Err(response) => {
            let status = response.status().as_u16();
            (status, String::from_utf8(response.into_body()).unwrap())
        }
    };
    let offers = request_with("Sec-WebSocket-Protocol: a");
    assert_eq!(status(&offers, "a"), (101, String::new()));
    assert_eq!(status(&offers, "b"), (500, String::new()));
    assert_eq!(status(&offers, "not a token"), (500, String::new()));
    let said = format!("{}\n", ProtocolError::NotAnUpgrade);
    assert_eq!(status("GET /c HTTP/1.1\r\nHost: h\r\n\r\n", "a"), (426, said));
}

#[test]
fn origins() {
    let upgrade = accept(&parsed(&request_with("Origin: http://other"))).unwrap();
    assert!(!upgrade.request().is_origin_allowed(&OriginPolicy::SameHost));
    let list = ["http://other"];
    assert!(upgrade.request().is_origin_allowed(&OriginPolicy::list(&list).unwrap()));
}

#[test]
fn refuses_what_the_handshake_refuses() {
    for (head, error, status) in [
        (with_request_line("POST /c HTTP/1.1"), ProtocolError::MethodNotGet, 405),
        (with_request_line("GET /c HTTP/1.0"), ProtocolError::UnsupportedHttpVersion, 505),
        (with_request_line("GET * HTTP/1.1"), ProtocolError::BadTarget, 400),
        (replace(REQUEST, "Host", ""), ProtocolError::BadHost, 400),
        (request_with("Host: h"), ProtocolError::BadHost, 400),
        (replace(REQUEST, "Upgrade", ""), ProtocolError::NotAnUpgrade, 426),
        (replace(REQUEST, "Connection", "Connection: close"), ProtocolError::NotAnUpgrade, 426),
        (
            replace(REQUEST, "Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"),
            ProtocolError::UnsupportedVersion,
            426,
        ),
        (replace(REQUEST, "Sec-WebSocket-Key", "Sec-WebSocket-Key: x"), ProtocolError::BadKey, 400),
        (request_with("Content-Length: 5"), ProtocolError::UnexpectedBody, 400),
        (request_with("Sec-WebSocket-Protocol: a, a"), ProtocolError::BadSubprotocols, 400),
        (request_with("Sec-WebSocket-Extensions: a;"), ProtocolError::BadExtensions, 400),
    ] {
        let refused = accept(&parsed(&head)).map(drop).unwrap_err();
        assert_eq!(refused, error);
        let response = Response::from(refused);
        assert_eq!(response.status().as_u16(), status, "{error}");
        assert_eq!(header(&response, "content-length"), None);
        assert_eq!(header(&response, "content-type"), Some("text/plain; charset=utf-8"));
        let body: Vec<u8> = response.into_body();
        assert_eq!(body, format!("{error}\n").as_bytes());
    }
}

/// A library that took a thousand headers holds them already.
#[test]
fn as_many_headers_as_the_library_takes() {
    let many = "X: x\r\n".repeat(1000);
    assert!(accept(&parsed(&request_with(many.trim_end()))).is_ok());
}

#[test]
fn error_responses_say_what_is_supported() {
    let response: Response<Vec<u8>> = ProtocolError::MethodNotGet.into();
    assert_eq!(header(&response, "allow"), Some("GET"));
    let response: Response<Vec<u8>> = ProtocolError::UnsupportedVersion.into();
    assert_eq!(header(&response, "sec-websocket-version"), Some("13"));
    assert_eq!(header(&response, "upgrade"), Some("websocket"));
    assert_eq!(Response::<Vec<u8>>::from(ProtocolError::Masked).status().as_u16(), 500);
}

#[test]
fn rejections_keep_their_headers_and_body() {
    let rejection = Rejection::service_unavailable().header("Retry-After", "7").unwrap();
    let response = Response::from(rejection.text("later"));
    assert_eq!((response.status().as_u16(), header(&response, "retry-after")), (503, Some("7")));
    assert_eq!(header(&response, "content-length"), None);
    assert_eq!(header(&response, "content-type"), Some("text/plain; charset=utf-8"));
    let body: Vec<u8> = response.into_body();
    assert_eq!(body, b"later");
    let binary = Response::<Vec<u8>>::from(Rejection::not_found().bytes(*b"\r\n\r\n"));
    assert_eq!((header(&binary, "content-type"), &binary.body()[..]), (None, &b"\r\n\r\n"[..]));
    let unchanged = Response::<Vec<u8>>::from(Rejection::new(304).unwrap().text("x"));
    assert!(unchanged.body().is_empty());
    let mistake = Response::<Vec<u8>>::from(Rejection::from(AnswerError::BadHeaderName));
    assert_eq!((mistake.status().as_u16(), mistake.body().len()), (500, 0));
}

#[test]
fn a_request_over_http_2() {
    let mut request = Request::builder().method(Method::CONNECT).uri("https://h/c?d");
    for (name, value) in [("sec-websocket-version", "13"), ("sec-websocket-protocol", "a")] {
        request = request.header(name, value);
    }
    let request = request.version(Version::HTTP_2).body(()).unwrap();
    let refused = accept(&request).map(drop);
    assert_eq!(refused, Err(ProtocolError::UnsupportedHttpVersion));
    let upgrade = accept_extended(&request, "websocket").unwrap();
    let asked = upgrade.request();
    assert_eq!((asked.target(), asked.path(), asked.authority()), ("/c?d", "/c", "h"));
    assert!(asked.subprotocols().eq(["a"]));
    let plain: Response<()> = upgrade.response();
    assert_eq!((plain.status().as_u16(), plain.headers().len()), (200, 0));
    let acceptance = Acceptance::new().choose_subprotocol(asked, &["a"]);
    let acceptance = acceptance.header("X-Id", "7").unwrap();
    let response: Response<()> = upgrade.response_with(&acceptance).unwrap();
    assert_eq!(header(&response, "sec-websocket-protocol"), Some("a"));
    assert_eq!((header(&response, "x-id"), response.headers().len()), (Some("7"), 2));
    let unoffered = Acceptance::new().subprotocol("b").unwrap();
    let refused = upgrade.response_with::<()>(&unoffered).map(drop);
    assert_eq!(refused, Err(AnswerError::UnofferedSubprotocol));
}

#[test]
fn e01_a_policy_over_http_2() {
    let offer = "permessage-deflate; server_max_window_bits=10";
    let request = Request::builder().method(Method::CONNECT).uri("https://h/c");
    let request = request.version(Version::HTTP_2).header("sec-websocket-version", "13");
    let request = request.header("sec-websocket-extensions", offer).body(()).unwrap();
    let plain = accept_extended(&request, "websocket").unwrap();
    assert_eq!((plain.deflate(), plain.response::<()>().headers().len()), (None, 0));
    let upgrade = plain.negotiate(&DeflatePolicy::default());
    assert_eq!(upgrade.deflate().unwrap().server_max_window_bits.bits(), 10);
    assert_eq!(header(&upgrade.response::<()>(), "sec-websocket-extensions"), Some(offer));
    let off: Response<()> = upgrade.response_with(&Acceptance::new().without_extensions()).unwrap();
    assert_eq!(header(&off, "sec-websocket-extensions"), None);
}

#[test]
fn refuses_over_http_2() {
    use ExtendedConnectError::*;
    for (method, protocol, version, error, status, named) in [
        ("CONNECT", "connect-udp", "13", UnsupportedProtocol, 501, None),
        (
            "CONNECT",
            "websocket",
            "8",
            UnsupportedVersion,
            400,
            Some(("sec-websocket-version", "13")),
        ),
        ("GET", "websocket", "13", Malformed, 400, None),
    ] {
        let request = Request::builder().method(method).uri("https://h/c");
        let request = request.header("sec-websocket-version", version).body(()).unwrap();
        let refused = accept_extended(&request, protocol).map(drop).unwrap_err();
        assert_eq!(refused, error);
        let response = Response::<Vec<u8>>::from(refused);
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(header(&response, "content-type"), Some("text/plain; charset=utf-8"));
        if let Some((name, value)) = named {
            assert_eq!(header(&response, name), Some(value));
        }
        assert_eq!(response.body(), format!("{error}\n").as_bytes());
    }
    let page = Response::<Vec<u8>>::from(MethodNotConnect);
    assert_eq!((page.status().as_u16(), header(&page, "allow")), (405, Some("CONNECT")));
}

#[test]
fn e01_a_policy_and_the_parameters_agreed_to() {
    let offer =
        request_with("Sec-WebSocket-Extensions: x, permessage-deflate; server_max_window_bits=10");
    let plain = accept(&parsed(&offer)).unwrap();
    assert_eq!((plain.deflate(), plain.response::<()>().headers().len()), (None, 3));
    let upgrade = plain.negotiate(&DeflatePolicy::default());
    assert_eq!(upgrade.deflate().unwrap().server_max_window_bits.bits(), 10);
    let said = "permessage-deflate; server_max_window_bits=10";
    assert_eq!(header(&upgrade.response::<()>(), "sec-websocket-extensions"), Some(said));
    let off: Response<()> = upgrade.response_with(&Acceptance::new().without_extensions()).unwrap();
    assert_eq!(header(&off, "sec-websocket-extensions"), None);
    let none = accept(&parsed(REQUEST)).unwrap().negotiate(&DeflatePolicy::default());
    assert_eq!((none.deflate(), none.response::<()>().headers().len()), (None, 3));
}

#[test]
fn client_requests() {
    let uri: ::http::Uri = "wss://h:444/c?d".parse().unwrap();
    let request = ClientRequest::try_from(&uri).unwrap();
    assert_eq!(request.uri().to_string(), "wss://h:444/c?d");
    let uri: ::http::Uri = "https://h/c".parse().unwrap();
    assert_eq!(ClientRequest::try_from(&uri).unwrap().uri().to_string(), "wss://h/c");
    let uri: ::http::Uri = "ftp://h/c".parse().unwrap();
    assert_eq!(ClientRequest::try_from(&uri).map(drop), Err(RequestError::BadScheme));

    let mut headers = HeaderMap::new();
    headers.append("x-id", "7".parse().unwrap());
    headers.append("x-id", "8".parse().unwrap());
    let mut head = Vec::new();
    request.clone().headers(&headers).unwrap().encode([0; 16], &[], &mut head);
    assert!(str::from_utf8(&head).unwrap().ends_with("x-id: 7\r\nx-id: 8\r\n\r\n"));
    headers.append("upgrade", "websocket".parse().unwrap());
    let reserved = request.clone().headers(&headers).map(drop);
    assert_eq!(reserved, Err(RequestError::ReservedHeader));
    headers.clear();
    headers.append("x", ::http::HeaderValue::from_bytes(b"\xff").unwrap());
    assert_eq!(request.headers(&headers).map(drop), Err(RequestError::BadHeaderValue));
}

/// RFC 9110 renamed some reason phrases that the http crate has by their old names.
#[test]
fn phrases_of_rejections() {
    for status in 300..=599 {
        let line = format!("HTTP/1.1 {status} ");
        let mut out = Vec::new();
        Rejection::new(status).unwrap().encode(&mut out);
        let head = str::from_utf8(&out).unwrap();
        let phrase = head.strip_prefix(&line).unwrap().split("\r\n").next().unwrap();
        let usual = match status {
            413 => "Content Too Large",
            422 => "Unprocessable Content",
            _ => StatusCode::from_u16(status).unwrap().canonical_reason().unwrap_or(""),
        };
        let rare =
            matches!(status, 305 | 411 | 412 | 415 | 416 | 418 | 423 | 424 | 428 | 451 | 506..);
        assert_eq!(phrase, if rare { "" } else { usual });
    }
}
