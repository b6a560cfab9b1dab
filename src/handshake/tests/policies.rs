use super::*;

fn allowed(policy: OriginPolicy<'_>, host: &str, lines: &str) -> bool {
    let head =
        with_lines(&replace(REQUEST, "Host", &format!("Host: {host}")), &format!("X: y{lines}"));
    Request::new(head.as_bytes()).is_origin_allowed(&policy)
}

fn origin(policy: OriginPolicy<'_>, host: &str, origin: &str) -> bool {
    allowed(policy, host, &format!("\r\nOrigin: {origin}"))
}

#[test]
fn h37_same_host() {
    let same = OriginPolicy::default();
    assert!(allowed(same, "good", ""));
    for (host, good) in [
        ("good", "https://good"),
        ("good", "http://good"),
        ("good", "http://good:80"),
        ("good:443", "https://good"),
        ("GOOD:81", "http://good:81"),
        ("[::1]:81", "http://[::1]:81"),
    ] {
        assert!(origin(same, host, good), "{good}");
    }
    let bad = ["https://evil", "null", "https://good:81", "https://GOOD", "https://good."];
    let tricks = ["https://good.evil", "https://evilgood", "https://good https://evil"];
    let lists =
        ["https://good, https://good", "good", "", "ftp://good", "https://u@good", "HTTPS://good"];
    for bad in bad.iter().chain(&tricks).chain(&lists) {
        assert!(!origin(same, "good", bad), "{bad}");
    }
    assert!(!origin(same, "good:443", "http://good"));
    assert!(!origin(same, "good", "https://good/") && !origin(same, "x", "app://x"));
    assert!(!allowed(same, "good", "\r\nOrigin: https://good\r\nOrigin: https://good"));
}

#[test]
fn h37_lists() {
    let list = OriginPolicy::list(&["https://a", "http://b:8080", "app://x"]).unwrap();
    for good in ["https://a", "https://a:443", "http://b:8080", "app://x", "app://x/"] {
        assert!(origin(list, "h", good), "{good}");
    }
    for bad in [
        "http://a",
        "https://a:80",
        "http://b",
        "null",
        "app://X",
        "https://A",
        "https://a/",
        "https://h",
    ] {
        assert!(!origin(list, "h", bad), "{bad}");
    }
    assert!(allowed(list, "h", "") && origin(OriginPolicy::Any, "h", "null"));
    assert!(!origin(OriginPolicy::list(&[]).unwrap(), "h", "https://h"));
}

