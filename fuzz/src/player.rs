//! Plays input against one connection, and notes what happens.

use websocket_proto::handshake::{Acceptance, Rejection};
use websocket_proto::{
    CloseCode, DeflateContexts, EndCause, Event, MessageKind, Outgoing, Progress, SendError, Time,
};

use crate::observed::{Observed, observe};
use crate::side::Side;

/// How input is played. What happens must not depend on `handling`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// The application echoes each message.
    pub(crate) echoes: bool,
    /// The application closes the connection at each message; it fails from the second on.
    pub(crate) closes: bool,
    /// Output is written only at the end of the input.
    pub(crate) holds_output: bool,
    pub(crate) end: InputEnd,
    pub(crate) decision: Decision,
    pub(crate) handling: Handling,
}

/// How the application handles memory and events.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Handling {
    /// Bytes are copied in. Otherwise a window is lent for each read.
    pub(crate) copies_input: bool,
    /// Contexts of compression are lent before some reads and taken back after some.
    pub(crate) lends_contexts: bool,
    /// A request is answered after all input has arrived. Otherwise it is answered at once.
    pub(crate) answers_late: bool,
    /// Messages and control frames are taken as owned ones. Otherwise they are only looked at.
    pub(crate) takes_owned: bool,
}

impl Handling {
    /// As the simplest application does it.
    pub(crate) const PLAIN: Self = Self {
        copies_input: false,
        lends_contexts: false,
        answers_late: false,
        takes_owned: false,
    };
}

/// How the input ends.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum InputEnd {
    #[default]
    Eof,
    /// The transport fails.
    Failure,
    /// No more bytes arrive, and deadlines pass.
    Silence,
}

/// How the application of a server answers a request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Decision {
    #[default]
    Accepts,
    /// Accepts with the subprotocol that is offered first.
    AcceptsFirstSubprotocol,
    Rejects,
    /// Never answers.
    Silence,
}

/// A connection that input is played against.
pub(crate) struct Player {
    pub(crate) side: Side,
    /// The other side, which reads the output. Without one, the output is noted as bytes.
    peer: Option<Side>,
    options: Options,
    now: Time,
    log: Vec<Observed>,
    unfinished: Option<(MessageKind, Vec<u8>)>,
    /// Whether a request waits for its late answer.
    request_waits: bool,
    /// The subprotocol that the request offers first.
    first_subprotocol: Option<String>,
}

impl Player {
    pub(crate) fn new(side: Side, peer: Option<Side>, options: Options) -> Self {
        let (log, now) = (Vec::new(), Time::ZERO);
        Self {
            side,
            peer,
            options,
            now,
            log,
            unfinished: None,
            request_waits: false,
            first_subprotocol: None,
        }
    }

