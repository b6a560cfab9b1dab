//! The process of a server, as its clients see it.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Child;
use std::sync::Arc;

use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::channel::Channel;
use crate::job::Job;
use crate::over::Over;
use crate::peers::Server;
use crate::tls::{HOST, Identity};
use crate::traffic::Echo;

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// A server that runs until this value is dropped.
pub(crate) struct Process {
    process: Child,
    address: SocketAddr,
    server: Server,
    /// The clients' configuration of TLS, if it is over TLS.
    tls: Option<Arc<ClientConfig>>,
}

impl Process {
    /// Starts a server, on this core if it has one worker.
    pub(crate) fn start(server: Server, job: Job, core: usize) -> io::Result<Self> {
        let mut command = common::worker_command(&format!("echo:{job}:{}", server.name))?;
        let mut tls = None;
        if job.over == Over::Tls {
            let identity = Identity::new().map_err(io::Error::other)?;
            command.envs(identity.variables());
            tls = Some(identity.client_config().map_err(io::Error::other)?);
        }
        let mut process = command.spawn()?;
        if job.workers == 1 {
            common::cores::pin_process(process.id(), core)?;
        }
        let output = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().parse().map_err(io::Error::other)?;
        Ok(Self { process, address, server, tls })
    }

    pub(crate) const fn server(&self) -> Server {
        self.server
    }

    /// Opens a connection, with the handshake if the server speaks WebSocket.
    pub(crate) fn connect(&self) -> io::Result<Channel> {
        let tcp = TcpStream::connect(self.address)?;
        tcp.set_nodelay(true)?;
        let mut stream = match &self.tls {
            None => Channel::Plain(tcp),
            Some(config) => {
                let host = HOST.try_into().map_err(io::Error::other)?;
                let session = ClientConnection::new(Arc::clone(config), host);
                let session = session.map_err(io::Error::other)?;
                let mut stream = StreamOwned::new(session, tcp);
                while stream.conn.is_handshaking() {
                    stream.conn.complete_io(&mut stream.sock)?;
                }
                Channel::Secure(Box::new(stream))
            }
        };
        if let Echo::Messages = self.server.echo() {
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

    /// How long the threads of the server have run on processors, in nanoseconds.
    pub(crate) fn run_time(&self) -> io::Result<u64> {
        let mut sum = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.process.id()))? {
            let stat = fs::read_to_string(thread?.path().join("schedstat"))?;
            let time = stat.split_whitespace().next().and_then(|time| time.parse::<u64>().ok());
            sum += time.ok_or_else(|| io::Error::other("no time in /proc/PID/task/*/schedstat"))?;
        }
        Ok(sum)
    }

    /// The memory of the server that does not come from files, in bytes.
    pub(crate) fn memory(&self) -> io::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u32>().ok());
        let kilobytes = kilobytes.ok_or_else(|| io::Error::other("no RssAnon in /proc/PID/status"));
        Ok(f64::from(kilobytes?) * 1024.0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The server ends when its input does, but it may be busy.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
