//! What is inside a socket, looked at through every type.

use std::net::{TcpListener as StdListener, TcpStream as StdStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{self, JoinHandle};

use websocket_proto::backoff::{Advice, Backoff, GiveUp};
use websocket_proto::handshake::{Acceptance, ClientRequest, Request};
use websocket_proto::io::{Error, Update, blocking};
use websocket_proto::{CloseCode, Config, EndCause, Event, Role, Side};

use super::scripted_stream::ScriptedStream;
use super::{run, tcp_pair};
use crate::runtime::adapter::{
    Receiver, Reconnecting, ReconnectingSender, Sender, WebSocket, accept, client, connect_with,
};
use crate::support::ping;

/// A server that chooses the subprotocol `two` for each of its connections, and receives until their
/// ends.
fn server(connections: usize) -> (String, JoinHandle<()>) {
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let serve = move || {
        for _ in 0..connections {
            serve(listener.accept().unwrap().0).unwrap();
        }
    };
    (url, thread::spawn(serve))
}

fn serve(stream: StdStream) -> Result<(), Error> {
    let decide = |_: &Request<'_>| Ok(Acceptance::new().subprotocol("two").unwrap());
    let mut socket = blocking::accept_with(stream, Config::default(), decide)?;
    while let Ok(Some(_)) = socket.receive() {}
    Ok(())
}

fn request(url: &str) -> ClientRequest {
    ClientRequest::new(url).unwrap().subprotocol("one").unwrap().subprotocol("two").unwrap()
}

#[test]
fn the_stream_inside_split_or_not() {
    let (url, thread) = server(1);
    run(async {
        let mut socket: WebSocket = connect_with(&request(&url), Config::default()).await.unwrap();
        let peer = socket.stream().inner().peer_addr().unwrap();
        assert!(url.contains(&peer.to_string()));
        assert!(!socket.stream().is_tls());
        assert!(socket.stream().inner().nodelay().unwrap());
        socket.writer().stream().inner().set_nodelay(false).unwrap();
        let (sender, mut receiver): (Sender, Receiver) = socket.split();
        assert!(!receiver.with_stream(|stream| stream.inner().nodelay()).unwrap());
        assert_eq!(sender.with_stream(|stream| stream.inner().peer_addr()).unwrap(), peer);
        assert_eq!(receiver.response().unwrap().subprotocol(), Some("two"));
        sender.start_close(CloseCode::NORMAL, "").unwrap();
        while receiver.receive().await.unwrap().is_some() {}
        assert!(receiver.response().is_none());
    });
    thread.join().unwrap();
}

#[test]
fn the_stream_of_an_accepted_socket_is_the_one_that_was_brought() {
    run(async {
        let (accepted, connected) = tcp_pair().await;
        let peer = connected.local_addr().unwrap();
        let request = request("ws://h/");
        let opening = client(connected, &request, Config::default());
        let (server, client) = super::join(accept(accepted), opening).await;
        assert_eq!(server.unwrap().stream().peer_addr().unwrap(), peer);
        assert_eq!(client.unwrap().stream().local_addr().unwrap(), peer);
    });
}

#[test]
fn the_stream_and_the_response_of_each_new_connection() {
    let (url, thread) = server(2);
    let mut backoff = Backoff::default();
    backoff.first = super::millis(1);
    backoff.advise = |disconnect| match disconnect.default_advice() {
        Advice::GiveUp(GiveUp::ClosedHere) => Advice::Retry,
        advice => advice,
    };
    run(async {
        let mut client: Reconnecting = Reconnecting::new(request(&url), Config::default(), backoff);
        let other: ReconnectingSender = client.sender();
        assert!(client.with_stream(|_| ()).is_none() && other.with_stream(|_| ()).is_none());
        assert!(client.ending().is_none() && other.ending().is_none());
        for _ in 0..2 {
            let Some(Update::Connected(response, sender)) = client.receive().await else {
                panic!()
            };
            assert_eq!((response.status(), response.subprotocol()), (101, Some("two")));
            let peer = sender.with_stream(|stream| stream.inner().peer_addr()).unwrap();
            assert!(url.contains(&peer.to_string()));
            sender.send_text("hello").await.unwrap();
            assert_eq!(other.with_stream(|stream| stream.inner().peer_addr().unwrap()), Some(peer));
            assert_eq!(client.with_stream(|stream| stream.is_tls()), Some(false));
            assert_eq!(other.with_connection(|connection| connection.is_open()), Some(true));
            assert_eq!(client.with_connection(|connection| connection.is_client()), Some(true));
            other.abort();
            let Some(Update::Lost(ending)) = client.receive().await else { panic!() };
            assert_eq!(ending.cause, EndCause::Aborted);
            assert_eq!(client.ending(), Some(&ending));
            assert_eq!(other.ending(), Some(ending));
            assert!(other.with_connection(|_| ()).is_none());
            assert!(matches!(client.receive().await, Some(Update::Waiting(_))));
        }
    });
    thread.join().unwrap();
}

/// Without a response of its own, a connection shows one without headers.
#[test]
fn the_response_where_somebody_else_did_the_handshake() {
    let dial = || async {
        let (config, script) = (Config::default(), ScriptedStream::new(b""));
        Ok(WebSocket::established(script, Role::Server, None, config, b""))
    };
    run(async {
        let mut client = Reconnecting::with_dial(dial, Backoff::default());
        let Some(Update::Connected(response, _)) = client.receive().await else { panic!() };
        assert_eq!((response.status(), response.reason()), (101, "Switching Protocols"));
        assert_eq!(response.headers().into_iter().count(), 0);
    });
}

#[test]
fn how_it_ended_through_every_type() {
    let mut input = ping("?");
    input.extend(crate::support::close(1001, "bye"));
    let is_right = |ending: &websocket_proto::Ending| {
        assert_eq!((ending.cause, ending.initiator), (EndCause::Clean, Some(Side::Peer)));
        assert_eq!(ending.code(), CloseCode::GOING_AWAY);
    };
    run(async {
        let mut socket = ScriptedStream::new(&input).server();
        assert!(matches!(socket.receive().await, Ok(Some((Event::Ping(_), _)))));
        assert!(socket.ending().is_none() && socket.writer().ending().is_none());
        while socket.receive().await.unwrap().is_some() {}
        is_right(socket.ending().unwrap());
        is_right(socket.writer().ending().unwrap());

        let (sender, mut receiver) = ScriptedStream::new(&input).server().split();
        assert!(matches!(receiver.receive().await, Ok(Some(Event::Ping(_)))));
        assert!(sender.ending().is_none() && receiver.ending().is_none());
        while receiver.receive().await.unwrap().is_some() {}
        is_right(&sender.ending().unwrap());
        is_right(&receiver.ending().unwrap());
        drop(receiver);
        is_right(&sender.ending().unwrap());
    });
}

/// Such a call would wait for itself.
#[test]
fn a_socket_that_is_used_while_it_is_looked_at_says_so() {
    run(async {
        let script = ScriptedStream::new(b"");
        let (sender, receiver) = script.server().split();
        let (other, _other_receiver) = ScriptedStream::new(b"").server().split();
        let misused = catch_unwind(AssertUnwindSafe(|| {
            sender.with_connection(|_| other.with_stream(|_| sender.try_send_text("never")))
        }));
        let message = *misused.unwrap_err().downcast::<&str>().unwrap();
        assert!(message.contains("looks at it"), "{message}");
        // Another socket may be used, and this one goes on.
        sender.with_stream(|_| other.try_send_text("other").unwrap());
        sender.send_text("after").await.unwrap();
        assert_eq!(script.words(), ["sends text \"after\""]);
        assert!(receiver.with_connection(|connection| connection.is_open()));
    });
}

#[test]
fn the_leniency_used_is_that_of_now() {
    run(async {
        let mut config = Config::default();
        config.leniency.unmasked_frames = true;
        let script = ScriptedStream::new(b"\x81\x81\0\0\0\0a\x81\x01b\x81\x01c");
        let socket = WebSocket::established(script, Role::Server, None, config, b"");
        let (sender, mut receiver) = socket.split();
        let used =
            || sender.with_connection(|connection| connection.leniency_used().unmasked_frames);
        for (expected, used_by_then) in [("a", false), ("b", true), ("c", true)] {
            let Some(Event::Text(text)) = receiver.receive().await.unwrap() else { panic!() };
            assert_eq!((text, used()), (expected, used_by_then));
        }
    });
}

#[test]
fn the_round_trip_of_a_split_socket_is_told() {
    let (url, thread) = server(1);
    run(async {
        let mut config = Config::default();
        config.keepalive.as_mut().unwrap().interval = super::millis(1);
        let socket = connect_with(&request(&url), config).await.unwrap();
        let (sender, mut receiver) = socket.split();
        let round_trip = || sender.with_connection(|connection| connection.round_trip());
        assert_eq!(round_trip(), None);
        let Some(Event::Pong { round_trip: told, .. }) = receiver.receive().await.unwrap() else {
            panic!()
        };
        assert_eq!(round_trip(), told);
        assert!(told.is_some());
        sender.abort();
    });
    thread.join().unwrap();
}

#[test]
fn a_default_stream_needs_no_name() {
    struct Client {
        socket: WebSocket,
    }
    let (url, thread) = server(1);
    run(async {
        let client =
            Client { socket: connect_with(&request(&url), Config::default()).await.unwrap() };
        assert!(client.socket.connection().is_open());
    });
    thread.join().unwrap();
}
