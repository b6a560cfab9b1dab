//! The examples `reqwest` and `hyper_client`, with our server. What is reqwest's own is tried here
//! with reqwest's own means.

#[path = "../../../examples/hyper_client.rs"]
#[expect(dead_code, reason = "its `main`")]
mod hyper_example;
#[path = "../../../examples/reqwest.rs"]
#[expect(dead_code, reason = "its `main`")]
mod reqwest_example;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::Proxy;
use reqwest::cookie::{CookieStore, Jar};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, copy_bidirectional,
};
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::handshake::http::ResponseError;
use websocket_proto::handshake::{Acceptance, ClientRequest, Rejection, accept_value};
use websocket_proto::io::tls::ServerTls;
use websocket_proto::io::tokio::{self as adapter, WebSocket};
use websocket_proto::{CloseCode, Config, Deflate, Event};

use super::within;

/// What the servers here have seen: a line for each request.
type Seen = Arc<Mutex<Vec<String>>>;

/// An echo server; returns where it is and what it has seen.
async fn serve(tls: Option<ServerTls>) -> (SocketAddr, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, seen) = (listener.local_addr().unwrap(), Seen::default());
    let noted = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, seen) = (tls.clone(), Arc::clone(&noted));
            tokio::spawn(async move {
                match tls {
                    Some(tls) => {
                        let time = super::GUARD;
                        echo(adapter::tls_server(stream, &tls, time).await.unwrap(), &seen).await;
                    }
                    None => echo(stream, &seen).await,
                }
            });
        }
    });
    (address, seen)
}

/// Accepts the subprotocol `echo`, sets a cookie, and refuses `/closed`.
async fn echo<S: AsyncRead + AsyncWrite + Unpin>(stream: S, seen: &Seen) {
    let mut config = Config::default();
    config.deflate = Some(Deflate::default());
    let accepted = adapter::accept_with(stream, config, async |request| {
        let said =
            ["host", "cookie", "authorization"].map(|name| request.header(name).unwrap_or("-"));
        seen.lock().unwrap().push(format!("{} {}", request.target(), said.join(" ")));
        if request.path() == "/closed" {
            return Err(Rejection::forbidden().text("closed"));
        }
        Ok(Acceptance::new()
            .choose_subprotocol(*request, &["echo"])
            .header("Set-Cookie", "id=7")?)
    });
    let Ok(mut socket) = accepted.await else { return };
    while let Some((event, reply)) = socket.receive().await.unwrap() {
        match event {
            Event::Text(text) => reply.send_text(text).await.unwrap(),
            Event::Binary(data) => reply.send_binary(data).await.unwrap(),
            _ => {}
        }
    }
}

/// Sends short and long messages, and closes. Returns how many bytes were sent.
async fn speak<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocket<S>) -> u64 {
    for text in ["é€😀", &"long ".repeat(100_000)] {
        within(socket.send_text(text)).await.unwrap();
        let Some((Event::Text(echoed), _)) = within(socket.receive()).await.unwrap() else {
            panic!()
        };
        assert!(echoed == text, "{} bytes came back", echoed.len());
    }
    assert!(within(socket.close_with(CloseCode::NORMAL, "")).await.unwrap().is_clean());
    socket.connection().totals().sent.wire_bytes
}

fn request(url: &str) -> ClientRequest {
    ClientRequest::new(url).unwrap().subprotocol("echo").unwrap().bearer("token").unwrap()
}

fn told(error: Box<dyn std::error::Error + Send + Sync>) -> ResponseError {
    *error.downcast::<ResponseError>().unwrap()
}

#[tokio::test]
async fn hyper() {
    let (address, seen) = serve(None).await;
    let url = format!("ws://{address}/a?b");
    let mut socket = within(hyper_example::connect(&request(&url))).await.unwrap();
    // It offers no compression.
    assert!(speak(&mut socket).await > 500_000);
    assert_eq!(*seen.lock().unwrap(), [format!("/a?b {address} - Bearer token")]);
    let url = format!("ws://{address}/closed");
    let refused = told(within(hyper_example::connect(&request(&url))).await.unwrap_err());
    assert_eq!(refused.to_string(), "the server answered 403 Forbidden");
}

/// Knows one name and no other.
struct OneName(SocketAddr);

impl Resolve for OneName {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses: Addrs = Box::new([self.0].into_iter());
        let known = name.as_str() == "nowhere.invalid";
        Box::pin(async move { if known { Ok(addresses) } else { Err("no such name".into()) } })
    }
}

