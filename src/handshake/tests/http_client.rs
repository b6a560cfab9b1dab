//! A client's handshake in the types of the http crate. The conformance vectors for responses are
//! played through it in `tests/conformance/http_client.rs`.

use ::http::{HeaderMap, Method, Request, Response, StatusCode, Version};

use super::http::{Agreed, Opening, ResponseError};
use super::*;
use crate::EntropyError;

/// The nonce of the key in `REQUEST`.
fn sample(bytes: &mut [u8]) -> Result<(), EntropyError> {
    bytes.copy_from_slice(b"the sample nonce");
    Ok(())
}

fn opening(url: &str, offers: &[DeflateOffer]) -> Opening {
    let request = ClientRequest::new(url).unwrap().subprotocol("a").unwrap();
    Opening::new(&request.subprotocol("b").unwrap(), offers, &sample).unwrap()
}

/// A 101 that confirms `sample`, with more headers.
fn response(more: &[(&str, &str)]) -> Response<()> {
    let mut response = Response::builder().status(101);
    let confirmed = [
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    ];
    for (name, value) in confirmed.iter().chain(more) {
        response = response.header(*name, *value);
    }
    response.body(()).unwrap()
}

fn text<'m>(headers: &'m HeaderMap, name: &str) -> Option<&'m str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

#[test]
fn r01_the_request() {
    let request: Request<()> = opening("ws://H:81/c?d", &[]).request();
    assert_eq!((request.method(), request.version()), (&Method::GET, Version::HTTP_11));
    assert_eq!(request.uri(), "http://h:81/c?d");
    let headers = request.headers();
    assert_eq!(text(headers, "upgrade"), Some("websocket"));
    assert_eq!(text(headers, "connection"), Some("Upgrade"));
    assert_eq!(text(headers, "sec-websocket-version"), Some("13"));
    assert_eq!(text(headers, "sec-websocket-key"), Some("dGhlIHNhbXBsZSBub25jZQ=="));
    assert_eq!(text(headers, "sec-websocket-protocol"), Some("a, b"));
    assert_eq!(text(headers, "sec-websocket-extensions"), None);
    assert_eq!(text(headers, "host"), None);
    assert_eq!(opening("wss://[::1]", &[]).request::<()>().uri(), "https://[::1]/");
}

/// Every header of the other door, and no other.
#[test]
fn the_request_is_that_of_the_other_door() {
    let request = ClientRequest::new("wss://u:p@h:81/c?d").unwrap().origin("https://o").unwrap();
    let request = request.cookie("a", "1").unwrap().cookie("b", "2").unwrap();
    let request = request.header("X-Id", "7").unwrap().header("X-Id", "é").unwrap();
    let offers = [DeflateOffer::default()];
    let mut head = Vec::new();
    request.encode(*b"the sample nonce", &offers, &mut head);
    let mut expected: Vec<_> = Headers::of_head(&head)
        .iter()
        .map(|header| (header.name().to_ascii_lowercase(), header.value().to_owned()))
        .collect();
    let opening = Opening::new(&request, &offers, &sample).unwrap();
    let made = opening.request_in_origin_form::<Vec<u8>>();
    assert_eq!(made.uri(), "/c?d");
    let mut got: Vec<_> = made
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_owned()))
        .collect();
    expected.sort();
    got.sort();
    assert_eq!(got, expected);
}

#[test]
fn secrets_are_sensitive_and_hidden() {
    let request = ClientRequest::new("ws://h/c?token=secret").unwrap();
    let request = request.bearer("secret").unwrap().cookie("id", "secret").unwrap();
    let request = request.header("Proxy-Authorization", "secret").unwrap();
    let opening = Opening::new(&request.header("X", "y").unwrap(), &[], &sample).unwrap();
    assert!(!format!("{opening:?}").contains("secret"), "{opening:?}");
    let request: Request<()> = opening.request();
    for name in ["authorization", "cookie", "proxy-authorization"] {
        assert!(request.headers()[name].is_sensitive(), "{name}");
    }
    assert!(!request.headers()["x"].is_sensitive());
}

#[test]
fn what_cannot_be_begun() {
    let refused = |url: &str, entropy: fn(&mut [u8]) -> Result<(), EntropyError>| {
        let request = ClientRequest::new(url).unwrap();
        Opening::new(&request, &[], &entropy).map(drop).unwrap_err()
    };
    assert_eq!(refused("ws://h", |_| Err(EntropyError::new())), RequestError::Entropy);
    assert_eq!(refused(&format!("ws://h/{}", "x".repeat(1 << 16)), sample), RequestError::BadPath);
}

