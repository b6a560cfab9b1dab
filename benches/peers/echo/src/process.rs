//! A server as its clients see it.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Child;

use crate::peers::Server;

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

pub(crate) struct Process {
    process: Child,
    address: SocketAddr,
    server: Server,
}

impl Process {
    /// On a core of its own.
    pub(crate) fn start(server: Server, core: usize) -> io::Result<Self> {
        let mut process = common::worker(&format!("echo:{}", server.name))?.spawn()?;
        common::cores::pin(Some(process.id()), core)?;
        let output = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().parse().map_err(io::Error::other)?;
        Ok(Self { process, address, server })
    }

    pub(crate) const fn server(&self) -> Server {
        self.server
    }

    /// A connection behind its handshake.
    pub(crate) fn connect(&self) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        if !self.server.is_raw() {
            stream.write_all(REQUEST.as_bytes())?;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte)?;
                head.extend(byte);
            }
        }
        Ok(stream)
    }

    /// The time that it ran, in nanoseconds.
    pub(crate) fn time(&self) -> io::Result<u64> {
        let stat = self.file("schedstat")?;
        let time = stat.split_whitespace().next().and_then(|time| time.parse().ok());
        time.ok_or_else(|| io::Error::other("no time in /proc/PID/schedstat"))
    }

    /// What of its memory is not in files, in bytes.
    pub(crate) fn memory(&self) -> io::Result<f64> {
        let status = self.file("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u32>().ok());
        let kilobytes = kilobytes.ok_or_else(|| io::Error::other("no RssAnon in /proc/PID/status"));
        Ok(f64::from(kilobytes?) * 1024.0)
    }

    fn file(&self, name: &str) -> io::Result<String> {
        fs::read_to_string(format!("/proc/{}/{name}", self.process.id()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It ends with its input, but it may be busy.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
