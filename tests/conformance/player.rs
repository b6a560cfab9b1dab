//! Plays a vector once. All calls of the crate are made by `inside`, for tests that count what they
//! do.

use serde_json::{Value, json};
use websocket_proto::handshake::{Acceptance, AnswerError, ClientRequest, Rejection, RequestError};
use websocket_proto::{
    CloseCode, Config, Connection, Delivery, Event, Incoming, MessageKind, Outgoing, Progress,
    Role, SendError, Time,
};

use crate::bytes::{Context, bytes, text};
use crate::compare::{matches, normal, normal_sent, shown};
use crate::config::seconds;
use crate::counting::{inside, outside};
use crate::cuts::Cuts;
use crate::events::{self, Unfinished};
use crate::sends::Sent;
use crate::support::plain_entropy;
use crate::vector::{Command, Start, Step, Vector};

/// Plays all steps, up to the first one whose outcome is not as expected.
pub(crate) fn play(
    vector: &Vector,
    client: bool,
    delivery: Delivery,
    cuts: Cuts,
) -> Result<(), String> {
    let mut config = vector.config.config();
    config.delivery = delivery;
    let mut player = Player::new(vector, client, config, cuts);
    for (at, step) in vector.steps.iter().enumerate() {
        let refused = player.step(step, cuts);
        player
            .check(step, refused)
            .map_err(|difference| format!("  step {}: {difference}", at + 1))?;
    }
    Ok(())
}

struct Player {
    /// `None` until a client connects.
    connection: Option<Connection>,
    config: Config,
    incoming: Incoming,
    /// What has arrived and did not find room in the window.
    arrived: Vec<u8>,
    outgoing: Outgoing,
    now: Time,
    client: bool,
    echo: bool,
    held: bool,
    events: Vec<Value>,
    sent: Sent,
    unfinished: Unfinished,
}

impl Player {
    fn new(vector: &Vector, client: bool, config: Config, cuts: Cuts) -> Self {
        let handshake = vector.start == Start::Handshake;
        let role = if client { Role::Client(&plain_entropy) } else { Role::Server };
        let agreed = vector.agreed.map(|agreed| agreed.agreed());
        let connection = inside(|| match (handshake, client) {
            (false, _) => Some(Connection::established(role, agreed, config, Time::ZERO)),
            (true, false) => Some(Connection::server(config, Time::ZERO)),
            (true, true) => None,
        });
        Self {
            connection,
            config,
            incoming: cuts.incoming(),
            arrived: Vec::new(),
            outgoing: Outgoing::new(),
            now: Time::ZERO,
            client,
            echo: vector.echo,
            held: vector.held,
            events: Vec::new(),
            sent: Sent::new(client, handshake),
            unfinished: Unfinished::new(config.leniency.unchecked_text),
        }
    }

