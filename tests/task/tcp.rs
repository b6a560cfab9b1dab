//! Sockets over loopback TCP, with blocking peers on threads of their own.

use std::future::pending;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener as StdListener, TcpStream as StdStream};
use std::thread;

use websocket_proto::frame::OpCode;
use websocket_proto::handshake::{Acceptance, ClientRequest, Rejection, Request};
use websocket_proto::io::{Error, blocking};
use websocket_proto::{CloseCode, Config, Deadline, EndCause, Event, ProtocolError, Role};

use super::{GUARD, REQUEST, RESPONSE, echo, join, millis, run, tcp_pair};
use crate::runtime::adapter::{WebSocket, accept, accept_with, client, connect, connect_with};
use crate::runtime::{TcpListener, TcpStream, spawned};
use crate::support::{frame, plain_entropy, text};

/// Accepts one TCP connection and gives it to `serve`. `peer` runs in a thread and is given the URL
/// to connect to.
#[track_caller]
pub(super) fn serve<T, P: Send + 'static>(
    serve: impl AsyncFnOnce(TcpStream) -> T,
    peer: impl FnOnce(&str) -> P + Send + 'static,
) -> (T, P) {
    let (served, peer) = run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/c", listener.local_addr().unwrap());
        let peer = thread::spawn(move || peer(&url));
        let (stream, _) = listener.accept().await.unwrap();
        (serve(stream).await, peer)
    });
    (served, peer.join().unwrap())
}

/// Gives `connect` a URL whose one connection `peer` serves in a thread.
#[track_caller]
pub(super) fn dial<T, P: Send + 'static>(
    connect: impl AsyncFnOnce(&str) -> T,
    peer: impl FnOnce(StdStream) -> P + Send + 'static,
) -> (T, P) {
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/c", listener.local_addr().unwrap());
    let peer = thread::spawn(move || peer(guarded(listener.accept().unwrap().0)));
    let output = run(connect(&url));
    (output, peer.join().unwrap())
}

/// Opens a plain TCP connection to a URL of [`serve`].
pub(super) fn plain(url: &str) -> StdStream {
    let address = url.trim_start_matches("ws://").trim_end_matches("/c");
    guarded(StdStream::connect(address).unwrap())
}

fn guarded(stream: StdStream) -> StdStream {
    stream.set_read_timeout(Some(GUARD)).unwrap();
    stream.set_write_timeout(Some(GUARD)).unwrap();
    stream
}

pub(super) fn read_to_end(mut stream: &StdStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("an end without a reset");
    bytes
}

#[test]
fn a_client_sends_without_delay() {
    let (no_delay, ()) = dial(
        async |url| connect(url).await.unwrap().stream().inner().nodelay().unwrap(),
        |stream| drop(blocking::accept(stream).unwrap()),
    );
    assert!(no_delay);
}

/// A configuration whose deadlines pass quickly.
fn short_deadlines() -> Config {
    let mut config = Config::default();
    (config.handshake_timeout, config.close_timeout) = (millis(50), millis(50));
    config
}

/// Accepts a connection and echoes, as an application's task does.
async fn accept_and_echo(stream: TcpStream) -> Result<Vec<String>, Error> {
    let decide = async |request: &Request<'_>| {
        crate::runtime::sleep(millis(1)).await;
        assert_eq!(request.target(), "/c");
        Ok(Acceptance::new())
    };
    let mut socket = accept_with(stream, Config::default(), decide).await?;
    socket.send_text("welcome").await?;
    Ok(echo(&mut socket).await)
}

/// Connects, sends texts and closes, as an application's task does.
async fn connect_and_talk(url: String) -> Result<EndCause, Error> {
    let mut socket = connect(&url).await?;
    let Some((Event::Text("welcome"), writer)) = socket.receive().await? else { panic!() };
    let long = "long ".repeat(400_000);
    for text in ["a", "é€😀", &long] {
        writer.feed_text(text).await?;
    }
    for expected in ["a", "é€😀", &long] {
        let Some((Event::Text(text), _)) = socket.receive().await? else { panic!() };
        assert!(text == expected);
    }
    Ok(socket.close_with(CloseCode::NORMAL, "bye").await?.cause)
}

