//! One connection, from connecting to its end.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::num::NonZeroUsize;
use std::rc::Rc;

use websocket_proto::io::blocking::Stream;
use websocket_proto::io::{Error, MaybeTls, origin};
use websocket_proto::{
    CloseCode, Connection, Ending, Event, Incoming, MessageKind, Outgoing, Progress, SendError,
    Time, Transport,
};

use super::inputs::{FromStream, Inputs};
use super::options::Options;
use super::socket::Socket;
use super::verbose::Verbose;

/// Where messages are printed, and notes about the connection.
pub(crate) struct Terminal {
    pub(crate) messages: Box<dyn Write>,
    pub(crate) notes: Box<dyn Write>,
}

impl Terminal {
    pub(crate) fn note(&mut self, note: &str) -> io::Result<()> {
        writeln!(self.notes, "wscat: {note}")
    }

    fn print(&mut self, message: &[u8]) -> io::Result<()> {
        self.messages.write_all(message)?;
        self.messages.write_all(b"\n")?;
        self.messages.flush()
    }
}

pub(crate) struct Session<'a> {
    stream: MaybeTls<Socket>,
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
    inputs: &'a mut Inputs,
    pub(crate) terminal: &'a mut Terminal,
    verbose: Option<Rc<RefCell<Verbose>>>,
    binary: bool,
    fragment: Option<NonZeroUsize>,
    write_ended: bool,
}

impl<'a> Session<'a> {
    pub(crate) fn open(
        options: &Options,
        inputs: &'a mut Inputs,
        terminal: &'a mut Terminal,
    ) -> Result<Self, Error> {
        let Options { request, config, proxy, .. } = options;
        let verbose = options.verbose.then(Verbose::new);
        let (stream, connection, incoming, outgoing) = match &verbose {
            None => {
                let parts = options.trust.connect(request, *config, proxy.as_ref())?.into_parts();
                (parts.stream, parts.connection, parts.incoming, parts.outgoing)
            }
            Some(verbose) => {
                let proxy = proxy.as_ref();
                let connected = options.trust.connect_verbose(request, *config, proxy, verbose);
                verbose.borrow_mut().print(&mut terminal.notes)?;
                let parts = connected?.into_parts();
                (parts.stream.stream, parts.connection, parts.incoming, parts.outgoing)
            }
        };
        let reader = stream.inner().try_clone()?;
        reader.set_read_timeout(None)?;
        inputs.read_from(reader);
        Ok(Self {
            stream: stream.map(Socket::new),
            connection,
            incoming,
            outgoing,
            inputs,
            terminal,
            verbose,
            binary: options.binary,
            fragment: options.fragment,
            write_ended: false,
        })
    }

    /// Sends and receives until the connection has ended.
    pub(crate) fn run(mut self) -> Result<Ending, Error> {
        let ended = self.run_until_ended();
        // This also ends the thread that reads from the stream.
        let _ = self.stream.shutdown(Shutdown::Both);
        ended
    }

    fn run_until_ended(&mut self) -> Result<Ending, Error> {
        loop {
            if let Some(ending) = self.handle_events()? {
                return Ok(ending);
            }
            let all_sent = self.send_lines()?;
            self.write()?;
            if self.read()? || !all_sent {
                continue;
            }
            let deadline = self.connection.poll_timeout();
            let now = self.now();
            match self.inputs.wait(deadline.map(|time| time.since(now))) {
                Some(FromStream::Bytes(bytes)) => self.stream.inner_mut().received.extend(bytes),
                Some(FromStream::End) => self.stream.inner_mut().eof = true,
                Some(FromStream::Failure) => {
                    self.connection.handle_transport_failure(&mut self.outgoing)
                }
                None => self.connection.handle_timeout(self.now(), &mut self.outgoing),
            }
        }
    }

