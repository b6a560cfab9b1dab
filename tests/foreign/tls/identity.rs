//! Clients that show a certificate (mutual TLS), and servers that demand one.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rcgen::CertificateParams;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, HandshakeKind, RootCertStore, ServerConfig, SupportedProtocolVersion};
use websocket_proto::EndCause;
use websocket_proto::io::tls::{ClientTls, ServerTls};
use websocket_proto::io::{ConnectStage, Error, blocking};

use super::{ALL, GUARD, Io, Issued, echo_server, exchange, good, issue, serve};

pub(super) const VERSIONS: [&SupportedProtocolVersion; 2] =
    [&rustls::version::TLS12, &rustls::version::TLS13];

fn roots(issued: &Issued) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(issued.authority.as_bytes()).unwrap()).unwrap();
    roots
}

/// A server that demands certificates that the authority of `client` has issued.
pub(super) fn demanding(
    server: &Issued,
    client: &Issued,
    versions: &[&'static SupportedProtocolVersion],
) -> ServerTls {
    let provider = Arc::new(default_provider());
    let roots = Arc::new(roots(client));
    let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider.clone());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(server.chain.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(server.key.as_bytes()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    ServerTls::from_config(Arc::new(config))
}

pub(super) fn client(name: &str) -> Issued {
    issue(name, |_: &mut CertificateParams| {})
}

pub(super) fn showing(tls: ClientTls, issued: &Issued) -> ClientTls {
    tls.with_identity(issued.chain.as_bytes(), issued.key.as_bytes()).unwrap()
}

#[test]
fn a_server_that_demands_a_certificate() {
    let (server, client) = (good(), client("client"));
    let message = [vec![7; 70_000]];
    for io in ALL {
        for version in VERSIONS {
            let (port, ended) = echo_server(io, demanding(&server, &client, &[version]));
            let url = format!("wss://127.0.0.1:{port}/");
            let how = exchange(io, &url, &showing(server.client(), &client), &message);
            assert_eq!(how.unwrap(), EndCause::Clean, "{io:?}, {version:?}");
            assert_eq!(ended.join().unwrap().unwrap(), EndCause::Clean, "{io:?}, {version:?}");
        }
    }
}

/// Connects to a server that demands a certificate of `client`; returns the errors of both sides.
fn refused(
    io: Io,
    version: &'static SupportedProtocolVersion,
    client: &Issued,
    change: impl FnOnce(ClientTls) -> ClientTls,
) -> (Error, String) {
    let server = good();
    let (port, ended) = echo_server(io, demanding(&server, client, &[version]));
    let url = format!("wss://127.0.0.1:{port}/");
    let error = exchange(io, &url, &change(server.client()), &[]).unwrap_err();
    (error, ended.join().unwrap().unwrap_err().to_string())
}

#[test]
fn no_certificate_where_one_is_demanded() {
    let client = client("client");
    for io in ALL {
        for version in VERSIONS {
            let (error, told) = refused(io, version, &client, |tls| tls);
            let text = error.to_string();
            assert!(
                text.contains("demands a client certificate: see ClientTls::with_id"),
                "{text}"
            );
            assert!(told.contains("certificate"), "{told}");
            if version == &rustls::version::TLS12 {
                let Error::Connect(error) = error else { panic!("{error:?}") };
                assert_eq!(error.stage(), ConnectStage::Tls);
            }
        }
    }
}

#[test]
fn a_certificate_that_the_server_does_not_trust() {
    let (trusted, other) = (client("client"), client("client"));
    for io in ALL {
        for version in VERSIONS {
            let (error, _) = refused(io, version, &trusted, |tls| showing(tls, &other));
            let text = error.to_string();
            assert!(text.contains("the peer does not trust our certificate: UnknownCA"), "{text}");
        }
    }
}

/// A server that tells who has connected, and whether a session was resumed.
fn who(tls: &ServerTls, client: &ClientTls) -> (Option<CertificateDer<'static>>, HandshakeKind) {
    let tls = tls.clone();
    let (port, server) = serve(move |stream| {
        let mut socket = blocking::accept(blocking::tls_server(stream, &tls, GUARD)?)?;
        let session = socket.stream().session().unwrap();
        let shown = session.peer_certificates().map(|chain| chain[0].clone().into_owned());
        let kind = session.handshake_kind().unwrap();
        while socket.receive()?.is_some() {}
        Ok::<_, Error>((shown, kind))
    });
    let url = format!("wss://127.0.0.1:{port}/");
    assert_eq!(exchange(Io::Blocking, &url, client, &[]).unwrap(), EndCause::Clean);
    server.join().unwrap().unwrap()
}

/// Sessions are kept by the name of the server, and all these clients keep them together.
#[test]
fn no_session_of_another_identity_is_resumed() {
    let (server, one) = (good(), client("one"));
    let certificate =
        |it: &Issued| Some(CertificateDer::from_pem_slice(it.chain.as_bytes()).unwrap());
    for version in VERSIONS {
        let tls = demanding(&server, &one, &[version]);
        let plain = server.client();
        let (first, second) = (showing(plain.clone(), &one), showing(plain.clone(), &one));
        assert_eq!(who(&tls, &first), (certificate(&one), HandshakeKind::Full));
        assert_eq!(who(&tls, &first), (certificate(&one), HandshakeKind::Resumed));
        assert_eq!(who(&tls, &second), (certificate(&one), HandshakeKind::Full));
        let (port, ended) = echo_server(Io::Blocking, tls.clone());
        let url = format!("wss://127.0.0.1:{port}/");
        exchange(Io::Blocking, &url, &plain, &[]).unwrap_err();
        ended.join().unwrap().unwrap_err();
    }
}

/// Whatever decides who is trusted, an identity can be added.
#[test]
fn an_identity_beside_every_kind_of_trust() {
    let (server, client) = (good(), client("client"));
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let from_config = builder
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots(&server))
        .with_no_client_auth();
    for tls in [
        ClientTls::dangerous_without_verification().unwrap(),
        ClientTls::with_root_store(roots(&server)).unwrap(),
        ClientTls::from_config(Arc::new(from_config)),
    ] {
        let tls = showing(tls, &client);
        let (shown, _) = who(&demanding(&server, &client, &VERSIONS), &tls);
        assert!(shown.is_some());
    }
}

#[test]
fn what_cannot_be_shown() {
    let (one, other) = (good(), good());
    let (chain, key) = (one.chain.as_bytes(), one.key.as_bytes());
    let told = |result: std::io::Result<ClientTls>| result.map(drop).unwrap_err().to_string();
    let tls = || one.client();
    assert_eq!(told(tls().with_identity(key, key)), "TLS: no CERTIFICATE in the PEM");
    assert_eq!(told(tls().with_identity(chain, chain)), "TLS: no PRIVATE KEY in the PEM");
    let text = told(tls().with_identity(chain, other.key.as_bytes()));
    assert_eq!(text, "TLS: the key does not belong to the certificate");
    let text = told(tls().with_identity_files("/no/such.pem", "/no/such.key"));
    assert!(text.starts_with("/no/such.pem: No such file"), "{text}");

    let directory = std::env::temp_dir().join(format!("identity-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (chain, key) = (file("chain.pem", &one.chain), file("key.pem", &one.key));
    tls().with_identity_files(&chain, &key).unwrap();
    let wrong = file("wrong.pem", &other.key);
    let text = told(tls().with_identity_files(&chain, &wrong));
    assert!(text.starts_with(wrong.to_str().unwrap()) && text.contains("not belong"), "{text}");
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn nothing_is_shown_of_keys() {
    let issued = good();
    let shown = format!("{:?} {:?}", issued.server(), showing(issued.client(), &issued));
    assert_eq!(shown, "ServerTls { .. } ClientTls { .. }");
}

/// The roots that the documentation names, where the platform has none.
#[test]
fn roots_in_the_program_are_trusted() {
    let tls = ClientTls::with_root_store(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect())
        .unwrap();
    let (port, server) = echo_server(Io::Tokio, good().server());
    let error = exchange(Io::Tokio, &format!("wss://127.0.0.1:{port}/"), &tls, &[]).unwrap_err();
    assert!(error.to_string().contains("not among the roots"), "{error}");
    server.join().unwrap().unwrap_err();
    let documented = include_str!("../../../src/io/tls/client.rs").replace("/// ", "");
    let code =
        "ClientTls::with_root_store(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect())";
    assert!(documented.contains(code));
    assert!(ClientTls::with_root_store(RootCertStore::empty()).is_err());
}

/// `openssl s_server`, which answers every request with a page on the client's certificate.
struct Openssl {
    child: Child,
    port: u16,
}

impl Openssl {
    /// `None` if there is no such program.
    fn start(server: &Issued, client: &Issued, version: &str) -> Option<Self> {
        let directory =
            std::env::temp_dir().join(format!("openssl-{}{version}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        for (name, text) in
            [("ca", &client.authority), ("chain", &server.chain), ("key", &server.key)]
        {
            std::fs::write(directory.join(name), text).unwrap();
        }
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-www", version])
            .args(["-Verify", "1", "-verify_return_error"])
            .args(["-CAfile", "ca", "-cert", "chain", "-key", "key"])
            .current_dir(&directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| Some(line.ok()?.strip_prefix("ACCEPT ")?.to_owned()));
        let port = port.unwrap().rsplit(':').next().unwrap().parse().unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        std::fs::remove_dir_all(directory).unwrap();
        Some(Self { child, port })
    }
}

impl Drop for Openssl {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn openssl_demands_a_certificate() {
    let (server, client) = (good(), client("our-client.example"));
    for version in ["-tls1_2", "-tls1_3"] {
        let Some(openssl) = Openssl::start(&server, &client, version) else {
            return eprintln!("skipped: no openssl");
        };
        let url = format!("wss://127.0.0.1:{}/", openssl.port);
        for io in ALL {
            let tls = showing(server.client(), &client);
            let Err(Error::Refused(refused)) = exchange(io, &url, &tls, &[]) else { panic!() };
            let page = String::from_utf8_lossy(refused.response().body()).into_owned();
            assert!(page.contains("our-client.example"), "{page}");
            let error = exchange(io, &url, &server.client(), &[]).unwrap_err().to_string();
            let expected =
                if version == "-tls1_3" { "demands a client" } else { "the peer refused" };
            assert!(error.contains(expected), "{error}");
        }
    }
}
