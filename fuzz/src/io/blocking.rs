//! The blocking adapter. A call that would block is made again, until the peer alone can end the wait.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::task::Poll;
use std::time::Duration;

use websocket_proto::handshake::Acceptance;
use websocket_proto::io::Error;
use websocket_proto::io::blocking::{self, WebSocket, accept_with, client};
use websocket_proto::{CloseCode, SendError};

use super::Setup;
use super::peer::{Peer, request};
use super::record::Record;
use super::script::{Action, Content, Script};
use super::stream::{Link, Stream};

/// How often a call is made again.
const MAX_TRIES: usize = 300;

pub(crate) fn play(setup: Setup, actions: &[Action], script: Script) {
    let link = Link::new(Peer::new(setup, None), script);
    let (config, mut record) = (setup.adapter_config(), Record::default());
    let opened = if setup.is_server() {
        accept_with(link.stream(), config, |_| Ok(Acceptance::new()))
    } else {
        client(link.stream(), &request(), config)
    };
    match opened {
        Ok(socket) => act(setup, actions, &link, socket, &mut record),
        // The handshake is not gone on with after a wait.
        Err(error) => assert!(link.state().is_faulty || would_block(&error), "{error}"),
    }
    record.check(&link);
}

fn act(
    setup: Setup,
    actions: &[Action],
    link: &Link,
    mut socket: WebSocket<Stream>,
    record: &mut Record,
) {
    for action in actions {
        match *action {
            Action::Send(wanted) => send(&mut socket, wanted, record, true),
            Action::Feed(wanted) => send(&mut socket, wanted, record, false),
            Action::Flush => {
                let _ = retried(|| socket.flush());
            }
            Action::Receive => receive(&mut socket, link, record),
            Action::PeerSends(wanted) => link.with_peer(|peer| peer.send(wanted)),
            Action::PeerPings => link.with_peer(Peer::ping),
            Action::PeerCloses => link.with_peer(Peer::close),
            Action::DropAfter(_) => {}
        }
    }
    if setup.closes() {
        match retried(|| socket.close_with(CloseCode::NORMAL, "done")) {
            Ok(ending) => record.note_end(ending.cause),
            Err(error) => assert!(link.state().is_faulty || record.has_ended(), "{error}"),
        }
    }
}

fn send(socket: &mut WebSocket<Stream>, wanted: Content, record: &mut Record, waits: bool) {
    let message = record.make(wanted);
    let text = str::from_utf8(&message.1).ok().filter(|_| wanted.is_text);
    let send = |socket: &mut WebSocket<Stream>| match (text, waits) {
        (Some(text), true) => socket.send_text(text),
        (Some(text), false) => socket.writer().feed_text(text),
        (None, true) => socket.send_binary(&message.1),
        (None, false) => socket.writer().feed_binary(&message.1),
    };
    let mut sent = send(socket);
    if matches!(sent, Err(Error::Send(SendError::Full))) && retried(|| socket.flush()).is_ok() {
        sent = send(socket);
    }
    record.note_sent(message, Some(&sent));
}

fn receive(socket: &mut WebSocket<Stream>, link: &Link, record: &mut Record) {
    for _ in 0..MAX_TRIES {
        match socket.receive() {
            Ok(Some((event, _))) => return record.note_event(&event),
            Ok(None) => return assert!(record.has_ended(), "an end that was not told"),
            Err(error) if would_block(&error) => {
                if !link.state().is_readable() {
                    return;
                }
            }
            Err(error) => return assert!(link.state().is_faulty, "{error}"),
        }
    }
    panic!("nothing is read");
}

/// Makes a call again while the stream blocks.
fn retried<T>(mut call: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    for _ in 0..MAX_TRIES {
        match call() {
            Err(error) if would_block(&error) => {}
            result => return result,
        }
    }
    panic!("a call without an end");
}

fn would_block(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == ErrorKind::WouldBlock)
}

fn now<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(result) => result,
        Poll::Pending => Err(ErrorKind::WouldBlock.into()),
    }
}

impl Read for Stream {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        now(Self::read(self, None, space))
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        now(Self::write(self, None, pieces))
    }

    fn flush(&mut self) -> io::Result<()> {
        now(Self::flush(self, None))
    }
}

impl blocking::Stream for Stream {
    fn set_read_timeout(&mut self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn set_write_timeout(&mut self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        match how {
            Shutdown::Read => Ok(()),
            Shutdown::Write | Shutdown::Both => now(Self::shutdown(self, None)),
        }
    }

    /// An operation that would have to wait returns, so there is nothing to time out.
    fn has_timeouts(&self) -> bool {
        false
    }
}
