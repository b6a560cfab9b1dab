//! T09: any future may be dropped at any await, and nothing is lost or doubled.

use std::cell::Cell;

use websocket_proto::handshake::{Acceptance, ClientRequest, Request};
use websocket_proto::io::task::{WebSocket as AnySocket, Wire};
use websocket_proto::{CloseCode, Config, EndCause, Event, MessageKind};

use super::executor::ManualExecutor;
use super::scripted::{check_dialogue, dialogue};
use super::scripted_stream::{Fault, Operation, PendingPattern, ScriptedStream};
use super::{REQUEST, RESPONSE, run, word};
use crate::runtime::adapter::{WebSocket, accept_with, client};
use crate::support::{close, in_words, text};

/// Futures are dropped after 1 to this many awaits. With more, hardly any future would be dropped.
const MAX_AWAITS: usize = 12;

#[test]
fn t09_next_dropped_after_some_polls() {
    let (input, _) = dialogue();
    run(async {
        for pattern in PendingPattern::ALL {
            for (read, write) in [(1, 1), (7, 3), (20, 9), (0, 0)] {
                for awaits in 1..=MAX_AWAITS {
                    let script = ScriptedStream::new(&input).sizes(read, write).pending_by(pattern);
                    let events =
                        ManualExecutor::dropping_each_after(awaits).echo(&mut script.server());
                    let case = format!("{pattern:?}, {read}, {write}, after {awaits}");
                    check_dialogue(&events, &script, &case);
                }
            }
        }
    });
}

#[test]
fn t09_next_dropped_at_every_await() {
    let (input, _) = dialogue();
    run(async {
        for pattern in PendingPattern::ALL {
            for (read, write) in [(1, 1), (7, 3), (0, 0)] {
                for at in 1.. {
                    let script = ScriptedStream::new(&input).sizes(read, write).pending_by(pattern);
                    let mut executor = ManualExecutor::dropping_at(at);
                    let events = executor.echo(&mut script.server());
                    let case = format!("{pattern:?}, {read}, {write}, await {at}");
                    check_dialogue(&events, &script, &case);
                    if executor.awaits() < at {
                        break;
                    }
                }
            }
        }
    });
}

#[test]
fn t09_sending_by_the_socket_dropped_at_every_await() {
    run(async {
        for at in 1.. {
            let script =
                ScriptedStream::default().sizes(0, 2).pending_by(PendingPattern::AllButEvery(3));
            let mut socket = script.server();
            let mut executor = ManualExecutor::dropping_at(at);
            // As there is room, the first poll queues the message, and later calls write it.
            let _ = executor.drive(socket.send_text("one"));
            let _ = executor.drive(socket.send_binary(b"two"));
            executor.retry_until_done(async || socket.writer().flush().await).unwrap();
            assert_eq!(script.words(), ["sends text \"one\"", "sends binary 74 77 6f"], "{at}");
            if executor.awaits() < at {
                break;
            }
        }
    });
}

/// A server whose output is full already.
fn full(script: &ScriptedStream) -> AnySocket<impl Wire + use<>> {
    let mut config = Config::default();
    config.limits.output = 3;
    let mut socket = script.server_with(config);
    socket.writer().try_send_text("full").unwrap();
    socket
}

#[test]
fn t09_sending_without_room_dropped_after_some_polls() {
    run(async {
        for pattern in PendingPattern::ALL {
            for awaits in 1..=MAX_AWAITS {
                let script = ScriptedStream::default().sizes(0, 2).pending_by(pattern);
                send_everything(&script, ManualExecutor::dropping_each_after(awaits));
            }
        }
    });
}

#[test]
fn t09_sending_without_room_dropped_at_every_await() {
    run(async {
        for at in 1.. {
            let script =
                ScriptedStream::default().sizes(0, 2).pending_by(PendingPattern::AllButEvery(3));
            if send_everything(&script, ManualExecutor::dropping_at(at)) < at {
                break;
            }
        }
    });
}

