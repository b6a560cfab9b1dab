//! The server as a process, and a client that uses another WebSocket library.
#![allow(dead_code, reason = "each test binary uses a part of this")]

use std::io;
use std::ops::Deref;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::Request;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long anything may take, also on a busy machine.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    pub(crate) process: Child,
    /// Kept open, because the server prints to it.
    _stdout: BufReader<ChildStdout>,
    site: Site,
    /// Where the metrics are served.
    pub(crate) metrics: Site,
}

impl Deref for Server {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl Server {
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        Self::start_on("127.0.0.1:0", arguments).await
    }

    pub(crate) async fn start_on(listen: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chat"));
        command.args(["--listen", listen, "--metrics", "127.0.0.1:0"]);
        command.args(arguments).stderr(Stdio::null());
        Self::run(command).await
    }

    /// Starts the server with a limit on open files. Its log can be read from its standard error.
    pub(crate) async fn start_with_file_limit(files: usize) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {files} && exec \"$0\" \"$@\"")]);
        command.args([
            env!("CARGO_BIN_EXE_chat"),
            "--listen",
            "127.0.0.1:0",
            "--metrics",
            "127.0.0.1:0",
        ]);
        command.stderr(Stdio::piped());
        Self::run(command).await
    }

    async fn run(mut command: Command) -> Self {
        let mut process =
            command.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("the chat starts");
        let mut stdout = BufReader::new(process.stdout.take().expect("a pipe"));
        let site = Site::read(&mut stdout, "listening on http://").await;
        let metrics = Site::read(&mut stdout, "metrics on http://").await;
        Self { process, site, metrics, _stdout: stdout }
    }

    /// Waits until the server has this number of connections, of any kind.
    pub(crate) async fn wait_for_connections(&self, count: usize) {
        let line = format!("chat_places_taken {count}");
        let is_reached = async || {
            let (_, metrics) = self.metrics.ask("GET", "/metrics", "").await;
            metrics.lines().any(|present| present == line)
        };
        soon(async {
            while !is_reached().await {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }

    /// Sends SIGTERM, as a service manager does.
    pub(crate) async fn terminate(&self) {
        signal(&self.process, "TERM").await;
    }

    /// Waits until the process has ended.
    pub(crate) async fn wait(&mut self) -> ExitStatus {
        soon(self.process.wait()).await.expect("the process is a child of this one")
    }
}

/// An address at which the chat can be reached: that of a server, or of a load balancer before
/// several.
#[derive(Clone)]
pub(crate) struct Site {
    /// Host and port.
    pub(crate) address: String,
}

impl Site {
    /// Reads the address from the next line that a server prints, where it follows `prefix`.
    async fn read(stdout: &mut BufReader<ChildStdout>, prefix: &str) -> Self {
        let mut line = String::new();
        soon(stdout.read_line(&mut line)).await.expect("the server prints its addresses");
        let url = line.trim().strip_prefix(prefix).expect("an address");
        Self { address: url.trim_end_matches("/metrics").to_owned() }
    }

    /// Sends an HTTP request, and returns status and body of the answer.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        self.ask_with(method, path, "", body).await
    }

    /// As [`ask`](Self::ask), with more headers. Each of them ends with CRLF.
    pub(crate) async fn ask_with(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> (u16, String) {
        soon(self.request_http(method, path, headers, body)).await.expect("an answer")
    }

    /// As [`ask`](Self::ask), but may fail, and does not time out.
    pub(crate) async fn try_to_ask(
        &self,
        method: &str,
        path: &str,
        body: &str,
    ) -> io::Result<(u16, String)> {
        self.request_http(method, path, "", body).await
    }

    async fn request_http(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> io::Result<(u16, String)> {
        let (address, len) = (&self.address, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {len}\r\n{headers}\r\n"
        );
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all((head + body).as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok((head[9..12].parse().expect("a status"), body.to_owned()))
    }

    pub(crate) async fn token(&self, name: &str) -> String {
        let (status, token) = self.ask("POST", "/token", name).await;
        assert_eq!(status, 200, "{token}");
        token
    }

    /// A request for a WebSocket, with a new token for `name`. `room` is `ROOM` or `ROOM&after=ID`.
    pub(crate) async fn request(&self, name: &str, room: &str) -> Request<()> {
        self.request_with(&self.token(name).await, room)
    }

    pub(crate) fn request_with(&self, token: &str, room: &str) -> Request<()> {
        let mut request =
            format!("ws://{}/ws?room={room}", self.address).into_client_request().expect("a URL");
        let value = format!("chat, token.{token}").parse().expect("a token is a valid subprotocol");
        request.headers_mut().insert("Sec-WebSocket-Protocol", value);
        request
    }

    /// Opens a WebSocket, with a new token for `name`. `room` is `ROOM` or `ROOM&after=ID`.
    pub(crate) async fn join(&self, name: &str, room: &str) -> Client {
        let request = self.request(name, room).await;
        let (socket, response) =
            soon(connect_async(request)).await.expect("the server accepts the WebSocket");
        assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "chat");
        Client { socket }
    }

    /// The status with which the server refuses a request.
    pub(crate) async fn refusal(&self, request: Request<()>) -> u16 {
        match soon(connect_async(request)).await {
            Err(Error::Http(response)) => response.status().as_u16(),
            other => panic!("not refused: {other:?}"),
        }
    }
}

pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    /// The next message, except those about people who join or leave. That of a picture is its
    /// header, with the picture as `data`.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            let message = self.next_of_any_type().await;
            if !matches!(message["type"].as_str(), Some("joined" | "left")) {
                return message;
            }
        }
    }

    pub(crate) async fn next_of_any_type(&mut self) -> Value {
        loop {
            match soon(self.socket.next()).await.expect("a message").expect("an open connection") {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Binary(data) => return parse_picture(&data),
                Message::Close(frame) => panic!("closed with {frame:?}"),
                _ => {}
            }
        }
    }

    /// Receives everything up to `ready`: the `welcome`, and the messages of the history.
    pub(crate) async fn history(&mut self) -> (Value, Vec<Value>) {
        let welcome = self.next().await;
        assert_eq!(welcome["type"], "welcome");
        let mut history = Vec::new();
        loop {
            match self.next().await {
                message if message["type"] == "ready" => return (welcome, history),
                message => history.push(message),
            }
        }
    }

    pub(crate) async fn say(&mut self, key: &str, text: &str) {
        let say = json!({ "type": "say", "key": key, "text": text });
        self.send(Message::text(say.to_string())).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        soon(self.socket.send(message)).await.expect("an open connection");
    }

    /// The Close frame that the server sends, after any other messages.
    pub(crate) async fn close_frame(&mut self) -> CloseFrame {
        loop {
            let message = soon(self.socket.next()).await.expect("a message");
            if let Message::Close(frame) = message.expect("a Close frame") {
                return frame.expect("a close code");
            }
        }
    }
}

/// The message with which a client sends a picture.
pub(crate) fn picture(header: &Value, data: &[u8]) -> Message {
    let header = header.to_string();
    let len = (header.len() as u16).to_be_bytes();
    Message::binary([&len, header.as_bytes(), data].concat())
}

fn parse_picture(message: &[u8]) -> Value {
    let (len, rest) = message.split_first_chunk().expect("a length");
    let (header, data) = rest.split_at(u16::from_be_bytes(*len).into());
    let mut header: Value = serde_json::from_slice(header).expect("JSON");
    header["data"] = json!(data);
    header
}

/// Sends a signal to a process, by the name of the signal without `SIG`.
pub(crate) async fn signal(process: &Child, name: &str) {
    let id = process.id().expect("a running process").to_string();
    let sent = Command::new("kill").args(["-s", name, &id]).status().await.expect("kill runs");
    assert!(sent.success());
}

/// The result of a future, which has to complete within [`TIMEOUT`].
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(TIMEOUT, future).await.expect("in time")
}
