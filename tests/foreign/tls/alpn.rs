//! What a server offers with ALPN.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};

use super::*;

/// What the server chose for a client that offers these protocols; `None` if it refused the client.
fn chosen(offered: &[&str], by_server: Option<&[&str]>) -> Option<String> {
    let Issued { authority, chain, key } = good();
    let tls = ServerTls::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
    let tls = by_server.map_or(tls.clone(), |protocols| tls.with_alpn(protocols));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let stream = listener.accept().unwrap().0;
        let stream = blocking::tls_server(stream, &tls, GUARD).ok()?;
        let protocol = stream.session()?.alpn_protocol().unwrap_or_default();
        Some(String::from_utf8_lossy(protocol).into_owned())
    });
    let stream = TcpStream::connect(address).unwrap();
    let tls = client_offering(offered, &authority);
    let connected = blocking::tls_client(stream, &tls, "127.0.0.1", GUARD);
    let chosen = server.join().unwrap();
    assert_eq!(connected.is_ok(), chosen.is_some());
    chosen
}

fn client_offering(protocols: &[&str], authority: &str) -> ClientTls {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    ClientTls::from_config(Arc::new(config))
}

#[test]
fn a_server_offers_http_1_1_unless_told_otherwise() {
    assert_eq!(chosen(&["h2", "http/1.1"], None).as_deref(), Some("http/1.1"));
    assert_eq!(chosen(&["h2"], None), None);
}

#[test]
fn a_server_chooses_by_its_own_order() {
    let both: Option<&[&str]> = Some(&["h2", "http/1.1"]);
    assert_eq!(chosen(&["http/1.1", "h2"], both).as_deref(), Some("h2"));
    assert_eq!(chosen(&["http/1.1"], both).as_deref(), Some("http/1.1"));
    assert_eq!(chosen(&["h2"], Some(&["http/1.1"])), None);
}

#[test]
fn a_client_without_alpn_is_served() {
    assert_eq!(chosen(&[], Some(&["h2", "http/1.1"])).as_deref(), Some(""));
}
