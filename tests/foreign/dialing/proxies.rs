//! Clients behind a proxy.

use std::io::{self, IoSlice, Write};
use std::net::{TcpListener, TcpStream};

use websocket_proto::handshake::proxy::{Proxy, ProxyError};
use websocket_proto::io::{
    ConnectStage, Dial, Error, blocking, smol as for_smol, tokio as for_tokio,
};
use websocket_proto::{Config, Event};

use super::proxy::{KINDS, Kind, TestProxy};
use super::redirects::redirecting;
use super::server::{CERTIFIED, Echo, closed};
use super::silent::Silent;
use super::{ALL, exchange, fail, request, run, short, unconnected, unconnected_with};

fn options(proxy: Proxy) -> Dial {
    Dial::new().proxy(proxy).tls(CERTIFIED.client.clone())
}

#[test]
fn through_every_kind_of_proxy() {
    for secure in [false, true] {
        let echo = Echo::start(secure);
        let (scheme, port) = if secure { ("wss", 443) } else { ("ws", 80) };
        for kind in KINDS {
            let proxy = TestProxy::start(kind, echo.address);
            for io in ALL {
                // The name is known to the proxy alone.
                let request = request(&format!("{scheme}://server.test/"));
                let took = exchange(io, &request, &options(proxy.proxy()));
                let took = took.unwrap_or_else(|error| panic!("{io:?}, {kind:?}: {error}"));
                println!("{io:?}, {scheme} through {kind:?}: connected in {took:?}");
                assert_eq!(proxy.asked.recv().unwrap(), format!("server.test:{port}"));
                assert_eq!(echo.hosts.recv().unwrap().0, "server.test");
            }
        }
    }
}

/// How many messages go each way at once.
const MESSAGES: u8 = 64;

#[test]
fn tls_over_tls_in_both_directions_at_once() {
    let echo = Echo::start(true);
    let proxy = TestProxy::start(Kind::Https, echo.address);
    let (request, options) = (request("wss://server.test/"), options(proxy.proxy()));
    let message = |index| vec![index; 70_001];
    macro_rules! check {
        ($receiver:ident $(, $wait:tt)?) => {
            for index in 0..MESSAGES {
                let Some(Event::Binary(data)) = $receiver.receive()$(.$wait)?.unwrap() else {
                    panic!()
                };
                assert!(data == message(index));
            }
        };
    }
    let socket = blocking::dial(&request, Config::default(), &options).unwrap();
    assert!(socket.stream().is_tls());
    let (sender, mut receiver) = socket.split();
    let sending = std::thread::spawn(move || {
        for index in 0..MESSAGES {
            sender.send_binary(&message(index)).unwrap();
        }
    });
    check!(receiver);
    sending.join().unwrap();
    macro_rules! both {
        ($adapter:ident) => {
            async {
                let socket = $adapter::dial(&request, Config::default(), &options).await.unwrap();
                let (sender, mut receiver) = socket.split();
                let sending = async {
                    for index in 0..MESSAGES {
                        sender.send_binary(&message(index)).await.unwrap();
                    }
                };
                let receiving = async { check!(receiver, await) };
                futures_util::future::join(sending, receiving).await;
            }
        };
    }
    run(both!(for_tokio));
    smol::block_on(both!(for_smol));
}

#[test]
fn a_proxy_whose_first_address_is_silent() {
    let (silent, echo) = (Silent::on("[::1]:0"), Echo::start(true));
    let proxy = TestProxy::start(Kind::Http, echo.address);
    let options = options(proxy.proxy()).addresses([silent.address, proxy.address]);
    for io in ALL {
        exchange(io, &request("wss://server.test/"), &options).unwrap();
        silent.check_nobody_waits();
    }
}

#[test]
fn redirects_lead_through_the_proxy_again() {
    let (server, _) = redirecting(302, "ws://elsewhere.test/");
    let proxy = TestProxy::start(Kind::Http, server);
    // The addresses are those of the proxy, whatever the server.
    let named = Proxy::new("http://user:secret@proxy.test").unwrap();
    let options = options(named).addresses([proxy.address]).follow_redirects(1);
    for io in ALL {
        assert!(matches!(fail(io, &request("ws://server.test/"), &options), Error::Refused(_)));
        let asked: Vec<_> = proxy.asked.try_iter().collect();
        assert_eq!(asked, ["server.test:80", "elsewhere.test:80"], "{io:?}");
    }
}

