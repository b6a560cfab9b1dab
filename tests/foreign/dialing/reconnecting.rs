//! Clients that connect again, with options.

use websocket_proto::backoff::Backoff;
use websocket_proto::io::{Dial, Update, blocking, smol as for_smol, tokio as for_tokio};
use websocket_proto::{Config, Event};

use super::proxy::{Kind, TestProxy};
use super::server::{CERTIFIED, Echo};
use super::silent::Silent;
use super::{Io, request, run};

const SHORT: std::time::Duration = std::time::Duration::from_millis(5);

/// Connects twice, and has a message echoed each time.
fn connect_twice(io: Io, url: &str, options: Dial) {
    let (request, config, backoff) = (request(url), Config::default(), Backoff::default());
    macro_rules! updates {
        ($adapter:ident $(, $wait:tt)?) => {{
            let mut backoff = backoff;
            (backoff.first, backoff.first_delay_when_later) = (SHORT, SHORT);
            let mut client =
                $adapter::Reconnecting::with_options(request, config, options, backoff);
            let mut echoes = 0;
            while echoes < 2 {
                match client.receive()$(.$wait)?.unwrap() {
                    Update::Connected(_, writer) => writer.send_text("hello")$(.$wait)?.unwrap(),
                    Update::Event(Event::Text(text), writer) => {
                        assert_eq!(text, "hello");
                        echoes += 1;
                        // The server closes then, and says that it restarts.
                        drop(writer.send_text("restart")$(.$wait)?);
                    }
                    Update::Failed(error) => panic!("{error}"),
                    Update::GaveUp(reason) => panic!("{reason}"),
                    Update::Event(..) | Update::Lost(_) | Update::Waiting(_) => {}
                }
            }
        }};
    }
    match io {
        Io::Blocking => updates!(blocking),
        Io::Tokio => run(async { updates!(for_tokio, await) }),
        Io::Smol => smol::block_on(async { updates!(for_smol, await) }),
    }
}

#[test]
fn past_an_address_that_is_silent() {
    let (silent, echo) = (Silent::on("[::1]:0"), Echo::start(true));
    for io in super::ALL {
        let addresses = [silent.address, echo.address];
        let options = Dial::new().addresses(addresses).tls(CERTIFIED.client.clone());
        connect_twice(io, "wss://server.test/", options);
        silent.check_nobody_waits();
    }
    assert_eq!(echo.connections(), 6);
}

#[test]
fn through_a_proxy() {
    let echo = Echo::start(true);
    let proxy = TestProxy::start(Kind::Https, echo.address);
    for io in super::ALL {
        let options = Dial::new().proxy(proxy.proxy()).tls(CERTIFIED.client.clone());
        connect_twice(io, "wss://server.test/", options);
    }
    assert_eq!(proxy.asked.try_iter().count(), 6);
}
