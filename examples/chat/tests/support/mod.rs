//! The server as a process, and a client on a library that is not ours.
#![allow(dead_code, reason = "each program of tests needs a part of it")]

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

/// Longer than anything takes on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    pub(crate) process: Child,
    /// Kept, as it would be closed else.
    _stdout: BufReader<ChildStdout>,
    site: Site,
    /// Where its metrics are told.
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

    /// With no more open files than so many, and a log to read.
    pub(crate) async fn start_with_files(files: usize) -> Self {
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
        let mut stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        let site = Site::read(&mut stdout, "listening on http://").await;
        let metrics = Site::read(&mut stdout, "metrics on http://").await;
        Self { process, site, metrics, _stdout: stdout }
    }

    /// Waits until there are so many connections of any kind.
    pub(crate) async fn has_taken(&self, places: usize) {
        let line = format!("chat_places_taken {places}");
        let has = async || {
            let (_, metrics) = self.metrics.ask("GET", "/metrics", "").await;
            metrics.lines().any(|there| there == line)
        };
        soon(async {
            while !has().await {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }

    /// Asks it to end, as a service manager does.
    pub(crate) async fn terminate(&self) {
        signal(&self.process, "TERM").await;
    }

    pub(crate) async fn wait(&mut self) -> ExitStatus {
        soon(self.process.wait()).await.expect("it is ours")
    }
}

/// Where a chat is reached, be it a server or what stands before some.
#[derive(Clone)]
pub(crate) struct Site {
    /// Host and port.
    pub(crate) address: String,
}

impl Site {
    /// From the next line of what a server prints.
    async fn read(stdout: &mut BufReader<ChildStdout>, before: &str) -> Self {
        let mut line = String::new();
        soon(stdout.read_line(&mut line)).await.expect("it says where it listens");
        let url = line.trim().strip_prefix(before).expect("in this order");
        Self { address: url.trim_end_matches("/metrics").to_owned() }
    }

    /// An HTTP request without a WebSocket: status and body.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        self.ask_with(method, path, "", body).await
    }

    /// With more headers, each with the end of its line.
    pub(crate) async fn ask_with(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> (u16, String) {
        soon(self.request_http(method, path, headers, body)).await.expect("it answers")
    }

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

    /// A request for a room, `ROOM` or `ROOM&after=ID`, by somebody who has a token.
    pub(crate) async fn request(&self, name: &str, room: &str) -> Request<()> {
        self.request_with(&self.token(name).await, room)
    }

    pub(crate) fn request_with(&self, token: &str, room: &str) -> Request<()> {
        let mut request =
            format!("ws://{}/ws?room={room}", self.address).into_client_request().expect("a URL");
        let value = format!("chat, token.{token}").parse().expect("tokens are made to be tokens");
        request.headers_mut().insert("Sec-WebSocket-Protocol", value);
        request
    }

    pub(crate) async fn join(&self, name: &str, room: &str) -> Client {
        let request = self.request(name, room).await;
        let (socket, response) = soon(connect_async(request)).await.expect("it lets us in");
        assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "chat");
        Client { socket }
    }

    /// The status that refuses a request.
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
    /// The next message that is not about who comes and goes, a picture by its words.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            let told = self.next_of_all().await;
            if !matches!(told["type"].as_str(), Some("joined" | "left")) {
                return told;
            }
        }
    }

    pub(crate) async fn next_of_all(&mut self) -> Value {
        loop {
            match soon(self.socket.next()).await.expect("it goes on").expect("it is open") {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Binary(data) => return words_of(&data),
                Message::Close(frame) => panic!("closed with {frame:?}"),
                _ => {}
            }
        }
    }

    /// Reads up to `ready`, and gives what was said before.
    pub(crate) async fn history(&mut self) -> (Value, Vec<Value>) {
        let welcome = self.next().await;
        assert_eq!(welcome["type"], "welcome");
        let mut said = Vec::new();
        loop {
            match self.next().await {
                told if told["type"] == "ready" => return (welcome, said),
                told => said.push(told),
            }
        }
    }

    pub(crate) async fn say(&mut self, key: &str, text: &str) {
        let say = json!({ "type": "say", "key": key, "text": text });
        self.send(Message::text(say.to_string())).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        soon(self.socket.send(message)).await.expect("it takes it");
    }

    /// The Close frame that ends it, behind whatever else is told.
    pub(crate) async fn close_frame(&mut self) -> CloseFrame {
        loop {
            let message = soon(self.socket.next()).await.expect("it says so");
            if let Message::Close(frame) = message.expect("with a frame") {
                return frame.expect("with a code");
            }
        }
    }
}

/// A picture as it is sent.
pub(crate) fn picture(words: &Value, data: &[u8]) -> Message {
    let words = words.to_string();
    let len = (words.len() as u16).to_be_bytes();
    Message::binary([&len, words.as_bytes(), data].concat())
}

fn words_of(message: &[u8]) -> Value {
    let (len, rest) = message.split_first_chunk().expect("a length");
    let (words, data) = rest.split_at(u16::from_be_bytes(*len).into());
    let mut words: Value = serde_json::from_slice(words).expect("JSON");
    words["data"] = json!(data);
    words
}

/// Sends a signal, by its name.
pub(crate) async fn signal(process: &Child, name: &str) {
    let id = process.id().expect("it runs").to_string();
    let sent = Command::new("kill").args(["-s", name, &id]).status().await.expect("kill runs");
    assert!(sent.success());
}

pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(SOON, future).await.expect("in time")
}
