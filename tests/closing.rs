//! §5.5.1, §7: what the vectors of `conformance/close.json` cannot say of the closing exchange and
//! of endings (`C` rows of the catalogue): all codes, every cut, the state between the events.

mod support;

use support::{CollectingConnection, both, frame, masked, plain_entropy, secs};
use websocket_proto::frame::{MAX_REASON, OpCode, truncate_reason};
use websocket_proto::handshake::ClientRequest;
use websocket_proto::{
    CloseCode, Config, Connection, Deadline, Delivery, EndCause, Ending, EntropyError, Event,
    Incoming, Outgoing, Progress, ProtocolError, Role, SendError, Side, Time, Transport,
};

/// Whether a Close frame may have this code, by §7.4 and the IANA registry.
fn may_be_on_the_wire(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

fn payload(code: u16, reason: impl AsRef<[u8]>) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_ref()].concat()
}

/// The code of the Close frame that is all of `sent`. It must have no reason, and be unmasked or
/// masked with zeros.
fn close_code(sent: &[u8]) -> u16 {
    match *sent {
        [0x88, 2, high, low] => u16::from_be_bytes([high, low]),
        [0x88, 0x82, 0, 0, 0, 0, high, low] => u16::from_be_bytes([high, low]),
        _ => panic!("not a close frame with a code alone: {sent:02x?}"),
    }
}

fn close(bare: &mut CollectingConnection, code: u16, reason: &str) -> Result<(), SendError> {
    bare.connection.start_close(Time::ZERO, CloseCode::new(code), reason, &mut bare.outgoing)
}

#[test]
fn codes_are_numbers() {
    for code in 0..=u16::MAX {
        assert_eq!(u16::from(CloseCode::from(code)), code);
        assert_eq!(CloseCode::new(code).get(), code);
    }
}

#[test]
fn c03_to_c08_all_codes_received() {
    for lenient in [false, true] {
        let mut config = Config::default();
        config.leniency.unassigned_close_codes = lenient;
        for code in 0..=u16::MAX {
            let unassigned = (1016..=2999).contains(&code);
            let good = may_be_on_the_wire(code) || lenient && unassigned;
            for mut bare in CollectingConnection::both(config) {
                let result = bare.receive(bare.framed(true, OpCode::Close, payload(code, "why")));
                assert_eq!(result.is_ok(), good, "{code}");
                assert_eq!(
                    close_code(&bare.take_all_output()),
                    if good { code } else { 1002 },
                    "{code}"
                );
                let used = bare.connection.leniency_used();
                assert_eq!(used.unassigned_close_codes, lenient && unassigned, "{code}");
                let ending = bare.eof();
                assert_eq!(ending.is_clean(), good, "{code}");
                match result {
                    Ok(()) => assert_eq!(ending.code().get(), code),
                    Err(error) => {
                        assert_eq!(error, ProtocolError::BadCloseCode);
                        assert_eq!(ending.cause, EndCause::Failed(error));
                        assert_eq!(ending.code().get(), code, "the frame is told all the same");
                        assert_eq!((ending.initiator, ending.fault), (Some(Side::Peer), None));
                    }
                }
            }
        }
    }
}

#[test]
fn c09_reason_cut_anywhere() {
    let reason = "€é😀".repeat(13) + "bye!!!";
    assert_eq!(reason.len(), 123);
    for framed in [both()[0].1, both()[1].1] {
        let frame = framed(true, OpCode::Close, &payload(4000, &reason));
        for cut in 0..=frame.len() {
            let config = Config::default();
            let mut bare = if frame[1] < 0x80 {
                CollectingConnection::client(config)
            } else {
                CollectingConnection::server(config)
            };
            bare.receive(&frame[..cut]).unwrap();
            bare.receive(&frame[cut..]).unwrap();
            let received = bare.eof().received.clone().unwrap();
            assert_eq!((received.code.get(), &*received.reason), (4000, &*reason));
        }
    }
}

