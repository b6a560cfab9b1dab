//! The client's half of Extended CONNECT: RFC 8441 §5, and RFC 9113 §8 on header lists.

use super::*;

/// The fields of a response.
type Fields<'h> = &'h [(&'h str, &'h str)];

fn opening(offers: &[DeflateOffer]) -> ExtendedOpening {
    let request = ClientRequest::new("wss://H:81/c?d").unwrap().subprotocol("a").unwrap();
    ExtendedOpening::new(&request.subprotocol("b").unwrap(), offers).unwrap()
}

fn check(opening: &ExtendedOpening, fields: Fields<'_>) -> Result<Agreed, ExtendedResponseError> {
    opening.check(fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())))
}

/// What comes of a 200 with one more field, to a request that offers subprotocols alone.
fn check_with(name: &str, value: &str) -> Result<Agreed, ExtendedResponseError> {
    check(&opening(&[]), &[(":status", "200"), (name, value)])
}

fn value<'o>(opening: &'o ExtendedOpening, name: &str) -> Option<&'o str> {
    let mut values = opening.headers().filter(|header| header.0 == name).map(|header| header.1);
    let value = values.next();
    assert_eq!(values.next(), None, "{name}");
    value
}

#[test]
fn the_request_begins_with_its_pseudo_headers() {
    let opening = opening(&[]);
    let pseudo = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "https"),
        (":authority", "h:81"),
        (":path", "/c?d"),
    ];
    assert!(opening.headers().take(5).eq(pseudo));
    assert!(opening.headers().skip(5).all(|(name, _)| !name.starts_with(':')));
    let plain = ClientRequest::new("ws://h/").unwrap();
    let plain = ExtendedOpening::new(&plain, &[]).unwrap();
    assert_eq!(value(&plain, ":scheme"), Some("http"));
    assert_eq!(value(&plain, "sec-websocket-protocol"), None);
}

#[test]
fn the_request_has_what_that_of_http_1_1_has_but_for_the_connection() {
    let request = ClientRequest::new("wss://u:p@h/").unwrap().origin("https://o").unwrap();
    let request = request.cookie("a", "1").unwrap().cookie("b", "2").unwrap();
    let request = request.header("X-Id", "7").unwrap().header("X-Id", "é").unwrap();
    let opening = ExtendedOpening::new(&request, &[DeflateOffer::default()]).unwrap();
    let mut head = Vec::new();
    request.encode([0; 16], &[DeflateOffer::default()], &mut head);
    let about_connection = ["Host", "Upgrade", "Connection", "Sec-WebSocket-Key"];
    let lines = Request::new(&head).headers().iter();
    let expected: Vec<(String, &str)> = lines
        .filter(|header| !about_connection.contains(&header.name()))
        .map(|header| (header.name().to_ascii_lowercase(), header.value_str().unwrap()))
        .collect();
    let sent: Vec<(String, &str)> =
        opening.headers().skip(5).map(|(name, value)| (name.to_owned(), value)).collect();
    assert_eq!(sent, expected);
    assert_eq!(value(&opening, "cookie"), Some("a=1; b=2"));
    assert_eq!(value(&opening, "authorization"), Some("Basic dTpw"));
    assert_eq!(value(&opening, "sec-websocket-version"), Some("13"));
}

/// RFC 9113 §8.2.2.
#[test]
fn headers_about_the_connection_are_refused() {
    let with = |name: &str, value: &str| {
        let request = ClientRequest::new("ws://h/").unwrap().header(name, value).unwrap();
        ExtendedOpening::new(&request, &[]).map(drop)
    };
    for (name, value) in [("Keep-Alive", "5"), ("proxy-connection", "close"), ("TE", "gzip")] {
        assert_eq!(with(name, value), Err(RequestError::ReservedHeader), "{name}");
    }
    assert_eq!(with("TE", "trailers"), Ok(()));
    assert_eq!(with("TEE", "gzip"), Ok(()));
}

/// The server's half takes what the client's half sends.
#[test]
fn the_other_half_accepts_the_request() {
    let offer = DeflateOffer { server_no_context_takeover: true, ..DeflateOffer::default() };
    let opening = opening(&[offer]);
    let fields = opening.headers().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let accepted = ExtendedConnect::from_headers(fields).unwrap();
    assert_eq!((accepted.request().target(), accepted.request().authority()), ("/c?d", "h:81"));
    assert!(accepted.request().subprotocols().eq(["a", "b"]));
    let accepted = accepted.negotiate(&DeflatePolicy::default());
    assert!(accepted.deflate().unwrap().server_no_context_takeover);
}

#[test]
fn every_2xx_opens_and_no_other_status() {
    for status in 100..=999 {
        let expected = match status {
            200..=299 => Ok(Agreed { subprotocol: None, deflate: None }),
            _ => Err(ExtendedResponseError::Refused(status)),
        };
        assert_eq!(check(&opening(&[]), &[(":status", &format!("{status}"))]), expected);
    }
}

