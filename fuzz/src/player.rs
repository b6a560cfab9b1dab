//! Plays input against one connection and writes down what happens.

use websocket_proto::handshake::{Acceptance, Rejection};
use websocket_proto::{
    CloseCode, DeflateContexts, Event, EndCause, MessageKind, Outgoing, Progress, SendError, Time,
};

use crate::side::Side;
use crate::told::{Told, told};

/// How it is played. Nothing that happens may depend on the fields of `Reads`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// The application answers each message with the same.
    pub(crate) echoes: bool,
    /// The application closes at the first message.
    pub(crate) closes: bool,
    /// Nothing is written before the end.
    pub(crate) held: bool,
    pub(crate) end: End,
    pub(crate) decision: Decision,
    pub(crate) reads: Reads,
}

/// How the memory is used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reads {
    /// Bytes are copied in; otherwise a window is lent for each read.
    pub(crate) pushed: bool,
    /// Contexts of compression are lent and taken back.
    pub(crate) contexts: bool,
    /// A request is answered when all other bytes have come, not at once.
    pub(crate) late: bool,
    /// Messages and control frames are taken as owned ones, and not only looked at.
    pub(crate) taken: bool,
}

/// How it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum End {
    #[default]
    Eof,
    Failure,
    /// Nothing comes any more, and deadlines pass.
    Silence,
}

/// What a server application says to a request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Decision {
    #[default]
    Accepts,
    /// With the subprotocol that is offered first.
    AcceptsFirst,
    Rejects,
    /// Nothing, ever.
    Silence,
}

/// A connection that is played against.
pub(crate) struct Player {
    pub(crate) side: Side,
    /// Reads what is sent, if somebody does.
    peer: Option<Side>,
    options: Options,
    now: Time,
    log: Vec<Told>,
    gathered: Option<(MessageKind, Vec<u8>)>,
    asked: bool,
    /// The subprotocol that the request offers first.
    first: Option<String>,
}

impl Player {
    pub(crate) fn new(side: Side, peer: Option<Side>, options: Options) -> Self {
        let (log, now) = (Vec::new(), Time::ZERO);
        Self { side, peer, options, now, log, gathered: None, asked: false, first: None }
    }

