//! What the reconnecting clients of both asynchronous adapters tell, with the same tests.

use std::pin::pin;
use std::sync::mpsc::channel;
use std::time::Duration;

use futures_util::future::{Either, join, select};
use futures_util::{SinkExt, StreamExt};
use websocket_proto::handshake::{Acceptance, Request};
use websocket_proto::io::blocking::accept_with;
use websocket_proto::io::{Error, Update, smol as for_smol, tokio as for_tokio};
use websocket_proto::{CloseCode, Config, Deadline, EndCause, Event, Message, SendError};

use super::server::{FLOOD, flood_config};
use super::{is_disconnected, long_backoff, server, short_backoff};

fn on_tokio<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(20), future).await.expect("hangs")
    })
}

fn on_smol<T>(future: impl Future<Output = T>) -> T {
    let hangs = smol::Timer::after(Duration::from_secs(20));
    match smol::block_on(select(pin!(future), hangs)) {
        Either::Left((output, _)) => output,
        Either::Right(_) => panic!("hangs"),
    }
}

/// Accepts two clients, answers with a subprotocol and a header, and closes after a message.
fn answers(listener: &std::net::TcpListener) {
    for end in [CloseCode::SERVICE_RESTART, CloseCode::NORMAL] {
        let decide = |_: &Request<'_>| {
            Acceptance::new().subprotocol("two")?.header("X-Server", "ours").map_err(Into::into)
        };
        let stream = listener.accept().unwrap().0;
        let mut socket = accept_with(stream, Config::default(), decide).unwrap();
        assert!(matches!(socket.receive(), Ok(Some((Event::Text("hello"), _)))));
        socket.close_with(end, "").unwrap();
    }
}

macro_rules! tests {
    ($name:ident, $adapter:ident, $run:path) => {
        mod $name {
            use super::*;
            use $adapter::Reconnecting;

            #[test]
            fn each_connection_comes_with_its_response() {
                let (request, server) = server::start(answers);
                let request = request.subprotocol("one").unwrap().subprotocol("two").unwrap();
                let mut client = Reconnecting::new(request, Config::default(), short_backoff());
                $run(async {
                    let mut connections = 0;
                    while let Some(update) = client.receive().await {
                        let Update::Connected(response, sender) = update else { continue };
                        assert_eq!((response.status(), response.subprotocol()), (101, Some("two")));
                        assert_eq!(response.headers().get("X-Server"), Some(&b"ours"[..]));
                        sender.send_text("hello").await.unwrap();
                        connections += 1;
                    }
                    assert_eq!(connections, 2);
                });
                server.join().unwrap();
            }

            #[test]
            fn what_has_not_left_is_counted() {
                for (messages, len) in FLOOD {
                    let (go_on, wait) = channel();
                    let (request, server) =
                        server::start(move |listener| server::stops_reading(listener, &wait));
                    let unsent = $run(async {
                        let mut client = Reconnecting::new(request, flood_config(), long_backoff());
                        client.receive().await;
                        let sender = client.sender();
                        for _ in 0..messages {
                            sender.feed_binary(&vec![7; len]).await.unwrap();
                        }
                        let Some(Update::Lost(ending)) = client.receive().await else { panic!() };
                        assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Write));
                        assert_eq!(sender.unsent(), client.unsent());
                        client.unsent()
                    });
                    go_on.send(()).unwrap();
                    let received = server.join().unwrap();
                    assert_eq!(received + unsent, messages, "{received} and {unsent}");
                    assert!(unsent > 0);
                }
            }

            /// The client hears of the end first, and the sender is told the same.
            #[test]
            fn a_sender_is_told_why_its_message_has_not_left() {
                let (go_on, wait) = channel();
                let (request, server) =
                    server::start(move |listener| server::stops_reading(listener, &wait));
                let mut client = Reconnecting::new(request, flood_config(), long_backoff());
                $run(async {
                    client.receive().await;
                    let sender = client.sender();
                    let message = vec![0; 32 << 20];
                    let (_, failed) = join(client.receive(), sender.send_binary(&message)).await;
                    assert!(
                        matches!(
                            failed,
                            Err(Error::NotWritten(EndCause::TimedOut(Deadline::Write)))
                        ),
                        "{failed:?}"
                    );
                });
                go_on.send(()).unwrap();
                server.join().unwrap();
            }

            #[test]
            fn a_connection_that_is_reset_in_the_middle_of_a_message() {
                let (go_on, wait) = channel();
                let (request, server) =
                    server::start(move |listener| server::reset_after(listener, 1, &wait));
                let mut config = Config::default();
                config.write_timeout = None;
                let mut client = Reconnecting::new(request, config, long_backoff());
                $run(async {
                    client.receive().await;
                    let sender = client.sender();
                    let sending = async {
                        sender.send_binary(b"read").await.unwrap();
                        go_on.send(()).unwrap();
                        sender.send_binary(&vec![0; 32 << 20]).await
                    };
                    let (failed, lost) = join(sending, async {
                        matches!(client.receive().await, Some(Update::Lost(_)))
                    })
                    .await;
                    assert!(matches!(failed, Err(Error::NotWritten(_) | Error::Io(_))));
                    assert!(lost);
                    assert_eq!((client.unsent(), sender.unsent()), (1, 1));
                    assert!(is_disconnected(sender.send_text("late").await));
                });
                server.join().unwrap();
            }

            #[test]
            fn a_client_that_is_dropped_takes_its_connection_along() {
                let (request, server) = server::start(server::echo_until_the_end);
                let mut client = Reconnecting::new(request, Config::default(), short_backoff());
                let sender = client.sender();
                $run(async {
                    client.receive().await;
                    sender.send_text("used").await.unwrap();
                    drop(client);
                    // The sender lives on, and the connection does not.
                    assert_eq!(server.join().unwrap(), EndCause::Eof);
                    assert!(is_disconnected(sender.send_text("late").await));
                    assert!(sender.has_ended());
                });
            }

            /// The plain program: a loop over messages, which answers through the sink.
            #[test]
            fn a_stream_of_messages() {
                let (request, server) = server::start(server::play_with_greeting);
                let mut client = Reconnecting::new(request, Config::default(), short_backoff());
                let (mut texts, mut errors) = (0, Vec::new());
                $run(async {
                    while let Some(message) = client.next().await {
                        match message {
                            Ok(Message::Text(text)) if text == "welcome" => {
                                client.send(Message::text("hello")).await.unwrap();
                            }
                            Ok(Message::Text(text)) => {
                                assert_eq!(text, "hello");
                                texts += 1;
                            }
                            Ok(_) => {}
                            Err(error) => errors.push(error),
                        }
                    }
                });
                assert_eq!(texts, 3);
                assert!(matches!(&errors[0], Error::Refused(_)));
                let lost = |error: &Error| matches!(error, Error::Ended(_));
                assert!(errors[1..].iter().all(lost) && errors.len() == 4, "{errors:?}");
                assert!(client.sender().has_ended());
                assert_eq!(client.try_send_text("late"), Err(SendError::Disconnected));
                server.join().unwrap();
            }
        }
    };
}

tests!(adapter_for_tokio, for_tokio, on_tokio);
tests!(adapter_for_smol, for_smol, on_smol);