#[test]
fn c11_all_codes_sent() {
    for code in 0..=u16::MAX {
        for mut bare in CollectingConnection::both(Config::default()) {
            let result = close(&mut bare, code, "");
            if may_be_on_the_wire(code) {
                assert_eq!(result, Ok(()), "{code}");
                assert_eq!(close_code(&bare.take_all_output()), code);
                assert!(!bare.connection.is_open());
            } else if code == CloseCode::NO_STATUS.get() {
                assert_eq!(result, Ok(()));
                let sent = bare.take_all_output();
                assert!(matches!(*sent, [0x88, 0] | [0x88, 0x80, 0, 0, 0, 0]), "{sent:02x?}");
            } else {
                assert_eq!(result, Err(SendError::BadCloseCode), "{code}");
                assert!(bare.outgoing.is_empty() && bare.connection.is_open());
                assert_eq!(close(&mut bare, 1000, ""), Ok(()), "the connection goes on");
            }
        }
    }
}

#[test]
fn c11_reason_of_124_bytes_sent() {
    for reason in ["r".repeat(124), "€".repeat(41) + "é", "r".repeat(100_000)] {
        for mut bare in CollectingConnection::both(Config::default()) {
            assert_eq!(close(&mut bare, 1000, &reason), Err(SendError::ReasonTooLong));
            assert!(bare.outgoing.is_empty() && bare.connection.is_open());
            assert_eq!(bare.connection.send_text("on", &mut bare.outgoing), Ok(()));
        }
    }
    assert!(SendError::ReasonTooLong.to_string().contains("123"));
}

/// §5.5.1: a Close frame may be empty, and has no reason without a code.
#[test]
fn c11_an_empty_close_frame_sent() {
    for first in [0, 1] {
        let mut sides = CollectingConnection::both(Config::default());
        assert_eq!(close(&mut sides[first], 1005, "why"), Err(SendError::BadCloseCode));
        assert!(sides[first].outgoing.is_empty() && sides[first].connection.is_open());
        close(&mut sides[first], 1005, "").unwrap();
        let [there, back] = [first, 1 - first];
        let sent = sides[there].take_all_output();
        sides[back].receive(sent).unwrap();
        let answer = sides[back].take_all_output();
        sides[there].receive(answer).unwrap();
        for side in [there, back] {
            let ending = sides[side].eof();
            assert_eq!(ending.cause, EndCause::Clean);
            for frame in [&ending.sent, &ending.received] {
                let frame = frame.as_ref().unwrap();
                assert_eq!((frame.code, &*frame.reason), (CloseCode::NO_STATUS, ""));
            }
        }
    }
}

#[test]
fn c11_reason_cut_between_characters() {
    for (reason, kept) in [
        ("r".repeat(124), 123),
        ("é".repeat(62), 122),
        ("😀".repeat(31), 120),
        ("é".repeat(61), 122),
    ] {
        let cut = truncate_reason(&reason);
        assert_eq!((cut.len(), reason.starts_with(cut)), (kept, true));
        assert_eq!(close(&mut CollectingConnection::server(Config::default()), 1000, cut), Ok(()));
    }
    assert_eq!(truncate_reason(""), "");
}

#[test]
fn c11_reason_of_123_bytes_sent() {
    let reason = "€".repeat(41);
    assert_eq!(reason.len(), MAX_REASON);
    let [mut server, mut client] = CollectingConnection::both(Config::default());
    close(&mut client, 4999, &reason).unwrap();
    server.receive(client.take_all_output()).unwrap();
    let received = server.eof().received.clone().unwrap();
    assert_eq!((received.code.get(), &*received.reason), (4999, &*reason));
}

#[test]
fn c11_close_in_every_phase() {
    for mut bare in CollectingConnection::both(Config::default()) {
        close(&mut bare, 1000, "once").unwrap();
        assert_eq!(close(&mut bare, 1001, "twice"), Err(SendError::Closed));
        bare.receive(bare.framed(true, OpCode::Close, payload(1000, ""))).unwrap();
        assert_eq!(close(&mut bare, 1001, "draining"), Err(SendError::Closed));
        assert_eq!(*bare.eof().sent.as_ref().unwrap().reason, *"once");
        assert_eq!(close(&mut bare, 1001, "ended"), Err(SendError::Closed));
    }
    let mut before = CollectingConnection::server(Config::default());
    before.connection = Connection::server(Config::default(), Time::ZERO);
    assert_eq!(close(&mut before, 1000, ""), Err(SendError::NotOpen));
}

