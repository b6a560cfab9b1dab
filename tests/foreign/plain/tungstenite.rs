//! The same programs on tokio-tungstenite, as their peers see them. The documentation of `io` has
//! the table.

use std::net::{TcpListener, TcpStream};
use std::thread;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_async_with_config};

use crate::meeting::on_tokio;
use crate::peer::{End, Frame, Peer, Seen, Side, certified};
use crate::rows::{close, text, violation};

#[derive(Clone, Copy, Debug)]
enum Program {
    Echo,
    EchoUntilClose,
    FeedAndReturn,
    SendAndReturn,
    CloseAndReturn,
}

impl Program {
    async fn run<S>(self, mut socket: WebSocketStream<S>) -> Result<(), Error>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        while let Some(message) = socket.next().await {
            match (self, message?) {
                (Self::Echo | Self::EchoUntilClose, message @ Message::Text(_)) => {
                    socket.send(message).await?;
                }
                (Self::EchoUntilClose, Message::Close(_)) => return Ok(()),
                (Self::FeedAndReturn, message @ Message::Text(_)) => {
                    return socket.feed(message).await;
                }
                (Self::SendAndReturn, message @ Message::Text(_)) => {
                    return socket.send(message).await;
                }
                (Self::CloseAndReturn, Message::Text(_)) => return socket.close(None).await,
                _ => {}
            }
        }
        Ok(())
    }
}

/// What the peer saw of a program to which it sent these frames.
fn play(program: Program, secure: bool, sent: &[Frame]) -> Seen {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let sent = sent.to_vec();
    let peer = thread::spawn(move || {
        let mut peer = Peer::new(Side::Client, secure, TcpStream::connect(address).unwrap());
        peer.shake_hands();
        peer.write(&sent);
        peer.read_to_end()
    });
    let stream = listener.accept().unwrap().0;
    stream.set_nonblocking(true).unwrap();
    let config = Some(WebSocketConfig::default().max_message_size(Some(10)));
    // Errors are not compared, as they differ in details that do not matter here.
    let _ = on_tokio(async {
        let stream = tokio::net::TcpStream::try_from(stream)?;
        if secure {
            let tls = TlsAcceptor::from(certified().server.clone());
            program.run(accept_async_with_config(tls.accept(stream).await?, config).await?).await
        } else {
            program.run(accept_async_with_config(stream, config).await?).await
        }
    });
    peer.join().unwrap()
}

/// Checks a program without unread input, plain and over TLS: there is no reset, but TLS is cut
/// off.
#[track_caller]
fn delivers(program: Program, sent: &[Frame], wanted: &[Frame]) {
    for secure in [false, true] {
        let end = if secure { End::Cut } else { End::Whole };
        let wanted = Seen { frames: wanted.to_vec(), part: 0, end };
        assert_eq!(play(program, secure, sent), wanted, "{program:?}, {secure}");
    }
}

#[test]
fn the_close_frame_for_a_violation_is_lost() {
    delivers(Program::Echo, &[violation()], &[]);
    delivers(Program::Echo, &[text("good"), violation()], &[text("good")]);
    delivers(Program::Echo, &[text("good"), text("much too long")], &[text("good")]);
}

#[test]
fn the_answer_to_a_close_frame_is_lost() {
    delivers(Program::EchoUntilClose, &[close(1000, "")], &[]);
    delivers(Program::EchoUntilClose, &[text("last"), close(1000, "")], &[text("last")]);
}

#[test]
fn what_is_sent_arrives_and_what_is_fed_is_lost() {
    delivers(Program::SendAndReturn, &[text("one")], &[text("one")]);
    delivers(Program::FeedAndReturn, &[text("one")], &[]);
    delivers(Program::CloseAndReturn, &[text("one")], &[(0x88, Vec::new())]);
}

/// Whether this happens depends on how much has arrived when the socket is dropped. Mostly enough
/// has.
#[test]
fn what_is_unread_resets_the_connection() {
    let sent = [text("one"), (0x82, vec![7; 1 << 20])];
    for secure in [false, true] {
        let ends = || play(Program::SendAndReturn, secure, &sent).end;
        assert!((0..20).any(|_| matches!(ends(), End::Failed(_))), "{secure}");
    }
}
