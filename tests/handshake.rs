//! §4: the opening handshake of a connection (`H` and `R` rows of the catalogue). The grammar of
//! heads is tested beside it, in `src/handshake/tests`.

mod support;

use std::time::Duration;

use support::{
    Dialogue, ManualConnection, frame, new_client, new_server, plain_entropy, secs, text,
};
use websocket_proto::frame::OpCode;
use websocket_proto::handshake::{
    Acceptance, AnswerError, ClientRequest, OriginPolicy, Rejection, accept_value,
};
use websocket_proto::{Config, Connection, Event, Incoming, Outgoing, Progress, Time, Transport};

/// A valid request, with the key of RFC 6455 §1.3.
const REQUEST: &str = "GET /c HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// The response to [`REQUEST`].
const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
     Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// The head with one part replaced.
#[track_caller]
fn change(head: &str, from: &str, to: &str) -> String {
    assert!(head.contains(from), "{from}");
    head.replacen(from, to, 1)
}

/// The head with these header lines added.
fn with(head: &str, lines: &str) -> String {
    format!("{}{lines}\r\n\r\n", head.strip_suffix("\r\n").unwrap())
}

fn request() -> ClientRequest {
    ClientRequest::new("ws://h/c").unwrap()
}

/// A client that has sent [`REQUEST`].
fn awaiting() -> Dialogue {
    new_client(request())
}

fn raw_client(config: Config) -> ManualConnection {
    let mut outgoing = Outgoing::new();
    let client =
        Connection::client(&request(), config, Time::ZERO, &plain_entropy, &mut outgoing).unwrap();
    ManualConnection::new(client, outgoing)
}

/// A server that has received [`REQUEST`] and waits for the decision.
fn deciding() -> ManualConnection {
    let mut server = ManualConnection::awaiting_request(Config::default());
    assert_eq!(server.receive(REQUEST), ["request /c"]);
    server
}

/// All that a server with default options sends, if it accepts every request.
fn answer_to(pieces: &[&[u8]]) -> Vec<u8> {
    let mut server = ManualConnection::awaiting_request(Config::default());
    for piece in pieces {
        if server.receive(piece) == ["request /c"] {
            let ManualConnection { connection, outgoing, now, .. } = &mut server;
            connection.accept(*now, &Acceptance::new(), outgoing).unwrap();
        }
    }
    server.take_all_output()
}

#[test]
fn h01_the_answer_byte_for_byte() {
    new_server().receive(REQUEST).expect(["request /c", "sends 101"]);
    assert_eq!(answer_to(&[REQUEST.as_bytes()]), RESPONSE.as_bytes());
}

#[test]
fn h02_every_cut() {
    let bytes = REQUEST.as_bytes();
    assert_eq!(answer_to(&bytes.chunks(1).collect::<Vec<_>>()), RESPONSE.as_bytes());
    for first in 0..bytes.len() {
        for second in first..bytes.len() {
            let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
            assert_eq!(answer_to(&pieces), RESPONSE.as_bytes(), "cuts {first} and {second}");
        }
    }
}

#[test]
fn h03_to_h30_one_of_each_family() {
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let cases = [
        ("h03", with(REQUEST, key.trim_end()), "BadKey", 400),
        ("h04", change(REQUEST, key, ""), "BadKey", 400),
        ("h05", change(REQUEST, "ZQ==", "ZR=="), "BadKey", 400),
        ("h07", change(REQUEST, "Version: 13", "Version: 8"), "UnsupportedVersion", 426),
        ("h07", change(REQUEST, "Version: 13", "Version: 13, 8"), "BadVersion", 400),
        ("h10", change(REQUEST, "websocket", "h2c"), "NotAnUpgrade", 426),
        ("h12", change(REQUEST, ": Upgrade", ": keep-alive"), "NotAnUpgrade", 426),
        ("h13", change(REQUEST, "HTTP/1.1", "HTTP/1.0"), "UnsupportedHttpVersion", 505),
        ("h14", change(REQUEST, "GET", "POST"), "MethodNotGet", 405),
        ("h16", change(REQUEST, "/c", "c"), "BadTarget", 400),
        ("h16", change(REQUEST, "/c", &format!("/{}", "c".repeat(16 << 10))), "TargetTooLong", 414),
        ("h17", change(REQUEST, "Host: h\r\n", ""), "BadHost", 400),
        ("h18", change(REQUEST, "Upgrade:", "Upgrade :"), "BadHeader", 400),
        ("h19", change(REQUEST, "websocket", "\r\n websocket"), "BadHeader", 400),
        ("h20", REQUEST.replace("\r\n", "\n"), "BadRequestLine", 400),
        ("h21", change(REQUEST, "Host: h", "Host: h\0"), "BadHeader", 400),
        ("h23", format!("\r\n\r\n{REQUEST}"), "BadRequestLine", 400),
        ("h26", with(REQUEST, "Sec-WebSocket-Protocol: a, a"), "BadSubprotocols", 400),
        ("h29", with(REQUEST, "Content-Length: 5") + "hello", "UnexpectedBody", 400),
        ("e13", with(REQUEST, "Sec-WebSocket-Extensions: a;"), "BadExtensions", 400),
    ];
    for (row, input, error, status) in cases {
        println!("{row}: {error}");
        new_server().receive(input).receive(REQUEST).eof().expect([
            &format!("failed {error}"),
            &format!("sends {status}"),
            &format!("ended Failed({error})"),
        ]);
    }
}

