//! One message of any length in a few hundred kilobytes of memory, on threads: it is sent in
//! fragments while it is read, and received in chunks as they arrive.
//!
//! ```sh
//! large_message() { cargo run --release --example large_message -- "$@"; }
//! large_message receive 127.0.0.1:9001 >copy
//! head -c 2G /dev/urandom | large_message send ws://127.0.0.1:9001
//! ```

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

use websocket_proto::handshake::Acceptance;
use websocket_proto::io::{Error, blocking};
use websocket_proto::{CloseCode, Config, Delivery, Event, MessageKind};

const USAGE: &str = "\
usage: large_message receive [ADDRESS]    writes one message to its output [default: 127.0.0.1:9001]
       large_message send URL             sends its input as one message";

/// The length of the fragments.
const FRAGMENT: usize = 64 << 10;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["receive"] => receive_at("127.0.0.1:9001"),
        ["receive", address] => receive_at(address),
        ["send", url] => send(url, io::stdin().lock()),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match result {
        // The output may be the message, so this is for people.
        Ok(summary) => eprintln!("{summary}, with at most {} of memory", peak_memory()),
        Err(error) => {
            eprintln!("large_message: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn receive_at(address: &str) -> Result<String, Error> {
    let listener = TcpListener::bind(address)?;
    eprintln!("listening on ws://{}", listener.local_addr()?);
    receive(listener.accept()?.0, io::stdout().lock())
}

/// Writes the chunks of a message to `output`, and tells the sender how long it was.
pub(crate) fn receive(stream: TcpStream, mut output: impl Write) -> Result<String, Error> {
    let mut config = Config::default();
    config.delivery = Delivery::Streaming;
    // Nothing is put together in memory, so the message may be of any length; and it may as well be
    // a single frame.
    config.limits.message = u64::MAX;
    config.limits.frame = u64::MAX;
    let mut socket = blocking::accept_with(stream, config, |_| Ok(Acceptance::new()))?;
    let mut length = 0;
    while let Some((event, _)) = socket.receive()? {
        match event {
            Event::MessageChunk(chunk) => {
                output.write_all(chunk)?;
                length += chunk.len() as u64;
            }
            Event::MessageEnd => break,
            Event::Ended(ending) => return Err(Error::Ended(Box::new(ending.clone()))),
            _ => {}
        }
    }
    output.flush()?;
    let summary = format!("received {length} bytes");
    socket.send_text(&summary)?;
    socket.close_with(CloseCode::NORMAL, "")?;
    Ok(summary)
}

/// Sends all of `input` as one binary message. Returns what the receiver says about it.
pub(crate) fn send(url: &str, mut input: impl Read) -> Result<String, Error> {
    let mut socket = blocking::connect(url)?;
    let mut buffer = vec![0; FRAGMENT];
    socket.start_message(MessageKind::Binary)?;
    loop {
        match input.read(&mut buffer)? {
            0 => break socket.send_last_fragment(&[])?,
            length => socket.send_fragment(&buffer[..length])?,
        }
    }
    let mut answer = "no answer".to_owned();
    while let Some((event, _)) = socket.receive()? {
        match event {
            Event::Text(text) => answer = format!("the receiver says: {text}"),
            Event::Ended(ending) if !ending.is_clean() => {
                return Err(Error::Ended(Box::new(ending.clone())));
            }
            _ => {}
        }
    }
    Ok(answer)
}

/// The most memory that the program has used, as Linux tells it.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap_or("an unknown amount").trim().to_owned()
}
