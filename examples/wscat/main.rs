//! Talks to a WebSocket server from a terminal: each line of input is one message, each message
//! received one line of output.
//!
//! It also shows a loop of one's own around the state machine: a thread reads the socket, another
//! one standard input, and the main thread owns the connection and waits for both at once. TLS, if
//! there is any, is at work in the main thread too: what the first thread reads is a [`Socket`]'s.

mod socket;
mod trust;

use std::io::{self, BufRead, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::thread;
use std::time::Duration;

use lexopt::prelude::{Long, Short, Value, ValueExt};
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::blocking::Stream;
use websocket_proto::io::{Error, MaybeTls, origin};
use websocket_proto::{
    CloseCode, Config, Connection, Ending, Event, Incoming, MessageKind, Outgoing, Progress,
    SendError, Time, Transport,
};

use socket::Socket;
use trust::Trust;

const HELP: &str = "\
Usage: wscat [OPTIONS] URL

Each line of standard input is sent as one message; each message received is one line of standard
output. The end of input closes the connection with 1000.

Options:
      --header 'NAME: VALUE'   add a header to the request; may be repeated
      --subprotocol NAME       offer a subprotocol; may be repeated
      --binary                 send binary messages instead of text
      --fragment BYTES         send messages in fragments of at most so many bytes
      --ca FILE                trust the certificates in this PEM file, and not the platform's
      --insecure               trust any certificate
      --ping-interval SECONDS  the silence after which to ping [default: 30, 0 for never]
  -h, --help                   print this

Exit code: 0 after a clean close, 1 otherwise.";

struct Options {
    request: ClientRequest,
    config: Config,
    binary: bool,
    fragment: Option<NonZeroUsize>,
    trust: Trust,
}

/// The lines that are read ahead of being sent.
const LINES_AHEAD: usize = 256;

/// What the main thread waits for.
enum Input {
    Bytes(Vec<u8>),
    EndOfStream(Option<io::Error>),
    Line(Vec<u8>),
    EndOfLines,
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(Some(options)) => options,
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => return fail(&error),
    };
    match Session::open(options).and_then(Session::run) {
        Ok(ending) if ending.is_clean() => ExitCode::SUCCESS,
        Ok(ending) => fail(&ending),
        Err(Error::Refused(refused)) => {
            let response = refused.response();
            eprint!("{}", String::from_utf8_lossy(response.body()));
            fail(&Error::Refused(refused))
        }
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("wscat: {error}");
    ExitCode::FAILURE
}

struct Session {
    stream: MaybeTls<Socket>,
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
    inputs: Receiver<Input>,
    /// One receipt for each line sent.
    receipts: Receiver<()>,
    binary: bool,
    fragment: Option<NonZeroUsize>,
    write_ended: bool,
}

impl Session {
    fn open(options: Options) -> Result<Self, Error> {
        let parts = options.trust.connect(&options.request, options.config)?.into_parts();
        let (sender, inputs) = mpsc::channel();
        let (lines_ahead, receipts) = mpsc::sync_channel(LINES_AHEAD);
        let reader = parts.stream.inner().try_clone()?;
        reader.set_read_timeout(None)?;
        let lines = sender.clone();
        thread::spawn(move || read_stream(reader, &sender));
        thread::spawn(move || read_lines(&lines, &lines_ahead));
        Ok(Self {
            stream: parts.stream.map(Socket::new),
            connection: parts.connection,
            incoming: parts.incoming,
            outgoing: parts.outgoing,
            inputs,
            receipts,
            binary: options.binary,
            fragment: options.fragment,
            write_ended: false,
        })
    }

    fn run(mut self) -> Result<Ending, Error> {
        loop {
            if let Some(ending) = self.handle_events()? {
                let _ = self.stream.shutdown(Shutdown::Both);
                return Ok(ending);
            }
            self.write()?;
            if self.read()? {
                continue;
            }
            match self.wait() {
                Ok(Input::Bytes(bytes)) => self.stream.inner_mut().received.extend(bytes),
                Ok(Input::EndOfStream(None)) => self.stream.inner_mut().eof = true,
                Ok(Input::EndOfStream(Some(_))) => {
                    self.connection.transport_failed(&mut self.outgoing);
                }
                Ok(Input::Line(line)) => self.send(&line)?,
                Ok(Input::EndOfLines) => self.close()?,
                Err(_) => self.connection.handle_timeout(self.now(), &mut self.outgoing),
            }
        }
    }

    /// Prints what was received; the ending, if that was it.
    fn handle_events(&mut self) -> Result<Option<Ending>, Error> {
        loop {
            let now = self.now();
            match self.connection.receive(now, &mut self.incoming, &mut self.outgoing) {
                Ok(Progress::Event) => {}
                Ok(Progress::NeedBytes | Progress::Ended) => return Ok(None),
                Err(error) => {
                    eprintln!("wscat: {error}");
                    continue;
                }
            }
            match self.incoming.event() {
                Some(Event::Text(text)) => print_line(text.as_bytes())?,
                Some(Event::Binary(data)) => print_line(data)?,
                Some(Event::Ended(ending)) => return Ok(Some(ending.clone())),
                _ => {}
            }
        }
    }

    /// Whether something was read of what the other thread brought.
    fn read(&mut self) -> io::Result<bool> {
        loop {
            match self.stream.read(self.incoming.space()) {
                Ok(0) => self.connection.receive_eof(),
                Ok(len) => self.incoming.filled(len),
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
                self.stream.write(self.outgoing.chunk())
            };
            match written {
                Ok(0) => break,
                Ok(len) => self.outgoing.advance(len),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The timeout that the adapter left on the stream.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.connection.handle_timeout(self.now(), &mut self.outgoing);
                    if self.connection.transport() == Transport::Close {
                        break;
                    }
                }
                Err(_) => {
                    self.connection.transport_failed(&mut self.outgoing);
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

    fn wait(&self) -> Result<Input, RecvTimeoutError> {
        match self.connection.poll_timeout() {
            Some(time) => self.inputs.recv_timeout(time.since(self.now())),
            None => self.inputs.recv_timeout(Duration::MAX),
        }
    }

    fn send(&mut self, line: &[u8]) -> Result<(), Error> {
        let _ = self.receipts.recv();
        let result = match self.fragment {
            Some(most) if line.len() > most.get() => self.send_fragments(line, most),
            Some(_) | None => self.send_whole(line),
        };
        match result {
            // The server closes; its ending is on the way.
            Err(Error::Send(SendError::Closed)) => Ok(()),
            result => result,
        }
    }

    fn send_whole(&mut self, line: &[u8]) -> Result<(), Error> {
        if self.binary {
            return Ok(self.connection.send_binary(line, &mut self.outgoing)?);
        }
        let text = str::from_utf8(line).map_err(|_| SendError::NotUtf8)?;
        Ok(self.connection.send_text(text, &mut self.outgoing)?)
    }

    fn send_fragments(&mut self, line: &[u8], most: NonZeroUsize) -> Result<(), Error> {
        let kind = if self.binary { MessageKind::Binary } else { MessageKind::Text };
        self.connection.start_message(kind)?;
        for fragment in line.chunks(most.get()) {
            self.connection.send_fragment(fragment, &mut self.outgoing)?;
            self.write()?;
        }
        Ok(self.connection.finish_message(&[], &mut self.outgoing)?)
    }

    fn close(&mut self) -> Result<(), Error> {
        let now = self.now();
        match self.connection.close(now, CloseCode::NORMAL, "", &mut self.outgoing) {
            Err(SendError::Closed) => Ok(()),
            result => Ok(result?),
        }
    }

    fn now(&self) -> Time {
        Time::new(origin().elapsed())
    }
}

fn read_stream(mut stream: TcpStream, inputs: &Sender<Input>) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let input = match stream.read(&mut buffer) {
            Ok(0) => Input::EndOfStream(None),
            Ok(len) => Input::Bytes(buffer[..len].to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Input::EndOfStream(Some(error)),
        };
        let last = matches!(input, Input::EndOfStream(_));
        if inputs.send(input).is_err() || last {
            return;
        }
    }
}

fn read_lines(inputs: &Sender<Input>, lines_ahead: &SyncSender<()>) {
    for line in io::stdin().lock().split(b'\n').map_while(Result::ok) {
        if lines_ahead.send(()).is_err() || inputs.send(Input::Line(line)).is_err() {
            return;
        }
    }
    // The session may have ended before its input.
    let _ = inputs.send(Input::EndOfLines);
}

fn print_line(message: &[u8]) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(message)?;
    output.write_all(b"\n")?;
    output.flush()
}

/// `None` if help was asked for.
fn options() -> Result<Option<Options>, lexopt::Error> {
    let mut url = None;
    let mut headers = Vec::new();
    let mut subprotocols = Vec::new();
    let mut config = Config::default();
    let mut binary = false;
    let mut fragment = None;
    let mut trust = Trust::Platform;
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Value(value) if url.is_none() => url = Some(value.string()?),
            Long("header") => headers.push(parser.value()?.string()?),
            Long("subprotocol") => subprotocols.push(parser.value()?.string()?),
            Long("binary") => binary = true,
            Long("fragment") => fragment = Some(parser.value()?.parse()?),
            Long("ping-interval") => set_interval(&mut config, parser.value()?.parse()?),
            Long("deflate") => return Err("--deflate: there is no compression yet".into()),
            Long("insecure") => trust = Trust::anybody()?,
            Long("ca") => trust = Trust::file(&parser.value()?.string()?)?,
            Long("reconnect") => return Err("--reconnect: there is no such thing yet".into()),
            Long("help") | Short('h') => {
                println!("{HELP}");
                return Ok(None);
            }
            other => return Err(other.unexpected()),
        }
    }
    let url = url.ok_or("no URL given; see --help")?;
    let request = request(&url, &headers, &subprotocols)?;
    Ok(Some(Options { request, config, binary, fragment, trust }))
}

fn set_interval(config: &mut Config, seconds: u64) {
    match &mut config.keepalive {
        Some(keepalive) if seconds > 0 => keepalive.interval = Duration::from_secs(seconds),
        keepalive => *keepalive = None,
    }
}

fn request(
    url: &str,
    headers: &[String],
    subprotocols: &[String],
) -> Result<ClientRequest, lexopt::Error> {
    let mut request = ClientRequest::new(url).map_err(|error| format!("{url}: {error}"))?;
    for header in headers {
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| format!("--header {header:?}: not of the form 'NAME: VALUE'"))?;
        request = request
            .header(name.trim(), value.trim())
            .map_err(|error| format!("--header {header:?}: {error}"))?;
    }
    for name in subprotocols {
        request = request
            .subprotocol(name)
            .map_err(|error| format!("--subprotocol {name:?}: {error}"))?;
    }
    Ok(request)
}
