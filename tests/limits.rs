//! Every limit of `Limits`, at the limit and beyond it.

mod support;

use support::{CollectingConnection, Dialogue, new_client, new_server, secs};
use websocket_proto::ProtocolError::{FrameTooLong, MessageTooLong, TooManyFragments};
use websocket_proto::frame::{MAX_CONTROL_PAYLOAD, MAX_REASON, OpCode};
use websocket_proto::handshake::ClientRequest;
use websocket_proto::{
    CloseCode, Config, Connection, Delivery, EndCause, Event, Incoming, Limits, MessageKind,
    Outgoing, Progress, ProtocolError, SendError, Time,
};

/// Connections of both roles and both deliveries, with these limits.
fn all(change: impl Fn(&mut Limits)) -> Vec<CollectingConnection> {
    let deliveries = [Delivery::Whole, Delivery::Streaming];
    let with = |delivery| {
        let mut config = Config::default();
        config.delivery = delivery;
        change(&mut config.limits);
        CollectingConnection::both(config)
    };
    deliveries.into_iter().flat_map(with).collect()
}

/// A message in frames of these payload lengths.
fn message(bare: &CollectingConnection, kind: OpCode, lengths: &[usize]) -> Vec<u8> {
    let mut opcode = kind;
    let mut bytes = Vec::new();
    for (at, len) in lengths.iter().enumerate() {
        let payload = vec![b'0' + (at % 10) as u8; *len];
        bytes.extend(bare.framed(at + 1 == lengths.len(), opcode, payload));
        opcode = OpCode::Continuation;
    }
    bytes
}

/// Receives a message of these frame lengths under the limits, whole and in small reads.
#[track_caller]
fn expect(change: impl Fn(&mut Limits), lengths: &[usize], expected: Result<(), ProtocolError>) {
    for kind in [OpCode::Text, OpCode::Binary] {
        let small = if lengths.iter().sum::<usize>() < 5000 { 1 } else { 997 };
        for size in [small, usize::MAX] {
            for mut bare in all(&change) {
                let bytes = message(&bare, kind, lengths);
                assert_eq!(bare.receive_in_parts(size, &bytes), expected, "{lengths:?}");
                match expected {
                    Ok(()) => {
                        assert_eq!(bare.messages[0].len(), lengths.iter().sum::<usize>());
                        assert_eq!(bare.eof().cause, EndCause::Eof);
                    }
                    Err(error) => {
                        let ending = bare.eof();
                        assert_eq!(ending.cause, EndCause::Failed(error));
                        let sent = ending.sent.as_ref().unwrap();
                        assert_eq!(Some(sent.code), error.close_code());
                    }
                }
            }
        }
    }
}

#[test]
fn message_in_one_frame() {
    for limit in [1, 125, 126, 1000, 0xFFFF, 0x1_0000] {
        let change = |limits: &mut Limits| limits.message = limit;
        expect(change, &[limit as usize - 1], Ok(()));
        expect(change, &[limit as usize], Ok(()));
        expect(change, &[limit as usize + 1], Err(MessageTooLong));
    }
    expect(|limits| limits.message = 0, &[0], Ok(()));
    expect(|limits| limits.message = 0, &[1], Err(MessageTooLong));
}

#[test]
fn message_as_sum_of_fragments() {
    let change = |limits: &mut Limits| limits.message = 1000;
    expect(change, &[500, 499], Ok(()));
    expect(change, &[500, 500], Ok(()));
    expect(change, &[500, 501], Err(MessageTooLong));
    expect(change, &[999, 1, 0], Ok(()));
    expect(change, &[0, 0, 1000], Ok(()));
    expect(change, &[999, 1, 1], Err(MessageTooLong));
    expect(change, &[1000, 0, 0, 1], Err(MessageTooLong));
    expect(change, &[1001, 0], Err(MessageTooLong));
}

/// The sum of fragments is that of each message by itself.
#[test]
fn message_limit_is_for_each() {
    for mut bare in all(|limits| limits.message = 10) {
        for lengths in [&[10][..], &[5, 5], &[10], &[1, 9]] {
            let bytes = message(&bare, OpCode::Binary, lengths);
            assert_eq!(bare.receive(bytes), Ok(()));
        }
        assert_eq!(bare.messages.len(), 4);
    }
}

