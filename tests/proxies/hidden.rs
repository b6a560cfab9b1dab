//! What nobody may see, and what is refused beforehand.

use websocket_proto::handshake::Uri;
use websocket_proto::handshake::proxy::{Proxy, ProxyError, ProxyUrlError, SocksReply, Tunnel};

const URLS: [&str; 3] =
    ["http://alice:s3cret@p:1", "https://alice:s3cret@p:1/", "socks5://alice:s3cret@p:1"];

#[test]
fn credentials_are_in_no_text() {
    let uri: Uri = "ws://h/".parse().unwrap();
    for url in URLS {
        let proxy = Proxy::new(url).unwrap();
        let mut tunnel = Tunnel::new(&proxy, &uri).unwrap();
        let mut texts = vec![format!("{proxy} {proxy:?} {tunnel:?}")];
        for answer in ["\u{5}\u{2}\u{1}\u{1}", "HTTP/1.1 407 No\r\n\r\n"] {
            if let Err(error) = tunnel.receive(answer.as_bytes()) {
                texts.push(format!("{error} {error:?} {tunnel:?}"));
            }
        }
        texts.push(format!("{}", tunnel.receive_eof()));
        for text in texts {
            let is_hidden = !text.contains("alice") && !text.contains("s3cret");
            assert!(is_hidden && !text.contains("YWxpY2U6"), "{text}");
        }
    }
}

#[test]
fn urls_in_parts() {
    for (url, scheme, host, port) in [
        ("http://P.example", "http", "p.example", 80),
        ("p.example:3128", "http", "p.example", 3128),
        ("user:pass@p", "http", "p", 80),
        ("HTTPS://p/", "https", "p", 443),
        ("http://[::1]:8080/", "http", "::1", 8080),
        ("socks5://127.0.0.1", "socks5", "127.0.0.1", 1080),
        ("socks5h://p:", "socks5h", "p", 1080),
        ("socks://p:1", "socks5h", "p", 1),
    ] {
        let proxy = Proxy::new(url).unwrap();
        assert_eq!((proxy.scheme(), proxy.host(), proxy.port()), (scheme, host, port), "{url}");
        assert_eq!(proxy.is_secure(), scheme == "https");
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        assert_eq!(proxy.to_string(), format!("{scheme}://{host}:{port}"));
        assert_eq!(Proxy::new(&proxy.to_string()).unwrap().to_string(), proxy.to_string());
    }
}

#[test]
fn urls_that_are_refused() {
    for (url, error) in [
        ("socks4://p", ProxyUrlError::BadScheme),
        ("://p", ProxyUrlError::BadScheme),
        ("ws://p", ProxyUrlError::BadScheme),
        ("", ProxyUrlError::BadHost),
        ("http://", ProxyUrlError::BadHost),
        ("http://user@", ProxyUrlError::BadHost),
        ("http://b\u{fc}cher", ProxyUrlError::BadHost),
        ("http://a b", ProxyUrlError::BadHost),
        ("http://[::1", ProxyUrlError::BadHost),
        ("http://::1", ProxyUrlError::BadHost),
        ("http://p:0", ProxyUrlError::BadPort),
        ("http://p:65536", ProxyUrlError::BadPort),
        ("http://p:x", ProxyUrlError::BadPort),
        ("http://p/pac", ProxyUrlError::HasPath),
        ("http://p//", ProxyUrlError::HasPath),
        ("http://p/x@h", ProxyUrlError::HasPath),
        ("http://u:p#w@h", ProxyUrlError::HasPath),
        ("p/x@h", ProxyUrlError::HasPath),
        ("http://p?q", ProxyUrlError::HasPath),
        ("http://p#f", ProxyUrlError::HasPath),
        ("http://a%3Ab:c@p", ProxyUrlError::BadCredentials),
        ("http://a:%0d%0a@p", ProxyUrlError::BadCredentials),
        ("http://a%:b@p", ProxyUrlError::BadCredentials),
        ("socks5://a%ff:b@p", ProxyUrlError::BadCredentials),
    ] {
        assert_eq!(Proxy::new(url), Err(error), "{url}");
    }
}

/// RFC 1929 §2, RFC 1928 §5: a length is one byte.
#[test]
fn what_socks_has_no_room_for() {
    let (most, more) = ("x".repeat(255), "x".repeat(256));
    let proxy = Proxy::new("socks5://p").unwrap();
    assert!(proxy.clone().credentials(&most, &most).is_ok());
    for (user, password) in [(&more, &most), (&most, &more)] {
        let refused = proxy.clone().credentials(user, password);
        assert_eq!(refused, Err(ProxyUrlError::CredentialsTooLong));
        let url = format!("socks5://{user}:{password}@p");
        assert_eq!(Proxy::new(&url), Err(ProxyUrlError::CredentialsTooLong));
        assert!(Proxy::new(&url.replace("socks5", "http")).is_ok());
    }
    let host = |name: &str| format!("ws://{name}/").parse::<Uri>().unwrap();
    assert_eq!(Tunnel::new(&proxy, &host(&more)).err(), Some(ProxyError::HostTooLong));
    let mut tunnel = Tunnel::new(&proxy, &host(&most)).unwrap();
    tunnel.receive(&[5, 0]).unwrap();
    assert_eq!(tunnel.take_output().len(), 3 + 4 + 1 + 255 + 2);
    assert!(Tunnel::new(&Proxy::new("http://p").unwrap(), &host(&more)).is_ok());
}

/// No option lifts the limits on a proxy's answer, so the error names none.
#[test]
fn a_limit_in_words() {
    let uri = "ws://h/".parse().unwrap();
    for answer in ["a: b\r\n".repeat(200), "x".repeat(20_000)] {
        let mut tunnel = Tunnel::new(&Proxy::new("http://p").unwrap(), &uri).unwrap();
        let answer = format!("HTTP/1.1 200 OK\r\n{answer}");
        let text = tunnel.receive(answer.as_bytes()).unwrap_err().to_string();
        assert!(text.contains("16 KiB or 128 headers") && !text.contains("Limits"), "{text}");
    }
}

/// Every error says what to do, or at least what happened, in words of its own.
#[test]
fn errors_in_words() {
    let codes: Vec<String> = (1..=u8::MAX)
        .map(|code| {
            let uri = "ws://h/".parse().unwrap();
            let mut tunnel = Tunnel::new(&Proxy::new("socks5://p").unwrap(), &uri).unwrap();
            tunnel.receive(&[5, 0, 5, code]).unwrap_err().to_string()
        })
        .collect();
    for (at, text) in codes.iter().enumerate() {
        assert!(text.contains(&(at + 1).to_string()), "{text}");
        assert!(!codes[..at].contains(text));
    }
    assert!(codes[4].contains("refused the connection"), "{}", codes[4]);
    assert_eq!(SocksReply::CONNECTION_REFUSED.code(), 5);
}
