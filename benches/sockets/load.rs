//! The clients of a server, and what they measure of it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};

use websocket_proto::frame::{FrameHeader, MaskKey, OpCode, mask};

use super::server::{Kind, Server};

/// How many clients are busy at a time.
pub(crate) const CONNECTIONS: usize = 100;

/// Clients that use no WebSocket crate: they send bytes that were made beforehand, and compare what
/// comes back. The server runs until this value is dropped.
pub(crate) struct Load {
    process: Child,
    server: Server,
    address: SocketAddr,
    clients: Vec<TcpStream>,
    request: Vec<u8>,
    response: Vec<u8>,
    /// How many messages a request has.
    messages: usize,
}

impl Load {
    /// Starts the server and connects the clients. A request is the message `messages` times.
    pub(crate) fn start(
        server: Server,
        clients: usize,
        message: &[u8],
        messages: usize,
    ) -> io::Result<Self> {
        let (process, address) = spawn(server)?;
        let request = frame(message, Some(MaskKey::new([1, 2, 3, 4]))).repeat(messages);
        let response = match server.kind {
            Kind::Raw => request.clone(),
            Kind::WebSocket => frame(message, None).repeat(messages),
        };
        let no_clients = Vec::new();
        let mut load =
            Self { process, server, address, clients: no_clients, request, response, messages };
        load.connect(clients)?;
        Ok(load)
    }

    /// Connects more clients.
    pub(crate) fn connect(&mut self, clients: usize) -> io::Result<()> {
        for _ in 0..clients {
            self.clients.push(connect(self.server.kind, self.address)?);
        }
        Ok(())
    }

    /// Runs a round, and returns the nanoseconds that the server ran for a message. In each batch,
    /// all clients send their request and read the response.
    pub(crate) fn round(&mut self, batches: usize) -> io::Result<f64> {
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

    /// The memory of the server that does not come from files, in bytes.
    pub(crate) fn server_memory(&self) -> io::Result<i64> {
        let status = self.server_file("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<i64>().ok());
        Ok(kilobytes.ok_or_else(|| io::Error::other("no RssAnon in /proc/PID/status"))? << 10)
    }

    /// How long the server has run on the processor, in nanoseconds.
    fn server_time(&self) -> io::Result<u64> {
        let stat = self.server_file("schedstat")?;
        let time = stat.split_whitespace().next().and_then(|time| time.parse().ok());
        time.ok_or_else(|| io::Error::other("no time in /proc/PID/schedstat"))
    }

    fn server_file(&self, name: &str) -> io::Result<String> {
        std::fs::read_to_string(format!("/proc/{}/{name}", self.process.id()))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // The server also ends when its input does, but it may be busy.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts a server in a process of its own, and returns its address.
fn spawn(server: Server) -> io::Result<(Child, SocketAddr)> {
    let mut process = server.command()?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    let output =
        process.stdout.take().ok_or_else(|| io::Error::other("no output of the server"))?;
    BufReader::new(output).read_line(&mut line)?;
    Ok((process, line.trim().parse().map_err(io::Error::other)?))
}

/// Opens a connection, with the handshake if the server speaks WebSocket.
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

/// A message in one frame.
fn frame(message: &[u8], key: Option<MaskKey>) -> Vec<u8> {
    let len = message.len() as u64;
    let header =
        FrameHeader { fin: true, compressed: false, opcode: OpCode::Binary, mask: key, len };
    let mut frame = header.encode().as_bytes().to_vec();
    mask::append(message, &mut frame, key.unwrap_or(MaskKey::new([0; 4])));
    frame
}