    /// Does a step; returns why its command was refused, if it was.
    fn step(&mut self, step: &Step, cuts: Cuts) -> Option<&'static str> {
        if let Some(input) = &step.input {
            let input = bytes(input, self.context());
            self.sent.answers_head |= input.starts_with(b"HEAD ");
            if let Cuts::Window(_) = cuts {
                self.arrived.extend(input);
                self.read();
            } else {
                for read in cuts.cut(&input) {
                    inside(|| self.incoming.push(read));
                    self.receive();
                }
            }
        }
        if let Some(at) = step.at {
            self.pass(Time::new(seconds(at)));
        }
        if let Some(clock) = step.clock {
            self.now = Time::new(seconds(clock));
            return None;
        }
        if step.eof {
            inside(|| self.connection().receive_eof());
        }
        let refused = step.command.as_ref().and_then(|command| self.command(command).err());
        self.receive();
        self.read();
        if let Some(most) = step.written() {
            self.write(most);
        }
        refused
    }

    /// Reads what has arrived, as long as there is room.
    fn read(&mut self) {
        let arrived = std::mem::take(&mut self.arrived);
        let mut rest = &arrived[..];
        while !rest.is_empty() {
            let space = inside(|| self.incoming.space());
            let (read, after) = rest.split_at(space.len().min(rest.len()));
            if read.is_empty() {
                break;
            }
            space[..read.len()].copy_from_slice(read);
            inside(|| self.incoming.commit(read.len()));
            self.receive();
            rest = after;
        }
        self.arrived = rest.to_vec();
    }

    fn context(&self) -> Context<'_> {
        Context { client: self.client, last_ping: &self.sent.last_ping }
    }

    fn connection(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("a client connects first")
    }

    fn pass(&mut self, end: Time) {
        while let Some(deadline) = self.connection().poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(deadline);
            self.handle_timeout();
        }
        self.now = end;
        self.handle_timeout();
    }

    fn handle_timeout(&mut self) {
        let connection = self.connection.as_mut().expect("a client connects first");
        inside(|| connection.handle_timeout(self.now, &mut self.outgoing));
        self.receive();
    }

    fn receive(&mut self) {
        while let Some(connection) = &mut self.connection {
            let (now, outgoing) = (self.now, &mut self.outgoing);
            match inside(|| connection.receive(now, &mut self.incoming, outgoing)) {
                Ok(Progress::Event) => self.note_event(),
                Ok(Progress::NeedBytes | Progress::Ended) => break,
                Err(error) => self.events.push(json!({ "fails": error.name() })),
            }
            self.flush();
        }
        self.flush();
    }

    fn note_event(&mut self) {
        let event = self.incoming.event().expect("an event, as `receive` said");
        if matches!(event, Event::Ended(_)) {
            assert!(self.events.iter().all(|it| it.get("ended").is_none()), "a second ending");
        }
        let Some(told) = events::event(event, &mut self.unfinished) else { return };
        if self.echo {
            self.send_back(&told);
        }
        self.events.push(told);
    }

    fn send_back(&mut self, message: &Value) {
        let Some(text) = message.get("text").and_then(Value::as_str) else { return };
        let connection = self.connection.as_mut().expect("it received");
        inside(|| connection.send_text(text, &mut self.outgoing)).expect("room");
    }

    /// Writes all output, unless the vector has steps that write.
    fn flush(&mut self) {
        if !self.held {
            self.write(usize::MAX);
        }
    }

    fn write(&mut self, mut most: usize) {
        while most > 0 && !self.outgoing.is_empty() {
            let mut bytes = self.outgoing.pending().concat();
            bytes.truncate(most);
            inside(|| self.outgoing.advance(bytes.len()));
            self.sent.push(&bytes);
            most -= bytes.len();
        }
    }

    fn command(&mut self, command: &Command) -> Result<(), &'static str> {
        match command {
            Command::Connect { url, subprotocols, headers } => {
                let request = request(url, subprotocols, headers).map_err(RequestError::name)?;
                let (config, now, out) = (self.config, self.now, &mut self.outgoing);
                let client =
                    inside(|| Connection::client(&request, config, now, &plain_entropy, out));
                self.connection = Some(client.map_err(RequestError::name)?);
                Ok(())
            }
            Command::Accept { subprotocol, headers } => {
                let acceptance =
                    acceptance(subprotocol.as_deref(), headers).map_err(AnswerError::name)?;
                let connection = self.connection.as_mut().expect("a server");
                inside(|| connection.accept(self.now, &acceptance, &mut self.outgoing))
                    .map_err(AnswerError::name)
            }
            Command::Reject { status, headers, body } => {
                let body = body.as_ref().map(|body| bytes(body, self.context()));
                let rejection = rejection(*status, headers, body).map_err(AnswerError::name)?;
                let connection = self.connection.as_mut().expect("a server");
                inside(|| connection.reject(self.now, &rejection, &mut self.outgoing))
                    .map_err(AnswerError::name)
            }
            command => self.send(command),
        }
    }

    fn send(&mut self, command: &Command) -> Result<(), &'static str> {
        let context = Context { client: self.client, last_ping: &self.sent.last_ping };
        let out = &mut self.outgoing;
        let connection = self.connection.as_mut().expect("a client connects first");
        let bytes = |value: &Value| outside(|| bytes(value, context));
        let text = |value: &Value| outside(|| text(value, context));
        inside(|| match command {
            Command::SendText(data) => connection.send_text(&text(data), out),
            Command::SendBinary(data) => connection.send_binary(&bytes(data), out),
            Command::Start(kind) => connection.start_message(self::kind(kind)),
            Command::Fragment(data) => connection.send_fragment(&bytes(data), out),
            Command::Finish(data) => connection.send_last_fragment(&bytes(data), out),
            Command::Ping(payload) => connection.send_ping(&bytes(payload), out),
            Command::Pong(payload) => connection.send_pong(&bytes(payload), out),
            Command::Close { code, reason } => {
                connection.start_close(self.now, CloseCode::new(*code), &text(reason), out)
            }
            Command::Abort => {
                connection.abort(out);
                Ok(())
            }
            Command::Connect { .. } | Command::Accept { .. } | Command::Reject { .. } => Ok(()),
        })
        .map_err(SendError::name)
    }

    /// Compares what has happened since the last step.
    fn check(&mut self, step: &Step, refused: Option<&str>) -> Result<(), String> {
        let context = Context { client: self.client, last_ping: &self.sent.last_ping };
        let events: Vec<Value> = all(&step.events).map(|it| normal(it, context)).collect();
        let sends: Vec<Value> = all(&step.sends).map(|it| normal_sent(it, context)).collect();
        compare("events", &events, &std::mem::take(&mut self.events))?;
        compare("sends", &sends, &self.sent.take_new())?;
        same("refused", &json!(step.refused), &json!(refused))?;
        let Some(connection) = &self.connection else { return Ok(()) };
        let states = [
            ("agreed", &step.agreed, events::agreed(connection.deflate())),
            ("lenient", &step.lenient, events::lenient(connection.leniency_used())),
            (
                "transport",
                &step.transport.as_ref().map(|it| json!(it)),
                json!(connection.transport().name()),
            ),
        ];
        states.into_iter().try_for_each(|(what, expected, got)| match expected {
            Some(expected) => same(what, expected, &got),
            None => Ok(()),
        })
    }
}