#[tokio::test]
async fn reqwest_with_its_resolver_and_cookies() {
    let (address, seen) = serve(None).await;
    let (port, jar) = (address.port(), Arc::new(Jar::default()));
    let client = reqwest_example::client().dns_resolver(OneName(address));
    let client = client.cookie_provider(Arc::clone(&jar)).build().unwrap();
    let request = request(&format!("ws://nowhere.invalid:{port}/a?b"));
    for _ in 0..2 {
        let mut socket = within(reqwest_example::connect(&client, &request)).await.unwrap();
        assert!(socket.connection().deflate().is_some());
        assert!(speak(&mut socket).await < 10_000);
    }
    let line = |cookie| format!("/a?b nowhere.invalid:{port} {cookie} Bearer token");
    assert_eq!(*seen.lock().unwrap(), [line("-"), line("id=7")]);
    let url = format!("http://nowhere.invalid:{port}/").parse().unwrap();
    assert_eq!(jar.cookies(&url).unwrap(), "id=7");

    let closed = ClientRequest::new(&format!("ws://nowhere.invalid:{port}/closed")).unwrap();
    let refused = told(within(reqwest_example::connect(&client, &closed)).await.unwrap_err());
    assert_eq!(refused.to_string(), "the server answered 403 Forbidden");
}

/// A proxy that knows CONNECT, and leads to one address whatever is asked for.
async fn proxy(target: SocketAddr) -> (SocketAddr, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, seen) = (listener.local_addr().unwrap(), Seen::default());
    let noted = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut client = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert_ne!(client.read_line(&mut head).await.unwrap(), 0, "{head}");
            }
            noted.lock().unwrap().push(head.lines().next().unwrap().to_owned());
            client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.unwrap();
            let mut server = TcpStream::connect(target).await.unwrap();
            tokio::spawn(async move { drop(copy_bidirectional(&mut client, &mut server).await) });
        }
    });
    (address, seen)
}

#[tokio::test]
async fn reqwest_with_its_proxy_and_tls() {
    let name = "nowhere.invalid".to_owned();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name]).unwrap();
    let pem = (cert.pem(), signing_key.serialize_pem());
    let tls = ServerTls::from_pem(pem.0.as_bytes(), pem.1.as_bytes()).unwrap();
    let (address, seen) = serve(Some(tls)).await;
    let (proxy, asked) = proxy(address).await;

    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions();
    let config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
    let client = reqwest_example::client().tls_backend_preconfigured(config);
    let proxy = Proxy::https(format!("http://{proxy}")).unwrap();
    let client = client.proxy(proxy).build().unwrap();
    let request = request("wss://nowhere.invalid/a");
    let mut socket = within(reqwest_example::connect(&client, &request)).await.unwrap();
    assert!(speak(&mut socket).await < 10_000);
    assert_eq!(*asked.lock().unwrap(), ["CONNECT nowhere.invalid:443 HTTP/1.1"]);
    assert_eq!(*seen.lock().unwrap(), ["/a nowhere.invalid - Bearer token"]);
}

/// A server that greets in the same write as it answers; returns its URL.
async fn greet() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/a?b", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut stream = BufReader::new(listener.accept().await.unwrap().0);
        let (mut head, mut accept) = (String::new(), None);
        while !head.ends_with("\r\n\r\n") {
            let start = head.len();
            assert_ne!(stream.read_line(&mut head).await.unwrap(), 0, "{head}");
            let (name, value) = head[start..].split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("Sec-WebSocket-Key") {
                accept = accept_value(value.trim());
            }
        }
        let lower = head.to_ascii_lowercase();
        assert!(lower.starts_with("get /a?b http/1.1\r\n"), "{head}");
        for line in ["host: 127.0.0.1:", "upgrade: websocket\r\n", "connection: upgrade\r\n"] {
            assert_eq!(lower.matches(&format!("\r\n{line}")).count(), 1, "{head}");
        }
        assert!(!lower.contains("content-length") && !lower.contains("transfer-"), "{head}");
        let accept = String::from_utf8(accept.unwrap().into()).unwrap();
        let answer = format!(
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        stream
            .write_all(&[answer.as_bytes(), b"\x81\x02hi\x88\x02\x03\xe8"].concat())
            .await
            .unwrap();
        while !stream.fill_buf().await.unwrap().is_empty() {
            let len = stream.buffer().len();
            stream.consume(len);
        }
    });
    url
}

#[tokio::test]
async fn frames_that_come_with_the_response() {
    async fn hear<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocket<S>) {
        let Some((Event::Text("hi"), _)) = within(socket.receive()).await.unwrap() else {
            panic!()
        };
        let Some((Event::Close { code, .. }, _)) = within(socket.receive()).await.unwrap() else {
            panic!()
        };
        assert_eq!(code, CloseCode::NORMAL);
    }
    let request = ClientRequest::new(&greet().await).unwrap();
    hear(within(hyper_example::connect(&request)).await.unwrap()).await;
    let client = reqwest_example::client().build().unwrap();
    let request = ClientRequest::new(&greet().await).unwrap();
    hear(within(reqwest_example::connect(&client, &request)).await.unwrap()).await;
}
