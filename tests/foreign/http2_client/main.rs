//! A client that dials by TLS, with hyper's server at the other end, in HTTP/2 and on its way back to
//! HTTP/1.1.
#![cfg(all(feature = "h2", feature = "hyper", feature = "tls"))]

mod server;

use std::io::ErrorKind;
use std::time::Duration;

use websocket_proto::io::Error;
use websocket_proto::io::h2::{AnyStream, Dialed, dial};
use websocket_proto::io::task::{WebSocket, Wire};
use websocket_proto::{CloseCode, Config, Deflate, Event};

use server::{Kind, Server};

async fn within<T>(future: impl Future<Output = T>) -> T {
    // Much longer than any test takes, so this only fails tests that hang.
    tokio::time::timeout(Duration::from_secs(60), future).await.unwrap()
}

fn config() -> Config {
    let mut config = Config::default();
    config.deflate = Some(Deflate::default());
    config
}

async fn dial_to(server: &Server, path: &str) -> Result<Dialed, Error> {
    dial(&server.request(path), config(), &server.options()).await
}

/// Talks, and closes.
async fn talk<W: Wire>(socket: &mut WebSocket<W>) {
    for text in ["hello", &"long ".repeat(50_000)] {
        socket.send_text(text).await.unwrap();
        loop {
            match socket.receive().await.unwrap().expect("an answer").0 {
                Event::Text(echoed) => break assert_eq!(echoed, text),
                Event::Ended(ending) => panic!("{ending}"),
                _ => {}
            }
        }
    }
    let ending = socket.close_with(CloseCode::NORMAL, "").await.unwrap();
    assert!(ending.is_clean(), "{ending}");
}

#[tokio::test]
async fn many_sockets_over_one_connection_of_hyper() {
    within(async {
        let server = Server::start(Kind::Http2).await;
        let mut dialed = dial_to(&server, "/echo").await.unwrap();
        assert!(matches!(dialed.socket.stream(), AnyStream::Http2(_)));
        assert_eq!(dialed.socket.response().unwrap().status(), 200);
        assert!(dialed.socket.connection().deflate().is_some());
        let client = dialed.client.unwrap();
        let mut others = Vec::new();
        for _ in 0..10 {
            others.push(client.connect(&server.request("/echo"), config()).await.unwrap());
        }
        talk(&mut dialed.socket).await;
        for other in &mut others {
            talk(other).await;
        }
        assert_eq!(server.connections(), 1);
    })
    .await;
}

/// Servers that have HTTP/2 and want WebSockets in HTTP/1.1: a second connection is made for that.
#[tokio::test]
async fn back_to_http_1_1() {
    within(async {
        for kind in [Kind::Http2WithoutWebSockets, Kind::WantsHttp1] {
            let server = Server::start(kind).await;
            let mut dialed = dial_to(&server, "/echo").await.unwrap();
            assert!(matches!(dialed.socket.stream(), AnyStream::Http1(_)), "{kind:?}");
            assert!(dialed.client.is_none());
            assert_eq!(dialed.socket.response().unwrap().status(), 101);
            talk(&mut dialed.socket).await;
            assert_eq!(server.connections(), 2, "{kind:?}");
        }
    })
    .await;
}

/// Where there is no HTTP/2, the first connection is the one.
#[tokio::test]
async fn http_1_1_at_once() {
    within(async {
        for kind in [Kind::Http1, Kind::WithoutAlpn, Kind::Plain] {
            let server = Server::start(kind).await;
            let mut dialed = dial_to(&server, "/echo").await.unwrap();
            assert!(matches!(dialed.socket.stream(), AnyStream::Http1(_)), "{kind:?}");
            assert!(dialed.client.is_none());
            talk(&mut dialed.socket).await;
            assert_eq!(server.connections(), 1, "{kind:?}");
        }
    })
    .await;
}

/// A refusal in HTTP/2 is a refusal: it would be one in HTTP/1.1, too.
#[tokio::test]
async fn a_refusal_is_not_asked_again() {
    within(async {
        let server = Server::start(Kind::Http2).await;
        let error = dial_to(&server, "/forbidden").await.unwrap_err();
        let Error::Refused(refused) = error else { panic!("{error}") };
        assert_eq!(refused.response().status(), 403);
        assert_eq!(refused.response().body(), b"not you\n");
        assert_eq!(server.connections(), 1);
    })
    .await;
}

#[tokio::test]
async fn redirects_are_followed() {
    within(async {
        let server = Server::start(Kind::Http2).await;
        let options = server.options().follow_redirects(2);
        let mut dialed = dial(&server.request("/moved"), config(), &options).await.unwrap();
        assert!(matches!(dialed.socket.stream(), AnyStream::Http2(_)));
        talk(&mut dialed.socket).await;
        assert_eq!(server.connections(), 2);
        let error = dial_to(&server, "/moved").await.unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{error}");
    })
    .await;
}

/// Errors before the handshake are those of every adapter.
#[tokio::test]
async fn a_server_that_is_not_trusted() {
    within(async {
        let server = Server::start(Kind::Http2).await;
        let stranger = Server::start(Kind::Http2).await;
        let error = dial(&server.request("/echo"), config(), &stranger.options()).await;
        let Err(Error::Connect(error)) = error else { panic!("{error:?}") };
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
    })
    .await;
}

/// When all is dropped, the connection ends.
#[tokio::test]
async fn the_connection_ends_with_its_last_socket() {
    within(async {
        let server = Server::start(Kind::Http2).await;
        let Dialed { socket, client, .. } = dial_to(&server, "/echo").await.unwrap();
        drop(client);
        assert_eq!(server.open(), 1);
        drop(socket);
        server.all_closed().await;
    })
    .await;
}
