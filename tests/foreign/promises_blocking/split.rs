//! Split sockets: one thread receives while others send.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use tokio_tungstenite::tungstenite;
use websocket_proto::frame::Masking;
use websocket_proto::handshake::Acceptance;
use websocket_proto::io::blocking::{
    Received, Receiver, Sender, WebSocket, accept_with, connect_with,
};
use websocket_proto::io::{Error, MaybeTls};
use websocket_proto::{CloseCode, Config, Event, Message, MessageKind, Prepared, Role, SendError};

use crate::peer::{GUARD, Side, open, read_to_end, request, streams, with_tungstenite, write};
use crate::support::{in_words, ping, text};

type Stream = MaybeTls<TcpStream>;

/// Receives texts until the end, which has to be clean.
fn receive_texts(mut receiver: Receiver<Stream>) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some(event) = receiver.receive().unwrap() {
        match event {
            Event::Text(text) => texts.push(text.to_owned()),
            Event::Ended(ending) => assert!(ending.is_clean(), "{ending}"),
            _ => {}
        }
    }
    texts
}

#[test]
fn eight_threads_send_while_one_receives() {
    const THREADS: usize = 8;
    const MESSAGES: usize = 1_000;
    for tls in [false, true] {
        let (socket, mut peer) = with_tungstenite(tls, Config::default());
        let (sender, receiver) = socket.split();
        let receiving = thread::spawn(move || receive_texts(receiver));
        for number in 0..THREADS {
            let sender = sender.clone();
            thread::spawn(move || {
                for count in 0..MESSAGES {
                    let text = format!("{number} {count}");
                    match count % 3 {
                        0 => sender.send_text(&text).unwrap(),
                        1 => sender.feed_text(&text).unwrap(),
                        _ => while sender.try_send_text(&text) == Err(SendError::Full) {},
                    }
                }
            });
        }
        let mut next = [0; THREADS];
        for received in 0..THREADS * MESSAGES {
            let message = peer.read().unwrap().into_text().unwrap();
            let (number, count) = message.split_once(' ').unwrap();
            let expected = &mut next[number.parse::<usize>().unwrap()];
            assert_eq!(count, expected.to_string(), "{tls}: {number}");
            *expected += 1;
            if received % 100 == 0 {
                peer.send(tungstenite::Message::text(received.to_string())).unwrap();
            }
        }
        peer.close(None).unwrap();
        while peer.read().is_ok() {}
        drop(peer);
        let expected: Vec<_> =
            (0..THREADS * MESSAGES).step_by(100).map(|n| n.to_string()).collect();
        assert_eq!(receiving.join().unwrap(), expected);
    }
}

#[test]
fn two_sides_that_flood_each_other_do_not_stand_still() {
    const LEN: usize = 20 << 20;
    for tls in [false, true] {
        let roles = [Role::Server, Role::Client(&websocket_proto::io::OsEntropy)];
        let sides = streams(Side::Server, tls).into_iter().zip(roles).map(|(stream, role)| {
            let socket = WebSocket::established(stream, role, None, Config::default(), &[]);
            let (sender, mut receiver) = socket.split();
            let receiving = thread::spawn(move || {
                let mut received = 0;
                while let Some(event) = receiver.receive().unwrap() {
                    match event {
                        Event::Binary(data) => received += data.len(),
                        Event::Ended(ending) => assert!(ending.is_clean(), "{ending}"),
                        _ => {}
                    }
                }
                received
            });
            let sending: Vec<_> = [(1, LEN / 2), (LEN / 2 / 1000, 1000)]
                .into_iter()
                .map(|(count, len)| {
                    let sender = sender.clone();
                    let data = vec![7; len];
                    thread::spawn(move || {
                        (0..count).for_each(|_| sender.send_binary(&data).unwrap());
                    })
                })
                .collect();
            (sender, receiving, sending)
        });
        // All have to run before any is waited for.
        let sides: Vec<_> = sides.collect();
        let mut receiving = Vec::new();
        let mut senders = Vec::new();
        for (sender, receives, sending) in sides {
            sending.into_iter().for_each(|thread| thread.join().unwrap());
            receiving.push(receives);
            senders.push(sender);
        }
        senders[0].start_close(CloseCode::NORMAL, "").unwrap();
        for thread in receiving {
            assert_eq!(thread.join().unwrap(), LEN / 2 + LEN / 2 / 1000 * 1000);
        }
    }
}

