//! Deadlines, and output that has to wait, while another connection on the same thread goes on.

use std::io::{Read, Write};
use std::net::TcpStream as StdStream;
use std::thread;

use websocket_proto::frame::Masking;
use websocket_proto::io::Error;
use websocket_proto::{CloseCode, Config, Deadline, EndCause, Event, Role, SendError};

use super::scripted_stream::{Fault, Operation, ScriptedStream};
use super::tcp::{self, plain, read_to_end};
use super::{REQUEST, beside_another, echo, millis, run};
use crate::runtime::TcpStream;
use crate::runtime::adapter::{WebSocket, accept_with, connect_with};
use crate::support::{close, in_words, ping, text};

/// A configuration without keepalive and write timeout, to which tests add the deadline they need.
fn untimed() -> Config {
    let mut config = Config::default();
    (config.keepalive, config.write_timeout) = (None, None);
    config
}

/// Like [`tcp::serve`], beside another connection.
#[track_caller]
fn serve<T, P: Send + 'static>(
    serve: impl AsyncFnOnce(TcpStream) -> T,
    peer: impl FnOnce(&str) -> P + Send + 'static,
) -> (T, P) {
    tcp::serve(async |stream| beside_another(serve(stream)).await, peer)
}

/// Like [`tcp::dial`], beside another connection.
#[track_caller]
fn dial<T, P: Send + 'static>(
    connect: impl AsyncFnOnce(&str) -> T,
    peer: impl FnOnce(StdStream) -> P + Send + 'static,
) -> (T, P) {
    tcp::dial(async |url| beside_another(connect(url)).await, peer)
}

fn server(stream: TcpStream, config: Config) -> WebSocket<TcpStream> {
    WebSocket::established(stream, Role::Server, None, config, &[])
}

/// Sends `bytes` over and over, slowly, until the other side ends the stream; returns what it sent.
fn drip(mut stream: StdStream, bytes: &[u8]) -> Vec<u8> {
    let mut reader = stream.try_clone().unwrap();
    let answered = thread::spawn(move || {
        let mut answer = Vec::new();
        let _ = reader.read_to_end(&mut answer);
        answer
    });
    for byte in bytes.iter().cycle() {
        // The other side has ended the stream.
        if answered.is_finished() || stream.write_all(&[*byte]).is_err() {
            break;
        }
        thread::sleep(millis(2));
    }
    answered.join().unwrap()
}

fn frames(bytes: &[u8]) -> Vec<String> {
    in_words(bytes, Masking::Forbidden, &mut false)
}

#[test]
fn output_that_waits_is_bounded() {
    let stuck = |_, operation| (operation != Operation::Read).then_some(Fault::NeverReady);
    let mut config = untimed();
    (config.limits.output, config.write_timeout) = (100, Some(millis(50)));
    let mut socket = ScriptedStream::default().rule(stuck).server_with(config);
    run(beside_another(async {
        let writer = socket.writer();
        writer.feed_binary(&[0; 200]).await.unwrap();
        assert_eq!(writer.try_send_text("no room"), Err(SendError::Full));
        assert_eq!(writer.try_send_binary(b"no room"), Err(SendError::Full));
        let sent = writer.feed_text("no room").await;
        assert!(matches!(sent, Err(Error::Send(SendError::Closed))), "{sent:?}");
    }));
    assert_eq!(run(echo(&mut socket)), ["ended TimedOut(Write)"]);
}

#[test]
fn sending_waits_for_a_peer_that_takes_its_time() {
    let messages = 64;
    let (how, ()) = serve(
        async move |stream| {
            let mut config = untimed();
            config.limits.output = 1000;
            let mut socket = server(stream, config);
            for _ in 0..messages {
                socket.writer().feed_binary(&vec![7; 256 << 10]).await.unwrap();
            }
            socket.close_with(CloseCode::NORMAL, "").await.unwrap().cause
        },
        move |url| {
            let mut stream = plain(url);
            let mut rest = messages * ((256 << 10) + 10);
            while rest > 0 {
                let mut space = vec![0; rest.min(1 << 20)];
                rest -= stream.read(&mut space).unwrap();
                thread::sleep(millis(1));
            }
            stream.write_all(&close(1000, "")).unwrap();
            assert_eq!(read_to_end(&stream), [0x88, 2, 3, 0xe8]);
        },
    );
    assert_eq!(how, EndCause::Clean);
}

