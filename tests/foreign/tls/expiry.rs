//! A certificate that expires while connections are open, by a clock that the test sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};

use super::*;

/// The first second of 2030, when the certificate expires, in seconds since 1970.
const EXPIRY: u64 = 1_893_456_000;

/// A clock that the test sets, in seconds since 1970.
#[derive(Debug)]
struct Clock(AtomicU64);

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0.load(Ordering::SeqCst))))
    }
}

/// A client that has no sessions to resume.
fn client(issued: &Issued, clock: &Arc<Clock>) -> ClientTls {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(issued.authority.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let mut config = ClientConfig::builder_with_details(provider, clock.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    ClientTls::from_config(Arc::new(config))
}

/// Serves one connection after the other, each in its own thread, until the process ends.
fn echo_servers(io: Io, tls: ServerTls) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, tls) = (stream.unwrap(), tls.clone());
            thread::spawn(move || match io {
                Io::Blocking => echo_blocking(stream, &tls),
                Io::Tokio => run(echo_tokio(stream, &tls)),
                Io::Smol => smol::block_on(echo_smol(stream, &tls)),
            });
        }
    });
    port
}

#[test]
fn a_certificate_that_expires() {
    let issued = issue("127.0.0.1", |params| params.not_after = date_time_ymd(2030, 1, 1));
    let message = [vec![7; 70_000]];
    for io in ALL {
        let clock = Arc::new(Clock(AtomicU64::new(EXPIRY - 10)));
        let url = format!("wss://127.0.0.1:{}/", echo_servers(io, issued.server()));
        let early = client(&issued, &clock);
        let request = ClientRequest::new(&url).unwrap();
        let mut open = blocking::dial(&request, config(), &Dial::new().tls(early.clone())).unwrap();
        let mut echo = |text: &str| {
            open.send_text(text).unwrap();
            assert!(matches!(open.receive(), Ok(Some((Event::Text(back), _))) if back == text));
        };
        echo("before");

        clock.0.store(EXPIRY + 10, Ordering::SeqCst);
        echo("an open connection lives on");
        let start = Instant::now();
        let error = exchange(io, &url, &client(&issued, &clock), &message).unwrap_err();
        assert!(start.elapsed() < GUARD);
        let text = "TLS: the peer's certificate has expired";
        assert!(error.to_string().ends_with(text), "{error}");

        echo("and others are not disturbed");
        let anybody = ClientTls::dangerous_without_verification().unwrap();
        assert_eq!(exchange(io, &url, &anybody, &message).unwrap(), EndCause::Clean);
        // This client saw the certificate while it was valid, and resumes that session.
        assert_eq!(exchange(io, &url, &early, &message).unwrap(), EndCause::Clean);
        assert!(open.close_with(CloseCode::NORMAL, "").unwrap().is_clean());
    }
}