/// The header alone is refused, before any byte of the payload.
#[test]
fn message_and_frame_are_refused_by_the_header() {
    for (change, error) in [
        ((|limits| limits.message = 1000) as fn(&mut Limits), MessageTooLong),
        (|limits| limits.frame = 1000, FrameTooLong),
    ] {
        for mut bare in all(change) {
            let frame = bare.framed(true, OpCode::Binary, [0; 1001]);
            let header = frame.len() - 1001;
            assert_eq!(bare.receive(&frame[..header - 1]), Ok(()));
            assert_eq!(bare.receive(&frame[header - 1..header]), Err(error));
        }
    }
}

#[test]
fn frame() {
    for limit in [1, 125, 1000, 0x1_0000] {
        let change = |limits: &mut Limits| limits.frame = limit;
        let limit = limit as usize;
        expect(change, &[limit - 1], Ok(()));
        expect(change, &[limit], Ok(()));
        expect(change, &[limit + 1], Err(FrameTooLong));
        expect(change, &[limit, limit, limit], Ok(()));
        expect(change, &[0, limit, limit + 1], Err(FrameTooLong));
    }
}

/// §5.5 limits control frames already.
#[test]
fn frame_and_message_limits_are_not_for_control_frames() {
    for mut bare in all(|limits| (limits.frame, limits.message) = (0, 0)) {
        let ping = bare.framed(true, OpCode::Ping, [7; 125]);
        assert_eq!(bare.receive(ping), Ok(()));
    }
}

#[test]
fn defaults_take_64_mebibytes() {
    let limits = Limits::default();
    assert_eq!((limits.message, limits.frame), (64 << 20, 64 << 20));
    for mut bare in all(|_| ()) {
        let frame = bare.framed(true, OpCode::Binary, vec![0; (64 << 20) + 1]);
        let header = &frame[..frame.len() - (64 << 20) - 1];
        assert!(bare.receive(header).is_err_and(ProtocolError::is_limit));
    }
    for mut bare in all(|_| ()) {
        let frame = bare.framed(true, OpCode::Binary, vec![0; 64 << 20]);
        assert_eq!(bare.receive_in_parts(1 << 20, &frame), Ok(()));
        assert_eq!(bare.messages[0].len(), 64 << 20);
    }
}

#[test]
fn no_limit_at_all() {
    let change = |limits: &mut Limits| (limits.message, limits.frame) = (u64::MAX, u64::MAX);
    expect(change, &[100, 0, 1000], Ok(()));
}

/// How many frames of this length a message may have, in each role and delivery.
fn passing(allowance: u32, len: usize, most: usize) -> Vec<usize> {
    let bares = all(|limits| limits.extra_fragments = allowance);
    let count = |mut bare: CollectingConnection| {
        let first = bare.framed(false, OpCode::Binary, vec![7; len]);
        let next = bare.framed(false, OpCode::Continuation, vec![7; len]);
        bare.receive(first).unwrap();
        let failed = (1..most).find(|_| bare.receive(&next).is_err());
        if failed.is_some() {
            assert_eq!(bare.eof().cause, EndCause::Failed(TooManyFragments));
        }
        failed.unwrap_or(most)
    };
    bares.into_iter().map(count).collect()
}

/// A message may have one more fragment than the allowance for every 16 bytes that precede it.
#[test]
fn fragments() {
    for (allowance, len, pass) in [
        // Only the allowance counts. The first frame of a message always passes.
        (0, 0, 1),
        (1, 0, 1),
        (2, 0, 2),
        (10, 0, 10),
        (1024, 0, 1024),
        // 1,092 are 1,024 and 1,092 / 16.
        (1024, 1, 1092),
        // 7 are 4 and 7 * 8 / 16.
        (4, 8, 7),
        (0, 8, 1),
        (0, 15, 1),
        (1, 15, 1),
        // 17 are 2 and 17 * 15 / 16.
        (2, 15, 17),
        (1, 16, 2000),
        (1024, 64, 2000),
    ] {
        assert_eq!(passing(allowance, len, 2000), [pass; 4], "{allowance}, {len} bytes each");
    }
}

