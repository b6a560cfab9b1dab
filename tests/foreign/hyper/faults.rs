//! A fault at every operation of the stream under either side, and a future dropped at every await
//! of its program: one run for each, until a run has fewer of them.

use std::future::poll_fn;
use std::io::ErrorKind;
use std::pin::pin;
use std::task::Poll;

use h2::client::Builder;
use tokio::io::{AsyncRead, AsyncWrite, duplex};
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::hyper::WebSocket;
use websocket_proto::io::{Error, OsEntropy, tokio as adapter};
use websocket_proto::{CloseCode, Config, EndCause, Event, Role};

use super::faulty_stream::{Fault, FaultyStream, Plan};
use super::h2_client;
use super::server::{Seen, Server, echo_to_the_end, http2, serve, serve_http1, within};

/// The version of HTTP under the WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Http {
    One,
    Two,
}

/// The side under which the faults are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

/// What both sides have seen. A WebSocket that did not open has seen nothing.
#[derive(Debug, Default)]
struct Run {
    client: Option<Seen>,
    server: Option<Seen>,
}

/// Sends messages and the Close frame, and receives to the end.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(mut socket: adapter::WebSocket<S>) -> Seen {
    let mut seen = Seen::default();
    let large = vec![7; 20_000];
    let sent = async {
        socket.send_text("one").await?;
        socket.send_ping(b"?").await?;
        socket.send_binary(&large).await?;
        socket.feed_text("two").await?;
        Ok::<_, Error>(socket.writer().start_close(CloseCode::NORMAL, "")?)
    };
    let _ = sent.await;
    loop {
        match socket.receive().await {
            Ok(Some((event, _))) => seen.note(&event),
            Ok(None) => return seen,
            Err(error) => seen.note_error(&error),
        }
    }
}

/// Connects and talks; `None` if no WebSocket opened.
async fn connect(http: Http, stream: FaultyStream) -> Option<Seen> {
    if http == Http::One {
        let request = ClientRequest::new("ws://h/").unwrap();
        let socket = adapter::client(stream, &request, Config::default()).await.ok()?;
        return Some(talk(socket).await);
    }
    let mut sender = h2_client::try_handshake(stream, &Builder::new()).await.ok()?;
    let request = h2_client::request();
    let (_, stream) = h2_client::try_connect(&mut sender, request).await.ok()?;
    let role = Role::Client(&OsEntropy);
    let socket = adapter::WebSocket::established(stream, role, None, Config::default(), &[]);
    Some(talk(socket).await)
}

/// Plays the dialogue; nothing is left of it afterwards.
async fn play(http: Http, side: Side, plan: &Plan) -> Run {
    let (ours, theirs) = duplex(1 << 14);
    let none = Plan::none();
    let plans = if side == Side::Client { (plan, &none) } else { (&none, plan) };
    let (ours, theirs) = (FaultyStream::new(ours, plans.0), FaultyStream::new(theirs, plans.1));
    let config = Config::default();
    let mut server: Server<Seen> = match http {
        Http::One => serve_http1(theirs, config, echo_to_the_end),
        Http::Two => serve(theirs, &http2(), config, echo_to_the_end),
    };
    let client = connect(http, ours).await;
    let _ = server.connection.await;
    let seen = server.results.recv().await;
    assert!(server.results.recv().await.is_none(), "one WebSocket");
    Run { client, server: seen }
}

/// Plays once for each operation, with the fault there; how many faults there were.
async fn at_each_operation(
    http: Http,
    side: Side,
    fault: Fault,
    check: impl Fn(&Run, &Run, &str),
) -> usize {
    let baseline = within(play(http, side, &Plan::none())).await;
    assert_eq!(baseline.client.as_ref().unwrap().cause(), EndCause::Clean);
    let mut faults = 0;
    for at in 1.. {
        let plan = Plan::at(at, fault);
        let run = within(play(http, side, &plan)).await;
        let case = format!("{http:?}, {side:?}, {fault:?} at {at}");
        check(&run, &baseline, &case);
        faults += plan.faults();
        if plan.operations() < at {
            break;
        }
    }
    faults
}

#[track_caller]
fn check_undisturbed(run: &Run, baseline: &Run, case: &str) {
    for (side, expected) in [(&run.client, &baseline.client), (&run.server, &baseline.server)] {
        let (side, expected) = (side.as_ref().expect(case), expected.as_ref().unwrap());
        assert_eq!(side.cause(), EndCause::Clean, "{case}");
        assert_eq!((&side.events, &side.errors), (&expected.events, &expected.errors), "{case}");
    }
}

