//! The clients of a server that is measured: `load ADDRESS CONNECTIONS`.
//!
//! They send bytes that were made beforehand, and compare what comes back. `ready` is printed when
//! all are connected. The input then has lines of `echo IN_FLIGHT LENGTH TURNS`, in whose turns
//! every connection sends that many messages and gets them back, and of `broadcast LENGTH TURNS`, in
//! whose turns the first connection sends one message, which all of them get. After each line, the
//! output tells how many messages came back and how many nanoseconds this took. The connections are
//! closed when the input ends.

use std::io::{self, BufRead, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const KEY: [u8; 4] = [1, 2, 3, 4];
/// A Close frame with the code 1000, which a zero as a key does not change.
const CLOSE: [u8; 8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8];
/// For how long a server may begin.
const PATIENCE: Duration = Duration::from_secs(20);
/// A server that says nothing for this long has failed.
const SILENCE: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, connections] = &arguments[..] else {
        return Err(io::Error::other("usage: load ADDRESS CONNECTIONS"));
    };
    let mut clients = connect_all(address, number(connections)?)?;
    println!("ready");
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (traffic, turns) = Traffic::of(&line.split(' ').collect::<Vec<_>>())?;
        let begin = Instant::now();
        let mut messages = 0;
        for _ in 0..turns {
            messages += traffic.turn(&mut clients)?;
        }
        println!("{messages} {}", begin.elapsed().as_nanos());
    }
    clients.iter_mut().try_for_each(|client| client.write_all(&CLOSE))
}

fn number(word: &str) -> io::Result<usize> {
    word.trim().parse().map_err(|_| io::Error::other(format!("{word}: not a number")))
}

/// What is sent and what has to come back.
struct Traffic {
    request: Vec<u8>,
    response: Vec<u8>,
    /// How many messages each connection gets in a turn.
    messages: usize,
    /// Whether all connections send, and not just the first one.
    all_send: bool,
}

impl Traffic {
    /// What a line of the input asks for, and how many turns of it.
    fn of(words: &[&str]) -> io::Result<(Self, usize)> {
        match words {
            ["echo", in_flight, length, turns] => {
                Ok((Self::new(number(in_flight)?, number(length)?, true), number(turns)?))
            }
            ["broadcast", length, turns] => {
                Ok((Self::new(1, number(length)?, false), number(turns)?))
            }
            _ => Err(io::Error::other(format!("{}: not traffic", words.join(" ")))),
        }
    }

    fn new(messages: usize, length: usize, all_send: bool) -> Self {
        let request = frame(length, Some(KEY)).repeat(messages);
        Self { request, response: frame(length, None).repeat(messages), messages, all_send }
    }

    /// Takes a turn. Returns how many messages came back.
    fn turn(&self, clients: &mut [TcpStream]) -> io::Result<usize> {
        let senders = if self.all_send { clients.len() } else { 1 };
        for client in &mut clients[..senders] {
            client.write_all(&self.request)?;
        }
        let mut room = vec![0; self.response.len()];
        for client in &mut *clients {
            client.read_exact(&mut room)?;
            if room != self.response {
                return Err(io::Error::other("something else came back"));
            }
        }
        Ok(clients.len() * self.messages)
    }
}

/// A binary message of `length` letters.
fn frame(length: usize, key: Option<[u8; 4]>) -> Vec<u8> {
    let mask_bit = if key.is_some() { 0x80 } else { 0 };
    let mut frame = vec![0x82];
    match length {
        0..=125 => frame.push(mask_bit | length as u8),
        126..=0xffff => {
            frame.push(mask_bit | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        _ => {
            frame.push(mask_bit | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(key.iter().flatten());
    let key = key.unwrap_or_default();
    frame.extend((0..length).map(|at| b'x' ^ key[at % 4]));
    frame
}

fn connect_all(address: &str, connections: usize) -> io::Result<Vec<TcpStream>> {
    (0..connections).map(|_| connect(address)).collect()
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let mut stream = wait_for_server(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_write_timeout(Some(SILENCE))?;
    stream.write_all(REQUEST)?;
    let mut head = Vec::new();
    // Byte by byte, as the first message may follow.
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    if head.starts_with(b"HTTP/1.1 101") {
        Ok(stream)
    } else {
        Err(io::Error::other("no WebSocket"))
    }
}

fn wait_for_server(address: &str) -> io::Result<TcpStream> {
    let begin = Instant::now();
    loop {
        match TcpStream::connect(address) {
            Err(error)
                if error.kind() == io::ErrorKind::ConnectionRefused
                    && begin.elapsed() < PATIENCE =>
            {
                thread::sleep(Duration::from_millis(20));
            }
            result => return result,
        }
    }
}