/// Makes each call again until it is not dropped: a dropped one has queued nothing. Returns the
/// awaits.
#[track_caller]
fn send_everything(script: &ScriptedStream, mut executor: ManualExecutor) -> usize {
    let mut socket = full(script);
    let writer = socket.writer();
    executor.retry_until_done(async || writer.feed_text("text").await).unwrap();
    executor.retry_until_done(async || writer.feed_binary(b"data").await).unwrap();
    executor.retry_until_done(async || writer.feed_ping(b"ping").await).unwrap();
    writer.start_message(MessageKind::Text).unwrap();
    executor.retry_until_done(async || writer.feed_fragment("é".as_bytes()).await).unwrap();
    executor.retry_until_done(async || writer.feed_last_fragment("€".as_bytes()).await).unwrap();
    executor.retry_until_done(async || writer.flush().await).unwrap();
    let sent = [
        "sends text \"full\"",
        "sends text \"text\"",
        "sends binary 64 61 74 61",
        "sends ping \"ping\"",
        "sends fragment text \"é\"",
        "sends continuation \"€\"",
    ];
    assert_eq!(script.words(), sent);
    executor.awaits()
}

#[test]
fn t09_echo_without_room_dropped_after_some_polls() {
    let (input, _) = dialogue();
    let mut config = Config::default();
    config.limits.output = 3;
    run(async {
        for pattern in PendingPattern::ALL {
            for awaits in 1..=MAX_AWAITS {
                let script = ScriptedStream::new(&input).sizes(0, 3).pending_by(pattern);
                let events = ManualExecutor::dropping_each_after(awaits)
                    .echo(&mut script.server_with(config));
                check_dialogue(&events, &script, &format!("{pattern:?}, after {awaits}"));
            }
        }
    });
}

#[test]
fn t09_close_dropped_after_some_polls() {
    run(async {
        for pattern in PendingPattern::ALL {
            for awaits in 1..=MAX_AWAITS {
                check_close(pattern, ManualExecutor::dropping_each_after(awaits));
            }
        }
    });
}

#[test]
fn t09_close_dropped_at_every_await() {
    run(async {
        for at in 1.. {
            if check_close(PendingPattern::Seed(1), ManualExecutor::dropping_at(at)) < at {
                break;
            }
        }
    });
}

/// Checks that the message leaves before the Close frame, that the Close frame leaves once, and
/// that the ending is returned. Returns the awaits.
#[track_caller]
fn check_close(pattern: PendingPattern, mut executor: ManualExecutor) -> usize {
    let input = [text("dropped"), close(1000, "bye")].concat();
    let script = ScriptedStream::new(input).sizes(3, 2).pending_by(pattern);
    let mut socket = script.server();
    socket.writer().try_send_text("last").unwrap();
    let ending = executor
        .retry_until_done(async || socket.close_with(CloseCode::NORMAL, "enough").await)
        .unwrap();
    assert_eq!(ending.cause, EndCause::Clean);
    assert_eq!(ending.received.unwrap().reason.as_ref(), "bye");
    assert_eq!(script.words(), ["sends text \"last\"", "sends close 1000 \"enough\""]);
    assert!(executor.retry_until_done(async || socket.receive().await.unwrap().is_none()));
    executor.awaits()
}

#[test]
fn t09_next_goes_on_where_close_was_dropped() {
    run(async {
        for awaits in 1..=MAX_AWAITS {
            let input = [text("seen"), close(1000, "bye")].concat();
            let script =
                ScriptedStream::new(input).pending_by(PendingPattern::AllButEvery(5)).sizes(0, 2);
            let mut socket = script.server();
            let closed = ManualExecutor::dropping_each_after(awaits)
                .drive(socket.close_with(CloseCode::NORMAL, ""));
            let mut words = Vec::new();
            let mut executor = ManualExecutor::never_dropping();
            while let Some((event, _)) = executor.drive(socket.receive()).unwrap().unwrap() {
                words.push(word(&event));
            }
            assert_eq!(closed.is_some(), words.is_empty(), "{words:?}, after {awaits}");
            assert_eq!(closed.is_none(), words.ends_with(&["ended Clean".into()]), "{words:?}");
            assert_eq!(script.words(), ["sends close 1000 \"\""]);
        }
    });
}