#[test]
fn h07_other_versions_are_answered_with_the_supported_one() {
    let sent = answer_to(&[change(REQUEST, "Version: 13", "Version: 8").as_bytes()]);
    let sent = String::from_utf8(sent).unwrap();
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    let lines: Vec<&str> = head.split("\r\n").collect();
    assert_eq!(lines[0], "HTTP/1.1 426 Upgrade Required");
    for line in ["Sec-WebSocket-Version: 13", "Upgrade: websocket", "Connection: Upgrade, close"] {
        assert!(lines.contains(&line), "{line} in {lines:?}");
    }
    assert!(lines.contains(&format!("Content-Length: {}", body.len()).as_str()), "{lines:?}");
}

#[test]
fn h15_absolute_form_is_reported() {
    let input = change(REQUEST, "GET /c", "GET http://other:8/c");
    new_server().receive(input).expect(["request http://other:8/c", "sends 101"]);
}

#[test]
fn h24_the_limits_to_the_byte() {
    // The request has 5 of the 128 headers already.
    let filled = |count| with(REQUEST, &vec!["X: x"; count].join("\r\n"));
    new_server().receive(filled(123)).expect(["request /c", "sends 101"]);
    let ended = "ended Failed(TooManyHeaders)";
    let too_many = new_server().receive(filled(124)).eof();
    too_many.expect(["failed TooManyHeaders", "sends 431", ended]);

    let limit = Config::default().limits.head as usize;
    let room = limit - with(REQUEST, "X: ").len();
    let padded = |len| with(REQUEST, &format!("X: {}", "x".repeat(len)));
    assert_eq!(padded(room).len(), limit);
    new_server().receive(padded(room)).expect(["request /c", "sends 101"]);
    let too_long = new_server().receive(padded(room + 1)).eof();
    too_long.expect(["failed HeadTooLong", "sends 431", "ended Failed(HeadTooLong)"]);

    // A head without an end is refused at the first byte over the limit, neither before nor later.
    let mut server = ManualConnection::awaiting_request(Config::default());
    let endless = with(REQUEST, &format!("X: {}", "x".repeat(limit)));
    assert!(server.receive(&endless[..limit]).is_empty());
    assert_eq!(server.receive("x"), ["failed HeadTooLong"]);
}

#[test]
fn h31_frame_after_the_request() {
    let early = [REQUEST.as_bytes(), &text("early")].concat();
    new_server().receive(&early).expect(["request /c", "sends 101", "text \"early\""]);
    let reject = || Err(Rejection::forbidden());
    let rejected = new_server().decide(reject).receive(&early).receive(text("more")).eof();
    rejected.expect(["request /c", "sends 403", "ended Rejected"]);
}

#[test]
fn h31_kept_while_deciding() {
    let mut server = ManualConnection::awaiting_request(Config::default());
    assert_eq!(server.receive([REQUEST.as_bytes(), &text("a")].concat()), ["request /c"]);
    assert!(server.receive(&text("b")[..3]).is_empty());
    assert!(server.receive(&text("b")[3..]).is_empty());
    let ManualConnection { connection, outgoing, now, .. } = &mut server;
    connection.accept(*now, &Acceptance::new(), outgoing).unwrap();
    assert_eq!(server.events(), ["text \"a\"", "text \"b\""]);
    assert!(server.incoming.unread().is_empty());
}

