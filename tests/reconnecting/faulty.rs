//! Blocking clients whose first stream fails, at each of its operations.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use websocket_proto::backoff::Backoff;
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::Update;
use websocket_proto::io::blocking::{Reconnecting, SplitStream, Stream, accept, client};
use websocket_proto::{CloseCode, Config, Event};

use super::server;

/// A stream whose operations fail from one of them on.
#[derive(Debug)]
struct Faulty {
    inner: TcpStream,
    operations: Arc<AtomicUsize>,
    works_for: usize,
    kind: ErrorKind,
}

impl Faulty {
    fn step(&self) -> io::Result<()> {
        let done = self.operations.fetch_add(1, Ordering::Relaxed);
        if done < self.works_for { Ok(()) } else { Err(self.kind.into()) }
    }
}

impl Read for Faulty {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.step().and_then(|()| self.inner.read(buffer))
    }
}

impl Write for Faulty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.step().and_then(|()| self.inner.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.step().and_then(|()| self.inner.flush())
    }
}

impl Stream for Faulty {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.step().and_then(|()| Stream::set_read_timeout(&mut self.inner, timeout))
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.step().and_then(|()| Stream::set_write_timeout(&mut self.inner, timeout))
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        Stream::shutdown(&mut self.inner, how)
    }
}

impl SplitStream for Faulty {
    fn socket(&self) -> io::Result<TcpStream> {
        self.step().and_then(|()| self.inner.socket())
    }

    fn encode(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
        self.step().and_then(|()| self.inner.encode(bytes, output))
    }
}

/// Echoes on one connection after the other, until the last one after `stop`.
fn serve(listener: &TcpListener, stop: &AtomicBool) {
    while !stop.load(Ordering::Acquire) {
        let Ok(mut socket) = accept(listener.accept().unwrap().0) else { continue };
        while let Ok(Some((event, reply))) = socket.receive() {
            if let Event::Text(text) = event {
                let _ = reply.feed_text(text);
            }
        }
    }
}

/// What a client sees whose first stream fails after this many operations; and how many it had.
fn run(request: &ClientRequest, works_for: usize, kind: ErrorKind) -> (Vec<&'static str>, usize) {
    let (operations, is_first) = (Arc::new(AtomicUsize::new(0)), AtomicBool::new(true));
    let (counted, request) = (operations.clone(), request.clone());
    let dial = move || {
        let (works_for, operations) = match is_first.swap(false, Ordering::Relaxed) {
            true => (works_for, counted.clone()),
            false => (usize::MAX, Arc::default()),
        };
        let inner = TcpStream::connect((request.uri().host(), request.uri().port()))?;
        client(Faulty { inner, operations, works_for, kind }, &request, Config::default())
    };
    let mut backoff = Backoff::default();
    (backoff.first, backoff.longest) = (Duration::ZERO, Duration::ZERO);
    let mut client = Reconnecting::with_dial(dial, backoff);
    let (mut seen, mut echoed) = (Vec::new(), false);
    while let Some(update) = client.receive() {
        seen.push(match update {
            Update::Connected(_, sender) => {
                let _ = sender.send_text("hello");
                "connected"
            }
            Update::Event(Event::Text("hello"), _) => {
                echoed = true;
                "hello"
            }
            Update::Event(..) => "event",
            Update::Lost(_) => "lost",
            Update::Failed(_) => "failed",
            Update::Waiting(_) => "waiting",
            Update::GaveUp(_) => "gave up",
        });
        if std::mem::take(&mut echoed) {
            let ending = client.close_with(CloseCode::NORMAL, "").unwrap();
            seen.extend(ending.map(|_| "closed"));
        }
    }
    (seen, operations.load(Ordering::Relaxed))
}

#[test]
fn a_fault_at_each_operation() {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let (request, server) = server::start(move |listener| serve(listener, &stopped));
    let mut faults = 0;
    for kind in [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe] {
        for works_for in 0.. {
            let (seen, operations) = run(&request, works_for, kind);
            if operations <= works_for {
                assert_eq!(seen, ["connected", "hello", "closed"]);
                break;
            }
            faults += 1;
            // The fault may come where the peer has closed already, and then it is an end like others.
            let first = seen.iter().position(|word| ["lost", "failed"].contains(word));
            let (before, after) = seen.split_at(first.unwrap_or(0));
            assert!(["connected", "hello"].starts_with(before), "{works_for}: {seen:?}");
            match after {
                ["lost" | "failed", "waiting", after @ ..] | after => {
                    assert_eq!(after, ["connected", "hello", "closed"], "{works_for}: {seen:?}");
                }
            }
        }
    }
    assert!(faults > 20, "{faults}");
    stop.store(true, Ordering::Release);
    drop(TcpStream::connect((request.uri().host(), request.uri().port())));
    server.join().unwrap();
}