    /// Plays these reads and the end, and tells what happened. No more heap memory than `heap` may
    /// be held for so many bytes received.
    pub(crate) fn play<'b>(
        mut self,
        reads: impl Iterator<Item = &'b [u8]>,
        heap: impl Fn(usize) -> usize,
    ) -> Vec<Told> {
        let mut received = 0;
        for read in reads {
            received += read.len();
            self.read(read);
            if !self.options.reads.pushed {
                let (held, most) = (self.side.incoming.heap(), heap(received));
                assert!(held <= most, "{held} bytes held for {received} received");
            }
        }
        if std::mem::take(&mut self.asked) {
            self.decide();
        }
        self.end();
        check(&self.log);
        self.log
    }

    fn read(&mut self, read: &[u8]) {
        let Reads { pushed, contexts, .. } = self.options.reads;
        if contexts && !read.len().is_multiple_of(3) {
            CONTEXTS.with_borrow_mut(|contexts| self.side.connection.lend_contexts(contexts));
        }
        if pushed {
            self.side.incoming.push(read);
            self.go_on();
        } else {
            self.read_into_window(read);
        }
        if contexts && !read.len().is_multiple_of(2) {
            CONTEXTS.with_borrow_mut(|contexts| self.side.connection.take_back_contexts(contexts));
        }
    }

    /// As adapters do: as much as there is room for, in a window or straight in the message.
    fn read_into_window(&mut self, mut read: &[u8]) {
        let incoming = &mut self.side.incoming;
        incoming.lend(vec![0; incoming.unread().len() + read.len()]);
        while !read.is_empty() {
            let space = self.side.incoming.space();
            let (part, rest) = read.split_at(read.len().min(space.len()));
            space[..part.len()].copy_from_slice(part);
            self.side.incoming.filled(part.len());
            self.go_on();
            read = rest;
        }
        self.side.incoming.take_back();
    }

    /// Receives until more is needed.
    fn go_on(&mut self) {
        loop {
            let Side { connection, incoming, outgoing } = &mut self.side;
            match connection.receive(self.now, incoming, outgoing) {
                Ok(Progress::Event) => self.note_event(),
                Ok(Progress::NeedBytes | Progress::Ended) => break,
                Err(error) => self.log.push(Told::Failed(error)),
            }
            self.note_sent();
        }
        self.note_sent();
    }

    fn note_event(&mut self) {
        match self.side.incoming.event().expect("an event, as `receive` said") {
            Event::MessageStart(kind) => assert!(self.gathered.replace((kind, Vec::new())).is_none()),
            Event::MessageChunk(chunk) => {
                assert!(!chunk.is_empty(), "an empty chunk");
                self.gathered.as_mut().expect("a start").1.extend_from_slice(chunk);
            }
            Event::MessageEnd => {
                let (kind, payload) = self.gathered.take().expect("a start");
                self.note(Told::message(kind, payload));
            }
            event => {
                let happened = told(event);
                self.take(&happened);
                self.note_others(happened);
            }
        }
    }

    /// What is taken is what was shown, and leaves nothing behind.
    fn take(&mut self, shown: &[Told]) {
        if self.options.reads.taken
            && let Some(message) = self.side.incoming.take_message()
        {
            assert_eq!([Told::owned(message)], shown);
            assert!(self.side.incoming.event().is_none(), "taken, and still there");
        }
    }

    /// What is no part of a message.
    fn note_others(&mut self, happened: Vec<Told>) {
        for told in happened {
            let ended = matches!(told, Told::Ended(_));
            let asked = matches!(told, Told::Head(..)) && !self.side.connection.is_client();
            self.note(told);
            if asked && let Some(Event::Request(request)) = self.side.incoming.event() {
                self.first = request.subprotocols().next().map(str::to_owned);
            }
            match asked {
                true if self.options.reads.late => self.asked = true,
                true => self.decide(),
                false if ended => {
                    let rest = self.side.incoming.unfinished_head().into();
                    self.log.push(Told::Unfinished(rest));
                }
                false => {}
            }
        }
    }

    fn note(&mut self, told: Told) {
        let echoed = if self.options.echoes { self.echo(&told) } else { Ok(()) };
        let closed = if self.options.closes { self.close_behind(&told) } else { Ok(()) };
        self.log.push(told);
        self.log.extend([echoed, closed].into_iter().filter_map(Result::err).map(Told::Refuses));
    }

    fn echo(&mut self, told: &Told) -> Result<(), SendError> {
        let Side { connection, outgoing, .. } = &mut self.side;
        match told {
            Told::Text(text) => {
                connection.send_text(str::from_utf8(text).expect("UTF-8, as it is text"), outgoing)
            }
            Told::Binary(data) => connection.send_binary(data, outgoing),
            _ => Ok(()),
        }
    }

    fn close_behind(&mut self, told: &Told) -> Result<(), SendError> {
        let Side { connection, outgoing, .. } = &mut self.side;
        match told {
            Told::Text(_) | Told::Binary(_) => {
                connection.close(self.now, CloseCode::NORMAL, "enough", outgoing)
            }
            _ => Ok(()),
        }
    }

    /// Answers the request.
    fn decide(&mut self) {
        let Side { connection, outgoing, .. } = &mut self.side;
        let acceptance = Acceptance::new();
        let acceptance =
            match self.first.take().filter(|_| self.options.decision == Decision::AcceptsFirst) {
                Some(name) => acceptance.subprotocol(&name).expect("a token, as it was offered"),
                None => acceptance,
            };
        match self.options.decision {
            Decision::Accepts | Decision::AcceptsFirst => {
                connection.accept(self.now, &acceptance, outgoing)
            }
            Decision::Rejects => {
                let rejection = Rejection::new(403).expect("a refusal").text("no");
                connection.reject(self.now, &rejection, outgoing)
            }
            Decision::Silence => Ok(()),
        }
        .expect("the request waits for an answer");
        self.go_on_behind_event();
    }

    /// Behind a late answer; behind one that is given at once, the loop goes on.
    fn go_on_behind_event(&mut self) {
        self.note_sent();
        if self.options.reads.late {
            self.go_on();
        }
    }

    fn end(&mut self) {
        self.options.held = false;
        self.note_sent();
        match self.options.end {
            End::Eof => self.side.connection.receive_eof(),
            End::Failure => self.side.connection.transport_failed(&mut self.side.outgoing),
            End::Silence => {}
        }
        self.go_on();
        self.pass_deadlines();
        // Whatever comes now, nothing happens.
        let told = self.log.len();
        self.read(b"\x81\x00GET / HTTP/1.1\r\n\r\n");
        self.side.connection.receive_eof();
        self.go_on();
        assert_eq!(self.log.len(), told, "something behind the end");
    }

    fn pass_deadlines(&mut self) {
        /// A handshake or a ping and its timeout, the exchange, and what waits to be written.
        const MOST: usize = 6;
        for _ in 0..MOST {
            let Some(deadline) = self.side.connection.poll_timeout() else { return };
            self.now = self.now.max(deadline);
            self.side.connection.handle_timeout(self.now, &mut self.side.outgoing);
            let next = self.side.connection.poll_timeout();
            assert!(next.is_none_or(|next| next > self.now), "a deadline that stays");
            self.go_on();
        }
        assert_eq!(self.side.connection.poll_timeout(), None, "deadlines without end");
    }

    /// What was sent reaches the other side, which has to accept it.
    fn note_sent(&mut self) {
        if self.options.held || self.side.outgoing.is_empty() {
            let heap = self.side.outgoing.heap();
            assert!(self.options.echoes || heap <= 1024, "{heap} bytes of output");
            return;
        }
        let sent = self.side.written();
        match &mut self.peer {
            Some(peer) => read_sent(peer, &sent, &mut self.log),
            None => self.log.push(Told::SentBytes(sent)),
        }
    }
}

