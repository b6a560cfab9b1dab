//! A WebSocket as a stream of bytes, over scripted streams.

use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::io::{ErrorKind, IoSlice};
use std::rc::Rc;
use std::task::Poll;

use websocket_proto::frame::OpCode;
use websocket_proto::io::Error;
use websocket_proto::{CloseCode, Config, Delivery, EndCause, Event};

use super::executor::ManualExecutor;
use super::scripted_stream::{Fault, Operation, PendingPattern, ScriptedStream};
use super::{join, run};
use crate::byte_cases::{Case, cases, config_with, text_case};
use crate::runtime::adapter::{ByteStream, GracefulShutdown};
use crate::runtime::{AsyncReadExt, AsyncWriteExt, shut_down};
use crate::support::{binary, close, masked, ping, spaced};

const DELIVERIES: [Delivery; 2] = [Delivery::Whole, Delivery::Streaming];

/// Reads to the end; returns the bytes and how they ended. Reads that are dropped are made again.
fn read_all(
    executor: &mut ManualExecutor,
    bytes: &mut ByteStream<ScriptedStream>,
    size: usize,
) -> (Vec<u8>, Result<(), ErrorKind>) {
    let mut all = Vec::new();
    loop {
        let mut space = vec![0; size];
        match executor.retry_until_done(async || bytes.read(&mut space).await) {
            Ok(0) => return (all, Ok(())),
            Ok(len) => all.extend_from_slice(&space[..len]),
            Err(error) => return (all, Err(error.kind())),
        }
    }
}

#[track_caller]
fn check_case(case: &Case, bytes: impl Fn(&ScriptedStream, Config) -> ByteStream<ScriptedStream>) {
    for delivery in DELIVERIES {
        for pattern in PendingPattern::ALL {
            for (read, space) in [(1, 1), (5, 2), (0, 100)] {
                let script = ScriptedStream::new(&case.input).sizes(read, 3).pending_by(pattern);
                let mut bytes = bytes(&script, config_with(delivery));
                // Each future is dropped at its second await.
                let mut executor = ManualExecutor::dropping_each_after(2);
                let (read, end) = read_all(&mut executor, &mut bytes, space);
                let what = format!("{}, {delivery:?}, {pattern:?}, {space}", case.name);
                assert_eq!((read, end), (case.read_with(delivery), case.end), "{what}");
                assert_eq!(script.words().last().map(String::as_str), case.answer, "{what}");
                assert!(bytes.ending().is_some(), "{what}");
                let again = read_all(&mut executor, &mut bytes, space);
                assert_eq!(again, (Vec::new(), case.end), "{what}: the end stays");
            }
        }
    }
}

#[test]
fn payloads_are_joined_and_only_a_close_frame_is_the_end() {
    run(async {
        for case in cases() {
            check_case(&case, |script, config| script.server_with(config).into_byte_stream());
        }
        check_case(&text_case(), |script, config| {
            ByteStream::new(script.server_with(config)).accept_text()
        });
    });
}

#[test]
fn bytes_that_were_cut_off_never_look_complete() {
    run(async {
        let input = [binary("one"), ping("?"), binary("two"), close(1000, "bye")].concat();
        for delivery in DELIVERIES {
            for at in 0..input.len() {
                let script = ScriptedStream::new(&input[..at]).sizes(3, 2);
                let mut bytes = script.server_with(config_with(delivery)).into_byte_stream();
                let (read, end) = read_all(&mut ManualExecutor::never_dropping(), &mut bytes, 9);
                assert_eq!(end, Err(ErrorKind::UnexpectedEof), "{delivery:?}, {at} bytes");
                assert!(b"onetwo".starts_with(&read));
            }
        }
        for at in 1.. {
            let rule =
                move |number, _| (number == at).then_some(Fault::Error(ErrorKind::ConnectionReset));
            let script = ScriptedStream::new(&input).sizes(9, 3).rule(rule);
            let mut bytes = script.server().into_byte_stream();
            let (read, end) = read_all(&mut ManualExecutor::never_dropping(), &mut bytes, 9);
            assert!(end.is_err() || read == b"onetwo", "{read:?}, {end:?}, operation {at}");
            if script.state().operations < at {
                break;
            }
        }
    });
}