/// What was queued leaves before the Close frame, and nothing is sent after it.
#[test]
fn c11_nothing_is_sent_after_the_close_frame() {
    let words = ["sends text \"before\"", "sends ping \"before\"", "sends close 1000 \"\""];
    for (open, _) in both() {
        open.does(|it, now, outgoing| {
            it.send_text("before", outgoing)?;
            it.send_ping(b"before", outgoing)?;
            it.start_close(now, CloseCode::NORMAL, "", outgoing)
        })
        .does(|it, _, outgoing| it.send_text("after", outgoing))
        .does(|it, _, outgoing| it.send_binary(b"after", outgoing))
        .does(|it, _, outgoing| it.send_ping(b"after", outgoing))
        .does(|it, _, _| it.start_message(websocket_proto::MessageKind::Text))
        .expect([
            words[0],
            words[1],
            words[2],
            "refuses Closed",
            "refuses Closed",
            "refuses Closed",
            "refuses Closed",
        ]);
    }
}

/// A case of [`c12_endings`]: what happens, and what the ending has to say.
struct Case {
    name: &'static str,
    /// Whether this side closes first.
    closes: bool,
    /// The frames that arrive: FIN, opcode, payload.
    frames: &'static [(bool, OpCode, &'static [u8])],
    /// How many bytes of the last frame are missing.
    missing: usize,
    how: EndCause,
    initiator: Option<Side>,
    sent: Option<u16>,
    received: Option<(u16, &'static str)>,
    message_lost: bool,
}

const EOF: Case = Case {
    name: "idle",
    closes: false,
    frames: &[],
    missing: 0,
    how: EndCause::Eof,
    initiator: None,
    sent: None,
    received: None,
    message_lost: false,
};

const CLOSE: (bool, OpCode, &[u8]) = (true, OpCode::Close, b"\x03\xe9gone");
const HALF: (bool, OpCode, &[u8]) = (false, OpCode::Text, b"half");
const TEXT: (bool, OpCode, &[u8]) = (true, OpCode::Text, b"whole");

const CASES: [Case; 15] = [
    EOF,
    Case { name: "between messages", frames: &[TEXT], ..EOF },
    Case {
        name: "between fragments",
        frames: &[TEXT, HALF],
        how: EndCause::EofInMessage,
        message_lost: true,
        ..EOF
    },
    Case {
        name: "in a frame",
        frames: &[TEXT],
        missing: 1,
        how: EndCause::EofInFrame,
        message_lost: true,
        ..EOF
    },
    Case {
        name: "in a header",
        frames: &[(true, OpCode::Ping, b"")],
        missing: 1,
        how: EndCause::EofInFrame,
        message_lost: true,
        ..EOF
    },
    Case {
        name: "in a control frame between fragments",
        frames: &[HALF, CLOSE],
        missing: 1,
        how: EndCause::EofInFrame,
        message_lost: true,
        ..EOF
    },
    Case {
        name: "after our close",
        closes: true,
        how: EndCause::EofAfterClose,
        initiator: Some(Side::Local),
        sent: Some(1000),
        ..EOF
    },
    Case {
        name: "after our close, in a message",
        closes: true,
        frames: &[TEXT, HALF],
        how: EndCause::EofAfterClose,
        initiator: Some(Side::Local),
        sent: Some(1000),
        message_lost: true,
        ..EOF
    },
    Case {
        name: "after our close, in a frame",
        closes: true,
        frames: &[CLOSE],
        missing: 2,
        how: EndCause::EofAfterClose,
        initiator: Some(Side::Local),
        sent: Some(1000),
        message_lost: true,
        ..EOF
    },
    Case {
        name: "after theirs",
        frames: &[TEXT, CLOSE],
        how: EndCause::Clean,
        initiator: Some(Side::Peer),
        sent: Some(1001),
        received: Some((1001, "gone")),
        ..EOF
    },
    Case {
        name: "after theirs, between fragments",
        frames: &[HALF, CLOSE, TEXT],
        how: EndCause::Clean,
        initiator: Some(Side::Peer),
        sent: Some(1001),
        received: Some((1001, "gone")),
        message_lost: true,
        ..EOF
    },
    Case {
        name: "after both",
        closes: true,
        frames: &[TEXT, CLOSE],
        how: EndCause::Clean,
        initiator: Some(Side::Local),
        sent: Some(1000),
        received: Some((1001, "gone")),
        ..EOF
    },
    Case {
        name: "after a violation",
        frames: &[TEXT, (true, OpCode::Close, b"\x03"), CLOSE],
        how: EndCause::Failed(ProtocolError::CloseTooShort),
        initiator: Some(Side::Local),
        sent: Some(1002),
        ..EOF
    },
    Case {
        name: "after our close and a violation",
        closes: true,
        frames: &[(false, OpCode::Ping, b""), CLOSE],
        how: EndCause::Failed(ProtocolError::FragmentedControl),
        initiator: Some(Side::Local),
        sent: Some(1000),
        message_lost: true,
        ..EOF
    },
    Case {
        name: "after our close and a code that must not be sent",
        closes: true,
        frames: &[(true, OpCode::Close, b"\x03\xec"), CLOSE],
        how: EndCause::Clean,
        initiator: Some(Side::Local),
        sent: Some(1000),
        received: Some((1004, "")),
        ..EOF
    },
];