#[test]
fn h31_what_is_kept_is_bounded() {
    let mut server = deciding();
    let mut kept = 0;
    loop {
        let room = server.incoming.space().len();
        if room == 0 {
            break;
        }
        server.incoming.commit(room);
        kept += room;
        assert!(server.events().is_empty());
        assert!(kept <= Incoming::DEFAULT_WINDOW, "{kept}");
    }
    assert_eq!(server.incoming.unread().len(), kept);
}

#[test]
fn h31_rejected_and_discarded() {
    let mut server = deciding();
    assert!(server.receive(text("early")).is_empty());
    let rejection = Rejection::new(404).unwrap();
    server.connection.reject(server.now, &rejection, &mut server.outgoing).unwrap();
    assert_eq!(server.connection.transport(), Transport::ShutdownWrite);
    assert!(server.events().is_empty());
    assert!(server.incoming.unread().is_empty());
    server.connection.receive_eof();
    assert_eq!(server.events(), ["ended Rejected"]);
    assert_eq!(server.connection.transport(), Transport::Close);
}

#[test]
fn h32_second_request_after_a_rejected_one() {
    let admin = change(REQUEST, "/c", "/admin");
    let mut server = deciding();
    server.receive(&admin);
    let rejection = Rejection::new(401).unwrap();
    server.connection.reject(server.now, &rejection, &mut server.outgoing).unwrap();
    assert!(server.receive(&admin).is_empty());
    let sent = String::from_utf8(server.take_all_output()).unwrap();
    assert_eq!(sent, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let reject = || Err(Rejection::new(401).unwrap());
    let dialogue =
        new_server().decide(reject).receive([REQUEST, &admin].concat()).receive(admin).eof();
    dialogue.expect(["request /c", "sends 401", "ended Rejected"]);
}

#[test]
fn h33_garbage_after_an_accepted_request() {
    new_server().receive(REQUEST).receive("GET /admin HTTP/1.1\r\n\r\n").eof().expect([
        "request /c",
        "sends 101",
        "failed ReservedBits",
        "sends close 1002 \"\"",
        "ended Failed(ReservedBits)",
    ]);
}

#[test]
fn h34_other_protocols() {
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    let tls = ["failed TlsRecord", "sends 400", "ended Failed(TlsRecord)"];
    new_server().receive(hello).eof().expect(tls);
    let inputs: [&[u8]; 4] = [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        &[0; 64],
        b"\r\n\r\n\r\n\r\n",
    ];
    for input in inputs {
        let ended = "ended Failed(BadRequestLine)";
        new_server().receive(input).eof().expect(["failed BadRequestLine", "sends 400", ended]);
    }
}

#[test]
fn h35_one_byte_a_second() {
    let mut dialogue = new_server();
    for byte in REQUEST.bytes() {
        dialogue = dialogue.receive([byte]).passes(secs(1));
    }
    dialogue.expect(["sends 408", "ended TimedOut(Handshake)"]);
    let silent = new_server().passes(Duration::from_nanos(9_999_999_999));
    silent.clone().expect([]);
    silent.passes(Duration::from_nanos(1)).eof().expect(["sends 408", "ended TimedOut(Handshake)"]);
}

#[test]
fn h36_no_decision() {
    let undecided = new_server().never_decides().passes(secs(4)).receive(REQUEST).passes(secs(6));
    undecided.clone().expect(["request /c", "sends 503"]);
    let ended = ["request /c", "sends 503", "ended TimedOut(Handshake)"];
    undecided.clone().receive(text("late")).eof().expect(ended);
    undecided.passes(secs(5)).expect(ended);
}

#[test]
fn h36_the_answer_comes_too_late() {
    let mut server = deciding();
    server.at(secs(10));
    let (now, outgoing) = (server.now, &mut server.outgoing);
    let accepted = server.connection.accept(now, &Acceptance::new(), outgoing);
    assert_eq!(accepted, Err(AnswerError::NotAsked));
    assert!(server.take_all_output().starts_with(b"HTTP/1.1 503 Service Unavailable\r\n"));
}

#[test]
fn h37_origins() {
    let cases = [
        ("", true),
        ("Origin: http://h", true),
        ("Origin: http://h:80", true),
        ("Origin: https://evil", false),
        ("Origin: null", false),
        ("Origin: http://h:8080", false),
        ("Origin: HTTP://H", false),
        ("Origin: http://h.", false),
        ("Origin: http://h.evil", false),
        ("Origin: http://h\r\nOrigin: http://h", false),
        ("Origin: http://h http://evil", false),
    ];
    for (line, allowed) in cases {
        let input = if line.is_empty() { REQUEST.into() } else { with(REQUEST, line) };
        let mut server = ManualConnection::awaiting_request(Config::default());
        server.incoming.push(input.as_bytes());
        let ManualConnection { connection, incoming, outgoing, now } = &mut server;
        connection.receive(*now, incoming, outgoing).map(drop).unwrap();
        let Some(Event::Request(request)) = incoming.event() else { panic!("{line}") };
        assert_eq!(request.is_origin_allowed(&OriginPolicy::SameHost), allowed, "{line}");
        assert!(request.is_origin_allowed(&OriginPolicy::Any), "{line}");
        // The call is refused while the event of the request is held.
        connection.reject(*now, &Rejection::forbidden(), outgoing).unwrap();
        assert!(server.take_all_output().starts_with(b"HTTP/1.1 403 Forbidden\r\n"));
    }
}

#[test]
fn h39_rejections_byte_for_byte() {
    let new = |status| Rejection::new(status).unwrap();
    let cases = [
        (
            new(401).header("WWW-Authenticate", "Basic realm=\"x\"").unwrap().text("no"),
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\
             Connection: close\r\n\r\nno",
        ),
        (
            new(302).header("Location", "/x").unwrap(),
            "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\
             Connection: close\r\n\r\n",
        ),
        (
            new(503).header("Retry-After", "5").unwrap().bytes(vec![0, 255]),
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 2\r\n\
             Connection: close\r\n\r\n\0\u{ff}",
        ),
    ];
    for (rejection, expected) in cases {
        let expected: Vec<u8> = expected.chars().map(|char| char as u8).collect();
        let mut server = deciding();
        server.connection.reject(server.now, &rejection, &mut server.outgoing).unwrap();
        assert_eq!(server.take_all_output(), expected);
        assert_eq!(server.connection.transport(), Transport::ShutdownWrite);
    }
    for status in [100, 101, 200, 204] {
        assert_eq!(Rejection::new(status).map(drop), Err(AnswerError::BadStatus));
    }
}

#[test]
fn h40_refused_at_the_call_and_still_unanswered() {
    let owned = Acceptance::new().header("Sec-WebSocket-Accept", "x");
    assert_eq!(owned.map(drop), Err(AnswerError::ReservedHeader));
    let smuggled = Acceptance::new().header("X", "a\r\nSet-Cookie: b");
    assert_eq!(smuggled.map(drop), Err(AnswerError::BadHeaderValue));

    let mut server = deciding();
    let ManualConnection { connection, outgoing, now, .. } = &mut server;
    let unoffered = Acceptance::new().subprotocol("chat").unwrap();
    let refused = connection.accept(*now, &unoffered, outgoing);
    assert_eq!(refused, Err(AnswerError::UnofferedSubprotocol));
    assert!(outgoing.is_empty());
    let good = Acceptance::new().header("X-Id", "7").unwrap();
    connection.accept(*now, &good, outgoing).unwrap();
    assert_eq!(connection.accept(*now, &good, outgoing), Err(AnswerError::NotAsked));
    let rejection = Rejection::forbidden();
    assert_eq!(connection.reject(*now, &rejection, outgoing), Err(AnswerError::NotAsked));
    assert_eq!(server.take_all_output(), with(RESPONSE, "X-Id: 7").as_bytes());
}

#[test]
fn h36_eof_while_deciding() {
    new_server().receive(&REQUEST[..40]).eof().expect(["ended EofInHandshake"]);
    new_server().eof().expect(["ended EofInHandshake"]);
    new_server()
        .never_decides()
        .receive(REQUEST)
        .eof()
        .expect(["request /c", "ended EofInHandshake"]);
}

#[test]
fn the_request_byte_for_byte() {
    let agent = concat!("User-Agent: websocket-proto/", env!("CARGO_PKG_VERSION"));
    let sent = raw_client(Config::default()).take_all_output();
    assert_eq!(sent, with(REQUEST, agent).as_bytes());
}

#[test]
fn r01_frames_in_the_same_segment() {
    let hello = frame(true, OpCode::Text, "hello");
    let input = [RESPONSE.as_bytes(), &hello, &hello].concat();
    let events = ["sends request", "open 101", "text \"hello\"", "text \"hello\""];
    awaiting().receive(input).expect(events);
}

/// The client named it, so a server may choose it.
#[test]
fn a_subprotocol_that_is_no_token_is_chosen() {
    let request = ClientRequest::new("ws://h/c").unwrap();
    let request = request.any_subprotocol("ogmios.v1:compact").unwrap();
    let chosen = |name: &str| with(RESPONSE, &format!("Sec-WebSocket-Protocol: {name}"));
    let client = new_client(request);
    client.clone().receive(chosen("ogmios.v1:compact")).expect(["sends request", "open 101"]);
    let ended = "ended Failed(UnofferedSubprotocol)";
    let expected = ["sends request", "failed UnofferedSubprotocol", ended];
    client.receive(chosen("ogmios.v1")).expect(expected);
}

#[test]
fn r02_to_a01_a_bad_101_is_left_without_a_word() {
    let right = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    let other = accept_value("AAAAAAAAAAAAAAAAAAAAAA==").unwrap();
    let line = format!("Sec-WebSocket-Accept: {right}");
    let cases = [
        ("r02 wrong", change(RESPONSE, right, "c3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "WrongAccept"),
        ("r02 missing", change(RESPONSE, &format!("{line}\r\n"), ""), "WrongAccept"),
        ("r02 doubled", with(RESPONSE, &line), "WrongAccept"),
        ("r02 case", change(RESPONSE, right, &right.to_lowercase()), "WrongAccept"),
        ("r03", change(RESPONSE, right, str::from_utf8(&other).unwrap()), "WrongAccept"),
        ("r04", change(RESPONSE, "Upgrade: websocket\r\n", ""), "UpgradeNotConfirmed"),
        ("r04", change(RESPONSE, "Connection: Upgrade\r\n", ""), "UpgradeNotConfirmed"),
        ("r05", change(RESPONSE, "HTTP/1.1", "HTTP/1.0"), "BadStatusLine"),
        ("r08", with(RESPONSE, "Sec-WebSocket-Protocol: a"), "UnofferedSubprotocol"),
        ("r09", change(RESPONSE, "HTTP/1.1", "ICY"), "BadStatusLine"),
        ("r09", format!("\x15\x03\x03{RESPONSE}"), "TlsRecord"),
        ("r10", with(RESPONSE, "X: a\r\n b"), "BadHeader"),
        ("r10", with(RESPONSE, &format!("X: {}", "x".repeat(16 << 10))), "HeadTooLong"),
        (
            "a01",
            with(RESPONSE, "Sec-WebSocket-Extensions: permessage-deflate"),
            "UnofferedExtension",
        ),
        ("e13", with(RESPONSE, "Sec-WebSocket-Extensions: a;"), "BadExtensions"),
    ];
    for (row, input, error) in cases {
        println!("{row}: {error}");
        let (failed, ended) = (format!("failed {error}"), format!("ended Failed({error})"));
        awaiting().receive(&input).expect(["sends request", &failed, &ended]);
        // Not even the rest of the request is sent.
        let mut client = raw_client(Config::default());
        assert_eq!(client.receive(&input), [failed, ended]);
        assert!(client.outgoing.is_empty());
        assert_eq!(client.connection.transport(), Transport::Close);
    }
}

#[test]
fn r02_spaces_around_the_accept_value() {
    awaiting().receive(change(RESPONSE, "s3p", "  \ts3p")).expect(["sends request", "open 101"]);
}

#[test]
fn r04_agreed_in_other_words() {
    for (from, to) in [(": Upgrade", ": keep-alive, Upgrade"), ("websocket", "WEBSOCKET")] {
        awaiting().receive(change(RESPONSE, from, to)).expect(["sends request", "open 101"]);
    }
}

#[test]
fn r05_refusals_and_their_bodies() {
    let cases = [
        ("200 OK\r\nContent-Length: 5\r\n\r\nhello, and more", "refused 200 \"hello\""),
        ("204 No Content\r\n\r\nmore", "refused 204 \"\""),
        ("404 Not Found\r\nContent-Length: 0\r\n\r\n", "refused 404 \"\""),
        (
            "403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x\r\nllo\r\n0\r\n\r\n",
            "refused 403 \"hello\"",
        ),
        ("500 x\r\nContent-Length: 16385\r\n\r\n", "refused 500 \"\" truncated"),
        ("500 x\r\nContent-Length: 9\r\n\r\ncut", "refused 500 \"cut\" truncated"),
        ("502 x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ncut", "refused 502 \"cut\" truncated"),
        ("503 x\r\n\r\nuntil the end", "refused 503 \"until the end\""),
    ];
    for (input, refused) in cases {
        let input = format!("HTTP/1.1 {input}");
        let word = refused.trim_end_matches(" truncated");
        awaiting().receive(&input).eof().expect(["sends request", word, "ended Refused"]);
        let mut client = raw_client(Config::default());
        let mut events = client.receive(&input);
        client.connection.receive_eof();
        events.extend(client.events());
        assert_eq!(events, [refused, "ended Refused"]);
    }
}

#[test]
fn r05_the_end_of_the_stream_is_not_waited_for() {
    let input = "HTTP/1.1 404 x\r\nContent-Length: 2\r\n\r\nno";
    awaiting().receive(input).expect(["sends request", "refused 404 \"no\"", "ended Refused"]);
}

#[test]
fn r05_body_truncated_at_the_limit() {
    let heads = ["Content-Length: 6\r\n\r\n", "\r\n", "Transfer-Encoding: chunked\r\n\r\n6\r\n"];
    for head in heads {
        let input = format!("HTTP/1.1 500 x\r\n{head}").replace("x\r\n\r\n\r\n", "x\r\n\r\n");
        let limited = awaiting().config(|config| config.limits.refusal_body = 5);
        let exact = limited.clone().receive(&input).receive("hello").eof();
        exact.expect(["sends request", "refused 500 \"hello\"", "ended Refused"]);
        let over = limited.receive(&input).receive("hello!");
        over.expect(["sends request", "refused 500 \"hello\"", "ended Refused"]);
        let mut config = Config::default();
        config.limits.refusal_body = 5;
        let events = raw_client(config).receive(input + "hello!");
        assert_eq!(events, ["refused 500 \"hello\" truncated", "ended Refused"]);
    }
}

#[test]
fn r05_interim_responses() {
    let interim = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    let opens = awaiting().receive(interim.repeat(8)).receive(RESPONSE);
    opens.expect(["sends request", "open 101"]);
    awaiting().receive(interim.repeat(9)).expect([
        "sends request",
        "failed TooManyInterimResponses",
        "ended Failed(TooManyInterimResponses)",
    ]);
    let refused =
        awaiting().receive(interim).receive("HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n");
    refused.expect(["sends request", "refused 404 \"\"", "ended Refused"]);
}

#[test]
fn r05_r11_body_bytes_after_a_101_are_frames() {
    let input = with(RESPONSE, "Content-Length: 7");
    let input = [input.as_bytes(), &frame(true, OpCode::Text, "hello")].concat();
    awaiting().receive(input).expect(["sends request", "open 101", "text \"hello\""]);
}

#[test]
fn r12_eof_in_the_answer() {
    for cut in [0, 1, 30, RESPONSE.len() - 1] {
        awaiting()
            .receive(&RESPONSE[..cut])
            .eof()
            .expect(["sends request", "ended EofInHandshake"]);
    }
}

#[test]
fn r12_the_unfinished_head_can_be_read() {
    let (config, now) = (Config::default(), Time::ZERO);
    let (mut incoming, mut outgoing) = (Incoming::new(), Outgoing::new());
    let request = ClientRequest::new("ws://h/").unwrap();
    let mut client =
        Connection::client(&request, config, now, &plain_entropy, &mut outgoing).unwrap();
    for byte in &RESPONSE.as_bytes()[..30] {
        incoming.push(&[*byte]);
        assert_eq!(client.receive(now, &mut incoming, &mut outgoing), Ok(Progress::NeedBytes));
        assert!(incoming.unfinished_head().is_empty(), "not before the end");
    }
    client.receive_eof();
    assert_eq!(client.receive(now, &mut incoming, &mut outgoing), Ok(Progress::Event));
    assert!(matches!(incoming.event(), Some(Event::Ended(_))));
    assert_eq!(incoming.unfinished_head(), &RESPONSE.as_bytes()[..30]);
    assert_eq!(client.receive(now, &mut incoming, &mut outgoing), Ok(Progress::Ended));
    assert!(incoming.unfinished_head().is_empty(), "it is gone with the event");
}

#[test]
fn a_head_without_its_last_line_end_is_no_response() {
    let request = ClientRequest::new("ws://h/").unwrap();
    for (end, whole) in [("\r\n\r", false), ("\r\n", false), ("\r\nbad header\r\n\r\n", true)] {
        let (now, mut incoming, mut outgoing) = (Time::ZERO, Incoming::new(), Outgoing::new());
        let mut client =
            Connection::client(&request, Config::default(), now, &plain_entropy, &mut outgoing)
                .unwrap();
        incoming.push(["HTTP/1.1 101 x\r\nA: b", end].concat().as_bytes());
        client.receive_eof();
        while !matches!(incoming.event(), Some(Event::Ended(_))) {
            let _ = client.receive(now, &mut incoming, &mut outgoing);
        }
        assert_eq!(incoming.bad_response().is_some(), whole, "{end:?}");
    }
}

#[test]
fn r13_masked_first_frame() {
    awaiting().receive(RESPONSE).receive(text("masked")).eof().expect([
        "sends request",
        "open 101",
        "failed Masked",
        "sends close 1002 \"\"",
        "ended Failed(Masked)",
    ]);
}

#[test]
fn a08_no_extension_and_rsv1_later() {
    awaiting().receive(RESPONSE).receive([0xc1, 0]).eof().expect([
        "sends request",
        "open 101",
        "failed ReservedBits",
        "sends close 1002 \"\"",
        "ended Failed(ReservedBits)",
    ]);
}

#[test]
fn handshake_deadline_of_a_client() {
    let ended = "ended TimedOut(Handshake)";
    awaiting().passes(secs(10)).expect(["sends request", ended]);
    awaiting().receive(&RESPONSE[..50]).passes(secs(10)).expect(["sends request", ended]);
    let refusal = awaiting().receive("HTTP/1.1 404 x\r\nContent-Length: 9\r\n\r\ncut");
    refusal.passes(secs(10)).expect(["sends request", "refused 404 \"cut\"", "ended Refused"]);
    let mut client = raw_client(Config::default());
    assert_eq!(client.at(secs(10)), [ended]);
    assert!(client.outgoing.is_empty());
}

#[test]
fn leftover_of_somebody_elses_handshake() {
    let mut server = ManualConnection::server(Config::default());
    let bytes = [text("one"), text("two")].concat();
    let (leftover, rest) = bytes.split_at(12);
    server.incoming.push(leftover);
    assert_eq!(server.events(), ["text \"one\""]);
    assert_eq!(server.receive(rest), ["text \"two\""]);
}

#[test]
fn a_small_leftover_leaves_room_for_large_reads() {
    let mut server = ManualConnection::server(Config::default());
    assert!(server.receive(&text("one")[..2]).is_empty());
    let room = server.incoming.space().len();
    assert!(room >= 4096, "every further read brings at most {room} bytes");
}

/// An answer after the transport has failed could not be written, so nobody has to wait for it.
#[test]
fn an_answer_after_the_transport_failed_does_not_wait() {
    for is_accepted in [true, false] {
        let ManualConnection { mut connection, mut outgoing, now, .. } = deciding();
        connection.handle_transport_failure(&mut outgoing);
        let answered = match is_accepted {
            true => connection.accept(now, &Acceptance::new(), &mut outgoing),
            false => connection.reject(now, &Rejection::forbidden(), &mut outgoing),
        };
        assert_eq!(answered, Ok(()));
        assert!(outgoing.is_empty());
        assert_eq!(connection.transport(), Transport::Close);
        assert_eq!(connection.totals().sent.wire_bytes, 0);
    }
}
