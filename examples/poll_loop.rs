//! Many connections on one thread, in a poll loop of one's own: an echo server on mio.
//!
//! Sockets never block, so each connection keeps its state between two turns: its [`Connection`]
//! and what is not written yet. The memory to read into is one window for all of them, lent to the
//! connection whose turn it is. Connections also wait for deadlines; the set of alarms knows which
//! is next.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net::Shutdown;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use websocket_proto::handshake::Acceptance;
use websocket_proto::{Config, Connection, Event, Incoming, Outgoing, Progress, Time, Transport};

const LISTENER: Token = Token(0);

/// The pause before connections are accepted again when accepting has failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How often one turn reads. A peer that never pauses must not keep the others waiting.
const READS_PER_TURN: usize = 16;

fn main() -> io::Result<()> {
    let listen = std::env::args().nth(1).unwrap_or("127.0.0.1:9001".into());
    let listener = std::net::TcpListener::bind(listen)?;
    println!("listening on ws://{}", listener.local_addr()?);
    serve(listener, Config::default())
}

/// Serves whoever connects; returns only if polling itself fails.
pub(crate) fn serve(listener: std::net::TcpListener, config: Config) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let mut listener = TcpListener::from_std(listener);
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let server = Server {
        poll,
        listener,
        config,
        origin: Instant::now(),
        peers: HashMap::new(),
        next_token: 1,
        turns: VecDeque::new(),
        alarms: BTreeSet::new(),
        window: vec![0; 64 << 10],
    };
    server.run()
}

struct Server {
    poll: Poll,
    listener: TcpListener,
    config: Config,
    /// The origin of all times.
    origin: Instant,
    peers: HashMap<Token, Peer>,
    /// The token of the next connection.
    next_token: usize,
    /// The connections that have something to do, and the listener if it has.
    turns: VecDeque<Token>,
    /// When connections get a turn even if nothing happens on their sockets.
    alarms: BTreeSet<(Time, Token)>,
    window: Vec<u8>,
}

struct Peer {
    stream: TcpStream,
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
    /// The time of the connection's entry among the alarms.
    alarm: Option<Time>,
    /// `Event::Ended` was reported.
    has_ended: bool,
    write_ended: bool,
}

/// What is to be done with a connection after a turn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// There may be more to do: give it another turn, after all others.
    Again,
    /// The socket has nothing more, or takes nothing more: wait for it.
    Wait,
    /// The connection has ended.
    Drop,
}

impl Server {
    fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(256);
        loop {
            match self.poll.poll(&mut events, self.time_to_next_turn()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result?,
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept(),
                    token => self.turns.push_back(token),
                }
            }
            self.ring_alarms();
            for _ in 0..self.turns.len() {
                let token = self.turns.pop_front();
                token.into_iter().for_each(|token| self.give_turn(token));
            }
        }
    }

    /// How long nothing has to be done unless a socket is ready. `None` is for ever.
    fn time_to_next_turn(&self) -> Option<Duration> {
        if !self.turns.is_empty() {
            return Some(Duration::ZERO);
        }
        self.alarms.first().map(|(at, _)| at.since(self.now()))
    }

    /// Accepts all connections that wait, as mio reports only once that there are some.
    fn accept(&mut self) {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    if let Err(error) = self.welcome(stream) {
                        eprintln!("poll_loop: {error}");
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // The peer has already disconnected.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    eprintln!("poll_loop: {error}");
                    // For example, too many files are open. mio does not report again the
                    // connections that wait, so an alarm is set.
                    self.alarms.insert((self.now().after(ACCEPT_PAUSE), LISTENER));
                    return;
                }
            }
        }
    }

    fn welcome(&mut self, mut stream: TcpStream) -> io::Result<()> {
        let token = Token(self.next_token);
        self.next_token += 1;
        stream.set_nodelay(true)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, token, interest)?;
        let connection = Connection::server(self.config, self.now());
        self.peers.insert(token, Peer::new(stream, connection));
        self.turns.push_back(token);
        Ok(())
    }

    fn ring_alarms(&mut self) {
        let now = self.now();
        while let Some(&(at, token)) = self.alarms.first().filter(|(at, _)| *at <= now) {
            self.alarms.remove(&(at, token));
            self.turns.push_back(token);
        }
    }

    fn give_turn(&mut self, token: Token) {
        if token == LISTENER {
            return self.accept();
        }
        // The connection may have ended in an earlier turn.
        let Some(peer) = self.peers.get_mut(&token) else { return };
        let next = peer.take_turn(self.origin, &mut self.window);
        if let Some(alarm) = peer.alarm.take() {
            self.alarms.remove(&(alarm, token));
        }
        peer.alarm = peer.connection.poll_timeout();
        match next {
            Next::Drop => drop(self.peers.remove(&token)),
            Next::Again => self.turns.push_back(token),
            Next::Wait => self.alarms.extend(peer.alarm.map(|alarm| (alarm, token))),
        }
    }

    fn now(&self) -> Time {
        Time::new(self.origin.elapsed())
    }
}