pub(crate) fn request(
    url: &str,
    subprotocols: &[String],
    headers: &[(String, String)],
) -> Result<ClientRequest, RequestError> {
    let request = ClientRequest::new(url)?;
    let request = subprotocols.iter().try_fold(request, |it, name| it.subprotocol(name))?;
    headers.iter().try_fold(request, |it, (name, value)| it.header(name, value))
}

fn acceptance(
    subprotocol: Option<&str>,
    headers: &[(String, String)],
) -> Result<Acceptance, AnswerError> {
    let acceptance =
        subprotocol.iter().try_fold(Acceptance::new(), |it, name| it.subprotocol(name))?;
    headers.iter().try_fold(acceptance, |it, (name, value)| it.header(name, value))
}

fn rejection(
    status: u16,
    headers: &[(String, String)],
    body: Option<Vec<u8>>,
) -> Result<Rejection, AnswerError> {
    let rejection = Rejection::new(status)?.bytes(body.unwrap_or_default());
    headers.iter().try_fold(rejection, |it, (name, value)| it.header(name, value))
}

fn kind(name: &str) -> MessageKind {
    let found = MessageKind::ALL.iter().find(|kind| kind.name() == name);
    *found.unwrap_or_else(|| panic!("{name}: no kind of message"))
}

/// The items of a list, with repeated ones expanded.
fn all(items: &[Value]) -> Box<dyn Iterator<Item = &Value> + '_> {
    Box::new(items.iter().flat_map(|item| match (item["repeat"].as_u64(), item["of"].as_array()) {
        (Some(times), Some(of)) => Box::new((0..times).flat_map(|_| all(of))),
        _ => Box::new(std::iter::once(item)) as Box<dyn Iterator<Item = &Value>>,
    }))
}

fn compare(what: &str, expected: &[Value], got: &[Value]) -> Result<(), String> {
    let same = expected.len() == got.len();
    if same && expected.iter().zip(got).all(|(expected, got)| matches(expected, got)) {
        return Ok(());
    }
    Err(format!("{what}\n    expected:{}\n    got:{}", shown(expected), shown(got)))
}

fn same(what: &str, expected: &Value, got: &Value) -> Result<(), String> {
    compare(what, std::slice::from_ref(expected), std::slice::from_ref(got))
}