impl Case {
    /// Plays the case up to the end of the stream.
    fn play(&self, bare: &mut CollectingConnection, size: usize) {
        if self.closes {
            close(bare, 1000, "bye").unwrap();
        }
        let frames = self.frames.iter().flat_map(|it| bare.framed(it.0, it.1, it.2));
        let bytes: Vec<u8> = frames.collect();
        for part in bytes[..bytes.len() - self.missing].chunks(size) {
            let _ = bare.receive(part);
        }
    }

    fn check(&self, ending: &Ending) {
        let sent = ending.sent.as_ref().map(|frame| frame.code.get());
        let received = ending.received.as_ref().map(|frame| (frame.code.get(), &*frame.reason));
        assert_eq!(ending.cause, self.how, "{}", self.name);
        assert_eq!(ending.initiator, self.initiator, "{}", self.name);
        assert_eq!(sent, self.sent, "{}", self.name);
        assert_eq!(received, self.received, "{}", self.name);
        assert_eq!(ending.message_lost, self.message_lost, "{}", self.name);
        assert_eq!(ending.is_clean(), self.how == EndCause::Clean, "{}", self.name);
        let code = self.received.map_or(1006, |(code, _)| code);
        assert_eq!(ending.code().get(), code, "{}", self.name);
    }
}

/// Connections of both roles and deliveries, each with the length of reads: one byte, or all at
/// once.
fn all_ways() -> Vec<(CollectingConnection, usize)> {
    let ways = [(Delivery::Whole, 1), (Delivery::Whole, 1000), (Delivery::Streaming, 1)];
    let ways = [ways.as_slice(), &[(Delivery::Streaming, 1000)]].concat();
    let both = |(delivery, size)| {
        let mut config = Config::default();
        config.delivery = delivery;
        CollectingConnection::both(config).map(|bare| (bare, size))
    };
    ways.into_iter().flat_map(both).collect()
}

#[test]
fn c12_endings() {
    for case in &CASES {
        for (mut bare, size) in all_ways() {
            case.play(&mut bare, size);
            case.check(bare.eof());
        }
    }
}

#[test]
fn c12_ended_comes_once_and_last() {
    for case in &CASES {
        for (mut bare, size) in all_ways() {
            case.play(&mut bare, size);
            bare.eof();
            let late = bare.framed(true, OpCode::Text, "late");
            for step in 0..7 {
                match step {
                    0 => bare.incoming.push(&late),
                    1 => bare.connection.receive_eof(),
                    2 => bare.connection.handle_transport_failure(&mut bare.outgoing),
                    3 => bare.connection.abort(&mut bare.outgoing),
                    4 => {
                        let later = Time::new(secs(1 << 30));
                        bare.connection.handle_timeout(later, &mut bare.outgoing);
                    }
                    5 => assert_eq!(close(&mut bare, 1000, ""), Err(SendError::Closed)),
                    _ => {}
                }
                let (incoming, outgoing) = (&mut bare.incoming, &mut bare.outgoing);
                let progress = bare.connection.receive(Time::ZERO, incoming, outgoing);
                assert_eq!(progress, Ok(Progress::Ended), "{}", case.name);
                assert!(bare.incoming.event().is_none());
                assert_eq!(bare.connection.transport(), Transport::Close);
            }
        }
    }
}

/// `Ended` can be looked at until `receive` is called.
#[test]
fn c12_ended_can_be_looked_at_again() {
    let mut bare = CollectingConnection::server(Config::default());
    bare.connection.receive_eof();
    let (incoming, outgoing) = (&mut bare.incoming, &mut bare.outgoing);
    let progress = bare.connection.receive(Time::ZERO, incoming, outgoing);
    assert_eq!(progress, Ok(Progress::Event));
    for _ in 0..2 {
        assert!(
            matches!(incoming.event(), Some(Event::Ended(ending)) if ending.cause == EndCause::Eof)
        );
    }
}

