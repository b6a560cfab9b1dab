//! Clients behind a proxy.

use websocket_proto::handshake::proxy::{Proxy, ProxyError};
use websocket_proto::io::{ConnectStage, Dial};

use super::proxy::{KINDS, Kind, TestProxy};
use super::server::{CERTIFIED, Echo, closed};
use super::silent::Silent;
use super::{ALL, exchange, request, unconnected};

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
fn a_redirect_leads_through_the_proxy_again() {
    let echo = Echo::start(false);
    let proxy = TestProxy::start(Kind::Http, echo.address);
    // The addresses stay those of the proxy for every server.
    let options = options(proxy.proxy()).addresses([proxy.address]).follow_redirects(2);
    for io in ALL {
        exchange(io, &request("ws://server.test/"), &options).unwrap();
        assert_eq!(proxy.asked.recv().unwrap(), "server.test:80");
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
            assert!(error.to_string().contains("certificate is not for other.test"), "{error}");
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
        assert!(text.contains("through https://elsewhere.test:443: "), "{text}");
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
