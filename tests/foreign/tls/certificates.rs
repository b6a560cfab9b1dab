//! The peer's certificates, through every type of the asynchronous adapters.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use websocket_proto::backoff::Backoff;
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::{Dial, MaybeTls, Update};
use websocket_proto::{CloseCode, EndCause};

use super::{Io, config, echo_server, for_smol, for_tokio, good, run};

/// The certificate that the peer has shown, and the version of TLS.
fn shown<S>(stream: &MaybeTls<S>) -> CertificateDer<'static> {
    let session = stream.session().unwrap();
    assert_eq!(session.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
    session.peer_certificates().unwrap()[0].clone().into_owned()
}

macro_rules! test_adapter {
    ($name:ident, $adapter:ident, $io:expr, $run:path) => {
        #[test]
        fn $name() {
            let issued = good();
            let certificate = CertificateDer::from_pem_slice(issued.chain.as_bytes()).unwrap();
            let tls = issued.client();

            let (port, server) = echo_server($io, issued.server());
            let request = ClientRequest::new(&format!("wss://127.0.0.1:{port}/")).unwrap();
            $run(async {
                let mut socket = $adapter::dial(&request, config(), &Dial::new().tls(tls.clone()))
                    .await
                    .unwrap();
                assert_eq!(shown(socket.stream()), certificate);
                assert_eq!(shown(socket.writer().stream()), certificate);
                assert_eq!(socket.stream().inner().peer_addr().unwrap().port(), port);
                let (sender, mut receiver) = socket.split();
                assert_eq!(sender.with_stream(shown), certificate);
                assert_eq!(receiver.with_stream(shown), certificate);
                sender.start_close(CloseCode::NORMAL, "").unwrap();
                while receiver.receive().await.unwrap().is_some() {}
                assert_eq!(sender.ending().unwrap().cause, EndCause::Clean);
            });
            server.join().unwrap().unwrap();

            let (port, server) = echo_server($io, issued.server());
            let dial = move || {
                let tls = tls.clone();
                async move {
                    let request = ClientRequest::new(&format!("wss://127.0.0.1:{port}/"))?;
                    $adapter::dial(&request, config(), &Dial::new().tls(tls.clone())).await
                }
            };
            $run(async {
                let mut client = $adapter::Reconnecting::with_dial(dial, Backoff::default());
                let other = client.sender();
                let Some(Update::Connected(_, sender)) = client.receive().await else { panic!() };
                assert_eq!(sender.with_stream(shown), certificate);
                assert_eq!(other.with_stream(shown), Some(certificate.clone()));
                assert_eq!(client.with_stream(shown), Some(certificate));
                client.close_with(CloseCode::NORMAL, "").await.unwrap();
            });
            server.join().unwrap().unwrap();
        }
    };
}

test_adapter!(d1_certificates_on_tokio, for_tokio, Io::Blocking, run);
test_adapter!(d1_certificates_on_smol, for_smol, Io::Blocking, smol::block_on);