#[test]
fn t09_a_dropped_handshake_drops_the_stream() {
    run(async {
        for awaits in 1.. {
            let script =
                ScriptedStream::new(REQUEST).sizes(40, 40).pending_by(PendingPattern::Seed(2));
            let decisions = Cell::new(0);
            let decide = async |_: &Request<'_>| {
                yield_now().await;
                decisions.set(decisions.get() + 1);
                yield_now().await;
                Ok(Acceptance::new())
            };
            let opening = accept_with(script.clone(), Config::default(), decide);
            let accepted = ManualExecutor::dropping_each_after(awaits).drive(opening);
            assert!(RESPONSE.as_bytes().starts_with(&script.state().output));
            if let Some(accepted) = accepted {
                assert_eq!(decisions.get(), 1);
                assert_eq!(script.state().output, RESPONSE.as_bytes());
                drop(accepted.unwrap());
                assert!(awaits > 5, "hardly an await");
                break;
            }
            assert!(script.is_dropped(), "after {awaits}");
        }
    });
}

#[test]
fn t09_a_dropped_attempt_drops_the_stream() {
    let request = ClientRequest::new("ws://h/c").unwrap();
    let response = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nsorry";
    run(async {
        for awaits in 1.. {
            let script =
                ScriptedStream::new(response).sizes(9, 30).pending_by(PendingPattern::Seed(3));
            let opening = client(script.clone(), &request, Config::default());
            let opened = ManualExecutor::dropping_each_after(awaits).drive(opening);
            assert!(script.is_dropped(), "after {awaits}");
            if let Some(opened) = opened {
                let refused = opened.map(drop).unwrap_err();
                assert_eq!(refused.to_string(), "the server answered 404 Not Found");
                assert!(awaits > 5, "hardly an await");
                break;
            }
        }
    });
}

#[test]
fn t09_the_finish_of_the_stream_dropped_at_every_await() {
    // The output is written and the stream shut down before the end is reported.
    run(async {
        for awaits in 1..=MAX_AWAITS {
            let finishing = [Operation::Write, Operation::Flush, Operation::Shutdown];
            let mut turns = 0;
            let rule = move |_, operation| {
                turns += usize::from(finishing.contains(&operation));
                let later = finishing.contains(&operation) && !turns.is_multiple_of(4);
                later.then_some(Fault::Pending)
            };
            let script = ScriptedStream::new("").sizes(0, 3).rule(rule);
            let mut socket = script.server();
            socket.writer().try_send_text("owed").unwrap();
            let mut executor = ManualExecutor::dropping_each_after(awaits);
            let ended = executor.retry_until_done(async || {
                matches!(socket.receive().await.unwrap(), Some((Event::Ended(_), _)))
            });
            assert!(ended && script.state().is_shut_down);
            let output = script.state().output.clone();
            let words = in_words(&output, websocket_proto::frame::Masking::Forbidden, &mut false);
            assert_eq!(words, ["sends text \"owed\""], "after {awaits}");
            assert!(executor.retry_until_done(async || socket.receive().await.unwrap().is_none()));
        }
    });
}

#[test]
fn t09_the_parts_taken_before_the_end_is_reported() {
    run(async {
        for awaits in 1..=MAX_AWAITS {
            let mut turns = 0;
            let rule = move |_, operation| {
                turns += usize::from(operation == Operation::Shutdown);
                let later = operation == Operation::Shutdown && turns < 4;
                later.then_some(Fault::Pending)
            };
            let script = ScriptedStream::new("").rule(rule);
            let mut socket = script.server();
            let first =
                ManualExecutor::dropping_each_after(awaits).drive(socket.receive()).is_some();
            let mut socket = WebSocket::from_parts(socket.into_parts());
            let mut executor = ManualExecutor::never_dropping();
            let then =
                matches!(executor.drive(socket.receive()).unwrap(), Ok(Some((Event::Ended(_), _))));
            assert_eq!((first, then), (first, !first), "after {awaits}");
            assert!(script.state().is_shut_down);
            assert!(executor.drive(socket.receive()).unwrap().unwrap().is_none());
        }
    });
}

/// Waits once, so that others can run.
async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}