/// However an origin is written in a list, it is the one that browsers send.
#[test]
fn what_means_the_same_origin_is_the_same() {
    for (listed, sent) in [
        ("https://example.com/", "https://example.com"),
        ("HTTPS://Example.COM", "https://example.com"),
        ("https://example.com:443", "https://example.com"),
        ("http://example.com:80/", "http://example.com"),
        ("https://example.com:", "https://example.com"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
        ("https://[0:0::0:1]", "https://[::1]"),
        ("http://[2001:DB8::1]", "http://[2001:db8::1]"),
        ("chrome-extension://abc/", "chrome-extension://abc"),
        ("App://x", "app://x"),
        ("file://", "file://"),
        ("http://a_b.example", "http://a_b.example"),
    ] {
        let list = [listed];
        let policy = OriginPolicy::list(&list).unwrap();
        assert!(origin(policy, "h", sent), "{listed}");
        assert!(!origin(policy, "h", &format!("{sent}0")), "{listed}");
    }
}

/// What no browser sends would never match, so it is refused when the list is made.
#[test]
fn what_is_no_origin_is_refused_in_a_list() {
    for bad in [
        "",
        "*",
        "null",
        "example.com",
        "//example.com",
        "https://",
        "https:///",
        "https://example.com/chat",
        "https://example.com//",
        "https://example.com?q",
        "https://example.com#f",
        "https://*.example.com",
        "https://b\u{fc}cher.example",
        "https://b%c3%bccher.example",
        "https://user@example.com",
        "https://example.com:https",
        "https://example.com:65536",
        "https://::1",
        "https://a, https://b",
        " https://a",
        "wss://example.com",
        "1x://a",
        "app://a/b",
        "app://*",
    ] {
        let list = ["https://good", bad];
        assert_eq!(OriginPolicy::list(&list), Err(AnswerError::BadOrigin), "{bad}");
    }
}

#[test]
fn cookies_and_credentials() {
    let head =
        request_with("Cookie: ab=1; a=2=3\r\nCookie: c=\"4\"\r\nAuthorization: basic dTpwOnE=");
    let request = Request::new(head.as_bytes());
    assert_eq!(request.cookie("a"), Some("2=3"));
    assert_eq!((request.cookie("c"), request.cookie("b")), (Some("\"4\""), None));
    assert_eq!(request.basic_credentials(), Some(("u".into(), "p:q".into())));
    assert_eq!(request.bearer_token(), None);
    let shown = format!("{request:?}");
    assert!(!shown.contains("dTpw") && !shown.contains("2=3") && shown.contains("/c"), "{shown}");
    assert!(format!("{:?}", request.headers()).contains("Connection: Upgrade"));
    let head = request_with("Authorization: Bearer t0ken\r\nOrigin: https://o");
    let request = Request::new(head.as_bytes());
    assert_eq!((request.bearer_token(), request.origin()), (Some("t0ken"), Some("https://o")));
    let twice = request_with("Authorization: Bearer a\r\nAuthorization: Bearer b");
    assert_eq!(Request::new(twice.as_bytes()).bearer_token(), None);
}

type Fields = Vec<(&'static str, &'static str)>;

fn connect(fields: &Fields) -> Result<ExtendedConnect, ExtendedConnectError> {
    ExtendedConnect::from_headers(fields.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())))
}

fn fields(changes: &[(&'static str, &'static str)]) -> Fields {
    let mut fields = vec![
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "https"),
        (":path", "/c?q"),
        (":authority", "h"),
        ("sec-websocket-version", "13"),
    ];
    for (name, value) in changes {
        fields.retain(|(n, _)| n != name);
        fields.push((*name, *value));
    }
    fields.sort_by_key(|(name, _)| !name.starts_with(':'));
    fields.retain(|(_, value)| *value != "-");
    fields
}

/// The header list of the response, without the status.
fn answer(connect: &ExtendedConnect, acceptance: Acceptance) -> Vec<(String, String)> {
    let mut list = connect.accept(&acceptance).unwrap();
    assert_eq!(list.remove(0), (":status".into(), "200".into()));
    list
}

fn choose(name: &str) -> Acceptance {
    Acceptance::new().subprotocol(name).unwrap()
}

