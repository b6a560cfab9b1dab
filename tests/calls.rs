//! Every method in every state, and calls in any order (row `T08`).

mod support;

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use support::{ManualConnection, cases, close, frame, plain_entropy, secs, text};
use websocket_proto::frame::{FrameHeader, HeaderRules, Masking, OpCode};
use websocket_proto::handshake::{Acceptance, ClientRequest, Rejection};
use websocket_proto::{
    CloseCode, Config, Connection, EndCause, EntropyError, Event, Incoming, MessageKind, Outgoing,
    Progress, Role, Time, Transport,
};

const REQUEST: &str = "GET /c HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
     Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

fn awaiting_response(config: Config) -> ManualConnection {
    let (request, mut outgoing) = (ClientRequest::new("ws://h/c").unwrap(), Outgoing::new());
    let client =
        Connection::client(&request, config, Time::ZERO, &plain_entropy, &mut outgoing).unwrap();
    ManualConnection::new(client, outgoing)
}

/// The states of a connection, in the order of the columns below.
fn states() -> [(&'static str, ManualConnection); 9] {
    let config = Config::default();
    let after = |mut raw: ManualConnection, bytes: &[u8]| {
        raw.receive(bytes);
        raw
    };
    let (mut sending, mut closing) =
        (ManualConnection::server(config), ManualConnection::client(config));
    sending.connection.start_message(MessageKind::Text).unwrap();
    sending.connection.send_fragment(b"a", &mut sending.outgoing).unwrap();
    closing
        .connection
        .start_close(Time::ZERO, CloseCode::NORMAL, "", &mut closing.outgoing)
        .unwrap();
    let mut ended = ManualConnection::server(config);
    ended.connection.receive_eof();
    ended.events();
    let refusal = b"HTTP/1.1 404 x\r\nContent-Length: 9\r\n\r\n";
    [
        ("AwaitingRequest", ManualConnection::awaiting_request(config)),
        ("Deciding", after(ManualConnection::awaiting_request(config), REQUEST.as_bytes())),
        ("AwaitingResponse", awaiting_response(config)),
        ("ReadingRefusal", after(awaiting_response(config), refusal)),
        ("Open", ManualConnection::server(config)),
        ("Sending", sending),
        ("Closing", closing),
        ("Draining", after(ManualConnection::server(config), &close(1000, ""))),
        ("Ended", ended),
    ]
}

/// A call, and its result in each state: one word for all states, or one for each in their order.
type Row = (&'static str, fn(&mut ManualConnection) -> String, &'static str);

fn debug(it: impl std::fmt::Debug) -> String {
    format!("{it:?}").replace("Err(", "").replace(')', "").replace("Ok((", "Ok")
}

const SENDS: &str = "NotOpen NotOpen NotOpen NotOpen Ok MessageInProgress Closed Closed Closed";
const CONTROLS: &str = "NotOpen NotOpen NotOpen NotOpen Ok Ok Closed Closed Closed";
const GOES_ON: &str = "NotOpen NotOpen NotOpen NotOpen NoMessageInProgress Ok Closed Closed Closed";
const ANSWERS: &str = "NotAsked Ok NotAsked NotAsked NotAsked NotAsked NotAsked NotAsked NotAsked";

const MATRIX: [Row; 26] = [
    (
        "accept",
        |it| debug(it.connection.accept(it.now, &Acceptance::new(), &mut it.outgoing)),
        ANSWERS,
    ),
    (
        "reject",
        |it| {
            let rejection = Rejection::forbidden();
            debug(it.connection.reject(it.now, &rejection, &mut it.outgoing))
        },
        ANSWERS,
    ),
    ("send_text", |it| debug(it.connection.send_text("a", &mut it.outgoing)), SENDS),
    ("send_binary", |it| debug(it.connection.send_binary(&[1], &mut it.outgoing)), SENDS),
    ("start_message", |it| debug(it.connection.start_message(MessageKind::Binary)), SENDS),
    ("send_fragment", |it| debug(it.connection.send_fragment(b"a", &mut it.outgoing)), GOES_ON),
    (
        "send_last_fragment",
        |it| debug(it.connection.send_last_fragment(b"a", &mut it.outgoing)),
        GOES_ON,
    ),
    (
        "send_fragment, not UTF-8",
        |it| debug(it.connection.send_fragment(b"\xff", &mut it.outgoing)),
        "NotOpen NotOpen NotOpen NotOpen NoMessageInProgress NotUtf8 Closed Closed Closed",
    ),
    (
        "send_last_fragment inside a character",
        |it| debug(it.connection.send_last_fragment(b"\xc3", &mut it.outgoing)),
        "NotOpen NotOpen NotOpen NotOpen NoMessageInProgress NotUtf8 Closed Closed Closed",
    ),
    ("ping", |it| debug(it.connection.send_ping(b"a", &mut it.outgoing)), CONTROLS),
    (
        "ping of 126 bytes",
        |it| debug(it.connection.send_ping(&[0; 126], &mut it.outgoing)),
        "NotOpen NotOpen NotOpen NotOpen PingTooLong PingTooLong Closed Closed Closed",
    ),
    (
        "close",
        |it| debug(it.connection.start_close(it.now, CloseCode::NORMAL, "bye", &mut it.outgoing)),
        CONTROLS,
    ),
    (
        "close without a code",
        |it| debug(it.connection.start_close(it.now, CloseCode::NO_STATUS, "", &mut it.outgoing)),
        CONTROLS,
    ),
    (
        "close with a reason and no code",
        |it| debug(it.connection.start_close(it.now, CloseCode::NO_STATUS, "a", &mut it.outgoing)),
        "NotOpen NotOpen NotOpen NotOpen BadCloseCode BadCloseCode Closed Closed Closed",
    ),
    (
        "close with a long reason",
        |it| {
            let reason = "r".repeat(124);
            debug(it.connection.start_close(it.now, CloseCode::NORMAL, &reason, &mut it.outgoing))
        },
        "NotOpen NotOpen NotOpen NotOpen ReasonTooLong ReasonTooLong Closed Closed Closed",
    ),
    (
        "receive",
        |it| {
            let progress = it.connection.receive(it.now, &mut it.incoming, &mut it.outgoing);
            format!("{:?}", progress.unwrap())
        },
        "NeedBytes NeedBytes NeedBytes NeedBytes NeedBytes NeedBytes NeedBytes NeedBytes Ended",
    ),
    (
        "receive_eof",
        |it| {
            it.connection.receive_eof();
            it.events().join(" ").replace("ended ", "").replace("refused 404 \"\" truncated ", "")
        },
        "EofInHandshake EofInHandshake EofInHandshake Refused Eof Eof EofAfterClose Clean -",
    ),
    (
        "handle_transport_failure",
        |it| {
            it.connection.handle_transport_failure(&mut it.outgoing);
            assert!(it.outgoing.is_empty());
            it.events().join(" ").replace("ended ", "").replace("refused 404 \"\" truncated ", "")
        },
        "TransportFailed TransportFailed TransportFailed Refused TransportFailed TransportFailed \
         TransportFailed TransportFailed -",
    ),
    (
        "abort",
        |it| {
            it.connection.abort(&mut it.outgoing);
            assert!(it.outgoing.is_empty());
            it.events().join(" ").replace("ended ", "")
        },
        "Aborted Aborted Aborted Aborted Aborted Aborted Aborted Aborted -",
    ),
    (
        "handle_timeout before the time",
        |it| {
            let (before, sent) = (it.connection.poll_timeout(), it.outgoing.len());
            it.connection.handle_timeout(it.now, &mut it.outgoing);
            assert_eq!((it.connection.poll_timeout(), it.outgoing.len()), (before, sent));
            it.events().join(" ")
        },
        "- - - - - - - - -",
    ),
    (
        "handle_timeout much later",
        |it| {
            // Time passes in steps, and output is taken in between.
            let mut events = Vec::new();
            for second in 0..70 {
                events.extend(it.at(secs(second)));
                it.take_all_output();
            }
            events.join(" ").replace("ended ", "").replace("refused 404 \"\" truncated ", "")
        },
        "TimedOut(Handshake) TimedOut(Handshake) TimedOut(Handshake) Refused TimedOut(Pong) \
         TimedOut(Pong) TimedOut(Close) Clean -",
    ),
    (
        "poll_timeout",
        |it| match it.connection.poll_timeout() {
            Some(time) => time.since_origin().as_secs().to_string(),
            None => "None".into(),
        },
        "10 10 10 1 30 30 5 5 5",
    ),
    (
        "transport",
        |it| debug(it.connection.transport()),
        "Keep Keep Keep Keep Keep Keep Keep ShutdownWrite Close",
    ),
    (
        "is_open",
        |it| it.connection.is_open().to_string(),
        "false false false false true true false false false",
    ),
    (
        "is_settled",
        |it| it.connection.is_settled().to_string(),
        "false false false false false false false true true",
    ),
    (
        "the rest",
        |it| {
            let it = &it.connection;
            assert_eq!((it.round_trip(), it.stalled()), (None, Duration::ZERO));
            assert_eq!(it.leniency_used(), it.config().leniency);
            it.is_client().to_string()
        },
        "false false true true false false true false false",
    ),
];

#[test]
fn t08_every_method_in_every_state() {
    for (method, call, expected) in MATRIX {
        let expected: Vec<&str> = expected.split_whitespace().collect();
        assert_eq!(expected.len(), states().len(), "{method}");
        for ((state, mut raw), expected) in states().into_iter().zip(expected) {
            let mut came = call(&mut raw);
            if came.is_empty() {
                came = "-".into();
            }
            assert_eq!(came, expected, "{method} in {state}");
            // A refused call sends nothing, and after any call the connection ends exactly once.
            raw.connection.receive_eof();
            let (told, events) = (state == "Ended" || came_to_an_end(&came), raw.events());
            let endings = events.iter().filter(|event| event.starts_with("ended")).count();
            assert_eq!(endings, usize::from(!told), "{method} in {state}: {events:?}");
            assert!(raw.events().is_empty());
            assert_eq!(raw.connection.transport(), Transport::Close);
        }
    }
}

fn came_to_an_end(came: &str) -> bool {
    ["Eof", "Aborted", "TransportFailed", "TimedOut", "Clean", "Refused"]
        .iter()
        .any(|how| came.starts_with(how))
}

#[test]
fn t08_what_is_refused_sends_nothing() {
    for (method, call, _) in &MATRIX[..14] {
        for (state, mut raw) in states() {
            let before = raw.outgoing.pending().concat();
            let came = call(&mut raw);
            if came != "Ok" {
                assert_eq!(raw.outgoing.pending().concat(), before, "{method} in {state}: {came}");
            }
        }
    }
}

#[test]
fn t08_full() {
    let mut config = Config::default();
    config.limits.output = 4;
    let mut server = ManualConnection::server(config);
    let (connection, outgoing) = (&mut server.connection, &mut server.outgoing);
    connection.send_text("longer than the limit", outgoing).unwrap();
    connection.start_message(MessageKind::Text).unwrap();
    for refused in [
        connection.send_fragment(b"a", outgoing),
        connection.send_last_fragment(b"a", outgoing),
        connection.send_ping(b"a", outgoing),
    ] {
        assert_eq!(debug(refused), "Full");
    }
    outgoing.advance(19);
    assert_eq!(outgoing.len(), 4);
    connection.send_last_fragment(b"a", outgoing).unwrap();
    assert_eq!(debug(connection.send_text("b", outgoing)), "Full");
    // Closing needs no room.
    connection.start_close(Time::ZERO, CloseCode::NORMAL, "", outgoing).unwrap();
}

// A client without entropy.

fn no_entropy(_: &mut [u8]) -> Result<(), EntropyError> {
    Err(EntropyError::new())
}

fn without_entropy() -> ManualConnection {
    let role = Role::Client(&no_entropy);
    ManualConnection::new(
        Connection::established(role, None, Config::default(), Time::ZERO),
        Outgoing::new(),
    )
}

#[test]
fn t08_without_entropy_nothing_is_sent() {
    for (method, call, _) in &MATRIX[..14] {
        let mut client = without_entropy();
        let came = call(&mut client);
        assert!(client.outgoing.is_empty(), "{method}: {came}");
        assert!(method.starts_with("start") || came != "Ok", "{method}");
        assert!(client.connection.is_open());
    }
    let request = ClientRequest::new("ws://h/").unwrap();
    let mut outgoing = Outgoing::new();
    let config = Config::default();
    let refused = Connection::client(&request, config, Time::ZERO, &no_entropy, &mut outgoing);
    assert_eq!(debug(refused.map(drop)), "Entropy");
    assert!(outgoing.is_empty());
}

#[test]
fn t08_without_entropy_an_answer_that_is_due_ends_it() {
    let mut client = without_entropy();
    let events = client.receive(frame(true, OpCode::Ping, "a"));
    assert_eq!(events, ["ping \"a\"", "ended NoEntropy"]);
    let mut client = without_entropy();
    assert_eq!(client.at(secs(30)), ["ended NoEntropy"]);
    let mut client = without_entropy();
    assert_eq!(client.receive([0x83]), ["failed ReservedOpcode"]);
    client.connection.receive_eof();
    assert_eq!(client.events(), ["ended Failed(ReservedOpcode)"]);
    // A clean end needs Close frames of both sides, and this side could send none.
    let mut client = without_entropy();
    let events = client.receive(frame(true, OpCode::Close, [3, 232]));
    assert_eq!(events, ["close 1000 \"\"", "ended NoEntropy"]);
}

// Any order of calls.

#[derive(Clone, Debug)]
enum Call {
    Receive(Vec<u8>),
    Space(Vec<u8>),
    Eof,
    Fail,
    Timeout,
    Clock(u64),
    Accept,
    Reject,
    Text(usize),
    Start(bool),
    Fragment(usize),
    Finish(usize),
    Ping(usize),
    Close(u16),
    Abort,
    Write(usize),
    Lend(usize),
    TakeBack,
    TakePayload,
    Look,
}

fn call() -> impl Strategy<Value = Call> {
    let small = 0..300_usize;
    prop_oneof![
        8 => arriving().prop_map(Call::Receive),
        4 => arriving().prop_map(Call::Space),
        1 => Just(Call::Eof),
        1 => Just(Call::Fail),
        4 => Just(Call::Timeout),
        3 => prop_oneof![0..100_u64, any::<u64>()].prop_map(Call::Clock),
        3 => Just(Call::Accept),
        1 => Just(Call::Reject),
        4 => small.clone().prop_map(Call::Text),
        2 => any::<bool>().prop_map(Call::Start),
        3 => small.clone().prop_map(Call::Fragment),
        2 => small.clone().prop_map(Call::Finish),
        2 => (0..130_usize).prop_map(Call::Ping),
        2 => prop_oneof![Just(1000), 990..1020_u16, 2990..5010_u16].prop_map(Call::Close),
        1 => Just(Call::Abort),
        8 => (0..400_usize).prop_map(Call::Write),
        2 => small.prop_map(Call::Lend),
        2 => Just(Call::TakeBack),
        2 => Just(Call::TakePayload),
        2 => Just(Call::Look),
    ]
}

/// Bytes that arrive: frames of either role, heads, pieces of these, and noise.
fn arriving() -> impl Strategy<Value = Vec<u8>> {
    let opcode = prop_oneof![
        Just(OpCode::Text),
        Just(OpCode::Binary),
        Just(OpCode::Continuation),
        Just(OpCode::Ping),
        Just(OpCode::Pong),
    ];
    let frames = (any::<bool>(), opcode, 0..200_usize, any::<bool>(), 0..220_usize).prop_map(
        |(masked, opcode, len, fin, cut)| {
            let fin = fin || opcode.is_control();
            let payload = vec![b'x'; if opcode.is_control() { len.min(125) } else { len }];
            let make = if masked { support::masked } else { frame };
            let mut bytes: Vec<u8> = make(fin, opcode, payload);
            bytes.truncate(cut.max(1));
            bytes
        },
    );
    prop_oneof![
        6 => frames,
        2 => Just(REQUEST.into()),
        2 => Just(RESPONSE.into()),
        1 => Just(close(1000, "bye")),
        1 => Just(frame(true, OpCode::Close, "")),
        1 => Just("HTTP/1.1 404 x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe".into()),
        2 => vec(any::<u8>(), 0..40),
    ]
}

/// Makes calls, and checks what must hold for any order of them.
struct Checked {
    raw: ManualConnection,
    sent: Vec<u8>,
    /// Whether the transport has failed, so that nothing more is sent.
    failed: bool,
    endings: usize,
}

/// The limits of the configuration of these tests, in bytes.
const MESSAGE: usize = 1000;
const OUTPUT: usize = 1000;

/// A configuration with small limits.
fn small(streaming: bool) -> Config {
    let mut config = Config::default();
    config.limits.message = MESSAGE as u64;
    config.limits.extra_fragments = 5;
    config.limits.output = OUTPUT;
    config.limits.head = 1000;
    config.limits.refusal_body = 10;
    config.message_timeout = Some(secs(40));
    if streaming {
        config.delivery = websocket_proto::Delivery::Streaming;
    }
    config
}

impl Checked {
    fn new(raw: ManualConnection) -> Self {
        Self { raw, sent: Vec::new(), failed: false, endings: 0 }
    }

    fn call(&mut self, call: Call) {
        let ManualConnection { connection, outgoing, now, .. } = &mut self.raw;
        let (now, out) = (*now, outgoing);
        // The matrix above checks the results of calls.
        let _ = match call {
            Call::Accept => connection.accept(now, &Acceptance::new(), out).is_ok(),
            Call::Reject => connection.reject(now, &Rejection::forbidden(), out).is_ok(),
            Call::Text(len) => connection.send_text(&"t".repeat(len), out).is_ok(),
            Call::Start(true) => connection.start_message(MessageKind::Text).is_ok(),
            Call::Start(false) => connection.start_message(MessageKind::Binary).is_ok(),
            Call::Fragment(len) => connection.send_fragment(&vec![b'f'; len], out).is_ok(),
            Call::Finish(len) => connection.send_last_fragment(&vec![b'g'; len], out).is_ok(),
            Call::Ping(len) => connection.send_ping(&vec![b'p'; len], out).is_ok(),
            Call::Close(code) => {
                connection.start_close(now, CloseCode::new(code), "bye", out).is_ok()
            }
            other => return self.call_besides(other),
        };
        self.check_memory();
    }

    /// Makes a call that is no command of the application.
    fn call_besides(&mut self, call: Call) {
        let ManualConnection { connection, incoming, outgoing, now } = &mut self.raw;
        match call {
            Call::Receive(bytes) => incoming.push(&bytes),
            Call::Space(bytes) => {
                let space = incoming.space();
                let len = bytes.len().min(space.len());
                space[..len].copy_from_slice(&bytes[..len]);
                incoming.commit(len);
            }
            Call::Eof => connection.receive_eof(),
            Call::Fail => {
                connection.handle_transport_failure(outgoing);
                self.failed = true;
            }
            Call::Timeout => connection.handle_timeout(*now, outgoing),
            Call::Clock(seconds) => *now = Time::new(Duration::from_secs(seconds)),
            Call::Abort => {
                connection.abort(outgoing);
                self.failed = true;
            }
            Call::Write(len) => self.write(len),
            Call::Lend(len) => incoming.lend_window(vec![0xAA; len]),
            Call::TakeBack => drop(incoming.take_back_window()),
            Call::TakePayload => drop(incoming.take_payload()),
            Call::Look => drop(incoming.event().map(|event| format!("{event:?}"))),
            other => unreachable!("{other:?} is a command"),
        }
        self.check_memory();
    }

    fn write(&mut self, len: usize) {
        let bytes = self.raw.take_output(len);
        if !self.failed {
            self.sent.extend(bytes);
        }
    }

    /// Calls `receive` once; false if there is no event.
    fn step(&mut self) -> bool {
        let ManualConnection { connection, incoming, outgoing, now } = &mut self.raw;
        let told = self.endings > 0;
        match connection.receive(*now, incoming, outgoing) {
            Ok(Progress::Event) => {
                assert!(!told, "{:?} after the end", incoming.event());
                if let Some(Event::Ended(_)) = incoming.event() {
                    self.endings += 1;
                }
                true
            }
            Ok(Progress::NeedBytes) => {
                assert!(!told);
                false
            }
            Ok(Progress::Ended) => {
                assert!(told);
                false
            }
            Err(error) => {
                assert!(!told, "{error}");
                true
            }
        }
    }

    fn check_memory(&self) {
        // Messages and heads in memory are bounded. The rest are windows that were pushed or lent
        // here.
        let window = Incoming::DEFAULT_WINDOW + 64 * 1024;
        assert!(self.raw.incoming.heap() <= window + 4 * MESSAGE, "{:?}", self.raw.incoming);
        let most = 4 * (OUTPUT + 300 + 3 * 140 + 1000) + 128 * 1024;
        assert!(self.raw.outgoing.heap() <= most, "{:?}", self.raw.outgoing);
        assert!(self.raw.outgoing.len() <= OUTPUT + 320 + 4 * 140 + 1000);
    }

    /// Brings the connection to its end, which must be reported exactly once.
    fn finish(mut self) {
        self.write(usize::MAX);
        self.raw.connection.receive_eof();
        while self.step() {}
        self.write(usize::MAX);
        assert_eq!(self.endings, 1);
        assert!(!self.step());
        check_sent(&self.sent, self.raw.connection.is_client());
    }
}

/// Checks that the output passes the strict parser of the other role, and that nothing follows a
/// Close frame. The last frame may be cut where output was dropped.
fn check_sent(sent: &[u8], client: bool) {
    let masking = if client { Masking::Required } else { Masking::Forbidden };
    let (mut rest, mut in_message) = (behind_the_head(sent), false);
    while !rest.is_empty() {
        let rules = HeaderRules { masking, in_message, compression: false };
        let Some((header, size)) = FrameHeader::parse(rest, rules).expect("a valid header") else {
            return;
        };
        let Some(after) = rest.get(size + header.len as usize..) else { return };
        match header.opcode {
            OpCode::Close => assert!(after.is_empty(), "{after:02x?} after the Close frame"),
            OpCode::Ping | OpCode::Pong => {}
            OpCode::Text | OpCode::Binary | OpCode::Continuation => in_message = !header.fin,
        }
        rest = after;
    }
}

/// The output after the request or the 101. Nothing follows any other answer.
fn behind_the_head(sent: &[u8]) -> &[u8] {
    // No frame begins with these letters, and a head may be cut after its first byte.
    if !matches!(sent.first(), Some(b'H' | b'G')) {
        return sent;
    }
    let end = sent.windows(4).position(|window| window == b"\r\n\r\n");
    let Some(end) = end else { return &[] };
    let (head, rest) = sent.split_at(end + 4);
    let opens = head.starts_with(b"HTTP/1.1 101 ") || head.starts_with(b"GET ");
    assert!(opens || !rest.windows(5).any(|window| window == b"HTTP/"), "two answers");
    if opens { rest } else { &[] }
}

fn play(raw: ManualConnection, calls: Vec<(Call, bool)>) {
    let mut checked = Checked::new(raw);
    for (call, receives) in calls {
        checked.call(call);
        while receives && checked.step() {
            checked.check_memory();
        }
    }
    checked.finish();
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(600),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn t08_any_order_of_calls(
        start in 0..4_usize,
        streaming in any::<bool>(),
        calls in vec((call(), any::<bool>()), 0..60),
    ) {
        let config = small(streaming);
        play(match start {
            0 => ManualConnection::awaiting_request(config),
            1 => awaiting_response(config),
            2 => ManualConnection::server(config),
            _ => ManualConnection::client(config),
        }, calls);
    }
}

#[test]
fn law_7_the_deadlines_alone_bring_the_end() {
    for (state, mut raw) in states() {
        let mut endings = usize::from(state == "Ended");
        for _ in 0..20 {
            let Some(time) = raw.connection.poll_timeout() else { break };
            let events = raw.at(time.since_origin());
            endings += events.iter().filter(|event| event.starts_with("ended")).count();
        }
        assert_eq!((endings, raw.connection.poll_timeout()), (1, None), "{state}");
    }
}

#[test]
fn law_7_no_deadline_after_an_abort() {
    let mut config = Config::default();
    config.message_timeout = Some(secs(40));
    let mut server = ManualConnection::server(config);
    server.receive([0x81]);
    server.connection.abort(&mut server.outgoing);
    assert_eq!(server.events(), ["ended Aborted"]);
    assert_eq!(server.connection.poll_timeout(), None);
    assert!(server.at(secs(40)).is_empty(), "the end is told once");
    assert_eq!(server.connection.transport(), Transport::Close);
}

#[test]
fn t08_windows_change_under_a_held_event() {
    let mut server = ManualConnection::server(Config::default());
    server.incoming.push(&[text("first"), text("second")].concat());
    let ManualConnection { connection, incoming, outgoing, now } = &mut server;
    for expected in ["first", "second"] {
        assert_eq!(connection.receive(*now, incoming, outgoing).unwrap(), Progress::Event);
        incoming.lend_window(vec![0xAA; 3]);
        let window = incoming.take_back_window();
        incoming.lend_window(window);
        incoming.push(&text("more"));
        let Some(Event::Text(text)) = incoming.event() else { panic!("no event") };
        assert_eq!(text, expected);
        assert_eq!(incoming.take_payload().unwrap(), expected.as_bytes());
        assert!(incoming.event().is_none() && incoming.take_payload().is_none());
    }
    assert_eq!(server.events(), ["text \"more\"", "text \"more\""]);
    server.connection.receive_eof();
    assert_eq!(server.events(), [format!("ended {:?}", EndCause::Eof)]);
}
