//! Senders of a blocking client for other threads, and what they are told.

use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use websocket_proto::backoff::GiveUp;
use websocket_proto::io::blocking::{Reconnecting, ReconnectingSender};
use websocket_proto::io::{Error, Update};
use websocket_proto::{
    CloseCode, Config, Deadline, EndCause, Event, Message, MessageKind, SendError,
};

use super::server::{FLOOD, flood_config};
use super::{is_disconnected, long_backoff, server, short_backoff, words};

/// After this time a call is regarded as hanging.
const GUARD: Duration = Duration::from_secs(20);

/// The result of a call in another thread, which must come.
fn in_time<T>(result: &Receiver<T>) -> T {
    result.recv_timeout(GUARD).expect("hangs")
}

fn connected(client: &mut Reconnecting) {
    assert!(matches!(client.receive(), Some(Update::Connected(..))));
}

#[test]
fn a_sender_sends_on_whichever_connection_there_is() {
    let (request, server) = server::start(server::play);
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    let sender = client.sender();
    assert!(is_disconnected(sender.send_text("early")));
    assert!(sender.with_stream(|_| ()).is_none() && !sender.has_ended());
    let (tell, told) = channel();
    let other = sender.clone();
    let sending =
        thread::spawn(move || told.iter().for_each(|()| other.send_text("hello").unwrap()));
    let mut seen = Vec::new();
    while let Some(update) = client.receive() {
        seen.push(words(&update));
        match update {
            Update::Connected(..) => tell.send(()).unwrap(),
            Update::Lost(ending) => {
                assert!(is_disconnected(sender.send_text("between")));
                assert_eq!(sender.ending(), Some(ending));
            }
            _ => {}
        }
    }
    drop(tell);
    sending.join().unwrap();
    assert_eq!(seen, super::PLAY[..16]);
    assert!(sender.has_ended());
    assert!(is_disconnected(sender.feed_text("late")));
    assert_eq!(sender.try_send_text("late"), Err(SendError::Disconnected));
    assert_eq!((client.unsent(), sender.unsent()), (0, 0));
    server.join().unwrap();
}

#[test]
fn several_threads_send_while_one_receives() {
    let (request, server) = server::start(server::echo);
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    connected(&mut client);
    let sending = [0, 1, 2].map(|thread| {
        let sender = client.sender();
        thread::spawn(move || {
            for number in 0..100 {
                sender.send_text(&format!("{thread} {number}")).unwrap();
            }
        })
    });
    let mut next = [0; 3];
    while next != [100; 3] {
        if let Some(Update::Event(Event::Text(text), _)) = client.receive() {
            let (thread, number) = text.split_once(' ').unwrap();
            let next = &mut next[thread.parse::<usize>().unwrap()];
            assert_eq!(number, next.to_string());
            *next += 1;
        }
    }
    sending.into_iter().for_each(|thread| thread.join().unwrap());
    client.close_with(CloseCode::NORMAL, "").unwrap();
    assert!(client.sender().has_ended());
    server.join().unwrap();
}

#[test]
fn a_message_in_fragments_does_not_go_on_over_another_connection() {
    let (request, server) = server::start(server::play);
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    let (sender, mut connections) = (client.sender(), 0);
    while let Some(update) = client.receive() {
        if matches!(update, Update::Connected(..)) {
            connections += 1;
            if connections > 1 {
                let result = sender.send_last_fragment(b"lo");
                assert!(matches!(result, Err(Error::Send(SendError::NoMessageInProgress))));
            }
            sender.start_message(MessageKind::Text).unwrap();
            sender.send_fragment(b"hel").unwrap();
            sender.send_last_fragment(b"lo").unwrap();
        } else if matches!(update, Update::Event(Event::Text(_), _)) && connections == 1 {
            sender.start_message(MessageKind::Text).unwrap();
        }
    }
    assert_eq!(connections, 3);
    server.join().unwrap();
}

/// A thread that sends large messages until it cannot, and what it is told then.
fn sending_until_it_fails(sender: ReconnectingSender) -> Receiver<Error> {
    let (tell, told) = channel();
    thread::spawn(move || {
        loop {
            if let Err(error) = sender.send_binary(&vec![0; 32 << 20]) {
                return tell.send(error).unwrap();
            }
        }
    });
    told
}

#[test]
fn a_connection_that_is_lost_in_the_middle_of_a_message() {
    let (go_on, wait) = channel();
    let (request, server) = server::start(move |listener| server::reset_after(listener, 1, &wait));
    let mut config = Config::default();
    config.write_timeout = None;
    let mut client = Reconnecting::new(request, config, long_backoff());
    connected(&mut client);
    let told = sending_until_it_fails(client.sender());
    assert!(told.recv_timeout(Duration::from_millis(300)).is_err(), "the peer took it all");
    go_on.send(()).unwrap();
    // If the thread that writes sees the reset first, the system tells nobody else of it.
    let Some(Update::Lost(_)) = client.receive() else { panic!() };
    let error = in_time(&told);
    assert!(matches!(error, Error::NotWritten(_) | Error::Io(_)), "{error}");
    assert_eq!((client.unsent(), client.sender().unsent()), (1, 1));
    server.join().unwrap();
}

