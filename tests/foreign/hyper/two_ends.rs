//! Both ends in memory: the bytes between them cut at every byte, and windows of one byte.

use h2::client::Builder;
use tokio::io::duplex;
use websocket_proto::handshake::{ClientRequest, DeflateParameters};
use websocket_proto::io::task::{WebSocket, Wire};
use websocket_proto::io::{Error, OsEntropy, tokio as adapter};
use websocket_proto::{CloseCode, Ending, Event, MessageKind, Role};

use super::cut::{CutStream, Cuts};
use super::h2_client;
use super::server::{Server, http2, serve, serve_http1, with_deflate, within};

/// Who sends the first Close frame.
#[derive(Clone, Copy, Debug)]
enum Closer {
    Client,
    Server,
}

impl Closer {
    const BOTH: [Self; 2] = [Self::Client, Self::Server];

    const fn code(self) -> CloseCode {
        CloseCode::new(match self {
            Self::Client => 4000,
            Self::Server => 4001,
        })
    }
}

/// Sends everything back, and closes when it is told to.
async fn echo_until_told<W: Wire>(mut socket: WebSocket<W>) -> Result<Ending, Error> {
    loop {
        match socket.receive().await? {
            Some((Event::Text("close"), reply)) => {
                reply.start_close(Closer::Server.code(), "told to")?;
            }
            Some((Event::Text(text), reply)) => reply.send_text(text).await?,
            Some((Event::Binary(data), reply)) => reply.send_binary(data).await?,
            Some((Event::Ended(ending), _)) => return Ok(ending.clone()),
            Some(_) => {}
            None => unreachable!("the end was reported"),
        }
    }
}

/// Messages of each kind, and then the end.
async fn speak<W: Wire>(mut socket: WebSocket<W>, closer: Closer) -> Result<Ending, Error> {
    let compressible = "over and over ".repeat(50);
    for text in ["é€😀", "", &compressible] {
        socket.send_text(text).await?;
        let (event, _) = socket.receive().await?.expect("an echo");
        assert!(matches!(event, Event::Text(echo) if echo == text), "{event:?}");
    }
    let data: Vec<u8> = (0..=255).collect();
    socket.send_binary(&data).await?;
    let (event, _) = socket.receive().await?.expect("an echo");
    assert!(matches!(event, Event::Binary(ref echo) if **echo == data), "{event:?}");
    speak_in_pieces(&mut socket).await?;
    match closer {
        Closer::Client => socket.close_with(closer.code(), "enough").await,
        Closer::Server => {
            socket.send_text("close").await?;
            echo_until_told(socket).await
        }
    }
}

/// A message in fragments with a ping between them.
async fn speak_in_pieces<W: Wire>(socket: &mut WebSocket<W>) -> Result<(), Error> {
    socket.start_message(MessageKind::Text)?;
    socket.send_fragment("to".as_bytes()).await?;
    socket.send_ping(b"between").await?;
    socket.send_fragment("".as_bytes()).await?;
    socket.send_last_fragment("gether".as_bytes()).await?;
    let (event, _) = socket.receive().await?.expect("a pong");
    assert!(matches!(event, Event::Pong { payload: b"between", .. }), "{event:?}");
    let (event, _) = socket.receive().await?.expect("an echo");
    assert!(matches!(event, Event::Text("together")), "{event:?}");
    Ok(())
}

/// Both ends have ended cleanly, with the same code.
async fn check(mut server: Server<Result<Ending, Error>>, ours: Ending, closer: Closer) {
    let theirs = server.result().await.unwrap();
    for ending in [&ours, &theirs] {
        assert!(ending.is_clean(), "{ending}");
        let codes = [&ending.sent, &ending.received].map(|frame| frame.as_ref().unwrap().code);
        assert_eq!(codes, [closer.code(); 2]);
    }
}

/// The window that streams have of themselves (RFC 9113 §6.9.2).
const LARGE: u32 = 65_535;

async fn over_http2(cuts: &Cuts, window: u32, closer: Closer) {
    let (ours, theirs) = duplex(1 << 14);
    let mut http = http2();
    http.initial_stream_window_size(window).initial_connection_window_size(window);
    let theirs = CutStream::new(theirs, cuts);
    let server = serve(theirs, &http, with_deflate(), echo_until_told);
    let mut http = Builder::new();
    http.initial_window_size(window).initial_connection_window_size(window);
    let mut sender = h2_client::handshake(CutStream::new(ours, cuts), &http).await;
    let (response, stream) = h2_client::connect(&mut sender, h2_client::request()).await;
    let agreed = DeflateParameters::default();
    assert_eq!(response.headers()["sec-websocket-extensions"], agreed.to_string());
    let role = Role::Client(&OsEntropy);
    let socket = adapter::WebSocket::established(stream, role, Some(agreed), with_deflate(), &[]);
    let ending = speak(socket, closer).await.unwrap();
    check(server, ending, closer).await;
}

async fn over_http1(cuts: &Cuts, closer: Closer) {
    let (ours, theirs) = duplex(1 << 14);
    let server = serve_http1(CutStream::new(theirs, cuts), with_deflate(), echo_until_told);
    let request = ClientRequest::new("ws://h/chat").unwrap();
    let stream = CutStream::new(ours, cuts);
    let socket = adapter::client(stream, &request, with_deflate()).await.unwrap();
    assert!(socket.connection().deflate().is_some());
    let ending = speak(socket, closer).await.unwrap();
    check(server, ending, closer).await;
}

#[tokio::test]
async fn a_cut_at_every_byte_of_http2() {
    let cut_at = async |cuts: &Cuts, closer| over_http2(cuts, LARGE, closer).await;
    assert!(at_every_byte(cut_at).await > 1_000);
}

#[tokio::test]
async fn reads_of_every_length_of_http2() {
    for len in (1..40).chain([100, 1_000]) {
        for closer in Closer::BOTH {
            within(over_http2(&Cuts::every(len), LARGE, closer)).await;
        }
    }
}

#[tokio::test]
async fn small_windows() {
    for window in (1..10).chain([100, 1_000]) {
        for cuts in [1, 10, usize::MAX].map(Cuts::every) {
            for closer in Closer::BOTH {
                within(over_http2(&cuts, window, closer)).await;
            }
        }
    }
}

#[tokio::test]
async fn a_cut_at_every_byte_of_http1() {
    assert!(at_every_byte(over_http1).await > 1_000);
}

/// Cuts at every position until both sides have ended before it; how many positions there were.
async fn at_every_byte(run: impl AsyncFn(&Cuts, Closer)) -> usize {
    let mut positions = 0;
    for closer in Closer::BOTH {
        for position in 0.. {
            let cuts = Cuts::at(position);
            within(run(&cuts, closer)).await;
            if !cuts.is_reached() {
                break;
            }
            positions += 1;
        }
    }
    positions
}

#[tokio::test]
async fn reads_of_every_length_of_http1() {
    for len in 1..40 {
        for closer in Closer::BOTH {
            within(over_http1(&Cuts::every(len), closer)).await;
        }
    }
}
