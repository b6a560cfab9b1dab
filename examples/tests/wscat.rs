//! The example `wscat` when it loses its connection, and behind a proxy. The rest of it is tested in
//! `tests/interop`.

#[path = "../wscat/main.rs"]
#[expect(dead_code, reason = "its `main`")]
mod wscat;

use std::io::{self, BufReader, PipeWriter, Read, Write};
use std::net::{Ipv6Addr, SocketAddrV6, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use websocket_proto::handshake::Rejection;
use websocket_proto::io::blocking::{WebSocket, accept, accept_with};
use websocket_proto::{CloseCode, Config, EndCause, Event};

/// After this time a test is regarded as hanging. It is much longer than any test takes.
const GUARD: Duration = Duration::from_secs(60);

/// A run of wscat.
struct Run {
    input: Option<PipeWriter>,
    messages: Receiver<String>,
    notes: Receiver<String>,
    is_clean: JoinHandle<bool>,
}

/// Sends each line that is written to a channel.
struct Lines(Sender<String>, Vec<u8>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.extend(bytes);
        while let Some(end) = self.1.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.1.drain(..=end).collect();
            let _ = self.0.send(String::from_utf8_lossy(&line).trim_end().into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Run {
    fn new(url: &str, options: &[&str]) -> Self {
        let (reader, input) = io::pipe().unwrap();
        let (messages_sender, messages) = mpsc::channel();
        let (notes_sender, notes) = mpsc::channel();
        let arguments: Vec<_> =
            options.iter().chain(&[url]).map(|argument| argument.to_string()).collect();
        let is_clean = thread::spawn(move || {
            let mut terminal = wscat::Terminal {
                messages: Box::new(Lines(messages_sender, Vec::new())),
                notes: Box::new(Lines(notes_sender, Vec::new())),
            };
            let arguments = lexopt::Parser::from_args(arguments);
            wscat::run(arguments, BufReader::new(reader), &mut terminal).unwrap()
        });
        Self { input: Some(input), messages, notes, is_clean }
    }

    fn type_line(&mut self, line: &str) {
        writeln!(self.input.as_ref().unwrap(), "{line}").unwrap();
    }

    fn end_input(&mut self) {
        self.input = None;
    }

    #[track_caller]
    fn prints(&self, line: &str) {
        assert_eq!(self.messages.recv_timeout(GUARD).unwrap(), line);
    }

    /// Waits for a note with this beginning.
    #[track_caller]
    fn notes(&self, note: &str) {
        let noted = self.notes.recv_timeout(GUARD).unwrap();
        assert!(noted.starts_with(&format!("wscat: {note}")), "{noted}");
    }

    #[track_caller]
    fn ends_cleanly(self) {
        assert!(self.ends());
    }

    #[track_caller]
    fn ends_uncleanly(self) {
        assert!(!self.ends());
    }

    /// Waits for the end, before which nothing more is printed or noted. Returns whether it is
    /// clean.
    #[track_caller]
    fn ends(self) -> bool {
        let is_clean = self.is_clean.join().unwrap();
        assert_eq!(self.messages.try_iter().count(), 0);
        assert_eq!(self.notes.try_iter().collect::<Vec<_>>(), [""; 0]);
        is_clean
    }
}

fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    (listener, url)
}

fn serve(listener: &TcpListener) -> WebSocket<TcpStream> {
    accept(listener.accept().unwrap().0).unwrap()
}

#[track_caller]
fn receives(socket: &mut WebSocket<TcpStream>, expected: &str) {
    let Some((Event::Text(text), _)) = socket.receive().unwrap() else { panic!("no text") };
    assert_eq!(text, expected);
}

/// The peer closes the connection, after which nothing else arrives.
fn closes(mut socket: WebSocket<TcpStream>, expected: CloseCode) {
    let Some((Event::Close { code, .. }, _)) = socket.receive().unwrap() else { panic!() };
    assert_eq!(code, expected);
    let Some((Event::Ended(ending), _)) = socket.receive().unwrap() else { panic!() };
    assert_eq!(ending.cause, EndCause::Clean);
}

#[test]
fn a_lost_connection_is_made_again_and_nothing_typed_is_lost() {
    let (listener, url) = listen();
    let mut run = Run::new(&url, &["--reconnect"]);
    let mut socket = serve(&listener);
    run.type_line("one");
    receives(&mut socket, "one");
    socket.send_text("1").unwrap();
    run.prints("1");
    drop(socket);
    run.notes("lost the connection: ");
    run.notes("connecting again in ");
    let typed = ["two", "three", "four"];
    typed.iter().for_each(|line| run.type_line(line));

    let busy = Rejection::new(503).unwrap();
    let refused = accept_with(listener.accept().unwrap().0, Config::default(), |_| Err(busy));
    refused.map(drop).unwrap_err();
    run.notes("no connection: the server answered 503");
    run.notes("connecting again in ");

    let mut socket = serve(&listener);
    run.notes("connected again");
    typed.iter().for_each(|line| receives(&mut socket, line));
    let restarted = socket.close_with(CloseCode::SERVICE_RESTART, "").unwrap();
    assert!(restarted.is_clean());
    run.notes("lost the connection: ");
    run.notes("connecting again in ");

    let mut socket = serve(&listener);
    run.notes("connected again");
    run.type_line("five");
    run.end_input();
    receives(&mut socket, "five");
    closes(socket, CloseCode::NORMAL);
    run.ends_cleanly();
}

#[test]
fn the_end_of_the_input_ends_it_where_nothing_is_left_to_send() {
    let (listener, url) = listen();
    let mut run = Run::new(&url, &["--reconnect"]);
    drop(serve(&listener));
    run.notes("lost the connection: ");
    run.notes("connecting again in ");
    // Nobody listens any more.
    drop(listener);
    run.end_input();
    while !run.is_clean.is_finished() {
        thread::sleep(Duration::from_millis(10));
    }
    // The last connection was not closed cleanly.
    assert!(!run.is_clean.join().unwrap());
}

#[test]
fn a_server_that_is_done_is_left_alone() {
    for options in [&["--reconnect"][..], &[]] {
        let (listener, url) = listen();
        let run = Run::new(&url, options);
        assert!(serve(&listener).close_with(CloseCode::NORMAL, "").unwrap().is_clean());
        run.ends_cleanly();
    }
}

#[test]
fn without_the_option_a_lost_connection_is_the_end() {
    let (listener, url) = listen();
    let run = Run::new(&url, &[]);
    drop(serve(&listener));
    run.notes("the peer ended the stream without a Close frame");
    run.ends_uncleanly();
}

#[test]
fn what_passes_is_shown() {
    let (listener, url) = listen();
    let url = format!("{url}room?token=secret");
    let mut run = Run::new(&url, &["--verbose", "--header", "Authorization: Bearer secret"]);
    let mut socket = serve(&listener);
    run.type_line("Hello");
    receives(&mut socket, "Hello");
    let writer = socket.writer();
    writer.send_binary(&[0, 27, b'x', 255]).unwrap();
    writer.send_text(&"é\n".repeat(50)).unwrap();
    writer.send_ping(b"still there?").unwrap();
    // It is a line each, and the terminal is not acted upon.
    let Some((Event::Pong { payload: b"still there?", .. }, _)) = socket.receive().unwrap() else {
        panic!("no pong")
    };
    assert!(socket.close_with(CloseCode::NORMAL, "bye").unwrap().is_clean());
    let lines: Vec<String> = {
        assert!(run.is_clean.join().unwrap());
        run.notes.try_iter().collect()
    };
    let all = lines.join("\n");
    assert!(!all.contains("secret") && !all.contains('\u{1b}'), "{all}");
    assert_eq!(lines[0], "> GET /room?(not shown) HTTP/1.1");
    let repeated = "é\\n".repeat(21);
    for line in [
        "> Authorization: (not shown)",
        "> Upgrade: websocket",
        "< HTTP/1.1 101 Switching Protocols",
        "> text FIN masked, 5 bytes: \"Hello\"",
        "< binary FIN, 4 bytes: \"\\0\\u{1b}x\\xff\"",
        &format!("< text FIN, 150 bytes: \"{repeated}\\xc3\"…"),
        "< ping FIN, 12 bytes: \"still there?\"",
        "> pong FIN masked, 12 bytes: \"still there?\"",
        "< close FIN, 5 bytes: 1000 \"bye\"",
        "> close FIN masked, 2 bytes: 1000 \"\"",
    ] {
        let count = lines.iter().filter(|other| *other == line).count();
        assert_eq!(count, 1, "{line}\n\nin\n{all}");
    }
}

#[test]
fn a_refusal_is_shown() {
    let (listener, url) = listen();
    let run = Run::new(&url, &["-v"]);
    let rejection = Rejection::new(403).unwrap().text("secret");
    let refused = accept_with(listener.accept().unwrap().0, Config::default(), |_| Err(rejection));
    refused.map(drop).unwrap_err();
    assert!(!run.is_clean.join().unwrap());
    let lines: Vec<String> = run.notes.try_iter().collect();
    assert!(lines.contains(&"< HTTP/1.1 403 Forbidden".into()), "{lines:?}");
}

/// Takes a connection, reads what the proxy is asked for and answers it.
fn answer_as_proxy(listener: &TcpListener, answer: &str) -> (TcpStream, String) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut asked = Vec::new();
    while !asked.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        asked.push(byte[0]);
    }
    stream.write_all(answer.as_bytes()).unwrap();
    (stream, String::from_utf8(asked).unwrap())
}

