//! Promises of the core that were broken once. Each test is named after what holds since.

mod support;

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use support::{ManualConnection, cases, continuation, frame, masked, ping, plain_entropy, text};
use websocket_proto::frame::OpCode;
use websocket_proto::handshake::{
    Acceptance, AnswerError, ClientRequest, ExtendedConnect, ExtendedConnectError, Rejection,
};
use websocket_proto::{
    CloseCode, Config, Connection, Delivery, Event, Incoming, Keepalive, Message, MessageKind,
    Outgoing, Prepared, Progress, Role, Time,
};

/// A server receives `before`, loses its receive memory with all that is in it, and goes on with
/// `after` in a new one.
#[track_caller]
fn memory_is_lost(before: &[&[u8]], after: &[u8]) {
    let mut server = ManualConnection::server(Config::default());
    for bytes in before {
        assert!(server.receive(bytes).is_empty(), "nothing is whole yet");
    }
    server.incoming = Incoming::new();
    assert!(server.receive(after).is_empty(), "nothing more is delivered");
    server.connection.receive_eof();
    assert_eq!(server.events(), ["ended ForeignMemory"]);
    let sent = server.take_all_output();
    assert_eq!(server.words(&sent), ["sends close 1011 \"\""]);
}

#[test]
fn a_character_is_not_put_together_over_two_memories() {
    let begun = masked(false, OpCode::Text, [0x61, 0xC3]);
    let rest = continuation(true, [0xA9, 0x62]);
    memory_is_lost(&[&begun], &rest);
    // The end of the window cuts the header as well.
    memory_is_lost(&[&begun, &rest[..2]], &rest[2..]);
    memory_is_lost(&[&begun], &[ping(""), rest].concat());
}

#[test]
fn a_control_frame_is_not_put_together_over_two_memories() {
    let whole = ping([7; 100]);
    let (begun, rest) = whole.split_at(60);
    memory_is_lost(&[begun], rest);
}

#[test]
fn what_was_read_straight_for_another_message_is_not_taken() {
    let long = masked(true, OpCode::Binary, vec![b'x'; 1 << 20]);
    for begun in [vec![], masked(false, OpCode::Text, "abc"), text("abc")[..7].to_vec()] {
        let mut other = ManualConnection::server(Config::default());
        assert!(other.receive(&begun).is_empty());
        let mut owner = ManualConnection::server(Config::default());
        assert!(owner.receive(&long[..20_000]).is_empty());
        other.incoming = owner.incoming;
        assert!(other.receive([0x80; 40_000]).is_empty());
        other.connection.receive_eof();
        assert_eq!(other.events(), ["ended ForeignMemory"]);
    }
}

#[test]
fn a_head_is_not_put_together_over_two_memories() {
    let mut server = ManualConnection::awaiting_request(Config::default());
    assert!(server.receive(b"GET /c HTTP/1.1\r\nHost: h\r\n").is_empty());
    server.incoming = Incoming::new();
    assert!(server.receive(b"Upgrade: websocket\r\n\r\n").is_empty());
    assert!(server.take_all_output().starts_with(b"HTTP/1.1 500 "));
    server.connection.receive_eof();
    assert_eq!(server.events(), ["ended ForeignMemory"]);
}

#[test]
fn what_another_connection_left_is_dropped_by_one_that_has_begun_nothing() {
    let left = [
        masked(false, OpCode::Text, [0x61, 0xC3]),
        ping([7; 100])[..60].to_vec(),
        masked(true, OpCode::Binary, [7; 9])[..9].to_vec(),
    ];
    for left in left {
        let mut dead = ManualConnection::server(Config::default());
        assert!(dead.receive(&left).is_empty());
        let mut server = ManualConnection::server(Config::default());
        server.incoming = dead.incoming;
        assert_eq!(server.receive(masked(false, OpCode::Text, "a")), [] as [&str; 0]);
        let rest = [ping("b"), continuation(true, "c")].concat();
        assert_eq!(server.receive(&rest), ["ping \"b\"", "text \"ac\""]);
    }
}

/// Connections of both roles, and receive memories that are given to them at random.
struct Mixed {
    connections: Vec<(Connection, Outgoing, Vec<u8>)>,
    memories: Vec<Incoming>,
}

const MEMORIES: usize = 3;