fn read_sent(peer: &mut Side, sent: &[u8], log: &mut Vec<Told>) {
    let Side { connection, incoming, .. } = peer;
    assert!(!connection.is_settled(), "sent behind the Close frame");
    incoming.push(sent);
    while connection.receive(Time::ZERO, incoming, &mut Outgoing::new()).expect("good frames")
        == Progress::Event
    {
        let event = incoming.event().expect("an event");
        log.extend(told(event).into_iter().map(|told| Told::Sent(told.into())));
    }
}

/// Laws 3, 4 and 7.
fn check(log: &[Told]) {
    let count = |is: fn(&Told) -> bool| log.iter().filter(|told| is(told)).count();
    assert_eq!(count(|told| matches!(told, Told::Ended(_))), 1, "{log:?}");
    assert!(count(|told| matches!(told, Told::Failed(_))) <= 1, "{log:?}");
    let closes =
        |told: &Told| matches!(told, Told::Sent(sent) if matches!(**sent, Told::Close(..)));
    assert!(count(closes) <= 1, "{log:?}");
    check_end(log);
    if let Some(failed) = log.iter().position(|told| matches!(told, Told::Failed(_))) {
        assert!(!log[failed..].iter().any(Told::is_delivered), "{log:?}");
    }
}

/// How it ended is no news.
fn check_end(log: &[Told]) {
    let told = |is: fn(&Told) -> bool| log.iter().any(is);
    let how = log.iter().find_map(|told| match told {
        Told::Ended(ending) => Some(ending.cause),
        _ => None,
    });
    match how {
        Some(EndCause::Clean) => assert!(told(|told| matches!(told, Told::Close(..))), "{log:?}"),
        Some(EndCause::Refused) => assert!(told(|told| matches!(told, Told::Body(..))), "{log:?}"),
        Some(EndCause::Failed(error)) => assert!(log.contains(&Told::Failed(error)), "{log:?}"),
        _ => {}
    }
}

std::thread_local! {
    /// Of all connections, so that each finds what others left.
    static CONTEXTS: std::cell::RefCell<DeflateContexts> =
        const { std::cell::RefCell::new(DeflateContexts::new()) };
}
