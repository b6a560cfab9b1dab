//! What the main thread waits for: input from threads that do nothing but read.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};
use std::net::TcpStream;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

/// How many lines are read ahead, before they can be sent or while there is no connection.
const LINES_AHEAD: usize = 256;

pub(crate) struct Inputs {
    inputs: Receiver<Input>,
    sender: Sender<Input>,
    /// Takes one receipt for each line that was sent, which lets one more line be read.
    receipts: Receiver<()>,
    /// The lines that were read and not sent.
    lines: VecDeque<Vec<u8>>,
    /// All lines were read.
    has_ended: bool,
    /// The number of the connection, so that input of an earlier one is not taken for its own.
    connection: usize,
}

enum Input {
    FromStream(usize, FromStream),
    Line(Vec<u8>),
    EndOfLines,
}

pub(crate) enum FromStream {
    Bytes(Vec<u8>),
    End,
    Failure,
}

impl Inputs {
    pub(crate) fn new(input: impl BufRead + Send + 'static) -> Self {
        let (sender, inputs) = mpsc::channel();
        let (lines_ahead, receipts) = mpsc::sync_channel(LINES_AHEAD);
        let lines = sender.clone();
        thread::spawn(move || read_lines(input, &lines, &lines_ahead));
        let (lines, has_ended, connection) = (VecDeque::new(), false, 0);
        Self { inputs, sender, receipts, lines, has_ended, connection }
    }

    /// Has another thread read this stream. Input of the stream before it is ignored from now on.
    pub(crate) fn read_from(&mut self, stream: TcpStream) {
        self.connection += 1;
        let (connection, sender) = (self.connection, self.sender.clone());
        thread::spawn(move || read_stream(stream, connection, &sender));
    }

    /// Waits for input, for at most `timeout`. Returns what arrived on the stream; a line is kept.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) -> Option<FromStream> {
        match self.inputs.recv_timeout(timeout.unwrap_or(Duration::MAX)).ok()? {
            Input::FromStream(connection, input) if connection == self.connection => Some(input),
            Input::FromStream(..) => None,
            Input::Line(line) => {
                self.lines.push_back(line);
                None
            }
            Input::EndOfLines => {
                self.has_ended = true;
                None
            }
        }
    }

    /// Keeps the lines that are typed during this time.
    pub(crate) fn collect_lines(&mut self, time: Duration) {
        let start = Instant::now();
        while let Some(remaining) = time.checked_sub(start.elapsed())
            && !self.are_used_up()
        {
            self.wait(Some(remaining));
        }
    }

    /// The next line to send.
    pub(crate) fn next_line(&self) -> Option<&[u8]> {
        self.lines.front().map(Vec::as_slice)
    }

    /// Notes that the line was sent, which makes room for another one.
    pub(crate) fn note_sent(&mut self) {
        self.lines.pop_front();
        let _ = self.receipts.recv();
    }

    /// Whether all lines were sent, and there will be no more.
    pub(crate) fn are_used_up(&self) -> bool {
        self.has_ended && self.lines.is_empty()
    }
}

fn read_stream(mut stream: TcpStream, connection: usize, inputs: &Sender<Input>) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let input = match stream.read(&mut buffer) {
            Ok(0) => FromStream::End,
            Ok(len) => FromStream::Bytes(buffer[..len].to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => FromStream::Failure,
        };
        let last = !matches!(input, FromStream::Bytes(_));
        if inputs.send(Input::FromStream(connection, input)).is_err() || last {
            return;
        }
    }
}

fn read_lines(input: impl BufRead, inputs: &Sender<Input>, lines_ahead: &SyncSender<()>) {
    for line in input.split(b'\n').map_while(Result::ok) {
        if lines_ahead.send(()).is_err() || inputs.send(Input::Line(line)).is_err() {
            return;
        }
    }
    // This fails if the last session has ended before its input.
    let _ = inputs.send(Input::EndOfLines);
}
