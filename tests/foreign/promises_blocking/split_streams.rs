//! Split sockets over streams of every kind.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio_tungstenite::tungstenite;
use websocket_proto::handshake::Acceptance;
use websocket_proto::io::Error;
use websocket_proto::io::blocking::{
    Received, Receiver, Sender, SplitStream, Stream, WebSocket, accept_with, connect_with,
};
use websocket_proto::{CloseCode, Config, EndCause, Event, Role, SendError};

use crate::peer::{GUARD, Side, open, request, write};
use crate::split_ends::ending;
use crate::support::text;

#[cfg(unix)]
#[test]
fn unix_sockets_can_be_split() {
    use std::os::unix::net::UnixStream;

    let (ours, theirs) = UnixStream::pair().unwrap();
    let socket = WebSocket::established(ours, Role::Server, None, Config::default(), &[]);
    let (sender, mut receiver) = socket.split();
    let role = tungstenite::protocol::Role::Client;
    let mut peer = tungstenite::WebSocket::from_raw_socket(theirs, role, None);
    let echoing = thread::spawn(move || {
        while let Ok(message) = peer.read() {
            if message.is_binary() {
                peer.send(message).unwrap();
            }
        }
    });
    let sending = thread::spawn(move || {
        (0..20).for_each(|_| sender.send_binary(&vec![1; 1 << 20]).unwrap());
        sender.start_close(CloseCode::NORMAL, "").unwrap();
    });
    let mut received = 0;
    while let Some(event) = receiver.receive().unwrap() {
        match event {
            Event::Binary(data) => received += data.len(),
            Event::Ended(ending) => assert!(ending.is_clean(), "{ending}"),
            _ => {}
        }
    }
    assert_eq!(received, 20 << 20);
    sending.join().unwrap();
    echoing.join().unwrap();
}

/// The end of the first message and all of the second come in one record of TLS, and nothing after.
#[test]
fn what_tls_has_decrypted_is_received_without_more_input() {
    for len in [0, 1_000, 60_000, 70_000, 100_000, 300_000, 1_000_000] {
        let (socket, mut peer) = open(Side::Server, true, Config::default());
        let (_sender, mut receiver) = socket.split();
        let [first, second] = [vec![b'a'; len], vec![b'b'; 10_000]];
        let bytes = [text(&first), text(&second)].concat();
        let writing = thread::spawn(move || {
            write(&mut peer, &bytes);
            peer
        });
        for expected in [first, second] {
            let received = receiver.receive_timeout(GUARD).unwrap();
            let Received::Event(Event::Text(text)) = received else {
                panic!("{len}: {received:?}")
            };
            assert_eq!(text.len(), expected.len());
        }
        drop(writing.join().unwrap());
    }
}

#[cfg(feature = "deflate")]
/// Sends numbered messages from two threads, and returns what was received in order.
fn exchange<S: SplitStream + Send + 'static>(socket: WebSocket<S>) -> Vec<String> {
    let (sender, mut receiver) = socket.split();
    let sending = ["a", "b"].map(|name| {
        let sender = sender.clone();
        thread::spawn(move || {
            for number in 0..200 {
                sender.set_compression(number % 7 != 0);
                sender
                    .send_text(&format!("{name} {}", format!("{number:04}").repeat(100)))
                    .unwrap();
            }
        })
    });
    let mut texts = Vec::new();
    while texts.len() < 400 {
        if let Some(Event::Text(text)) = receiver.receive().unwrap() {
            texts.push(text.to_owned());
        }
    }
    sending.into_iter().for_each(|thread| thread.join().unwrap());
    // Both close at the same time, when both have received everything.
    sender
        .start_close(CloseCode::NORMAL, "")
        .or_else(|closed| match closed {
            SendError::Closed => Ok(()),
            other => Err(other),
        })
        .unwrap();
    while receiver.receive().unwrap().is_some() {}
    assert!(receiver.ending().unwrap().is_clean());
    texts
}

#[cfg(feature = "deflate")]
#[test]
fn compressed_messages_of_several_threads_arrive_in_order() {
    let mut config = Config::default();
    config.deflate = Some(websocket_proto::Deflate::default());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let request = request(&listener).subprotocol("chat").unwrap();
    let ours = config;
    let serving = thread::spawn(move || {
        let chosen = Acceptance::new().subprotocol("chat").unwrap();
        exchange(accept_with(listener.accept().unwrap().0, ours, |_| Ok(chosen)).unwrap())
    });
    let socket = connect_with(&request, config).unwrap();
    assert!(socket.connection().deflate().is_some());
    let texts = [exchange(socket), serving.join().unwrap()];
    for texts in &texts {
        for name in ["a", "b"] {
            let of_one = texts.iter().filter(|text| text.starts_with(name));
            assert!(of_one.is_sorted() && texts.len() == 400);
        }
    }
}

