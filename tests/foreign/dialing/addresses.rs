//! Several addresses of one host.

use std::future::poll_fn;
use std::net::TcpListener;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use websocket_proto::Config;
use websocket_proto::io::{ConnectStage, Dial, smol as for_smol, tokio as for_tokio};

use super::server::{CERTIFIED, Echo, closed};
use super::silent::Silent;
use super::{ALL, exchange, request, run, short, unconnected, unconnected_with};

#[test]
fn a_first_address_that_is_silent_holds_up_no_other() {
    let silent = Silent::on("[::1]:0");
    for secure in [false, true] {
        let echo = Echo::start(secure);
        let scheme = if secure { "wss" } else { "ws" };
        let options =
            Dial::new().addresses([silent.address, echo.address]).tls(CERTIFIED.client.clone());
        for io in ALL {
            let took = exchange(io, &request(&format!("{scheme}://server.test/")), &options);
            let took = took.unwrap_or_else(|error| panic!("{io:?}: {error}"));
            println!("{io:?}, {scheme}: connected in {took:?}");
            assert!(took >= Duration::from_millis(250), "{io:?}: {took:?}");
            assert!(took < Duration::from_secs(5), "{io:?}: {took:?}");
            silent.check_nobody_waits();
        }
        assert_eq!(echo.connections(), 3);
    }
}

#[test]
fn the_addresses_of_a_name_that_is_looked_up() {
    let silent = Silent::on("[::1]:0");
    let Ok(listener) = TcpListener::bind(("127.0.0.1", silent.address.port())) else { return };
    let echo = Echo::on(listener, false);
    for io in ALL {
        let url = format!("ws://localhost:{}/", echo.address.port());
        let took = exchange(io, &request(&url), &Dial::new()).unwrap();
        println!("{io:?}: connected in {took:?}");
        assert!(took < Duration::from_secs(5), "{io:?}: {took:?}");
    }
}

#[test]
fn addresses_that_are_all_silent_are_told_of() {
    let (one, two) = (Silent::on("[::1]:0"), Silent::on("127.0.0.1:0"));
    let options = Dial::new().addresses([one.address, two.address]);
    for io in ALL {
        let error = unconnected_with(short(), io, &request("ws://server.test/"), &options);
        let (one, two) = (one.address, two.address);
        let text = format!(
            "cannot connect to server.test:80: connecting to {one} and {two} took longer than \
             400ms (Config::handshake_timeout)"
        );
        assert_eq!(error.to_string(), text, "{io:?}");
        assert_eq!(error.pending(), [one, two], "{io:?}");
        assert_eq!((error.attempts().len(), error.stage()), (0, ConnectStage::Connect));
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    }
    one.check_nobody_waits();
    two.check_nobody_waits();
}

#[test]
fn one_that_is_silent_and_one_that_refuses() {
    let (silent, refused) = (Silent::on("[::1]:0"), closed());
    let options = Dial::new().addresses([silent.address, refused]);
    for io in ALL {
        let error = unconnected_with(short(), io, &request("ws://server.test/"), &options);
        let text = error.to_string();
        assert!(text.contains(&format!("{refused}: Connection refused")), "{io:?}: {text}");
        assert!(text.contains(&format!("; connecting to {} took", silent.address)), "{text}");
        assert_eq!(error.attempts().len(), 1);
        assert_eq!(error.pending(), [silent.address]);
    }
}

#[test]
fn addresses_that_refuse() {
    let addresses = [closed(), closed(), closed()];
    let echo = Echo::start(false);
    for io in ALL {
        let error =
            unconnected(io, &request("ws://server.test/"), &Dial::new().addresses(addresses));
        let tried: Vec<_> = error.attempts().map(|(address, _)| address).collect();
        assert_eq!(tried, addresses, "{io:?}");
        assert!(error.pending().is_empty());
        let options = Dial::new().addresses(addresses.into_iter().chain([echo.address]));
        // No attempt waits for the delay when one has failed.
        let took = exchange(io, &request("ws://server.test/"), &options).unwrap();
        println!("{io:?}: connected in {took:?} after {} failures", addresses.len());
        assert!(took < Duration::from_secs(5));
    }
}

#[test]
fn a_server_whose_tls_fails_is_the_only_one_that_is_asked() {
    let (plain, echo) = (Echo::start(false), Echo::start(true));
    let options =
        Dial::new().addresses([plain.address, echo.address]).tls(CERTIFIED.client.clone());
    for io in ALL {
        let error = unconnected(io, &request("wss://server.test/"), &options);
        assert_eq!(error.stage(), ConnectStage::Tls);
        assert!(error.to_string().contains(&format!("{}: TLS: ", plain.address)), "{error}");
        assert_eq!(error.attempts().len(), 1);
    }
    assert_eq!(echo.connections(), 0);
}

#[test]
fn a_future_that_is_dropped_leaves_no_socket() {
    let (one, two) = (Silent::on("[::1]:0"), Silent::on("127.0.0.1:0"));
    let options = Dial::new().addresses([one.address, two.address]);
    let request = request("ws://server.test/");
    macro_rules! drop_it {
        ($adapter:ident) => {
            async {
                let mut dialed = pin!($adapter::dial(&request, Config::default(), &options));
                poll_fn(|cx| {
                    assert!(dialed.as_mut().poll(cx).is_pending());
                    if two.is_asked() { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
            }
        };
    }
    run(drop_it!(for_tokio));
    one.check_nobody_waits();
    two.check_nobody_waits();
    smol::block_on(drop_it!(for_smol));
    one.check_nobody_waits();
    two.check_nobody_waits();
}
