//! The sizes and auto traits of the public types, on which users rely though no documentation says
//! them.
#![allow(clippy::items_after_statements, reason = "traits of a macro's own")]

use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};

use websocket_proto::backoff::*;
use websocket_proto::frame::*;
use websocket_proto::handshake::*;
use websocket_proto::io::{
    self, MaybeTls, OsEntropy, Refused, ShutdownSummary, Update, blocking, task, tls,
};
use websocket_proto::*;

/// Checks that a type is not larger than this, in bytes on a 64-bit target.
#[track_caller]
fn at_most<T>(bytes: usize) {
    let (size, name) = (size_of::<T>(), std::any::type_name::<T>());
    println!("{name}: {size} of {bytes}");
    assert!(size <= bytes, "{name} has {size} bytes, not {bytes}");
}

#[test]
fn sizes_of_what_a_connection_is() {
    // 88 bytes are the counters of `totals`.
    at_most::<Connection>(336);
    at_most::<Incoming>(152);
    // 16 bytes are the counts of `unsent`.
    at_most::<Outgoing>(104);
}

#[test]
fn sizes_of_what_is_handed_out() {
    at_most::<Event<'_>>(32);
    at_most::<Result<Progress, ProtocolError>>(2);
    at_most::<Message>(40);
    at_most::<Option<DeflateParameters>>(4);
    at_most::<FrameHeader>(24);
    at_most::<Ending>(72);
}

#[test]
fn sizes_of_errors() {
    at_most::<ProtocolError>(1);
    at_most::<SendError>(1);
    at_most::<AnswerError>(1);
    at_most::<RequestError>(1);
    at_most::<ExtendedConnectError>(1);
    at_most::<ExtendedResponseError>(4);
    at_most::<http::ResponseError>(4);
    at_most::<EntropyError>(0);
    at_most::<GiveUp>(4);
    at_most::<EndCause>(2);
    at_most::<CloseCode>(2);
    at_most::<io::Error>(16);
}

/// Whether a type has a trait: an inherent constant takes precedence over that of a trait.
macro_rules! has {
    ($type:ty: $auto:ident) => {{
        struct Is<T: ?Sized>(PhantomData<T>);
        #[allow(dead_code, reason = "not taken for types with the trait")]
        trait Not {
            const HAS: bool = false;
        }
        impl<T: ?Sized> Not for Is<T> {}
        impl<T: ?Sized + $auto> Is<T> {
            #[allow(dead_code, reason = "not taken for types without the trait")]
            const HAS: bool = true;
        }
        <Is<$type>>::HAS
    }};
}

/// The auto traits that each type lacks.
macro_rules! without {
    ($($type:ty),* $(,)?) => {
        [$((
            stringify!($type),
            [
                (has!($type: Send), "Send"),
                (has!($type: Sync), "Sync"),
                (has!($type: Unpin), "Unpin"),
                (has!($type: UnwindSafe), "UnwindSafe"),
                (has!($type: RefUnwindSafe), "RefUnwindSafe"),
            ],
        )),*]
        .into_iter()
        .map(|(name, all)| (name, all.into_iter().filter(|(has, _)| !has).map(|(_, it)| it).collect()))
        .filter(|(_, without): &(&str, Vec<&str>)| !without.is_empty())
        .collect::<Vec<(&str, Vec<&str>)>>()
    };
}