/// A stream around a socket that it may refuse to share. It may fail, and reads ahead.
struct Failing {
    inner: TcpStream,
    shares: bool,
    fails: Arc<Mutex<bool>>,
    read_ahead: Vec<u8>,
}

impl SplitStream for Failing {
    fn socket(&self) -> io::Result<TcpStream> {
        if self.shares { self.inner.socket() } else { Err(io::Error::other("no more handles")) }
    }

    fn encode(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
        if *self.fails.lock().unwrap() {
            return Err(io::Error::other("it failed"));
        }
        self.inner.encode(bytes, output)
    }

    fn can_read(&mut self) -> bool {
        !self.read_ahead.is_empty()
    }
}

impl Stream for Failing {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        Stream::set_read_timeout(&mut self.inner, timeout)
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        Stream::set_write_timeout(&mut self.inner, timeout)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        Stream::shutdown(&mut self.inner, how)
    }
}

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read_ahead.is_empty() {
            let mut space = [0; 1 << 10];
            let len = self.inner.read(&mut space)?;
            self.read_ahead.extend(&space[..len]);
        }
        let len = self.read_ahead.len().min(3);
        buffer[..len].copy_from_slice(&self.read_ahead[..len]);
        self.read_ahead.drain(..len);
        Ok(len)
    }
}

impl Write for Failing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

type FailingParts = (Sender<Failing>, Receiver<Failing>, Arc<Mutex<bool>>, TcpStream);

fn failing(shares: bool) -> FailingParts {
    let (socket, peer) = open(Side::Server, false, Config::default());
    let inner = socket.stream().inner().try_clone().unwrap();
    // This one is not dropped in the usual way, which would shut down the stream.
    drop(socket.into_parts());
    let fails = Arc::default();
    let stream = Failing { inner, shares, fails: Arc::clone(&fails), read_ahead: Vec::new() };
    let socket = WebSocket::established(stream, Role::Server, None, Config::default(), &[]);
    let (sender, receiver) = socket.split();
    (sender, receiver, fails, peer.inner().try_clone().unwrap())
}

#[test]
fn a_socket_without_a_second_handle_fails_and_says_why() {
    let (sender, mut receiver, _, _peer) = failing(false);
    assert!(matches!(sender.send_text("a"), Err(Error::Send(SendError::Closed))));
    let error = receiver.receive().map(drop).unwrap_err();
    assert_eq!(error.to_string(), "no more handles");
    assert_eq!(ending(receiver).cause, EndCause::TransportFailed);
}

#[test]
fn what_a_stream_has_read_ahead_is_received_without_more_input() {
    let (_sender, mut receiver, _, mut peer) = failing(true);
    peer.write_all(&text("more").repeat(3)).unwrap();
    for _ in 0..3 {
        let received = receiver.receive_timeout(GUARD).unwrap();
        assert!(matches!(received, Received::Event(Event::Text("more"))), "{received:?}");
    }
}

#[test]
fn a_failure_is_returned_by_the_call_that_meets_it() {
    let (sender, mut receiver, fails, _peer) = failing(true);
    sender.send_text("a").unwrap();
    *fails.lock().unwrap() = true;
    let failed = sender.send_text("b");
    assert!(matches!(failed, Err(Error::Io(_))), "{failed:?}");
    assert!(matches!(sender.send_text("c"), Err(Error::Send(SendError::Closed))));
    assert!(matches!(receiver.receive(), Ok(Some(Event::Ended(_)))));
}

#[test]
fn a_failure_that_no_call_returns_is_reported_by_the_receiver() {
    let (sender, mut receiver, fails, _peer) = failing(true);
    *fails.lock().unwrap() = true;
    sender.try_send_text("a").unwrap();
    let error = receiver.receive().map(drop).unwrap_err();
    assert_eq!(error.to_string(), "it failed");
    assert!(matches!(receiver.receive(), Ok(Some(Event::Ended(_)))));
    assert!(matches!(sender.flush(), Err(Error::NotWritten(EndCause::TransportFailed))));
}
