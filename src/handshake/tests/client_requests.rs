use super::*;
use RequestError::*;

fn encoded(request: &ClientRequest) -> String {
    let mut out = Vec::new();
    request.encode(*b"the sample nonce", &[], &mut out);
    String::from_utf8(out).unwrap()
}

/// The last line of a request to which nothing was added.
const AGENT: &str = concat!("User-Agent: websocket-proto/", env!("CARGO_PKG_VERSION"));

/// `REQUEST` as a client sends it, with more header lines at its end.
fn sent_with(lines: &str) -> String {
    request_with(&format!("{AGENT}\r\n{lines}"))
}

fn new(url: &str) -> ClientRequest {
    ClientRequest::new(url).unwrap()
}

#[test]
fn a_plain_request() {
    let request = new("ws://h/c");
    assert_eq!(encoded(&request), request_with(AGENT));
    let expected = request.encode(*b"the sample nonce", &[], &mut Vec::new());
    assert_eq!(expected.accept, *b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

#[test]
fn all_choices_of_a_request() {
    let request = new("ws://h/c").header("X-A", "1").unwrap().origin("https://o").unwrap();
    let request = request.subprotocol("a").unwrap().subprotocol("b").unwrap();
    let request = request.cookie("c", "1").unwrap().header("cookie", "d=2; e=3").unwrap();
    let request = request.cookie("f", "4").unwrap().bearer("t0k").unwrap();
    let request = request.header("X-B", "\u{e9}").unwrap();
    let lines = "Origin: https://o\r\nSec-WebSocket-Protocol: a, b\r\nAuthorization: Bearer t0k\r\n\
         Cookie: c=1; d=2; e=3; f=4\r\nX-A: 1\r\nX-B: \u{e9}";
    assert_eq!(encoded(&request), sent_with(lines));
    assert!(read_request(encoded(&request)).is_ok());
    assert_eq!(request.subprotocols().collect::<Vec<_>>(), ["a", "b"]);
    let shown = format!("{request:?}");
    assert!(!shown.contains("t0k") && !shown.contains("e=3"), "{shown}");
    let request = request.basic("u", "p:q").unwrap();
    assert!(encoded(&request).contains("\r\nAuthorization: Basic dTpwOnE=\r\n"));
}

#[test]
fn bad_choices_are_refused_at_the_call() {
    let request = || new("ws://h/c");
    for name in ["Host", "upgrade", "Connection", "Sec-WebSocket-Key", "sec-websocket-protocol"] {
        assert_eq!(request().header(name, "x").map(drop), Err(ReservedHeader), "{name}");
    }
    for name in ["Sec-WebSocket-Version", "Sec-WebSocket-Extensions", "Content-Length"] {
        assert_eq!(request().header(name, "x").map(drop), Err(ReservedHeader), "{name}");
    }
    assert!(format!("{ReservedHeader}").contains("written for you"));
    assert_eq!(request().header("X", "a\r\nY: b").map(drop), Err(BadHeaderValue));
    assert_eq!(request().header("Cookie", "a\n").map(drop), Err(BadHeaderValue));
    assert_eq!(request().header("X Y", "a").map(drop), Err(BadHeaderName));
    assert_eq!(request().subprotocol("a b").map(drop), Err(BadSubprotocol));
    assert_eq!(request().subprotocol("a:b").map(drop), Err(BadSubprotocol));
    for bad in ["", "a b", "a,b", "\u{e9}", "a\r\n"] {
        assert_eq!(request().any_subprotocol(bad).map(drop), Err(BadSubprotocol), "{bad}");
    }
    let named = request().any_subprotocol("ogmios.v1:compact").unwrap().subprotocol("b").unwrap();
    assert!(encoded(&named).contains("\r\nSec-WebSocket-Protocol: ogmios.v1:compact, b\r\n"));
    assert_eq!(named.any_subprotocol("b").map(drop), Err(BadSubprotocol));
    let twice = request().subprotocol("a").unwrap().subprotocol("a");
    assert_eq!(twice.map(drop), Err(BadSubprotocol));
    for bad in ["a\r\n", "", "h", "ws://h", "https://h/path", "https://*.h", "https://h\r\nX: y"] {
        assert_eq!(request().origin(bad).map(drop), Err(BadOrigin), "{bad}");
    }
    assert_eq!(request().header("Origin", "").map(drop), Err(BadOrigin));
    assert_eq!(request().basic("u:v", "p").map(drop), Err(BadCredentials));
    for bad in ["", "a b", "a\u{e4}"] {
        assert_eq!(request().bearer(bad).map(drop), Err(BadBearerToken));
    }
    assert_eq!(request().cookie("a", "b; c=d").map(drop), Err(BadCookie));
    assert_eq!(request().cookie("a=b", "c").map(drop), Err(BadCookie));
    let full = (0..128).try_fold(request(), |request, i| request.subprotocol(&format!("p{i}")));
    assert_eq!(full.unwrap().subprotocol("more").map(drop), Err(BadSubprotocol));
}

#[test]
fn the_user_agent_is_replaced_left_out_and_kept() {
    let request = new("ws://h/c").header("User-Agent", "old").unwrap();
    let request = request.header("user-agent", "mine/2 (x)").unwrap();
    let mine = request_with("User-Agent: mine/2 (x)");
    assert_eq!(encoded(&request), mine);
    let back = request.redirected("//other/").unwrap().redirected("//h/c").unwrap();
    assert_eq!(encoded(&back), mine);
    let none = new("ws://h/c").header("User-Agent", "").unwrap();
    assert_eq!(encoded(&none), REQUEST);
    assert_eq!(encoded(&none.redirected("/c").unwrap()), REQUEST);
    let bad = new("ws://h/c").header("User-Agent", "a\r\nX: y").map(drop);
    assert_eq!(bad, Err(BadHeaderValue));
}

/// A server compares what it receives with what browsers send.
#[test]
fn origins_are_sent_as_browsers_write_them() {
    for (set, sent) in [
        ("https://example.com", "https://example.com"),
        ("HTTPS://Example.com:443/", "https://example.com"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("App://X/", "app://X"),
        ("null", "null"),
    ] {
        let line = format!("\r\nOrigin: {sent}\r\n");
        assert!(encoded(&new("ws://h/").origin(set).unwrap()).contains(&line), "{set}");
        assert!(encoded(&new("ws://h/").header("Origin", set).unwrap()).contains(&line), "{set}");
    }
}

#[test]
fn r14_good_uris() {
    let cases = [
        ("ws://h", "h", 80, "h", "/"),
        ("wss://h:443", "h", 443, "h", "/"),
        ("wss://h:80/a", "h", 80, "h:80", "/a"),
        ("ws://[::1]:80/?q", "::1", 80, "[::1]", "/?q"),
        ("ws://[::1]:81?q", "::1", 81, "[::1]:81", "/?q"),
        ("WS://H.example/A%20b?c=d", "h.example", 80, "h.example", "/A%20b?c=d"),
        (
            "wss://xn--bcher-kva.example:",
            "xn--bcher-kva.example",
            443,
            "xn--bcher-kva.example",
            "/",
        ),
    ];
    for (text, host, port, authority, resource) in cases {
        let uri: Uri = text.parse().unwrap();
        assert_eq!((uri.host(), uri.port(), uri.authority()), (host, port, authority));
        assert_eq!(uri.resource(), resource);
        assert_eq!(uri.is_secure(), text.starts_with("wss"));
        assert!(read_request(encoded(&new(text))).is_ok(), "{text}");
    }
    assert_eq!(format!("{}", "WS://H:80".parse::<Uri>().unwrap()), "ws://h/");
}

#[test]
fn r14_bad_uris() {
    let cases = [
        ("", BadScheme),
        ("h", BadScheme),
        ("ftp://h", BadScheme),
        ("h:80/c", BadScheme),
        ("ws+unix:///run/s:/c", UnixSocket),
        ("WS+Unix:/run/s", UnixSocket),
        ("ws:/h", BadScheme),
        ("ws://", BadHost),
        ("ws:///c", BadHost),
        ("ws://:80", BadHost),
        ("ws://[::1", BadHost),
        ("ws://[v1.x]/", BadHost),
        ("ws://a b/", BadHost),
        ("ws://h\\c", Backslash),
        ("ws://good\\@evil/", Backslash),
        ("ws://b\u{fc}cher.example/", HostNotAscii),
        ("ws://h:0", BadPort),
        ("ws://h:65536", BadPort),
        ("ws://h:x/", BadPort),
        ("ws://h/#f", Fragment),
        ("ws://h#f", Fragment),
        ("ws://h/#", Fragment),
        ("ws://h/a\\b", Backslash),
        ("ws://h/a\r\nX: y", BadPath),
        ("ws://h/?a\tb", BadPath),
        ("ws://h/\x7f", BadPath),
        ("ws://u%0a:p@h", BadCredentials),
        ("ws://u%zz@h", BadCredentials),
        ("ws://u%ff@h", BadCredentials),
        ("ws://u%3a@h", BadCredentials),
    ];
    for (text, error) in cases {
        assert_eq!(ClientRequest::new(text).map(drop), Err(error), "{text}");
    }
}

#[test]
fn schemes_of_http_are_taken() {
    for (text, uri) in
        [("http://h/c", "ws://h/c"), ("HTTPS://h:443", "wss://h/"), ("https://h:80", "wss://h:80/")]
    {
        assert_eq!(new(text).uri().to_string(), uri);
    }
}

#[test]
fn zones_of_addresses() {
    for text in ["ws://[FE80::1%25eth0]:81/c", "ws://[fe80::1%eth0]:81/c"] {
        let request = new(text);
        let uri = request.uri();
        assert_eq!((uri.host(), uri.zone(), uri.port()), ("fe80::1", Some("eth0"), 81));
        assert_eq!(uri.authority(), "[fe80::1]:81");
        assert_eq!(uri.to_string(), "ws://[fe80::1%25eth0]:81/c");
        assert_eq!(&uri.to_string().parse::<Uri>().unwrap(), uri);
        assert!(encoded(&request).contains("\r\nHost: [fe80::1]:81\r\n"));
    }
    let uri: Uri = "wss://[fe80::1%251]".parse().unwrap();
    assert_eq!((uri.zone(), uri.authority(), uri.port()), (Some("1"), "[fe80::1]", 443));
    assert_eq!("ws://[fe80::1%25]".parse::<Uri>().unwrap().zone(), Some("25"));
    assert_eq!("ws://[::1]/".parse::<Uri>().unwrap().zone(), None);
    for bad in [
        "[fe80::1%]",
        "[%25eth0]",
        "[fe80::1%25a b]",
        "[fe80::1%25a%41]",
        "h%25eth0]",
        "h[fe80::1%251]",
    ] {
        assert_eq!(ClientRequest::new(&format!("ws://{bad}/")).map(drop), Err(BadHost), "{bad}");
    }
    let request = new("ws://u:p@[fe80::1%25a]/x");
    assert_eq!(request.redirected("/y").unwrap().uri().to_string(), "ws://[fe80::1%25a]/y");
    let next = |location| encoded(&request.redirected(location).unwrap());
    assert!(next("//[fe80::1%25a]/").contains("Authorization"));
    assert!(!next("//[fe80::1%25b]/").contains("Authorization"));
    // A server that makes a location of `Host` does not know the zone.
    let next = request.redirected("http://[fe80::1]:81/y").unwrap();
    assert_eq!(next.uri().to_string(), "ws://[fe80::1%25a]:81/y");
    assert_eq!(request.redirected("//[fe80::2]/").unwrap().uri().zone(), None);
}

/// What Chromium and the URL class of Node send for the same text.
#[test]
fn paths_and_queries_are_escaped_as_browsers_do() {
    let cases = [
        ("ws://h/?q=100%", "/?q=100%"),
        ("ws://h/%zz%", "/%zz%"),
        ("ws://h/a b\"<>^`{}'", "/a%20b%22%3C%3E%5E%60%7B%7D'"),
        ("ws://h/?a b\"<>^`{}'|\\", "/?a%20b%22%3C%3E^`{}%27|\\"),
        ("ws://h/[|]~", "/[|]~"),
        ("ws://h/\u{e9}\u{1f600}?\u{fc}", "/%C3%A9%F0%9F%98%80?%C3%BC"),
        ("ws://h?\u{fc}", "/?%C3%BC"),
        (" \tws://h/c \r\n", "/c"),
        ("ws://h/a/../b", "/a/../b"),
    ];
    for (text, resource) in cases {
        let request = new(text);
        assert_eq!(request.uri().resource(), resource, "{text}");
        assert!(read_request(encoded(&request)).is_ok(), "{text}");
        let again: Uri = request.uri().to_string().parse().unwrap();
        assert_eq!(&again, request.uri(), "{text}");
    }
    let next = new("ws://h/").redirected("/\u{fc} x").unwrap();
    assert_eq!(next.uri().resource(), "/%C3%BC%20x");
}

#[test]
fn r14_user_information() {
    let request = new("ws://u:p%3Aq@h/c");
    assert_eq!(encoded(&request), sent_with("Authorization: Basic dTpwOnE="));
    assert_eq!(format!("{}", request.uri()), "ws://h/c");
    assert!(encoded(&new("ws://u@h/c")).contains("Basic dTo=\r\n"));
}

fn redirected(from: &str, location: &str) -> Result<String, RequestError> {
    Ok(format!("{}", new(from).redirected(location)?.uri()))
}

#[test]
fn r06_locations() {
    let cases = [
        ("", "ws://h/a/b/c?q"),
        ("#f", "ws://h/a/b/c?q"),
        ("?x=/../y:z", "ws://h/a/b/c?x=/../y:z"),
        ("g", "ws://h/a/b/g"),
        ("g?y#s", "ws://h/a/b/g?y"),
        ("./g/.", "ws://h/a/b/g/"),
        ("..", "ws://h/a/"),
        ("../../../g", "ws://h/g"),
        ("/x/../y/./z", "ws://h/y/z"),
        ("//other:81/x/..", "ws://other:81/"),
        ("http://h/x?y", "ws://h/x?y"),
        ("HTTPS://h:8443", "wss://h:8443/"),
        ("wss://other/x", "wss://other/x"),
    ];
    for (location, expected) in cases {
        assert_eq!(redirected("ws://h/a/b/c?q", location).as_deref(), Ok(expected), "{location}");
    }
    assert_eq!(redirected("wss://h/", "/x").as_deref(), Ok("wss://h/x"));
}

#[test]
fn r06_locations_not_followed() {
    assert_eq!(redirected("ws://h/", "javascript:alert(1)"), Err(RedirectScheme));
    assert_eq!(redirected("ws://h/", "ftp://h/"), Err(RedirectScheme));
    assert_eq!(redirected("wss://h/", "http://h/"), Err(RedirectDowngrade));
    assert_eq!(redirected("wss://h/", "ws://h/"), Err(RedirectDowngrade));
    assert_eq!(redirected("ws://h/", "http:h"), Err(BadHost));
    assert_eq!(redirected("ws://h/", "http:///x"), Err(BadHost));
    assert_eq!(redirected("ws://h/", "/a\r\nX: y"), Err(BadPath));
    let fifth = (0..5).try_fold(new("ws://h/"), |request, _| request.redirected("/"));
    assert_eq!(fifth.unwrap().redirected("/").map(drop), Err(TooManyRedirects));
}

#[test]
fn r06_credentials_stay_at_home() {
    let request = new("ws://u:p@h/c").cookie("a", "1").unwrap().header("X", "y").unwrap();
    let secret = |location: &str| {
        let out = encoded(&request.redirected(location).unwrap());
        assert_eq!(out.contains("X: y\r\n"), out.contains("Cookie"));
        (out.contains("Authorization"), out.contains("Cookie"))
    };
    for home in ["/x", "http://H:80/", "//h/"] {
        assert_eq!(secret(home), (true, true), "{home}");
    }
    for away in ["//other/", "//h:81/", "https://h/", "wss://h:80/"] {
        assert_eq!(secret(away), (false, false), "{away}");
    }
    let back = request.redirected("//other/").unwrap().redirected("//h/c").unwrap();
    assert_eq!(encoded(&back), request_with(AGENT));
    assert_eq!(secret("//v:q@other/"), (true, false));
    let request = new("ws://h/c").header("authorization", "Digest d").unwrap();
    assert_eq!(encoded(&request.redirected("/c").unwrap()), sent_with("Authorization: Digest d"));
    assert_eq!(
        encoded(&request.redirected("//other/").unwrap().redirected("//h/c").unwrap()),
        request_with(AGENT)
    );
}