impl Mixed {
    fn new() -> Self {
        let roles = [Role::Server, Role::Client(&plain_entropy)];
        let deliveries = [Delivery::Whole, Delivery::Streaming];
        let connections = roles.iter().flat_map(|role| {
            deliveries.iter().flat_map(|delivery| {
                let mut config = Config::default();
                config.delivery = *delivery;
                config.keepalive = None;
                let plain = Connection::established(*role, None, config, Time::ZERO);
                let compressing = compressing(*role, config);
                config.leniency.unchecked_text = true;
                let unchecked = Connection::established(*role, None, config, Time::ZERO);
                [Some(plain), Some(unchecked), compressing].into_iter().flatten()
            })
        });
        let mut connections: Vec<_> = connections.collect();
        connections.push(Connection::server(Config::default(), Time::ZERO));
        let connections =
            connections.into_iter().map(|it| (it, Outgoing::new(), Vec::new())).collect();
        Self { connections, memories: (0..MEMORIES).map(|_| Incoming::new()).collect() }
    }

    fn act(&mut self, act: &Act) {
        let at = usize::from(act.connection) % self.connections.len();
        let (connection, outgoing, unread) = &mut self.connections[at];
        let incoming = &mut self.memories[usize::from(act.memory) % MEMORIES];
        unread.extend(act.sends.bytes(connection.is_client()));
        let most = unread.len() - unread.len() * usize::from(act.kept) / 255;
        for piece in unread.drain(..most).collect::<Vec<_>>().chunks(5000) {
            arrives(piece, act.tidies, incoming);
        }
        match act.takes % 7 {
            0 => incoming.lend_window(vec![0; usize::from(act.kept) * 40]),
            1 => drop(incoming.take_back_window()),
            _ => {}
        }
        for _ in 0..usize::from(act.calls) {
            let progress = connection.receive(Time::ZERO, incoming, outgoing);
            if progress == Ok(Progress::Event) {
                check_event(incoming, act.takes);
            }
            outgoing.advance(usize::MAX);
        }
    }
}

#[cfg(feature = "deflate")]
fn compressing(role: Role, config: Config) -> Option<Connection> {
    let agreed = websocket_proto::handshake::DeflateParameters::default();
    Some(Connection::established(role, Some(agreed), config, Time::ZERO))
}

#[cfg(not(feature = "deflate"))]
fn compressing(_: Role, _: Config) -> Option<Connection> {
    None
}

/// Bytes arrive: read by a transport into the window, or pushed.
fn arrives(mut piece: &[u8], read: bool, incoming: &mut Incoming) {
    while read && !piece.is_empty() {
        let space = incoming.space();
        let len = space.len().min(piece.len());
        if len == 0 {
            break;
        }
        space[..len].copy_from_slice(&piece[..len]);
        incoming.commit(len);
        piece = &piece[len..];
    }
    incoming.push(piece);
}

/// Checks that everything that claims to be text is UTF-8.
fn check_event(incoming: &mut Incoming, takes: u8) {
    match incoming.event() {
        Some(Event::Text(text) | Event::Close { reason: text, .. }) => check_text(text),
        Some(Event::Binary(data) | Event::MessageChunk(data)) => data.fill(0xFF),
        Some(Event::Request(request)) => check_text(&format!("{request:?}")),
        Some(_) | None => {}
    }
    match takes % 3 {
        0 => {
            let taken = incoming.take_message();
            if let Some(Message::Text(text) | Message::Close { reason: text, .. }) = taken {
                check_text(&text);
            }
        }
        1 => drop(incoming.take_payload()),
        _ => {}
    }
}

fn check_text(text: &str) {
    assert!(str::from_utf8(text.as_bytes()).is_ok(), "{:02x?}", text.as_bytes());
}

/// One of the connections receives some bytes, in one of the memories.
#[derive(Clone, Debug)]
struct Act {
    connection: u8,
    memory: u8,
    sends: Sends,
    /// Which part of the bytes arrives later, in 255ths.
    kept: u8,
    calls: u8,
    tidies: bool,
    takes: u8,
}

/// Something that the peer sends.
#[derive(Clone, Debug)]
enum Sends {
    Frame { fin: bool, opcode: u8, compressed: bool, payload: Vec<u8> },
    Long { fin: bool, opcode: u8, text: u8, len: u16 },
    Close(Vec<u8>),
    Head(usize),
    Nothing,
}