/// The words that the peer has sent, after the end of the stream.
fn words(peer: &mut Stream) -> Vec<String> {
    in_words(&read_to_end(peer), Masking::Forbidden, &mut false)
}

/// A split socket whose receiver waits in another thread.
fn waiting(config: Config) -> (Sender<Stream>, thread::JoinHandle<Vec<String>>, Stream) {
    let (socket, peer) = open(Side::Server, false, config);
    let (sender, mut receiver) = socket.split();
    let receiving = thread::spawn(move || {
        let mut events = Vec::new();
        loop {
            match receiver.receive() {
                Ok(Some(event)) => events.push(format!("{event:?}")),
                Ok(None) => return events,
                Err(error) => events.push(error.to_string()),
            }
        }
    });
    thread::sleep(Duration::from_millis(50));
    (sender, receiving, peer)
}

#[test]
fn every_type_has_one_set_of_methods() {
    let (sender, receiving, mut peer) = waiting(Config::default());
    let (message, prepared) = (Message::text("message"), Prepared::text("prepared"));
    sender.send_message(&message).unwrap();
    sender.send_text("text").unwrap();
    sender.send_binary(b"1").unwrap();
    sender.send_prepared(&prepared).unwrap();
    sender.send_ping(b"ping").unwrap();
    sender.feed_message(&message).unwrap();
    sender.feed_text("text").unwrap();
    sender.feed_binary(b"1").unwrap();
    sender.feed_prepared(&prepared).unwrap();
    sender.feed_ping(b"ping").unwrap();
    sender.try_send_message(&message).unwrap();
    sender.try_send_text("text").unwrap();
    sender.try_send_binary(b"1").unwrap();
    sender.try_send_prepared(&prepared).unwrap();
    sender.try_send_ping(b"ping").unwrap();
    sender.start_message(MessageKind::Text).unwrap();
    sender.send_fragment(b"a").unwrap();
    sender.feed_fragment(b"b").unwrap();
    sender.send_last_fragment(b"c").unwrap();
    sender.start_message(MessageKind::Text).unwrap();
    sender.feed_last_fragment(b"d").unwrap();
    sender.set_compression(false);
    sender.flush().unwrap();
    assert!(sender.with_stream(|stream| stream.inner().peer_addr()).is_ok());
    assert!(sender.with_connection(websocket_proto::Connection::is_open));
    assert!(sender.ending().is_none());
    sender.abort();
    let events = receiving.join().unwrap();
    assert_eq!(events.len(), 1, "{events:?}");
    let ending = sender.ending().unwrap();
    assert_eq!(ending.cause, websocket_proto::EndCause::Aborted);
    drop(sender);
    let words = words(&mut peer);
    assert_eq!(words.len(), 19, "{words:?}");
    assert_eq!(words[..5], words[5..10]);
    assert_eq!(words[..5], words[10..15]);
}

#[test]
fn what_is_queued_leaves_while_the_receiver_waits() {
    let (sender, receiving, mut peer) = waiting(Config::default());
    let mut frame = [0; 3];
    sender.try_send_text("a").unwrap();
    peer.read_exact(&mut frame).unwrap();
    assert_eq!(frame, *b"\x81\x01a");
    // Nobody sends or flushes after this.
    sender.feed_text("b").unwrap();
    peer.read_exact(&mut frame).unwrap();
    assert_eq!(frame, *b"\x81\x01b");
    sender.feed_text("c").unwrap();
    drop(sender);
    peer.read_exact(&mut frame).unwrap();
    assert_eq!(frame, *b"\x81\x01c");
    drop(peer);
    receiving.join().unwrap();
}

#[test]
fn pings_are_answered_while_a_large_message_leaves() {
    let (sender, receiving, mut peer) = waiting(Config::default());
    let sending = thread::spawn(move || sender.send_binary(&vec![0; 40 << 20]).unwrap());
    thread::sleep(Duration::from_millis(50));
    write(&mut peer, &[ping("?"), text("hello")].concat());
    // The text is received, though the peer takes nothing.
    thread::sleep(Duration::from_millis(50));
    write(&mut peer, &crate::support::close(1000, ""));
    let words = words(&mut peer);
    drop(peer);
    sending.join().unwrap();
    assert_eq!(words.len(), 3, "{words:?}");
    assert_eq!(words[1..], ["sends pong \"?\"", "sends close 1000 \"\""]);
    let events = receiving.join().unwrap();
    assert!(events[1].contains("hello"), "{events:?}");
}

