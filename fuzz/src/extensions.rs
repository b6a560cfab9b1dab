//! Lists of extensions, as offers and as responses. Splitting a list over several headers must
//! change nothing, and both sides must arrive at the same parameters.

use arbitrary::Arbitrary;
use websocket_proto::handshake::{
    Acceptance, ClientRequest, DeflateOffer, DeflateParameters, DeflatePolicy, ExtendedConnect,
    ExtendedOpening, ExtendedResponseError,
};
use websocket_proto::{
    Config, Connection, Deflate, Event, Outgoing, Progress, ProtocolError, Time,
};

use crate::parameters::Parameters;
use crate::side::{Side, same_bytes};

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    policy: Parameters,
    offers: [Parameters; 2],
    /// The commas at which the list is split, one bit for each in turn.
    splits: u16,
    list: &'b [u8],
}

/// The agreed parameters, or why the handshake fails.
type Negotiated = Result<Option<DeflateParameters>, ProtocolError>;

impl Input<'_> {
    /// The fuzzer's bytes for this list.
    pub fn seed(list: &[u8]) -> Vec<u8> {
        [&[0, 0x7F, 0x7E, 0x7F, 0, 0x7F, 0xAA, 0xAA], list].concat()
    }

    pub fn check(self) {
        let list = header_value(self.list);
        let parts = split(&list, self.splits);
        let offers = self.offers.map(Parameters::offer);
        let whole = server(&[&list], self.policy.policy());
        assert_eq!(server(&parts, self.policy.policy()), whole, "a split offer");
        assert_eq!(server_in_http2(&parts, self.policy.policy()), whole.ok(), "an offer in HTTP/2");
        let whole = client(&[&list], offers);
        assert_eq!(client(&parts, offers), whole, "a split response");
        assert_eq!(client_in_http2(&parts, offers), whole, "a response in HTTP/2");
        if let Ok(Some(agreed)) = whole {
            assert!(offers.iter().any(|offer| fulfils(&agreed, offer)), "{agreed:?}, {offers:?}");
        }
        if let Ok(Some(agreed)) = client(&parts, [offers[0]; 2]) {
            assert!(fulfils(&agreed, &offers[0]), "{agreed:?}, {:?}", offers[0]);
        }
        let [client, server] = both_sides(self.policy.policy(), [offers[0]; 2]);
        assert_eq!(client, server, "{:?}, {:?}", self.policy.policy(), offers[0]);
        let [client, server] = both_sides(self.policy.policy(), offers);
        assert!(are_compatible(client, server), "{:?}, {offers:?}", self.policy.policy());
    }
}

/// Bytes that can be in the value of a header, without the spaces around it.
fn header_value(list: &[u8]) -> Vec<u8> {
    let bytes = list.iter().map(|byte| match byte {
        byte if byte.is_ascii_control() => b' ',
        byte => *byte,
    });
    bytes.collect::<Vec<u8>>().trim_ascii().into()
}

/// Cuts the list at some of the commas that are outside of quotes.
fn split(list: &[u8], splits: u16) -> Vec<&[u8]> {
    let (mut parts, mut start, mut commas) = (Vec::new(), 0, 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in list.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                if splits.rotate_right(commas) & 1 == 1 && parts.len() < 20 {
                    parts.push(list[start..at].trim_ascii());
                    start = at + 1;
                }
                commas += 1;
            }
            _ => {}
        }
    }
    parts.push(list[start..].trim_ascii());
    parts
}

fn lines(values: &[&[u8]]) -> Vec<u8> {
    let line = |value: &&[u8]| [b"Sec-WebSocket-Extensions: ", *value, b"\r\n"].concat();
    values.iter().flat_map(line).collect()
}

/// Negotiates as a server that receives these headers.
fn server(values: &[&[u8]], policy: DeflatePolicy) -> Negotiated {
    let head = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
    let mut side = new_server(policy);
    side.incoming.push(&[head.as_slice(), &lines(values), b"\r\n"].concat());
    receive_request(&mut side).map(|()| side.connection.deflate())
}

fn new_server(policy: DeflatePolicy) -> Side {
    let (mut config, mut deflate) = (long_heads(), Deflate::default());
    deflate.policy = policy;
    config.deflate = Some(deflate);
    Side::new(Connection::server(config, Time::ZERO), Outgoing::new())
}

/// Receives and accepts the request, which must be complete or invalid.
fn receive_request(side: &mut Side) -> Result<(), ProtocolError> {
    let Side { connection, incoming, outgoing } = side;
    let progress = connection.receive(Time::ZERO, incoming, outgoing)?;
    assert_eq!(progress, Progress::Event, "the whole request is there");
    assert!(matches!(incoming.event(), Some(Event::Request(_))));
    connection
        .accept(Time::ZERO, &Acceptance::new(), outgoing)
        .expect("the request waits for an answer");
    Ok(())
}