#[test]
fn a_client_that_is_dropped_takes_its_connection_along() {
    let (request, server) = server::start(server::echo_until_the_end);
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    connected(&mut client);
    let sender = client.sender();
    sender.send_text("used").unwrap();
    drop(client);
    // The sender lives on, and the connection does not.
    assert_eq!(server.join().unwrap(), EndCause::Eof);
    assert!(is_disconnected(sender.send_text("late")));
    assert!(sender.has_ended());
}

#[test]
fn a_client_that_is_dropped_while_another_thread_sends() {
    let (go_on, wait) = channel();
    let (request, server) = server::start(move |listener| server::stops_reading(listener, &wait));
    let mut client = Reconnecting::new(request, flood_config(), short_backoff());
    connected(&mut client);
    let told = sending_until_it_fails(client.sender());
    assert!(told.recv_timeout(Duration::from_millis(100)).is_err(), "the peer took it all");
    let dropped = Instant::now();
    drop(client);
    let error = in_time(&told);
    let timed_out = EndCause::TimedOut(Deadline::Write);
    assert!(matches!(error, Error::NotWritten(cause) if cause == timed_out), "{error}");
    assert!(dropped.elapsed() < GUARD);
    go_on.send(()).unwrap();
    server.join().unwrap();
}

/// Whoever hears of the end first, the sender is told the same as the client.
#[test]
fn a_sender_is_told_why_its_message_has_not_left() {
    for _ in 0..3 {
        let (go_on, wait) = channel();
        let (request, server) =
            server::start(move |listener| server::stops_reading(listener, &wait));
        let mut client = Reconnecting::new(request, flood_config(), long_backoff());
        connected(&mut client);
        let told = sending_until_it_fails(client.sender());
        let Some(Update::Lost(ending)) = client.receive() else { panic!() };
        let error = in_time(&told);
        assert!(matches!(error, Error::NotWritten(cause) if cause == ending.cause), "{error}");
        go_on.send(()).unwrap();
        server.join().unwrap();
    }
}

#[test]
fn what_has_not_left_is_counted() {
    for (messages, len) in FLOOD {
        let (go_on, wait) = channel();
        let (request, server) =
            server::start(move |listener| server::stops_reading(listener, &wait));
        let mut client = Reconnecting::new(request, flood_config(), long_backoff());
        connected(&mut client);
        let sender = client.sender();
        for _ in 0..messages {
            sender.feed_binary(&vec![7; len]).unwrap();
        }
        let Some(Update::Lost(ending)) = client.receive() else { panic!() };
        assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Write));
        let unsent = client.unsent();
        go_on.send(()).unwrap();
        let received = server.join().unwrap();
        // Messages of the piece of 64 KiB that was being written count, though some have left.
        let missing = messages - received;
        let more = missing..=missing + (64 << 10) / len as u64 + 1;
        assert!(missing > 0 && more.contains(&unsent), "{received} of {messages}, {unsent} unsent");
    }
}

#[test]
fn a_stream_of_messages() {
    let (request, server) = server::start(server::play);
    let client = Reconnecting::new(request, Config::default(), short_backoff());
    let sender = client.sender();
    let (mut texts, mut errors) = (0, Vec::new());
    let greeting = thread::spawn(move || {
        // Until there is a connection, and again on each.
        let mut greeted = None;
        while !sender.has_ended() {
            let connection =
                sender.with_stream(|stream| stream.inner().local_addr().unwrap().port());
            if connection != greeted && sender.send_text("hello").is_ok() {
                greeted = connection;
            }
            thread::sleep(Duration::from_millis(1));
        }
    });
    for message in client {
        match message {
            Ok(Message::Text(text)) => {
                assert_eq!(text, "hello");
                texts += 1;
            }
            Ok(_) => {}
            Err(error) => errors.push(error),
        }
    }
    assert_eq!(texts, 3);
    assert!(matches!(&errors[0], Error::Refused(_)));
    assert!(errors[1..].iter().all(|error| matches!(error, Error::Ended(_))) && errors.len() == 4);
    greeting.join().unwrap();
    server.join().unwrap();
}

#[test]
fn giving_up_ends_the_senders() {
    let mut backoff = short_backoff();
    backoff.attempts = Some(1);
    let mut client = Reconnecting::new(server::nobody(), Config::default(), backoff);
    let sender = client.sender();
    while let Some(update) = client.receive() {
        assert_eq!(sender.has_ended(), matches!(update, Update::GaveUp(GiveUp::Attempts)));
    }
    assert!(is_disconnected(sender.send_text("late")));
}