#[test]
fn echo_both_ways_in_tasks_that_move_between_threads() {
    let (events, how) = run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/c", listener.local_addr().unwrap());
        let server = async { accept_and_echo(listener.accept().await.unwrap().0).await };
        // A spawned future has to be `Send`.
        join(server, spawned(connect_and_talk(url))).await
    });
    assert_eq!(how.unwrap(), EndCause::Clean);
    assert_eq!(events.unwrap()[3..], ["close 1000 \"bye\"", "ended Clean"]);
}

#[test]
fn futures_and_sockets_are_send_where_the_stream_is() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    async fn use_all(mut socket: WebSocket<TcpStream>) -> Result<(), Error> {
        if let Some((Event::Binary(data), writer)) = socket.receive().await? {
            writer.feed_binary(data).await?;
            writer.feed_ping(data).await?;
            writer.feed_fragment(data).await?;
            writer.feed_last_fragment(data).await?;
            writer.flush().await?;
        }
        socket.send_binary(b"").await?;
        socket.close_with(CloseCode::NORMAL, "").await.map(drop)
    }
    run(async {
        let (one, other) = tcp_pair().await;
        let (config, request) = (Config::default(), ClientRequest::new("ws://h/").unwrap());
        drop(is_send(accept(one)));
        drop(is_send(client(other, &request, config)));
        drop(is_send(connect("ws://h/")));
        drop(is_send(connect_with(&request, config)));
        let (one, other) = tcp_pair().await;
        let socket = is_send(WebSocket::established(one, Role::Server, None, config, &[]));
        drop(is_send(use_all(socket)));
        drop(is_send(accept_and_echo(other)));
        let (one, _) = tcp_pair().await;
        drop(is_send(WebSocket::established(one, Role::Server, None, config, &[]).into_parts()));
    });
}

#[test]
fn h35_no_request() {
    let (ended, answer) = serve(
        async |stream| {
            accept_with(stream, short_deadlines(), async |_| unreachable!()).await.map(drop)
        },
        |url| read_to_end(&plain(url)),
    );
    assert!(answer.starts_with(b"HTTP/1.1 408 Request Timeout\r\n"));
    let Error::Ended(ending) = ended.unwrap_err() else { panic!() };
    assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Handshake));
}

#[test]
fn a_late_decision() {
    let (ended, answer) = serve(
        async |stream| {
            accept_with(stream, short_deadlines(), async |_| pending().await).await.map(drop)
        },
        |url| {
            let mut stream = plain(url);
            stream.write_all(REQUEST.as_bytes()).unwrap();
            stream.write_all(&text("too early")).unwrap();
            read_to_end(&stream)
        },
    );
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
    let Error::Ended(ending) = ended.unwrap_err() else { panic!() };
    assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Handshake));
}

#[test]
fn a_rejection_with_a_body() {
    let (ended, refused) = serve(
        async |stream| {
            let decide = async |request: &Request<'_>| {
                crate::runtime::sleep(millis(1)).await;
                assert_eq!(request.header("authorization"), None);
                Err(Rejection::new(401).unwrap().text("who are you?"))
            };
            accept_with(stream, Config::default(), decide).await.map(drop)
        },
        |url| blocking::connect(url).map(drop).unwrap_err(),
    );
    let Error::Ended(ending) = ended.unwrap_err() else { panic!() };
    assert_eq!(ending.cause, EndCause::Rejected);
    let Error::Refused(refused) = refused else { panic!("{refused}") };
    assert_eq!(refused.response().status(), 401);
    assert_eq!(refused.response().body(), b"who are you?");
}

