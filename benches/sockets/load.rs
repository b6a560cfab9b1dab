//! The clients, and the server they watch.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};

use websocket_proto::frame::{FrameHeader, MaskKey, OpCode, mask};

use super::server::{Kind, Server};

/// How many clients are busy at a time.
pub(crate) const CONNECTIONS: usize = 100;

/// Clients that know no library: bytes made beforehand go out, and as many as expected come back.
pub(crate) struct Load {
    process: Child,
    server: Server,
    address: SocketAddr,
    clients: Vec<TcpStream>,
    request: Vec<u8>,
    response: Vec<u8>,
    /// Messages in a request.
    messages: usize,
}

impl Load {
    /// So many clients that send the message so many times before they read.
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
        let clients_so_far = Vec::new();
        let mut load =
            Self { process, server, address, clients: clients_so_far, request, response, messages };
        load.connect(clients)?;
        Ok(load)
    }

    pub(crate) fn connect(&mut self, clients: usize) -> io::Result<()> {
        for _ in 0..clients {
            self.clients.push(connect(self.server.kind, self.address)?);
        }
        Ok(())
    }

    /// The server's nanoseconds a message.
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

    /// What of the server's memory is not in files, in bytes.
    pub(crate) fn server_memory(&self) -> io::Result<i64> {
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
        std::fs::read_to_string(format!("/proc/{}/{name}", self.process.id()))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // It stops by itself when its input ends, too.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A server in a process of its own, and where it listens.
fn spawn(server: Server) -> io::Result<(Child, SocketAddr)> {
    let mut process = server.command()?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    let output =
        process.stdout.take().ok_or_else(|| io::Error::other("no output of the server"))?;
    BufReader::new(output).read_line(&mut line)?;
    Ok((process, line.trim().parse().map_err(io::Error::other)?))
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
    let header =
        FrameHeader { fin: true, compressed: false, opcode: OpCode::Binary, mask: key, len };
    let mut frame = header.encode().as_bytes().to_vec();
    mask::append(message, &mut frame, key.unwrap_or(MaskKey::new([0; 4])));
    frame
}