#[test]
fn missing_auto_traits_are_found() {
    let found = without![u8, *const u8, std::cell::Cell<u8>, &'static mut u8];
    let expected = [
        ("*const u8", vec!["Send", "Sync"]),
        ("std::cell::Cell<u8>", vec!["Sync", "RefUnwindSafe"]),
        ("&'static mut u8", vec!["UnwindSafe"]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn auto_traits_of_the_core() {
    let found = without![
        Advice,
        Backoff,
        Disconnect<'static>,
        GiveUp,
        Jitter,
        Retry,
        EncodedHeader,
        FrameHeader,
        HeaderRules,
        MaskKey,
        Masking,
        OpCode,
        Acceptance,
        AnswerError,
        ClientRequest,
        DeflateOffer,
        DeflateParameters,
        DeflatePolicy,
        ExtendedConnect,
        ExtendedConnectError,
        ExtendedOpening,
        ExtendedResponseError,
        Header<'static>,
        Headers<'static>,
        HeadersIter<'static>,
        OriginList<'static>,
        OriginList<'static>,
        OriginPolicy<'static>,
        Rejection,
        Request<'static>,
        RequestError,
        Response<'static>,
        Uri,
        WindowBits,
        Agreed,
        http::Opening,
        http::ResponseError,
        http::Upgrade,
        CloseCode,
        CloseFrame,
        Config,
        Connection,
        Deadline,
        Deflate,
        DeflateContexts,
        Delivery,
        DirectRead,
        Ending,
        EntropyError,
        Event<'static>,
        EndCause,
        Incoming,
        Keepalive,
        Leniency,
        Limits,
        Message,
        MessageKind,
        Outgoing,
        Prepared,
        Progress,
        ProtocolError,
        Role,
        SendError,
        Side,
        Time,
        Totals,
        Traffic,
        Transport,
        Utf8Bytes,
    ];
    // `dyn Entropy` and `&mut [u8]` lack it, though a panic does them no harm.
    let expected = [
        ("Connection", vec!["UnwindSafe", "RefUnwindSafe"]),
        ("Event<'static>", vec!["UnwindSafe"]),
        ("Role", vec!["UnwindSafe", "RefUnwindSafe"]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn auto_traits_of_the_adapters() {
    use std::net::TcpStream;

    type TokioStream = ::tokio::net::TcpStream;
    type SmolStream = ::smol::net::TcpStream;
    let found = without![
        io::Error,
        ShutdownSummary,
        MaybeTls<TcpStream>,
        OsEntropy,
        Refused,
        tls::ClientTls,
        tls::ServerTls,
        Update<'static, io::tokio::WebSocket<TokioStream>>,
        blocking::ByteReader<TcpStream>,
        blocking::ByteStream<TcpStream>,
        blocking::ByteWriter<TcpStream>,
        blocking::GracefulShutdown,
        blocking::Parts<TcpStream>,
        blocking::Receiver<TcpStream>,
        blocking::Reconnecting,
        blocking::ReconnectingSender,
        blocking::Sender<TcpStream>,
        blocking::Untimed<TcpStream>,
        blocking::WebSocket<TcpStream>,
        blocking::Writer<TcpStream>,
        io::hyper::Offer,
        io::hyper::Stream,
        io::hyper::Upgrading,
        io::hyper::WebSocket,
        io::h2::AnyStream,
        io::h2::Client,
        io::h2::Dialed,
        io::h2::Driver<TokioStream>,
        io::h2::Stream,
        io::h2::WebSocket,
        io::tokio::ByteStream<TokioStream>,
        io::tokio::GracefulShutdown,
        io::tokio::Reconnecting,
        io::tokio::ReconnectingSender,
        io::tokio::WebSocket<TokioStream>,
        io::tokio::Writer<TokioStream>,
        task::Receiver<io::tokio::Wire<TokioStream>>,
        task::Sender<io::tokio::Wire<TokioStream>>,
        io::smol::ByteStream<SmolStream>,
        io::smol::GracefulShutdown,
        io::smol::Reconnecting,
        io::smol::ReconnectingSender,
        io::smol::WebSocket<SmolStream>,
        io::smol::Writer<SmolStream>,
        task::Receiver<io::smol::Wire<SmolStream>>,
        task::Sender<io::smol::Wire<SmolStream>>,
        task::Parts<TokioStream>,
    ];
    for (name, without) in found {
        // A `Connection`, an `io::Error` and rustls have neither. The closure that dials is
        // `FnMut`.
        let expected: &[&str] = match name {
            _ if name.ends_with("Reconnecting") => &["Sync", UNWIND[0], UNWIND[1]],
            _ if name.contains("Receiver") || name.contains("ByteReader") => &UNWIND[..1],
            _ => &UNWIND,
        };
        assert_eq!(without, expected, "{name}");
    }
}

const UNWIND: [&str; 2] = ["UnwindSafe", "RefUnwindSafe"];
