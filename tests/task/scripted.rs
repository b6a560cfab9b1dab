//! Sockets over scripted streams that make them wait, fail and end.

use std::io::ErrorKind;

use websocket_proto::frame::OpCode;
use websocket_proto::handshake::{Acceptance, AnswerError, Rejection, Request};
use websocket_proto::io::Error;
use websocket_proto::{
    CloseCode, Config, EndCause, Event, MessageKind, ProtocolError, Role, SendError,
};

use super::executor::ManualExecutor;
use super::scripted_stream::{Fault, Operation, PendingPattern, ScriptedStream};
use super::{REQUEST, RESPONSE, run};
use crate::runtime::adapter::{WebSocket, accept, accept_with};
use crate::support::{close, frame, masked, ping, text};

/// The bytes of a client that sends texts, pings and a Close frame, and the events that precede the
/// Close frame.
pub(crate) fn dialogue() -> (Vec<u8>, [&'static str; 5]) {
    let bytes = [text("one"), ping("1"), text("two"), ping("2"), text("three"), close(1000, "bye")];
    let events = ["text \"one\"", "ping \"1\"", "text \"two\"", "ping \"2\"", "text \"three\""];
    (bytes.concat(), events)
}

/// Checks what the server did with [`dialogue`]: each text was echoed once and in order. Pongs may
/// overtake messages, and only the newest of the pongs that wait is sent (§5.5.3).
#[track_caller]
pub(crate) fn check_dialogue(events: &[String], script: &ScriptedStream, case: &str) {
    let (_, expected) = dialogue();
    assert_eq!(events[..5], expected, "{case}");
    assert_eq!(events[5..], ["close 1000 \"bye\"", "ended Clean"], "{case}");
    check_answers(script, case);
    assert!(script.state().is_shut_down, "{case}");
}

/// Checks that all of the dialogue was answered.
#[track_caller]
fn check_answers(script: &ScriptedStream, case: &str) {
    check_sent(script, &["one", "two", "three"], &["1", "2"], case);
    assert_eq!(script.words().last().unwrap(), "sends close 1000 \"\"", "{case}");
}

#[track_caller]
fn check_sent(script: &ScriptedStream, texts: &[&str], pings: &[&str], case: &str) {
    let (mut sent, mut pongs) = (Vec::new(), Vec::new());
    for word in script.words() {
        match word.strip_prefix("sends text ") {
            Some(text) => sent.push(text.trim_matches('"').to_owned()),
            None => pongs.extend(word.strip_prefix("sends pong ").map(str::to_owned)),
        }
    }
    assert_eq!(sent, texts, "{case}");
    let answered: Vec<String> = pings.iter().map(|ping| format!("{ping:?}")).collect();
    assert_eq!(pongs.last(), answered.last(), "{case}");
    let skipped = answered.len() - pongs.len();
    assert_eq!(pongs, answered[skipped..], "{case}");
}

#[test]
fn short_reads_and_writes() {
    let (input, _) = dialogue();
    run(async {
        for read in 1..=input.len() {
            for write in [1, 2, 3, 5, 8, 13, 0] {
                let script = ScriptedStream::new(&input).sizes(read, write);
                let events = ManualExecutor::never_dropping().echo(&mut script.server());
                check_dialogue(&events, &script, &format!("reads of {read}, writes of {write}"));
            }
        }
    });
}

/// §5.5.2: without automatic pongs nothing is written for a ping, and what was fed before it stays
/// together with what follows.
#[test]
fn pings_that_the_application_answers() {
    let input = [ping("1"), ping("2"), ping("3")].concat();
    let mut config = Config::default();
    config.automatic_pong = false;
    run(async {
        let script = ScriptedStream::new(&input);
        let mut socket = script.server_with(config);
        while let Some((event, writer)) = socket.receive().await.unwrap() {
            match event {
                Event::Ping(payload @ b"1") => writer.feed_pong(payload).await.unwrap(),
                Event::Ping(payload @ b"2") => writer.try_send_pong(payload).unwrap(),
                Event::Ping(payload) => writer.send_pong(payload).await.unwrap(),
                _ => {}
            }
        }
        let words = script.words();
        assert_eq!(words, ["sends pong \"1\"", "sends pong \"2\"", "sends pong \"3\""]);
        assert_eq!(script.state().writes, 1);
    });
}

/// §5.5.1: closing with an empty Close frame.
#[test]
fn closing_without_a_code() {
    run(async {
        let script = ScriptedStream::new(masked(true, OpCode::Close, ""));
        let mut socket = script.server();
        let refused = socket.close_with(CloseCode::NO_STATUS, "why").await.unwrap_err();
        assert!(matches!(refused, Error::Send(SendError::BadCloseCode)), "{refused}");
        let ending = socket.close_with(CloseCode::NO_STATUS, "").await.unwrap();
        assert_eq!(ending.cause, EndCause::Clean);
        let codes = [ending.sent, ending.received].map(|frame| frame.unwrap().code);
        assert_eq!(codes, [CloseCode::NO_STATUS; 2]);
        assert_eq!(script.words(), ["sends close"]);
    });
}

#[test]
fn short_reads_and_writes_in_the_handshake() {
    let (frames, _) = dialogue();
    let input = [REQUEST.as_bytes(), &frames].concat();
    run(async {
        for size in (1..=input.len()).step_by(3) {
            let script = ScriptedStream::new(&input)
                .sizes(size, size)
                .pending_by(PendingPattern::AllButEvery(2));
            let mut executor = ManualExecutor::never_dropping();
            let mut socket = executor.drive(accept(script.clone())).unwrap().unwrap();
            let events = executor.echo(&mut socket);
            assert!(script.state().output.starts_with(RESPONSE.as_bytes()));
            check_dialogue(&events, &script, &format!("size {size}"));
        }
    });
}

#[test]
fn a_wait_at_each_operation() {
    let (input, _) = dialogue();
    run(async {
        for at in 1.. {
            let rule = move |number, _| (number == at).then_some(Fault::Pending);
            let script = ScriptedStream::new(&input).sizes(20, 9).rule(rule);
            let events = ManualExecutor::never_dropping().echo(&mut script.server());
            check_dialogue(&events, &script, &format!("operation {at}"));
            if script.state().operations < at {
                break;
            }
        }
    });
}

#[test]
fn eof_at_every_byte() {
    let (frames, _) = dialogue();
    let input = [REQUEST.as_bytes(), &frames].concat();
    run(async {
        for at in 0..input.len() {
            for pattern in
                [PendingPattern::Never, PendingPattern::AllButEvery(2), PendingPattern::Seed(1)]
            {
                let script = ScriptedStream::new(&input[..at]).sizes(17, 7).pending_by(pattern);
                check_eof(&script, at, &format!("cut at {at}, {pattern:?}"));
            }
        }
    });
}

#[track_caller]
fn check_eof(script: &ScriptedStream, at: usize, case: &str) {
    let mut executor = ManualExecutor::never_dropping();
    match executor.drive(accept(script.clone())).unwrap() {
        Err(Error::Ended(ending)) => {
            assert!(at < REQUEST.len(), "{case}");
            assert_eq!(ending.cause, EndCause::EofInHandshake, "{case}");
        }
        Err(error) => panic!("{error}, {case}"),
        Ok(mut socket) => {
            assert!(at >= REQUEST.len(), "{case}");
            let events = executor.echo(&mut socket);
            let (ended, before) = events.split_last().unwrap();
            assert!(ended.starts_with("ended Eof"), "{events:?}, {case}");
            assert_eq!(before, &dialogue().1[..before.len()], "{case}");
            // Everything that had arrived whole was answered.
            let received = |kind: &str| -> Vec<&str> {
                let words = before.iter().filter_map(|word| word.strip_prefix(kind));
                words.map(|word| word.trim_matches('"')).collect()
            };
            check_sent(script, &received("text "), &received("ping "), case);
            assert!(script.state().is_shut_down, "{case}");
        }
    }
}

#[test]
fn failure_from_each_operation_on() {
    failures(|number, at| number >= at);
}

#[test]
fn failure_at_each_operation_alone() {
    failures(|number, at| number == at);
}

fn failures(fails: fn(usize, usize) -> bool) {
    let (frames, _) = dialogue();
    let input = [REQUEST.as_bytes(), &frames].concat();
    run(async {
        for at in 1.. {
            let fault = Fault::Error(ErrorKind::ConnectionReset);
            let rule = move |number, _| fails(number, at).then_some(fault);
            let script = ScriptedStream::new(&input).sizes(50, 20).rule(rule);
            check_failure(&script, at);
            if script.state().operations < at {
                break;
            }
        }
    });
}

#[track_caller]
fn check_failure(script: &ScriptedStream, at: usize) {
    let mut executor = ManualExecutor::never_dropping();
    match executor.drive(accept(script.clone())).unwrap() {
        Err(Error::Io(error)) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        Err(error) => panic!("{error} at {at}"),
        Ok(mut socket) => {
            let events = executor.echo(&mut socket);
            // What was read is still delivered, and the end once, as the last event.
            let (ended, before) = events.split_last().unwrap();
            let clean = ended == "ended Clean";
            assert!(clean || ended == "ended TransportFailed", "{events:?} at {at}");
            let (errors, delivered): (Vec<&String>, Vec<&String>) =
                before.iter().partition(|word| word.starts_with("error"));
            assert!(errors.iter().all(|error| *error == "error ConnectionReset"), "{events:?}");
            // After the peer's Close frame a failure is an end like others.
            let closed = delivered.len() == dialogue().1.len() + 1;
            assert!(closed || !errors.is_empty(), "{events:?} at {at}");
            let len = delivered.len().min(5);
            assert_eq!(delivered[..len], dialogue().1[..len], "at {at}");
            if clean {
                check_answers(script, &format!("clean, though it failed at {at}"));
            }
        }
    }
}

#[test]
fn a_write_of_nothing_is_a_failure() {
    let nothing = Some(Fault::Error(ErrorKind::WriteZero));
    let rule = move |_, operation| nothing.filter(|_| operation == Operation::Write);
    let script = ScriptedStream::new(text("a")).rule(rule);
    let events = run(async { ManualExecutor::never_dropping().echo(&mut script.server()) });
    assert_eq!(events, ["text \"a\"", "error WriteZero", "ended TransportFailed"]);
}

#[test]
fn one_write_for_each_read() {
    let script = ScriptedStream::new(text("small").repeat(100));
    let events = run(async { ManualExecutor::never_dropping().echo(&mut script.server()) });
    assert_eq!(events.len(), 101);
    assert_eq!(script.words(), vec!["sends text \"small\""; 100]);
    assert_eq!(script.state().writes, 1);
}

#[test]
fn a_pong_for_each_ping_of_a_read() {
    let pings: Vec<String> = (0..10).map(|number| number.to_string()).collect();
    let script = ScriptedStream::new(pings.iter().map(ping).collect::<Vec<_>>().concat());
    let events = run(async { ManualExecutor::never_dropping().echo(&mut script.server()) });
    assert_eq!(events.len(), 11);
    let pongs: Vec<String> = pings.iter().map(|ping| format!("sends pong {ping:?}")).collect();
    assert_eq!(script.words(), pongs);
}

#[test]
fn leftover_with_whole_messages() {
    let bytes = [text("one"), text("two")].concat();
    run(async {
        for cut in 0..=bytes.len() {
            let (leftover, rest) = bytes.split_at(cut);
            let script = ScriptedStream::new(rest).pending_by(PendingPattern::AllButEvery(2));
            let config = Config::default();
            let mut socket =
                WebSocket::established(script.clone(), Role::Server, None, config, leftover);
            let events = ManualExecutor::never_dropping().echo(&mut socket);
            assert_eq!(events, ["text \"one\"", "text \"two\"", "ended Eof"]);
            assert_eq!(script.words(), ["sends text \"one\"", "sends text \"two\""]);
        }
    });
}

#[test]
fn parts_with_everything_unread_and_unwritten() {
    let script = ScriptedStream::new([text("one"), text("two"), text("three")].concat());
    run(async {
        let mut socket = script.server();
        let Some((Event::Text("one"), writer)) = socket.receive().await.unwrap() else { panic!() };
        writer.feed_text("answer").await.unwrap();
        let parts = socket.into_parts();
        assert!(!parts.incoming.unread().is_empty());
        assert!(!parts.outgoing.is_empty());
        let events = ManualExecutor::never_dropping().echo(&mut WebSocket::from_parts(parts));
        assert_eq!(events, ["text \"two\"", "text \"three\"", "ended Eof"]);
    });
    let sent = ["answer", "two", "three"].map(|text| format!("sends text {text:?}"));
    assert_eq!(script.words(), sent);
}

#[test]
fn answering_while_the_event_is_held() {
    let script = ScriptedStream::new([text("held"), close(1000, "")].concat());
    run(async {
        let mut socket = script.server();
        let Some((Event::Text(held), writer)) = socket.receive().await.unwrap() else { panic!() };
        writer.start_message(MessageKind::Text).unwrap();
        writer.feed_fragment(held.as_bytes()).await.unwrap();
        writer.feed_ping(held.as_bytes()).await.unwrap();
        writer.flush().await.unwrap();
        writer.feed_last_fragment(held.as_bytes()).await.unwrap();
        writer.start_close(CloseCode::NORMAL, held).unwrap();
        assert_eq!(held, "held");
        let events = ManualExecutor::never_dropping().echo(&mut socket);
        assert_eq!(events, ["close 1000 \"\"", "ended Clean"]);
    });
    let sent = [
        "sends fragment text \"held\"",
        "sends ping \"held\"",
        "sends continuation \"held\"",
        "sends close 1000 \"held\"",
    ];
    assert_eq!(script.words(), sent);
}

#[test]
fn clients_mask_and_wait_for_the_server_to_close() {
    let script = ScriptedStream::new(frame(true, OpCode::Text, "hi"));
    run(async {
        let mut socket = script.client();
        socket.send_text("a").await.unwrap();
        assert_eq!(script.state().output, [0x81, 0x81, 0, 0, 0, 0, b'a']);
        assert!(matches!(socket.receive().await.unwrap(), Some((Event::Text("hi"), _))));
        let ending = socket.close_with(CloseCode::NORMAL, "").await.unwrap();
        assert_eq!(ending.cause, EndCause::EofAfterClose);
        let again = socket.close_with(CloseCode::NORMAL, "").await;
        assert!(matches!(again, Err(Error::Send(_))), "{again:?}");
    });
}

#[test]
fn a_violation_shuts_down_writing_and_reads_to_the_end() {
    let script = ScriptedStream::new([&[0x83, 0x80][..], &[0; 600_000]].concat());
    run(async {
        let mut socket = script.server();
        let failed = socket.receive().await.map(drop).unwrap_err();
        assert!(matches!(failed, Error::Protocol(ProtocolError::ReservedOpcode)));
        let events = ManualExecutor::never_dropping().echo(&mut socket);
        assert_eq!(events, ["ended Failed(ReservedOpcode)"]);
        assert!(socket.receive().await.unwrap().is_none());
    });
    assert_eq!(script.words(), ["sends close 1002 \"\""]);
    assert!(script.state().input.is_empty());
    assert!(script.state().is_shut_down);
}

#[test]
fn answers_to_requests() {
    let config = Config::default();
    let bad = ScriptedStream::new(REQUEST.replace("GET", "PUT") + &"x".repeat(600_000));
    let failed = run(accept(bad.clone())).map(drop).unwrap_err();
    assert!(matches!(failed, Error::Protocol(ProtocolError::MethodNotGet)), "{failed}");
    assert!(bad.state().output.starts_with(b"HTTP/1.1 405 "));
    assert!(bad.state().input.is_empty());

    let rejected = ScriptedStream::new(REQUEST);
    let reject = async |_: &Request<'_>| Err(Rejection::unauthorized("Bearer")?.text("who?"));
    let failed = run(accept_with(rejected.clone(), config, reject)).map(drop).unwrap_err();
    let Error::Ended(ending) = failed else { panic!("{failed}") };
    assert_eq!(ending.cause, EndCause::Rejected);
    assert!(rejected.state().output.ends_with(b"\r\n\r\nwho?"));

    let choose = async |_: &Request<'_>| Ok(Acceptance::new().subprotocol("chat").unwrap());
    let failed =
        run(accept_with(ScriptedStream::new(REQUEST), config, choose)).map(drop).unwrap_err();
    assert!(matches!(failed, Error::Answer(AnswerError::UnofferedSubprotocol)), "{failed}");

    let mistaken = ScriptedStream::new(REQUEST);
    let mistake = async |_: &Request<'_>| Ok(Acceptance::new().header("X", "a\n")?);
    let failed = run(accept_with(mistaken.clone(), config, mistake)).map(drop).unwrap_err();
    assert!(matches!(failed, Error::Answer(AnswerError::BadHeaderValue)), "{failed}");
    assert!(mistaken.state().output.starts_with(b"HTTP/1.1 500 Internal Server Error\r\n"));
}

/// Nobody is left without an answer: the mistake of the application is a 500, at once.
#[test]
fn an_answer_that_does_not_fit_the_request() {
    let page = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    let answers = [
        (REQUEST, Err(Rejection::ok().text("a page")), AnswerError::BadStatus),
        (page, Ok(Acceptance::new()), AnswerError::NotAsked),
    ];
    for (request, answer, expected) in answers {
        let script = ScriptedStream::new(request);
        let mut config = Config::default();
        config.other_requests = true;
        let decide = async |_: &Request<'_>| answer;
        let failed = run(accept_with(script.clone(), config, decide)).map(drop).unwrap_err();
        assert!(matches!(failed, Error::Answer(error) if error == expected), "{failed}");
        let output = String::from_utf8_lossy(&script.state().output).into_owned();
        assert!(output.starts_with("HTTP/1.1 500 Internal Server Error\r\n"), "{output}");
    }
}

#[test]
fn a_page_for_who_asks_for_one() {
    let script = ScriptedStream::new("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    let mut config = Config::default();
    config.other_requests = true;
    let decide = async |_: &Request<'_>| Err(Rejection::ok().text("a page"));
    let failed = run(accept_with(script.clone(), config, decide)).map(drop).unwrap_err();
    let Error::Ended(ending) = failed else { panic!("{failed}") };
    assert_eq!(ending.cause, EndCause::Rejected);
    assert!(script.state().output.starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert!(script.state().output.ends_with(b"\r\n\r\na page"));
}
