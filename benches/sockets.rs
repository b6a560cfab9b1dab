//! What WebSockets cost a server over loopback, beside a TCP echo that knows no protocol: processor
//! time for a message, pipelined, and memory for an idle connection.
//!
//! The servers are processes of their own, one thread on tokio each, and the rounds alternate
//! between them. Their processor time comes from the kernel's scheduler. Times are good only as
//! ratios within one run. Linux only; needs 10,050 file descriptors a process (`ulimit -n`).

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use websocket_proto::frame::{FrameHeader, MaskKey, OpCode, mask};
use websocket_proto::{Event, io::tokio as adapter};

const CONNECTIONS: usize = 100;
const IN_FLIGHT: usize = 64;
const ROUNDS: usize = 9;
/// Batches of `IN_FLIGHT` messages on each connection in a round.
const BATCHES: usize = 60;
const IDLE: usize = 10_000;
const SERVER: &str = "SOCKETS_BENCH_SERVER";

#[derive(Clone, Copy)]
enum Kind {
    Raw,
    WebSocket,
}

fn main() -> io::Result<()> {
    match std::env::var(SERVER).as_deref() {
        Ok("raw") => serve(Kind::Raw),
        Ok(_) => serve(Kind::WebSocket),
        // A smoke run.
        Err(_) if std::env::args().any(|argument| argument == "--test") => {
            compare_speed(1, 1)?;
            compare_memory(CONNECTIONS)
        }
        Err(_) => {
            compare_speed(ROUNDS, BATCHES)?;
            compare_memory(IDLE)
        }
    }
}

fn compare_speed(rounds: usize, batches: usize) -> io::Result<()> {
    println!("{CONNECTIONS} connections, {IN_FLIGHT} messages in flight on each");
    for len in [20, 1024] {
        let start = |kind| Load::start(kind, CONNECTIONS, &vec![b'x'; len], IN_FLIGHT);
        let (mut raw, mut ours) = (start(Kind::Raw)?, start(Kind::WebSocket)?);
        let mut costs = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            costs[0].push(raw.round(batches)?);
            costs[1].push(ours.round(batches)?);
        }
        let [raw, ours] = costs.map(median);
        println!(
            "{len:5} B: raw TCP {raw:6.0} ns, websocket-proto {ours:6.0} ns of server time a \
             message: {:.2} times",
            ours / raw
        );
    }
    Ok(())
}

/// After each connection has carried a message of 64 KiB.
fn compare_memory(connections: usize) -> io::Result<()> {
    let raw = memory(Kind::Raw, connections)?;
    let ours = memory(Kind::WebSocket, connections)?;
    println!(
        "{connections} idle connections: raw TCP {raw} bytes each, websocket-proto {ours}: {} more",
        ours - raw
    );
    Ok(())
}

fn memory(kind: Kind, connections: usize) -> io::Result<i64> {
    let mut load = Load::start(kind, 1, &vec![b'x'; 64 << 10], 1)?;
    load.round(1)?;
    let before = load.server_memory()?;
    load.connect(connections)?;
    load.round(1)?;
    Ok((load.server_memory()? - before) / connections as i64)
}

fn median(mut costs: Vec<f64>) -> f64 {
    costs.sort_by(f64::total_cmp);
    costs[costs.len() / 2]
}

/// Clients that know no library: bytes made beforehand go out, and as many as expected come back.
struct Load {
    server: Child,
    kind: Kind,
    address: SocketAddr,
    clients: Vec<TcpStream>,
    request: Vec<u8>,
    response: Vec<u8>,
    /// Messages in a request.
    messages: usize,
}

impl Load {
    /// So many clients that send the message so many times before they read.
    fn start(kind: Kind, clients: usize, message: &[u8], messages: usize) -> io::Result<Self> {
        let (server, address) = spawn(kind)?;
        let request = frame(message, Some(MaskKey::new([1, 2, 3, 4]))).repeat(messages);
        let response = match kind {
            Kind::Raw => request.clone(),
            Kind::WebSocket => frame(message, None).repeat(messages),
        };
        let clients_so_far = Vec::new();
        let mut load =
            Self { server, kind, address, clients: clients_so_far, request, response, messages };
        load.connect(clients)?;
        Ok(load)
    }