impl Peer {
    fn new(stream: TcpStream, connection: Connection) -> Self {
        Self {
            stream,
            connection,
            incoming: Incoming::new(),
            outgoing: Outgoing::new(),
            alarm: None,
            has_ended: false,
            write_ended: false,
        }
    }

    /// Receives, answers and writes, with the window lent for the time of the turn. What is unread
    /// when the window is taken back is kept.
    fn take_turn(&mut self, origin: Instant, window: &mut Vec<u8>) -> Next {
        self.incoming.lend_window(mem::take(window));
        let mut next = self.do_io(origin);
        // Bytes come before time: what the peer has sent in time counts, even if it is read late.
        let now = Time::new(origin.elapsed());
        if next == Next::Wait && self.connection.poll_timeout().is_some_and(|at| at <= now) {
            self.connection.handle_timeout(now, &mut self.outgoing);
            next = self.do_io(origin);
        }
        *window = self.incoming.take_back_window();
        next
    }

    fn do_io(&mut self, origin: Instant) -> Next {
        for _ in 0..READS_PER_TURN {
            self.handle_events(Time::new(origin.elapsed()));
            match self.write().and_then(|is_blocked| self.end_or_read(is_blocked)) {
                Ok(Next::Again) => {}
                Ok(next) => return next,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Next::Wait,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    eprintln!("poll_loop: {error}");
                    // The next pass of the loop ends the connection.
                    self.connection.handle_transport_failure(&mut self.outgoing);
                }
            }
        }
        Next::Again
    }

    /// Answers until everything that was read is used up, or there is no room for more answers.
    fn handle_events(&mut self, now: Time) {
        while !self.is_full() {
            match self.connection.receive(now, &mut self.incoming, &mut self.outgoing) {
                Ok(Progress::Event) => {}
                Ok(Progress::NeedBytes | Progress::Ended) => return,
                // The Close frame that the peer is owed has been queued: go on, and it is written.
                Err(error) => {
                    eprintln!("poll_loop: {error}");
                    continue;
                }
            }
            if let Err(error) = self.answer(now) {
                eprintln!("poll_loop: {error}");
            }
        }
    }

    fn answer(&mut self, now: Time) -> Result<(), Box<dyn std::error::Error>> {
        let Self { connection, outgoing, .. } = self;
        match self.incoming.event() {
            Some(Event::Request(_)) => connection.accept(now, &Acceptance::new(), outgoing)?,
            Some(Event::Text(text)) => connection.send_text(text, outgoing)?,
            Some(Event::Binary(data)) => connection.send_binary(data, outgoing)?,
            Some(Event::Ended(_)) => self.has_ended = true,
            _ => {}
        }
        Ok(())
    }

    /// Whether so much waits to be written that nothing more is received. Soon the peer cannot send
    /// any more, either.
    fn is_full(&self) -> bool {
        self.outgoing.len() > self.connection.config().limits.output
    }

    /// Writes until everything is written or the socket takes no more. Returns whether it takes no
    /// more.
    fn write(&mut self) -> io::Result<bool> {
        while !self.outgoing.is_empty() {
            match self.stream.write(self.outgoing.first_piece()) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(len) => self.outgoing.advance(len),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            }
        }
        self.outgoing.shrink();
        Ok(false)
    }

    /// Ends the stream if the connection asks for that; otherwise reads once, if there is room for
    /// answers.
    fn end_or_read(&mut self, is_blocked: bool) -> io::Result<Next> {
        match self.connection.transport() {
            // What cannot be written by the last deadline is dropped.
            Transport::Close if !is_blocked || self.connection.poll_timeout().is_none() => {
                return Ok(if self.has_ended { Next::Drop } else { Next::Again });
            }
            Transport::Close => return Ok(Next::Wait),
            Transport::ShutdownWrite if !is_blocked && !self.write_ended => {
                self.write_ended = true;
                // This fails only if the stream has ended, which reading reports.
                let _ = self.stream.shutdown(Shutdown::Write);
            }
            Transport::ShutdownWrite | Transport::Keep => {}
        }
        if self.is_full() && is_blocked {
            return Ok(Next::Wait);
        }
        // Bytes that were not used up, as there was no room, come before those in the socket.
        if self.incoming.unread().is_empty() { self.read() } else { Ok(Next::Again) }
    }

    fn read(&mut self) -> io::Result<Next> {
        match self.stream.read(self.incoming.space())? {
            0 => self.connection.receive_eof(),
            len => self.incoming.commit(len),
        }
        Ok(Next::Again)
    }
}
