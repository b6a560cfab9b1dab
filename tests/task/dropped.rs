//! T09: any future may be dropped at any await, and nothing is lost or doubled.

use std::cell::Cell;

use websocket_proto::handshake::{Acceptance, ClientRequest, Request};
use websocket_proto::io::task::{WebSocket as AnySocket, Wire};
use websocket_proto::{CloseCode, Config, EndCause, Event, MessageKind};

use super::hand::Hand;
use super::script::{Hesitation, Instead, Operation, Script};
use super::scripted::{check_dialogue, dialogue};
use super::{A, G, run, word};
use crate::runtime::adapter::{WebSocket, accept_with, client};
use crate::support::{close, in_words, text};

/// Futures are polled so many times at most before the last of them is through.
const POLLS: usize = 12;

#[test]
fn t09_next_dropped_after_some_polls() {
    let (input, _) = dialogue();
    run(async {
        for hesitation in Hesitation::ALL {
            for (read, write) in [(1, 1), (7, 3), (20, 9), (0, 0)] {
                for polls in 1..=POLLS {
                    let script = Script::new(&input).sizes(read, write).hesitating(hesitation);
                    let events = Hand::dropping_after(polls).echo(&mut script.server());
                    let how = format!("{hesitation:?}, {read}, {write}, after {polls}");
                    check_dialogue(&events, &script, &how);
                }
            }
        }
    });
}