    /// Plays the reads and the end of the input; returns what happened. `heap` gives the most heap
    /// memory that may be held after a number of bytes.
    pub(crate) fn play<'b>(
        mut self,
        reads: impl Iterator<Item = &'b [u8]>,
        heap: impl Fn(usize) -> usize,
    ) -> Vec<Observed> {
        let mut received = 0;
        for read in reads {
            received += read.len();
            self.read(read);
            if !self.options.handling.copies_input {
                let (held, most) = (self.side.incoming.heap(), heap(received));
                assert!(held <= most, "{held} bytes held for {received} received");
            }
        }
        if std::mem::take(&mut self.request_waits) {
            self.decide();
        }
        self.end();
        check(&self.log);
        self.log
    }

    fn read(&mut self, read: &[u8]) {
        let Handling { copies_input, lends_contexts, .. } = self.options.handling;
        if lends_contexts && !read.len().is_multiple_of(3) {
            CONTEXTS.with_borrow_mut(|contexts| self.side.connection.lend_contexts(contexts));
        }
        if copies_input {
            self.side.incoming.push(read);
            self.receive_available();
        } else {
            self.read_into_window(read);
        }
        if lends_contexts && !read.len().is_multiple_of(2) {
            CONTEXTS.with_borrow_mut(|contexts| self.side.connection.take_back_contexts(contexts));
        }
    }

    /// Reads as adapters do: as much as there is room for, into a window or straight into the
    /// message.
    fn read_into_window(&mut self, mut read: &[u8]) {
        let incoming = &mut self.side.incoming;
        incoming.lend_window(vec![0; incoming.unread().len() + read.len()]);
        while !read.is_empty() {
            let space = self.side.incoming.space();
            let (part, rest) = read.split_at(read.len().min(space.len()));
            space[..part.len()].copy_from_slice(part);
            self.side.incoming.commit(part.len());
            self.receive_available();
            read = rest;
        }
        self.side.incoming.take_back_window();
    }

    /// Receives until more bytes are needed.
    fn receive_available(&mut self) {
        loop {
            let Side { connection, incoming, outgoing } = &mut self.side;
            match connection.receive(self.now, incoming, outgoing) {
                Ok(Progress::Event) => self.note_event(),
                Ok(Progress::NeedBytes | Progress::Ended) => break,
                Err(error) => self.log.push(Observed::Failed(error)),
            }
            self.note_sent();
        }
        self.note_sent();
    }

    fn note_event(&mut self) {
        match self.side.incoming.event().expect("an event, as `receive` said") {
            Event::MessageStart(kind) => {
                assert!(self.unfinished.replace((kind, Vec::new())).is_none())
            }
            Event::MessageChunk(chunk) => {
                assert!(!chunk.is_empty(), "an empty chunk");
                self.unfinished.as_mut().expect("a start").1.extend_from_slice(chunk);
            }
            Event::MessageEnd => {
                let (kind, payload) = self.unfinished.take().expect("a start");
                let unchecked = self.side.connection.config().leniency.unchecked_text;
                let kind = if unchecked { MessageKind::Binary } else { kind };
                self.note(Observed::message(kind, payload));
            }
            event => {
                let happened = observe(event);
                self.take(&happened);
                self.note_whole(happened);
            }
        }
    }

    /// Takes the message, if it is to be taken, and checks that it is the one that was shown.
    fn take(&mut self, shown: &[Observed]) {
        if self.options.handling.takes_owned
            && let Some(message) = self.side.incoming.take_message()
        {
            assert_eq!([Observed::owned(message)], shown);
            assert!(
                self.side.incoming.event().is_none(),
                "the event is still there after it was taken"
            );
        }
    }

    /// Notes what an event that is no part of a message led to.
    fn note_whole(&mut self, happened: Vec<Observed>) {
        for observed in happened {
            // How much is kept of a response that breaks a rule depends on the cuts.
            let ended = matches!(&observed, Observed::Ended(ending)
                if !matches!(ending.cause, EndCause::Failed(_)));
            let request_waits =
                matches!(observed, Observed::Head(..)) && !self.side.connection.is_client();
            self.note(observed);
            if request_waits && let Some(Event::Request(request)) = self.side.incoming.event() {
                self.first_subprotocol = request.subprotocols().next().map(str::to_owned);
            }
            match request_waits {
                true if self.options.handling.answers_late => self.request_waits = true,
                true => self.decide(),
                false if ended => {
                    let rest = self.side.incoming.unfinished_head().into();
                    self.log.push(Observed::UnfinishedHead(rest));
                }
                false => {}
            }
        }
    }

    fn note(&mut self, observed: Observed) {
        let echoed = if self.options.echoes { self.echo(&observed) } else { Ok(()) };
        let closed = if self.options.closes { self.close_after(&observed) } else { Ok(()) };
        self.log.push(observed);
        self.log
            .extend([echoed, closed].into_iter().filter_map(Result::err).map(Observed::CallFailed));
    }

    fn echo(&mut self, observed: &Observed) -> Result<(), SendError> {
        let Side { connection, outgoing, .. } = &mut self.side;
        match observed {
            Observed::Text(text) => {
                connection.send_text(str::from_utf8(text).expect("UTF-8, as it is text"), outgoing)
            }
            Observed::Binary(data) => connection.send_binary(data, outgoing),
            _ => Ok(()),
        }
    }

    fn close_after(&mut self, observed: &Observed) -> Result<(), SendError> {
        let Side { connection, outgoing, .. } = &mut self.side;
        match observed {
            Observed::Text(_) | Observed::Binary(_) => {
                connection.start_close(self.now, CloseCode::NORMAL, "enough", outgoing)
            }
            _ => Ok(()),
        }
    }

    /// Answers the request, as the options say.
    fn decide(&mut self) {
        let Side { connection, outgoing, .. } = &mut self.side;
        let acceptance = Acceptance::new();
        let acceptance = match self
            .first_subprotocol
            .take()
            .filter(|_| self.options.decision == Decision::AcceptsFirstSubprotocol)
        {
            Some(name) => acceptance.subprotocol(&name).expect("a token, as it was offered"),
            None => acceptance,
        };
        match self.options.decision {
            Decision::Accepts | Decision::AcceptsFirstSubprotocol => {
                connection.accept(self.now, &acceptance, outgoing)
            }
            Decision::Rejects => {
                let rejection = Rejection::forbidden().text("no");
                connection.reject(self.now, &rejection, outgoing)
            }
            Decision::Silence => Ok(()),
        }
        .expect("the request waits for an answer");
        self.go_on_after_answer();
    }

    /// Goes on after a late answer. After an answer at once, the loop that shows the event goes on.
    fn go_on_after_answer(&mut self) {
        self.note_sent();
        if self.options.handling.answers_late {
            self.receive_available();
        }
    }

    fn end(&mut self) {
        self.options.holds_output = false;
        self.note_sent();
        match self.options.end {
            InputEnd::Eof => self.side.connection.receive_eof(),
            InputEnd::Failure => {
                self.side.connection.handle_transport_failure(&mut self.side.outgoing)
            }
            InputEnd::Silence => {}
        }
        self.receive_available();
        self.pass_deadlines();
        // Bytes that arrive now must have no effect.
        let observed = self.log.len();
        self.read(b"\x81\x00GET / HTTP/1.1\r\n\r\n");
        self.side.connection.receive_eof();
        self.receive_available();
        assert_eq!(self.log.len(), observed, "something happened after the end");
    }

    fn pass_deadlines(&mut self) {
        /// More deadlines than can pass: those of a handshake or a ping, of closing, and of output.
        const MAX_DEADLINES: usize = 6;
        for _ in 0..MAX_DEADLINES {
            let Some(deadline) = self.side.connection.poll_timeout() else { return };
            self.now = self.now.max(deadline);
            self.side.connection.handle_timeout(self.now, &mut self.side.outgoing);
            let next = self.side.connection.poll_timeout();
            assert!(next.is_none_or(|next| next > self.now), "a deadline that stays due");
            self.receive_available();
        }
        assert_eq!(self.side.connection.poll_timeout(), None, "deadlines without end");
    }

    /// Gives the output to the other side, which has to accept it.
    fn note_sent(&mut self) {
        if self.options.holds_output || self.side.outgoing.is_empty() {
            let heap = self.side.outgoing.heap();
            assert!(self.options.echoes || heap <= 1024, "{heap} bytes of output");
            return;
        }
        let sent = self.side.take_output();
        match &mut self.peer {
            Some(peer) => read_sent(peer, &sent, &mut self.log),
            None => self.log.push(Observed::SentBytes(sent)),
        }
    }
}

