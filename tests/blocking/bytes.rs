//! A WebSocket as a blocking stream of bytes.

use std::io::{self, BufRead, ErrorKind, IoSlice, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use websocket_proto::frame::OpCode;
use websocket_proto::io::Error;
use websocket_proto::io::blocking::{ByteStream, GracefulShutdown, WebSocket, accept, connect};
use websocket_proto::{CloseCode, Config, Delivery, EndCause, Event, Role};

use crate::byte_cases::{Case, cases, config_with, text_case};
use crate::scripted_stream::ScriptedStream;
use crate::support::{binary, close, masked, ping, spaced};

fn server(script: &ScriptedStream, config: Config) -> ByteStream<ScriptedStream> {
    WebSocket::established(script.clone(), Role::Server, None, config, &[]).into_byte_stream()
}

/// Reads to the end; returns the bytes and how they ended. Calls that would block are made again.
fn read_all(
    bytes: &mut ByteStream<ScriptedStream>,
    size: usize,
) -> (Vec<u8>, Result<(), ErrorKind>) {
    let mut all = Vec::new();
    loop {
        let mut space = vec![0; size];
        match bytes.read(&mut space) {
            Ok(0) => return (all, Ok(())),
            Ok(len) => all.extend_from_slice(&space[..len]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return (all, Err(error.kind())),
        }
    }
}

#[track_caller]
fn check_case(case: &Case, bytes: impl Fn(&ScriptedStream, Config) -> ByteStream<ScriptedStream>) {
    for delivery in [Delivery::Whole, Delivery::Streaming] {
        for blocks_each in [1, 2, 3, usize::MAX] {
            for (read, space) in [(1, 1), (5, 2), (0, 100)] {
                let blocks = move |number: usize, _| {
                    (number % blocks_each == 1).then_some(ErrorKind::WouldBlock)
                };
                let script = ScriptedStream::new(&case.input).sizes(read, 3).fault(blocks);
                let mut bytes = bytes(&script, config_with(delivery));
                let (read, end) = read_all(&mut bytes, space);
                let what = format!("{}, {delivery:?}, {blocks_each}, {space}", case.name);
                assert_eq!((read, end), (case.read_with(delivery), case.end), "{what}");
                assert_eq!(script.words().last().map(String::as_str), case.answer, "{what}");
                assert!(bytes.ending().is_some(), "{what}");
                let again = read_all(&mut bytes, space);
                assert_eq!(again, (Vec::new(), case.end), "{what}: the end stays");
            }
        }
    }
}

#[test]
fn payloads_are_joined_and_only_a_close_frame_is_the_end() {
    for case in cases() {
        check_case(&case, server);
    }
    check_case(&text_case(), |script, config| server(script, config).accept_text());
}

#[test]
fn an_error_tells_how_the_connection_ended() {
    let mut bytes = server(&ScriptedStream::new(close(1011, "disk full")), Config::default());
    let error = bytes.read(&mut [0; 9]).unwrap_err();
    assert!(error.to_string().contains("the peer said 1011 \"disk full\""), "{error}");
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    assert!(matches!(inner, Some(Error::Ended(ending)) if ending.is_clean()), "{inner:?}");
    assert_eq!(bytes.ending().unwrap().code(), CloseCode::INTERNAL_ERROR);
}

#[test]
fn a_write_is_a_message_and_a_large_one_several() {
    let script = ScriptedStream::new("");
    let mut bytes = server(&script, Config::default());
    let large = vec![7; 150 << 10];
    assert_eq!(bytes.write(b"").unwrap(), 0);
    assert_eq!(bytes.write(b"one").unwrap(), 3);
    assert_eq!(bytes.write_vectored(&[&b""[..], b"t", b"", b"wo"].map(IoSlice::new)).unwrap(), 3);
    // Written at once, without a flush.
    assert_eq!(script.words(), ["sends binary 6f 6e 65", "sends binary 74 77 6f"]);
    bytes.write_all(&large).unwrap();
    let expected = [&large[..64 << 10], &large[..64 << 10], &large[..22 << 10]];
    let sent = script.words().split_off(2);
    assert_eq!(sent, expected.map(|piece| format!("sends binary {}", spaced(piece))));
}

#[test]
fn a_write_that_would_block_sends_nothing_and_one_that_was_queued_is_not_made_again() {
    let script = ScriptedStream::new("");
    script.state().fault = Some(Box::new(|_, writes| writes.then_some(ErrorKind::WouldBlock)));
    let mut config = Config::default();
    config.limits.output = 100;
    let mut bytes = server(&script, config);
    assert_eq!(bytes.write(&[1; 200]).unwrap(), 200);
    assert_eq!(bytes.write(&[2; 100]).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(bytes.flush().unwrap_err().kind(), ErrorKind::WouldBlock);
    script.state().fault = None;
    bytes.write_all(&[3; 100]).unwrap();
    let expected = [&[1; 200][..], &[3; 100]];
    assert_eq!(script.words(), expected.map(|piece| format!("sends binary {}", spaced(piece))));
}

#[test]
fn shutting_down_sends_a_close_frame_after_the_bytes_and_reading_goes_on() {
    let input = [binary("late"), ping("?"), binary("r"), close(1000, "")].concat();
    let script = ScriptedStream::new(&input).sizes(3, 4);
    let mut bytes = server(&script, Config::default());
    bytes.write_all(b"one").unwrap();
    for _ in 0..2 {
        bytes.shutdown().unwrap();
        assert_eq!(script.words(), ["sends binary 6f 6e 65", "sends close 1000 \"\""]);
    }
    assert_eq!(bytes.write(b"two").unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!(read_all(&mut bytes, 3), (b"later".to_vec(), Ok(())));
    bytes.shutdown().unwrap();
}

#[test]
fn shutting_down_fails_where_the_peer_cannot_know_that_it_has_all_bytes() {
    let mut bytes = server(&ScriptedStream::new(""), Config::default());
    assert_eq!(bytes.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert_eq!(bytes.shutdown().unwrap_err().kind(), ErrorKind::BrokenPipe);

    let script =
        ScriptedStream::new("").fault(|_, writes| writes.then_some(ErrorKind::ConnectionReset));
    let mut bytes = server(&script, Config::default());
    assert_eq!(bytes.write(b"one").unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(bytes.shutdown().unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!(bytes.flush().unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!(bytes.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionAborted);
    assert_eq!(bytes.ending().unwrap().cause, EndCause::TransportFailed);
}

/// It may have said that something went wrong.
#[test]
fn a_close_frame_that_cannot_be_read_is_no_end_of_the_bytes() {
    for (payload, end) in [
        (&b"\x03\xed"[..], Ok(())),
        (b"\x03\xf3no \xff", Err(ErrorKind::ConnectionAborted)),
        (b"\x03", Err(ErrorKind::ConnectionAborted)),
    ] {
        let input = [binary("part"), masked(true, OpCode::Close, payload)].concat();
        let mut bytes = server(&ScriptedStream::new(input), Config::default());
        bytes.shutdown().unwrap();
        assert_eq!(read_all(&mut bytes, 9), (b"part".to_vec(), end), "{:?}", bytes.ending());
    }
}

#[test]
fn an_abort_is_no_end_of_the_bytes() {
    let script = ScriptedStream::new(binary("one"));
    let mut bytes = server(&script, Config::default());
    bytes.abort();
    assert_eq!(bytes.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionAborted);
    assert!(script.words().is_empty());
}

/// A server that shuts down drops what still arrives, so what was read before may not be all.
#[test]
fn the_shutdown_of_a_server_is_no_end_of_the_bytes() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let shutdown = GracefulShutdown::new();
    let watching = shutdown.clone();
    let (is_open, opened) = mpsc::channel();
    let serving = thread::spawn(move || {
        let mut socket = accept(listener.accept().unwrap().0).unwrap();
        watching.watch(&mut socket);
        let mut bytes = socket.into_byte_stream();
        bytes.read_exact(&mut [0; 3]).unwrap();
        is_open.send(()).unwrap();
        bytes.read_to_end(&mut Vec::new()).unwrap_err().kind()
    });
    let mut client = connect(&url).unwrap().into_byte_stream();
    client.write_all(b"one").unwrap();
    let client = thread::spawn(move || io::copy(&mut client, &mut io::sink()));
    opened.recv().unwrap();
    shutdown.close_all(CloseCode::NORMAL, "", Duration::from_secs(10)).unwrap();
    assert_eq!(serving.join().unwrap(), ErrorKind::ConnectionAborted);
    // The server sent all that it had to send.
    assert_eq!(client.join().unwrap().unwrap(), 0);
}

#[test]
fn the_socket_goes_on_after_the_bytes_that_were_read() {
    let script = ScriptedStream::new([binary("one"), binary("two"), close(1000, "")].concat());
    let mut bytes = server(&script, Config::default());
    bytes.read_exact(&mut [0]).unwrap();
    assert_eq!(bytes.fill_buf().unwrap(), b"ne");
    assert_eq!(bytes.buffer(), b"ne");
    assert!(bytes.connection().is_open());
    assert!(bytes.stream().state().output.is_empty());
    let mut socket = bytes.into_inner();
    let Some((Event::Binary(next), _)) = socket.receive().unwrap() else { panic!() };
    assert_eq!(next, b"two");
}
