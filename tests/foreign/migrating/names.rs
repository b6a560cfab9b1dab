//! What MIGRATING.md calls things. It is compiled and never run: a name that changes has to change
//! there too.
#![expect(dead_code, reason = "only compiled")]

use std::sync::Arc;
use std::time::Duration;

use futures_util::SinkExt;
use tokio::net::TcpStream;
use websocket_proto::handshake::{Acceptance, ClientRequest, Rejection, Request, http};
use websocket_proto::io::tls::ClientTls;
use websocket_proto::io::{Dial, Error, MaybeTls, OsEntropy, blocking, tokio as asynchronous};
use websocket_proto::{
    CloseCode, Config, Connection, Delivery, EndCause, Ending, Incoming, Message, MessageKind,
    Outgoing, ProtocolError, Role, SendError,
};

type Socket<S> = asynchronous::WebSocket<S>;

async fn connecting(
    stream: TcpStream,
    pem: &[u8],
    rustls: Arc<rustls::ClientConfig>,
) -> Result<(), Error> {
    let request = ClientRequest::new("wss://h/")?.header("X-A", "1")?;
    let request = request.subprotocol("a")?.bearer("token")?;
    let mut socket: Socket<MaybeTls<TcpStream>> = asynchronous::connect("wss://h/").await?;
    let _ = socket.response();
    asynchronous::connect_with(&request, Config::default()).await?;
    let tls = ClientTls::with_roots(pem)?;
    asynchronous::dial(&request, Config::default(), &Dial::new().tls(tls)).await?;
    let _ = ClientTls::from_config(rustls);
    asynchronous::client(stream, &request, Config::default()).await?;
    let _ = request.redirected("/elsewhere")?;
    Ok(())
}

async fn accepting(stream: TcpStream) -> Result<Socket<TcpStream>, Error> {
    asynchronous::accept_with(stream, Config::default(), async |request| {
        match request.header("X-A") {
            Some(_) => Ok(Acceptance::new().subprotocol("a")?),
            None => Err(Rejection::forbidden()),
        }
    })
    .await
}

fn taking_over(stream: TcpStream, request: &hyper::Request<()>) -> Result<(), ProtocolError> {
    let _: hyper::Response<()> = http::accept(request)?.response();
    let socket = Socket::established(stream, Role::Server, None, Config::default(), &[]);
    let _ = socket.into_parts();
    Ok(())
}

async fn whole(mut socket: Socket<TcpStream>) -> Result<Ending, Error> {
    let _: (&TcpStream, bool) = (socket.stream(), socket.connection().is_open());
    let _: Option<&Ending> = socket.ending();
    socket.start_message(MessageKind::Text)?;
    socket.send_fragment(b"a").await?;
    socket.send_last_fragment(b"b").await?;
    socket.send_pong(b"").await?;
    socket.writer().start_close(CloseCode::GOING_AWAY, "")?;
    socket.close_with(CloseCode::new(4001), "").await
}

async fn split(socket: Socket<TcpStream>) -> Result<(), Error> {
    let (sender, receiver) = socket.split();
    sender.clone().send_text("a").await?;
    let _ = sender.with_stream(TcpStream::peer_addr);
    let _: Option<Ending> = receiver.ending();
    sender.start_close(CloseCode::NORMAL, "")?;
    let mut sink = sender;
    SinkExt::close(&mut sink).await
}

fn messages(message: &Message) -> Result<(), Error> {
    let _ = (message.is_text(), message.is_binary(), message.is_ping(), message.is_pong());
    let _ = (message.is_close(), message.len(), message.is_empty(), message.to_text()?);
    let _ = (message.clone().into_text()?, message.clone().into_data());
    let _: [Message; 3] = ["a".into(), Message::text("a"), Message::binary(vec![1])];
    match message {
        Message::Close { code, reason, .. } if *code == CloseCode::NO_STATUS => {
            let _ = Message::close(*code, reason.clone());
        }
        _ => {}
    }
    Ok(())
}

fn on_threads(stream: std::net::TcpStream, request: &ClientRequest) -> Result<(), Error> {
    blocking::connect_with(request, Config::default())?;
    blocking::client(stream.try_clone()?, request, Config::default())?;
    let decide = |_: &Request<'_>| Ok(Acceptance::new());
    let mut socket = blocking::accept_with(stream, Config::default(), decide)?;
    socket.receive_timeout(Duration::ZERO)?;
    socket.send_message(&Message::text("a"))?;
    socket.feed_message(&Message::text("a"))?;
    socket.feed_text("a")?;
    socket.flush()?;
    let _ = socket.incoming().take_message();
    socket.writer().start_close(CloseCode::NORMAL, "")?;
    let _: &std::net::TcpStream = socket.stream();
    let _: bool = socket.connection().is_open();
    let (sender, mut receiver) = socket.split();
    sender.send_text("a")?;
    receiver.receive()?;
    Ok(())
}

fn below() -> (Connection, Incoming, Outgoing, Config) {
    let mut config = Config::default();
    config.keepalive = None;
    config.delivery = Delivery::Streaming;
    (config.limits.message, config.limits.frame) = (u64::MAX, u64::MAX);
    config.limits.output = 1;
    config.leniency.unmasked_frames = true;
    config.automatic_pong = false;
    let connection = Connection::established(
        Role::Client(&OsEntropy),
        None,
        config,
        websocket_proto::Time::ZERO,
    );
    (connection, Incoming::new(), Outgoing::new(), config)
}

fn errors(error: Error) -> &'static str {
    match error {
        Error::Send(SendError::Closed) => "AlreadyClosed",
        Error::Send(SendError::Full) => "WriteBufferFull",
        Error::Protocol(ProtocolError::MessageTooLong | ProtocolError::FrameTooLong) => "Capacity",
        Error::NotText(_) => "Utf8",
        Error::Request(_) => "Url",
        Error::Answer(_) => "HttpFormat",
        Error::Refused(refused) if refused.response().status() > 0 => "Http",
        Error::Io(_) => "Io",
        Error::Connect(_) => "Io, Tls",
        Error::Ended(ending) if ending.cause == EndCause::Eof => "ResetWithoutClosingHandshake",
        _ => "",
    }
}
