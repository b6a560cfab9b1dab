//! The opening handshake in a stream of HTTP/2.

use std::error;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ::h2::ext::Protocol;
use ::h2::{RecvStream, SendStream};
use ::http::{Method, Request, Response as HttpResponse, header::CONTENT_LENGTH};
use ::tokio::io::{AsyncRead, AsyncWrite};
use ::tokio::time::sleep;
use bytes::Bytes;

use super::super::task::{opened, within};
use super::super::tokio::{self, Wire};
use super::super::{BadResponse, Error, Refused};
use super::Stream;
use super::errors::of_error;
use super::requests::Requests;
use crate::handshake::{
    ClientRequest, ExtendedOpening, ExtendedResponseError, Response, response_head,
};
use crate::{Config, Deadline, EndCause, Ending};

/// How long the body of a refusal may pause: some never end.
const LONGEST_PAUSE_IN_BODY: Duration = Duration::from_secs(1);

/// Opens a WebSocket in a new stream of a connection, over what `into` makes of that.
pub(super) async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    requests: &Requests,
    request: &ClientRequest,
    config: Arc<Config>,
    into: impl FnOnce(Stream) -> S,
) -> Result<tokio::WebSocket<S>, Error> {
    let opening = ExtendedOpening::new(request, &config.deflate_offers())?;
    let opening = opening.leniency(config.leniency);
    let mut deadline = pin!(sleep(config.handshake_timeout));
    let exchange = exchange(requests, request, &opening);
    let (response, send) = within(deadline.as_mut(), exchange).await.ok_or_else(timed_out)??;
    let head = head_of(&response)?;
    match opening.check_head(Response::of_head(&head)) {
        // RFC 9110 §9.3.6 has clients ignore it, but h2 ends the stream after so many bytes.
        Ok(_) if response.headers().contains_key(CONTENT_LENGTH) => Err(invalid(
            "the server has sent a content-length with the WebSocket, which the crate h2 obeys",
        )),
        Ok(agreed) => {
            let stream = Stream::new(send, response.into_body()).linger(config.close_timeout);
            let stream = into(stream.of_connection(requests.clone()));
            Ok(opened(Wire::with_timer(stream), request, agreed.deflate, config, &head))
        }
        Err(ExtendedResponseError::Refused(_)) => {
            let mut body = Body::new(response.into_body(), config.limits.refusal_body);
            let _ = within(deadline, body.read()).await;
            Err(Error::Refused(Box::new(Refused::new(&head, &body.kept, body.is_truncated))))
        }
        Err(ExtendedResponseError::Protocol(error)) => {
            Err(Error::BadResponse(Box::new(BadResponse::new(error, head.into()))))
        }
        Err(error) => Err(invalid(error)),
    }
}

/// Sends the request, and waits for the response.
async fn exchange(
    requests: &Requests,
    request: &ClientRequest,
    opening: &ExtendedOpening,
) -> Result<(HttpResponse<RecvStream>, SendStream<Bytes>), Error> {
    let request = http_request(request, opening)?;
    let mut sender = requests.enabled().await?;
    let (response, send) = sender.send_request(request, false).map_err(of_error)?;
    Ok((response.await.map_err(of_error)?, send))
}

/// The request as h2 takes it: what are pseudo-headers has places of its own.
fn http_request(request: &ClientRequest, opening: &ExtendedOpening) -> Result<Request<()>, Error> {
    let mut extended = Request::new(());
    *extended.method_mut() = Method::CONNECT;
    *extended.uri_mut() = request.absolute_form()?;
    *extended.headers_mut() = opening.header_map();
    extended.extensions_mut().insert(Protocol::from_static("websocket"));
    Ok(extended)
}

/// The head of the response, in the form of HTTP/1.1.
fn head_of(response: &HttpResponse<RecvStream>) -> Result<Vec<u8>, Error> {
    let status = response.status();
    let status = (b":status".as_slice(), status.as_str().as_bytes());
    let others = response.headers().iter();
    let others = others.map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
    let head = response_head([status].into_iter().chain(others));
    head.ok_or_else(|| invalid(ExtendedResponseError::Malformed))
}

fn invalid(error: impl Into<Box<dyn error::Error + Send + Sync>>) -> Error {
    Error::Io(io::Error::new(ErrorKind::InvalidData, error))
}

fn timed_out() -> Error {
    Error::Ended(Box::new(Ending::of_cause(EndCause::TimedOut(Deadline::Handshake))))
}

/// The body of a refusal.
struct Body {
    receive: RecvStream,
    limit: usize,
    kept: Vec<u8>,
    /// Until the body is there to its end.
    is_truncated: bool,
}

impl Body {
    fn new(receive: RecvStream, limit: u32) -> Self {
        Self { receive, limit: limit as usize, kept: Vec::new(), is_truncated: true }
    }

    /// Reads the body, to its end or to the limit of what is kept.
    async fn read(&mut self) {
        loop {
            let next = poll_fn(|cx| self.receive.poll_data(cx));
            match within(sleep(LONGEST_PAUSE_IN_BODY), next).await {
                Some(Some(Ok(part))) => {
                    let room = self.limit - self.kept.len();
                    self.kept.extend_from_slice(part.get(..room).unwrap_or(&part));
                    let _ = self.receive.flow_control().release_capacity(part.len());
                    if part.len() > room {
                        return;
                    }
                }
                Some(None) => {
                    self.is_truncated = false;
                    return;
                }
                Some(Some(Err(_))) | None => return,
            }
        }
    }
}