#[test]
fn c12_transport_failure_and_abort() {
    for (mut bare, size) in all_ways() {
        bare.receive_in_parts(size, &bare.framed(true, OpCode::Text, "whole")).unwrap();
        bare.receive_in_parts(size, &bare.framed(false, OpCode::Text, "half")).unwrap();
        bare.connection.send_text("unwritten", &mut bare.outgoing).unwrap();
        let how = if size == 1 {
            bare.connection.abort(&mut bare.outgoing);
            EndCause::Aborted
        } else {
            bare.connection.handle_transport_failure(&mut bare.outgoing);
            EndCause::TransportFailed
        };
        assert!(bare.outgoing.is_empty());
        bare.receive_available().unwrap();
        let ending = bare.ending.unwrap();
        assert_eq!((ending.cause, ending.initiator, &ending.sent), (how, None, &None));
        assert_eq!((ending.code(), ending.message_lost), (CloseCode::ABNORMAL, true));
    }
}

/// After a part of a frame, anything else that is sent would be garbage to the peer.
#[test]
fn c12_nothing_is_sent_after_a_transport_failure() {
    for mut bare in CollectingConnection::both(Config::default()) {
        let bye = payload(1000, "bye");
        let read = [(OpCode::Text, &b"read"[..]), (OpCode::Ping, b"?"), (OpCode::Close, &bye)];
        for (opcode, payload) in read {
            let bytes = bare.framed(true, opcode, payload);
            bare.incoming.push(&bytes);
        }
        bare.connection.handle_transport_failure(&mut bare.outgoing);
        assert!(!bare.connection.is_open());
        let sent = bare.connection.send_text("late", &mut bare.outgoing);
        assert_eq!(sent, Err(SendError::Closed));
        assert_eq!(close(&mut bare, 1000, ""), Err(SendError::Closed));
        bare.receive_available().unwrap();
        assert!(bare.outgoing.is_empty());
        assert_eq!(bare.messages, [b"read"]);
        let ending = bare.ending.unwrap();
        // The peer's Close frame arrived, and the answer to it could not leave.
        assert_eq!((ending.cause, ending.sent), (EndCause::TransportFailed, None));
        assert_eq!(ending.received.unwrap().reason.as_ref(), "bye");
    }
}

/// The exchange is complete only if our Close frame leaves, be it the answer or the first.
#[test]
fn c12_an_answer_that_is_dropped_ends_nothing_cleanly() {
    type Drops = fn(&mut CollectingConnection);
    let ways: [(Drops, EndCause); 4] = [
        (|bare| bare.connection.abort(&mut bare.outgoing), EndCause::Aborted),
        (
            |bare| bare.connection.handle_transport_failure(&mut bare.outgoing),
            EndCause::TransportFailed,
        ),
        (|bare| wait(bare, 1), EndCause::TimedOut(Deadline::Write)),
        (|bare| wait(bare, 2), EndCause::TimedOut(Deadline::Close)),
    ];
    for (drop_output, cause) in ways {
        for answers in [true, false] {
            let mut config = Config::default();
            config.write_timeout = (cause != EndCause::TimedOut(Deadline::Close)).then(|| secs(1));
            config.close_timeout = secs(2);
            for mut bare in CollectingConnection::both(config) {
                bare.connection.send_text("unwritten", &mut bare.outgoing).unwrap();
                if !answers {
                    close(&mut bare, 1000, "").unwrap();
                }
                bare.receive(bare.framed(true, OpCode::Close, payload(1000, "bye"))).unwrap();
                drop_output(&mut bare);
                assert!(bare.outgoing.is_empty());
                let ending = bare.eof();
                assert_eq!((ending.cause, ending.is_clean()), (cause, false));
                assert_eq!(ending.received.as_ref().unwrap().code, CloseCode::NORMAL);
            }
        }
    }
}

/// What fails after our Close frame has left changes nothing.
#[test]
fn c12_an_answer_that_has_left_stays_a_clean_end() {
    for mut bare in CollectingConnection::both(Config::default()) {
        bare.receive(bare.framed(true, OpCode::Close, payload(1000, "bye"))).unwrap();
        bare.take_all_output();
        bare.connection.handle_transport_failure(&mut bare.outgoing);
        assert_eq!(bare.eof().cause, EndCause::Clean);
    }
}