#[test]
fn a_subprotocol_and_early_frames() {
    let (events, chosen) = serve(
        async |stream| {
            let decide = async |request: &Request<'_>| {
                crate::runtime::sleep(millis(1)).await;
                assert!(request.subprotocols().eq(["first", "second"]));
                Ok(Acceptance::new().subprotocol("second").unwrap())
            };
            let mut socket = accept_with(stream, Config::default(), decide).await.unwrap();
            echo(&mut socket).await
        },
        |url| {
            let head = REQUEST.strip_suffix("\r\n").unwrap();
            let head = format!("{head}Sec-WebSocket-Protocol: first, second\r\n\r\n");
            let mut stream = plain(url);
            stream.write_all(&[head.as_bytes(), &text("early")].concat()).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            read_to_end(&stream)
        },
    );
    assert_eq!(events, ["text \"early\"", "ended Eof"]);
    let head = RESPONSE.strip_suffix("\r\n").unwrap();
    let head = format!("{head}Sec-WebSocket-Protocol: second\r\n\r\n");
    assert_eq!(chosen, [head.as_bytes(), &frame(true, OpCode::Text, "early")].concat());
}

#[test]
fn r05_refused_by_a_plain_http_server() {
    let (refused, ()) = dial(
        async |url| {
            let request = ClientRequest::new(url).unwrap();
            connect_with(&request, Config::default()).await.map(drop).unwrap_err()
        },
        |mut stream| {
            let _ = stream.read(&mut [0; 1024]).unwrap();
            let answer =
                "HTTP/1.1 404 Not Found\r\nServer: plain\r\nContent-Length: 5\r\n\r\nsorry";
            stream.write_all(answer.as_bytes()).unwrap();
            read_to_end(&stream);
        },
    );
    assert_eq!(refused.to_string(), "the server answered 404 Not Found");
    let Error::Refused(refused) = refused else { panic!() };
    let response = refused.response();
    assert_eq!((response.status(), response.header("server")), (404, Some("plain")));
    assert_eq!((response.body(), response.is_body_truncated()), (&b"sorry"[..], false));
}

#[test]
fn r02_a_client_leaves_a_bad_101_without_an_answer() {
    let (failed, rest) = dial(
        async |url| connect(url).await.map(drop).unwrap_err(),
        |mut stream| {
            let _ = stream.read(&mut [0; 1024]).unwrap();
            stream.write_all(RESPONSE.as_bytes()).unwrap();
            read_to_end(&stream)
        },
    );
    let Error::BadResponse(bad) = failed else { panic!("{failed}") };
    assert_eq!(bad.error(), ProtocolError::WrongAccept);
    assert!(rest.is_empty());
}

#[test]
fn t11_the_close_frame_reaches_a_peer_that_still_sends() {
    let (events, ()) = serve(
        async |stream| {
            let config = Config::default();
            echo(&mut WebSocket::established(stream, Role::Server, None, config, &[])).await
        },
        |url| {
            let mut stream = plain(url);
            stream.write_all(&[&[0x83, 0x80][..], &vec![0; 4 << 20]].concat()).unwrap();
            assert_eq!(read_to_end(&stream), [0x88, 2, 3, 0xea]);
            stream.write_all(&[0; 1000]).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
        },
    );
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(events[1], "ended Failed(ReservedOpcode)");
}

