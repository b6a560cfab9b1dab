//! A stream in memory whose input and faults a test chooses.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::rc::Rc;
use std::time::Duration;

use websocket_proto::frame::Masking;
use websocket_proto::io::Error;
use websocket_proto::io::blocking::{Stream, WebSocket};
use websocket_proto::{Config, Event, Role};

use crate::support::{in_words, plain_entropy, quoted};

/// A stream with a given input that records what was done to it. Clones are handles on the same
/// stream.
#[derive(Clone, Default)]
pub(crate) struct ScriptedStream(Rc<RefCell<State>>);

#[derive(Default)]
pub(crate) struct State {
    pub(crate) input: Vec<u8>,
    /// The most bytes that a read gives and a write takes; 0 is no bound.
    pub(crate) read_size: usize,
    pub(crate) write_size: usize,
    /// Chooses the reads and writes that fail.
    pub(crate) fault: Option<Fault>,
    pub(crate) operations: usize,
    pub(crate) writes: usize,
    pub(crate) output: Vec<u8>,
    pub(crate) shutdowns: Vec<Shutdown>,
    pub(crate) read_timeout: Option<Duration>,
    pub(crate) write_timeout: Option<Duration>,
    pub(crate) largest_read: usize,
}

/// Chooses the error of an operation by its number, counted from 1, and by whether it writes.
pub(crate) type Fault = Box<dyn FnMut(usize, bool) -> Option<ErrorKind>>;

impl ScriptedStream {
    /// A stream that gives these bytes and then its end.
    pub(crate) fn new(input: impl AsRef<[u8]>) -> Self {
        let script = Self::default();
        script.0.borrow_mut().input = input.as_ref().to_vec();
        script
    }

    /// Sets the most bytes that a read gives and a write takes; 0 is no bound.
    pub(crate) fn sizes(self, read: usize, write: usize) -> Self {
        (self.0.borrow_mut().read_size, self.0.borrow_mut().write_size) = (read, write);
        self
    }

    pub(crate) fn fault(
        self,
        fault: impl FnMut(usize, bool) -> Option<ErrorKind> + 'static,
    ) -> Self {
        self.0.borrow_mut().fault = Some(Box::new(fault));
        self
    }

    pub(crate) fn state(&self) -> std::cell::RefMut<'_, State> {
        self.0.borrow_mut()
    }

    /// An open server over this stream.
    pub(crate) fn server(&self) -> WebSocket<Self> {
        WebSocket::established(self.clone(), Role::Server, None, Config::default(), &[])
    }

    /// An open client over this stream, whose masking keys are all zero.
    pub(crate) fn client(&self) -> WebSocket<Self> {
        let role = Role::Client(&plain_entropy);
        WebSocket::established(self.clone(), role, None, Config::default(), &[])
    }

    /// The frames that a server has written, in words. A response before them is skipped.
    #[track_caller]
    pub(crate) fn words(&self) -> Vec<String> {
        let output = self.state().output.clone();
        let head = output.windows(4).position(|window| window == b"\r\n\r\n");
        let head = head.filter(|_| output.starts_with(b"HTTP/")).map_or(0, |at| at + 4);
        in_words(&output[head..], Masking::Forbidden, &mut false)
    }
}

impl State {
    fn fault(&mut self, writes: bool) -> io::Result<()> {
        self.operations += 1;
        let number = self.operations;
        match self.fault.as_mut().and_then(|fault| fault(number, writes)) {
            Some(kind) => Err(kind.into()),
            None => Ok(()),
        }
    }
}

fn bounded(len: usize, most: usize) -> usize {
    if most == 0 { len } else { len.min(most) }
}

impl Read for ScriptedStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state();
        state.fault(false)?;
        assert!(!buffer.is_empty(), "a read that looks like the end of the stream");
        state.largest_read = state.largest_read.max(buffer.len());
        let len = bounded(state.input.len().min(buffer.len()), state.read_size);
        let rest = state.input.split_off(len);
        buffer[..len].copy_from_slice(&state.input);
        state.input = rest;
        Ok(len)
    }
}

impl Write for ScriptedStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[io::IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[io::IoSlice<'_>]) -> io::Result<usize> {
        let mut state = self.state();
        state.fault(true)?;
        state.writes += 1;
        let mut bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
        bytes.truncate(bounded(bytes.len(), state.write_size));
        state.output.extend(&bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for ScriptedStream {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        assert_ne!(timeout, Some(Duration::ZERO));
        self.state().read_timeout = timeout;
        Ok(())
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        assert_ne!(timeout, Some(Duration::ZERO));
        self.state().write_timeout = timeout;
        Ok(())
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        self.state().shutdowns.push(how);
        Ok(())
    }
}

/// Receives until the end and echoes texts; returns the events and errors in words. Calls that
/// would block are made again.
pub(crate) fn echo<S: Stream>(socket: &mut WebSocket<S>) -> Vec<String> {
    let mut words = Vec::new();
    loop {
        match socket.receive() {
            Ok(None) => return words,
            Ok(Some((event, writer))) => words.push(match event {
                Event::Text(text) => {
                    writer.feed_text(text).expect("room");
                    format!("text {text:?}")
                }
                Event::Ping(payload) => format!("ping {}", quoted(payload)),
                Event::Close { code, reason, .. } => format!("close {code} {reason:?}"),
                Event::Ended(ending) => format!("ended {:?}", ending.cause),
                other => format!("{other:?}"),
            }),
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {}
            Err(Error::Io(error)) => words.push(format!("error {:?}", error.kind())),
            Err(error) => words.push(format!("error {error}")),
        }
        assert!(words.len() < 1000, "{words:?}");
    }
}