#[test]
fn fragments_at_the_limit_and_beyond() {
    let change = |limits: &mut Limits| limits.extra_fragments = 4;
    expect(change, &[0; 3], Ok(()));
    expect(change, &[0; 4], Ok(()));
    expect(change, &[0; 5], Err(TooManyFragments));
    // 16 bytes before a frame allow for one more, 15 do not.
    expect(change, &[0, 0, 15, 0, 1], Err(TooManyFragments));
    expect(change, &[0, 0, 15, 1, 0], Ok(()));
    expect(change, &[0, 0, 16, 0, 0], Ok(()));
    expect(change, &[0, 0, 16, 0, 0, 0], Err(TooManyFragments));
    expect(change, &[16, 0, 0, 16, 0, 0], Ok(()));
}

/// Case 9.3.1 of Autobahn sends such fragments.
#[test]
fn fragments_of_64_bytes_pass_by_default() {
    for mut bare in all(|_| ()) {
        let bytes = message(&bare, OpCode::Text, &[64; 65_536]);
        assert_eq!(bare.receive_in_parts(1 << 16, &bytes), Ok(()));
        assert_eq!(bare.messages[0].len(), 4 << 20);
    }
}

const ACCEPT: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\n\
                      Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
const ASK: &str = "Host: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

/// A head of `len` bytes, padded in its last header.
fn padded(line: &str, headers: &str, len: usize) -> String {
    let start = format!("{line}\r\n{headers}X-Pad: ");
    format!("{start}{}\r\n\r\n", "x".repeat(len - start.len() - 4))
}

fn a_client() -> Dialogue {
    new_client(ClientRequest::new("ws://h/c").unwrap())
}

#[test]
fn head_of_a_request() {
    for limit in [400, 5000] {
        let open = new_server().config(|config| config.limits.head = limit as u32);
        let request = |len| open.clone().receive(padded("GET /c HTTP/1.1", ASK, len));
        request(limit - 1).expect(["request /c", "sends 101"]);
        request(limit).expect(["request /c", "sends 101"]);
        request(limit + 1).expect(["failed HeadTooLong", "sends 431"]);
    }
    // The head is refused at the first byte over the limit, not at its end.
    let endless = padded("GET /c HTTP/1.1", ASK, 20_000);
    let open = new_server();
    open.clone().receive(&endless[..16 << 10]).expect([]);
    open.receive(&endless[..(16 << 10) + 1]).expect(["failed HeadTooLong", "sends 431"]);
}

#[test]
fn head_of_a_response() {
    for limit in [400, 5000] {
        let open = a_client().config(|config| config.limits.head = limit as u32);
        let response =
            |len| open.clone().receive(padded("HTTP/1.1 101 Switching Protocols", ACCEPT, len));
        response(limit - 1).expect(["sends request", "open 101"]);
        response(limit).expect(["sends request", "open 101"]);
        response(limit + 1).expect([
            "sends request",
            "failed HeadTooLong",
            "ended Failed(HeadTooLong)",
        ]);
    }
}

#[test]
fn head_within_the_request_line() {
    let open = new_server().config(|config| config.limits.head = 1000);
    let line = format!("GET /{} HTTP/1.1\r\n", "c".repeat(2000));
    open.clone().receive(&line[..1000]).expect([]);
    open.receive(&line[..1001]).expect(["failed TargetTooLong", "sends 414"]);
}

fn more_headers(count: usize) -> String {
    (0..count).map(|at| format!("X-{at}: x\r\n")).collect()
}

#[test]
fn headers() {
    let request = |count: usize| format!("GET /c HTTP/1.1\r\n{ASK}{}\r\n", more_headers(count - 5));
    let response =
        |count: usize| format!("HTTP/1.1 101 \r\n{ACCEPT}{}\r\n", more_headers(count - 3));
    for limit in [10, 64, 128, 129, 1000] {
        for count in [limit - 1, limit] {
            let open = new_server().config(|config| config.limits.headers = limit as u16);
            open.receive(request(count)).expect(["request /c", "sends 101"]);
            let open = a_client().config(|config| config.limits.headers = limit as u16);
            open.receive(response(count)).expect(["sends request", "open 101"]);
        }
        let open = new_server().config(|config| config.limits.headers = limit as u16);
        open.receive(request(limit + 1)).expect(["failed TooManyHeaders", "sends 431"]);
        let open = a_client().config(|config| config.limits.headers = limit as u16);
        open.receive(response(limit + 1)).expect([
            "sends request",
            "failed TooManyHeaders",
            "ended Failed(TooManyHeaders)",
        ]);
    }
}