    /// Prints the messages that were received. Returns the ending if the connection has ended.
    fn handle_events(&mut self) -> Result<Option<Ending>, Error> {
        loop {
            let now = self.now();
            match self.connection.receive(now, &mut self.incoming, &mut self.outgoing) {
                Ok(Progress::Event) => {}
                Ok(Progress::NeedBytes | Progress::Ended) => return Ok(None),
                Err(error) => {
                    self.terminal.note(&error.to_string())?;
                    continue;
                }
            }
            match self.incoming.event() {
                Some(Event::Text(text)) => self.terminal.print(text.as_bytes())?,
                Some(Event::Binary(data)) => self.terminal.print(data)?,
                Some(Event::Ended(ending)) => return Ok(Some(ending.clone())),
                _ => {}
            }
        }
    }

    /// Queues the lines that wait, and a Close frame after the last line of all. Returns whether
    /// there was room for them. If the connection is closing, they are kept for the next one.
    fn send_lines(&mut self) -> Result<bool, Error> {
        while self.connection.is_open() {
            let Some(line) = self.inputs.next_line() else { break };
            let line = line.to_vec();
            let sent = match self.fragment {
                Some(len) if line.len() > len.get() => self.send_fragments(&line, len),
                Some(_) | None => self.send_whole(&line),
            };
            match sent {
                Err(Error::Send(SendError::Full)) => return Ok(false),
                sent => sent?,
            }
            self.inputs.note_sent();
        }
        if self.connection.is_open() && self.inputs.are_used_up() {
            self.connection.start_close(self.now(), CloseCode::NORMAL, "", &mut self.outgoing)?;
        }
        Ok(true)
    }

    fn send_whole(&mut self, line: &[u8]) -> Result<(), Error> {
        if self.binary {
            return Ok(self.connection.send_binary(line, &mut self.outgoing)?);
        }
        let text = str::from_utf8(line).map_err(|_| SendError::NotUtf8)?;
        Ok(self.connection.send_text(text, &mut self.outgoing)?)
    }

    /// Sends a message in fragments of `len` bytes, however long that takes. Only before the first
    /// one may there be no room.
    fn send_fragments(&mut self, line: &[u8], len: NonZeroUsize) -> Result<(), Error> {
        if self.outgoing.len() > self.connection.config().limits.output {
            return Err(SendError::Full.into());
        }
        let kind = if self.binary { MessageKind::Binary } else { MessageKind::Text };
        self.connection.start_message(kind)?;
        for fragment in line.chunks(len.get()) {
            self.connection.send_fragment(fragment, &mut self.outgoing)?;
            self.write()?;
        }
        Ok(self.connection.send_last_fragment(&[], &mut self.outgoing)?)
    }

    /// Reads what the other thread has read from the socket. Returns whether there was anything.
    fn read(&mut self) -> io::Result<bool> {
        loop {
            let space = self.incoming.space();
            match self.stream.read(space) {
                Ok(0) => self.connection.receive_eof(),
                Ok(len) => {
                    if let Some(verbose) = &self.verbose {
                        verbose.borrow_mut().note_received(&space[..len]);
                        verbose.borrow_mut().print(&mut self.terminal.notes)?;
                    }
                    self.incoming.commit(len);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
            return Ok(true);
        }
    }

    fn write(&mut self) -> io::Result<()> {
        loop {
            let written = if self.outgoing.is_empty() {
                self.stream.flush().map(|()| 0)
            } else {
                self.stream.write(self.outgoing.first_piece())
            };
            match written {
                Ok(0) => break,
                Ok(len) => {
                    if let Some(verbose) = &self.verbose {
                        verbose.borrow_mut().note_sent(&self.outgoing.first_piece()[..len]);
                        verbose.borrow_mut().print(&mut self.terminal.notes)?;
                    }
                    self.outgoing.advance(len);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The adapter that connected has set a timeout on the stream.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.connection.handle_timeout(self.now(), &mut self.outgoing);
                    if self.connection.transport() == Transport::Close {
                        break;
                    }
                }
                Err(_) => {
                    self.connection.handle_transport_failure(&mut self.outgoing);
                    break;
                }
            }
        }
        if self.connection.transport() == Transport::ShutdownWrite && !self.write_ended {
            self.write_ended = true;
            let _ = self.stream.shutdown(Shutdown::Write);
        }
        Ok(())
    }

    fn now(&self) -> Time {
        Time::new(origin().elapsed())
    }
}