/// RFC 9113 §8.3, §8.3.2.
#[test]
fn a_response_has_one_status_before_all_else() {
    let lists: [Fields<'_>; 9] = [
        &[],
        &[("server", "x")],
        &[("server", "x"), (":status", "200")],
        &[(":status", "200"), (":status", "200")],
        &[(":status", "200"), (":path", "/")],
        &[(":status", "20")],
        &[(":status", "2000")],
        &[(":status", "+20")],
        &[(":status", "099")],
    ];
    for list in lists {
        assert_eq!(check(&opening(&[]), list), Err(ExtendedResponseError::Malformed), "{list:?}");
    }
}

/// RFC 9113 §8.2.1, §8.2.2.
#[test]
fn a_response_with_a_forbidden_field_is_malformed() {
    let fields = [
        ("connection", "close"),
        ("keep-alive", "5"),
        ("proxy-connection", "close"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "websocket"),
        ("Server", "x"),
        ("ser ver", "x"),
        ("", "x"),
        ("server", " x"),
        ("server", "x\t"),
        ("server", "x\r\nset-cookie: a=1"),
        ("server", "\0"),
    ];
    for (name, value) in fields {
        let checked = check_with(name, value);
        assert_eq!(checked, Err(ExtendedResponseError::Malformed), "{name}: {value:?}");
    }
    for (name, value) in [("server", "a b"), ("server", "é"), ("x", "")] {
        assert!(check_with(name, value).is_ok(), "{name}: {value:?}");
    }
}

/// RFC 9110 §9.3.6.
#[test]
fn a_length_of_the_response_is_ignored() {
    for length in ["0", "00", "1", "many"] {
        assert!(check_with("content-length", length).is_ok(), "{length}");
    }
}

#[test]
fn the_subprotocol_is_one_that_was_offered() {
    assert_eq!(check_with("sec-websocket-protocol", "b").unwrap().subprotocol.unwrap(), "b");
    for other in ["c", "a, b", "A", ""] {
        let checked = check_with("sec-websocket-protocol", other);
        assert_eq!(checked, Err(ProtocolError::UnofferedSubprotocol.into()), "{other}");
    }
    let twice =
        [(":status", "200"), ("sec-websocket-protocol", "a"), ("sec-websocket-protocol", "a")];
    let checked = check(&opening(&[]), &twice);
    assert_eq!(checked, Err(ProtocolError::UnofferedSubprotocol.into()));
}

#[test]
fn extensions_are_checked_as_in_http_1_1() {
    let extensions = |value| [(":status", "200"), ("sec-websocket-extensions", value)];
    let offering = opening(&[DeflateOffer::default()]);
    let agreed = check(&offering, &extensions("permessage-deflate")).unwrap();
    assert_eq!(agreed.deflate, Some(DeflateParameters::default()));
    let errors = [
        ("permessage-deflate; x", ProtocolError::BadDeflateResponse),
        ("permessage-deflate, permessage-deflate", ProtocolError::BadDeflateResponse),
        ("x", ProtocolError::UnofferedExtension),
        ("", ProtocolError::BadExtensions),
    ];
    for (value, error) in errors {
        assert_eq!(check(&offering, &extensions(value)), Err(error.into()), "{value}");
    }
    let unasked = check(&opening(&[]), &extensions("permessage-deflate"));
    assert_eq!(unasked, Err(ProtocolError::UnofferedExtension.into()));
}

#[test]
fn leniencies_apply() {
    let lenient = Leniency { empty_lists: true, ..Leniency::default() };
    let lenient = opening(&[]).leniency(lenient);
    let empty =
        [(":status", "200"), ("sec-websocket-extensions", ""), ("sec-websocket-protocol", "")];
    assert_eq!(check(&lenient, &empty), Ok(Agreed { subprotocol: None, deflate: None }));
    let offer = DeflateOffer { server_no_context_takeover: true, ..DeflateOffer::default() };
    let unconfirmed = [(":status", "200"), ("sec-websocket-extensions", "permessage-deflate")];
    let strict = opening(&[offer]);
    assert!(check(&strict, &unconfirmed).is_err());
    let lenient = Leniency { unconfirmed_deflate: true, ..Leniency::default() };
    assert!(check(&strict.leniency(lenient), &unconfirmed).is_ok());
}

#[test]
fn secrets_are_not_shown() {
    let request = ClientRequest::new("wss://h/c?token=secret").unwrap();
    let request = request.bearer("secret").unwrap().cookie("secret", "1").unwrap();
    let shown = format!("{:?}", ExtendedOpening::new(&request, &[]).unwrap());
    assert!(shown.contains("/c") && shown.contains("authorization"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
}