/// As many as the servers and clients of others accept by default.
#[test]
fn a_hundred_and_twenty_eight_headers_by_default() {
    let request = format!("GET /c HTTP/1.1\r\n{ASK}{}\r\n", more_headers(123));
    new_server().receive(request).expect(["request /c", "sends 101"]);
    let response = format!("HTTP/1.1 101 \r\n{ACCEPT}{}\r\n", more_headers(125));
    a_client().receive(response).expect(["sends request", "open 101"]);
}

/// How much of the body of a refusal is kept, and whether it was truncated.
fn refused(limit: u32, size: usize, response: &str) -> (usize, bool) {
    let mut config = Config::default();
    config.limits.refusal_body = limit;
    let (mut incoming, mut outgoing) = (Incoming::new(), Outgoing::new());
    let request = ClientRequest::new("ws://h/c").unwrap();
    let mut client =
        Connection::client(&request, config, Time::ZERO, &support::plain_entropy, &mut outgoing)
            .unwrap();
    let mut parts = response.as_bytes().chunks(size);
    loop {
        match client.receive(Time::ZERO, &mut incoming, &mut outgoing).unwrap() {
            Progress::Event => match incoming.event().unwrap() {
                Event::Refused(response) => {
                    assert_eq!(response.status(), 503);
                    assert!(response.body().iter().all(|byte| *byte == b'b'));
                    return (response.body().len(), response.is_body_truncated());
                }
                other => panic!("{other:?}"),
            },
            Progress::NeedBytes => match parts.next() {
                Some(part) => incoming.push(part),
                None => client.receive_eof(),
            },
            Progress::Ended => panic!("no refusal"),
        }
    }
}

#[test]
fn refusal_body() {
    let line = "HTTP/1.1 503 Service Unavailable\r\n";
    for (body, expected) in
        [(0, (0, false)), (99, (99, false)), (100, (100, false)), (101, (100, true))]
    {
        let bytes = "b".repeat(body);
        for size in [1, 7, 10_000] {
            let counted = format!("{line}Content-Length: {body}\r\n\r\n{bytes}");
            assert_eq!(refused(100, size, &counted), expected, "{body} by {size}");
            let until_eof = format!("{line}\r\n{bytes}");
            assert_eq!(refused(100, size, &until_eof), expected, "{body} by {size}");
            let chunks: String = bytes.chars().map(|byte| format!("1\r\n{byte}\r\n")).collect();
            let chunked = format!("{line}Transfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n");
            assert_eq!(refused(100, size, &chunked), expected, "{body} by {size}");
        }
    }
    assert_eq!(refused(0, 10_000, &format!("{line}Content-Length: 5\r\n\r\nbbbbb")), (0, true));
}

/// Fills the output up to `len` bytes with one message.
fn fill(bare: &mut CollectingConnection, len: usize) {
    let header = if bare.connection.is_client() { 8 } else { 4 };
    bare.connection.send_binary(&vec![b'x'; len - header], &mut bare.outgoing).unwrap();
    assert_eq!(bare.outgoing.len(), len);
}

type Send = fn(&mut CollectingConnection) -> Result<(), SendError>;

const SENDS: [Send; 3] = [
    |bare| bare.connection.send_text("the next one", &mut bare.outgoing),
    |bare| bare.connection.send_binary(b"the next one", &mut bare.outgoing),
    |bare| bare.connection.send_ping(b"the next one", &mut bare.outgoing),
];

