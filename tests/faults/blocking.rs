//! The blocking adapter.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::task::Poll;
use std::time::Duration;

use websocket_proto::handshake::Acceptance;
use websocket_proto::io::Error;
use websocket_proto::io::blocking::{self, WebSocket, Writer, accept_with, client};
use websocket_proto::{CloseCode, Message, MessageKind, SendError};

use super::executor::ManualExecutor;
use super::link::Stream;
use super::play::{Adapter, Observed, Socket, request};
use super::scenario::{Scenario, Side};

/// A blocking socket.
pub(crate) struct Blocking(WebSocket<Stream>);

impl Adapter for Blocking {
    type Socket = Self;

    async fn open(
        stream: Stream,
        scenario: Scenario,
        _: &ManualExecutor,
    ) -> Option<Result<Self, Error>> {
        let config = scenario.adapter_config();
        let opened = match scenario.side {
            Side::Client => client(stream, &request(), config),
            Side::Server => accept_with(stream, config, |_| Ok(Acceptance::new())),
        };
        Some(opened.map(Self))
    }
}

impl Socket for Blocking {
    async fn send(&mut self, message: Message, _: &ManualExecutor) -> Result<(), Error> {
        send(self.0.writer(), |writer| writer.send_message(&message))
    }

    async fn send_fragments(&mut self, text: [&str; 3], _: &ManualExecutor) -> Result<(), Error> {
        let writer = self.0.writer();
        writer.start_message(MessageKind::Text)?;
        send(writer, |writer| writer.feed_fragment(text[0].as_bytes()))?;
        send(writer, |writer| writer.send_fragment(text[1].as_bytes()))?;
        send(writer, |writer| writer.send_last_fragment(text[2].as_bytes()))
    }

    async fn flush(&mut self, _: &ManualExecutor) -> Result<(), Error> {
        ignore_not_written(retry_while_blocked(|| self.0.flush()))
    }

    async fn next(&mut self, observed: &mut Observed, _: &ManualExecutor) -> bool {
        loop {
            match self.0.receive() {
                Err(error) if would_block(&error) => continue,
                Err(error) => observed.note_error(&error),
                Ok(None) => return false,
                Ok(Some((event, writer))) => {
                    if let Some(text) = observed.note_event(&event) {
                        observed.note_result(send(writer, |writer| writer.feed_text(text)));
                    }
                }
            }
            return true;
        }
    }

    async fn close(&mut self, observed: &mut Observed, _: &ManualExecutor) {
        match retry_while_blocked(|| self.0.close_with(CloseCode::NORMAL, "done")) {
            Ok(ending) => observed.endings.push(ending.cause),
            Err(error) => observed.note_error(&error),
        }
    }
}

/// Sends, after making room if there is none. Where the stream would have blocked, the message is
/// queued already, so it is only flushed.
fn send(
    writer: &mut Writer<Stream>,
    mut send: impl FnMut(&mut Writer<Stream>) -> Result<(), Error>,
) -> Result<(), Error> {
    loop {
        match send(writer) {
            Err(Error::Send(SendError::Full)) => {
                ignore_not_written(retry_while_blocked(|| writer.flush()))?
            }
            Err(error) if would_block(&error) => {
                return ignore_not_written(retry_while_blocked(|| writer.flush()));
            }
            result => return ignore_not_written(result),
        }
    }
}

/// Ignores that something was not written, as that follows from a failure that was reported before.
fn ignore_not_written(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(Error::NotWritten(_)) => Ok(()),
        result => result,
    }
}

/// Makes a call again until the stream does not block.
fn retry_while_blocked<T>(mut call: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
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

/// The result of an operation that must not have to wait.
fn expect_ready<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    let Poll::Ready(result) = poll else { panic!("a wait without an end") };
    result
}

impl Read for Stream {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        expect_ready(Self::read(self, None, space))
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        expect_ready(Self::write(self, None, pieces))
    }

    fn flush(&mut self) -> io::Result<()> {
        expect_ready(Self::flush(self, None))
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
            Shutdown::Write | Shutdown::Both => expect_ready(Self::shutdown(self, None)),
        }
    }

    /// An operation that would have to wait fails the test, so there is nothing to time out.
    fn has_timeouts(&self) -> bool {
        false
    }
}
