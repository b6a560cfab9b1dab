//! Shows the heads and frames that pass in both directions.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::rc::Rc;
use std::time::Duration;

use websocket_proto::frame::{FrameHeader, HeaderRules, Masking, OpCode, mask};
use websocket_proto::io::blocking::Stream;

/// How much of a payload is shown, in bytes.
const SHOWN: usize = 64;

/// Lines that describe what passed, one for each line of a head and for each frame.
pub(crate) struct Verbose {
    sent: Direction,
    received: Direction,
    lines: Vec<String>,
}

/// What passed one way.
struct Direction {
    arrow: char,
    phase: Phase,
    /// What passed and was not described yet.
    bytes: Vec<u8>,
    /// How many bytes of the last payload are still to pass.
    left: u64,
    /// A fragmented message is unfinished.
    in_message: bool,
}

#[derive(PartialEq, Eq)]
enum Phase {
    Head,
    Frames,
    /// No frames follow: the server refused the request, or what passes makes no sense.
    Over,
}

impl Verbose {
    pub(crate) fn new() -> Rc<RefCell<Self>> {
        let [sent, received] = ['>', '<'].map(Direction::new);
        Rc::new(RefCell::new(Self { sent, received, lines: Vec::new() }))
    }

    pub(crate) fn note_sent(&mut self, bytes: &[u8]) {
        self.sent.note(bytes, &mut self.lines);
    }

    pub(crate) fn note_received(&mut self, bytes: &[u8]) {
        self.received.note(bytes, &mut self.lines);
    }

    /// Prints the lines that were made since the last call.
    pub(crate) fn print(&mut self, to: &mut dyn Write) -> io::Result<()> {
        self.lines.drain(..).try_for_each(|line| writeln!(to, "{line}"))
    }
}

impl Direction {
    fn new(arrow: char) -> Self {
        Self { arrow, phase: Phase::Head, bytes: Vec::new(), left: 0, in_message: false }
    }

    fn note(&mut self, bytes: &[u8], lines: &mut Vec<String>) {
        self.bytes.extend_from_slice(bytes);
        while let Some(described) = self.describe_next() {
            lines.extend(described.into_iter().map(|line| format!("{} {line}", self.arrow)));
        }
    }

    /// The lines for the next head or frame; `None` if more has to pass for it.
    fn describe_next(&mut self) -> Option<Vec<String>> {
        let passed = self.bytes.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.bytes.drain(..passed);
        self.left -= passed as u64;
        match self.phase {
            _ if self.left > 0 => None,
            Phase::Head => self.describe_head(),
            Phase::Frames => self.describe_frame().map(|line| vec![line]),
            Phase::Over => None,
        }
    }

    fn describe_head(&mut self) -> Option<Vec<String>> {
        let end = self.bytes.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
        let head: Vec<u8> = self.bytes.drain(..end).collect();
        let head = String::from_utf8_lossy(&head);
        self.phase = match head.split(' ').nth(1) {
            Some(status) if self.arrow == '<' && status.starts_with('1') && status != "101" => {
                Phase::Head
            }
            Some(status) if self.arrow == '<' && status != "101" => Phase::Over,
            Some(_) | None => Phase::Frames,
        };
        Some(head.trim_end().split("\r\n").map(redact).collect())
    }

    fn describe_frame(&mut self) -> Option<String> {
        let rules = HeaderRules {
            masking: Masking::Optional,
            in_message: self.in_message,
            compression: true,
        };
        let (header, header_len) = match FrameHeader::parse(&self.bytes, rules) {
            Ok(parsed) => parsed?,
            Err(error) => {
                self.phase = Phase::Over;
                return Some(format!("no frame: {error}"));
            }
        };
        let shown = usize::try_from(header.len).map_or(SHOWN, |len| len.min(SHOWN));
        let payload = self.bytes.get(header_len..header_len + shown)?;
        let line = describe(&header, payload);
        self.left = header_len as u64 + header.len;
        if !header.opcode.is_control() {
            self.in_message = !header.fin;
        }
        Some(line)
    }
}

/// A line of a head, without what is nobody's business: queries, and headers that may have
/// credentials.
fn redact(line: &str) -> String {
    let line = match line.split_once(':') {
        Some((name, _)) if is_secret(name) => format!("{name}: (not shown)"),
        _ => match line.split_once('?') {
            Some((path, query)) if line.starts_with("GET ") || is_location(line) => {
                let version = query.rsplit_once(' ').map_or("", |(_, version)| version);
                format!("{path}?(not shown) {version}")
            }
            _ => line.to_owned(),
        },
    };
    line.trim_end().escape_debug().to_string()
}

fn is_location(line: &str) -> bool {
    line.split_once(':').is_some_and(|(name, _)| name.eq_ignore_ascii_case("location"))
}

fn is_secret(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    let harmless = name == "sec-websocket-key";
    !harmless && ["auth", "cookie", "key", "secret", "token"].iter().any(|word| name.contains(word))
}

/// A frame in a line: opcode, flags, length, and the beginning of the payload.
fn describe(header: &FrameHeader, payload: &[u8]) -> String {
    let FrameHeader { fin, compressed, opcode, mask, len } = *header;
    let mut payload = payload.to_vec();
    if let Some(key) = mask {
        mask::apply(&mut payload, key);
    }
    let flag = |is_set, name| if is_set { name } else { "" };
    let flags =
        [flag(fin, " FIN"), flag(compressed, " RSV1"), flag(mask.is_some(), " masked")].concat();
    let name = format!("{opcode:?}").to_lowercase();
    let more = if len > payload.len() as u64 { "…" } else { "" };
    let shown = match (opcode, payload.split_first_chunk()) {
        (OpCode::Close, Some((code, reason))) => {
            format!("{} \"{}\"", u16::from_be_bytes(*code), escaped(reason))
        }
        _ => format!("\"{}\"", escaped(&payload)),
    };
    format!("{name}{flags}, {len} bytes: {shown}{more}")
}

/// Text as it is, except for what a terminal would act upon; other bytes in hexadecimal.
fn escaped(bytes: &[u8]) -> String {
    bytes
        .utf8_chunks()
        .flat_map(|chunk| {
            [chunk.valid().escape_debug().to_string(), chunk.invalid().escape_ascii().to_string()]
        })
        .collect()
}

/// A stream that shows what passes.
pub(crate) struct Tap<S> {
    pub(crate) stream: S,
    pub(crate) verbose: Rc<RefCell<Verbose>>,
}

impl<S: Read> Read for Tap<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.stream.read(buffer)?;
        self.verbose.borrow_mut().note_received(&buffer[..len]);
        Ok(len)
    }
}

impl<S: Write> Write for Tap<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = self.stream.write(bytes)?;
        self.verbose.borrow_mut().note_sent(&bytes[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl<S: Stream> Stream for Tap<S> {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream.set_read_timeout(timeout)
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream.set_write_timeout(timeout)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        self.stream.shutdown(how)
    }
}