#[test]
fn h41_extended_connect() {
    let connected = connect(&fields(&[
        ("sec-websocket-protocol", "a, b"),
        ("sec-websocket-key", "ignored"),
        ("origin", "https://h"),
    ]))
    .unwrap();
    let request = connected.request();
    assert_eq!((request.path(), request.query(), request.authority()), ("/c", Some("q"), "h"));
    assert_eq!(request.subprotocols().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(request.origin(), Some("https://h"));
    assert!(request.is_origin_allowed(&OriginPolicy::SameHost));
    assert!(!request.is_origin_allowed(&OriginPolicy::list(&["https://other"]).unwrap()));
    let chosen = ("sec-websocket-protocol".into(), "b".into());
    assert_eq!(answer(&connected, choose("b")), [chosen]);
    assert_eq!(answer(&connected, Acceptance::new()), []);
    let unoffered = connected.accept(&choose("c"));
    assert_eq!(unoffered, Err(AnswerError::UnofferedSubprotocol));
    let connected = connect(&fields(&[(":authority", "-"), ("host", "h")])).unwrap();
    assert_eq!((connected.request().origin(), connected.request().authority()), (None, "h"));
}

/// RFC 9113 §8.2.1, §8.2.2, §8.2.3.
#[test]
fn h41_headers_of_both_sides() {
    let mut list = fields(&[("cookie", "a=1"), ("authorization", "Bearer t0ken")]);
    list.push(("cookie", "b=2"));
    let connected = connect(&list).unwrap();
    let request = connected.request();
    assert_eq!((request.cookie("a"), request.cookie("b")), (Some("1"), Some("2")));
    assert_eq!((request.bearer_token(), request.header("HOST")), (Some("t0ken"), Some("h")));
    assert_eq!(request.headers().get_all("Host").count(), 1);
    assert!(!format!("{connected:?}").contains("t0ken"));
    let acceptance = Acceptance::new().header("X-Id", "7").unwrap();
    let acceptance = acceptance.header("Keep-Alive", "timeout=5").unwrap();
    assert_eq!(answer(&connected, acceptance), [("x-id".into(), "7".into())]);
}

#[test]
fn h41_extensions() {
    const NAME: &str = "sec-websocket-extensions";
    let mut fields = fields(&[(NAME, "x, permessage-deflate; foo")]);
    fields.push((NAME, ",permessage-deflate; server_max_window_bits=10"));
    let connected = connect(&fields).unwrap();
    assert_eq!((connected.deflate(), answer(&connected, Acceptance::new()).len()), (None, 0));
    let connected = connected.negotiate(&DeflatePolicy::default());
    assert_eq!(connected.deflate().unwrap().server_max_window_bits.bits(), 10);
    let said = "permessage-deflate; server_max_window_bits=10";
    assert_eq!(answer(&connected, Acceptance::new()), [(NAME.into(), said.into())]);
    assert_eq!(answer(&connected, Acceptance::new().without_extensions()), []);
    let without = connect(&self::fields(&[])).unwrap().negotiate(&DeflatePolicy::default());
    assert_eq!((without.deflate(), answer(&without, Acceptance::new()).len()), (None, 0));
}

#[test]
fn paths_as_browsers_send_them() {
    for path in ["/?q=100%", "/%zz?|{}^`"] {
        assert_eq!(connect(&fields(&[(":path", path)])).unwrap().request().target(), path);
    }
    for path in ["/c#f", "/a b", "/\u{fc}"] {
        let refused = connect(&fields(&[(":path", path)])).map(drop);
        assert_eq!(refused, Err(ExtendedConnectError::Malformed), "{path}");
    }
}

#[test]
fn h41_refusals() {
    use ExtendedConnectError::*;
    let cases = [
        ((":protocol", "connect-udp"), UnsupportedProtocol),
        ((":protocol", "-"), UnsupportedProtocol),
        ((":scheme", "-"), Malformed),
        ((":scheme", "ftp"), Malformed),
        ((":path", "-"), Malformed),
        ((":path", "c"), Malformed),
        ((":authority", "-"), Malformed),
        ((":authority", "u@h"), Malformed),
        ((":method", "GET"), Malformed),
        ((":status", "200"), Malformed),
        (("connection", "upgrade"), Malformed),
        (("upgrade", "websocket"), Malformed),
        (("Origin", "x"), Malformed),
        (("host", "other"), Malformed),
        (("sec-websocket-version", "-"), Malformed),
        (("sec-websocket-version", "8"), UnsupportedVersion),
        (("sec-websocket-protocol", "a, a"), BadSubprotocols),
        (("sec-websocket-extensions", "a;"), BadExtensions),
        (("sec-websocket-extensions", ","), BadExtensions),
    ];
    for (change, error) in cases {
        assert_eq!(connect(&fields(&[change])).map(drop), Err(error), "{change:?}");
    }
    let page = connect(&fields(&[(":method", "GET"), (":protocol", "-")])).map(drop);
    assert_eq!(page, Err(MethodNotConnect));
    assert_eq!((UnsupportedProtocol.status(), Malformed.status()), (501, 400));
    assert_eq!(MethodNotConnect.status(), 405);
    let late = [fields(&[(":path", "-")]), vec![(":path", "/c")]].concat();
    assert_eq!(connect(&late).map(drop), Err(Malformed));
    let twice = [vec![(":path", "/c")], fields(&[])].concat();
    assert_eq!(connect(&twice).map(drop), Err(Malformed));
}