/// Lets the other side read output, which must be valid, and notes the events.
fn read_sent(peer: &mut Side, sent: &[u8], log: &mut Vec<Observed>) {
    let Side { connection, incoming, .. } = peer;
    assert!(!connection.is_settled(), "output after the Close frame");
    incoming.push(sent);
    while connection.receive(Time::ZERO, incoming, &mut Outgoing::new()).expect("good frames")
        == Progress::Event
    {
        let event = incoming.event().expect("an event");
        log.extend(observe(event).into_iter().map(|observed| Observed::Sent(observed.into())));
    }
}

/// Checks that the connection ended once, sent at most one Close frame, and after a violation
/// delivered nothing and reported no other.
fn check(log: &[Observed]) {
    let count = |is: fn(&Observed) -> bool| log.iter().filter(|observed| is(observed)).count();
    assert_eq!(count(|observed| matches!(observed, Observed::Ended(_))), 1, "{log:?}");
    assert!(count(|observed| matches!(observed, Observed::Failed(_))) <= 1, "{log:?}");
    let is_close = |sent: &Observed| matches!(sent, Observed::Close(..));
    let closes = log.iter().filter(|it| matches!(it, Observed::Sent(sent) if is_close(sent)));
    assert!(closes.count() <= 1, "{log:?}");
    check_end(log);
    if let Some(failed) = log.iter().position(|observed| matches!(observed, Observed::Failed(_))) {
        assert!(!log[failed..].iter().any(Observed::is_delivered), "{log:?}");
    }
}

/// Checks that the cause of the end was reported before it.
fn check_end(log: &[Observed]) {
    let observed = |is: fn(&Observed) -> bool| log.iter().any(is);
    let how = log.iter().find_map(|observed| match observed {
        Observed::Ended(ending) => Some(ending.cause),
        _ => None,
    });
    match how {
        Some(EndCause::Clean) => {
            assert!(observed(|observed| matches!(observed, Observed::Close(..))), "{log:?}")
        }
        Some(EndCause::Refused) => {
            assert!(observed(|observed| matches!(observed, Observed::Body(..))), "{log:?}")
        }
        Some(EndCause::Failed(error)) => assert!(log.contains(&Observed::Failed(error)), "{log:?}"),
        _ => {}
    }
}

std::thread_local! {
    /// Shared by all connections, so that each is lent contexts that others have used.
    static CONTEXTS: std::cell::RefCell<DeflateContexts> =
        const { std::cell::RefCell::new(DeflateContexts::new()) };
}