/// Each side has seen the beginning of what it sees without faults, and one end. It takes its end
/// for clean only if it has seen all.
#[track_caller]
fn check_cut_short(run: &Run, baseline: &Run, case: &str) {
    for (side, expected) in [(&run.client, &baseline.client), (&run.server, &baseline.server)] {
        let (Some(side), Some(expected)) = (side, expected) else { continue };
        assert!(expected.events.starts_with(&side.events), "{case}: {run:?}");
        let saw_all = side.events.len() == expected.events.len();
        assert!(side.cause() != EndCause::Clean || saw_all, "{case}: {run:?}");
    }
}

const WAYS: [(Http, Side); 4] = [
    (Http::One, Side::Client),
    (Http::One, Side::Server),
    (Http::Two, Side::Client),
    (Http::Two, Side::Server),
];

#[tokio::test(start_paused = true)]
async fn faults_that_a_connection_gets_over() {
    let mut faults = 0;
    for (http, side) in WAYS {
        for fault in [Fault::Pending, Fault::OneByte] {
            faults += at_each_operation(http, side, fault, check_undisturbed).await;
        }
    }
    assert!(faults > 100, "only {faults}");
}

#[tokio::test(start_paused = true)]
async fn faults_that_end_a_connection() {
    let kinds = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe, ErrorKind::TimedOut];
    let errors = kinds.map(Fault::Error);
    let mut faults = 0;
    for (http, side) in WAYS {
        for fault in errors.into_iter().chain([Fault::Eof, Fault::WriteZero]) {
            faults += at_each_operation(http, side, fault, check_cut_short).await;
        }
    }
    assert!(faults > 200, "only {faults}");
}

/// Drops one future at the await with a number.
struct Drops {
    at: usize,
    awaits: usize,
}

impl Drops {
    /// `None` if the future was dropped.
    async fn drive<F: Future>(&mut self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => {
                self.awaits += 1;
                if self.awaits == self.at { Poll::Ready(None) } else { Poll::Pending }
            }
        })
        .await
    }
}

/// Sends back what comes; a call whose future was dropped is made again.
async fn echo_with_drops(mut socket: WebSocket, at: usize) -> (Seen, usize) {
    let mut drops = Drops { at, awaits: 0 };
    let mut seen = Seen::default();
    loop {
        let (mut text, mut binary) = (None, None);
        match drops.drive(socket.receive()).await {
            None => continue,
            Some(Ok(Some((event, _)))) => {
                seen.note(&event);
                match event {
                    Event::Text(echo) => text = Some(echo.to_owned()),
                    Event::Binary(echo) => binary = Some(echo.to_vec()),
                    _ => {}
                }
            }
            Some(Ok(None)) => return (seen, drops.awaits),
            Some(Err(error)) => seen.note_error(&error),
        }
        if let Some(text) = &text {
            while drops.drive(socket.feed_text(text)).await.is_none() {}
        } else if let Some(data) = &binary {
            while drops.drive(socket.feed_binary(data)).await.is_none() {}
        }
        while drops.drive(socket.flush()).await.is_none() {}
    }
}

/// Plays over HTTP/2 with small windows, so that there is much to wait for.
async fn play_with_drops(at: usize) -> (Run, usize) {
    let (ours, theirs) = duplex(1 << 14);
    let mut http = http2();
    http.initial_stream_window_size(1_000);
    let program = move |socket| echo_with_drops(socket, at);
    let mut server = serve(theirs, &http, Config::default(), program);
    let mut http = Builder::new();
    http.initial_window_size(1_000);
    let mut sender = h2_client::handshake(ours, &http).await;
    let (_, stream) = h2_client::connect(&mut sender, h2_client::request()).await;
    let role = Role::Client(&OsEntropy);
    let socket = adapter::WebSocket::established(stream, role, None, Config::default(), &[]);
    let client = talk(socket).await;
    let (seen, awaits) = server.result().await;
    (Run { client: Some(client), server: Some(seen) }, awaits)
}

#[tokio::test(start_paused = true)]
async fn every_future_dropped_at_every_await() {
    let (baseline, _) = within(play_with_drops(0)).await;
    for at in 1.. {
        let (run, awaits) = within(play_with_drops(at)).await;
        check_undisturbed(&run, &baseline, &format!("dropped at {at}"));
        if awaits < at {
            assert!(at > 20, "only {at} awaits");
            break;
        }
    }
}
