//! The example `private_ca`: its server with a client on tokio-tungstenite over rustls, its client
//! with such a server. The authority and its certificates are made here.

#[path = "../../../examples/private_ca.rs"]
#[expect(dead_code, reason = "its `main`")]
mod example;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use futures_util::{SinkExt, StreamExt};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async, client_async};
use websocket_proto::io::tls::{ClientTls, ServerTls};

use super::within;

/// An authority, and what it issued for `localhost`, in PEM.
struct Issued {
    authority: String,
    chain: String,
    key: String,
}

fn issue() -> Issued {
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "our authority");
    let authority_key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&authority_key).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let chain = params.signed_by(&key, &issuer).unwrap().pem();
    Issued { authority: root, chain, key: key.serialize_pem() }
}

fn serve(issued: &Issued) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let tls = ServerTls::from_pem(issued.chain.as_bytes(), issued.key.as_bytes()).unwrap();
    thread::spawn(move || example::serve(&listener, &tls));
    address
}

/// Runs our client with these lines as its input; returns what it prints.
fn run_client(port: u16, authority: &str, lines: &'static str) -> Result<Vec<String>, String> {
    let tls = ClientTls::with_roots(authority.as_bytes()).unwrap();
    let mut printed = Vec::new();
    let print = |line: &str| printed.push(line.to_owned());
    let url = format!("wss://localhost:{port}/");
    let result = example::connect(&url, &tls, lines.as_bytes(), print);
    result.map(|()| printed).map_err(|error| error.to_string())
}

#[tokio::test]
async fn their_client_trusts_the_authority() {
    let issued = issue();
    let address = serve(&issued);
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(issued.authority.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = within(TcpStream::connect(address)).await.unwrap();
    let stream = within(TlsConnector::from(Arc::new(config)).connect(name, stream)).await.unwrap();
    let (mut socket, _) = within(client_async("wss://localhost/", stream)).await.unwrap();
    for message in [Message::text("é€😀"), Message::binary(vec![7; 300_000])] {
        within(socket.send(message.clone())).await.unwrap();
        assert_eq!(within(socket.next()).await.unwrap().unwrap(), message);
    }
    within(socket.close(None)).await.unwrap();
    assert!(within(socket.next()).await.unwrap().unwrap().is_close());
    // With `close_notify`: without it, this were an error.
    assert!(within(socket.next()).await.is_none());
}

#[tokio::test]
async fn our_client_trusts_the_authority() {
    let issued = issue();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(
        vec![CertificateDer::from_pem_slice(issued.chain.as_bytes()).unwrap()],
        PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap(),
    );
    let listener = tokio::net::TcpListener::bind("localhost:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = TlsAcceptor::from(Arc::new(config.unwrap())).accept(stream).await.unwrap();
        let mut socket = accept_async(stream).await.unwrap();
        while let Some(message) = socket.next().await {
            if let Message::Text(text) = message.unwrap() {
                // The answer to a line need not be the first thing that comes.
                socket.send(Message::Ping("".into())).await.unwrap();
                socket.send(Message::text(text.to_uppercase())).await.unwrap();
            }
        }
    });
    let client = spawn_blocking(move || run_client(port, &issued.authority, "one\ntwo\n"));
    let printed = within(client).await.unwrap().unwrap();
    let ended = "the connection has ended: closed, the peer said 1000 \"\", we said 1000 \"\"";
    assert_eq!(printed, ["ONE", "TWO", ended]);
    within(server).await.unwrap();
}

#[test]
fn another_authority_of_the_same_name_is_refused() {
    let (issued, other) = (issue(), issue());
    let port = serve(&issued).port();
    let error = run_client(port, &other.authority, "secret\n").unwrap_err();
    assert!(error.contains("certificate"), "{error}");
    // The server goes on.
    assert_eq!(run_client(port, &issued.authority, "hello\n").unwrap()[0], "hello");
}
