//! Any header lists of HTTP/2, as requests and as responses. What is accepted has to be what the same
//! headers are in HTTP/1.1, and has to be accepted by the other side.

use arbitrary::Arbitrary;
use websocket_proto::handshake::{
    Acceptance, Agreed, ClientRequest, ExtendedConnect, ExtendedConnectError, ExtendedOpening,
    ExtendedResponseError,
};
use websocket_proto::{Config, Connection, Deflate, Event, Leniency, Outgoing, Progress, Time};

use crate::parameters::Parameters;
use crate::side::{Side, same_bytes};

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    flags: u8,
    policy: Parameters,
    offers: [Parameters; 2],
    /// Names and values, with unit separators (U+001F) between them.
    list: &'b [u8],
}

/// A field: its name and its value.
type Field<'b> = (&'b [u8], &'b [u8]);

/// What the client offers in the order of its preference.
const SUBPROTOCOLS: [&str; 2] = ["chat", "superchat"];

/// Fields that mean something else in HTTP/1.1, or nothing.
const ONLY_HTTP_1: [&[u8]; 7] = [
    b"host",
    b"sec-websocket-key",
    b"sec-websocket-accept",
    b"content-length",
    b"content-type",
    b"te",
    b"date",
];

impl Input<'_> {
    /// The fuzzer's bytes for a request with these fields.
    pub fn seed_of_request(fields: &[(&str, &str)]) -> Vec<u8> {
        let pseudo = [
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "https"),
            (":path", "/chat?a=b"),
            (":authority", "h:8443"),
            ("sec-websocket-version", "13"),
        ];
        seed(pseudo.iter().chain(fields))
    }

    /// The fuzzer's bytes for a response with these fields.
    pub fn seed_of_response(fields: &[(&str, &str)]) -> Vec<u8> {
        seed([(":status", "200")].iter().chain(fields))
    }

    pub fn check(self) {
        let fields: Vec<Field<'_>> = fields(self.list).collect();
        self.check_request(&fields);
        self.check_response(&fields);
    }

    fn check_request(&self, fields: &[Field<'_>]) {
        let found = ExtendedConnect::from_headers(fields.iter().copied());
        check_order(fields, found.as_ref().err().copied());
        let Ok(connect) = found else { return };
        let connect = connect.negotiate(&self.policy.policy());
        let request = connect.request();
        let regular = fields.iter().filter(|(name, _)| !name.starts_with(b":") && *name != b"host");
        let seen = request.headers().iter().filter(|header| header.name() != "Host");
        assert!(regular.copied().eq(seen.map(|header| (header.name().as_bytes(), header.value()))));
        assert!(request.target().starts_with('/') && !request.authority().is_empty());
        self.check_against_http_1(&connect, fields);
        let mut acceptance = Acceptance::new();
        if let Some(first) = request.subprotocols().next().filter(|_| self.flag(0)) {
            acceptance.set_subprotocol(first).expect("a token, as it was offered");
        }
        let response = connect.accept(&acceptance).expect("it was offered");
        check_names(&response);
        check_accepted(&connect, &response);
    }

    /// Checks that a server of HTTP/1.1 sees the same request in the same fields.
    fn check_against_http_1(&self, connect: &ExtendedConnect, fields: &[Field<'_>]) {
        let request = connect.request();
        let first =
            format!("GET {} HTTP/1.1\r\nHost: {}\r\n", request.target(), request.authority());
        let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        let head = [first.as_bytes(), upgrade.as_bytes(), &lines(fields), b"\r\n"].concat();
        let mut config = self.config();
        config.leniency = Leniency::default();
        let mut side = Side::new(Connection::server(config, Time::ZERO), Outgoing::new());
        side.incoming.push(&head);
        let Side { connection, incoming, outgoing } = &mut side;
        let progress = connection.receive(Time::ZERO, incoming, outgoing);
        assert_eq!(progress, Ok(Progress::Event), "{}", String::from_utf8_lossy(&head));
        let Some(Event::Request(seen)) = incoming.event() else { panic!("a request") };
        assert_eq!((seen.target(), seen.authority()), (request.target(), request.authority()));
        assert!(seen.subprotocols().eq(request.subprotocols()));
        assert_eq!(seen.origin(), request.origin());
        assert_eq!(seen.cookie("a"), request.cookie("a"));
        assert_eq!(seen.basic_credentials(), request.basic_credentials());
        connection.accept(Time::ZERO, &Acceptance::new(), outgoing).expect("it waits");
        assert_eq!(connection.deflate(), connect.deflate());
    }

    fn check_response(&self, fields: &[Field<'_>]) {
        let (request, offers) = (request(), self.offers.map(Parameters::offer));
        let opening = ExtendedOpening::new(&request, &offers).expect("no headers");
        let opening = opening.leniency(self.leniency());
        let found = opening.check(fields.iter().copied());
        let more = fields.iter().copied().chain([(&b"x-more"[..], &b"1"[..])]);
        assert_eq!(opening.check(more), found, "a header that means nothing");
        match found {
            Ok(agreed) => self.check_agreed(&agreed, fields),
            Err(ExtendedResponseError::Refused(status)) => {
                assert!((100..200).contains(&status) || (300..=999).contains(&status), "{status}");
            }
            Err(_) => {}
        }
    }

    /// Checks that a client of HTTP/1.1 agrees to the same for the same fields.
    fn check_agreed(&self, agreed: &Agreed, fields: &[Field<'_>]) {
        let offered = |name: &String| SUBPROTOCOLS.contains(&name.as_str());
        assert!(agreed.subprotocol.as_ref().is_none_or(offered), "{agreed:?}");
        let first = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
            Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
        let head = [&first[..], &lines(fields), b"\r\n"].concat();
        let mut outgoing = Outgoing::new();
        let connection =
            Connection::client(&request(), self.config(), Time::ZERO, &same_bytes, &mut outgoing);
        let mut side = Side::new(connection.expect("random bytes"), outgoing);
        side.incoming.push(&head);
        let Side { connection, incoming, outgoing } = &mut side;
        let progress = connection.receive(Time::ZERO, incoming, outgoing);
        assert_eq!(progress, Ok(Progress::Event), "{}", String::from_utf8_lossy(&head));
        let Some(Event::Open(response)) = incoming.event() else { panic!("a response") };
        assert_eq!(response.subprotocol(), agreed.subprotocol.as_deref());
        assert_eq!(connection.deflate(), agreed.deflate);
    }

    fn config(&self) -> Config {
        let (mut config, mut deflate) = (Config::default(), Deflate::default());
        deflate.policy = self.policy.policy();
        deflate.offer = self.offers[0].offer();
        deflate.fallback = Some(self.offers[1].offer());
        config.deflate = Some(deflate);
        config.limits.head = 1 << 20;
        config.limits.headers = 1 << 12;
        config.leniency = self.leniency();
        config
    }

    fn leniency(&self) -> Leniency {
        let mut leniency = Leniency::default();
        leniency.empty_lists = self.flag(1);
        leniency.unconfirmed_deflate = self.flag(2);
        leniency
    }

    const fn flag(&self, at: u8) -> bool {
        self.flags >> at & 1 == 1
    }
}

fn seed<'s>(fields: impl Iterator<Item = &'s (&'s str, &'s str)>) -> Vec<u8> {
    let fields: Vec<_> = fields.flat_map(|(name, value)| [*name, *value]).collect();
    [&[1, 0, 0x7F, 2, 0x7F, 0, 0x7F], fields.join("\u{1f}").as_bytes()].concat()
}

fn fields(list: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut parts = list.split(|byte| *byte == 0x1F);
    std::iter::from_fn(move || Some((parts.next()?, parts.next().unwrap_or_default())))
}

/// The fields that mean the same in HTTP/1.1, as lines of it.
fn lines(fields: &[Field<'_>]) -> Vec<u8> {
    let same = |name: &[u8]| !name.starts_with(b":") && !ONLY_HTTP_1.contains(&name);
    let fields = fields.iter().filter(|(name, _)| same(name));
    fields.flat_map(|(name, value)| [*name, b": ", *value, b"\r\n"].concat()).collect()
}

/// Checks that the order of the pseudo-headers changes nothing, as long as they come first.
fn check_order(fields: &[Field<'_>], error: Option<ExtendedConnectError>) {
    let pseudo = fields.iter().take_while(|(name, _)| name.starts_with(b":")).count();
    let (first, others) = fields.split_at(pseudo);
    let turned = first.iter().rev().chain(others).copied();
    assert_eq!(ExtendedConnect::from_headers(turned).err(), error, "in another order");
}

/// Checks the names of a header list (RFC 9113 §8.2).
fn check_names(response: &[(String, String)]) {
    assert_eq!(response[0], (":status".into(), "200".into()));
    for (name, value) in &response[1..] {
        assert!(
            !name.is_empty() && !name.contains(|it: char| it.is_ascii_uppercase() || it == ':')
        );
        assert!(!value.contains(['\r', '\n', '\0']), "{name}: {value:?}");
    }
}

/// Checks that a client that offered the same subprotocols accepts the response.
fn check_accepted(connect: &ExtendedConnect, response: &[(String, String)]) {
    let request = ClientRequest::new("ws://h/").expect("a URL");
    let request = connect
        .request()
        .subprotocols()
        .try_fold(request, |request, name| request.subprotocol(name))
        .expect("tokens that differ");
    let opening = ExtendedOpening::new(&request, &[]).expect("no headers");
    let without_extension = response.iter().filter(|(name, _)| name != "sec-websocket-extensions");
    let fields = without_extension.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let agreed = opening.check(fields).expect("a good response");
    let chosen = response.iter().find(|(name, _)| name == "sec-websocket-protocol");
    assert_eq!(agreed.subprotocol.as_ref(), chosen.map(|(_, value)| value));
}

fn request() -> ClientRequest {
    let request = ClientRequest::new("ws://h/").expect("a URL");
    SUBPROTOCOLS
        .iter()
        .try_fold(request, |request, name| request.subprotocol(name))
        .expect("tokens")
}
