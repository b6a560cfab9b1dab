//! What every type shows and obeys: the table on the page of `io::task`.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use websocket_proto::backoff::Backoff;
use websocket_proto::handshake::{DeflateParameters, Response};
use websocket_proto::io::task::{self, Wire};
use websocket_proto::io::tokio::{Reconnecting, WebSocket};
use websocket_proto::io::{Error, Update};
use websocket_proto::{
    CloseCode, Connection, EndCause, Ending, Incoming, MessageKind, Role, SendError,
};

use super::stream::Stream;
use super::{server, soon, without_deadlines};

/// The methods of a type, which it has to have.
macro_rules! has {
    ($type:ident: $($name:ident $(-> $output:ty)?),* $(,)?) => {
        impl<W: Wire> Named for task::$type<W> {
            const METHODS: &[&str] = {
                $(let _ = |it: &mut Self| { let _output $(: $output)? = has!(@call it $name); };)*
                &[$(stringify!($name)),*]
            };
        }
    };
    (@call $it:ident with_stream) => { $it.with_stream(|_: &W::Stream| ()) };
    (@call $it:ident with_connection) => { $it.with_connection(|_: &Connection| ()) };
    (@call $it:ident set_compression) => { $it.set_compression(true) };
    (@call $it:ident close_with) => { $it.close_with(CloseCode::NORMAL, "") };
    (@call $it:ident start_close) => { $it.start_close(CloseCode::NORMAL, "") };
    (@call $it:ident split) => {{
        let _ = $it;
        |it: Self| -> (task::Sender<W>, task::Receiver<W>) { it.split() }
    }};
    (@call $it:ident $name:ident) => { $it.$name() };
}

trait Named {
    const METHODS: &[&str];
}

has!(WebSocket: receive, flush, set_compression, abort, close_with, stream -> &W::Stream,
    connection -> &Connection, ending -> Option<&Ending>, unsent -> u64, response -> Option<Response<'_>>,
    incoming -> &mut Incoming, writer -> &mut task::Writer<W>, split);
has!(Writer: flush, set_compression, abort, start_close -> Result<(), SendError>,
    stream -> &W::Stream, connection -> &Connection, ending -> Option<&Ending>, unsent -> u64);
has!(Sender: flush, set_compression, abort, start_close -> Result<(), SendError>,
    with_stream -> (), with_connection -> (), ending -> Option<Ending>, unsent -> u64);
has!(Receiver: receive, with_stream -> (), with_connection -> (), ending -> Option<Ending>, unsent -> u64,
    response -> Option<Response<'_>>, incoming -> &mut Incoming, sender -> task::Sender<W>);
has!(Reconnecting: receive, flush, set_compression, abort, close_with, with_stream -> Option<()>,
    with_connection -> Option<()>, ending -> Option<&Ending>, unsent -> u64, sender -> task::ReconnectingSender<W>,
    backoff -> &Backoff);
has!(ReconnectingSender: flush, set_compression, abort, with_stream -> Option<()>,
    with_connection -> Option<()>, ending -> Option<Ending>, unsent -> u64, has_ended -> bool);

/// The methods that the table gives the type of a column.
fn documented(column: usize) -> BTreeSet<&'static str> {
    let page = include_str!("../../src/io/task/mod.rs");
    let table = page.split_once("//! # The methods of each type").unwrap().1;
    let rows = table.lines().skip_while(|line| !line.starts_with("//! |")).skip(2);
    rows.take_while(|line| line.starts_with("//! |"))
        .map(|line| line.split('|').skip(1).map(str::trim).collect::<Vec<_>>())
        .filter(|cells| cells[column] == "yes")
        .flat_map(|cells| cells[0].split(", ").map(|name| name.trim_matches('`')))
        .filter(|name| !name.contains(['*', ' ']))
        .collect()
}

#[test]
fn the_table_of_the_documentation_has_what_each_type_has() {
    type Inner = websocket_proto::io::smol::Wire<smol::net::TcpStream>;
    let types = [
        <task::WebSocket<Inner> as Named>::METHODS,
        <task::Writer<Inner> as Named>::METHODS,
        <task::Sender<Inner> as Named>::METHODS,
        <task::Receiver<Inner> as Named>::METHODS,
        <task::Reconnecting<Inner> as Named>::METHODS,
        <task::ReconnectingSender<Inner> as Named>::METHODS,
    ];
    for (column, methods) in (1..).zip(types) {
        assert_eq!(documented(column), methods.iter().copied().collect(), "column {column}");
    }
}

/// The fields of an application, without a stream's type and with one.
macro_rules! fields {
    ($name:ident, $adapter:ident, $stream:ty) => {
        struct $name<'a> {
            socket: websocket_proto::io::$adapter::WebSocket,
            writer: &'a mut websocket_proto::io::$adapter::Writer,
            sender: websocket_proto::io::$adapter::Sender,
            receiver: websocket_proto::io::$adapter::Receiver,
            client: websocket_proto::io::$adapter::Reconnecting,
            client_sender: websocket_proto::io::$adapter::ReconnectingSender,
            shutdown: websocket_proto::io::$adapter::GracefulShutdown,
            parts: websocket_proto::io::$adapter::Parts<$stream>,
            accepted: websocket_proto::io::$adapter::WebSocket<$stream>,
            accepted_sender: websocket_proto::io::$adapter::Sender<$stream>,
        }
    };
}