impl Sends {
    fn bytes(&self, to_client: bool) -> Vec<u8> {
        let frame = if to_client { frame } else { masked };
        match self {
            Self::Frame { fin, opcode, compressed: is_compressed, payload } => {
                let mut bytes = frame(*fin, data_opcode(*opcode), payload.clone());
                bytes[0] |= u8::from(*is_compressed) << 6;
                bytes
            }
            Self::Long { fin, opcode, text, len } => {
                let text = ["x", "é", "€"][usize::from(*text % 3)];
                frame(*fin, data_opcode(*opcode), text.repeat(usize::from(*len)).into_bytes())
            }
            Self::Close(payload) => frame(true, OpCode::Close, payload.clone()),
            Self::Head(cut) => REQUEST[..*cut % REQUEST.len()].into(),
            Self::Nothing => Vec::new(),
        }
    }
}

const REQUEST: &[u8] = b"GET /c HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

fn data_opcode(choice: u8) -> OpCode {
    match choice % 8 {
        0..=2 => OpCode::Text,
        3 => OpCode::Binary,
        4 => OpCode::Ping,
        _ => OpCode::Continuation,
    }
}

/// A piece of text, often cut inside a character.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop_oneof![
        Just(b'a'),
        Just(0xC3),
        Just(0xA9),
        Just(0xE2),
        Just(0x82),
        Just(0xAC),
        any::<u8>(),
    ];
    prop_oneof![
        vec(bytes, 0..6),
        Just(vec![0x61, 0xC3]),
        Just(vec![0xA9, 0x62]),
        Just("héé€".repeat(20).into_bytes()),
        // Both are compressed data: the two halves of `é`, each after an `a`.
        Just(vec![0x4A, 0x3C, 0x0C, 0x00]),
        Just(vec![0x5A, 0x99, 0x04, 0x00]),
    ]
}

