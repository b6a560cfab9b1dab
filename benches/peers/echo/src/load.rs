//! The clients of one server: one thread, sockets that do not block, and no library.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};

use crate::process::Process;
use crate::traffic::{Replies, Traffic};

/// A server that sends nothing for so long has stalled.
const PATIENCE: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };
/// A share of a round, before it is measured.
const WARM_UP: f64 = 0.2;

pub(crate) struct Load<'t> {
    process: &'t Process,
    traffic: &'t Traffic,
    clients: Vec<Client<'t>>,
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
    buffer: Vec<u8>,
}

/// Of one round.
pub(crate) struct Measured {
    /// The server's, in nanoseconds a message.
    pub(crate) time: f64,
    /// Messages a second, of all clients.
    pub(crate) rate: f64,
}

impl<'t> Load<'t> {
    pub(crate) fn connect(
        process: &'t Process,
        traffic: &'t Traffic,
        clients: usize,
    ) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let connect = |_| Client::connect(process, traffic);
        let clients = (0..clients).map(connect).collect::<io::Result<Vec<_>>>()?;
        let flags = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::ET;
        for (index, client) in clients.iter().enumerate() {
            epoll::add(&epoll, &client.stream, epoll::EventData::new_u64(index as u64), flags)?;
        }
        let events = Vec::with_capacity(256);
        Ok(Self { process, traffic, clients, epoll, events, buffer: vec![0; 256 << 10] })
    }

    /// Keeps the clients busy for so long, and measures the server.
    pub(crate) fn round(&mut self, duration: Duration) -> io::Result<Measured> {
        self.run(duration.mul_f64(WARM_UP))?;
        let (start, before) = (Instant::now(), self.process.time()?);
        let messages = self.run(duration)? as f64;
        let (elapsed, time) = (start.elapsed(), self.process.time()? - before);
        Ok(Measured { time: time as f64 / messages, rate: messages / elapsed.as_secs_f64() })
    }

    /// How many messages came back.
    fn run(&mut self, duration: Duration) -> io::Result<usize> {
        let (start, mut messages) = (Instant::now(), 0);
        while start.elapsed() < duration {
            self.events.clear();
            epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut self.events),
                Some(&PATIENCE),
            )?;
            if self.events.is_empty() {
                return Err(io::Error::other("the server stalls"));
            }
            for event in &self.events {
                let client = &mut self.clients[event.data.u64() as usize];
                messages += client.go_on(self.traffic, &mut self.buffer)?;
            }
        }
        Ok(messages)
    }
}

struct Client<'t> {
    stream: TcpStream,
    /// What was sent, in the requests that may be in flight at once.
    sent: usize,
    /// Bytes that may be sent now.
    room: usize,
    replies: Replies,
    traffic: &'t Traffic,
}

impl<'t> Client<'t> {
    fn connect(process: &Process, traffic: &'t Traffic) -> io::Result<Self> {
        let stream = process.connect()?;
        stream.set_nonblocking(true)?;
        let room = traffic.requests().len();
        Ok(Self { stream, sent: 0, room, replies: Replies::default(), traffic })
    }

    /// Reads all there is, and sends all that may be sent; how many messages came back.
    fn go_on(&mut self, traffic: &Traffic, buffer: &mut [u8]) -> io::Result<usize> {
        let mut messages = 0;
        while let Some(len) = now(self.stream.read(buffer))? {
            messages += self.replies.take(&buffer[..len], traffic)?;
            if len < buffer.len() {
                break;
            }
        }
        self.room += messages * traffic.request_len();
        self.send()?;
        Ok(messages)
    }

    fn send(&mut self) -> io::Result<()> {
        let requests = self.traffic.requests();
        while self.room > 0 {
            let end = requests.len().min(self.sent + self.room);
            let Some(len) = now(self.stream.write(&requests[self.sent..end]))? else { break };
            self.room -= len;
            self.sent = (self.sent + len) % requests.len();
        }
        Ok(())
    }
}

/// `None` if it would block; the end of the stream is a failure.
fn now(done: io::Result<usize>) -> io::Result<Option<usize>> {
    match done {
        Ok(0) => Err(io::Error::other("the server closed a connection")),
        Ok(len) => Ok(Some(len)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}