#[test]
fn one_that_is_stuck_does_not_hold_up_the_others() {
    let (sender, receiving, mut peer) = waiting(Config::default());
    let stuck = sender.clone();
    let sending = thread::spawn(move || stuck.send_binary(&vec![0; 40 << 20]));
    thread::sleep(Duration::from_millis(100));
    // There is no room, and this returns before there is.
    assert_eq!(sender.try_send_text("a"), Err(SendError::Full));
    let waiting: Vec<_> = (0..4)
        .map(|number: usize| {
            let sender = sender.clone();
            thread::spawn(move || sender.send_text(&number.to_string()))
        })
        .collect();
    write(&mut peer, &text("received"));
    thread::sleep(Duration::from_millis(100));
    assert!(!sending.is_finished() && waiting.iter().all(|thread| !thread.is_finished()));
    let reading = thread::spawn(move || words(&mut peer));
    sending.join().unwrap().unwrap();
    waiting.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
    sender.send_text("last").unwrap();
    sender.abort();
    drop(sender);
    let events = receiving.join().unwrap();
    assert!(events[0].contains("received"), "{events:?}");
    let words = reading.join().unwrap();
    assert_eq!((words.len(), words[5].as_str()), (6, "sends text \"last\""), "{words:?}");
}

#[test]
fn a_receive_that_waits_at_most_so_long() {
    for tls in [false, true] {
        let (socket, mut peer) = open(Side::Server, tls, Config::default());
        let (sender, mut receiver) = socket.split();
        let start = Instant::now();
        let received = receiver.receive_timeout(Duration::from_millis(400)).unwrap();
        assert!(matches!(received, Received::TimedOut));
        assert!(start.elapsed() >= Duration::from_millis(400) && start.elapsed() < GUARD);
        assert!(matches!(receiver.receive_timeout(Duration::ZERO).unwrap(), Received::TimedOut));
        let hello = text("hello");
        write(&mut peer, &hello[..7]);
        let received = receiver.receive_timeout(Duration::from_millis(50)).unwrap();
        assert!(matches!(received, Received::TimedOut));
        write(&mut peer, &hello[7..]);
        let received = receiver.receive_timeout(GUARD).unwrap();
        assert!(matches!(received, Received::Event(Event::Text("hello"))));
        peer.inner().shutdown(std::net::Shutdown::Write).unwrap();
        let received = receiver.receive_timeout(GUARD).unwrap();
        assert!(matches!(received, Received::Event(Event::Ended(_))));
        assert!(matches!(receiver.receive_timeout(GUARD).unwrap(), Received::Ended));
        assert!(receiver.ending().is_some() && sender.ending().is_some());
    }
}

#[test]
fn messages_of_others_wait_for_one_in_fragments() {
    let (one, receiving, mut peer) = waiting(Config::default());
    let other = one.clone();
    one.start_message(MessageKind::Text).unwrap();
    one.send_fragment(b"a").unwrap();
    assert_eq!(other.start_message(MessageKind::Text), Err(SendError::MessageInProgress));
    assert_eq!(other.try_send_text("b"), Err(SendError::MessageInProgress));
    assert_eq!(one.try_send_text("b"), Err(SendError::MessageInProgress));
    let intrudes = other.send_fragment(b"b");
    assert!(matches!(intrudes, Err(Error::Send(SendError::NoMessageInProgress))), "{intrudes:?}");
    other.send_ping(b"p").unwrap();
    let third = other.clone();
    let (done, finished) = mpsc::channel();
    let sending = thread::spawn(move || {
        let result = third.send_text("b");
        done.send(()).unwrap();
        result
    });
    assert!(finished.recv_timeout(Duration::from_millis(100)).is_err());
    one.send_last_fragment(b"a").unwrap();
    sending.join().unwrap().unwrap();
    let mut written = [0; 12];
    peer.read_exact(&mut written).unwrap();
    assert_eq!(written, *b"\x01\x01a\x89\x01p\x80\x01a\x81\x01b");
    drop(peer);
    receiving.join().unwrap();
}