/// What a URI may have in it (RFC 3986 §3) the http crate takes as well.
#[test]
fn every_uri() {
    let made = |url: &str| {
        let request = ClientRequest::new(url).unwrap();
        let opening = Opening::new(&request, &[], &sample)?;
        let uri = request.uri().to_string();
        assert_eq!(opening.request::<()>().uri().to_string(), uri.replacen("ws", "http", 1));
        Ok::<_, RequestError>(())
    };
    for host in ["1.2.3.4:9", "[fe80::1]:9", "a_b", "xn--bcher-kva.example", "a-b~c!d*e"] {
        made(&format!("ws://{host}/")).unwrap();
    }
    for char in ('!'..='~').filter(|char| !['#', '\\', '%'].contains(char)) {
        assert_eq!(made(&format!("ws://h/{char}%41?{char}?")), Ok(()), "{char}");
    }
}

#[test]
fn r08_what_is_agreed() {
    let opening = opening("ws://h", &[DeflateOffer::default()]);
    let plain = opening.check(&response(&[])).unwrap();
    assert_eq!((plain.subprotocol, plain.deflate), (None, None));
    let extension = "permessage-deflate; server_max_window_bits=10";
    let answer =
        response(&[("sec-websocket-protocol", "b"), ("sec-websocket-extensions", extension)]);
    let Agreed { subprotocol, deflate } = opening.check(&answer).unwrap();
    assert_eq!(subprotocol.as_deref(), Some("b"));
    assert_eq!(deflate.unwrap().server_max_window_bits.bits(), 10);
    let parts = opening.check_parts(answer.version(), answer.status(), answer.headers());
    assert_eq!(parts.unwrap().deflate, deflate);
}

#[test]
fn r05_refusals() {
    let opening = opening("ws://h", &[]);
    for status in [100, 103, 200, 204, 301, 401, 407, 426, 503, 599] {
        let mut response = response(&[("location", "/secret")]);
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2, Version::HTTP_3] {
            *response.version_mut() = version;
            let error = opening.check(&response).unwrap_err();
            assert_eq!(error, ResponseError::Refused(response.status()));
            let told = crate::io::Error::from(error);
            assert!(!told.to_string().contains("secret"), "{told}");
            let crate::io::Error::Refused(refused) = told else { panic!() };
            assert_eq!(refused.response().status(), status);
        }
    }
    let refused = ResponseError::Refused(StatusCode::FORBIDDEN);
    assert_eq!(refused.to_string(), "the server answered 403 Forbidden");
    assert_eq!(crate::io::Error::from(refused).to_string(), refused.to_string());
}

#[test]
fn a_101_that_breaks_a_rule() {
    let opening = opening("ws://h", &[]);
    let fails = |response: &Response<()>, error: ProtocolError| {
        let refused = opening.check(response).unwrap_err();
        assert_eq!(refused, ResponseError::Protocol(error));
        assert_eq!(refused.to_string(), error.to_string());
        assert!(matches!(crate::io::Error::from(refused), crate::io::Error::Protocol(_)));
    };
    for version in [Version::HTTP_09, Version::HTTP_10, Version::HTTP_2, Version::HTTP_3] {
        let mut response = response(&[]);
        *response.version_mut() = version;
        fails(&response, ProtocolError::BadStatusLine);
    }
    let twice = [("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")];
    fails(&response(&twice), ProtocolError::WrongAccept);
    fails(&response(&[("sec-websocket-protocol", "c")]), ProtocolError::UnofferedSubprotocol);
    let unoffered = [("sec-websocket-extensions", "permessage-deflate")];
    fails(&response(&unoffered), ProtocolError::UnofferedExtension);
    let mut unconfirmed = response(&[]);
    unconfirmed.headers_mut().remove("upgrade");
    fails(&unconfirmed, ProtocolError::UpgradeNotConfirmed);
    // How many headers there may be is decided by the library.
    assert!(opening.check(&response(&[("x", "y"); 200])).is_ok());
}

#[test]
fn every_opening_has_a_key_of_its_own() {
    let request = ClientRequest::new("ws://h").unwrap();
    let fresh = || Opening::new(&request, &[], &crate::io::OsEntropy).unwrap();
    let key = |opening: &Opening| opening.request::<()>().headers()["sec-websocket-key"].clone();
    let (one, other) = (fresh(), fresh());
    assert_ne!(key(&one), key(&other));
    assert_eq!(key(&one), key(&one.clone()));
}