#[test]
fn an_error_tells_how_the_connection_ended() {
    run(async {
        let script = ScriptedStream::new(close(1011, "disk full"));
        let mut bytes = script.server().into_byte_stream();
        let error = bytes.read(&mut [0; 9]).await.unwrap_err();
        assert!(error.to_string().contains("the peer said 1011 \"disk full\""), "{error}");
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        assert!(matches!(inner, Some(Error::Ended(ending)) if ending.is_clean()), "{inner:?}");
        assert_eq!(bytes.ending().unwrap().code(), CloseCode::INTERNAL_ERROR);
    });
}

#[test]
fn a_write_is_a_message_and_a_large_one_several() {
    run(async {
        let script = ScriptedStream::new("").rule(reads_wait());
        let mut bytes = script.server().into_byte_stream();
        let large = vec![7; 150 << 10];
        assert_eq!(bytes.write(b"").await.unwrap(), 0);
        assert_eq!(bytes.write(b"one").await.unwrap(), 3);
        let pieces = [&b""[..], b"t", b"", b"wo"].map(IoSlice::new);
        assert_eq!(bytes.write_vectored(&pieces).await.unwrap(), 3);
        let pieces = [b"three", &large[..]].map(IoSlice::new);
        assert_eq!(bytes.write_vectored(&pieces).await.unwrap(), 64 << 10);
        assert_eq!(bytes.write_vectored(&[IoSlice::new(b"")]).await.unwrap(), 0);
        let short = ["sends binary 6f 6e 65", "sends binary 74 77 6f"];
        // Written at once, without a flush.
        assert_eq!(script.words()[..2], short);
        assert_eq!(script.words().len(), 3);
        bytes.write_all(&large).await.unwrap();
        bytes.flush().await.unwrap();
        let sent = script.words().split_off(3);
        let expected = [&large[..64 << 10], &large[..64 << 10], &large[..22 << 10]];
        assert_eq!(sent, expected.map(|piece| format!("sends binary {}", spaced(piece))));
    });
}

/// A rule by which all reads have to wait.
fn reads_wait() -> impl FnMut(usize, Operation) -> Option<Fault> {
    |_, operation| (operation == Operation::Read).then_some(Fault::NeverReady)
}

/// A stream that takes nothing until the switch is on. Its reads wait.
fn stuck() -> (ScriptedStream, Rc<Cell<bool>>) {
    let takes = Rc::new(Cell::new(false));
    let switch = takes.clone();
    let script = ScriptedStream::new("").rule(move |_, operation| match operation {
        Operation::Write if takes.get() => None,
        Operation::Write => Some(Fault::Pending),
        _ => Some(Fault::NeverReady).filter(|_| operation == Operation::Read),
    });
    (script, switch)
}

#[test]
fn a_write_waits_for_room_and_a_dropped_one_sends_nothing() {
    run(async {
        let (script, takes) = stuck();
        let mut config = Config::default();
        config.limits.output = 100;
        let mut bytes = script.server_with(config).into_byte_stream();
        bytes.write_all(&[1; 200]).await.unwrap();
        let mut dropping = ManualExecutor::dropping_each_after(3);
        assert!(dropping.drive(bytes.write(&[2; 100])).is_none(), "a write without room");
        assert!(dropping.drive(bytes.flush()).is_none(), "a flush of a stream that takes nothing");
        takes.set(true);
        bytes.write_all(&[3; 100]).await.unwrap();
        bytes.flush().await.unwrap();
        let expected = [&[1; 200][..], &[3; 100]];
        assert_eq!(script.words(), expected.map(|piece| format!("sends binary {}", spaced(piece))));
    });
}

#[test]
fn shutting_down_sends_a_close_frame_after_the_bytes_and_reading_goes_on() {
    run(async {
        for pattern in PendingPattern::ALL {
            let input = [binary("late"), ping("?"), binary("r"), close(1000, "")].concat();
            let script = ScriptedStream::new(&input).sizes(3, 4).pending_by(pattern);
            let mut bytes = script.server().into_byte_stream();
            let mut executor = ManualExecutor::dropping_each_after(2);
            executor.retry_until_done(async || bytes.write(b"one").await).unwrap();
            for _ in 0..2 {
                executor.retry_until_done(async || shut_down(&mut bytes).await).unwrap();
                let sent = ["sends binary 6f 6e 65", "sends close 1000 \"\""];
                assert_eq!(script.words(), sent, "{pattern:?}");
            }
            let error = bytes.write(b"two").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BrokenPipe);
            let read = read_all(&mut executor, &mut bytes, 3);
            assert_eq!(read, (b"later".to_vec(), Ok(())), "{pattern:?}");
            shut_down(&mut bytes).await.unwrap();
        }
    });
}

