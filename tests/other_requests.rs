//! Requests that do not ask for a WebSocket, and that the application answers.

mod support;

use std::time::Duration;

use support::ManualConnection;
use websocket_proto::handshake::{Acceptance, AnswerError, Rejection};
use websocket_proto::{Config, Event, Progress};

const PAGE: &str = "GET /status?full=1 HTTP/1.1\r\nHost: h\r\n\r\n";
const WEBSOCKET: &str = "GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

fn server(other_requests: bool) -> ManualConnection {
    let mut config = Config::default();
    config.other_requests = other_requests;
    ManualConnection::awaiting_request(config)
}

fn output(server: &mut ManualConnection) -> String {
    String::from_utf8(server.take_all_output()).unwrap()
}

fn reject(server: &mut ManualConnection, rejection: &Rejection) -> String {
    server.connection.reject(server.now, rejection, &mut server.outgoing).unwrap();
    output(server)
}

#[test]
fn the_application_answers_with_a_page() {
    let mut server = server(true);
    assert_eq!(server.receive(PAGE), ["request /status?full=1"]);
    let answer = reject(&mut server, &Rejection::ok().text("fine\n"));
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        answer.contains("\r\nContent-Length: 5\r\nConnection: close\r\n\r\nfine\n"),
        "{answer}"
    );
    server.connection.receive_eof();
    assert_eq!(server.events(), ["ended Rejected"]);
}

#[test]
fn it_tells_one_from_the_other() {
    for (head, asks) in [(PAGE, false), (WEBSOCKET, true)] {
        let mut server = server(true);
        server.incoming.push(head.as_bytes());
        let progress =
            server.connection.receive(server.now, &mut server.incoming, &mut server.outgoing);
        assert_eq!(progress, Ok(Progress::Event));
        match server.incoming.event() {
            Some(Event::Request(request)) => assert_eq!(request.asks_for_websocket(), asks),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn such_a_request_cannot_be_accepted() {
    let mut server = server(true);
    server.receive(PAGE);
    let accepted = server.connection.accept(server.now, &Acceptance::new(), &mut server.outgoing);
    assert_eq!(accepted, Err(AnswerError::NotAsked));
    assert_eq!(output(&mut server), "");
    assert!(reject(&mut server, &Rejection::not_found()).starts_with("HTTP/1.1 404 "));
}

#[test]
fn a_request_for_a_websocket_is_not_answered_with_a_page() {
    let mut server = server(true);
    server.receive(WEBSOCKET);
    let rejected = server.connection.reject(server.now, &Rejection::ok(), &mut server.outgoing);
    assert_eq!(rejected, Err(AnswerError::BadStatus));
    assert_eq!(output(&mut server), "");
    assert!(reject(&mut server, &Rejection::not_found()).starts_with("HTTP/1.1 404 "));
}

#[test]
fn an_application_that_takes_too_long_is_answered_for() {
    let mut server = server(true);
    server.receive(PAGE);
    server.at(Duration::from_secs(10));
    assert!(output(&mut server).starts_with("HTTP/1.1 503 "));
}

#[test]
fn the_rules_for_every_request_hold() {
    let body = PAGE.replace("Host: h", "Host: h\r\nContent-Length: 3");
    let no_host = PAGE.replace("Host: h\r\n", "");
    let half = WEBSOCKET.replace("13", "12");
    for (head, status) in [(&*body, 400), (&no_host, 400), (&half, 426), (PAGE, 426)] {
        let mut server = server(head != PAGE);
        let events = server.receive(head);
        assert!(events[0].starts_with("failed "), "{events:?}");
        assert!(output(&mut server).starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
    }
}
