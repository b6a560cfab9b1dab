//! Changes in place: they are those of the chains, and leave everything as it was if they fail.

use super::proxy::{Proxy, ProxyUrlError};
use super::*;

fn request() -> ClientRequest {
    let request = ClientRequest::new("ws://h/c").unwrap().header("X-A", "1").unwrap();
    let request = request.header("User-Agent", "me").unwrap().origin("https://o").unwrap();
    let request = request.subprotocol("a").unwrap().any_subprotocol("b:c").unwrap();
    request.bearer("t0k").unwrap().cookie("c", "1").unwrap()
}

fn encoded(request: &ClientRequest) -> String {
    let mut out = Vec::new();
    request.encode(*b"the sample nonce", &[], &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_request_is_the_same_in_place() {
    let mut changed = ClientRequest::new("ws://h/c").unwrap();
    changed.add_header("X-A", "1").unwrap();
    changed.add_header("User-Agent", "me").unwrap();
    changed.set_origin("https://o").unwrap();
    changed.add_subprotocol("a").unwrap();
    changed.add_any_subprotocol("b:c").unwrap();
    changed.set_bearer("t0k").unwrap();
    changed.add_cookie("c", "1").unwrap();
    assert_eq!(encoded(&changed), encoded(&request()));
    changed.set_basic("u", "p").unwrap();
    assert_eq!(encoded(&changed), encoded(&request().basic("u", "p").unwrap()));
    changed.add_header("Origin", "https://other").unwrap();
    assert_eq!(encoded(&changed).matches("Origin: https://other\r\n").count(), 1);
}

type Change = fn(&mut ClientRequest) -> Result<(), RequestError>;

#[test]
fn failed_changes_leave_a_request_as_it_was() {
    let changes: [(Change, RequestError); 15] = [
        (|it| it.add_header("X Y", "1"), RequestError::BadHeaderName),
        (|it| it.add_header("X", "1\r\n"), RequestError::BadHeaderValue),
        (|it| it.add_header("Cookie", "1\n"), RequestError::BadHeaderValue),
        (|it| it.add_header("User-Agent", "1\n"), RequestError::BadHeaderValue),
        (|it| it.add_header("Authorization", "1\n"), RequestError::BadHeaderValue),
        (|it| it.add_header("Host", "h"), RequestError::ReservedHeader),
        (|it| it.add_header("Upgrade", "h2c"), RequestError::ReservedHeader),
        (|it| it.add_header("Origin", "o"), RequestError::BadOrigin),
        (|it| it.add_subprotocol("d:e"), RequestError::BadSubprotocol),
        (|it| it.add_subprotocol("a"), RequestError::BadSubprotocol),
        (|it| it.add_any_subprotocol("d,e"), RequestError::BadSubprotocol),
        (|it| it.set_origin("https://o/path"), RequestError::BadOrigin),
        (|it| it.set_basic("u:v", "p"), RequestError::BadCredentials),
        (|it| it.set_bearer("not one token"), RequestError::BadBearerToken),
        (|it| it.add_cookie("d", "2; e=3"), RequestError::BadCookie),
    ];
    for (at, (change, error)) in changes.into_iter().enumerate() {
        let mut changed = request();
        assert_eq!(change(&mut changed), Err(error), "change {at}");
        assert_eq!(encoded(&changed), encoded(&request()), "change {at}");
    }
}

#[test]
fn a_full_list_of_subprotocols_stays() {
    let mut request = ClientRequest::new("ws://h/c").unwrap();
    (0..128).for_each(|at| request.add_subprotocol(&format!("p{at}")).unwrap());
    assert_eq!(request.add_subprotocol("p128"), Err(RequestError::BadSubprotocol));
    assert_eq!(request.subprotocols().count(), 128);
}

#[cfg(feature = "http")]
#[test]
fn of_headers_together_all_are_added_or_none() {
    use ::http::{HeaderMap, HeaderName, HeaderValue};

    let name = |name| HeaderName::from_static(name);
    let mut headers = HeaderMap::new();
    headers.append(name("x-b"), HeaderValue::from_static("1"));
    headers.append(name("x-b"), HeaderValue::from_static("2"));
    let mut changed = request();
    changed.add_headers(&headers).unwrap();
    assert_eq!(encoded(&changed), encoded(&request().headers(&headers).unwrap()));
    assert!(encoded(&changed).contains("x-b: 1\r\nx-b: 2\r\n"));

    headers.append(name("x-c"), HeaderValue::from_bytes(b"\xff").unwrap());
    let mut changed = request();
    assert_eq!(changed.add_headers(&headers), Err(RequestError::BadHeaderValue));
    assert_eq!(encoded(&changed), encoded(&request()));
}

#[test]
fn an_acceptance_is_the_same_in_place() {
    let chain = || Acceptance::new().subprotocol("a").unwrap().header("X-A", "1").unwrap();
    let shown = |acceptance: &Acceptance| format!("{acceptance:?}");
    let mut changed = Acceptance::new();
    changed.set_subprotocol("a").unwrap();
    changed.add_header("X-A", "1").unwrap();
    assert_eq!(shown(&changed), shown(&chain()));

    assert_eq!(changed.set_subprotocol("a b"), Err(AnswerError::BadSubprotocol));
    assert_eq!(changed.add_header("X Y", "1"), Err(AnswerError::BadHeaderName));
    assert_eq!(changed.add_header("X", "1\n"), Err(AnswerError::BadHeaderValue));
    assert_eq!(changed.add_header("Connection", "close"), Err(AnswerError::ReservedHeader));
    assert_eq!(shown(&changed), shown(&chain()));
}

#[test]
fn a_rejection_is_the_same_in_place() {
    let chain = || Rejection::forbidden().text("no").header("X-A", "1").unwrap();
    let sent = |rejection: &Rejection| {
        let mut out = Vec::new();
        rejection.encode(&mut out);
        String::from_utf8(out).unwrap()
    };
    let mut changed = Rejection::forbidden().text("no");
    changed.add_header("X-A", "1").unwrap();
    assert_eq!(sent(&changed), sent(&chain()));

    assert_eq!(changed.add_header("X Y", "1"), Err(AnswerError::BadHeaderName));
    assert_eq!(changed.add_header("X", "1\n"), Err(AnswerError::BadHeaderValue));
    assert_eq!(changed.add_header("Content-Length", "1"), Err(AnswerError::ReservedHeader));
    assert_eq!(sent(&changed), sent(&chain()));
}

#[test]
fn credentials_for_a_proxy_are_the_same_in_place() {
    let mut http = Proxy::new("http://user:password@proxy.example").unwrap();
    let before = http.clone();
    for (user, password) in [("a:b", "p"), ("a", "p\n")] {
        assert_eq!(http.set_credentials(user, password), Err(ProxyUrlError::BadCredentials));
        assert!(http == before, "{user:?}");
    }
    http.set_credentials("a", "p").unwrap();
    assert!(http == Proxy::new("http://a:p@proxy.example").unwrap());

    let mut socks = Proxy::new("socks5h://user:password@proxy.example").unwrap();
    let (before, long) = (socks.clone(), "p".repeat(256));
    assert_eq!(socks.set_credentials("a", &long), Err(ProxyUrlError::CredentialsTooLong));
    assert!(socks == before);
}