#[test]
fn output() {
    for send in SENDS {
        for waiting in [999, 1000, 1001] {
            for mut bare in all(|limits| limits.output = 1000) {
                fill(&mut bare, waiting);
                let before = bare.outgoing.pending().concat();
                match send(&mut bare) {
                    Ok(()) => assert!(waiting <= 1000),
                    Err(error) => {
                        assert_eq!((error, waiting), (SendError::Full, 1001));
                        assert_eq!(bare.outgoing.pending().concat(), before, "nothing was sent");
                        bare.outgoing.advance(1);
                        assert_eq!(send(&mut bare), Ok(()), "there is room again");
                    }
                }
                assert_eq!(send(&mut bare), Err(SendError::Full));
                assert!(bare.take_all_output().ends_with(b"the next one"));
                assert_eq!(send(&mut bare), Ok(()));
            }
        }
    }
}

/// The message that is being sent does not count against the limit.
#[test]
fn output_takes_any_message_while_little_waits() {
    for mut bare in all(|limits| limits.output = 0) {
        fill(&mut bare, 60_000);
        assert_eq!(bare.connection.send_text("", &mut bare.outgoing), Err(SendError::Full));
        bare.outgoing.advance(59_999);
        assert_eq!(bare.connection.send_text("", &mut bare.outgoing), Err(SendError::Full));
        bare.outgoing.advance(1);
        assert_eq!(bare.connection.send_text("", &mut bare.outgoing), Ok(()));
    }
}

/// A message in fragments goes on at the fragment that was refused.
#[test]
fn output_and_fragments() {
    let config = |output| {
        let mut config = Config::default();
        config.limits.output = output;
        config
    };
    let (mut client, mut server) =
        (CollectingConnection::client(config(10)), CollectingConnection::server(config(10)));
    let (it, outgoing) = (&mut client.connection, &mut client.outgoing);
    it.start_message(MessageKind::Text).unwrap();
    it.send_fragment("some text: ".as_bytes(), outgoing).unwrap();
    assert_eq!(it.send_fragment(b"\xC3", outgoing), Err(SendError::Full));
    assert_eq!(it.send_last_fragment(b"\xC3", outgoing), Err(SendError::Full));
    server.receive(client.take_all_output()).unwrap();

    let (it, outgoing) = (&mut client.connection, &mut client.outgoing);
    assert_eq!(it.send_fragment(b"\xC3", outgoing), Ok(()));
    assert_eq!(it.send_fragment(b"\xA9", outgoing), Ok(()), "7 bytes wait");
    assert_eq!(it.send_last_fragment(b"", outgoing), Err(SendError::Full));
    server.receive(client.take_all_output()).unwrap();
    client.connection.send_last_fragment(b"!", &mut client.outgoing).unwrap();
    server.receive(client.take_all_output()).unwrap();
    assert_eq!(server.messages, ["some text: é!".as_bytes()]);
}

/// A peer that stays alive and reads nothing, without a deadline for output. It also sends pongs,
/// though it has seen no ping.
#[test]
fn output_waits_for_one_keepalive_ping() {
    let mut config = Config::default();
    config.write_timeout = None;
    for mut bare in CollectingConnection::both(config) {
        let ping = if bare.connection.is_client() { 14 } else { 10 };
        for at in 1..1000 {
            silence_after_a_pong(&mut bare, at);
            assert_eq!(bare.outgoing.len(), ping);
        }
        bare.take_all_output();
        silence_after_a_pong(&mut bare, 1000);
        assert_eq!(bare.outgoing.len(), ping, "the next one");
    }
}

/// Lets the time of silence pass after a pong arrives at `at` seconds.
fn silence_after_a_pong(bare: &mut CollectingConnection, at: u64) {
    let pong = bare.framed(true, OpCode::Pong, (at % 2).to_be_bytes());
    bare.incoming.push(&pong);
    let (connection, now) = (&mut bare.connection, |after| Time::new(secs(40 * at + after)));
    for expected in [Progress::Event, Progress::NeedBytes] {
        let progress = connection.receive(now(0), &mut bare.incoming, &mut bare.outgoing);
        assert_eq!(progress, Ok(expected));
    }
    connection.handle_timeout(now(31), &mut bare.outgoing);
    assert!(connection.is_open());
}

/// Frames that the protocol demands are sent however much output waits.
#[test]
fn output_does_not_hold_back_pongs_and_closing() {
    for mut bare in all(|limits| limits.output = 100) {
        fill(&mut bare, 200);
        bare.receive(bare.framed(true, OpCode::Ping, "x")).unwrap();
        let waiting = bare.outgoing.len();
        assert!(waiting > 200);
        let (now, code) = (Time::ZERO, CloseCode::NORMAL);
        assert_eq!(bare.connection.start_close(now, code, "", &mut bare.outgoing), Ok(()));
        assert!(bare.outgoing.len() > waiting);
    }
}