/// Negotiates as a server that receives these headers in HTTP/2.
fn server_in_http2(values: &[&[u8]], policy: DeflatePolicy) -> Option<Option<DeflateParameters>> {
    let head: [(&[u8], &[u8]); 6] = [
        (b":method", b"CONNECT"),
        (b":protocol", b"websocket"),
        (b":scheme", b"https"),
        (b":path", b"/"),
        (b":authority", b"h"),
        (b"sec-websocket-version", b"13"),
    ];
    let lists = values.iter().map(|value| (b"sec-websocket-extensions".as_slice(), *value));
    let request = ExtendedConnect::from_headers(head.into_iter().chain(lists)).ok()?;
    Some(request.negotiate(&policy).deflate())
}

/// Negotiates as a client that receives these headers in the response.
fn client(values: &[&[u8]], offers: [DeflateOffer; 2]) -> Negotiated {
    let head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    let mut side = new_client(offers);
    receive_response(&mut side, &[head.as_slice(), &lines(values), b"\r\n"].concat())
        .map(|()| side.connection.deflate())
}

/// Negotiates as a client that receives these headers in the response in HTTP/2.
fn client_in_http2(values: &[&[u8]], offers: [DeflateOffer; 2]) -> Negotiated {
    let request = ClientRequest::new("ws://h/").expect("a URL");
    let opening = ExtendedOpening::new(&request, &offers).expect("no headers");
    let lists = values.iter().map(|value| (b"sec-websocket-extensions".as_slice(), *value));
    let status = (b":status".as_slice(), b"200".as_slice());
    match opening.check([status].into_iter().chain(lists)) {
        Ok(agreed) => Ok(agreed.deflate),
        Err(ExtendedResponseError::Protocol(error)) => Err(error),
        Err(error) => panic!("{error}"),
    }
}

fn new_client(offers: [DeflateOffer; 2]) -> Side {
    let (mut config, mut deflate) = (long_heads(), Deflate::default());
    (deflate.offer, deflate.fallback) = (offers[0], Some(offers[1]));
    config.deflate = Some(deflate);
    let request = ClientRequest::new("ws://h/").expect("a URL");
    let mut outgoing = Outgoing::new();
    let connection = Connection::client(&request, config, Time::ZERO, &same_bytes, &mut outgoing);
    Side::new(connection.expect("random bytes"), outgoing)
}

/// Receives the response, which must be complete or invalid.
fn receive_response(side: &mut Side, response: &[u8]) -> Result<(), ProtocolError> {
    let Side { connection, incoming, outgoing } = side;
    incoming.push(response);
    let progress = connection.receive(Time::ZERO, incoming, outgoing)?;
    assert_eq!(progress, Progress::Event, "the whole response is there");
    assert!(matches!(incoming.event(), Some(Event::Open(_))));
    Ok(())
}

fn long_heads() -> Config {
    let mut config = Config::default();
    config.limits.head = 1 << 20;
    config
}

/// Whether the agreement confirms what the offer asked of the server and holds what it promised for
/// the client (RFC 7692 §7.1).
fn fulfils(agreed: &DeflateParameters, offer: &DeflateOffer) -> bool {
    agreed.server_no_context_takeover >= offer.server_no_context_takeover
        && agreed.client_no_context_takeover >= offer.client_no_context_takeover
        && agreed.server_max_window_bits <= offer.server_max_window_bits.unwrap_or_default()
        && agreed.client_max_window_bits <= offer.client_max_window_bits.unwrap_or_default()
}

/// The parameters at which our client and our server arrive with these offers.
fn both_sides(policy: DeflatePolicy, offers: [DeflateOffer; 2]) -> [Option<DeflateParameters>; 2] {
    let (mut client, mut server) = (new_client(offers), new_server(policy));
    server.incoming.push(&client.take_output());
    receive_request(&mut server).expect("a good request");
    let response = server.take_output();
    receive_response(&mut client, &response).expect("a good response");
    [client, server].map(|side| side.connection.deflate())
}

/// Whether the parameters of both sides are the same, except that the client may promise more, as
/// it cannot know which of its offers was accepted.
fn are_compatible(client: Option<DeflateParameters>, server: Option<DeflateParameters>) -> bool {
    let (Some(client), Some(server)) = (client, server) else { return client == server };
    client.server_no_context_takeover == server.server_no_context_takeover
        && client.server_max_window_bits == server.server_max_window_bits
        && client.client_no_context_takeover >= server.client_no_context_takeover
        && client.client_max_window_bits <= server.client_max_window_bits
}