#[test]
fn a_peer_that_stops_reading_while_it_is_written_to() {
    // The message is far longer than the buffers of a socket.
    let (events, _) = serve(
        async |stream| {
            let mut config = untimed();
            config.write_timeout = Some(millis(50));
            let mut socket = server(stream, config);
            let _ = socket.send_binary(&vec![0; 64 << 20]).await;
            echo(&mut socket).await
        },
        // The peer's stream is returned, and so stays open until the end of the test.
        plain,
    );
    assert_eq!(events, ["ended TimedOut(Write)"]);
}

#[test]
fn a_peer_that_stops_reading_while_it_is_listened_to() {
    let (events, _) = serve(
        async |stream| {
            let mut config = untimed();
            config.write_timeout = Some(millis(50));
            let mut socket = server(stream, config);
            socket.writer().feed_binary(&vec![0; 64 << 20]).await.unwrap();
            echo(&mut socket).await
        },
        plain,
    );
    assert_eq!(events, ["ended TimedOut(Write)"]);
}

#[test]
fn a_peer_that_sends_and_does_not_read() {
    let (events, _) = serve(
        async |stream| {
            let mut config = untimed();
            config.write_timeout = Some(millis(50));
            config.limits.output = 1000;
            echo(&mut server(stream, config)).await
        },
        |url| {
            let mut stream = plain(url);
            let bytes = text("unread ".repeat(10_000));
            while stream.write_all(&bytes).is_ok() {}
        },
    );
    assert_eq!(events.last().unwrap(), "ended TimedOut(Write)");
}

#[test]
fn a_peer_that_vanishes() {
    let (events, written) = serve(
        async |stream| {
            let mut config = Config::default();
            let keepalive = config.keepalive.as_mut().unwrap();
            (keepalive.interval, keepalive.timeout) = (millis(30), millis(30));
            echo(&mut server(stream, config)).await
        },
        |url| frames(&read_to_end(&plain(url))),
    );
    assert_eq!(events, ["ended TimedOut(Pong)"]);
    assert_eq!(written.len(), 2, "{written:?}");
    assert!(written[0].starts_with("sends ping"), "{written:?}");
    assert_eq!(written[1], "sends close 1011 \"no answer to a ping\"");
}

#[test]
fn a_peer_that_answers_pings() {
    let (pongs, how) = serve(
        async |stream| {
            let mut config = Config::default();
            config.keepalive.as_mut().unwrap().interval = millis(10);
            let mut socket = server(stream, config);
            for _ in 0..3 {
                let Some((Event::Pong { round_trip, .. }, _)) = socket.receive().await.unwrap()
                else {
                    panic!()
                };
                assert!(round_trip.is_some());
            }
            socket.close_with(CloseCode::NORMAL, "").await.unwrap().cause
        },
        |url| {
            let role = Role::Client(&crate::support::plain_entropy);
            let config = Config::default();
            let stream = plain(url);
            let mut socket = websocket_proto::io::blocking::WebSocket::established(
                stream,
                role,
                None,
                config,
                &[],
            );
            loop {
                if let (Event::Ended(ending), _) = socket.receive().unwrap().expect("the end") {
                    return ending.cause;
                }
            }
        },
    );
    assert_eq!((pongs, how), (EndCause::Clean, EndCause::Clean));
}