#[expect(dead_code, reason = "that it compiles is enough")]
mod aliases {
    fields!(OnTokio, tokio, tokio::net::TcpStream);
    fields!(OnSmol, smol, smol::net::TcpStream);
}

fn compressing(stream: &Stream) -> WebSocket<Stream> {
    let agreed = Some(DeflateParameters::default());
    WebSocket::established(stream.clone(), Role::Server, agreed, without_deadlines(), b"")
}

/// Whether the message that was written last is compressed.
fn is_compressed(stream: &Stream) -> bool {
    std::mem::take(&mut stream.lock().written)[0] & 0x40 != 0
}

macro_rules! turns_compression {
    ($it:expr, $stream:ident) => {{
        let it = $it;
        for enabled in [false, true] {
            it.set_compression(enabled);
            it.send_text(&"text ".repeat(100)).await.unwrap();
            assert_eq!(is_compressed(&$stream), enabled);
        }
    }};
}

#[tokio::test]
async fn every_type_that_sends_turns_compression_on_and_off() {
    let stream = Stream::taking(usize::MAX);
    let mut socket = compressing(&stream);
    assert!(socket.connection().deflate().is_some());
    turns_compression!(&mut socket, stream);
    turns_compression!(socket.writer(), stream);
    let (sender, receiver) = socket.split();
    turns_compression!(&sender, stream);
    assert!(receiver.with_connection(|connection| connection.deflate().is_some()));

    let taken = stream.clone();
    let dial = move || std::future::ready(Ok::<_, Error>(compressing(&taken)));
    let mut client: Reconnecting<Stream> = Reconnecting::with_dial(dial, Backoff::default());
    let sender = client.sender();
    // Without a connection there is nothing to do.
    client.set_compression(false);
    client.abort();
    sender.set_compression(false);
    sender.abort();
    assert!(matches!(client.receive().await, Some(Update::Connected(..))));
    turns_compression!(&mut client, stream);
    turns_compression!(&sender, stream);
}

#[tokio::test]
async fn every_type_that_sends_aborts() {
    let stream = Stream::taking(usize::MAX);
    let mut socket = compressing(&stream);
    socket.abort();
    while socket.receive().await.unwrap().is_some() {}
    assert_eq!(socket.ending().unwrap().cause, EndCause::Aborted);

    let mut socket = compressing(&stream);
    socket.writer().abort();
    while socket.receive().await.unwrap().is_some() {}
    assert_eq!(socket.writer().ending().unwrap().cause, EndCause::Aborted);

    let (sender, mut receiver) = compressing(&stream).split();
    let receiving =
        tokio::spawn(async move { while receiver.receive().await.unwrap().is_some() {} });
    tokio::task::yield_now().await;
    sender.abort();
    soon(receiving).await.unwrap();
    assert_eq!(sender.ending().unwrap().cause, EndCause::Aborted);

    let taken = stream.clone();
    let dial = move || std::future::ready(Ok::<_, Error>(compressing(&taken)));
    let mut client: Reconnecting<Stream> = Reconnecting::with_dial(dial, Backoff::default());
    assert!(matches!(client.receive().await, Some(Update::Connected(..))));
    client.abort();
    assert!(matches!(soon(client.receive()).await, Some(Update::Lost(_))));
    assert_eq!(client.ending().unwrap().cause, EndCause::Aborted);
    assert!(matches!(client.receive().await, Some(Update::GaveUp(_))));
    assert_eq!(stream.written(), 0, "no Close frame");
}

/// Whoever looks has the lock, and those who come meanwhile wait; they do not take it for their own.
#[tokio::test]
async fn many_threads_look_while_others_send() {
    let stream = Stream::taking(usize::MAX);
    let (sender, _receiver) = server(&stream, without_deadlines()).split();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let sender = sender.clone();
            scope.spawn(move || {
                for _ in 0..100 {
                    sender.with_connection(|connection| {
                        std::thread::yield_now();
                        assert!(connection.is_open());
                    });
                    sender.try_send_text("x").unwrap();
                }
            });
        }
    });
    assert_eq!(stream.written(), 400 * 3);
}

/// The message in fragments of a sender that is dropped where nobody can lock the socket.
#[tokio::test]
async fn a_sender_that_is_dropped_while_its_socket_is_looked_at() {
    let stream = Stream::taking(usize::MAX);
    let (sender, _receiver) = server(&stream, without_deadlines()).split();
    for panics in [false, true] {
        let unfinished = sender.clone();
        unfinished.start_message(MessageKind::Text).unwrap();
        let looked = catch_unwind(AssertUnwindSafe(|| {
            sender.with_stream(move |_| {
                let _dropped = unfinished;
                assert!(!panics, "the closure's own panic");
            });
        }));
        assert_eq!(looked.is_err(), panics);
        stream.lock().written.clear();
        sender.try_send_text("x").unwrap();
        assert_eq!(stream.lock().written, b"\x81\x01x");
    }
}
