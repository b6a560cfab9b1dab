//! One connection of the server: it sends back what it receives, or much at once when it is asked to.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use websocket_proto::handshake::Acceptance;
use websocket_proto::io::tokio::{Receiver, Sender, WebSocket, accept_with, tls_server};
use websocket_proto::io::{Error, MaybeTls};
use websocket_proto::{EndCause, Event};

use super::Shared;
use crate::peers::message;
use crate::record::{Counts, ServerRecord};

/// How long TLS may take: handshakes are much work, and thousands may begin at once.
const TLS_LIMIT: Duration = Duration::from_secs(30);

/// What has to be done about an event.
enum Todo {
    Echo(Received),
    /// Sends this many messages of this length.
    Send(u64, usize),
    Nothing,
}

/// A message, taken out of the event.
enum Received {
    Text(String),
    Binary(Vec<u8>),
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

    async fn serve(&self, stream: MaybeTls<TcpStream>) {
        let mut number = 0;
        let accepted = accept_with(stream, Arc::clone(&self.config), async |request| {
            number = request.target().trim_start_matches('/').parse().unwrap_or(0);
            Ok(Acceptance::new())
        });
        match accepted.await {
            Ok(mut socket) => {
                self.shutdown.watch(&mut socket);
                let record = ServerRecord {
                    number,
                    counts: Counts::default(),
                    endings: 0,
                    cause: String::new(),
                    disorder: false,
                };
                let record = match number % 2 {
                    0 => serve_whole(socket, record).await,
                    _ => self.serve_split(socket, record).await,
                };
                self.account().note_server(record);
            }
            Err(error) => self.account().note_unopened(cause_of(&error)),
        }
    }

    /// Sends with one half and receives with the other, and tells the news as well.
    async fn serve_split(&self, socket: WebSocket, mut record: ServerRecord) -> ServerRecord {
        let (sender, mut receiver) = socket.split();
        let told = self.hub.join(sender.clone());
        while let Some(todo) = next_of_receiver(&mut receiver, &mut record).await {
            let _ = do_by_sender(todo, &sender, &mut record).await;
        }
        record.counts.news = told.load(Ordering::Relaxed);
        record
    }
}

/// Receives and sends in turn.
async fn serve_whole(mut socket: WebSocket, mut record: ServerRecord) -> ServerRecord {
    loop {
        let todo = match socket.receive().await {
            Ok(Some((event, _))) => note(event, &mut record),
            Ok(None) => return record,
            Err(_) => Todo::Nothing,
        };
        let _ = match todo {
            Todo::Echo(Received::Text(text)) => {
                count(socket.send_text(&text).await, &mut record.counts.sent)
            }
            Todo::Echo(Received::Binary(data)) => {
                count(socket.send_binary(&data).await, &mut record.counts.sent)
            }
            Todo::Send(messages, len) => {
                let mut result = Ok(());
                while result.is_ok() && record.counts.sent < messages {
                    let data = message(record.number, record.counts.sent, len);
                    result = count(socket.send_binary(&data).await, &mut record.counts.sent);
                }
                result
            }
            Todo::Nothing => Ok(()),
        };
    }
}

/// What has to be done next; `None` after the last event.
async fn next_of_receiver(receiver: &mut Receiver, record: &mut ServerRecord) -> Option<Todo> {
    match receiver.receive().await {
        Ok(Some(event)) => Some(note(event, record)),
        Ok(None) => None,
        Err(_) => Some(Todo::Nothing),
    }
}

async fn do_by_sender(todo: Todo, sender: &Sender, record: &mut ServerRecord) -> Result<(), Error> {
    let (number, sent) = (record.number, &mut record.counts.sent);
    match todo {
        Todo::Echo(Received::Text(text)) => count(sender.send_text(&text).await, sent),
        Todo::Echo(Received::Binary(data)) => count(sender.send_binary(&data).await, sent),
        Todo::Send(messages, len) => {
            while *sent < messages {
                count(sender.send_binary(&message(number, *sent, len)).await, sent)?;
            }
            Ok(())
        }
        Todo::Nothing => Ok(()),
    }
}

fn count(result: Result<(), Error>, sent: &mut u64) -> Result<(), Error> {
    *sent += u64::from(result.is_ok());
    result
}

/// Counts what was received.
fn note(event: Event<'_>, record: &mut ServerRecord) -> Todo {
    let due = record.counts.received;
    match event {
        Event::Text(text) => {
            if let Some(order) = text.strip_prefix('!') {
                let mut numbers = order.split(' ').map(|number| number.parse().unwrap_or(0));
                return Todo::Send(
                    numbers.next().unwrap_or(0),
                    numbers.next().unwrap_or(0) as usize,
                );
            }
            record.counts.received += 1;
            let front = format!("{}.{due}", record.number);
            record.disorder |= text.split(' ').next() != Some(&front);
            Todo::Echo(Received::Text(text.to_owned()))
        }
        Event::Binary(data) => {
            record.counts.received += 1;
            record.disorder |= *data != message(record.number, due, data.len());
            Todo::Echo(Received::Binary(data.to_vec()))
        }
        Event::Ended(ending) => {
            record.endings += 1;
            record.cause = name_of(ending.cause);
            Todo::Nothing
        }
        _ => Todo::Nothing,
    }
}

/// The name of the cause with which a handshake ended.
fn cause_of(error: &Error) -> String {
    match error {
        Error::Ended(ending) => name_of(ending.cause),
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