#[test]
fn control_payload() {
    for mut bare in all(|_| ()) {
        for len in [124, 125] {
            assert_eq!(bare.connection.send_ping(&vec![7; len], &mut bare.outgoing), Ok(()));
            let ping = bare.framed(true, OpCode::Ping, vec![7; len]);
            assert_eq!(bare.receive(ping), Ok(()));
        }
        let before = bare.outgoing.len();
        let refused = bare.connection.send_ping(&[7; 126], &mut bare.outgoing);
        assert_eq!(refused, Err(SendError::PingTooLong));
        assert_eq!(bare.outgoing.len(), before);
        let ping = bare.framed(true, OpCode::Ping, [7; 126]);
        assert_eq!(bare.receive(ping), Err(ProtocolError::ControlTooLong));
    }
    assert_eq!(MAX_CONTROL_PAYLOAD, 125);
}

#[test]
fn reason() {
    for (len, expected) in [(122, Ok(())), (123, Ok(())), (124, Err(SendError::ReasonTooLong))] {
        for mut bare in all(|_| ()) {
            let (now, code) = (Time::ZERO, CloseCode::NORMAL);
            let reason = "r".repeat(len);
            let result = bare.connection.start_close(now, code, &reason, &mut bare.outgoing);
            assert_eq!(result, expected);
            assert_eq!(bare.outgoing.is_empty(), expected.is_err());
        }
    }
    assert_eq!(MAX_REASON, 123);
}

#[test]
fn errors_name_the_option_to_raise() {
    use ProtocolError::{HeadTooLong, TargetTooLong, TooManyHeaders};
    for (error, option) in [
        (MessageTooLong, "Limits::message"),
        (FrameTooLong, "Limits::frame"),
        (TooManyFragments, "Limits::extra_fragments"),
        (HeadTooLong, "Limits::head"),
        (TargetTooLong, "Limits::head"),
        (TooManyHeaders, "Limits::headers"),
    ] {
        assert!(error.is_limit());
        let words = error.to_string();
        assert!(words.contains(&format!("({option})")), "{words}");
        let ending = EndCause::Failed(error).to_string();
        assert!(ending.contains(option), "{ending}");
    }
    assert!(SendError::Full.to_string().contains("Limits::output"));
    assert!(SendError::PingTooLong.to_string().contains("125"));
    assert!(SendError::ReasonTooLong.to_string().contains("123"));
    assert!(!ProtocolError::ControlTooLong.is_limit(), "no option raises it");
}

#[test]
fn declared_length_allocates_nothing() {
    for mut bare in all(|_| ()) {
        let frame = bare.framed(true, OpCode::Binary, vec![7; 64 << 20]);
        let header = frame.len() - (64 << 20);
        bare.incoming.lend_window(vec![0; 4096]);
        bare.receive(&frame[..header]).unwrap();
        assert_eq!(bare.incoming.heap(), 4096, "the window");
        let streaming = bare.connection.config().delivery == Delivery::Streaming;
        for len in [1, 100, 4000] {
            bare.receive(&frame[header..][..len]).unwrap();
            let most = if streaming { 0 } else { 2 * 4101 + 16 };
            assert!(bare.incoming.heap() <= 4096 + most, "{}", bare.incoming.heap());
        }
    }
}

/// Streaming delivery holds no memory but the window, however long the message is.
#[test]
fn streaming_assembles_nothing() {
    let mut config = Config::default();
    config.delivery = Delivery::Streaming;
    (config.limits.message, config.limits.frame) = (u64::MAX, u64::MAX);
    for mut bare in CollectingConnection::both(config) {
        let frame = bare.framed(false, OpCode::Binary, vec![7; 100_000]);
        bare.incoming.lend_window(vec![0; 4096]);
        for part in frame.chunks(4096) {
            bare.receive(part).unwrap();
            assert_eq!(bare.incoming.heap(), 4096);
        }
    }
}
