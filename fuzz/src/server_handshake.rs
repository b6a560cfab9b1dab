//! Any requests, with frames after them. Neither cuts nor the moment at which the application
//! answers may change anything.

use arbitrary::Arbitrary;
use websocket_proto::handshake::accept_value;
use websocket_proto::{Config, Connection, Deflate, EndCause, Outgoing, Progress, Time};

use crate::cuts::Cuts;
use crate::observed::Observed;
use crate::parameters::Parameters;
use crate::player::{Decision, Handling, InputEnd, Options, Player};
use crate::side::{Party, Side};
use crate::ways::drawn;

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    flags: u8,
    policy: Parameters,
    head: u16,
    headers: u8,
    cuts: Cuts,
    /// A request and what follows it.
    bytes: &'b [u8],
}

impl Input<'_> {
    /// The fuzzer's bytes for this input.
    pub fn seed(bytes: &[u8]) -> Vec<u8> {
        [&[0, 0, 0x7F, 0, 8, 64, 3, 0, 40, 255], bytes].concat()
    }

    pub fn check(self) {
        let whole = self.play(Cuts::WHOLE, Handling::PLAIN);
        for answers_late in [false, true] {
            let handling = Handling {
                copies_input: self.flag(0),
                lends_contexts: self.flag(1),
                answers_late,
                takes_owned: answers_late,
            };
            let cuts = self.cuts.variants(self.bytes.len());
            for cuts in drawn(self.cuts.draw(self.bytes.len() + usize::from(answers_late)), cuts) {
                assert_eq!(self.play(cuts, handling), whole, "{cuts:?}, {handling:?}");
            }
        }
        check_sent(&whole, self.asks_with_head());
        if let Some(Observed::Head(_, headers)) = whole.first() {
            check_request(self.bytes, headers);
        }
    }

    fn play(&self, cuts: Cuts, handling: Handling) -> Vec<Observed> {
        let config = self.config();
        let most = 2 * (config.limits.message as usize).max(config.limits.head as usize) + 1024;
        // Bytes that arrive before the answer wait in the window.
        let heap = |received| if handling.answers_late { received + most } else { most };
        let side = Side::new(Connection::server(config, Time::ZERO), Outgoing::new());
        let end = if self.flag(2) { InputEnd::Silence } else { InputEnd::Eof };
        let decision = match self.flags >> 6 {
            0 => Decision::Accepts,
            1 => Decision::AcceptsFirstSubprotocol,
            2 => Decision::Rejects,
            _ => Decision::Silence,
        };
        let options = Options { end, decision, handling, ..Options::default() };
        Player::new(side, None, options).play(cuts.reads(self.bytes), heap)
    }

    fn config(&self) -> Config {
        let mut config = Config::default();
        config.limits.head = self.head.into();
        config.limits.headers = self.headers.into();
        config.limits.message = 1000;
        config.leniency.bare_lf = self.flag(3);
        config.leniency.unmasked_frames = self.flag(4);
        config.leniency.any_key_length = self.flag(4);
        config.leniency.any_subprotocol = self.flag(4);
        config.health_check = self.policy.has_free_flag().then_some("/healthz");
        config.deflate = self.flag(5).then(|| {
            let mut deflate = Deflate::default();
            deflate.policy = self.policy.policy();
            deflate
        });
        config
    }

    /// Whether the server sees that the method of the request is HEAD, before anything is wrong.
    fn asks_with_head(&self) -> bool {
        let line_ends: &[&[u8]] = if self.flag(3) { &[b"\r\n", b"\n"] } else { &[b"\r\n"] };
        let after_empty_line = line_ends.iter().find_map(|end| self.bytes.strip_prefix(*end));
        let request = after_empty_line.unwrap_or(self.bytes);
        request.starts_with(b"HEAD ") && self.head >= 5
    }

    const fn flag(&self, at: u8) -> bool {
        self.flags >> at & 1 == 1
    }
}

/// Checks that another parser reads the same headers from a request that was accepted as valid.
fn check_request(bytes: &[u8], headers: &[(String, Vec<u8>)]) {
    let mut parsed = [httparse::EMPTY_HEADER; 256];
    let mut request = httparse::Request::new(&mut parsed);
    let bytes = as_version_1_1(bytes);
    request.parse(&bytes).expect("a good head").unwrap();
    let parsed = request.headers.iter().map(|header| (header.name, header.value));
    assert!(parsed.eq(headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()))));
}

/// Replaces the version by HTTP/1.1. Versions 1.2 to 1.9 count as 1.1, but the other parser refuses
/// them.
fn as_version_1_1(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let version = bytes.windows(7).position(|seven| seven == b"HTTP/1.");
    bytes[version.expect("a version") + 7] = b'1';
    bytes
}

/// Checks that the output is one valid response, followed, if it is a 101, by frames that a client
/// accepts. That to HEAD has no body (RFC 9110 §9.3.2).
fn check_sent(log: &[Observed], to_head: bool) {
    let sent: Vec<&[u8]> = log.iter().filter_map(sent_bytes).collect();
    let sent = sent.concat();
    if sent.is_empty() {
        return;
    }
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut response = httparse::Response::new(&mut headers);
    let head = response.parse(&sent).expect("a good head").unwrap();
    let header = |name: &str| {
        let mut found = response.headers.iter().filter(|header| header.name == name);
        let value = found.next().map(|header| str::from_utf8(header.value).expect("ASCII"));
        assert!(found.next().is_none(), "two of {name}");
        value
    };
    if response.code == Some(101) {
        let value = header("Sec-WebSocket-Accept").expect("an accept value");
        assert!(expected_accept_value(log).is_none_or(|expected| expected == value), "{value}");
        return check_frames(&sent[head..]);
    }
    let body = &sent[head..];
    let Some(length) = header("Content-Length") else {
        return assert!(to_head && body.is_empty(), "{log:?}");
    };
    let length = length.parse();
    if response.code == Some(200) {
        let is_check = |told: &Observed| matches!(told, Observed::Ended(ending) if ending.cause == EndCause::HealthCheck);
        assert!(log.iter().any(is_check) && length == Ok(3), "{log:?}");
        return assert_eq!(body, if to_head { &b""[..] } else { b"ok\n" }, "{log:?}");
    }
    assert!(length == Ok(body.len()) && !(to_head && length != Ok(0)), "{log:?}");
    assert!(matches!(response.code, Some(400..600)), "{:?}", response.code);
}

const fn sent_bytes(told: &Observed) -> Option<&[u8]> {
    match told {
        Observed::SentBytes(bytes) => Some(bytes.as_slice()),
        _ => None,
    }
}

/// The value of `Sec-WebSocket-Accept` for the key of the request; `None` for a key of another length,
/// which only a server with a leniency takes.
fn expected_accept_value(log: &[Observed]) -> Option<String> {
    let Some(Observed::Head(_, headers)) = log.first() else { panic!("a 101 without a request") };
    let key = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Sec-WebSocket-Key"));
    let value = accept_value(str::from_utf8(&key?.1).ok()?)?;
    Some(str::from_utf8(&value).expect("ASCII").into())
}

fn check_frames(sent: &[u8]) {
    let Side { mut connection, mut incoming, mut outgoing } =
        Side::open(Party::Client, None, Config::default());
    incoming.push(sent);
    while connection.receive(Time::ZERO, &mut incoming, &mut outgoing).expect("good frames")
        == Progress::Event
    {}
}
