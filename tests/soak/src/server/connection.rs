//! One connection of the server: it sends back what it receives, or does what it is told to.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use websocket_proto::handshake::Acceptance;
use websocket_proto::io::tokio::{Sender, WebSocket, accept_with, tls_server};
use websocket_proto::io::{Error, MaybeTls};
use websocket_proto::{CloseCode, EndCause, Event, MessageKind};

use super::{ORDERED_REASON, Shared};
use crate::peers::message;
use crate::record::{Counts, ServerRecord};

/// How long TLS may take: handshakes are much work, and thousands may begin at once.
const TLS_LIMIT: Duration = Duration::from_secs(30);

/// What has to be done about an event.
enum Todo {
    Echo(Received),
    /// Sends this many messages of this length.
    Send(u64, usize),
    Close(CloseCode),
    Nothing,
}

/// A message, taken out of the event, or out of several.
enum Received {
    Text(String),
    Binary(Vec<u8>),
    InChunks(MessageKind, Vec<Vec<u8>>),
}

/// What sends: a whole socket, or a half of one.
enum Output<'a> {
    Whole(&'a mut WebSocket),
    Half(&'a Sender),
}

/// What was received so far.
struct Reception {
    record: ServerRecord,
    /// The message that is delivered in chunks.
    message: Option<(MessageKind, Vec<Vec<u8>>)>,
}

impl Shared {
    pub(super) async fn accept_all(self: Arc<Self>, listener: TcpListener, over_tls: bool) {
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    if let Ok((stream, _)) = accepted {
                        tokio::spawn(Arc::clone(&self).secure(stream, over_tls));
                    }
                }
                () = self.shutdown.begun() => return,
            }
        }
    }

    async fn secure(self: Arc<Self>, stream: TcpStream, over_tls: bool) {
        if !over_tls {
            return self.serve(MaybeTls::plain(stream)).await;
        }
        match tls_server(stream, &self.tls, TLS_LIMIT).await {
            Ok(stream) => self.serve(stream).await,
            Err(_) => self.account().note_unopened("no TLS".into()),
        }
    }

    /// Half of the connections, by their turn, get messages in chunks. Half of them, by the number that the
    /// peer gave, are split.
    async fn serve(&self, stream: MaybeTls<TcpStream>) {
        let mut number = 0;
        let turn = self.accepted.fetch_add(1, Ordering::Relaxed);
        let config = if turn.is_multiple_of(2) { &self.whole } else { &self.in_chunks };
        let accepted = accept_with(stream, Arc::clone(config), async |request| {
            number = request.target().trim_start_matches('/').parse().unwrap_or(0);
            Ok(Acceptance::new())
        });
        match accepted.await {
            Ok(mut socket) => {
                self.shutdown.watch(&mut socket);
                self.open.fetch_add(1, Ordering::Relaxed);
                let mut record = match number % 2 {
                    0 => serve_whole(socket, Reception::new(number)).await,
                    _ => self.serve_split(socket, Reception::new(number)).await,
                };
                record.shut_down = self.shutdown.has_begun();
                self.open.fetch_sub(1, Ordering::Relaxed);
                self.account().note_server(record);
            }
            Err(error) => self.account().note_unopened(cause_of(&error)),
        }
    }

    /// Sends with one half and receives with the other, and tells the news as well.
    async fn serve_split(&self, socket: WebSocket, mut reception: Reception) -> ServerRecord {
        let (sender, mut receiver) = socket.split();
        let told = self.hub.join(sender.clone());
        loop {
            let todo = match receiver.receive().await {
                Ok(Some(event)) => reception.note(event),
                Ok(None) => break,
                Err(_) => Todo::Nothing,
            };
            // That sending fails is told by the last event, too.
            let _ = Output::Half(&sender).act(todo, &mut reception.record).await;
        }
        reception.record.counts.news = told.load(Ordering::Relaxed);
        reception.record
    }
}

/// Receives and sends in turn.
async fn serve_whole(mut socket: WebSocket, mut reception: Reception) -> ServerRecord {
    loop {
        let todo = match socket.receive().await {
            Ok(Some((event, _))) => reception.note(event),
            Ok(None) => return reception.record,
            Err(_) => Todo::Nothing,
        };
        let _ = Output::Whole(&mut socket).act(todo, &mut reception.record).await;
    }
}

