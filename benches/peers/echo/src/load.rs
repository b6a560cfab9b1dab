//! The clients of one server: one thread, sockets that do not block, and no WebSocket crate.

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};

use crate::channel::Channel;
use crate::process::Process;
use crate::traffic::{ReplyChecker, Traffic};

/// A server that sends nothing for this long has stalled.
const STALL_TIMEOUT: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };
/// How long the clients are busy before a round is measured, as a share of the round.
const WARM_UP: f64 = 0.2;

/// The clients of a server, connected.
pub(crate) struct Load<'t> {
    process: &'t Process,
    traffic: &'t Traffic,
    clients: Vec<Client<'t>>,
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
    buffer: Vec<u8>,
}

/// What was measured in a round.
#[derive(Clone)]
pub(crate) struct Measured {
    /// The nanoseconds that the server ran for a message.
    pub(crate) server_time: f64,
    /// The messages a second of all clients together.
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
            epoll::add(
                &epoll,
                client.stream.tcp(),
                epoll::EventData::new_u64(index as u64),
                flags,
            )?;
        }
        let events = Vec::with_capacity(256);
        Ok(Self { process, traffic, clients, epoll, events, buffer: vec![0; 256 << 10] })
    }

    /// Keeps the clients busy, and measures the server after it has warmed up.
    pub(crate) fn round(&mut self, duration: Duration) -> io::Result<Measured> {
        self.run(duration.mul_f64(WARM_UP))?;
        let (start, before) = (Instant::now(), self.process.run_time()?);
        let messages = self.run(duration)? as f64;
        let (elapsed, time) = (start.elapsed(), self.process.run_time()? - before);
        Ok(Measured { server_time: time as f64 / messages, rate: messages / elapsed.as_secs_f64() })
    }

    /// Keeps the clients busy, and returns how many messages were answered.
    fn run(&mut self, duration: Duration) -> io::Result<usize> {
        let (start, mut messages) = (Instant::now(), 0);
        while start.elapsed() < duration {
            self.events.clear();
            epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut self.events),
                Some(&STALL_TIMEOUT),
            )?;
            if self.events.is_empty() {
                return Err(io::Error::other("the server stalls"));
            }
            for event in &self.events {
                let client = &mut self.clients[event.data.u64() as usize];
                messages += client.exchange(self.traffic, &mut self.buffer)?;
            }
        }
        Ok(messages)
    }
}

struct Client<'t> {
    stream: Channel,
    /// The index of the next byte to send in the requests.
    position: usize,
    /// How many bytes may be sent before more replies arrive.
    room: usize,
    checker: ReplyChecker,
    traffic: &'t Traffic,
}

impl<'t> Client<'t> {
    fn connect(process: &Process, traffic: &'t Traffic) -> io::Result<Self> {
        let stream = process.connect()?;
        stream.tcp().set_nonblocking(true)?;
        let room = traffic.requests().len();
        Ok(Self { stream, position: 0, room, checker: ReplyChecker::default(), traffic })
    }

    /// Reads all that has arrived and sends all that may be sent, and returns how many messages
    /// were answered.
    fn exchange(&mut self, traffic: &Traffic, buffer: &mut [u8]) -> io::Result<usize> {
        let mut replies = 0;
        while let Some(len) = unless_blocked(self.stream.read(buffer))? {
            replies += self.checker.check(&buffer[..len], traffic)?;
            if len < buffer.len() && self.stream.short_read_is_last() {
                break;
            }
        }
        self.room += replies * traffic.request_len();
        self.send()?;
        Ok(replies * traffic.messages())
    }

    fn send(&mut self) -> io::Result<()> {
        let requests = self.traffic.requests();
        while self.room > 0 {
            let end = requests.len().min(self.position + self.room);
            let Some(len) = unless_blocked(self.stream.write(&requests[self.position..end]))?
            else {
                break;
            };
            self.room -= len;
            self.position = (self.position + len) % requests.len();
        }
        Ok(())
    }
}

/// The length that was read or written, and `None` if the socket would block. The end of the stream
/// is an error.
fn unless_blocked(done: io::Result<usize>) -> io::Result<Option<usize>> {
    match done {
        Ok(0) => Err(io::Error::other("the server closed a connection")),
        Ok(len) => Ok(Some(len)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}