fn sends() -> impl Strategy<Value = Sends> {
    prop_oneof![
        8 => (any::<bool>(), any::<u8>(), 0..8_u8, piece()).prop_map(|(fin, opcode, choice, payload)| {
            Sends::Frame { fin, opcode, compressed: choice == 0, payload }
        }),
        2 => (any::<bool>(), any::<u8>(), any::<u8>(), 0..40_000_u16)
            .prop_map(|(fin, opcode, text, len)| Sends::Long { fin, opcode, text, len }),
        1 => piece().prop_map(|reason| Sends::Close([vec![0x03, 0xE8], reason].concat())),
        1 => any::<usize>().prop_map(Sends::Head),
        2 => Just(Sends::Nothing),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let choices = (0..3_u8, 0..8_u8, prop_oneof![2 => Just(0), 1 => any::<u8>()]);
    let rest = (0..6_u8, any::<bool>(), any::<u8>());
    // The first three connections and memories are likelier, so that they meet.
    (choices, any::<u8>(), sends(), rest).prop_map(
        |((memory, connection, kept), other, sends, (calls, tidies, takes))| Act {
            connection: if connection < 6 { connection % 3 } else { other },
            memory,
            sends,
            kept,
            calls,
            tidies,
            takes,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(400),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn text_is_utf8_whatever_memory_it_is_received_in(acts in vec(act(), 0..60)) {
        let mut mixed = Mixed::new();
        for act in &acts {
            mixed.act(act);
        }
    }
}

#[test]
fn pongs_after_a_close_frame_cost_no_more_than_others() {
    let mut config = Config::default();
    config.limits.output = usize::MAX;
    let mut server = ManualConnection::server(config);
    for _ in 0..32_000 {
        server.connection.send_binary(&[], &mut server.outgoing).unwrap();
    }
    server.connection.start_close(Time::ZERO, CloseCode::NORMAL, "", &mut server.outgoing).unwrap();
    server.outgoing.advance(64_001);
    // Walking over all frames in the queue each time would take minutes.
    let pings = ping("").repeat(300_000);
    assert_eq!(server.receive(&pings).len(), 300_000);
    assert_eq!(server.take_all_output().len(), 3, "no pong after the Close frame");
}

#[test]
fn an_outgoing_that_a_close_frame_left_serves_the_next_connection() {
    let mut first = ManualConnection::server(Config::default());
    first.connection.start_close(Time::ZERO, CloseCode::NORMAL, "", &mut first.outgoing).unwrap();
    first.take_all_output();
    assert_eq!(first.receive(ping("late")), ["ping \"late\""]);
    assert!(first.outgoing.is_empty(), "nothing after the Close frame");
    let mut second = ManualConnection::server(Config::default());
    second.outgoing = first.outgoing;
    assert_eq!(second.receive(ping("a")), ["ping \"a\""]);
    let sent = second.take_all_output();
    assert_eq!(second.words(&sent), ["sends pong \"a\""]);
}

/// Something that a connection goes through, for the last time or before.
#[derive(Clone, Copy, Debug)]
enum Happens {
    Sends(u16),
    SendsShared,
    BeginsMessage,
    IsPinged,
    Closes,
    IsClosed,
    MeetsViolation,
    LosesStream,
    IsAborted,
    Writes(u16),
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        (0..2000_u16).prop_map(Happens::Sends),
        Just(Happens::SendsShared),
        Just(Happens::BeginsMessage),
        Just(Happens::IsPinged),
        Just(Happens::Closes),
        Just(Happens::IsClosed),
        Just(Happens::MeetsViolation),
        Just(Happens::LosesStream),
        Just(Happens::IsAborted),
        (0..300_u16).prop_map(Happens::Writes),
    ]
}

/// A connection of one of the kinds there are.
fn of_kind(kind: u8) -> ManualConnection {
    match kind % 4 {
        0 => ManualConnection::server(Config::default()),
        1 => ManualConnection::client(Config::default()),
        2 => {
            let mut server = ManualConnection::awaiting_request(Config::default());
            assert_eq!(server.receive(REQUEST), ["request /c"]);
            server
        }
        _ => match compressing(Role::Server, Config::default()) {
            Some(connection) => ManualConnection::new(connection, Outgoing::new()),
            None => ManualConnection::server(Config::default()),
        },
    }
}

/// Plays, and returns what was written.
fn play(connection: &mut ManualConnection, story: &[Happens]) -> Vec<u8> {
    let is_client = connection.connection.is_client();
    let sent = |opcode, payload: &[u8]| {
        if is_client { frame(true, opcode, payload) } else { masked(true, opcode, payload) }
    };
    let mut written = Vec::new();
    for happens in story {
        let ManualConnection { connection: own, outgoing, .. } = &mut *connection;
        match *happens {
            Happens::Sends(len) => own.send_binary(&vec![7; len.into()], outgoing).unwrap_or(()),
            Happens::SendsShared => {
                own.send_prepared(&Prepared::binary(&[7; 1000]), outgoing).unwrap_or(());
            }
            Happens::BeginsMessage => own.start_message(MessageKind::Text).unwrap_or(()),
            Happens::IsPinged => drop(connection.receive(sent(OpCode::Ping, b"?"))),
            Happens::Closes => {
                own.start_close(Time::ZERO, CloseCode::NORMAL, "", outgoing).unwrap_or(());
            }
            Happens::IsClosed => drop(connection.receive(sent(OpCode::Close, &[3, 232]))),
            Happens::MeetsViolation => drop(connection.receive([0xFF, 0])),
            Happens::LosesStream => own.handle_transport_failure(outgoing),
            Happens::IsAborted => own.abort(outgoing),
            Happens::Writes(most) => written.extend(connection.take_output(most.into())),
        }
        let _ = connection.events();
    }
    written.extend(connection.take_all_output());
    written
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(400),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever the send memory went through, the next connection sends what it would send with a
    /// new one.
    #[test]
    fn a_send_memory_that_is_used_again_is_as_good_as_new(
        kinds in any::<(u8, u8)>(),
        before in vec(happens(), 0..12),
        after in vec(happens(), 0..12),
    ) {
        let mut first = of_kind(kinds.0);
        play(&mut first, &before);
        prop_assert!(first.outgoing.is_empty());
        let (mut second, mut fresh) = (of_kind(kinds.1), of_kind(kinds.1));
        second.outgoing = first.outgoing;
        prop_assert_eq!(play(&mut second, &after), play(&mut fresh, &after));
        prop_assert!(second.outgoing.is_empty());
    }
}

#[test]
fn extended_connect_refuses_what_would_be_another_field() {
    const REQUEST: [(&[u8], &[u8]); 6] = [
        (b":method", b"CONNECT"),
        (b":protocol", b"websocket"),
        (b":scheme", b"https"),
        (b":path", b"/chat"),
        (b":authority", b"example.com"),
        (b"sec-websocket-version", b"13"),
    ];
    let with = |name: &'static [u8], value: &'static [u8]| {
        ExtendedConnect::from_headers(REQUEST.into_iter().chain([(name, value)])).map(drop)
    };
    assert_eq!(with(b"x-id", b"a b\t\xC3\xA9"), Ok(()));
    for value in [&b"a\r\nx: y"[..], b"a\rb", b"a\nb", b"a\0b", b" a", b"a\t"] {
        for name in [&b"origin"[..], b"x-id", b"sec-websocket-extensions"] {
            assert_eq!(with(name, value), Err(ExtendedConnectError::Malformed), "{value:02x?}");
        }
    }
    for name in [&b""[..], b"x id", b"x\r\ny", b"x\0", b"x:y", b"X-Id", b"\xC3\xA9", b"x\x7F"] {
        assert_eq!(with(name, b"a"), Err(ExtendedConnectError::Malformed), "{name:02x?}");
    }
}

/// The headers of a request that are not those of the handshake.
fn added(request: &ClientRequest) -> String {
    let mut outgoing = Outgoing::new();
    Connection::client(request, Config::default(), Time::ZERO, &plain_entropy, &mut outgoing)
        .unwrap();
    let head = String::from_utf8(outgoing.pending().concat()).unwrap();
    let own = ["GET", "Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Ver"];
    let lines = head.lines().filter(|line| !own.iter().any(|own| line.starts_with(own)));
    lines.collect::<Vec<_>>().join("|")
}

#[test]
fn what_the_caller_added_does_not_cross_origins_unless_asked_to() {
    let request = ClientRequest::new("wss://h/").unwrap();
    let headers = [
        ("Proxy-Authorization", "Basic x"),
        ("User-Agent", "u"),
        ("X-Api-Key", "k"),
        ("Accept-Language", "de"),
        ("X-Id", "7"),
        ("Cookie", "c=d"),
        ("Authorization", "Bearer t"),
    ];
    let request = headers
        .into_iter()
        .try_fold(request, |request, (name, value)| request.header(name, value))
        .unwrap();
    let all = "User-Agent: u|Authorization: Bearer t|Cookie: c=d|Proxy-Authorization: Basic x|\
               X-Api-Key: k|Accept-Language: de|X-Id: 7|";
    assert_eq!(added(&request.redirected("/other").unwrap()), all);
    for elsewhere in ["wss://other/", "wss://h:444/", "//h.h/"] {
        let next = request.redirected(elsewhere).unwrap();
        assert_eq!(added(&next), "User-Agent: u|Accept-Language: de|", "{elsewhere}");
        let back = next.redirected("wss://h/").unwrap();
        assert_eq!(added(&back), "User-Agent: u|Accept-Language: de|");
    }
    let asked = request.keep_header("x-id").keep_header("Cookie");
    let next = asked.redirected("wss://other/").unwrap();
    assert_eq!(added(&next), "User-Agent: u|Cookie: c=d|Accept-Language: de|X-Id: 7|");
    assert_eq!(added(&next.redirected("wss://third/").unwrap()), added(&next));
}

#[test]
fn an_interval_of_zero_pings_never() {
    let mut config = Config::default();
    let mut keepalive = Keepalive::default();
    keepalive.interval = Duration::ZERO;
    config.keepalive = Some(keepalive);
    let mut server = ManualConnection::server(config);
    assert_eq!(server.connection.poll_timeout(), None);
    assert!(server.at(Duration::from_secs(3600)).is_empty());
    assert!(server.outgoing.is_empty() && server.connection.is_open());
}

/// A client whose request is refused, with a body that ends with the stream.
fn refused() -> ManualConnection {
    let (request, mut outgoing) = (ClientRequest::new("ws://h/c").unwrap(), Outgoing::new());
    let config = Config::default();
    let client =
        Connection::client(&request, config, Time::ZERO, &plain_entropy, &mut outgoing).unwrap();
    let mut client = ManualConnection::new(client, outgoing);
    assert!(client.receive(b"HTTP/1.1 404 x\r\n\r\nsome of").is_empty());
    client
}

#[test]
fn a_body_that_a_failure_or_a_deadline_cuts_is_truncated() {
    let mut whole = refused();
    whole.connection.receive_eof();
    assert_eq!(whole.events()[0], "refused 404 \"some of\"");
    let mut broken = refused();
    broken.connection.handle_transport_failure(&mut broken.outgoing);
    assert_eq!(broken.events()[0], "refused 404 \"some of\" truncated");
    let mut late = refused();
    assert_eq!(late.at(Duration::from_secs(10))[0], "refused 404 \"some of\" truncated");
}

#[test]
fn the_longest_body_overflows_nothing() {
    let mut config = Config::default();
    config.limits.refusal_body = u32::MAX;
    let (request, mut outgoing) = (ClientRequest::new("ws://h/c").unwrap(), Outgoing::new());
    let client =
        Connection::client(&request, config, Time::ZERO, &plain_entropy, &mut outgoing).unwrap();
    let mut client = ManualConnection::new(client, outgoing);
    let refusal = b"HTTP/1.1 404 x\r\nContent-Length: 1\r\n\r\na";
    assert_eq!(client.receive(refusal)[0], "refused 404 \"a\"");
}

/// Each limit alone at its highest, and all of them.
#[test]
fn no_limit_overflows_anything_at_its_highest() {
    let highest: [fn(&mut Config); 9] = [
        |config| config.limits.refusal_body = u32::MAX,
        |config| config.limits.head = u32::MAX,
        |config| config.limits.headers = u16::MAX,
        |config| (config.limits.message, config.limits.frame) = (u64::MAX, u64::MAX),
        |config| config.limits.extra_fragments = u32::MAX,
        |config| config.limits.output = usize::MAX,
        |config| (config.handshake_timeout, config.close_timeout) = (Duration::MAX, Duration::MAX),
        |config| {
            (config.write_timeout, config.message_timeout) =
                (Some(Duration::MAX), Some(Duration::MAX));
        },
        |config| {
            let mut keepalive = Keepalive::default();
            (keepalive.interval, keepalive.timeout) = (Duration::MAX, Duration::MAX);
            config.keepalive = Some(keepalive);
        },
    ];
    for alone in 0..=highest.len() {
        let mut config = Config::default();
        for (at, change) in highest.iter().enumerate() {
            if at == alone || alone == highest.len() {
                change(&mut config);
            }
        }
        plays_through(config);
    }
}

/// Opens, is refused, talks and closes in both roles.
fn plays_through(config: Config) {
    let (request, mut outgoing) = (ClientRequest::new("ws://h/c").unwrap(), Outgoing::new());
    let connecting =
        Connection::client(&request, config, Time::ZERO, &plain_entropy, &mut outgoing).unwrap();
    let mut client = ManualConnection::new(connecting, outgoing);
    let refusal = b"HTTP/1.1 404 x\r\nContent-Length: 1\r\n\r\na";
    assert_eq!(client.receive(refusal)[0], "refused 404 \"a\"");
    let mut server = ManualConnection::awaiting_request(config);
    assert_eq!(server.receive(REQUEST), ["request /c"]);
    let (mut server, mut client) =
        (ManualConnection::server(config), ManualConnection::client(config));
    assert_eq!(server.receive(masked(true, OpCode::Text, b"a")), ["text \"a\""]);
    assert_eq!(client.receive(frame(true, OpCode::Text, b"a")), ["text \"a\""]);
    for length in [0xFFFF_FFFF_u64, 1 << 40, (1 << 63) - 1] {
        let mut own = ManualConnection::client(config);
        let header = [&[0x82, 127][..], &length.to_be_bytes(), b"more"].concat();
        let _ = own.receive(header);
        let _ = own.at(Duration::MAX);
    }
    for own in [&mut server, &mut client] {
        own.connection.send_text("b", &mut own.outgoing).unwrap();
        assert!(own.at(Duration::from_secs(1)).is_empty());
        own.connection.start_close(own.now, CloseCode::NORMAL, "", &mut own.outgoing).unwrap();
        let _ = own.at(Duration::MAX);
    }
}

#[test]
fn an_acceptance_that_is_refused_leaves_the_request_to_be_rejected() {
    let mut server = ManualConnection::awaiting_request(Config::default());
    assert_eq!(server.receive(REQUEST), ["request /c"]);
    let acceptance = Acceptance::new().subprotocol("chat").unwrap();
    let ManualConnection { connection, outgoing, .. } = &mut server;
    let refused = connection.accept(Time::ZERO, &acceptance, outgoing);
    assert_eq!(refused, Err(AnswerError::UnofferedSubprotocol));
    assert!(outgoing.is_empty());
    connection.reject(Time::ZERO, &Rejection::new(500).unwrap(), outgoing).unwrap();
    assert!(server.take_all_output().starts_with(b"HTTP/1.1 500 "));
    server.connection.receive_eof();
    assert_eq!(server.events(), ["ended Rejected"]);
}