impl Output<'_> {
    async fn act(&mut self, todo: Todo, record: &mut ServerRecord) -> Result<(), Error> {
        match todo {
            Todo::Echo(received) => {
                self.echo(received).await?;
                record.counts.sent += 1;
            }
            Todo::Send(messages, len) => {
                while record.counts.sent < messages {
                    self.send_binary(&message(record.number, record.counts.sent, len)).await?;
                    record.counts.sent += 1;
                }
            }
            Todo::Close(code) => match self {
                Self::Whole(socket) => socket.writer().start_close(code, ORDERED_REASON)?,
                Self::Half(sender) => sender.start_close(code, ORDERED_REASON)?,
            },
            Todo::Nothing => {}
        }
        Ok(())
    }

    /// Sends it as it came: whole, or each chunk as a fragment.
    async fn echo(&mut self, received: Received) -> Result<(), Error> {
        match received {
            Received::Text(text) => match self {
                Self::Whole(socket) => socket.send_text(&text).await,
                Self::Half(sender) => sender.send_text(&text).await,
            },
            Received::Binary(data) => self.send_binary(&data).await,
            Received::InChunks(kind, chunks) => {
                match self {
                    Self::Whole(socket) => socket.start_message(kind)?,
                    Self::Half(sender) => sender.start_message(kind)?,
                }
                for chunk in &chunks {
                    match self {
                        Self::Whole(socket) => socket.send_fragment(chunk).await?,
                        Self::Half(sender) => sender.send_fragment(chunk).await?,
                    }
                }
                match self {
                    Self::Whole(socket) => socket.send_last_fragment(&[]).await,
                    Self::Half(sender) => sender.send_last_fragment(&[]).await,
                }
            }
        }
    }

    async fn send_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        match self {
            Self::Whole(socket) => socket.send_binary(data).await,
            Self::Half(sender) => sender.send_binary(data).await,
        }
    }
}

impl Reception {
    fn new(number: u64) -> Self {
        let record = ServerRecord {
            number,
            counts: Counts::default(),
            endings: 0,
            cause: String::new(),
            disorder: false,
            shut_down: false,
        };
        Self { record, message: None }
    }

    /// Counts what was received.
    fn note(&mut self, event: Event<'_>) -> Todo {
        match event {
            Event::Text(text) => match order_in(text) {
                Some(order) => order,
                None => {
                    self.note_text(text);
                    Todo::Echo(Received::Text(text.to_owned()))
                }
            },
            Event::Binary(data) => {
                self.note_binary(data);
                Todo::Echo(Received::Binary(data.to_vec()))
            }
            Event::MessageStart(kind) => {
                self.record.disorder |= self.message.replace((kind, Vec::new())).is_some();
                Todo::Nothing
            }
            Event::MessageChunk(chunk) => {
                match &mut self.message {
                    Some((_, chunks)) => chunks.push(chunk.to_vec()),
                    None => self.record.disorder = true,
                }
                Todo::Nothing
            }
            Event::MessageEnd => self.note_end_of_message(),
            Event::Ended(ending) => {
                self.record.endings += 1;
                self.record.cause = name_of(ending.cause);
                Todo::Nothing
            }
            _ => Todo::Nothing,
        }
    }

    fn note_end_of_message(&mut self) -> Todo {
        let Some((kind, mut chunks)) = mem::take(&mut self.message) else {
            self.record.disorder = true;
            return Todo::Nothing;
        };
        let data = chunks.concat();
        match (kind, std::str::from_utf8(&data)) {
            (MessageKind::Text, Ok(text)) => match order_in(text) {
                Some(order) => return order,
                None => self.note_text(text),
            },
            (MessageKind::Text, Err(_)) => self.record.disorder = true,
            (MessageKind::Binary, _) => self.note_binary(&data),
        }
        // One in two is sent back in other pieces than it came in.
        if self.record.counts.received.is_multiple_of(2) {
            chunks = data.chunks(1000).map(<[u8]>::to_vec).collect();
        }
        Todo::Echo(Received::InChunks(kind, chunks))
    }

    fn note_text(&mut self, text: &str) {
        let front = format!("{}.{}", self.record.number, self.record.counts.received);
        self.record.disorder |= text.split(' ').next() != Some(&front);
        self.record.counts.received += 1;
    }

    fn note_binary(&mut self, data: &[u8]) {
        let due = message(self.record.number, self.record.counts.received, data.len());
        self.record.disorder |= data != due;
        self.record.counts.received += 1;
    }
}

/// What a peer orders with a text.
fn order_in(text: &str) -> Option<Todo> {
    if let Some(numbers) = text.strip_prefix('!') {
        let (messages, len) = numbers.split_once(' ')?;
        return Some(Todo::Send(messages.parse().ok()?, len.parse().ok()?));
    }
    let code = text.strip_prefix('?')?.parse().ok()?;
    Some(Todo::Close(CloseCode::new(code)))
}

/// The name of the cause with which a handshake ended.
fn cause_of(error: &Error) -> String {
    match error {
        Error::Ended(ending) => name_of(ending.cause),
        Error::Protocol(error) => name_of(EndCause::Failed(*error)),
        error => error.to_string(),
    }
}

fn name_of(cause: EndCause) -> String {
    match cause {
        EndCause::TimedOut(deadline) => format!("{} {}", cause.name(), deadline.name()),
        EndCause::Failed(error) => format!("{} {}", cause.name(), error.name()),
        cause => cause.name().into(),
    }
}
