//! The example `axum`, with people on tokio-tungstenite.

#[path = "../../../examples/axum.rs"]
#[expect(dead_code, reason = "its `main`")]
mod example;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async, connect_async};

use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::tokio::connect_with;
use websocket_proto::{Config, Deflate, Event};

use super::within;

/// A request with a frame right after it: a masked "hi".
const EAGER: &[u8] = b"GET /rooms/a HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n\x81\x82\0\0\0\0hi";

type Member = WebSocketStream<TcpStream>;

struct Chat {
    address: String,
}

async fn open() -> Chat {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async { axum::serve(listener, example::routes()).await });
    Chat { address }
}

impl Chat {
    async fn join(&self, room: &str) -> Member {
        let stream = within(TcpStream::connect(&self.address)).await.unwrap();
        self.join_over(stream, room).await
    }

    async fn join_over(&self, stream: TcpStream, room: &str) -> Member {
        let url = format!("ws://{}/rooms/{room}", self.address);
        within(client_async(url, stream)).await.unwrap().0
    }

    /// The status that a request with this header leads to, and the subprotocol.
    async fn ask(&self, name: &'static str, value: &str) -> (u16, Option<String>) {
        let url = format!("ws://{}/rooms/a", self.address);
        let mut request = url.into_client_request().unwrap();
        let value = HeaderValue::from_str(value).unwrap();
        request.headers_mut().insert(HeaderName::from_static(name), value);
        let response = match within(connect_async(request)).await {
            Ok((_, response)) => response.map(|_| ()),
            Err(Error::Http(response)) => response.map(|_| ()),
            Err(error) => panic!("{error}"),
        };
        let subprotocol = response.headers().get("sec-websocket-protocol");
        let subprotocol = subprotocol.map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), subprotocol)
    }

    /// Sends bytes in one write; returns the answer, at least up to `end`.
    async fn answer_to(&self, bytes: &[u8], end: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        while !answer.windows(end.len()).any(|bytes| bytes == end) {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "{}", answer.escape_ascii());
        }
        answer
    }
}

async fn say(member: &mut Member, text: &str) {
    within(member.send(Message::text(text))).await.unwrap();
}

async fn hear(member: &mut Member) -> Message {
    within(member.next()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_room_hears_what_is_said_in_it() {
    let chat = open().await;
    let mut garden = [chat.join("garden").await, chat.join("garden").await];
    let mut kitchen = chat.join("kitchen").await;
    // Whoever has heard oneself is in the room.
    for (member, text) in garden.iter_mut().zip(["first", "second"]) {
        say(member, text).await;
        while hear(member).await != Message::text(text) {}
    }
    let [ada, bob] = &mut garden;
    assert_eq!(hear(ada).await, Message::text("second"));
    say(ada, "é€😀").await;
    for member in [&mut *ada, &mut *bob] {
        assert_eq!(hear(member).await, Message::text("é€😀"));
    }
    say(&mut kitchen, "anybody?").await;
    assert_eq!(hear(&mut kitchen).await, Message::text("anybody?"), "and nothing before");

    within(ada.close(None)).await.unwrap();
    assert!(hear(ada).await.is_close());
    say(bob, "gone").await;
    assert_eq!(hear(bob).await, Message::text("gone"));
}

#[tokio::test]
async fn who_is_too_far_behind_has_to_leave() {
    let chat = open().await;
    // The system holds little of what is not read.
    let slow = TcpSocket::new_v4().unwrap();
    slow.set_recv_buffer_size(1 << 16).unwrap();
    let slow = within(slow.connect(chat.address.parse().unwrap())).await.unwrap();
    let mut slow = chat.join_over(slow, "a").await;
    let mut fast = chat.join("a").await;
    say(&mut slow, "here").await;
    assert_eq!(hear(&mut slow).await, Message::text("here"));
    say(&mut fast, "here, too").await;
    while hear(&mut fast).await != Message::text("here, too") {}
    // More than the buffers of the system and the backlog hold.
    let long = Message::text("long ".repeat(13_000));
    for _ in 0..300 {
        within(fast.send(long.clone())).await.unwrap();
        assert!(hear(&mut fast).await == long, "one who keeps up hears everything");
    }
    let close = loop {
        match hear(&mut slow).await {
            Message::Close(close) => break close.unwrap(),
            message => assert!(message.is_text()),
        }
    };
    assert_eq!(close, CloseFrame { code: CloseCode::Policy, reason: "too slow".into() });
}

#[tokio::test]
async fn who_says_too_much_at_once_has_to_leave() {
    let chat = open().await;
    let mut member = chat.join("a").await;
    say(&mut member, &"x".repeat((1 << 16) + 1)).await;
    let Message::Close(Some(close)) = hear(&mut member).await else { panic!() };
    assert_eq!(close.code, CloseCode::Size);
    assert!(within(member.next()).await.is_none());
    let mut other = chat.join("a").await;
    say(&mut other, "still here?").await;
    assert_eq!(hear(&mut other).await, Message::text("still here?"));
}

#[tokio::test]
async fn a_message_sent_with_the_request() {
    let chat = open().await;
    let answer = within(chat.answer_to(EAGER, b"\x81\x02hi")).await;
    assert!(answer.starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
}

#[tokio::test]
async fn the_page_and_requests_for_no_websocket() {
    let chat = open().await;
    let page = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    let answer = within(chat.answer_to(page, b"</script>")).await;
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
    let plain = b"GET /rooms/a HTTP/1.1\r\nHost: h\r\n\r\n";
    let answer = within(chat.answer_to(plain, b"\r\n\r\n")).await;
    assert!(answer.starts_with(b"HTTP/1.1 426 Upgrade Required\r\n"));
}

#[tokio::test]
async fn subprotocol_and_origin() {
    let chat = open().await;
    let chosen = chat.ask("sec-websocket-protocol", "other, chat").await;
    assert_eq!(chosen, (101, Some("chat".to_owned())));
    assert_eq!(chat.ask("origin", "http://other.example").await, (403, None));
    assert_eq!(chat.ask("origin", &format!("http://{}", chat.address)).await, (101, None));
}

#[tokio::test]
async fn compression() {
    let chat = open().await;
    let mut config = Config::default();
    config.deflate = Some(Deflate::default());
    let request = ClientRequest::new(&format!("ws://{}/rooms/a", chat.address)).unwrap();
    let mut member = within(connect_with(&request, config)).await.unwrap();
    let long = "long ".repeat(10_000);
    within(member.send_text(&long)).await.unwrap();
    let Some((Event::Text(heard), _)) = within(member.receive()).await.unwrap() else { panic!() };
    assert!(heard == long);
    assert!(member.connection().totals().received.wire_bytes < 1000);
}

#[test]
fn it_is_short() {
    assert!(include_str!("../../../examples/axum.rs").lines().count() <= 45);
}