#[test]
fn a_proxy_that_is_not_there_is_not_gone_around() {
    let echo = Echo::start(false);
    let address = closed();
    let proxy = Proxy::new(&format!("http://user:secret@{address}")).unwrap();
    for io in ALL {
        let error =
            unconnected(io, &request(&format!("ws://{}/", echo.address)), &options(proxy.clone()));
        let start = format!(
            "cannot connect to {} through http://{address}: Connection refused",
            echo.address
        );
        assert!(error.to_string().starts_with(&start), "{error}");
        assert_eq!(error.proxy().unwrap().port(), address.port());
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
    assert_eq!(echo.connections(), 0);
}

#[test]
fn a_server_that_is_not_trusted_behind_a_proxy() {
    let echo = Echo::start(true);
    for kind in KINDS {
        let proxy = TestProxy::start(kind, echo.address);
        for io in ALL {
            let error = unconnected(io, &request("wss://other.test/"), &options(proxy.proxy()));
            let text = error.to_string();
            assert!(text.contains(": at the server: TLS: "), "{text}");
            assert!(text.contains("certificate is not for other.test"), "{text}");
            assert_eq!(error.stage(), ConnectStage::Tls);
        }
    }
}

#[test]
fn a_proxy_that_is_not_trusted() {
    let echo = Echo::start(false);
    let proxy = TestProxy::start(Kind::Https, echo.address);
    let named = Proxy::new("https://elsewhere.test").unwrap();
    for io in ALL {
        let options = options(named.clone()).addresses([proxy.address]);
        let error = unconnected(io, &request("ws://server.test/"), &options);
        let text = error.to_string();
        let start =
            format!("through https://elsewhere.test:443: {}: at the proxy: ", proxy.address);
        assert!(text.contains(&start), "{text}");
        assert!(text.contains("certificate is not for elsewhere.test"), "{text}");
        assert_eq!(error.stage(), ConnectStage::ProxyTls);
    }
    assert_eq!(echo.connections(), 0);
}

#[test]
fn a_name_that_no_socks_proxy_takes() {
    let proxy = TestProxy::start(Kind::Socks, closed());
    let url = format!("ws://{}test/", "label.".repeat(50));
    for io in ALL {
        let error = unconnected(io, &request(&url), &options(proxy.proxy()));
        assert!(matches!(error.proxy_error(), Some(ProxyError::HostTooLong)), "{error}");
    }
}

#[test]
fn a_deaf_server_behind_a_proxy() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = TestProxy::start(Kind::Http, listener.local_addr().unwrap());
    let named = Proxy::new("http://user:secret@proxy.test").unwrap();
    let options = options(named).addresses([proxy.address]);
    for io in ALL {
        let error = unconnected_with(short(), io, &request("wss://server.test/"), &options);
        // The handshake is not with the proxy, whose address this is.
        let expected = format!("the TLS handshake through {} took longer", proxy.address);
        assert!(error.to_string().contains(&expected), "{io:?}: {error}");
    }
}

/// Counts the writes.
struct Counting(TcpStream, usize);

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.1 += 1;
        self.0.write_vectored(pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn tls_over_tls_leaves_its_caller_the_clock() {
    let echo = Echo::start(true);
    let proxy = TestProxy::start(Kind::Https, echo.address);
    let request = request("wss://server.test/");
    let socket = blocking::dial(&request, Config::default(), &options(proxy.proxy())).unwrap();
    let mut stream = socket.into_parts().stream.map(|tcp| Counting(tcp, 0));
    for call in 0..20 {
        let before = stream.inner().1;
        let _ = if call % 4 == 3 { stream.flush() } else { stream.write(&[0; 60_000]).map(drop) };
        assert!(stream.inner().1 <= before + 1, "call {call}");
    }
    while stream.flush().is_err_and(|error| error.kind() == io::ErrorKind::Interrupted) {}
    assert!(stream.inner().1 > 0);
}
