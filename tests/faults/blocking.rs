//! The blocking adapter.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::task::Poll;
use std::time::Duration;

use websocket_proto::handshake::Acceptance;
use websocket_proto::io::Error;
use websocket_proto::io::blocking::{self, WebSocket, Writer, accept_with, client};
use websocket_proto::{CloseCode, Message, MessageKind, SendError};

use super::hand::Hand;
use super::link::Stream;
use super::play::{Socket, Told, Way, request};
use super::scenario::{Scenario, Side};

/// A blocking socket.
pub(crate) struct Blocking(WebSocket<Stream>);

impl Way for Blocking {
    type Socket = Self;

    async fn open(stream: Stream, scenario: Scenario, _: &Hand) -> Option<Result<Self, Error>> {
        let config = scenario.own_config();
        let opened = match scenario.side {
            Side::Client => client(stream, &request(), config),
            Side::Server => accept_with(stream, config, |_| Ok(Acceptance::new())),
        };
        Some(opened.map(Self))
    }
}

impl Socket for Blocking {
    async fn send(&mut self, message: Message, _: &Hand) -> Result<(), Error> {
        send(self.0.writer(), |writer| writer.send_message(&message))
    }

    async fn send_fragments(&mut self, text: [&str; 3], _: &Hand) -> Result<(), Error> {
        let writer = self.0.writer();
        writer.start_message(MessageKind::Text)?;
        send(writer, |writer| writer.feed_fragment(text[0].as_bytes()))?;
        send(writer, |writer| writer.send_fragment(text[1].as_bytes()))?;
        send(writer, |writer| writer.send_last_fragment(text[2].as_bytes()))
    }

    async fn flush(&mut self, _: &Hand) -> Result<(), Error> {
        told_before(again(|| self.0.flush()))
    }

    async fn next(&mut self, told: &mut Told, _: &Hand) -> bool {
        loop {
            match self.0.receive() {
                Err(error) if would_block(&error) => continue,
                Err(error) => told.fail(&error),
                Ok(None) => return false,
                Ok(Some((event, writer))) => {
                    if let Some(text) = told.event(&event) {
                        told.note(send(writer, |writer| writer.feed_text(text)));
                    }
                }
            }
            return true;
        }
    }

    async fn close(&mut self, told: &mut Told, _: &Hand) {
        match again(|| self.0.close(CloseCode::NORMAL, "done")) {
            Ok(ending) => told.endings.push(ending.cause),
            Err(error) => told.fail(&error),
        }
    }
}

/// Sends, after making room if there is none. What the stream would have blocked for was taken, and
/// is written later.
fn send(
    writer: &mut Writer<Stream>,
    mut send: impl FnMut(&mut Writer<Stream>) -> Result<(), Error>,
) -> Result<(), Error> {
    loop {
        match send(writer) {
            Err(Error::Send(SendError::Full)) => told_before(again(|| writer.flush()))?,
            Err(error) if would_block(&error) => return told_before(again(|| writer.flush())),
            result => return told_before(result),
        }
    }
}

/// That not all was written follows from a failure that was told.
fn told_before(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(Error::NotWritten(_)) => Ok(()),
        result => result,
    }
}

/// Calls until the stream does not block.
fn again<T>(mut call: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    loop {
        match call() {
            Err(error) if would_block(&error) => {}
            result => return result,
        }
    }
}

fn would_block(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == ErrorKind::WouldBlock)
}

/// What a stream comes to that waits for nothing.
fn at_once<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    let Poll::Ready(result) = poll else { panic!("a wait without an end") };
    result
}

impl Read for Stream {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        at_once(Self::read(self, None, space))
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        at_once(Self::write(self, None, pieces))
    }

    fn flush(&mut self) -> io::Result<()> {
        at_once(Self::flush(self, None))
    }
}

impl blocking::Stream for Stream {
    fn set_read_timeout(&mut self, _: Option<Duration>) -> io::Result<()> {
        self.set_timeout()
    }

    fn set_write_timeout(&mut self, _: Option<Duration>) -> io::Result<()> {
        self.set_timeout()
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        match how {
            Shutdown::Read => Ok(()),
            Shutdown::Write | Shutdown::Both => at_once(Self::shutdown(self, None)),
        }
    }

    /// A wait is a failure of the test.
    fn has_timeouts(&self) -> bool {
        false
    }
}
