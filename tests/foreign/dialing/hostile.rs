//! Proxies that do not do what they should.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use websocket_proto::Config;
use websocket_proto::handshake::proxy::{Proxy, ProxyError};
use websocket_proto::io::{ConnectError, ConnectStage, Dial, smol as for_smol, tokio as for_tokio};

use super::server::CERTIFIED;
use super::{ALL, GUARD, Io, request, run, short, unconnected_with};

/// Does this with each connection, in a thread.
fn serve(with: impl Fn(TcpStream) + Send + Sync + Copy + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            stream.set_read_timeout(Some(GUARD)).unwrap();
            thread::spawn(move || with(stream));
        }
    });
    address
}

/// Reads what the client says first, and answers with these bytes.
fn answering(answer: &'static [u8]) -> SocketAddr {
    serve(move |mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(answer);
    })
}

/// The errors of all adapters, which name the proxy and no secret.
fn errors(scheme: &str, address: SocketAddr, url: &str) -> Vec<(Io, Box<ConnectError>)> {
    errors_with(Config::default(), scheme, address, url)
}

fn errors_with(
    config: Config,
    scheme: &str,
    address: SocketAddr,
    url: &str,
) -> Vec<(Io, Box<ConnectError>)> {
    let proxy = Proxy::new(&format!("{scheme}://user:secret@{address}")).unwrap();
    let options = Dial::new().proxy(proxy).tls(CERTIFIED.client.clone());
    let connect = |io| {
        let error = unconnected_with(config, io, &request(url), &options);
        let (text, all) = (error.to_string(), format!("{error:?}"));
        println!("{text}");
        let start = format!("cannot connect to server.test:{} through", error.port());
        assert!(text.starts_with(&format!("{start} {scheme}://{address}: ")), "{io:?}: {text}");
        assert!(!text.contains("secret") && !all.contains("secret"), "{io:?}: {all}");
        (io, error)
    };
    ALL.map(connect).into()
}

#[test]
fn a_deaf_proxy() {
    let address = serve(|mut stream| drop(stream.read_to_end(&mut Vec::new())));
    for url in ["ws://server.test/", "wss://server.test/"] {
        for scheme in ["http", "socks5", "https"] {
            for (io, error) in errors_with(short(), scheme, address, url) {
                assert_eq!(error.kind(), ErrorKind::TimedOut, "{io:?}");
                assert_eq!(error.pending(), [address], "{io:?}");
                let (stage, what) = match scheme {
                    "https" => (ConnectStage::ProxyTls, "the TLS handshake with the proxy"),
                    _ => (ConnectStage::Proxy, "the proxy's answer"),
                };
                assert_eq!(error.stage(), stage, "{io:?}");
                let end = format!(": {what} took longer than 400ms (Config::handshake_timeout)");
                assert!(error.to_string().ends_with(&end), "{io:?}: {error}");
            }
        }
    }
}

#[test]
fn a_proxy_that_closes() {
    let address = serve(|mut stream| drop(stream.read(&mut [0; 4096])));
    for scheme in ["http", "socks5h"] {
        for (io, error) in errors(scheme, address, "wss://server.test/") {
            assert!(matches!(error.proxy_error(), Some(ProxyError::Closed)), "{io:?}: {error}");
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{io:?}");
        }
    }
    for (io, error) in errors("https", address, "wss://server.test/") {
        assert_eq!(error.stage(), ConnectStage::ProxyTls, "{io:?}");
    }
}

#[test]
fn a_proxy_that_answers_with_garbage() {
    let address = answering(b"\0\x01\x02 no proxy at all\r\n\r\n");
    for (io, error) in errors("http", address, "ws://server.test/") {
        assert!(matches!(error.proxy_error(), Some(ProxyError::BadResponse(_))), "{io:?}: {error}");
    }
    for (io, error) in errors("socks5", address, "ws://server.test/") {
        assert!(matches!(error.proxy_error(), Some(ProxyError::BadSocks)), "{io:?}: {error}");
    }
    for (io, error) in errors("https", address, "ws://server.test/") {
        assert_eq!(error.stage(), ConnectStage::ProxyTls, "{io:?}");
        assert!(error.to_string().contains("is not TLS"), "{io:?}: {error}");
    }
}

#[test]
fn a_proxy_that_refuses() {
    let address = answering(
        b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\
          Content-Length: 4\r\n\r\nmore",
    );
    for (io, error) in errors("http", address, "ws://server.test/") {
        let Some(ProxyError::Refused(refused)) = error.proxy_error() else { panic!("{io:?}") };
        assert_eq!(refused.response().status(), 407);
    }
}

#[test]
fn a_proxy_whose_answer_has_no_end() {
    let address = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX: ");
        while stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(5));
        }
    });
    for (io, error) in errors_with(short(), "http", address, "wss://server.test/") {
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{io:?}: {error}");
        assert_eq!(error.stage(), ConnectStage::Proxy, "{io:?}");
    }
    let address = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        while stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_ok() {}
    });
    for (io, error) in errors("http", address, "wss://server.test/") {
        assert!(error.proxy_error().is_some(), "{io:?}: {error}");
    }
}

#[test]
fn a_proxy_that_says_more_than_its_answer() {
    let address = answering(b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\r\n");
    for url in ["ws://server.test/", "wss://server.test/"] {
        for (io, error) in errors("http", address, url) {
            assert!(error.to_string().ends_with("before it was asked"), "{io:?}: {error}");
            assert_eq!(error.kind(), ErrorKind::InvalidData);
        }
    }
}

#[test]
fn a_deaf_server_behind_a_proxy() {
    let address = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        drop(stream.read_to_end(&mut Vec::new()));
    });
    for (io, error) in errors_with(short(), "http", address, "wss://server.test/") {
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{io:?}: {error}");
        assert_eq!(error.stage(), ConnectStage::Tls, "{io:?}");
    }
}

#[test]
fn a_future_that_is_dropped_closes_the_connection_to_the_proxy() {
    let (note, asked) = mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = Proxy::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let server = thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(GUARD)).unwrap();
            assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
            note.send(()).unwrap();
            assert_eq!(stream.read(&mut [0]).unwrap(), 0);
        }
    });
    let (request, options) = (request("ws://server.test/"), Dial::new().proxy(proxy));
    let mut config = short();
    config.handshake_timeout = GUARD;
    run(async {
        let dialed = for_tokio::dial(&request, config, &options);
        let asked = async {
            while asked.try_recv().is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! { _ = dialed => panic!(), () = asked => {} }
    });
    smol::block_on(async {
        let dialed = async { drop(for_smol::dial(&request, config, &options).await) };
        let asked = async {
            while asked.try_recv().is_err() {
                smol::Timer::after(Duration::from_millis(5)).await;
            }
        };
        smol::future::or(dialed, asked).await;
    });
    server.join().unwrap();
}