#[test]
fn t11_the_answer_reaches_a_client_that_still_sends() {
    let (failed, answer) = serve(
        async |stream| accept(stream).await.map(drop).unwrap_err(),
        |url| {
            let mut stream = plain(url);
            let (head, body) = (REQUEST.strip_suffix("\r\n").unwrap(), 4 << 20);
            let head = format!("{head}Content-Length: {body}\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&vec![b'x'; body]).unwrap();
            read_to_end(&stream)
        },
    );
    assert!(answer.starts_with(b"HTTP/1.1 400 Bad Request\r\n"));
    assert!(matches!(failed, Error::Protocol(ProtocolError::UnexpectedBody)), "{failed}");
}

#[test]
fn t11_the_rejection_reaches_a_client_that_still_sends() {
    let (ended, answer) = serve(
        async |stream| {
            let reject = async |_: &Request<'_>| Err(Rejection::forbidden().text("no"));
            accept_with(stream, Config::default(), reject).await.map(drop).unwrap_err()
        },
        |url| {
            let mut stream = plain(url);
            stream.write_all(REQUEST.as_bytes()).unwrap();
            stream.write_all(&vec![b'x'; 4 << 20]).unwrap();
            read_to_end(&stream)
        },
    );
    assert!(answer.starts_with(b"HTTP/1.1 403 Forbidden\r\n") && answer.ends_with(b"no"));
    let Error::Ended(ending) = ended else { panic!("{ended}") };
    assert_eq!(ending.cause, EndCause::Rejected);
}

#[test]
fn parts_and_leftover_over_tcp() {
    let (events, ()) = serve(
        async |stream| {
            let mut socket = accept(stream).await.unwrap();
            let Some((Event::Text("one"), writer)) = socket.receive().await.unwrap() else {
                panic!()
            };
            writer.feed_text("answer").await.unwrap();
            let mut socket = WebSocket::from_parts(socket.into_parts());
            let Some((Event::Text("two"), writer)) = socket.receive().await.unwrap() else {
                panic!()
            };
            writer.feed_text("two").await.unwrap();
            // Unwritten output would be lost with the socket, so it is flushed.
            writer.flush().await.unwrap();
            let parts = socket.into_parts();
            let (config, role) = (Config::default(), Role::Server);
            let leftover = [parts.incoming.unread(), &text("three")[..3]].concat();
            echo(&mut WebSocket::established(parts.stream, role, None, config, &leftover)).await
        },
        |url| {
            let request = ClientRequest::new(url).unwrap();
            let config = Config::default();
            let mut socket = blocking::client(plain(url), &request, config).unwrap();
            socket.feed_text("one").unwrap();
            socket.send_text("two").unwrap();
            for expected in ["answer", "two"] {
                let Some((Event::Text(text), _)) = socket.receive().unwrap() else { panic!() };
                assert_eq!(text, expected);
            }
            let mut stream = socket.into_parts().stream;
            stream.write_all(&text("three")[3..]).unwrap();
            let role = Role::Client(&plain_entropy);
            let mut socket = blocking::WebSocket::established(stream, role, None, config, &[]);
            let Some((Event::Text("three"), _)) = socket.receive().unwrap() else { panic!() };
            assert!(socket.close_with(CloseCode::NORMAL, "").unwrap().is_clean());
        },
    );
    assert_eq!(events, ["text \"three\"", "close 1000 \"\"", "ended Clean"]);
}

#[test]
fn names_and_addresses() {
    for (bind, host) in [
        ("127.0.0.1:0", "127.0.0.1"),
        // If the name has addresses of both families, nobody listens at one of them.
        ("127.0.0.1:0", "localhost"),
        ("[::1]:0", "[::1]"),
    ] {
        let listener = match StdListener::bind(bind) {
            Ok(listener) => listener,
            // Not every machine has IPv6.
            Err(_) if bind.starts_with('[') => continue,
            Err(error) => panic!("{bind}: {error}"),
        };
        let url = format!("ws://{host}:{}/", listener.local_addr().unwrap().port());
        let server = thread::spawn(move || {
            let mut socket = blocking::accept(listener.accept().unwrap().0).unwrap();
            socket.close_with(CloseCode::NORMAL, "").unwrap().cause
        });
        let how = run(async {
            let mut socket = connect(&url).await.unwrap();
            while let Some((event, _)) = socket.receive().await.unwrap() {
                if let Event::Ended(ending) = event {
                    return ending.cause;
                }
            }
            panic!("no end")
        });
        assert_eq!((how, server.join().unwrap()), (EndCause::Clean, EndCause::Clean), "{host}");
    }
}

#[test]
fn nobody_listens() {
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let refused = run(connect(&format!("ws://{address}/"))).map(drop).unwrap_err();
    assert!(matches!(refused, Error::Connect(_)), "{refused}");
    assert!(refused.to_string().contains(&address.to_string()), "{refused}");
    let secure = run(connect(&format!("wss://{address}/"))).map(drop).unwrap_err();
    assert!(matches!(secure, Error::Connect(_) | Error::Io(_)), "{secure}");
}

#[test]
#[cfg(not(feature = "tls"))]
fn no_tls() {
    let secure = run(connect("wss://127.0.0.1:1/")).map(drop).unwrap_err();
    let Error::Io(error) = secure else { panic!("{secure}") };
    assert_eq!(error.kind(), std::io::ErrorKind::Unsupported);
    assert!(error.to_string().contains("tls"), "{error}");
}