#[test]
fn a_proxy_leads_to_the_server() {
    for options in [&["--verbose"][..], &[]] {
        let (listener, _) = listen();
        let proxy = format!("http://user:pass@{}", listener.local_addr().unwrap());
        let options = [&["--proxy", &proxy], options].concat();
        let mut run = Run::new("ws://server.example/", &options);
        let (stream, asked) = answer_as_proxy(&listener, "HTTP/1.1 200 OK\r\n\r\n");
        assert!(asked.starts_with("CONNECT server.example:80 HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains("\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n"), "{asked}");
        let mut socket = accept(stream).unwrap();
        run.type_line("hello");
        receives(&mut socket, "hello");
        run.end_input();
        closes(socket, CloseCode::NORMAL);
        assert!(run.is_clean.join().unwrap());
        assert!(
            !run.notes.try_iter().any(|note| note.contains("pass") || note.contains("CONNECT"))
        );
    }
}

#[test]
fn a_proxy_that_refuses_is_told() {
    let (listener, _) = listen();
    let address = listener.local_addr().unwrap();
    let run =
        Run::new("ws://server.example/", &["--proxy", &format!("http://user:pass@{address}")]);
    answer_as_proxy(&listener, "HTTP/1.1 403 Filtered\r\n\r\n");
    run.notes(&format!(
        "cannot connect to server.example:80 through http://{address}: the proxy answered 403 Filtered"
    ));
    run.ends_uncleanly();
}

/// A link-local address of this machine, and the number of its interface.
#[cfg(target_os = "linux")]
fn link_local() -> Option<(Ipv6Addr, u32)> {
    let table = std::fs::read_to_string("/proc/net/if_inet6").ok()?;
    table.lines().find_map(|line| {
        let mut fields = line.split(' ');
        let ip = Ipv6Addr::from(u128::from_str_radix(fields.next()?, 16).ok()?);
        let interface = u32::from_str_radix(fields.next()?, 16).ok()?;
        ip.is_unicast_link_local().then_some((ip, interface))
    })
}

#[test]
#[cfg(target_os = "linux")]
fn a_server_in_a_zone() {
    let Some((ip, interface)) = link_local() else { return };
    for options in [&["--verbose"][..], &[]] {
        let listener = TcpListener::bind(SocketAddrV6::new(ip, 0, 0, interface)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut run = Run::new(&format!("ws://[{ip}%25{interface}]:{port}/"), options);
        let socket = serve(&listener);
        run.end_input();
        closes(socket, CloseCode::NORMAL);
        assert!(run.is_clean.join().unwrap());
    }
}