#[test]
fn shutting_down_fails_where_the_peer_cannot_know_that_it_has_all_bytes() {
    run(async {
        let script = ScriptedStream::new("");
        let mut bytes = script.server().into_byte_stream();
        let error = bytes.read(&mut [0; 9]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        let error = shut_down(&mut bytes).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{error}");

        let failing = |_, operation| {
            (operation == Operation::Write).then_some(Fault::Error(ErrorKind::ConnectionReset))
        };
        let script = ScriptedStream::new("").rule(failing);
        let mut bytes = script.server().into_byte_stream();
        let error = bytes.write(b"one").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        for error in [shut_down(&mut bytes).await, bytes.flush().await] {
            assert_eq!(error.unwrap_err().kind(), ErrorKind::BrokenPipe);
        }
        let error = bytes.read(&mut [0; 9]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
        assert_eq!(bytes.ending().unwrap().cause, EndCause::TransportFailed);
    });
}

/// It may have said that something went wrong.
#[test]
fn a_close_frame_that_cannot_be_read_is_no_end_of_the_bytes() {
    run(async {
        let answer = masked(true, OpCode::Close, b"\x03\xf3no \xff");
        let script = ScriptedStream::new([binary("part"), answer].concat());
        let mut bytes = script.server().into_byte_stream();
        shut_down(&mut bytes).await.unwrap();
        let (read, end) = read_all(&mut ManualExecutor::never_dropping(), &mut bytes, 9);
        assert_eq!((read, end), (b"part".to_vec(), Err(ErrorKind::ConnectionAborted)));
    });
}

#[test]
fn an_abort_is_no_end_of_the_bytes() {
    run(async {
        let script = ScriptedStream::new(binary("one"));
        let mut bytes = script.server().into_byte_stream();
        bytes.abort();
        let error = bytes.read(&mut [0; 9]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
        assert!(script.words().is_empty());
    });
}

/// A server that shuts down drops what still arrives, so what was read before may not be all.
#[test]
fn the_shutdown_of_a_server_is_no_end_of_the_bytes() {
    run(async {
        let script = ScriptedStream::new([binary("dropped"), close(1000, "")].concat());
        let (shutdown, mut socket) = (GracefulShutdown::new(), script.server());
        shutdown.watch(&mut socket);
        let mut bytes = socket.into_byte_stream();
        let (mut all, closing) =
            (Vec::new(), shutdown.close_all(CloseCode::NORMAL, "", pending::<()>()));
        let (summary, read) = join(closing, bytes.read_to_end(&mut all)).await;
        assert_eq!(summary.unwrap().clean, 1);
        assert_eq!(read.unwrap_err().kind(), ErrorKind::ConnectionAborted);
        assert!(all.is_empty());
    });
}

#[test]
fn shutting_down_after_the_server_has_closed_changes_nothing() {
    run(async {
        let mut reads = 0;
        let script = ScriptedStream::new([binary("dropped"), close(1000, "")].concat());
        let script = script.rule(move |_, operation| {
            reads += usize::from(operation == Operation::Read);
            (reads == 1 && operation == Operation::Read).then_some(Fault::Pending)
        });
        let (shutdown, mut socket) = (GracefulShutdown::new(), script.server());
        shutdown.watch(&mut socket);
        let mut bytes = socket.into_byte_stream();
        let mut once = ManualExecutor::dropping_each_after(1);
        assert!(once.drive(shutdown.close_all(CloseCode::NORMAL, "", yields())).is_none());
        assert!(once.drive(bytes.read(&mut [0; 9])).is_none());
        assert_eq!(script.words(), ["sends close 1000 \"\""]);
        shut_down(&mut bytes).await.unwrap();
        let error = bytes.read(&mut [0; 9]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
    });
}

/// Waits for ever, and wakes its task at once.
async fn yields() {
    poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

#[test]
fn the_socket_goes_on_after_the_bytes_that_were_read() {
    run(async {
        let script = ScriptedStream::new([binary("one"), binary("two"), close(1000, "")].concat());
        let mut bytes = script.server().into_byte_stream();
        bytes.write_all(b"1").await.unwrap();
        bytes.read_exact(&mut [0]).await.unwrap();
        assert_eq!(bytes.buffer(), b"ne");
        assert!(bytes.connection().is_open());
        assert!(bytes.stream().state().output.ends_with(b"1"));
        let mut socket = bytes.into_inner();
        let Some((Event::Binary(next), _)) = socket.receive().await.unwrap() else { panic!() };
        assert_eq!(next, b"two");
    });
}