    fn connect(&mut self, clients: usize) -> io::Result<()> {
        for _ in 0..clients {
            self.clients.push(connect(self.kind, self.address)?);
        }
        Ok(())
    }

    /// The server's nanoseconds a message.
    fn round(&mut self, batches: usize) -> io::Result<f64> {
        let before = self.server_time()?;
        let mut echoed = vec![0; self.response.len()];
        for _ in 0..batches {
            for clients in self.clients.chunks_mut(CONNECTIONS) {
                for client in &mut *clients {
                    client.write_all(&self.request)?;
                }
                for client in clients {
                    client.read_exact(&mut echoed)?;
                    assert!(echoed == self.response, "the echo is another");
                }
            }
        }
        let messages = (batches * self.clients.len() * self.messages) as f64;
        Ok((self.server_time()? - before) as f64 / messages)
    }

    /// What of the server's memory is not in files, in bytes.
    fn server_memory(&self) -> io::Result<i64> {
        let status = self.server_file("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<i64>().ok());
        Ok(kilobytes.ok_or_else(|| io::Error::other("no RssAnon in /proc/PID/status"))? << 10)
    }

    /// The time that the server ran, in nanoseconds.
    fn server_time(&self) -> io::Result<u64> {
        let stat = self.server_file("schedstat")?;
        let time = stat.split_whitespace().next().and_then(|time| time.parse().ok());
        time.ok_or_else(|| io::Error::other("no time in /proc/PID/schedstat"))
    }

    fn server_file(&self, name: &str) -> io::Result<String> {
        std::fs::read_to_string(format!("/proc/{}/{name}", self.server.id()))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // It stops by itself when its input ends, too.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A server in a process of its own, and where it listens.
fn spawn(kind: Kind) -> io::Result<(Child, SocketAddr)> {
    let name = if let Kind::Raw = kind { "raw" } else { "websocket" };
    let mut server = Command::new(std::env::current_exe()?)
        .env(SERVER, name)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    let output = server.stdout.take().ok_or_else(|| io::Error::other("no output of the server"))?;
    BufReader::new(output).read_line(&mut line)?;
    Ok((server, line.trim().parse().map_err(io::Error::other)?))
}

fn connect(kind: Kind, address: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    if let Kind::WebSocket = kind {
        stream.write_all(
            b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        )?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.extend(byte);
        }
    }
    Ok(stream)
}

fn frame(message: &[u8], key: Option<MaskKey>) -> Vec<u8> {
    let len = message.len() as u64;
    let header = FrameHeader { fin: true, opcode: OpCode::Binary, mask: key, len };
    let mut frame = header.encode().as_bytes().to_vec();
    mask::append(message, &mut frame, key.unwrap_or(MaskKey::new([0; 4])));
    frame
}

#[tokio::main(flavor = "current_thread")]
async fn serve(kind: Kind) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    std::thread::spawn(|| {
        // The end of its input is the end of the server.
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        match kind {
            Kind::Raw => tokio::spawn(echo_raw(stream)),
            Kind::WebSocket => tokio::spawn(echo(stream)),
        };
    }
}

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; 256 << 10]);
}

/// As lean as it gets: no memory of its own while there is nothing to read.
async fn echo_raw(mut stream: tokio::net::TcpStream) {
    while stream.readable().await.is_ok() {
        let rest = BUFFER.with_borrow_mut(|buffer| {
            let len = stream.try_read(buffer)?;
            let written = stream.try_write(&buffer[..len]).unwrap_or(0);
            Ok::<_, io::Error>((len > 0).then(|| buffer[written..len].to_vec()))
        });
        match rest {
            Ok(Some(rest)) if stream.write_all(&rest).await.is_ok() => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => return,
        }
    }
}

async fn echo(stream: tokio::net::TcpStream) {
    let Ok(mut socket) = adapter::accept(stream).await else { return };
    while let Ok(Some((event, reply))) = socket.next().await {
        let sent = match event {
            Event::Text(text) => reply.send_text(text).await,
            Event::Binary(data) => reply.send_binary(data).await,
            _ => Ok(()),
        };
        if sent.is_err() {
            return;
        }
    }
}