#[test]
fn a_message_that_nobody_will_finish_holds_up_no_other() {
    let (sender, receiving, mut peer) = waiting(Config::default());
    let one = sender.clone();
    one.start_message(MessageKind::Binary).unwrap();
    drop(one);
    // Nothing of the message had left.
    sender.send_text("a").unwrap();
    let one = sender.clone();
    one.start_message(MessageKind::Binary).unwrap();
    one.send_fragment(b"b").unwrap();
    let waits = sender.clone();
    let sending = thread::spawn(move || waits.send_text("c"));
    thread::sleep(Duration::from_millis(50));
    drop(one);
    assert!(matches!(sending.join().unwrap(), Err(Error::Send(SendError::Closed))));
    let mut written = [0; 10];
    peer.read_exact(&mut written).unwrap();
    assert_eq!(written[..7], *b"\x81\x01a\x02\x01b\x88");
    assert_eq!(written[8..10], CloseCode::INTERNAL_ERROR.get().to_be_bytes());
    drop(peer);
    receiving.join().unwrap();
}

#[test]
fn the_response_and_the_state_after_the_split() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let request = request(&listener).subprotocol("chat").unwrap();
    let serving = thread::spawn(move || {
        let chosen = Acceptance::new().subprotocol("chat").unwrap();
        let (stream, _) = listener.accept().unwrap();
        let mut socket = accept_with(stream, Config::default(), |_| Ok(chosen)).unwrap();
        while let Ok(Some(_)) = socket.receive() {}
    });
    let (sender, mut receiver) = connect_with(&request, Config::default()).unwrap().split();
    let subprotocol = receiver.response().and_then(|response| response.subprotocol());
    assert_eq!(subprotocol, Some("chat"));
    assert!(receiver.with_connection(|connection| connection.is_client() && connection.is_open()));
    assert!(receiver.with_stream(|stream| stream.inner().peer_addr()).is_ok());
    receiver.sender().start_close(CloseCode::NORMAL, "").unwrap();
    while receiver.receive().unwrap().is_some() {}
    assert!(sender.ending().is_some_and(|ending| ending.is_clean()));
    serving.join().unwrap();
}

/// A call in a look at the same socket would wait for itself; what is dropped there is settled after.
#[test]
fn a_socket_that_is_used_while_it_is_looked_at_says_so() {
    let (done, is_done) = mpsc::channel();
    let misusing = thread::spawn(move || {
        let (socket, mut peer) = open(Side::Server, false, Config::default());
        let (sender, receiver) = socket.split();
        let uses: [(&str, &dyn Fn()); 5] = [
            ("send", &|| sender.send_text("never").unwrap()),
            ("try", &|| sender.try_send_text("never").unwrap()),
            ("close", &|| sender.start_close(CloseCode::NORMAL, "").unwrap()),
            ("ending", &|| assert!(receiver.ending().is_none())),
            ("look again", &|| receiver.with_connection(|_| ())),
        ];
        for (name, using) in uses {
            for look in [0, 1] {
                let misuse = catch_unwind(AssertUnwindSafe(|| match look {
                    0 => sender.with_stream(|_| using()),
                    _ => receiver.with_connection(|_| using()),
                }));
                let message = *misuse.unwrap_err().downcast::<&str>().unwrap();
                assert!(message.contains("looks at it"), "{name}: {message}");
            }
        }
        // Another socket may be used.
        let (other, _other_peer) = open(Side::Server, false, Config::default());
        let (other, _other_receiver) = other.split();
        sender.with_stream(|_| other.send_text("other").unwrap());
        // This one goes on.
        sender.send_text("a").unwrap();
        let clone = sender.clone();
        clone.start_message(MessageKind::Binary).unwrap();
        sender.with_connection(|_| drop(clone));
        sender.send_text("b").unwrap();
        sender.with_connection(|_| drop(receiver));
        assert_eq!(sender.try_send_text("c"), Err(SendError::Closed));
        drop(sender);
        let words = in_words(&read_to_end(&mut peer), Masking::Forbidden, &mut false);
        assert_eq!(words, ["sends text \"a\"", "sends text \"b\""]);
        done.send(()).unwrap();
    });
    let waited = is_done.recv_timeout(GUARD);
    assert!(waited != Err(mpsc::RecvTimeoutError::Timeout), "it hangs");
    misusing.join().unwrap();
}