#[test]
fn t09_next_dropped_at_every_await() {
    let (input, _) = dialogue();
    run(async {
        for hesitation in Hesitation::ALL {
            for (read, write) in [(1, 1), (7, 3), (0, 0)] {
                for at in 1.. {
                    let script = Script::new(&input).sizes(read, write).hesitating(hesitation);
                    let mut hand = Hand::dropping_once(at);
                    let events = hand.echo(&mut script.server());
                    let how = format!("{hesitation:?}, {read}, {write}, await {at}");
                    check_dialogue(&events, &script, &how);
                    if hand.polls() < at {
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
            let script = Script::default().sizes(0, 2).hesitating(Hesitation::AllBut(3));
            let mut socket = script.server();
            let mut hand = Hand::dropping_once(at);
            // Taken by the first poll, as there is room, and written by later calls.
            let _ = hand.drive(socket.send_text("one"));
            let _ = hand.drive(socket.send_binary(b"two"));
            hand.insist(async || socket.writer().flush().await).unwrap();
            assert_eq!(script.words(), ["sends text \"one\"", "sends binary 74 77 6f"], "{at}");
            if hand.polls() < at {
                break;
            }
        }
    });
}

/// A server whose output is full already.
fn full(script: &Script) -> AnySocket<impl Wire + use<>> {
    let mut config = Config::default();
    config.limits.output = 3;
    let mut socket = script.server_with(config);
    socket.writer().try_send_text("full").unwrap();
    socket
}

#[test]
fn t09_sending_without_room_dropped_after_some_polls() {
    run(async {
        for hesitation in Hesitation::ALL {
            for polls in 1..=POLLS {
                let script = Script::default().sizes(0, 2).hesitating(hesitation);
                send_everything(&script, Hand::dropping_after(polls));
            }
        }
    });
}

#[test]
fn t09_sending_without_room_dropped_at_every_await() {
    run(async {
        for at in 1.. {
            let script = Script::default().sizes(0, 2).hesitating(Hesitation::AllBut(3));
            if send_everything(&script, Hand::dropping_once(at)) < at {
                break;
            }
        }
    });
}

/// Each call is made again until it is through: a dropped one took nothing.
#[track_caller]
fn send_everything(script: &Script, mut hand: Hand) -> usize {
    let mut socket = full(script);
    let writer = socket.writer();
    hand.insist(async || writer.feed_text("text").await).unwrap();
    hand.insist(async || writer.feed_binary(b"data").await).unwrap();
    hand.insist(async || writer.feed_ping(b"ping").await).unwrap();
    writer.start_message(MessageKind::Text).unwrap();
    hand.insist(async || writer.feed_fragment("é".as_bytes()).await).unwrap();
    hand.insist(async || writer.feed_last_fragment("€".as_bytes()).await).unwrap();
    hand.insist(async || writer.flush().await).unwrap();
    let sent = [
        "sends text \"full\"",
        "sends text \"text\"",
        "sends binary 64 61 74 61",
        "sends ping \"ping\"",
        "sends fragment text \"é\"",
        "sends continuation \"€\"",
    ];
    assert_eq!(script.words(), sent);
    hand.polls()
}

#[test]
fn t09_echo_without_room_dropped_after_some_polls() {
    let (input, _) = dialogue();
    let mut config = Config::default();
    config.limits.output = 3;
    run(async {
        for hesitation in Hesitation::ALL {
            for polls in 1..=POLLS {
                let script = Script::new(&input).sizes(0, 3).hesitating(hesitation);
                let events = Hand::dropping_after(polls).echo(&mut script.server_with(config));
                check_dialogue(&events, &script, &format!("{hesitation:?}, after {polls}"));
            }
        }
    });
}

#[test]
fn t09_close_dropped_after_some_polls() {
    run(async {
        for hesitation in Hesitation::ALL {
            for polls in 1..=POLLS {
                check_close(hesitation, Hand::dropping_after(polls));
            }
        }
    });
}

#[test]
fn t09_close_dropped_at_every_await() {
    run(async {
        for at in 1.. {
            if check_close(Hesitation::Seed(1), Hand::dropping_once(at)) < at {
                break;
            }
        }
    });
}

/// The message goes out before the Close frame, which goes out once, and the ending is told.
#[track_caller]
fn check_close(hesitation: Hesitation, mut hand: Hand) -> usize {
    let input = [text("dropped"), close(1000, "bye")].concat();
    let script = Script::new(input).sizes(3, 2).hesitating(hesitation);
    let mut socket = script.server();
    socket.writer().try_send_text("last").unwrap();
    let ending = hand.insist(async || socket.close(CloseCode::NORMAL, "enough").await).unwrap();
    assert_eq!(ending.cause, EndCause::Clean);
    assert_eq!(ending.received.unwrap().reason.as_ref(), "bye");
    assert_eq!(script.words(), ["sends text \"last\"", "sends close 1000 \"enough\""]);
    assert!(hand.insist(async || socket.next().await.unwrap().is_none()));
    hand.polls()
}

#[test]
fn t09_next_goes_on_where_close_was_dropped() {
    run(async {
        for polls in 1..=POLLS {
            let input = [text("seen"), close(1000, "bye")].concat();
            let script = Script::new(input).hesitating(Hesitation::AllBut(5)).sizes(0, 2);
            let mut socket = script.server();
            let closed = Hand::dropping_after(polls).drive(socket.close(CloseCode::NORMAL, ""));
            let mut words = Vec::new();
            let mut hand = Hand::patient();
            while let Some((event, _)) = hand.drive(socket.next()).unwrap().unwrap() {
                words.push(word(&event));
            }
            assert_eq!(closed.is_some(), words.is_empty(), "{words:?}, after {polls}");
            assert_eq!(closed.is_none(), words.ends_with(&["ended Clean".into()]), "{words:?}");
            assert_eq!(script.words(), ["sends close 1000 \"\""]);
        }
    });
}

#[test]
fn t09_a_dropped_handshake_drops_the_stream() {
    run(async {
        for polls in 1.. {
            let script = Script::new(G).sizes(40, 40).hesitating(Hesitation::Seed(2));
            let decisions = Cell::new(0);
            let decide = async |_: &Request<'_>| {
                yield_now().await;
                decisions.set(decisions.get() + 1);
                yield_now().await;
                Ok(Acceptance::new())
            };
            let opening = accept_with(script.clone(), Config::default(), decide);
            let accepted = Hand::dropping_after(polls).drive(opening);
            assert!(A.as_bytes().starts_with(&script.state().output));
            if let Some(accepted) = accepted {
                assert_eq!(decisions.get(), 1);
                assert_eq!(script.state().output, A.as_bytes());
                drop(accepted.unwrap());
                assert!(polls > 5, "hardly an await");
                break;
            }
            assert!(script.is_dropped(), "after {polls}");
        }
    });
}

#[test]
fn t09_a_dropped_attempt_drops_the_stream() {
    let request = ClientRequest::new("ws://h/c").unwrap();
    let response = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nsorry";
    run(async {
        for polls in 1.. {
            let script = Script::new(response).sizes(9, 30).hesitating(Hesitation::Seed(3));
            let opening = client(script.clone(), &request, Config::default());
            let opened = Hand::dropping_after(polls).drive(opening);
            assert!(script.is_dropped(), "after {polls}");
            if let Some(opened) = opened {
                let refused = opened.map(drop).unwrap_err();
                assert_eq!(refused.to_string(), "the server answered 404 Not Found");
                assert!(polls > 5, "hardly an await");
                break;
            }
        }
    });
}

#[test]
fn t09_the_finish_of_the_stream_dropped_at_every_await() {
    // What is owed leaves, the stream is shut down, and only then is the end told.
    run(async {
        for polls in 1..=POLLS {
            let finishing = [Operation::Write, Operation::Flush, Operation::Shutdown];
            let mut turns = 0;
            let rule = move |_, operation| {
                turns += usize::from(finishing.contains(&operation));
                let later = finishing.contains(&operation) && !turns.is_multiple_of(4);
                later.then_some(Instead::Later)
            };
            let script = Script::new("").sizes(0, 3).rule(rule);
            let mut socket = script.server();
            socket.writer().try_send_text("owed").unwrap();
            let mut hand = Hand::dropping_after(polls);
            let told = hand.insist(async || {
                matches!(socket.next().await.unwrap(), Some((Event::Ended(_), _)))
            });
            assert!(told && script.state().is_shut_down);
            let output = script.state().output.clone();
            let words = in_words(&output, websocket_proto::frame::Masking::Forbidden, &mut false);
            assert_eq!(words, ["sends text \"owed\""], "after {polls}");
            assert!(hand.insist(async || socket.next().await.unwrap().is_none()));
        }
    });
}

#[test]
fn t09_the_parts_taken_before_the_end_is_told() {
    run(async {
        for polls in 1..=POLLS {
            let mut turns = 0;
            let rule = move |_, operation| {
                turns += usize::from(operation == Operation::Shutdown);
                let later = operation == Operation::Shutdown && turns < 4;
                later.then_some(Instead::Later)
            };
            let script = Script::new("").rule(rule);
            let mut socket = script.server();
            let first = Hand::dropping_after(polls).drive(socket.next()).is_some();
            let mut socket = WebSocket::from_parts(socket.into_parts());
            let mut hand = Hand::patient();
            let then = matches!(hand.drive(socket.next()).unwrap(), Ok(Some((Event::Ended(_), _))));
            assert_eq!((first, then), (first, !first), "after {polls}");
            assert!(script.state().is_shut_down);
            assert!(hand.drive(socket.next()).unwrap().unwrap().is_none());
        }
    });
}

/// Lets others run once.
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
