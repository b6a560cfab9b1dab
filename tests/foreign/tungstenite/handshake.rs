//! The opening handshake with tokio-tungstenite: subprotocols, refusals and redirects.

use tokio::join;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request as TheirRequest;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{self, HeaderValue, StatusCode};
use websocket_proto::handshake::{Acceptance, ClientRequest, Rejection};
use websocket_proto::io::Error;

use crate::meeting::{Meeting, meetings, within};

const PROTOCOL: &str = "Sec-WebSocket-Protocol";

fn offering(meeting: &Meeting) -> TheirRequest {
    let mut request = meeting.url("/").into_client_request().unwrap();
    request.headers_mut().insert(PROTOCOL, HeaderValue::from_static("chat, superchat"));
    request
}

#[tokio::test]
async fn subprotocol_of_our_server() {
    for meeting in meetings().await {
        let accepting = meeting.our_server(|request| {
            assert!(request.subprotocols().eq(["chat", "superchat"]));
            Ok(Acceptance::new().subprotocol("superchat").unwrap())
        });
        let connecting = meeting.their_client(offering(&meeting));
        let (ours, theirs) = within(async { join!(accepting, connecting) }).await;
        ours.unwrap();
        assert_eq!(theirs.unwrap().1.headers()[PROTOCOL], "superchat");
    }
}

#[tokio::test]
async fn subprotocol_of_their_server() {
    for meeting in meetings().await {
        let request = ClientRequest::new(&meeting.url("/")).unwrap();
        let request = request.subprotocol("chat").unwrap().subprotocol("superchat").unwrap();
        let accepting = meeting.their_server(|request: &Request, mut answer: Response| {
            let offered: Vec<_> = request.headers().get_all(PROTOCOL).iter().collect();
            assert_eq!(offered, ["chat, superchat"]);
            answer.headers_mut().insert(PROTOCOL, HeaderValue::from_static("superchat"));
            Ok(answer)
        });
        let connecting = meeting.our_client(&request);
        let (ours, theirs) = within(async { join!(connecting, accepting) }).await;
        theirs.unwrap();
        let mut ours = ours.unwrap();
        let response = ours.response().unwrap();
        assert_eq!(response.subprotocol(), Some("superchat"));
    }
}

/// The response with which our server refuses their client.
async fn refusal(meeting: &Meeting, rejection: Rejection) -> http::Response<Option<Vec<u8>>> {
    let connecting = meeting.their_client(offering(meeting));
    let (ours, theirs) =
        within(async { join!(meeting.our_server(|_| Err(rejection)), connecting) }).await;
    assert!(matches!(ours, Err(Error::Ended(_))), "{ours:?}");
    match theirs {
        Err(tungstenite::Error::Http(response)) => *response,
        other => panic!("{:?}", other.map(drop)),
    }
}

#[tokio::test]
async fn refused_by_our_server() {
    for meeting in meetings().await {
        let rejection = Rejection::new(401).unwrap().header("WWW-Authenticate", "Ticket").unwrap();
        let response = refusal(&meeting, rejection.text("not without a ticket\n")).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()["WWW-Authenticate"], "Ticket");
        assert_eq!(response.body().as_deref(), Some(&b"not without a ticket\n"[..]));
    }
}

#[tokio::test]
async fn redirected_by_our_server() {
    for meeting in meetings().await {
        let rejection = Rejection::new(302).unwrap().header("Location", "/elsewhere").unwrap();
        let response = refusal(&meeting, rejection).await;
        assert_eq!(response.status(), StatusCode::FOUND);
        assert_eq!(response.headers()["Location"], "/elsewhere");
    }
}

/// The error of our client when their server refuses it.
async fn error(
    meeting: &Meeting,
    status: StatusCode,
    header: (&'static str, &'static str),
    body: &str,
) -> Error {
    let mut response = ErrorResponse::new(Some(body.to_owned()));
    *response.status_mut() = status;
    response.headers_mut().insert(header.0, HeaderValue::from_static(header.1));
    let request = ClientRequest::new(&meeting.url("/c")).unwrap();
    let accepting = meeting.their_server(|_: &Request, _| Err(response));
    let (ours, theirs) = within(async { join!(meeting.our_client(&request), accepting) }).await;
    assert!(theirs.is_err());
    ours.map(drop).unwrap_err()
}

#[tokio::test]
async fn refused_by_their_server() {
    for meeting in meetings().await {
        let challenge = ("WWW-Authenticate", "Ticket");
        let error =
            error(&meeting, StatusCode::UNAUTHORIZED, challenge, "not without a ticket\n").await;
        let Error::Refused(refused) = error else { panic!("{error}") };
        let response = refused.response();
        assert_eq!(response.status(), 401);
        assert!(response.challenges().eq(["Ticket"]));
        assert_eq!(response.body(), b"not without a ticket\n");
    }
}

#[tokio::test]
async fn redirected_by_their_server() {
    for meeting in meetings().await {
        let error = error(&meeting, StatusCode::FOUND, ("Location", "/elsewhere"), "").await;
        assert_eq!(error.to_string(), "the server answered 302 Found: see /elsewhere");
        let Error::Refused(refused) = error else { panic!("{error}") };
        let request = ClientRequest::new(&meeting.url("/c")).unwrap();
        let next = request.redirected(refused.response().location().unwrap()).unwrap();
        assert_eq!(next.uri().resource(), "/elsewhere");
    }
}