fn wait(bare: &mut CollectingConnection, seconds: u64) {
    // The deadline for writing runs from the first call that sees the output.
    for now in [Time::ZERO, Time::new(secs(seconds))] {
        bare.connection.handle_timeout(now, &mut bare.outgoing);
    }
}

#[test]
fn c12_a_handshake_of_a_transport_that_failed_opens_nothing() {
    let request = ClientRequest::new("ws://h/").unwrap();
    let (mut incoming, mut outgoing) = (Incoming::new(), Outgoing::new());
    let config = Config::default();
    let mut client =
        Connection::client(&request, config, Time::ZERO, &plain_entropy, &mut outgoing).unwrap();
    incoming.push(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    );
    client.handle_transport_failure(&mut outgoing);
    assert_eq!(client.receive(Time::ZERO, &mut incoming, &mut outgoing), Ok(Progress::Event));
    assert!(matches!(incoming.event(), Some(Event::Open(_))));
    assert_eq!(client.send_text("late", &mut outgoing), Err(SendError::Closed));
    assert_eq!(client.receive(Time::ZERO, &mut incoming, &mut outgoing), Ok(Progress::Event));
    let Some(Event::Ended(ending)) = incoming.event() else { panic!() };
    assert_eq!(ending.cause, EndCause::TransportFailed);
}

type Violation = fn(&CollectingConnection) -> Vec<u8>;

/// The ending does not depend on how the input is cut.
#[test]
fn c12_ending_of_a_violation_does_not_depend_on_cuts() {
    let violations: [Violation; 8] = [
        |it| it.framed(true, OpCode::Text, b"\xC0\x80 and the rest"),
        |it| it.framed(true, OpCode::Text, b"cut \xE2\x82"),
        |it| it.framed(false, OpCode::Text, b"\xFF"),
        |it| [it.framed(false, OpCode::Text, "a"), it.framed(true, OpCode::Text, "b")].concat(),
        |it| it.framed(true, OpCode::Ping, [0; 126]),
        |it| it.framed(true, OpCode::Close, payload(1005, "")),
        |_| vec![0x83],
        |it| match it.connection.is_client() {
            true => masked(true, OpCode::Text, "a"),
            false => frame(true, OpCode::Text, "a"),
        },
    ];
    for violation in violations {
        for client in [false, true] {
            let ways = all_ways().into_iter().filter(|way| way.0.connection.is_client() == client);
            let endings = ways.map(|(mut bare, size)| {
                let bytes = violation(&bare);
                bare.receive_in_parts(size, &bytes).unwrap_err();
                bare.eof().clone()
            });
            let endings: Vec<Ending> = endings.collect();
            for ending in &endings {
                assert_eq!(ending, &endings[0], "left: other reads, right: byte by byte");
            }
        }
    }
}

#[test]
fn c12_text_that_is_not_utf8_is_a_message_lost() {
    for (mut bare, size) in all_ways() {
        bare.receive_in_parts(size, &bare.framed(true, OpCode::Text, b"abc\xFFdef")).unwrap_err();
        assert!(bare.eof().message_lost, "in reads of {size}");
    }
}

/// §7.1.1: the server closes TCP first, and so does the side that fails the connection.
#[test]
fn transport_in_each_phase() {
    use Transport::{Close, Keep, ShutdownWrite};
    let drained = |bare: &CollectingConnection| {
        if bare.connection.is_client() { Keep } else { ShutdownWrite }
    };
    for mut bare in CollectingConnection::both(Config::default()) {
        assert_eq!(bare.connection.transport(), Keep, "open");
        close(&mut bare, 1000, "").unwrap();
        assert_eq!(bare.connection.transport(), Keep, "closing");
        bare.receive(bare.framed(true, OpCode::Close, payload(1000, ""))).unwrap();
        assert_eq!(bare.connection.transport(), drained(&bare), "closed by us");
        bare.eof();
        assert_eq!(bare.connection.transport(), Close, "ended");
    }
    for mut bare in CollectingConnection::both(Config::default()) {
        bare.receive(bare.framed(true, OpCode::Close, "")).unwrap();
        assert_eq!(bare.connection.transport(), drained(&bare), "closed by the peer");
        bare.eof();
        assert_eq!(bare.connection.transport(), Close, "ended");
    }
    for mut bare in CollectingConnection::both(Config::default()) {
        bare.receive([0xFF]).unwrap_err();
        assert_eq!(bare.connection.transport(), ShutdownWrite, "failed");
        bare.receive([0xFF; 100]).unwrap();
        assert_eq!(bare.connection.transport(), ShutdownWrite, "input thrown away");
        bare.eof();
        assert_eq!(bare.connection.transport(), Close, "ended");
    }
    for mut bare in CollectingConnection::both(Config::default()) {
        bare.connection.receive_eof();
        assert_eq!(bare.connection.transport(), Keep, "not taken in yet");
        bare.receive_available().unwrap();
        assert_eq!(bare.connection.transport(), Close, "ended");
    }
    for mut bare in CollectingConnection::both(Config::default()) {
        bare.connection.abort(&mut bare.outgoing);
        assert_eq!(bare.connection.transport(), Close, "aborted");
    }
    for mut bare in CollectingConnection::both(Config::default()) {
        bare.connection.handle_transport_failure(&mut bare.outgoing);
        assert_eq!(bare.connection.transport(), Close, "nothing to wait for");
    }
}

