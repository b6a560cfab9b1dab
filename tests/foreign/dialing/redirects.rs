//! Redirects that are followed, and those that are not.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;
use websocket_proto::handshake::RequestError;
use websocket_proto::io::{ConnectStage, Dial, Error, tls::ClientTls};

use super::server::{CERTIFIED, Echo};
use super::{ALL, Io, exchange, fail, request, unconnected};

/// A server that answers each request with a redirect. Returns its address, and the heads of the
/// requests.
pub(crate) fn redirecting(status: u16, location: &str) -> (SocketAddr, mpsc::Receiver<String>) {
    redirecting_with(status, location, "Content-Length: 0\r\n")
}

/// The same with this header instead of a body, and the connections stay open.
fn redirecting_with(
    status: u16,
    location: &str,
    header: &'static str,
) -> (SocketAddr, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let location = location.replace("HERE", &address.to_string());
    let (note, heads) = mpsc::channel();
    thread::spawn(move || {
        let mut streams = Vec::new();
        for stream in listener.incoming() {
            let (mut stream, mut head) = (stream.unwrap(), Vec::new());
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            let _ = note.send(String::from_utf8(head).unwrap());
            write!(stream, "HTTP/1.1 {status} Go\r\nLocation: {location}\r\n{header}\r\n").unwrap();
            streams.push(stream);
        }
    });
    (address, heads)
}

#[test]
fn a_redirect_is_refused_unless_it_is_asked_for() {
    let echo = Echo::start(false);
    let (address, _) = redirecting(302, &format!("ws://{}/", echo.address));
    for io in ALL {
        let error = fail(io, &request(&format!("ws://{address}/")), &Dial::new());
        let Error::Refused(refused) = &error else { panic!("{io:?}: {error:?}") };
        assert_eq!(refused.response().status(), 302);
    }
    assert_eq!(echo.connections(), 0);
}

#[test]
fn redirects_are_followed_without_secrets() {
    for status in [301, 302, 303, 307, 308] {
        let echo = Echo::start(true);
        let (second, seen) = redirecting(status, &format!("https://{}/end", echo.address));
        let (first, _) = redirecting(status, &format!("http://{second}/next"));
        let options = Dial::new().follow_redirects(2).tls(CERTIFIED.client.clone());
        for io in ALL {
            let request = request(&format!("ws://{first}/?a=b")).bearer("secret").unwrap();
            exchange(io, &request, &options).unwrap();
            let head = seen.recv().unwrap();
            assert!(head.starts_with("GET /next HTTP/1.1\r\n"), "{head}");
            assert!(!head.contains("secret"), "{head}");
        }
    }
}

#[test]
fn the_response_after_the_last_redirect_is_the_result() {
    let (address, heads) = redirecting(307, "/again");
    for io in ALL {
        for (asked, followed) in [(0, 0), (1, 1), (3, 3), (5, 5), (200, 5)] {
            let options = Dial::new().follow_redirects(asked);
            let error = fail(io, &request(&format!("ws://{address}/")), &options);
            assert!(matches!(error, Error::Refused(_)), "{io:?}: {error:?}");
            assert_eq!(heads.try_iter().count(), followed + 1, "{io:?}");
        }
    }
}

#[test]
fn redirects_that_lead_nowhere() {
    for status in [300, 304, 305, 306, 399] {
        let (address, heads) = redirecting(status, "/again");
        let options = Dial::new().follow_redirects(3);
        let error = fail(Io::Tokio, &request(&format!("ws://{address}/")), &options);
        assert!(matches!(error, Error::Refused(_)), "{error:?}");
        assert_eq!(heads.try_iter().count(), 1);
    }
    let (address, _) = redirecting(302, "ftp://elsewhere/");
    for io in ALL {
        let options = Dial::new().follow_redirects(3);
        let error = fail(io, &request(&format!("ws://{address}/")), &options);
        assert!(matches!(error, Error::Request(RequestError::RedirectScheme)), "{error:?}");
    }
}

#[test]
fn addresses_are_for_the_first_host_alone() {
    let echo = Echo::start(false);
    let (same_host, heads) = redirecting(302, "/again");
    let (first, _) = redirecting(302, &format!("ws://{}/", echo.address));
    for io in ALL {
        let options = Dial::new().addresses([same_host]).follow_redirects(2);
        let error = fail(io, &request("ws://server.test/"), &options);
        assert!(matches!(error, Error::Refused(_)), "{error:?}");
        assert_eq!(heads.try_iter().count(), 3);
        let options = Dial::new().addresses([first]).follow_redirects(2);
        exchange(io, &request("ws://server.test/"), &options).unwrap();
    }
}

#[test]
fn tls_is_not_given_up() {
    let plain = Echo::start(false);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, to) = (listener.local_addr().unwrap(), plain.address);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let tls = &CERTIFIED.server;
            let mut stream =
                websocket_proto::io::blocking::tls_server(stream, tls, super::GUARD).unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let head =
                format!("HTTP/1.1 302 Go\r\nLocation: ws://{to}/\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            stream.flush().unwrap();
        }
    });
    let tls: ClientTls = CERTIFIED.client.clone();
    for io in ALL {
        let options = Dial::new().follow_redirects(3).tls(tls.clone());
        let error = fail(io, &request(&format!("wss://{address}/")), &options);
        assert!(matches!(error, Error::Request(RequestError::RedirectDowngrade)), "{error:?}");
    }
    assert_eq!(plain.connections(), 0);
}

#[test]
fn addresses_are_for_the_first_zone_alone() {
    let (address, heads) = redirecting(302, "ws://[fe80::1%25other]/");
    for io in ALL {
        let options = Dial::new().addresses([address]).follow_redirects(1);
        let error = unconnected(io, &request("ws://[fe80::1%25first]/"), &options);
        assert_eq!(error.stage(), ConnectStage::Lookup, "{error}");
        assert_eq!(heads.try_iter().count(), 1, "{io:?}");
    }
}

#[test]
fn a_redirect_whose_body_does_not_come() {
    let echo = Echo::start(false);
    for length in ["", "Content-Length: 10\r\n", "Transfer-Encoding: chunked\r\n"] {
        let (address, _) = redirecting_with(302, &format!("ws://{}/", echo.address), length);
        for io in ALL {
            let start = Instant::now();
            let options = Dial::new().follow_redirects(1);
            exchange(io, &request(&format!("ws://{address}/")), &options).unwrap();
            println!("{io:?}, {length:?}: {:?}", start.elapsed());
        }
    }
}

#[test]
fn a_response_whose_body_ends_with_a_reset() {
    let echo = Echo::start(false);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, to) = (listener.local_addr().unwrap(), echo.address);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let head =
                format!("HTTP/1.1 302 Go\r\nLocation: ws://{to}/\r\nContent-Length: 9\r\n\r\nbody");
            stream.write_all(head.as_bytes()).unwrap();
            SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
        }
    });
    for io in ALL {
        let request = request(&format!("ws://{address}/"));
        let error = fail(io, &request, &Dial::new());
        let Error::Refused(refused) = &error else { panic!("{io:?}: {error:?}") };
        assert_eq!(refused.response().status(), 302);
        exchange(io, &request, &Dial::new().follow_redirects(1)).unwrap();
    }
}