#[test]
fn c13_a_peer_that_never_answers_the_close() {
    let mut config = untimed();
    config.close_timeout = millis(50);
    let (how, written) = serve(
        async move |stream| {
            server(stream, config).close_with(CloseCode::GOING_AWAY, "").await.unwrap().cause
        },
        |url| read_to_end(&plain(url)),
    );
    assert_eq!(how, EndCause::TimedOut(Deadline::Close));
    assert_eq!(written, [0x88, 2, 3, 0xe9]);

    // Messages do not count as an answer.
    let (how, _) = serve(
        async move |stream| {
            server(stream, config).close_with(CloseCode::GOING_AWAY, "").await.unwrap().cause
        },
        |url| drip(plain(url), &text("more")),
    );
    assert_eq!(how, EndCause::TimedOut(Deadline::Close));
}

#[test]
fn c13_a_server_that_never_closes_tcp() {
    let (how, rest) = dial(
        async |url| {
            let mut config = untimed();
            // Long enough for the peer's thread to answer on a machine that is busy.
            config.close_timeout = millis(3_000);
            let address = url.trim_start_matches("ws://").trim_end_matches("/c");
            let stream = TcpStream::connect(address).await.unwrap();
            let role = Role::Client(&crate::support::plain_entropy);
            let mut socket = WebSocket::established(stream, role, None, config, &[]);
            socket.close_with(CloseCode::NORMAL, "").await.unwrap().cause
        },
        |mut stream| {
            stream.read_exact(&mut [0; 8]).unwrap();
            stream.write_all(&[0x88, 2, 3, 0xe8]).unwrap();
            // The client closes TCP when its deadline has passed.
            read_to_end(&stream)
        },
    );
    assert_eq!(how, EndCause::Clean);
    assert!(rest.is_empty());
}

#[test]
fn a_request_that_drips() {
    let (ended, answer) = serve(
        async |stream| {
            let mut config = untimed();
            (config.handshake_timeout, config.close_timeout) = (millis(50), millis(50));
            accept_with(stream, config, async |_| unreachable!()).await.map(drop).unwrap_err()
        },
        |url| drip(plain(url), &REQUEST.as_bytes()[..40]),
    );
    let Error::Ended(ending) = ended else { panic!("{ended}") };
    assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Handshake));
    assert!(answer.starts_with(b"HTTP/1.1 408 "), "{:?}", String::from_utf8_lossy(&answer));
}

#[test]
fn an_answer_that_drips_and_none() {
    for answer in [&b"HTTP/1.1 101 Switching Protocols\r\nA: "[..], b""] {
        let (ended, _) = dial(
            async |url| {
                let mut config = untimed();
                config.handshake_timeout = millis(50);
                let request = websocket_proto::handshake::ClientRequest::new(url).unwrap();
                connect_with(&request, config).await.map(drop).unwrap_err()
            },
            move |stream| match answer {
                [] => read_to_end(&stream),
                // Lines of the head arrive one after the other, without an end.
                _ => drip(stream, answer.strip_suffix(b"A: ").unwrap()),
            },
        );
        let Error::Ended(ending) = ended else { panic!("{ended}") };
        assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Handshake));
    }
}

#[test]
fn a_message_that_drips() {
    let (events, written) = serve(
        async |stream| {
            let mut config = untimed();
            config.message_timeout = Some(millis(50));
            config.close_timeout = millis(50);
            echo(&mut server(stream, config)).await
        },
        |url| {
            let mut stream = plain(url);
            stream.write_all(&text(vec![b'x'; 60_000])[..8]).unwrap();
            drip(stream, &[b'x' ^ 0x37, b'x' ^ 0xfa, b'x' ^ 0x21, b'x' ^ 0x3d])
        },
    );
    assert_eq!(events, ["ended TimedOut(Message)"]);
    assert_eq!(frames(&written), ["sends close 1008 \"message took too long\""]);
}

#[test]
fn a_flood_holds_up_no_deadline() {
    // The input is never used up, and every read finds some.
    let script = ScriptedStream::new(ping("flood").repeat(1 << 20)).sizes(64, 0);
    let mut config = untimed();
    config.close_timeout = millis(20);
    let mut socket = script.server_with(config);
    let ending = run(socket.close_with(CloseCode::NORMAL, "")).unwrap();
    assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Close));
    assert!(!script.state().input.is_empty());
}
