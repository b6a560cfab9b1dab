//! Decisions on requests that are passed through generic code, or have a name.

use std::sync::Arc;

use websocket_proto::handshake::{Acceptance, Rejection, Request};
use websocket_proto::io::{Error, smol as on_smol, tokio as on_tokio};
use websocket_proto::{CloseCode, Config};

/// Whether a request asks for the right thing, after a while.
async fn decide(request: &Request<'_>) -> Result<Acceptance, Rejection> {
    tokio::task::yield_now().await;
    match request.target() {
        "/good" => Ok(Acceptance::new()),
        _ => Err(Rejection::new(404).unwrap()),
    }
}

/// What is accepted, and what is refused.
async fn visit(address: std::net::SocketAddr) {
    let mut socket = on_tokio::connect(&format!("ws://{address}/good")).await.unwrap();
    assert!(socket.close_with(CloseCode::NORMAL, "").await.unwrap().is_clean());
    let refused = on_tokio::connect(&format!("ws://{address}/bad")).await;
    assert!(matches!(refused, Err(Error::Refused(refused)) if refused.response().status() == 404));
}

macro_rules! test_adapter {
    ($module:ident, $adapter:ident, $runtime:ident, $spawn:expr) => {
        mod $module {
            use super::*;
            use $adapter::{Decision, accept_with};
            use $runtime::net::{TcpListener, TcpStream};

            async fn receive(mut socket: $adapter::WebSocket<TcpStream>) -> Result<(), Error> {
                while socket.receive().await?.is_some() {}
                Ok(())
            }

            /// A server that is generic over how it decides.
            async fn serve<D>(listener: TcpListener, decide: D)
            where
                D: for<'r> Fn(&'r Request<'_>) -> Decision<'r> + Clone + Send + 'static,
            {
                while let Ok((stream, _)) = listener.accept().await {
                    let decide = decide.clone();
                    let decide = async move |request: &Request<'_>| decide(request).await;
                    $spawn(async move {
                        receive(accept_with(stream, Config::default(), decide).await?).await
                    });
                }
            }

            /// One that keeps it in a field.
            #[derive(Clone)]
            struct Server {
                decide: Arc<dyn for<'r> Fn(&'r Request<'_>) -> Decision<'r> + Send + Sync>,
            }

            impl Server {
                async fn serve(self, listener: TcpListener) {
                    serve(listener, move |request| (self.decide)(request)).await;
                }
            }

            /// One that gives it a name.
            async fn serve_named(listener: TcpListener) {
                while let Ok((stream, _)) = listener.accept().await {
                    let config = Config::default();
                    let named = async |request: &Request<'_>| decide(request).await;
                    let accepting = accept_with(stream, config, named);
                    $spawn(async move { receive(accepting.await?).await });
                }
            }

            #[tokio::test]
            async fn a_decision_can_be_generic_kept_or_named() {
                for way in 0..3 {
                    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                    let address = listener.local_addr().unwrap();
                    let server = Server { decide: Arc::new(|request| Box::pin(decide(request))) };
                    let serving = async {
                        match way {
                            0 => serve(listener, |request| Box::pin(decide(request))).await,
                            1 => server.serve(listener).await,
                            _ => serve_named(listener).await,
                        }
                    };
                    tokio::select! {
                        () = crate::soon(serving) => panic!("the server has ended"),
                        () = visit(address) => {}
                    }
                }
            }
        }
    };
}

test_adapter!(for_tokio, on_tokio, tokio, tokio::spawn);
test_adapter!(for_smol, on_smol, smol, |task| smol::spawn(task).detach());
