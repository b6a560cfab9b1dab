//! Two connections that are joined in memory and negotiate compression.

use websocket_proto::handshake::{
    Acceptance, ClientRequest, DeflateOffer, DeflateParameters, DeflatePolicy, WindowBits,
};
use websocket_proto::{Config, Connection, Deflate, Event, Incoming, Outgoing, Progress, Time};

use crate::peer::records;
use crate::support::plain_entropy;

/// One end of a transport in memory.
struct End {
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
    texts: Vec<String>,
}

impl End {
    fn new(connection: Connection, outgoing: Outgoing) -> Self {
        Self { connection, incoming: Incoming::new(), outgoing, texts: Vec::new() }
    }

    /// Writes all output to the other end, which receives it.
    fn write_to(&mut self, other: &mut Self, acceptance: &Acceptance) -> usize {
        let bytes = self.outgoing.pending().concat();
        self.outgoing.advance(bytes.len());
        other.incoming.push(&bytes);
        while other.step() == Progress::Event {
            match other.incoming.event() {
                Some(Event::Request(_)) => {
                    other.connection.accept(Time::ZERO, acceptance, &mut other.outgoing).unwrap();
                }
                Some(Event::Text(text)) => other.texts.push(text.into()),
                _ => {}
            }
        }
        bytes.len()
    }

    fn step(&mut self) -> Progress {
        self.connection.receive(Time::ZERO, &mut self.incoming, &mut self.outgoing).unwrap()
    }

    fn send(&mut self, text: &str) {
        self.connection.send_text(text, &mut self.outgoing).unwrap();
    }
}

/// The parameters on which both sides agree, after some messages each way.
fn meet(
    client: Option<Deflate>,
    server: Option<Deflate>,
    acceptance: &Acceptance,
) -> Option<DeflateParameters> {
    let config = |deflate| {
        let mut config = Config::default();
        config.deflate = deflate;
        config
    };
    let request = ClientRequest::new("ws://h/c").unwrap();
    let mut outgoing = Outgoing::new();
    let opening =
        Connection::client(&request, config(client), Time::ZERO, &plain_entropy, &mut outgoing);
    let mut client = End::new(opening.unwrap(), outgoing);
    let mut server = End::new(Connection::server(config(server), Time::ZERO), Outgoing::new());
    assert_eq!(client.connection.deflate(), None);
    client.write_to(&mut server, acceptance);
    // The message follows the response in the same read.
    let texts = [3000, 100, 0, 3000].map(|len| String::from_utf8(records(len)).unwrap());
    server.send(&texts[0]);
    server.write_to(&mut client, acceptance);
    assert_eq!(client.texts, texts[..1]);

    let agreed = client.connection.deflate();
    assert_eq!(server.connection.deflate(), agreed);
    for text in &texts {
        client.send(text);
        server.send(text);
    }
    let written =
        [client.write_to(&mut server, acceptance), server.write_to(&mut client, acceptance)];
    assert_eq!(server.texts, texts);
    assert_eq!(client.texts[1..], texts);
    let compressed = written.map(|written| written < 6100);
    assert_eq!(compressed, [agreed.is_some(); 2], "{written:?}");
    agreed
}

fn some<T: Default>(change: impl FnOnce(&mut T)) -> Option<T> {
    let mut value = T::default();
    change(&mut value);
    Some(value)
}

fn on() -> Option<Deflate> {
    some(|_| ())
}

#[test]
fn both_sides_have_to_want_it() {
    let accept = Acceptance::new();
    assert_eq!(meet(on(), on(), &accept), Some(DeflateParameters::default()));
    assert_eq!(meet(on(), None, &accept), None);
    assert_eq!(meet(None, on(), &accept), None);
    assert_eq!(meet(None, None, &accept), None);
    assert_eq!(meet(on(), on(), &Acceptance::new().without_extensions()), None);
}

fn bits(bits: u8) -> WindowBits {
    WindowBits::new(bits).unwrap()
}

/// Every offer with every policy. Messages pass whatever is agreed on.
#[test]
fn offers_and_policies() {
    let offers = || {
        let windows = [None, Some(8), Some(9), Some(12), Some(15)];
        let of = move |(server, client): (Option<u8>, Option<u8>)| {
            [(false, false), (true, false), (false, true), (true, true)].map(|(own, theirs)| {
                let mut offer = DeflateOffer::default();
                offer.server_max_window_bits = server.map(bits);
                offer.client_max_window_bits = client.map(bits);
                (offer.server_no_context_takeover, offer.client_no_context_takeover) =
                    (own, theirs);
                offer
            })
        };
        windows
            .into_iter()
            .flat_map(move |server| windows.map(|client| (server, client)))
            .flat_map(of)
    };
    let policies = [(15, 15, false), (8, 9, false), (9, 8, true), (12, 10, true)].map(
        |(server, client, frugal)| {
            let mut policy = DeflatePolicy::default();
            policy.server_max_window_bits = bits(server);
            policy.client_max_window_bits = bits(client);
            policy.server_no_context_takeover = frugal;
            policy.client_no_context_takeover = frugal;
            policy.requires_client_max_window_bits = frugal;
            policy
        },
    );
    let mut agreements = 0;
    for offer in offers() {
        for policy in policies {
            let client = some(|deflate: &mut Deflate| deflate.offer = offer);
            let server = some(|deflate: &mut Deflate| deflate.policy = policy);
            let agreed = meet(client, server, &Acceptance::new());
            let impossible = offer.server_max_window_bits == Some(bits(8));
            let unasked =
                policy.requires_client_max_window_bits && offer.client_max_window_bits.is_none();
            assert_eq!(agreed.is_none(), impossible || unasked, "{offer} {policy:?}");
            if let Some(agreed) = agreed {
                agreements += 1;
                let promised = offer.client_max_window_bits.unwrap_or_default();
                assert!(agreed.client_max_window_bits <= promised);
                let asked = offer.server_max_window_bits.unwrap_or_default();
                assert!(agreed.server_max_window_bits <= asked);
                assert!(agreed.client_no_context_takeover >= offer.client_no_context_takeover);
                assert!(agreed.server_no_context_takeover >= offer.server_no_context_takeover);
            }
        }
    }
    assert!(agreements > 200, "{agreements}");
}

#[test]
fn fallback_where_the_first_offer_is_declined() {
    let first = some(|offer: &mut DeflateOffer| offer.server_max_window_bits = Some(bits(8)));
    let client = some(|deflate: &mut Deflate| {
        deflate.offer = first.unwrap();
        deflate.fallback = some(|offer: &mut DeflateOffer| offer.client_no_context_takeover = true);
    });
    let agreed = meet(client, on(), &Acceptance::new()).unwrap();
    assert!(agreed.client_no_context_takeover);
    assert_eq!(agreed.server_max_window_bits, WindowBits::MAX);
}
