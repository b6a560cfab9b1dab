//! Any answers of a proxy, and any variables that name one. Cuts must change nothing.

use arbitrary::Arbitrary;
use websocket_proto::handshake::Uri;
use websocket_proto::handshake::proxy::{Proxy, ProxyError, Tunnel, TunnelProgress};

use crate::cuts::Cuts;
use crate::ways::drawn;

/// The proxies whose answers are read.
const PROXIES: [&str; 3] = ["http://u:p@h", "socks5://h", "socks5://u:p@h"];

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    kind: u8,
    cuts: Cuts,
    /// The answers; or for the last kind a URL of a server, that of a proxy and a list of servers
    /// without one, with unit separators (U+001F) between them.
    bytes: &'b [u8],
}

/// What an exchange leads to: what was sent, how many bytes were the proxy's, and the error.
type Outcome = (Vec<u8>, Option<usize>, Option<ProxyError>);

impl Input<'_> {
    /// The fuzzer's bytes for these answers of the proxy.
    pub fn seeds(answers: &[u8]) -> [Vec<u8>; 3] {
        [0, 1, 2].map(|kind| [&[kind, 1, 0, 4, 255], answers].concat())
    }

    /// The fuzzer's bytes for these variables.
    pub fn seed_of_variables(url: &str, proxy: &str, no_proxy: &str) -> Vec<u8> {
        [&[3, 0, 0, 0, 0], [url, proxy, no_proxy].join("\u{1f}").as_bytes()].concat()
    }

    pub fn check(self) {
        match PROXIES.get(usize::from(self.kind % 4)) {
            Some(proxy) => self.check_answers(&Proxy::new(proxy).expect("a proxy")),
            None => check_variables(&String::from_utf8_lossy(self.bytes)),
        }
    }

    fn check_answers(&self, proxy: &Proxy) {
        let whole = self.play(proxy, Cuts::WHOLE);
        let len = self.bytes.len();
        for cuts in drawn(self.cuts.draw(len), self.cuts.variants(len)) {
            assert_eq!(self.play(proxy, cuts), whole, "{cuts:?}");
        }
        assert!(whole.0.len() < 256, "more is sent than is needed");
    }

    fn play(&self, proxy: &Proxy, cuts: Cuts) -> Outcome {
        let uri = "ws://h/".parse().expect("a URI");
        let mut tunnel = Tunnel::new(proxy, &uri).expect("a short name");
        let mut sent = tunnel.take_output();
        let mut left_over = None;
        for piece in cuts.reads(self.bytes) {
            let received = tunnel.receive(piece);
            sent.extend(tunnel.take_output());
            match received {
                Ok(TunnelProgress::NeedBytes) => assert_eq!(left_over, None),
                Ok(TunnelProgress::Open(bytes)) => {
                    assert!(piece.ends_with(&bytes), "other bytes than those that arrived");
                    *left_over.get_or_insert(0) += bytes.len();
                }
                Err(error) => {
                    assert_eq!(
                        (tunnel.receive(b"x"), tunnel.receive_eof()),
                        (Err(error.clone()), error)
                    );
                    return (sent, left_over, Some(tunnel.receive_eof()));
                }
            }
        }
        (sent, left_over, None)
    }
}

/// Checks that what is accepted is what was written, and that an error hides nothing else.
fn check_variables(text: &str) {
    let mut fields = text.split('\u{1f}');
    let mut next = || fields.next().unwrap_or_default();
    let (url, proxy, no_proxy) = (next(), next(), next());
    let Ok(uri) = url.parse::<Uri>() else { return };
    let parsed = Proxy::new(proxy.trim());
    if let Ok(proxy) = &parsed {
        let again = Proxy::new(&proxy.to_string()).expect("a proxy without credentials");
        assert_eq!(
            (again.host(), again.port(), again.scheme()),
            (proxy.host(), proxy.port(), proxy.scheme())
        );
    }
    let value = |name: &str| match name {
        "all_proxy" => Some(proxy.to_owned()),
        "no_proxy" => Some(no_proxy.to_owned()),
        _ => None,
    };
    if let Ok(Some(found)) = Proxy::from_variables(&uri, value) {
        assert_eq!(Ok(found), parsed);
        assert!(!no_proxy.split(',').any(|entry| entry == "*" || entry == uri.host()));
    }
}
