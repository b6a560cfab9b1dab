//! Sockets over scripted streams that are short, would block, fail and end.

use std::io::ErrorKind;
use std::net::Shutdown;

use websocket_proto::frame::OpCode;
use websocket_proto::handshake::{Acceptance, AnswerError, Rejection, Request};
use websocket_proto::io::Error;
use websocket_proto::io::blocking::{WebSocket, accept, accept_with};
use websocket_proto::{
    CloseCode, Config, EndCause, Event, MessageKind, ProtocolError, Role, SendError,
};

use crate::scripted_stream::{ScriptedStream, echo};
use crate::support::{close, frame, masked, ping, plain_entropy, text};
use crate::{REQUEST, RESPONSE};

/// The bytes of a client that sends texts, pings and a Close frame, and the events that precede the
/// Close frame.
fn dialogue() -> (Vec<u8>, [&'static str; 5]) {
    let bytes = [text("one"), ping("1"), text("two"), ping("2"), text("three"), close(1000, "bye")];
    let events = ["text \"one\"", "ping \"1\"", "text \"two\"", "ping \"2\"", "text \"three\""];
    (bytes.concat(), events)
}

/// Checks what the server did with [`dialogue`]: each text was echoed once and in order. Pongs may
/// overtake messages, and only the newest of the pongs that wait is sent (§5.5.3).
#[track_caller]
fn check_dialogue(events: &[String], script: &ScriptedStream, case: &str) {
    let (_, told) = dialogue();
    assert_eq!(events[..5], told, "{case}");
    assert_eq!(events[5..], ["close 1000 \"bye\"", "ended Clean"], "{case}");
    check_answers(script, case);
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
    for read in 1..=input.len() {
        for write in [1, 2, 3, 5, 8, 13, 0] {
            let script = ScriptedStream::new(&input).sizes(read, write);
            let events = echo(&mut script.server());
            check_dialogue(&events, &script, &format!("reads of {read}, writes of {write}"));
        }
    }
}

/// §5.5.2: without automatic pongs nothing is written for a ping, and what was fed before it stays
/// together with what follows.
#[test]
fn pings_that_the_application_answers() {
    let script = ScriptedStream::new([ping("1"), ping("2"), ping("3")].concat());
    let mut config = Config::default();
    config.automatic_pong = false;
    let mut socket = WebSocket::established(script.clone(), Role::Server, None, config, &[]);
    while let Some((event, writer)) = socket.receive().unwrap() {
        match event {
            Event::Ping(payload @ b"1") => writer.feed_pong(payload).unwrap(),
            Event::Ping(payload @ b"2") => writer.try_send_pong(payload).unwrap(),
            Event::Ping(payload) => writer.send_pong(payload).unwrap(),
            _ => {}
        }
    }
    let words = script.words();
    assert_eq!(words, ["sends pong \"1\"", "sends pong \"2\"", "sends pong \"3\""]);
    assert_eq!(script.state().writes, 1);
}

/// §5.5.1: closing with an empty Close frame.
#[test]
fn closing_without_a_code() {
    let script = ScriptedStream::new(masked(true, OpCode::Close, ""));
    let mut socket = script.server();
    let refused = socket.close_with(CloseCode::NO_STATUS, "why").unwrap_err();
    assert!(matches!(refused, Error::Send(SendError::BadCloseCode)), "{refused}");
    let ending = socket.close_with(CloseCode::NO_STATUS, "").unwrap();
    assert_eq!(ending.cause, EndCause::Clean);
    assert_eq!(
        (ending.sent.unwrap().code, ending.received.unwrap().code.get()),
        (1005.into(), 1005)
    );
    assert_eq!(script.words(), ["sends close"]);
}

#[test]
fn short_reads_and_writes_in_the_handshake() {
    let (frames, _) = dialogue();
    let input = [REQUEST.as_bytes(), &frames].concat();
    for size in (1..=input.len()).step_by(3) {
        let script = ScriptedStream::new(&input).sizes(size, size);
        let events = echo(&mut accept(script.clone()).unwrap());
        assert!(script.state().output.starts_with(RESPONSE.as_bytes()));
        check_dialogue(&events, &script, &format!("size {size}"));
    }
}

#[test]
fn interrupted_anywhere() {
    let (frames, _) = dialogue();
    let input = [REQUEST.as_bytes(), &frames].concat();
    for every in 2..5 {
        let fault = move |number, _| (number % every != 0).then_some(ErrorKind::Interrupted);
        let script = ScriptedStream::new(&input).sizes(7, 3).fault(fault);
        let events = echo(&mut accept(script.clone()).unwrap());
        check_dialogue(&events, &script, &format!("all but every {every}. operation"));
    }
}

#[test]
fn would_block_anywhere_loses_and_doubles_nothing() {
    let (input, _) = dialogue();
    for (read, write) in [(1, 1), (7, 3), (0, 0)] {
        for every in 2..5 {
            let fault = move |number, _| (number % every != 0).then_some(ErrorKind::WouldBlock);
            let script = ScriptedStream::new(&input).sizes(read, write).fault(fault);
            let events = echo(&mut script.server());
            check_dialogue(&events, &script, &format!("{read}, {write}, every {every}."));
        }
    }
}

#[test]
fn would_block_of_the_first_write() {
    // The operation that would block is each one in turn.
    let (input, _) = dialogue();
    for at in 1..40 {
        let fault = move |number, _| (number == at).then_some(ErrorKind::WouldBlock);
        let script = ScriptedStream::new(&input).sizes(20, 9).fault(fault);
        check_dialogue(&echo(&mut script.server()), &script, &format!("operation {at}"));
    }
}

#[test]
fn would_block_while_sending_is_flushed_later() {
    let fault = |number, _| (number % 3 != 0).then_some(ErrorKind::WouldBlock);
    let script = ScriptedStream::new("").sizes(0, 2).fault(fault);
    let mut socket = script.server();
    for text in ["one", "two"] {
        // The message was queued.
        let Err(Error::Io(error)) = socket.send_text(text) else { panic!() };
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    }
    while socket.flush().is_err() {}
    assert_eq!(script.words(), ["sends text \"one\"", "sends text \"two\""]);
}

#[test]
fn would_block_while_gathering() {
    let fault = |number, _| (number % 3 != 0).then_some(ErrorKind::WouldBlock);
    let script = ScriptedStream::new("").sizes(0, 2).fault(fault);
    let mut socket = script.server();
    socket.feed_text("one").unwrap();
    socket.writer().feed_ping(b"two").unwrap();
    while socket.writer().flush().is_err() {}
    assert_eq!(script.words(), ["sends text \"one\"", "sends ping \"two\""]);
}

#[test]
fn eof_at_every_byte() {
    let (frames, _) = dialogue();
    let input = [REQUEST.as_bytes(), &frames].concat();
    for at in 0..input.len() {
        let script = ScriptedStream::new(&input[..at]);
        match accept(script.clone()) {
            Err(Error::Ended(ending)) => {
                assert!(at < REQUEST.len());
                assert_eq!(ending.cause, EndCause::EofInHandshake);
            }
            Err(error) => panic!("{error} at {at}"),
            Ok(mut socket) => {
                assert!(at >= REQUEST.len());
                let events = echo(&mut socket);
                let (ended, before) = events.split_last().unwrap();
                assert!(ended.starts_with("ended Eof"), "{events:?}");
                assert_eq!(before, &dialogue().1[..before.len()]);
                // Everything that had arrived whole was answered.
                let told = |kind: &str| -> Vec<&str> {
                    let words = before.iter().filter_map(|word| word.strip_prefix(kind));
                    words.map(|word| word.trim_matches('"')).collect()
                };
                check_sent(&script, &told("text "), &told("ping "), &format!("cut at {at}"));
            }
        }
        assert_eq!(script.state().shutdowns.last(), Some(&Shutdown::Both), "at {at}");
    }
}

#[test]
fn failure_at_every_operation() {
    let (frames, _) = dialogue();
    let input = [REQUEST.as_bytes(), &frames].concat();
    for at in 1.. {
        let fault = move |number, _| (number >= at).then_some(ErrorKind::ConnectionReset);
        let script = ScriptedStream::new(&input).sizes(50, 20).fault(fault);
        match accept(script.clone()) {
            Err(Error::Io(error)) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
            Err(error) => panic!("{error} at {at}"),
            Ok(mut socket) => {
                let events = echo(&mut socket);
                // What was read is still delivered, and the end once, as the last event.
                let (ended, before) = events.split_last().unwrap();
                assert!(["ended TransportFailed", "ended Clean"].contains(&ended.as_str()));
                let (errors, told): (Vec<&String>, Vec<&String>) =
                    before.iter().partition(|word| word.starts_with("error"));
                assert!(errors.iter().all(|error| *error == "error ConnectionReset"), "{events:?}");
                // After the peer's Close frame a failure is an end like others.
                assert!(!errors.is_empty() || told.len() == dialogue().1.len() + 1, "{events:?}");
                assert_eq!(told[..told.len().min(5)], dialogue().1[..told.len().min(5)]);
                if ended == "ended Clean" {
                    check_answers(&script, &format!("clean, though it failed at {at}"));
                }
            }
        }
        if script.state().operations < at {
            break;
        }
    }
}

#[test]
fn a_write_of_nothing_is_a_failure() {
    let fault = |_, writes: bool| writes.then_some(ErrorKind::WriteZero);
    let script = ScriptedStream::new(text("a")).fault(fault);
    let events = echo(&mut script.server());
    assert_eq!(events, ["text \"a\"", "error WriteZero", "ended TransportFailed"]);
}

#[test]
fn one_write_for_each_read() {
    let script = ScriptedStream::new(text("small").repeat(100));
    let events = echo(&mut script.server());
    assert_eq!(events.len(), 101);
    assert_eq!(script.words(), vec!["sends text \"small\""; 100]);
    assert_eq!(script.state().writes, 1);
}

#[test]
fn a_small_leftover_leaves_room_for_large_reads() {
    let hello = text("hello");
    let (leftover, rest) = hello.split_at(3);
    let script = ScriptedStream::new(rest);
    let config = Config::default();
    let mut socket = WebSocket::established(script.clone(), Role::Server, None, config, leftover);
    assert_eq!(echo(&mut socket), ["text \"hello\"", "ended Eof"]);
    assert!(script.state().largest_read >= 4096, "{}", script.state().largest_read);
}

#[test]
fn leftover_with_whole_messages() {
    let bytes = [text("one"), text("two")].concat();
    for cut in 0..=bytes.len() {
        let (leftover, rest) = bytes.split_at(cut);
        let script = ScriptedStream::new(rest);
        let config = Config::default();
        let mut socket =
            WebSocket::established(script.clone(), Role::Server, None, config, leftover);
        assert_eq!(echo(&mut socket), ["text \"one\"", "text \"two\"", "ended Eof"]);
    }
}

#[test]
fn parts_with_everything_unread_and_unwritten() {
    let script = ScriptedStream::new([text("one"), text("two"), text("three")].concat());
    let mut socket = script.server();
    let Some((Event::Text("one"), writer)) = socket.receive().unwrap() else { panic!() };
    writer.feed_text("answer").unwrap();
    let parts = socket.into_parts();
    assert!(!parts.incoming.unread().is_empty());
    assert!(!parts.outgoing.is_empty());
    let mut socket = WebSocket::from_parts(parts);
    assert_eq!(echo(&mut socket), ["text \"two\"", "text \"three\"", "ended Eof"]);
    let sent = ["answer", "two", "three"].map(|text| format!("sends text {text:?}"));
    assert_eq!(script.words(), sent);
}

#[test]
fn answering_while_the_event_is_held() {
    let script = ScriptedStream::new([text("held"), close(1000, "")].concat());
    let mut socket = script.server();
    let Some((Event::Text(held), writer)) = socket.receive().unwrap() else { panic!() };
    writer.start_message(MessageKind::Text).unwrap();
    writer.feed_fragment(held.as_bytes()).unwrap();
    writer.feed_ping(held.as_bytes()).unwrap();
    writer.flush().unwrap();
    writer.send_last_fragment(held.as_bytes()).unwrap();
    writer.start_close(CloseCode::NORMAL, held).unwrap();
    assert_eq!(held, "held");
    assert_eq!(echo(&mut socket), ["close 1000 \"\"", "ended Clean"]);
    assert_eq!(
        script.words(),
        [
            "sends fragment text \"held\"",
            "sends ping \"held\"",
            "sends continuation \"held\"",
            "sends close 1000 \"held\"",
        ]
    );
}

#[test]
fn clients_mask_and_wait_for_the_server_to_close() {
    let script = ScriptedStream::new(frame(true, OpCode::Text, "hi"));
    let mut socket = script.client();
    socket.send_text("a").unwrap();
    assert_eq!(script.state().output, [0x81, 0x81, 0, 0, 0, 0, b'a']);
    assert!(matches!(socket.receive().unwrap(), Some((Event::Text("hi"), _))));
    assert_eq!(socket.close_with(CloseCode::NORMAL, "").unwrap().cause, EndCause::EofAfterClose);
    let again = socket.close_with(CloseCode::NORMAL, "");
    assert!(matches!(again, Err(Error::Send(_))), "{again:?}");
}

#[test]
fn a_violation_shuts_down_writing_and_reads_to_the_end() {
    let script = ScriptedStream::new([&[0x83, 0x80][..], &[0; 200_000]].concat());
    let mut socket = script.server();
    let failed = socket.receive().map(drop).unwrap_err();
    assert!(matches!(failed, Error::Protocol(ProtocolError::ReservedOpcode)));
    assert_eq!(echo(&mut socket), ["ended Failed(ReservedOpcode)"]);
    assert_eq!(script.words(), ["sends close 1002 \"\""]);
    assert!(script.state().input.is_empty());
    assert_eq!(script.state().shutdowns.first(), Some(&Shutdown::Write));
    assert_eq!(script.state().shutdowns.last(), Some(&Shutdown::Both));
    assert!(socket.receive().unwrap().is_none());
}

#[test]
fn answers_to_requests() {
    let bad = ScriptedStream::new(REQUEST.replace("GET", "PUT") + &"x".repeat(200_000));
    let failed = accept(bad.clone()).map(drop).unwrap_err();
    assert!(matches!(failed, Error::Protocol(ProtocolError::MethodNotGet)), "{failed}");
    assert!(bad.state().output.starts_with(b"HTTP/1.1 405 "));
    assert!(bad.state().input.is_empty());

    let config = Config::default();
    let rejected = ScriptedStream::new(REQUEST);
    let reject = |_: &Request<'_>| Err(Rejection::unauthorized("Bearer")?.text("who?"));
    let failed = accept_with(rejected.clone(), config, reject).map(drop).unwrap_err();
    let Error::Ended(ending) = failed else { panic!("{failed}") };
    assert_eq!(ending.cause, EndCause::Rejected);
    assert!(rejected.state().output.ends_with(b"\r\n\r\nwho?"));

    let choose = |_: &Request<'_>| Ok(Acceptance::new().subprotocol("chat").unwrap());
    let failed = accept_with(ScriptedStream::new(REQUEST), config, choose).map(drop).unwrap_err();
    assert!(matches!(failed, Error::Answer(AnswerError::UnofferedSubprotocol)), "{failed}");

    let mistaken = ScriptedStream::new(REQUEST);
    let mistake = |_: &Request<'_>| Ok(Acceptance::new().header("X", "a\n")?);
    let failed = accept_with(mistaken.clone(), config, mistake).map(drop).unwrap_err();
    assert!(matches!(failed, Error::Answer(AnswerError::BadHeaderValue)), "{failed}");
    assert!(mistaken.state().output.starts_with(b"HTTP/1.1 500 Internal Server Error\r\n"));
}

#[test]
fn room_is_made_by_writing() {
    let script = ScriptedStream::new("");
    let mut config = Config::default();
    config.limits.output = 100;
    let role = Role::Client(&plain_entropy);
    let mut socket = WebSocket::established(script.clone(), role, None, config, &[]);
    for _ in 0..100 {
        socket.writer().feed_binary(&[0; 50]).unwrap();
    }
    socket.writer().flush().unwrap();
    assert_eq!(script.state().output.len(), 100 * 56);
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
        let decide = |_: &Request<'_>| answer;
        let failed = accept_with(script.clone(), config, decide).map(drop).unwrap_err();
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
    let decide = |_: &Request<'_>| Err(Rejection::ok().text("a page"));
    let failed = accept_with(script.clone(), config, decide).map(drop).unwrap_err();
    let Error::Ended(ending) = failed else { panic!("{failed}") };
    assert_eq!(ending.cause, EndCause::Rejected);
    assert!(script.state().output.starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert!(script.state().output.ends_with(b"\r\n\r\na page"));
}