#[test]
fn phases_can_be_asked_for() {
    for mut bare in CollectingConnection::both(Config::default()) {
        assert!(bare.connection.is_open() && !bare.connection.is_settled());
        close(&mut bare, 1000, "").unwrap();
        assert!(!bare.connection.is_open() && !bare.connection.is_settled());
        bare.receive(bare.framed(true, OpCode::Close, "")).unwrap();
        assert!(!bare.connection.is_open() && bare.connection.is_settled());
        bare.eof();
        assert!(!bare.connection.is_open() && bare.connection.is_settled());
    }
}

/// A client without entropy cannot mask its Close frame, so it has not answered.
#[test]
fn close_that_cannot_be_answered_is_not_clean() {
    fn none(_: &mut [u8]) -> Result<(), EntropyError> {
        Err(EntropyError::new())
    }
    let mut client = CollectingConnection::new(Role::Client(&none), Config::default());
    assert_eq!(close(&mut client, 1000, ""), Err(SendError::NoEntropy));
    assert!(client.connection.is_open());
    client.receive(frame(true, OpCode::Close, payload(1000, ""))).unwrap();
    let ending = client.eof();
    assert_eq!(ending.sent, None);
    assert_eq!(ending.received.as_ref().unwrap().code, CloseCode::NORMAL);
    assert_eq!(ending.cause, EndCause::NoEntropy);
}

#[test]
fn ending_in_words() {
    let mut bare = CollectingConnection::server(Config::default());
    bare.receive(masked(true, OpCode::Close, payload(1001, "gone"))).unwrap();
    let words = bare.eof().to_string();
    assert_eq!(words, "closed, the peer said 1001 \"gone\", we said 1001 \"\"");
}

/// The endings of both sides of one closing handshake agree.
#[test]
fn two_sides_agree_on_who_closed() {
    for first in [0, 1] {
        let mut sides = CollectingConnection::both(Config::default());
        close(&mut sides[first], 4001, "enough").unwrap();
        let [there, back] = [first, 1 - first];
        let sent = sides[there].take_all_output();
        sides[back].receive(sent).unwrap();
        let answer = sides[back].take_all_output();
        sides[there].receive(&answer).unwrap();
        assert!(sides[there].take_all_output().is_empty(), "an answer is not answered");
        let [a, b] = [there, back].map(|side| sides[side].eof().clone());
        assert_eq!((a.cause, b.cause), (EndCause::Clean, EndCause::Clean));
        assert_eq!((a.initiator, b.initiator), (Some(Side::Local), Some(Side::Peer)));
        assert_eq!((&a.sent, &a.received), (&b.received, &b.sent));
    }
}

#[test]
fn memory_of_the_message_is_given_back_at_the_end() {
    let (mut incoming, mut outgoing) = (Incoming::new(), Outgoing::new());
    let mut server =
        Connection::established(Role::Client(&plain_entropy), None, Config::default(), Time::ZERO);
    incoming.push(&frame(false, OpCode::Binary, [7; 5000]));
    incoming.push(&frame(true, OpCode::Close, ""));
    for _ in 0..2 {
        let _ = server.receive(Time::ZERO, &mut incoming, &mut outgoing).unwrap();
    }
    incoming.take_back_window();
    assert_eq!(incoming.heap(), 0);
}
